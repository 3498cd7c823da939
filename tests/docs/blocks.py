"""The blocks of a page: what it prints to be typed, and what it says that a test cannot run.

A block that no test can run has a comment in the line before it, `<!-- not run in tests: WHY -->`. A block of `text`
right after commands is what they print.
"""

import re
import subprocess
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
CONSOLE, PYTHON = {"", "sh", "console"}, {"python"}
TYPED = CONSOLE | PYTHON

_BLOCK = re.compile(r"(?:<!-- not run in tests: ([^\n]+) -->\n)?^```(\w*)[^\n]*\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, its line, why it is not run ("" if it is), what is to be printed."""

    language: str
    text: str
    line: int
    not_run: str
    prints: str | None


def blocks(page: Path) -> list[Block]:
    """Every block of a page that is typed somewhere."""
    text = page.read_text()
    found = list(_BLOCK.finditer(text))
    told = []
    for block, after in zip_longest(found, found[1:]):
        if block[2] in TYPED:
            is_output = after is not None and after[2] == "text" and not text[block.end() : after.start()].strip()
            line = text[: block.start(3)].count("\n")
            told.append(Block(block[2], block[3], line, block[1] or "", after[3] if is_output else None))
    return told


def commands(block: Block) -> list[str]:
    """The lines of a block of commands; one that ends with a backslash goes on in the next."""
    joined = block.text.replace("\\\n", " ").splitlines()
    return [line for line in joined if line.strip() and not line.startswith("#")]


def words(line: str, folder: Path) -> list[str]:
    """A command's words as a shell gives them in a folder: quotes, comments and stars taken as it takes them."""
    program = line.split()[0]
    told = subprocess.run(
        ["bash", "-c", f"{program}() {{ printf '%s\\0' {program} \"$@\"; }}\n{line}"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return told.stdout.split("\0")[:-1]


def pages() -> list[Path]:
    """README and every page of the documentation."""
    return [README, *sorted(DOCS.rglob("*.md"))]
