"""The command line: each command parses, makes a few public calls and prints."""

from peakscape.cli.program import main

__all__ = ["main"]
