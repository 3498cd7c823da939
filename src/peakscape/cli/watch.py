"""The command that watches an instrument: watch."""

import argparse
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import positive
from peakscape.cli.output import add_output_options, emit, printable, remark
from peakscape.errors import InputError

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace
    from peakscape.live.engine import Placed
    from peakscape.live.measured import LiveSource

NEW = 4
"""Exit code of --until-new where a new spectrum came."""
SOURCES = (
    "a folder; http://HOST:PORT of a Tiled server; tcp://HOST:PORT of bluesky's 0MQ proxy; pva://NAME of an EPICS"
    " variable"
)


def add_commands(commands: Any) -> None:
    """Add the command of this file to the program."""
    watch = commands.add_parser(
        "watch",
        help="place every spectrum as it is measured",
        description="Watch an instrument: each spectrum is placed as it comes, told known or new, and written into a"
        " ledger that survives anything. It ends with Ctrl-C; started again it goes on where it was, none lost and none"
        " twice.",
        epilog="Sources: " + SOURCES + ". Tokens are taken from the environment (TILED_API_KEY). Exit codes: 0, and 4"
        " where --until-new has met a new spectrum.",
    )
    watch.add_argument("source", nargs="?", metavar="SOURCE", help="what is watched, see below")
    watch.add_argument("--space", metavar="SPACE", help="a saved feature space")
    watch.add_argument(
        "--demo", action="store_true", help="watch a simulated beamline that heats BaTiO3; needs no more"
    )
    _add_outputs(watch)
    _add_reading(watch)
    add_output_options(watch)
    watch.set_defaults(run=run_watch)


def _add_outputs(watch: argparse.ArgumentParser) -> None:
    told = watch.add_argument_group("what is told")
    told.add_argument("--page", action="store_true", help="open the explorer, on which points appear")
    told.add_argument("--port", type=int, default=0, metavar="N", help="of the page; default: a free one")
    told.add_argument("--no-browser", action="store_true", help="print the page's address only")
    told.add_argument("--ledger", metavar="PATH", help="default: NAME-OF-SPACE.ledger in this folder")
    told.add_argument("--on-new", metavar="COMMAND", help="run for each new spectrum, its answer as JSON on its input")
    told.add_argument("--until-new", action="store_true", help="end, with exit code 4, at the first new spectrum")
    told.add_argument(
        "--table", metavar="URL", help="also write the answers into a table at this node of a Tiled server"
    )
    told.add_argument(
        "--processes", type=int, default=0, metavar="N", help="answer in N other processes (default: here)"
    )


def _add_reading(watch: argparse.ArgumentParser) -> None:
    read = watch.add_argument_group("what the source does not tell")
    read.add_argument("--axis", choices=("two_theta", "q", "energy"), help="what the spectra are on")
    read.add_argument("--wavelength", type=positive, metavar="A", help="in angstrom")
    read.add_argument("--field", metavar="NAME", help="of documents and tables: which holds the spectrum")
    read.add_argument("--axis-field", metavar="NAME", help="which field or EPICS variable holds the axis")
    read.add_argument("--files", default="*", metavar="PATTERN", help='of a folder: which files, such as "*.xy"')
    read.add_argument("--poll", action="store_true", help="of a folder: look again and again (network file systems)")
    read.add_argument("--absorption", choices=("flattened", "normalized", "raw", "all"), default="flattened")
    read.add_argument("--every", type=positive, metavar="S", help="seconds between spectra; of --demo: default 1")


def run_watch(options: argparse.Namespace) -> int:
    """Watch until Ctrl-C, the end of the source, or a new spectrum."""
    from peakscape.live.watching import watching

    if options.processes < 0:
        raise InputError(f"expected --processes of 0 or more, got {options.processes}")
    stop, met = threading.Event(), threading.Event()
    say = remark if options.json else _say  # JSON stands alone on the output

    def act(placed: "Placed") -> None:
        met.set()
        if options.until_new:
            stop.set()

    with ExitStack() as open_things:
        space, source, ledger = _what(options, open_things)
        makers = [_lines(say), *_makers(options, act)]
        with watching(
            space, source, ledger=ledger, on_new=options.on_new, outputs=makers, processes=options.processes,
            wavelength=options.wavelength, say=say,
        ) as watch:  # fmt: skip
            _check_axis(options, watch.space)
            remark(f"watching {source.name}; the ledger is {ledger}; Ctrl-C ends it")
            _until(watch, stop, stay=options.page)
        status = watch.status
        told = {"n_placed": status.n_placed, "n_new": status.n_new, "n_flagged": status.n_flagged}
        lines = [f"{status.n_placed} placed, {status.n_new} new, {status.n_flagged} not placed: {ledger}"]
        if status.n_kept:
            remark(f"{status.n_kept} lack a wavelength and are kept; a watch with --wavelength places them")
        if status.n_flagged > status.n_kept:
            remark(
                f"what was not placed stays so in {ledger}; to have it read with other options, give another --ledger"
            )
        emit(options, {"ledger": str(ledger), "source": source.name} | told, lines)
    return NEW if options.until_new and met.is_set() else 0


def _until(watch: Any, stop: threading.Event, *, stay: bool) -> None:
    """Wait for the end; a page stays open when its source has ended."""
    try:
        watch.wait(stop)
        if stay and not stop.is_set():
            remark("the source has ended; the page stays open, Ctrl-C ends it")
            stop.wait()
    except KeyboardInterrupt:
        remark("ending; what has come is answered first")


def _say(line: str) -> None:
    print(printable(line), flush=True)


def _lines(say: Callable[[str], None]) -> Callable[..., Any]:
    from peakscape.live.outputs.told import Lines

    return lambda engine, space: Lines(say, engine.status)


def _makers(options: argparse.Namespace, act: Callable[["Placed"], None]) -> list[Any]:
    """The outputs that the options ask for."""
    makers: list[Any] = []
    if options.until_new:
        from peakscape.live.outputs.told import OnNew

        makers.append(lambda engine, space: OnNew(act, say=remark))
    if options.page:
        makers.append(lambda engine, space: _page(options, space))
    if options.table:
        makers.append(lambda engine, space: _table(options, engine))
    return makers


def _page(options: argparse.Namespace, space: "FeatureSpace") -> Any:
    from peakscape.live.outputs.page import Page

    def ready(address: str) -> None:
        (remark if options.json else _say)(address)
        if not options.no_browser:
            import webbrowser

            webbrowser.open(address)

    title = "demonstration" if options.demo else Path(options.space).stem
    return Page(space, title=title, port=options.port, every=options.every, ready=ready, say=remark)


def _table(options: argparse.Namespace, engine: Any) -> Any:
    from peakscape.live.outputs.table import TiledTable

    name = f"peakscape-{engine.ledger.path.stem}"
    return TiledTable(options.table, engine.ledger, name=name, say=remark)


def _what(options: argparse.Namespace, open_things: ExitStack) -> "tuple[Any, LiveSource, Path]":
    """The space, the source and the ledger."""
    if options.demo:
        from peakscape.live.demonstration import beamline, space_of_demonstration

        if options.source or options.space:
            raise InputError("--demo brings its own source and space; leave SOURCE and --space out")
        options.every = options.every or 1.0
        import tempfile

        folder = open_things.enter_context(tempfile.TemporaryDirectory(prefix="peakscape-demo-"))
        ledger = Path(options.ledger or Path(folder) / "demo.ledger")
        return space_of_demonstration(), beamline(every=options.every), ledger
    if not options.source or not options.space:
        raise InputError("expected SOURCE and --space SPACE, or --demo alone; SOURCE is " + SOURCES)
    ledger = Path(options.ledger or f"{Path(options.space).stem}.ledger")
    if not ledger.parent.is_dir():
        raise InputError(f"{ledger}: the folder {ledger.parent} does not exist; create it first")
    return options.space, source_of(options), ledger


def source_of(options: argparse.Namespace) -> "LiveSource":
    """Return the source that the options name.

    Raises
    ------
    InputError
        If it is none.
    """
    text = str(options.source)
    metadata = {} if options.wavelength is None else {"wavelength": options.wavelength}
    fields = {"axis": options.axis, "axis_field": options.axis_field, "intensity": options.field, "metadata": metadata}
    if text.startswith(("http://", "https://")):
        from peakscape.live.sources.tiled import Tiled

        return Tiled(text, **fields)
    if text.startswith(("tcp://", "ipc://", "zmq://")):
        from peakscape.live.sources.documents import Proxy

        return Proxy(text.replace("zmq://", "tcp://", 1), **fields)
    if text.startswith("pva://"):
        from peakscape.live.sources.pvaccess import PVAccess

        if options.axis is None:
            raise InputError(f"{text} does not tell what its axis is; give --axis two_theta, q or energy")
        return PVAccess(
            text.removeprefix("pva://"),
            axis=options.axis,
            axis_name=options.axis_field,
            column=options.field,
            metadata=metadata,
        )
    if "://" in text or not Path(text).is_dir():
        raise InputError(f"{text} is no source that can be watched; expected {SOURCES}")
    return _folder(options, text)


def _folder(options: argparse.Namespace, text: str) -> "LiveSource":
    from peakscape.feature_space import read
    from peakscape.live.sources.folder import Folder

    def one(path: Path) -> Any:
        return read([path], wavelength=options.wavelength, axis=options.axis, absorption=options.absorption).load()

    return Folder(text, read=one, pattern=options.files, polling=True if options.poll else None)


def _check_axis(options: argparse.Namespace, space: "FeatureSpace") -> None:
    """Say at the start where the spectra can never come onto the space's axis."""
    axis = options.axis
    if axis is not None and ("energy" in (axis, space.axis_name)) and axis != space.axis_name:
        raise InputError(f"the source is on {axis} (--axis), and the space was made for {space.axis_name}")
