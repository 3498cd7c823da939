"""README's lines run and print what README prints, and its commands run as printed on the data that are shipped."""

import doctest
import shlex
from pathlib import Path

import pytest

from peakscape.cli import main

README = Path(__file__).parents[1] / "README.md"


def commands() -> list[str]:
    """Every line of README that is a command."""
    return [line for line in README.read_text().splitlines() if line.startswith("peakscape ")]


def test_the_python_of_the_readme_runs_as_printed() -> None:
    text = README.read_text().replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "README.md", str(README), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    told: list[str] = []
    runner.run(examples, out=told.append)
    assert runner.failures == 0, "".join(told)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_commands_of_the_readme_run_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    every = commands()
    assert len(every) >= 10
    for line in every:
        code = main(shlex.split(line)[1:])
        assert code == 0, f"{line}\n{capsys.readouterr().err}"
