"""Nothing is half-written and nothing is lost."""

import errno
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from peakscape.errors import InputError
from peakscape.files import check_marked, replace_atomically, tidy


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


@pytest.mark.parametrize("named", ["nothing", "what is written", "another file"])
def test_an_error_names_what_was_to_be_written(tmp_path: Path, named: str) -> None:
    place, other = tmp_path / "numbers.txt", tmp_path / "given.txt"
    with pytest.raises(OSError, match="full") as caught, replace_atomically(place) as fresh:
        names = {"nothing": (), "what is written": (str(fresh / "c"),), "another file": (str(other),)}
        raise OSError(errno.ENOSPC, "full", *names[named])
    assert caught.value.filename == str(other if named == "another file" else place)


def test_a_folder_that_may_not_be_written_names_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(prefix: str, dir: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(dir / f"{prefix}abc"))

    monkeypatch.setattr("peakscape.files.tempfile.mkdtemp", refuse)
    with pytest.raises(PermissionError) as caught, replace_atomically(tmp_path / "numbers.txt"):
        pytest.fail("the folder may not be written")
    assert caught.value.filename == str(tmp_path / "numbers.txt")


def test_missing_parent_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"), replace_atomically(tmp_path / "no" / "a"):
        pass


# What a kill leaves, and who puts it right.

KILLED = """
import os, signal, sys
from pathlib import Path
from peakscape import files
target, where = Path(sys.argv[1]), sys.argv[2]
replace, rename = os.replace, Path.rename
die = lambda *words: os.kill(os.getpid(), signal.SIGKILL)
if where == "before the last rename":
    def second(a, b, done=[]):
        done.append(1)
        return replace(a, b) if len(done) == 1 else die()
    files.os.replace = second
with files.replace_atomically(target) as fresh:
    if target.suffix == ".map":
        fresh.mkdir()
        (fresh / "new").write_text("new")
    else:
        fresh.write_text("new")
    if where == "while writing":
        die()
"""


@pytest.mark.parametrize("where", ["while writing", "before the last rename"])
def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path, where: str) -> None:
    target = tmp_path / "a.map"
    with replace_atomically(target) as fresh:
        fresh.mkdir()
        (fresh / "old").write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), where], check=False)
    assert done.returncode == -signal.SIGKILL
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert len(left) == 1
    assert target.exists() == (where == "while writing")
    tidy(target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.map"]
    assert [path.name for path in target.iterdir()] == ["old"], "what was moved aside is back"


def test_leftovers_of_a_running_process_stay(tmp_path: Path) -> None:
    with replace_atomically(tmp_path / "a.map") as fresh:
        tidy(tmp_path / "a.map")
        assert fresh.parent.is_dir()
        with replace_atomically(tmp_path / "b.map") as other:
            other.write_text("b")
        fresh.write_text("a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.map", "b.map"]


def test_long_names(tmp_path: Path) -> None:
    name = "ö" * 120 + ".txt"  # 244 bytes of the 255 that a name may have
    with replace_atomically(tmp_path / name) as fresh:
        fresh.write_text("long")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_two_writers_at_one_place(tmp_path: Path) -> None:
    """Each output is whole, whichever comes last."""
    target = tmp_path / "a.map"
    failed: list[BaseException] = []

    def write(word: str) -> None:
        try:
            for _ in range(30):
                with replace_atomically(target) as fresh:
                    fresh.mkdir()
                    for name in ("one", "two"):
                        (fresh / name).write_text(word)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(word,)) for word in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert len({path.read_text() for path in target.iterdir()}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.map"]


def test_only_marked_files_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.xy"
    check_marked(path, b"# generated by peakscape")
    path.write_bytes(b"")
    check_marked(path, b"# generated by peakscape")
    path.write_text("# generated by peakscape\n1 2\n")
    check_marked(path, b"# generated by peakscape")
    path.write_text("my thesis")
    with pytest.raises(InputError, match="was not written by peakscape"):
        check_marked(path, b"# generated by peakscape")
    with pytest.raises(InputError, match="was not written by peakscape"):
        check_marked(tmp_path, b"# generated by peakscape")
