"""What stands around a command: files of others, modes, odd names, closed streams, Ctrl-C, full disks."""

import builtins
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from peakscape.cli import main
from peakscape.cli.output import printable


def outputs(work: Path, folder: Path) -> dict[str, list[object]]:
    """Each kind of output, and the command that writes it."""
    return {
        "a.zarr": ["read", work / "raw", "-o", folder / "a.zarr"],
        "a.nc": ["read", work / "raw", "-o", folder / "a.nc"],
        "a.space": ["fit", work / "patterns.zarr", "--map", "pca", "--no-novelty", "-o", folder / "a.space"],
        "a.xy": ["generate", work / "pca.space", "--composition", "Cu2Ni2", "-o", folder / "a.xy"],
        "a.png": ["group", work / "pca.space", "--figure", folder / "a.png"],
        "a.html": ["export", work / "pca.space", "-o", folder / "a.html"],
    }


NAMES = ["a.zarr", "a.nc", "a.space", "a.xy", "a.png", "a.html"]


def contents(path: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in [path, *path.rglob("*")] if one.is_file()}


def put_foreign(path: Path, kind: str) -> None:
    if kind == "file":
        path.write_text("my thesis")
        return
    path.mkdir()
    if kind == "folder":
        (path / "thesis.txt").write_text("my thesis")
    elif kind == "like ours":  # names that ours have too
        (path / "intensity").mkdir()
        for name in ("zarr.json", "space.json", "intensity/thesis.txt", "arrays.safetensors"):
            (path / name).write_text("{}")


@pytest.mark.parametrize("kind", ["file", "folder", "like ours"])
@pytest.mark.parametrize("name", NAMES)
def test_force_replaces_nothing_of_others(fails, work: Path, tmp_path: Path, name: str, kind: str) -> None:
    words = outputs(work, tmp_path)[name]
    put_foreign(tmp_path / name, kind)
    before = contents(tmp_path)
    fails(*words, "--force")
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_force_replaces_what_the_same_command_wrote(run, fails, work: Path, tmp_path: Path, name: str) -> None:
    words = outputs(work, tmp_path)[name]
    assert run(*words).code == 0
    written = {path.name for path in tmp_path.iterdir()}
    assert "--force" in fails(*words)
    assert run(*words, "--force").code == 0
    assert {path.name for path in tmp_path.iterdir()} == written


def test_force_keeps_a_store_with_something_else_in_it(run, fails, work: Path, tmp_path: Path) -> None:
    words = outputs(work, tmp_path)["a.zarr"]
    assert run(*words).code == 0
    assert run(*words, "--force").code == 0
    (tmp_path / "a.zarr" / "intensity" / "thesis.txt").write_text("my thesis")
    assert "nothing else is replaced" in fails(*words, "--force")
    assert (tmp_path / "a.zarr" / "intensity" / "thesis.txt").exists()


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_outputs_have_the_modes_that_the_umask_gives(run, work: Path, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        for words in outputs(work, tmp_path).values():
            assert run(*words).code == 0
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        expected = (0o777 if path.is_dir() else 0o666) & ~mask
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_control_characters_in_names_do_not_reach_the_terminal(run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.xy").write_text("10 5\n11 6\n12 5\n")
    for name in ("red\x1b[31m.xy", "title\x1b]0;x\x07.xy", "two\nlines.xy", "\x9b2J.xy", "turned\u202e.xy"):
        (folder / name).write_text("10 5\n11 x\n")
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.xy"))).write_text("10 5\n11 x\n")
    for words in (["read", folder, "-o", tmp_path / "a.zarr"], ["read", folder, "-o", tmp_path / "b.zarr", "--json"]):
        done = run(*words)
        assert done.code == 0
        assert all(line.isprintable() for line in [*done.out.splitlines(), *done.err.splitlines()]), done
    assert len(json.loads(done.out)["skipped"]) == 6
    names = {Path(one["file"]).name for one in json.loads(done.out)["skipped"]}
    assert "red\x1b[31m.xy" in names, "JSON tells the name as it is"


def test_printable() -> None:
    assert printable("a b\tc°") == "a b\tc°"
    assert printable("\udcff\u2028\x00") == "\\udcff\\u2028\\x00"


def test_pipes_and_links_among_the_files(run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.xy").write_text("10 5\n11 6\n12 5\n")
    os.mkfifo(folder / "pipe.xy")
    (folder / "loop.xy").symlink_to("loop.xy")
    (folder / "nowhere.xy").symlink_to("nothing")
    (folder / "zero.xy").symlink_to("/dev/zero")
    done = run("read", folder, "-o", tmp_path / "a.zarr", "--json")
    assert done.code == 0
    assert len(json.loads(done.out)["skipped"]) == 4


def test_pipes_in_the_place_of_saved_things(fails, work: Path, tmp_path: Path) -> None:
    (tmp_path / "a.space").mkdir()
    os.mkfifo(tmp_path / "a.space" / "space.json")
    os.mkfifo(tmp_path / "a.nc")
    fails("validate", tmp_path / "a.space")
    fails("place", work / "pca.space", tmp_path / "a.nc")


def program(*words: str, **options: object) -> "subprocess.CompletedProcess[str]":
    code = "import sys; from peakscape.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run([sys.executable, "-c", code, *words], text=True, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["formats"], ["formats", "--json"]], ids=" ".join)
def test_full_standard_output(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = program(*words, stdout=full)
    assert done.returncode == 1
    assert done.stderr == "peakscape: error: the output: No space left on device\n"


def test_closed_standard_output() -> None:
    done = program("formats", stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
    assert done.stderr == "peakscape: error: the output: Bad file descriptor\n"


def test_output_in_ascii() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = program("formats", "--json", stdout=subprocess.PIPE, env=environment)
    assert done.returncode == 0
    assert json.loads(done.stdout)["formats"]


def test_interrupt_while_the_program_is_loaded(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    original = builtins.__import__

    def interrupted(name: str, *words: object, **options: object) -> object:
        if name == "peakscape.cli":
            raise KeyboardInterrupt
        return original(name, *words, **options)

    monkeypatch.setattr(builtins, "__import__", interrupted)
    assert main(["formats"]) == 130
    assert capsys.readouterr().err == "peakscape: error: interrupted; nothing was half-written\n"


@pytest.mark.parametrize("words", [["fit", "a.xy", "-o", "b.space"], ["study", "alloy", "--out", "b"]], ids=" ".join)
@pytest.mark.parametrize("seed", ["-1", "x", str(2**40)])
def test_seeds_that_are_none(run, words: list[str], seed: str) -> None:
    done = run(*words, "--seed", seed)
    assert done.code == 2
    assert "expected a whole number from 0" in done.err


def test_absurd_steps(fails, work: Path, tmp_path: Path) -> None:
    cif = work / "structures" / "ni0_0.cif"
    words = ["--wavelength", "1.5406", "-o", tmp_path / "a.zarr"]
    assert "take a wider step" in fails("simulate", cif, "--two-theta", "1:100:1e-9", *words)
    steps = ["--prepare", "resample=two_theta:step=1e-9", "-o", tmp_path / "a.zarr"]
    assert "take a wider step" in fails("prepare", work / "patterns.zarr", *steps)
