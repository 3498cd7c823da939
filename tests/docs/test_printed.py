"""Every command that a page prints, in a block or in running text, is one that there is; every link leads somewhere."""

import contextlib
import re
import shlex

from peakscape.cli.program import parser
from tests.docs.blocks import CONSOLE, DOCS, README, blocks, commands, pages

PARSER = parser()


def printed() -> list[tuple[str, str]]:
    """Every command of every page, in a block or with options in a line, that holds no dots or brackets to fill in."""
    found = []
    for page in pages():
        inline = re.findall(
            r"`(peakscape [^`]* --?[a-z][^`]*)`", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
        )
        typed = [line for block in blocks(page) if block.language in CONSOLE for line in commands(block)]
        lines = [line for line in typed if line.startswith("peakscape ")] + inline
        found += [
            (page.name, re.sub(r" N\b", " 3", line))
            for line in lines
            if not re.search(r"\.\.\.|\[-|COMMAND|--help", line)
        ]
    return list(dict.fromkeys(found))


def test_every_printed_command_names_commands_and_options_that_there_are() -> None:
    every = printed()
    assert len(every) >= 50
    strange = [f"{page}: {line}" for page, line in every if not understood(shlex.split(line, comments=True)[1:])]
    assert not strange
    assert not understood(["check", "FILE", "--no-such-option"])
    assert not understood(["no-such-command"])


def understood(words: list[str]) -> bool:
    """Whether the program's parser takes words; what a line in running text leaves out is put in."""
    for left_out in ([], ["SPACE", "FILE"], ["--out", "DIR"], ["FILE", "-o", "OUT"]):
        with contextlib.suppress(SystemExit):
            PARSER.parse_args([*words, *left_out])
            return True
    return False


def test_every_link_leads_somewhere() -> None:
    listed = set(re.findall(r": ([\w/-]+\.md)$", (README.parent / "mkdocs.yml").read_text(), re.M))
    assert listed <= {page.relative_to(DOCS).as_posix() for page in pages()[1:]}
    for page in pages():
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} leads to {link}, which is not there"
