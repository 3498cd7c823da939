"""The command that runs a whole study: study."""

import argparse
from pathlib import Path
from typing import Any

from peakscape.cli.output import emit, remark
from peakscape.errors import InputError


def add_commands(commands: Any) -> None:
    """Add the command of this file to the program."""
    study = commands.add_parser("study", help="a whole published study, from structures to a report")
    study.add_argument("name", choices=("alloy",), help="alloy: Sm(1-y)Zr(y)Fe(12-x)Ti(x), doi:10.1002/adts.202200613")
    study.add_argument("--out", required=True, metavar="DIR", help="folder for the report, figures and data")
    study.add_argument("--evaluate", action="store_true", help="add the full evaluation (many splits; resumable)")
    study.add_argument("--seed", type=int, default=0, metavar="N", help="of the split and of the networks")
    study.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th structure only: a quick look")
    study.add_argument("--force", action="store_true", help="write over an earlier run of the study in DIR")
    study.add_argument("--json", action="store_true", help="print the summary as JSON")
    study.set_defaults(run=run_study)


def run_study(options: argparse.Namespace) -> None:
    """Run the study and say where to look."""
    from peakscape.studies import alloy
    from peakscape.studies.methods import Settings

    out = Path(options.out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; --out needs a folder")
    if options.every < 1:
        raise InputError(f"--every must be at least 1, got {options.every}")
    summary = alloy.run(
        out,
        settings=Settings(seed=options.seed, every=options.every),
        full_evaluation=options.evaluate,
        force=options.force,
        report=remark,
    )
    report = out / "report.html"
    emit(
        options,
        {"output": out, "report": report, "summary": summary},
        [f"Done in {summary['seconds']:g} s. Open {report} in a browser; the numbers are in {out / 'summary.json'}."],
    )
