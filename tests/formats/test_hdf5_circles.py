"""HDF5 files in which libhdf5 would go round for ever are refused before it is asked."""

from pathlib import Path

import pytest
from example_files import EXAMPLES

from peakscape.errors import FormatError
from peakscape.formats import hdf5_circles

GLOBAL_HEAP = b"GCOL\x01\0\0\0"


@pytest.mark.parametrize("name", ["a.nxs", "newer.nxs", "older.nxs"])
def test_whole_files_pass(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(EXAMPLES[name])
    hdf5_circles.check(tmp_path / name)


def test_free_object_of_size_zero(tmp_path: Path) -> None:
    raw = bytearray(EXAMPLES["older.nxs"])
    place = raw.index(GLOBAL_HEAP) + 16
    raw[place : place + 16] = bytes(16)
    (tmp_path / "a.nxs").write_bytes(raw)
    with pytest.raises(FormatError, match="leads in a circle at byte"):
        hdf5_circles.check(tmp_path / "a.nxs")


def test_object_whose_size_overflows(tmp_path: Path) -> None:
    raw = bytearray(EXAMPLES["older.nxs"])
    place = raw.index(GLOBAL_HEAP) + 16
    raw[place + 8 : place + 16] = (2**64 - 16).to_bytes(8, "little")
    (tmp_path / "a.nxs").write_bytes(raw)
    with pytest.raises(FormatError, match="leads in a circle at byte"):
        hdf5_circles.check(tmp_path / "a.nxs")


def test_node_that_follows_itself(tmp_path: Path) -> None:
    raw = bytearray(EXAMPLES["older.nxs"])
    place = raw.index(b"TREE")
    raw[place + 16 : place + 24] = place.to_bytes(8, "little")
    (tmp_path / "a.nxs").write_bytes(raw)
    with pytest.raises(FormatError, match=f"leads in a circle at byte {place}"):
        hdf5_circles.check(tmp_path / "a.nxs")


def test_files_shorter_than_a_head_pass(tmp_path: Path) -> None:
    (tmp_path / "a.nxs").write_bytes(b"\x89HDF")
    hdf5_circles.check(tmp_path / "a.nxs")
