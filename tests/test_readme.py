"""README's and the tutorials' lines run and print what they print, and their commands run as printed on shipped data."""

import contextlib
import doctest
import re
import shlex
from pathlib import Path

import pytest

from peakscape.cli import main
from peakscape.cli.program import parser

README = Path(__file__).parents[1] / "README.md"
DOCS = README.parent / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))


def commands() -> list[str]:
    """Every line of README and of a tutorial that is a command, once; what runs until it is stopped stands as text."""
    found = [line for page in (README, *TUTORIALS) for line in _without_text(page) if line.startswith("peakscape ")]
    return list(dict.fromkeys(found))


def _without_text(page: Path) -> list[str]:
    return re.sub("```text.*?```", "", page.read_text(), flags=re.DOTALL).splitlines()


@pytest.mark.parametrize("page", [README, DOCS / "tutorials" / "series.md"], ids=lambda page: page.stem)
def test_the_python_of_a_page_runs_as_printed(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    text = page.read_text().replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    told: list[str] = []
    runner.run(examples, out=told.append)
    assert runner.failures == 0, "".join(told)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_commands_run_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    every = commands()
    assert len(every) >= 10
    for line in every:
        code = main(shlex.split(line)[1:])
        assert code == 0, f"{line}\n{capsys.readouterr().err}"


def printed() -> list[tuple[str, str]]:
    """Every command of every page, in a block or with options in a line, that holds no dots or brackets to fill in."""
    found = []
    for page in (README, *sorted(DOCS.rglob("*.md"))):
        text = page.read_text()
        blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S)
        inline = re.findall(r"`(peakscape [^`]* --?[a-z][^`]*)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
        lines = [line for block in blocks for line in block.splitlines() if line.startswith("peakscape ")] + inline
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
            parser().parse_args([*words, *left_out])
            return True
    return False


def test_every_link_leads_somewhere() -> None:
    pages = list(DOCS.rglob("*.md"))
    listed = set(re.findall(r": ([\w/-]+\.md)$", (DOCS.parent / "mkdocs.yml").read_text(), re.M))
    assert listed <= {page.relative_to(DOCS).as_posix() for page in pages}
    for page in (README, *pages):
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} leads to {link}, which is not there"
