"""The program `peakscape`: its parser, and what becomes of errors and warnings."""

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import peakscape
from peakscape.cli import completion, explore, make, spaces, study
from peakscape.cli.output import remark
from peakscape.errors import MissingExtra, PeakscapeError, PeakscapeWarning

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        The words after the program's name; None takes those of the process.

    Returns
    -------
    int
        0 done, 1 an error of ours or of the system (one line on the error stream), 2 wrong usage, 3 a missing extra,
        130 interrupted.

    Examples
    --------
    >>> main(["formats", "--json"])  # doctest: +ELLIPSIS
    {"schema": "peakscape.formats/1", "formats": [{"suffix": ...}]}
    0
    """
    try:
        options = parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed the help or what is wrong
        return int(stop.code or 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PeakscapeWarning)
        warnings.showwarning = _show_warning
        return _run(options)


def parser() -> argparse.ArgumentParser:
    """Build the parser of the program.

    Examples
    --------
    >>> parser().parse_args(["formats"]).json
    False
    """
    program = argparse.ArgumentParser(
        prog="peakscape",
        description="Maps of X-ray spectra of materials, from crystal structures or measured files.",
        epilog="Exit codes: 0 done, 1 an error in one line, 2 wrong usage, 3 a missing extra.",
    )
    program.add_argument("--version", action="version", version=f"peakscape {peakscape.__version__}")
    commands = program.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for group in (make, spaces, explore, study, completion):
        group.add_commands(commands)
    program.set_defaults(program=program)  # completion describes the program itself
    return program


def _run(options: argparse.Namespace) -> int:
    try:
        options.run(options)
        sys.stdout.flush()
    except MissingExtra as error:
        return _complain(error, 3)
    except PeakscapeError as error:
        return _complain(error, 1)
    except BrokenPipeError:
        # The reader of our output (head, less) has left; the interpreter must not try to flush once more.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _complain(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    except MemoryError:
        return _complain("not enough memory for this; give fewer spectra or a coarser axis", 1)
    except KeyboardInterrupt:
        return _complain("interrupted; nothing was half-written", INTERRUPTED)
    return 0


def _complain(error: object, code: int) -> int:
    print("peakscape: error:", " ".join(str(error).split()), file=sys.stderr)
    return code


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    remark(str(message))
