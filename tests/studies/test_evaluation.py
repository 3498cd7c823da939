"""The evaluation goes on where it stopped and takes up nothing that is not its own."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peakscape import composition, spectra
from peakscape.studies import runner
from peakscape.studies.alloy import compute, evaluation
from tests.studies.conftest import QUICK

Study = tuple[Path, dict[str, Any]]


def test_a_killed_run_goes_on_where_it_stopped(
    quick_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patterns = spectra.open(quick_study[0] / "patterns.zarr").load()
    done: list[str] = []
    study = runner.Run(tmp_path, lambda line: None)
    replay = _from_disk(quick_study[0], done)

    def stop_after_three(job: evaluation.Job, *rest: Any) -> dict[str, Any]:
        if len(done) == 3:
            raise KeyboardInterrupt
        return replay(job)

    monkeypatch.setattr(evaluation, "run_job", stop_after_three)
    with pytest.raises(KeyboardInterrupt):
        evaluation.evaluate(study, {0.15: patterns}, QUICK)
    assert len(list((tmp_path / "evaluation").glob("*.json"))) == 3
    first, done[:] = list(done), []
    n_all = sum(1 for _ in evaluation.jobs(patterns, QUICK))
    monkeypatch.setattr(evaluation, "run_job", replay)
    found = evaluation.evaluate(study, {0.15: patterns}, QUICK)
    assert len(done) == n_all - 3
    assert not set(done) & set(first)
    assert json.dumps(found["0.15"]) == json.dumps(json.loads((quick_study[0] / "evaluation.json").read_text())["0.15"])


def _from_disk(folder: Path, done: list[str]) -> Any:
    def run_job(job: evaluation.Job, *rest: Any) -> dict[str, Any]:
        done.append(f"{job.kind} {job.number}")
        kept = folder / "evaluation" / f"0.15-{job.kind}-{job.number:02d}.json"
        return {k: v for k, v in json.loads(kept.read_text()).items() if k != "key"}

    return run_job


def test_results_of_other_settings_are_not_taken_up(quick_study: Study) -> None:
    patterns = spectra.open(quick_study[0] / "patterns.zarr").load()
    kept = json.loads((quick_study[0] / "evaluation" / "0.15-random-00.json").read_text())
    assert evaluation.fingerprint(patterns, QUICK) == kept["key"]
    other = dataclasses.replace(QUICK, n_epochs=21)
    assert evaluation.fingerprint(patterns, other) != kept["key"]
    changed = patterns.assign(intensity=patterns["intensity"] * 1.001)
    assert evaluation.fingerprint(changed, QUICK) != kept["key"]


def test_left_out_compositions_are_wholly_left_out(quick_study: Study) -> None:
    patterns = spectra.open(quick_study[0] / "patterns.zarr").load()
    amounts = patterns["composition"].values
    left = [job for job in evaluation.jobs(patterns, QUICK) if job.kind == "composition"]
    for job in left:
        known = {tuple(row) for row in amounts[job.train]}
        assert not known & {tuple(row) for row in amounts[job.test]}
        assert job.single == (len(job.test) == 1)
    np.testing.assert_array_equal(np.sort(np.concatenate([job.test for job in left])), np.arange(len(amounts)))


def test_median_of_the_worst_is_computed_by_hand(quick_study: Study) -> None:
    folder, _ = quick_study
    amounts = spectra.open(folder / "patterns.zarr")["composition"].values
    found = json.loads((folder / "evaluation.json").read_text())["0.15"]["random"]["pca_triangle"]
    worst = []
    for path in sorted((folder / "evaluation").glob("0.15-random-*.json")):
        result = json.loads(path.read_text())
        errors = composition.squared_error(result["estimates"]["pca_triangle"], amounts[result["test"]])
        worst.append(errors.max())
    assert found["median_worst"] == pytest.approx(np.median(worst))


def test_every_map_is_evaluated(quick_study: Study) -> None:
    found = json.loads((quick_study[0] / "evaluation.json").read_text())["0.15"]
    for name in compute.MAPS:
        assert {f"{name}_{readout}" for readout in compute.READOUTS} <= set(found["random"])
    assert set(found["random"]) == set(found["leave_composition_out"])
