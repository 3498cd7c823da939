"""The command line: each command parses, makes a few public calls and prints."""

from __future__ import annotations

TYPE_CHECKING = False  # as typing's, whose import would take longer than this whole file
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see `peakscape.cli.program.run`.

    Nothing is imported before, so that Ctrl-C is answered from the first moment.

    Examples
    --------
    >>> main(["formats", "--json"])  # doctest: +ELLIPSIS
    {"schema": "peakscape.formats/1", "formats": [{"suffix": ...}]}
    0
    """
    try:
        from peakscape.cli import program

        return program.run(argv)
    except KeyboardInterrupt:
        import sys

        if sys.stderr is not None:
            print("peakscape: error: interrupted; nothing was half-written", file=sys.stderr)
        return 130
