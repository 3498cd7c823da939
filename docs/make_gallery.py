"""Renew the pictures of docs/gallery.md by running its lines: python docs/make_gallery.py."""

import doctest
import os
import sys
from pathlib import Path

PAGE = Path(__file__).parent / "gallery.md"


def main() -> int:
    """Run the page beside its pictures; the number of lines that failed."""
    os.chdir(PAGE.parent)
    text = PAGE.read_text().replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(examples)
    for picture in Path("images").glob("gallery-*.svg"):
        picture.unlink()
    return runner.failures


if __name__ == "__main__":
    sys.exit(main())
