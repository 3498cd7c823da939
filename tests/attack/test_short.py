"""The short form of the campaign: some hundred damaged files, what was found before, and a few kills."""

import argparse
from pathlib import Path

import pytest

from peakscape import isolation
from peakscape.cli.program import parser
from peakscape.formats.registry import FORMATS, choose
from tests.attack import files, full_disk, kills

N_FILES = 900


def test_damaged_files(tmp_path: Path) -> None:
    corpus = {name: [raw] for name, raw in files.EXAMPLES.items()}
    for number in range(N_FILES):
        name, raw = files.example(number, seed=1, corpus=corpus)
        path = tmp_path / name
        path.write_bytes(raw)
        told = files.outcome(path)
        assert not told[0].startswith("BAD"), (number, told)
        path.unlink()


def test_every_format_is_attacked(tmp_path: Path) -> None:
    """A new row of the registry needs an example; of Athena's none is read without Larch."""
    taken = set()
    for name, raw in files.EXAMPLES.items():
        (tmp_path / name).write_bytes(raw)
        taken.add(choose(tmp_path / name).name)
    assert {one.name for one in FORMATS} - taken <= {"Athena project"}


@pytest.mark.parametrize("one", files.found_before(), ids=lambda one: one[0])
def test_what_was_found_before(tmp_path: Path, one: tuple[str, str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that once hung, crashed or gave another exception."""
    monkeypatch.setattr(isolation, "SECONDS", 1.0)
    path = tmp_path / one[1]
    path.write_bytes(one[2])
    told = files.outcome(path)
    assert not told[0].startswith("BAD"), told


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kills(tmp_path: Path) -> None:
    counts = kills.campaign(tmp_path, n_kills=6, seed=2, only=("read zarr", "read nc", "generate"))
    assert not [told for told in counts if "BAD" in told], counts


WRITING = {"-o", "--out", "--figure", "--save-parts"}
NOT_KILLED_HERE = {("demo",), ("watch",)}
"""The demonstration runs the studies that are killed by themselves; a ledger has kills of its own (tests/live)."""


def test_every_command_that_writes_is_killed(tmp_path: Path) -> None:
    """A new command that writes needs a row in `kills.commands`."""
    writing = {words for words, options in options_of(parser()) if WRITING & options} - NOT_KILLED_HERE
    writing |= {("add",), ("demo-data",)}  # these write where no option says so
    killed = {
        tuple(one.words[: 2 if one.words[0] == "study" else 1]) for one in kills.commands(tmp_path, tmp_path).values()
    }
    assert killed == writing


def options_of(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], set[str]]]:
    """Each command, and its options."""
    found = [(words, {option for action in parser._actions for option in action.option_strings})]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                found += options_of(command, (*words, name))
    return found


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    counts = full_disk.campaign(only=("read zarr", "generate"))
    if set(counts) == {full_disk.NO_DISK}:
        pytest.skip(full_disk.NO_DISK)
    assert counts["refused"] >= 4, capsys.readouterr().out
    assert not [told for told in counts if "BAD" in told], counts
