import json
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import pytest
from ase import Atoms

from peakscape.absorption import CoreHoleJob, open_spectra, run_series
from peakscape.absorption.series import FAILURES, read_failures
from peakscape.absorption.spectrum import example
from peakscape.errors import InputError, PeakscapeError

JOBS = [CoreHoleJob(name, Atoms("B"), 0) for name in ("first", "bad", "last")]


def compute(job):
    if job.name == "bad":
        raise PeakscapeError("GPAW does not converge")
    return replace(example(), name=job.name)


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_failures_are_written_and_the_others_go_on(tmp_path, pool):
    if pool is None:
        failures = run_series(JOBS, tmp_path, compute=compute)
    else:
        with pool(2) as executor:
            failures = run_series(JOBS, tmp_path, compute=compute, executor=executor)
    assert failures == {"bad": "PeakscapeError: GPAW does not converge"}
    assert json.loads((tmp_path / FAILURES).read_text()) == failures
    assert [open_spectra(tmp_path / f"{name}.npz")[0].name for name in ("first", "last")] == ["first", "last"]


def test_a_killed_run_goes_on(tmp_path):
    asked = []

    def until_last(job):
        asked.append(job.name)
        if job.name == "last":
            raise KeyboardInterrupt
        return replace(example(), name=job.name)

    with pytest.raises(KeyboardInterrupt):
        run_series(JOBS, tmp_path, compute=until_last)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.npz", "first.npz"]
    run_series(JOBS, tmp_path, compute=lambda job: asked.append(job.name) or replace(example(), name=job.name))
    assert asked == ["first", "bad", "last", "last"]


def test_failed_and_finished_jobs_are_skipped_until_asked(tmp_path):
    run_series(JOBS, tmp_path, compute=compute)
    asked = []

    def remember(job):
        asked.append(job.name)
        return replace(example(), name=job.name)

    run_series(JOBS, tmp_path, compute=remember)
    assert asked == []
    run_series(JOBS, tmp_path, compute=remember, retry=True)
    assert asked == ["bad"]
    assert read_failures(tmp_path) == {}


def test_what_is_done_elsewhere_is_not_computed(tmp_path):
    run_series(JOBS, tmp_path, compute=compute, done=["bad", "last"])
    assert [path.name for path in tmp_path.iterdir()] == ["first.npz"]


def test_equal_names_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"\['first'\] come twice"):
        run_series([JOBS[0], JOBS[0]], tmp_path, compute=compute)


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
import numpy
from ase import Atoms
from peakscape.absorption import CoreHoleJob, run_series
from peakscape.absorption import spectrum

place, where = Path("results"), sys.argv[1]
save = numpy.savez_compressed

def die(file, **arrays):  # half of an archive is on the disk when the machine goes down
    save(file, **arrays)
    file.truncate(file.tell() // 2)
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

def compute(job):
    with open("asked", "a") as asked:
        asked.write(job.name + chr(10))
    if job.name == "bad":
        raise ValueError("does not converge")
    if job.name == where and not Path("killed").exists():
        Path("killed").touch()
        if where == "third":
            os.kill(os.getpid(), signal.SIGKILL)
        numpy.savez_compressed = die
    return replace(spectrum.example(), name=job.name)

names = ("first", "bad", "third", "fourth", "last")
failures = run_series([CoreHoleJob(name, Atoms("B"), 0) for name in names], place, compute=compute)
assert list(failures) == ["bad"], failures
"""


@pytest.mark.parametrize("where", ["third", "fourth"], ids=["while it computes", "while it writes"])
def test_a_process_that_is_killed_loses_nothing(tmp_path, where):
    """Kill -9, which no program can catch; started again, it computes what is missing and nothing else."""
    words = [sys.executable, "-c", KILLED, where]
    assert subprocess.run(words, cwd=tmp_path, check=False).returncode == -signal.SIGKILL
    before = {path.name: path.read_bytes() for path in (tmp_path / "results").glob("*.npz")}
    assert list(before) == ["first.npz"] if where == "third" else set(before) == {"first.npz", "third.npz"}
    assert list(read_failures(tmp_path / "results")) == ["bad"]

    subprocess.run(words, cwd=tmp_path, check=True)
    asked = (tmp_path / "asked").read_text().split()
    twice = {name for name in asked if asked.count(name) > 1}
    assert twice == {where}
    assert asked.count(where) == 2
    assert set(asked) == {"first", "bad", "third", "fourth", "last"}
    for name in ("first", "third", "fourth", "last"):
        assert open_spectra(tmp_path / "results" / f"{name}.npz")[0].name == name
    assert all((tmp_path / "results" / name).read_bytes() == content for name, content in before.items())
    assert read_failures(tmp_path / "results") == {"bad": "ValueError: does not converge"}
