"""The program `peakscape`: its parser, and what becomes of errors and warnings."""

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import peakscape
from peakscape.cli import check, completion, demo, explore, fitting, make, mixtures, spaces, study, watch
from peakscape.cli.output import printable, remark
from peakscape.errors import MissingExtra, PeakscapeError, PeakscapeWarning
from peakscape.progress import silent, under_way

INTERRUPTED = 130  # 128 + SIGINT, as shells count
ENDLESS = ("explore", "watch")
"""Commands that run until they are stopped: that they still run is no news."""


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        The words after the program's name; None takes those of the process.

    Returns
    -------
    int
        0 done, 1 an error of ours or of the system (one line on the error stream), 2 wrong usage, 3 a missing extra,
        130 interrupted; a command may have one of its own (`watch --until-new`: 4).

    Examples
    --------
    >>> run(["formats", "--json"])  # doctest: +ELLIPSIS
    {"schema": "peakscape.formats/1", "formats": [{"suffix": ...}]}
    0
    """
    _prepare_streams()
    stopped = [0]

    def command() -> None:
        try:
            options = parser().parse_args(argv)
        except SystemExit as stop:  # argparse has printed the help or what is wrong
            stopped[0] = int(stop.code or 0)
            return
        with _telling(options):
            stopped[0] = options.run(options) or 0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PeakscapeWarning)
        warnings.showwarning = _show_warning
        return _run(command) or stopped[0]


def _telling(options: argparse.Namespace) -> contextlib.AbstractContextManager[None]:
    if getattr(options, "json", False):
        return silent()
    return contextlib.nullcontext() if options.command in ENDLESS else under_way(options.command)


def _prepare_streams() -> None:
    """Let every stream be there, and print what its encoding lacks by its number.

    A closed stream would give its number to the next file that is opened, and what is printed would go there. In its
    place comes one that refuses what is written to it.
    """
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            place = os.open(os.devnull, os.O_RDONLY if name == "stdout" else os.O_WRONLY)
            if place != number:
                os.dup2(place, number)
                os.close(place)
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class _Parser(argparse.ArgumentParser):
    """A parser that prints nothing to a terminal but text."""

    def _print_message(self, message: str, file: Any = None) -> None:
        if message:  # unlike argparse's own, this does not hide that nothing could be printed
            (file or sys.stderr).write("\n".join(printable(line) for line in message.split("\n")))


def parser() -> argparse.ArgumentParser:
    """Build the parser of the program.

    Examples
    --------
    >>> parser().parse_args(["formats"]).json
    False
    """
    program = _Parser(
        prog="peakscape",
        description="Maps of X-ray spectra of materials, from crystal structures or measured files.",
        epilog="Exit codes: 0 done, 1 an error in one line, 2 wrong usage, 3 a missing extra.",
    )
    program.add_argument("--version", action="version", version=f"peakscape {peakscape.__version__}")
    commands = program.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for group in (demo, make, check, fitting, spaces, explore, watch, mixtures, study, completion):
        group.add_commands(commands)
    program.set_defaults(program=program)  # completion describes the program itself
    return program


def _run(command: Callable[[], object]) -> int:
    try:
        command()
        sys.stdout.flush()
    except MissingExtra as error:
        return _complain(error, 3)
    except PeakscapeError as error:
        return _complain(error, 1)
    except BrokenPipeError:  # the reader of our output (head, less) has left
        _give_up_output()
        return 1
    except OSError as error:
        _give_up_output()
        return _complain(f"{error.filename or 'the output'}: {error.strerror or error}", 1)
    except MemoryError:
        return _complain("not enough memory for this; give fewer spectra or a coarser axis", 1)
    except KeyboardInterrupt:
        return _complain("interrupted; nothing was half-written", INTERRUPTED)
    return 0


def _give_up_output() -> None:
    """Where the last words cannot be printed, let the interpreter not try once more."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(error: object, code: int) -> int:
    with contextlib.suppress(OSError):
        print("peakscape: error:", printable(" ".join(str(error).split())), file=sys.stderr)
    return code


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    remark(str(message))
