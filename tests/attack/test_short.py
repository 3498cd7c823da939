"""The short form of the campaign: some hundred damaged files, what was found before, and a few kills."""

import json
from pathlib import Path

import pytest

from peakscape import isolation
from tests.attack import files, kills

N_FILES = 900
FOUND = Path(__file__).parent / "found.json"


def test_damaged_files(tmp_path: Path) -> None:
    for number in range(N_FILES):
        name, raw = files.example(number, seed=1)
        path = tmp_path / name
        path.write_bytes(raw)
        told = files.outcome(path)
        assert not told.startswith("BAD"), (number, told)
        path.unlink()


@pytest.mark.parametrize("one", json.loads(FOUND.read_text()), ids=lambda one: one["what"])
def test_what_was_found_before(tmp_path: Path, one: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes of bytes of the examples that once hung, crashed or gave another exception."""
    monkeypatch.setattr(isolation, "SECONDS", 1.0)
    raw = bytearray(files.EXAMPLES[one["example"]])
    for place, new in one["bytes"]:
        raw[place : place + len(new) // 2] = bytes.fromhex(new)
    path = tmp_path / one["example"]
    path.write_bytes(raw)
    told = files.outcome(path)
    assert not told.startswith("BAD"), told


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kills(tmp_path: Path) -> None:
    counts = kills.campaign(tmp_path, n_kills=6, seed=2, only=("read zarr", "read nc", "generate"))
    assert not [told for told in counts if told.startswith("BAD")]
