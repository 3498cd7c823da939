"""A full disk or a kill during a save: the old output stays whole, no new one is half there."""

import errno
import signal
import subprocess
import sys

import numpy as np
import pytest

from peakscape import formats, spectra
from peakscape.feature_space import open_space
from peakscape.maps.saved import folder as map_folder

FULL = OSError(errno.ENOSPC, "No space left on device")


def commands(work, folder):
    """Each writing command with its output, and a way to open that."""
    return {
        "read": (["read", work / "raw", "-o", folder / "out.zarr"], folder / "out.zarr", spectra.open),
        "simulate": (
            ["simulate", work / "structures" / "ni0_0.cif", "--wavelength", "1.5406", "-o", folder / "sim.nc"],
            folder / "sim.nc",
            spectra.open,
        ),
        "fit": (
            ["fit", work / "raw", "--map", "pca", "--no-novelty", "-o", folder / "out.space"],
            folder / "out.space",
            open_space,
        ),
        "generate": (
            ["generate", work / "pca.space", "--composition", "Cu2Ni2", "-o", folder / "out.xy"],
            folder / "out.xy",
            formats.read,
        ),
    }


@pytest.mark.parametrize(
    ("command", "before"), [("read", False), ("read", True), ("simulate", False), ("fit", True), ("generate", True)]
)
def test_files_that_may_not_grow(run, work, tmp_path, command, before):
    """A limit on the size of files makes the writes of the real program fail half way."""
    words, output, opened = commands(work, tmp_path)[command]
    if before:
        assert run(*words).code == 0

    code = (
        "import resource, signal, sys; sys.dont_write_bytecode = True\n"
        "from peakscape.cli import main\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words), *(["--force"] if before else [])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if not line.startswith("peakscape: ")] == []
    [error] = [line for line in done.stderr.splitlines() if line.startswith("peakscape: error: ")]
    assert str(output) in error
    assert [path.name for path in tmp_path.iterdir()] == ([output.name] if before else [])
    if before:
        opened(output)


def test_full_disk_is_named(fails, work, tmp_path, monkeypatch):
    def save_half(arrays, path):
        path.write_bytes(b"half")
        raise FULL

    monkeypatch.setattr(map_folder, "save_file", save_half)
    assert "No space left on device" in fails(
        "fit", work / "raw", "--map", "pca", "--no-novelty", "-o", tmp_path / "a.space"
    )
    assert list(tmp_path.iterdir()) == []


def test_interrupted_save(run, work, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savetxt", interrupt)
    result = run("generate", work / "pca.space", "--composition", "Cu2Ni2", "-o", tmp_path / "out.xy")
    assert result.code == 130
    assert result.err == "peakscape: error: interrupted; nothing was half-written\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("before", [False, True], ids=["new", "replaced"])
def test_killed_save(run, work, tmp_path, before):
    words = ["fit", work / "raw", "--map", "pca", "--no-novelty", "-o", tmp_path / "out.space"]
    if before:
        assert run(*words).code == 0
    code = (
        "import os, signal, sys; from peakscape.cli import main\n"
        "from peakscape.maps.saved import folder as map_folder\n"
        "def die(arrays, path):\n    path.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "map_folder.save_file = die\nmain(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", code, *map(str, words), "--force"], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    if before:
        assert len(open_space(tmp_path / "out.space").names) == 15
    else:
        assert not (tmp_path / "out.space").exists()
