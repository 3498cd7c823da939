"""The runner: an earlier run is kept, stopped runs go on, tasks side by side give what they give alone."""

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from peakscape.errors import InputError, PeakscapeWarning
from peakscape.studies import runner


def _sum_of_noise(seed: int) -> float:
    warnings.warn("expected", PeakscapeWarning, stacklevel=1)
    matrix = np.random.default_rng(seed).normal(size=(200, 200))
    return float(np.linalg.svd(matrix)[1].sum())


def test_an_earlier_run_is_written_over_only_by_force(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text('{"versions": {}, "seconds": 1.0}')
    with pytest.raises(InputError, match="--force"), runner.start(
        tmp_path, force=False, report=print, expected=PeakscapeWarning
    ):  # fmt: skip
        pass
    with runner.start(tmp_path, force=True, report=print, expected=PeakscapeWarning) as study:
        assert study.figures.is_dir()


def test_a_kept_result_is_taken_up_if_nothing_changed(tmp_path: Path) -> None:
    told: list[str] = []
    study, calls = runner.Run(tmp_path, told.append), []

    def compute() -> dict[str, int]:
        calls.append(1)
        return {"found": 3}

    for key in ("a", "a", "b"):
        assert study.kept("parts/one", key, compute, step="long")["found"] == 3
    assert len(calls) == 2
    assert told == ["long", "long"]


@pytest.mark.parametrize("n_cores", ["1", "2"])
def test_tasks_side_by_side_give_the_same_bits(monkeypatch: pytest.MonkeyPatch, n_cores: str) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", n_cores)
    done: list[str] = []
    tasks = {str(seed): lambda seed=seed: (os.getpid(), _sum_of_noise(seed)) for seed in range(3)}
    found = runner.side_by_side(tasks, expected=PeakscapeWarning, report=done.append)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [value for _, value in found.values()] == [_sum_of_noise(seed) for seed in range(3)]
    assert list(found) == ["0", "1", "2"]
    assert sorted(done) == ["done: 0", "done: 1", "done: 2"]
    if n_cores == "2":
        assert os.getpid() not in {process for process, _ in found.values()}


def test_an_error_of_a_task_is_told() -> None:
    def fail() -> None:
        raise InputError("too few spectra")

    with pytest.raises(InputError, match="too few"):
        runner.side_by_side({"one": fail, "two": fail}, expected=PeakscapeWarning)


def test_rows_and_numbers_become_json() -> None:
    assert runner.records(pd.DataFrame({"a": [1, 2]})) == [{"a": 1}, {"a": 2}]
    assert [runner.number_or_none(value) for value in (1.0, np.nan, np.inf)] == [1.0, None, None]
