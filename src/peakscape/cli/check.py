"""The command that judges measurements before anything is read from them: check."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import add_spectra_options, scans_of
from peakscape.cli.output import add_output_options, emit, remark
from peakscape.errors import InputError, PeakscapeError, SpectraError
from peakscape.files import STORES

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.quality import Alert

LEVELS = "ABC"


def add_commands(commands: Any) -> None:
    """Add the command to the program."""
    check = commands.add_parser(
        "check",
        help="what is wrong with measurements: alerts A, B and C, and what to do",
        description="Judges patterns and scans as they were measured. A: what is read from it will be wrong or nothing."
        " B: numbers suffer. C: worth knowing. docs/check.md tells what each alert catches and how often it is wrong.",
    )
    check.add_argument("spectra", nargs="+", metavar="FILE", help="raw files or folders, or spectra.zarr, .nc")
    check.add_argument("--structure", metavar="FILE.cif", help="of the phase: displacement, texture, foreign peaks")
    check.add_argument("--level", choices=tuple(LEVELS), default="C", help="the mildest that is told (default: C)")
    check.add_argument("--refuse", action="store_true", help="stop with an error if there is an alert A")
    add_spectra_options(check)
    add_output_options(check)
    check.set_defaults(run=run_check)


def run_check(options: argparse.Namespace) -> None:
    """Check spectra and print the alerts."""
    options.absorption = "raw"
    structure = _structure(options.structure)
    groups, skipped = _alike(options)
    from peakscape.quality import check

    alerts = [one for group in groups for one in check(group, structure=structure)]
    alerts.sort(key=lambda one: LEVELS.index(one.level))
    told = [one for one in alerts if one.level <= options.level]
    grave = [one for one in alerts if one.level == "A"]
    if options.refuse and grave:
        raise SpectraError("; ".join(f"{one.sample}: {one.text}" for one in grave))
    counts = {level: sum(one.level == level for one in alerts) for level in LEVELS}
    n_spectra = sum(group.sizes["sample"] for group in groups)
    result = {"n_spectra": n_spectra, "counts": counts, "alerts": [vars(one) for one in told], "skipped": skipped}
    emit(options, result, [*_lines(told), _sum(n_spectra, counts, {one.sample for one in alerts})])


def _structure(path: str | None) -> Any:
    if path is None:
        return None
    from peakscape import structures

    return structures.read(path)


def _alike(options: argparse.Namespace) -> "tuple[list[xr.Dataset], list[dict[str, str]]]":
    """Read files as they are, never interpolated, and join those on the same points; and what was not read."""
    from peakscape import spectra

    groups: dict[Any, list[xr.Dataset]] = {}
    skipped = []
    for file, dataset in scans_of(options.spectra, options):
        if isinstance(dataset, PeakscapeError):
            if len(options.spectra) == 1 and Path(file) == Path(options.spectra[0]):
                raise dataset
            skipped.append({"file": file, "reason": str(dataset).removeprefix(f"{file}: ")})
            remark(f"not read: {file}: {skipped[-1]['reason']}")
            continue
        axis = spectra.axis_name(dataset)
        own = tuple(dataset.attrs.get(name) for name in ("wavelength", "element", "edge"))
        groups.setdefault((axis, dataset[axis].values.tobytes(), own), []).append(dataset)
    if not groups:
        raise SpectraError(f"none of {len(skipped)} files could be read; the reasons stand above")
    return [spectra.concatenate(parts) for parts in groups.values()], skipped


def _lines(alerts: "list[Alert]") -> list[str]:
    """Alerts of one kind together: their samples, the words of the gravest, and the advice once."""
    lines = []
    kinds: dict[tuple[str, str], list[Alert]] = {}
    for one in alerts:
        kinds.setdefault((one.level, one.code), []).append(one)
    for (level, code), members in kinds.items():
        lines.append(f"{level}  {code}: {members[0].advice}")
        shown = members[:5]
        lines += [f"   {one.sample}: {one.text}" for one in shown]
        if len(members) > len(shown):
            lines.append(f"   and {len(members) - len(shown)} more: " + ", ".join(one.sample for one in members[5:17])
                         + (" ..." if len(members) > 17 else ""))  # fmt: skip
    return lines


def _sum(n_spectra: int, counts: dict[str, int], named: set[str]) -> str:
    if not named:
        return f"{n_spectra} spectra: no alert"
    alerts = ", ".join(f"{n} {level}" for level, n in counts.items())
    return f"{n_spectra} spectra, {n_spectra - len(named)} without an alert; alerts: {alerts}"


def tell_grave(dataset: "xr.Dataset", files: list[str]) -> None:
    """Print the alerts A of spectra from raw files to the error stream, as `fit` and `place` do."""
    from peakscape.quality import check

    if any(Path(file).suffix in STORES for file in files):
        return
    try:
        grave = check(dataset, level="A")
    except InputError:
        return
    for one in grave[:5]:
        remark(f"alert A: {one.sample}: {one.text}; {one.advice}")
    if len(grave) > 5:
        remark(f"and {len(grave) - 5} more alerts A; see `peakscape check`")
