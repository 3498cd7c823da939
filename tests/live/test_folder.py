"""A watched folder: whole files once, half-written ones when they are whole, what cannot be read told."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from peakscape import read
from peakscape.errors import InputError
from peakscape.live.sources import folder as module
from peakscape.live.sources.folder import Folder, file_system
from tests.live.conftest import AXIS, pattern


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(module, "SETTLE", 0.1)
    monkeypatch.setattr(module, "LOOK", 0.05)
    monkeypatch.setattr(module, "PATIENCE", 0.4)


def write(path: Path, x: float, *, lines: slice = slice(None)) -> None:
    rows = [f"{a:.6f} {b:.9f}\n" for a, b in zip(AXIS, pattern(x), strict=True)]
    with path.open("a") as file:
        file.writelines(rows[lines])


def one(path: Path):
    return read([path], wavelength=1.5406).load()


class Watched:
    """A folder that is watched in a thread."""

    def __init__(self, path, sink, *, polling):
        self.sink, self.stop = sink, threading.Event()
        source = Folder(path, read=one, polling=polling)
        source.check()
        self.thread = threading.Thread(target=source.run, args=(sink, self.stop))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()

    def until(self, wanted, *, limit=15.0):
        end = time.monotonic() + limit
        while not wanted() and time.monotonic() < end:
            time.sleep(0.02)
        assert wanted()


@pytest.fixture(params=["polling", "watchfiles"])
def polling(request):
    if request.param == "watchfiles":
        pytest.importorskip("watchfiles", reason="watchfiles is not installed (extra live): only polling is tested")
    return request.param == "polling"


def test_files_are_read_once_also_after_a_restart(tmp_path, sink, polling):
    write(tmp_path / "a.xy", 0.1)
    with Watched(tmp_path, sink, polling=polling) as watched:
        watched.until(lambda: len(sink.taken) == 1)
        (tmp_path / "later").mkdir()
        write(tmp_path / "later" / "b.xy", 0.2)
        (tmp_path / ".c.xy").write_text("hidden")
        (tmp_path / "d.xy.part").write_text("unfinished")
        watched.until(lambda: len(sink.taken) == 2)
    names = sorted(found.name for found in sink.taken.values())
    assert names == ["a", "b"]
    [first] = [found for found in sink.taken.values() if found.name == "a"]
    np.testing.assert_array_equal(first.intensity, one(tmp_path / "a.xy").intensity.values[0])
    assert first.metadata["wavelength"] == 1.5406
    sink.taken.clear()
    with Watched(tmp_path, sink, polling=polling) as watched:
        write(tmp_path / "e.xy", 0.3)
        watched.until(lambda: len(sink.taken) == 1)
    assert [found.name for found in sink.taken.values()] == ["e"]


def test_a_half_written_file_is_read_when_it_is_whole(tmp_path, sink, polling):
    with Watched(tmp_path, sink, polling=polling) as watched:
        for start in range(0, 300, 60):
            write(tmp_path / "a.xy", 0.1, lines=slice(start, start + 60))
            time.sleep(0.03)
        watched.until(lambda: len(sink.taken) == 1)
    [found] = sink.taken.values()
    assert len(found.points) == 300


def test_a_file_that_grows_after_a_pause_is_read_anew(tmp_path, sink):
    with Watched(tmp_path, sink, polling=True) as watched:
        write(tmp_path / "a.xy", 0.1, lines=slice(0, 100))
        watched.until(lambda: len(sink.taken) == 1)
        write(tmp_path / "a.xy", 0.1, lines=slice(100, None))
        watched.until(lambda: len(sink.taken) == 2)
    assert sorted(len(found.points) for found in sink.taken.values()) == [100, 300]


def test_what_cannot_be_read_is_told_once_and_the_rest_goes_on(tmp_path, sink):
    (tmp_path / "a.xy").write_text("no numbers here\n")
    with Watched(tmp_path, sink, polling=True) as watched:
        write(tmp_path / "b.xy", 0.2)
        watched.until(lambda: sink.notes and sink.taken)
        time.sleep(0.3)
    [(code, text)] = sink.notes
    assert code == "not_read"
    assert text.startswith("not read: a.xy: ")


def test_a_folder_that_vanishes_is_told_and_waited_for(tmp_path, sink):
    place = tmp_path / "in"
    place.mkdir()
    with Watched(place, sink, polling=True) as watched:
        place.rmdir()
        watched.until(lambda: [code for code, _ in sink.notes] == ["source_away"])
        place.mkdir()
        write(place / "a.xy", 0.1)
        watched.until(lambda: sink.taken)
    assert [code for code, _ in sink.notes] == ["source_away", "source_back"]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder to watch, there is none"):
        Folder(tmp_path / "none", read=one).check()


def test_kinds_of_file_systems_are_read_from_the_mounts():
    assert file_system(Path("/proc/self")) == "proc"
    assert "nfs4".startswith(module.NETWORK)
    assert "fuse.sshfs".startswith(module.NETWORK)
    assert not "ext4".startswith(module.NETWORK)
