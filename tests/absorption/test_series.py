import json
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
