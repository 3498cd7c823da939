"""The command that reads compositions or labels from a map, or measures how well it would: compose."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.cli.inputs import add_spectra_options, open_for_map
from peakscape.cli.map_commands import add_map_options, known_coordinates
from peakscape.cli.output import add_output_options, emit, lines_of, remark
from peakscape.cli.targets import METHODS, asked_label, choose_target, known_of_map, new_readout
from peakscape.errors import InputError

if TYPE_CHECKING:
    from peakscape.maps import SavedMap


def add_commands(commands: Any) -> None:
    """Add the command of this file to the program."""
    compose = commands.add_parser(
        "compose",
        help="composition or a label of spectra, read from a map; --leave-one-out measures its error",
        description="compose MAP SPECTRA reads what the map knows, prints the answers of plain methods beside it (a"
        " line through one peak, partial least squares, two principal components, the nearest spectrum) and says which"
        " one to trust, from their errors on left-out spectra. compose [MAP] SPECTRA --leave-one-out measures these"
        " errors on given spectra: each is left out once and all is fitted anew without it (the map with MAP's"
        " settings, or those of the options).",
    )
    compose.add_argument("paths", nargs="+", metavar="[MAP] SPECTRA")
    compose.add_argument("--method", choices=METHODS, help="default: triangle, for a label gaussian_process")
    compose.add_argument("--level", type=float, default=0.9, metavar="P", help="share that the interval should cover")
    compose.add_argument("--leave-one-out", action="store_true", help="error of the map and of plain methods")
    compose.add_argument("--leave-group-out", action="store_true", help="leave out all spectra of one value together")
    compose.add_argument("--refit", action="store_true", help="measure a saved autoencoder's error too (slow)")
    compose.add_argument("--alone", action="store_true", help="the map's answer alone, without the plain methods")
    add_map_options(compose)
    add_spectra_options(compose)
    add_output_options(compose)
    compose.set_defaults(run=run_compose)


def run_compose(options: argparse.Namespace) -> None:
    """Read compositions, or leave out one spectrum after the other."""
    from peakscape import maps
    from peakscape.cli.left_out import run_leave_one_out

    first = Path(options.paths[0])
    has_map = (first / "map.json").is_file() or first.suffix == ".map"
    saved = maps.load_saved(first) if has_map else None
    paths = options.paths[1:] if has_map else options.paths
    if not paths:
        raise InputError("give the spectra too: peakscape compose MAP SPECTRA")
    if saved and (options.prepare or options.scale):
        raise InputError(f"{first} prepares spectra as its own were; leave --prepare and --scale out")
    if options.leave_one_out:
        run_leave_one_out(saved, paths, options)
    elif saved is None:
        raise InputError(f"{first} is not a map; give a map first (peakscape compose MAP SPECTRA), or --leave-one-out")
    else:
        _read_from_map(saved, paths, options)


def _read_from_map(saved: "SavedMap", paths: list[str], options: argparse.Namespace) -> None:
    import pandas as pd

    from peakscape.analysis import place_members
    from peakscape.cli.left_out import ask_others, lines_beside
    from peakscape.composition import formula_from_array

    target = choose_target(known_of_map(saved), saved.provenance.get("element"), asked_label(options))
    readout = new_readout(options, target).fit(known_coordinates(saved), target.values, elements=target.elements)
    dataset = open_for_map(paths, saved, options)
    points = place_members(saved.map, dataset["intensity"].values)
    answer, (lower, upper) = readout.predict(points, return_interval=True)
    if not np.all(np.isfinite(upper)):
        remark(f"{len(target.values)} known spectra are too few for an interval at level {options.level:g}")
    table = pd.DataFrame({"name": dataset["name"].values})
    if target.elements:
        table["formula"] = [formula_from_array(row, target.elements) for row in answer]
    columns = (np.reshape(part, (len(table), -1)).T for part in (answer, lower, upper))
    for name, value, low, high in zip(target.columns, *columns, strict=True):
        table[name], table[f"{name}_lower"], table[f"{name}_upper"] = value, low, high
    table["outside"] = readout.outside(points)
    result = {"target": target.name, "method": readout.method, "level": options.level, "samples": table}
    lines = lines_of(table)
    beside = None if options.alone else ask_others(saved, target, readout, dataset, options)
    if beside is not None:
        result |= {"others": beside.answers, "errors": beside.errors}
        result |= {"trusted_method": beside.trusted, "why": beside.why}
        lines += lines_beside(beside)
    emit(options, result, lines)
