"""The short form of the campaign: some hundred damaged files, what was found before, and a few kills."""

from pathlib import Path

import pytest

from peakscape import isolation
from peakscape.formats.registry import FORMATS, choose
from tests.attack import files, kills

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
