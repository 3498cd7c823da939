"""Commands that open the explorer: explore, export."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import add_spectra_options, label_names, open_all, open_spectra
from peakscape.cli.output import add_output_options, check_output, emit, remark
from peakscape.errors import InputError

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace


STRUCTURE: dict[str, Any] = {
    "action": "append",
    "default": [],
    "metavar": "FILE.cif",
    "help": "marks its reflections, with hkl; may be given again",
}


STATES: dict[str, Any] = {
    "metavar": "FILE",
    "help": "core-hole calculations (absorption.save_spectra): densities of states beside the edges of the same names",
}
OFFSET: dict[str, Any] = {
    "type": float,
    "default": 0.0,
    "metavar": "EV",
    "help": "added to the energies of --states, as to the spectra of the space",
}


def add_commands(commands: Any) -> None:
    """Add the commands of this file to the program."""
    explore = commands.add_parser(
        "explore",
        help="walk through a feature space in the browser",
        description="Serve a page on this machine, in which a feature space is walked through: a saved space, or raw"
        " files, which are read, prepared and mapped. Nothing leaves the machine. Ctrl-C ends it.",
    )
    explore.add_argument("spectra", nargs="+", metavar="SPACE|FILES", help="saved spaces, or raw files or folders")
    explore.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    explore.add_argument("--no-browser", action="store_true", help="print the address only")
    explore.add_argument("--map", default="auto", metavar="KEY", help="of raw files; as for fit")
    explore.add_argument(
        "--parts",
        nargs="+",
        default=[],
        metavar="SPECTRA",
        help="pure spectra of which samples may be mixtures: they get a map of their own",
    )
    explore.add_argument("--structure", **STRUCTURE)
    explore.add_argument("--states", **STATES)
    explore.add_argument("--states-offset", **OFFSET)
    add_spectra_options(explore)
    explore.set_defaults(run=run_explore)
    export = commands.add_parser(
        "export",
        help="write a feature space as one page that works from disk",
        description="Write one HTML file in which the space is walked through without a server or a network: to send to"
        " a colleague, or to keep with a paper.",
    )
    export.add_argument("spaces", nargs="+", metavar="SPACE", help="several of the same samples are seen side by side")
    export.add_argument("--title", metavar="TEXT", help="of the page; default: the name of the file")
    export.add_argument("--structure", **STRUCTURE)
    export.add_argument("--states", **STATES)
    export.add_argument("--states-offset", **OFFSET)
    add_output_options(export, writes="map.html")
    export.set_defaults(run=run_export)


def run_explore(options: argparse.Namespace) -> None:
    """Open or make a space and serve it."""
    from peakscape.explorer import server

    marked = _marked(options)  # before the space: that may take minutes
    parts = open_spectra(options.parts, options) if options.parts else None
    spaces, title = _spaces(options)
    if parts is not None:
        spaces[0].know_parts(parts)

    def ready(address: str) -> None:
        print(address, flush=True)
        remark("open this address; Ctrl-C ends it")
        if not options.no_browser:
            import webbrowser

            webbrowser.open(address)

    server.serve(spaces, title=title, port=options.port, ready=ready, **marked)


def _marked(options: argparse.Namespace) -> dict[str, Any]:
    """What is marked on spectra: structures, by the names of their files, and calculations with their states."""
    from peakscape import absorption, structures

    found = {Path(one).stem: structures.read(one) for one in options.structure}
    computed = absorption.open_spectra(options.states) if options.states else ()
    return {"structures": found, "computed": computed, "offset": options.states_offset}


def _spaces(options: argparse.Namespace) -> "tuple[list[FeatureSpace], str]":
    """The saved spaces, or one made of raw files, with their title."""
    from peakscape.feature_space import FeatureSpace, open_space

    saved = [_is_saved(one) for one in options.spectra]
    title = Path(options.spectra[0]).stem
    if all(saved):
        return [open_space(one) for one in options.spectra], title
    if any(saved):
        raise InputError("give either saved spaces or spectra, not both; drop further files on the page")
    dataset = open_all(options.spectra, options)
    if len(options.spectra) > 1:
        title = Path(options.spectra[0]).resolve().parent.name or title
    return [FeatureSpace(options.map).fit(dataset, label_names(options) or None)], title


def _is_saved(path: str) -> bool:
    return any((Path(path) / name).exists() for name in ("space.json", "map.json"))


def run_export(options: argparse.Namespace) -> None:
    """Write the page."""
    from peakscape.explorer import export
    from peakscape.feature_space import open_space

    path = check_output(options, ".html")
    marked = _marked(options)
    first, *others = [open_space(one) for one in options.spaces]
    export(first, path, title=options.title, others=others, **marked)
    size = path.stat().st_size
    emit(options, {"output": path, "bytes": size}, [f"{path}: {size / 2**20:.1f} MB; open it in a browser"])
