"""Exit codes, streams, and what a user sees of errors and warnings."""

import io
import json
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import peakscape
from peakscape.cli import main, program
from peakscape.errors import CollapseWarning, MissingExtra

COMMANDS = [
    "read", "simulate", "prepare", "fit", "place", "validate", "explain", "generate", "group", "add", "compare",
    "formats", "demo", "demo-data", "check", "lattice", "unmix", "watch", "export",
]  # fmt: skip
STUDIES = ["alloy", "nitride", "series", "library", "mixture"]


def test_version(run):
    result = run("--version")
    assert result.code == 0
    assert result.out == f"peakscape {peakscape.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    result = run(command, "--help")
    assert result.code == 0
    assert "--json" in result.out


def test_the_commands_are_these(run):
    told = run("--help").out
    [line] = [line for line in told.splitlines() if "Exit codes" in line]
    assert "0 done" in line
    listed = [line.split()[0] for line in told.splitlines() if line.startswith("    ") and line[4] != " "]
    assert {*COMMANDS, "study", "completion"} <= set(listed)


@pytest.mark.parametrize(("command", "groups"), [("fit", ["what is learned", "map", "raw files", "labels", "output"])])
def test_options_are_grouped(run, command, groups):
    text = run(command, "--help").out
    assert all(f"\n{group}:" in text for group in groups)


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete "), ("zsh", "#compdef peakscape"), ("fish", "complete -c")]
)
def test_completion(run, shell, word):
    result = run("completion", shell)
    assert result.code == 0
    assert word in result.out
    assert "validate" in result.out


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_has_help(run, study):
    result = run("study", study, "--help")
    assert result.code == 0
    assert "--json" in result.out
    assert "--out" in result.out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["unknown"],
        ["simulate"],
        ["read", "a.xy"],
        ["fit", "a.zarr", "-o", "a.space", "--map", "globe"],
        ["place", "a.space"],
        ["completion", "tcsh"],
        ["read", "a.xy", "-o", "a.zarr", "--wavelength", "-1"],
        ["simulate", "a.cif", "--wavelength", "1", "--two-theta", "1:2", "-o", "a.zarr"],
        ["simulate", "a.cif", "--wavelength", "1", "--fwhm", "1,2", "-o", "a.zarr"],
        ["generate", "a.space", "-o", "out.xy"],
    ],
)
def test_wrong_usage_is_two(run, words):
    result = run(*words)
    assert result.code == 2
    assert result.out == ""
    assert "usage:" in result.err


def test_formats_as_text_and_json(run):
    assert ".xye" in run("formats").out
    rows = json.loads(run("formats", "--json").out)["formats"]
    assert json.loads(run("formats", "--json").out)["schema"] == "peakscape.formats/1"
    assert {row["suffix"] for row in rows} >= {".xy", ".xye", ".dat", ".csv", ".txt"}


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (MissingExtra("chgnet", "relax"), 3, "pip install 'peakscape[relax]'"),
        (OSError(28, "No space left on device", "out.zarr"), 1, "out.zarr: No space left on device"),
        (MemoryError(), 1, "not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_become_one_line(run, monkeypatch, error, code, text):
    def raise_it(*_):
        raise error

    monkeypatch.setattr(program.make, "run_formats", raise_it)
    result = run("formats")
    assert result.code == code
    assert result.out == ""
    assert len(result.err.splitlines()) == 1
    assert text in result.err


def test_our_warnings_are_remarks_and_others_are_silent(run, monkeypatch):
    def warn(*_):
        warnings.warn("two\nlines", CollapseWarning, stacklevel=1)
        warnings.warn("of another package", FutureWarning, stacklevel=1)

    monkeypatch.setattr(program.make, "run_formats", warn)
    result = run("formats")
    assert (result.code, result.err) == (0, "peakscape: two lines\n")


def test_reader_that_leaves_early_is_no_error(run, monkeypatch):
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["formats"]) == 1


def test_installed_program_is_quick():
    script = Path(sys.executable).parent / "peakscape"
    command = [str(script)] if script.exists() else [sys.executable, "-c", "from peakscape.cli import main; main()"]
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert "explain" in done.stdout
    assert min(seconds) < 1.0  # of the processor; 0.2 s on an idle machine, and caches are shared with others


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from peakscape.cli import main; main(['--help']);"
        "print([m for m in ('jax', 'sklearn', 'xarray', 'pandas', 'scipy', 'ase', 'matplotlib', 'rich') if m in"
        " sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
