"""Nothing is half-written and nothing is lost."""

import errno
from pathlib import Path

import pytest

from peakscape.errors import InputError
from peakscape.files import replace_atomically


def test_file_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replace_atomically(target) as fresh:
        fresh.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_folder_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.map"
    for content in ("one", "two"):
        with replace_atomically(target) as fresh:
            fresh.mkdir()
            (fresh / content).write_text(content)
        assert [p.name for p in target.iterdir()] == [content]
    assert [p.name for p in tmp_path.iterdir()] == ["a.map"]


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_failure_leaves_the_old_one(tmp_path: Path, failure: BaseException, kind: str) -> None:
    target = tmp_path / "a"
    if kind == "file":
        target.write_text("old")
    else:
        target.mkdir()
        (target / "old").write_text("old")
    with pytest.raises(type(failure)), replace_atomically(target) as fresh:
        fresh.write_text("half")
        raise failure
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (target if kind == "file" else target / "old").read_text() == "old"


def test_writer_that_writes_nothing_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.mkdir()
    with pytest.raises(FileNotFoundError), replace_atomically(target):
        pass
    assert target.is_dir()


def test_missing_parent_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"), replace_atomically(tmp_path / "no" / "a"):
        pass
