"""The command that runs a whole study: study."""

import argparse
from pathlib import Path
from typing import Any

from peakscape.errors import InputError


def add_commands(commands: Any) -> None:
    """Add the command of this file to the program."""
    study = commands.add_parser("study", help="a whole published study, from structures to a report")
    study.add_argument("name", choices=("alloy",), help="alloy: the paper on Sm(1-y)Zr(y)Fe(12-x)Ti(x)")
    study.add_argument("--out", required=True, metavar="DIR", help="folder for the report, figures and data")
    study.add_argument("--evaluate", action="store_true", help="add the full evaluation (many splits; resumable)")
    study.add_argument("--seed", type=int, default=0, metavar="N")
    study.add_argument("--jobs", type=int, default=-1, metavar="N", help="processes; -1 takes all cores")
    study.add_argument("--json", action="store_true", help="print the summary as JSON")
    study.set_defaults(run=run_study)


def run_study(options: argparse.Namespace) -> None:
    """Run the study and say where to look."""
    from peakscape.cli.output import emit
    from peakscape.studies import alloy

    out = Path(options.out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; --out needs a folder")
    summary = alloy.run(out, evaluate=options.evaluate, seed=options.seed, n_jobs=options.jobs)
    report = out / "report.html"
    emit(
        options,
        {"output": out, "report": report, "summary": summary},
        [f"Done. Open {report} in a browser; the numbers are in {out / 'summary.json'}."],
    )
