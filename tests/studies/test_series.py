import json
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakscape import formats, open_space, spectra
from peakscape.errors import InputError
from peakscape.preparation import Recipe
from peakscape.studies import series
from peakscape.studies.series.compute import SeriesSettings, choose_target, fit, path

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))


def solid_solution(n_samples: int = 9, *, seed: int = 0, scatter: float = 0.0) -> xr.Dataset:
    """Patterns whose lattice grows by 3 % from x = 0 to 1: plain Gaussians on a background, with counting noise."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, 1.0, n_samples)
    two_theta = np.arange(10.0, 50.0, 0.05)
    pattern = np.full((n_samples, len(two_theta)), 30.0) + 200.0 * np.exp(-two_theta / 15.0)
    lattice = 4.0 * (1.0 + 0.03 * (x + scatter * rng.standard_normal(n_samples)))
    for h2, height in ((1, 1.0), (2, 0.6), (3, 0.3), (4, 0.5), (5, 0.2)):
        centre = 2.0 * np.degrees(np.arcsin(1.5406 * np.sqrt(h2) / (2.0 * lattice)))
        pattern += 3000.0 * height * np.exp(-0.5 * ((two_theta - centre[:, None]) / 0.12) ** 2)
    names = [f"s{k}" for k in range(n_samples)]
    return spectra.make(
        rng.poisson(pattern).astype(float), two_theta=two_theta, wavelength=1.5406, name=names, labels={"x": x}
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("series") / "out"
    return out, series.run(solid_solution(), out)


def test_the_summary_tells_what_was_promised(done: tuple[Path, dict]) -> None:
    out, summary = done
    assert json.loads((out / "summary.json").read_text()) == summary
    for scores in summary["leave_one_out"].values():
        assert {"rmse", "max_error", "coverage", "mean_width"} <= set(scores)
    assert {"level", "coverage", "mean_width"} <= set(summary["interval"])
    assert summary["trusted_method"] in summary["leave_one_out"]
    assert {"novelty", "groups", "relevance", "path", "seconds"} <= set(summary)


def test_methods_that_know_of_shifts_read_the_series(done: tuple[Path, dict]) -> None:
    scores = done[1]["leave_one_out"]
    assert scores["peak_line"]["rmse_inner"] < 0.01
    assert scores["shift_map"]["rmse_inner"] < 0.02
    assert scores["mean"]["rmse_inner"] > 0.1
    assert abs(done[1]["path"]["correlation_of_shift"]) > 0.999


def test_a_jump_of_the_path_is_told_with_onset_and_end() -> None:
    dataset = solid_solution(24)
    dataset["intensity"][12:] = np.roll(dataset["intensity"].values[12:], -6, axis=1)  # all peaks leap by 0.3 degree
    target, settings = choose_target(dataset, "x"), SeriesSettings()
    prepared = Recipe.default(dataset).fit(dataset).apply(dataset)
    found, steps = path(fit(prepared, target, settings))
    assert steps is not None
    assert len(found["transitions"]) == 1
    jump = found["transitions"][0]
    at = target.values[11:13].mean()
    assert abs(jump["onset"] - at) <= jump["onset_error"] + 1e-9
    assert abs(jump["end"] - at) <= jump["end_error"] + 1e-9


def test_the_report_is_one_file_with_its_figures(done: tuple[Path, dict]) -> None:
    page = (done[0] / "report.html").read_text()
    page = page[page.index("<article") : page.index("</article>")]  # beside the map
    assert page.count("data:image/png;base64") == 5
    assert "http://" not in page
    assert len(list((done[0] / "figures").glob("*.svg"))) == 5


def test_the_saved_map_prepares_and_places_new_spectra(done: tuple[Path, dict]) -> None:
    saved = open_space(done[0] / "series.space")
    placed = saved.place(solid_solution(seed=1))["coordinates"].values
    known = saved.map_.transform(spectra.open(done[0] / "spectra.zarr")["intensity"].values)
    step = np.linalg.norm(np.diff(known, axis=0), axis=1).mean()
    assert np.abs(placed - known)[:, 0].max() < 0.05 * step  # the second axis has nothing to see here but noise


def test_the_saved_map_tells_what_is_foreign(done: tuple[Path, dict]) -> None:
    judge = open_space(done[0] / "series.space").novelty_
    assert judge is not None
    known = spectra.open(done[0] / "spectra.zarr")["intensity"].values
    chance = np.random.default_rng(0)
    strange = np.interp(np.arange(known.shape[1]), np.sort(chance.uniform(0, known.shape[1], 40)), chance.random(40))
    assert not judge.judge(known).foreign.any()
    assert judge.judge(strange[np.newaxis]).foreign.all()


def test_the_saved_space_reads_the_label_with_an_interval(done: tuple[Path, dict]) -> None:
    saved = open_space(done[0] / "series.space")
    assert list(saved.label_readouts_) == [done[1]["label"]]
    errors = saved.validate().set_index("method")
    assert errors.loc[errors["trusted"], "rmse"].item() < errors.loc["mean", "rmse"]


def test_it_repeats(done: tuple[Path, dict], tmp_path: Path) -> None:
    again = series.run(solid_solution(), tmp_path)
    assert {**again, "seconds": 0} == {**done[1], "seconds": 0}


def test_an_earlier_run_is_not_written_over(done: tuple[Path, dict]) -> None:
    with pytest.raises(InputError, match="--force"):
        series.run(solid_solution(), done[0])


@pytest.mark.parametrize("label", ["pressure", None])
def test_a_label_that_is_not_there_is_named(label: str | None) -> None:
    dataset = solid_solution()
    if label is None:
        dataset = dataset.drop_vars("x")
    with pytest.raises(InputError, match="label"):
        choose_target(dataset, label)


def test_too_few_values_are_refused() -> None:
    with pytest.raises(InputError, match="at least five"):
        choose_target(solid_solution(4), "x")


def test_compositions_are_studied_element_by_element(tmp_path: Path) -> None:
    dataset = solid_solution(7).drop_vars("x")
    x = np.linspace(0.0, 1.0, 7)
    dataset = dataset.assign_coords(
        composition=(("sample", "element"), np.c_[1.0 - x, x]), element=("element", ["Sr", "Ba"])
    )
    summary = series.run(dataset, tmp_path, settings=SeriesSettings(level=0.8))
    assert summary["label"] == "composition"
    assert {"rmse_Sr", "rmse_Ba"} <= set(summary["leave_one_out"]["shift_map"])


@pytest.mark.skipif(not (DATA / "fapbi3-mapbbr3").exists(), reason="no measured data (PEAKSCAPE_DATA)")
def test_a_measured_solid_solution(tmp_path: Path) -> None:
    dataset = formats.read(sorted((DATA / "fapbi3-mapbbr3").glob("*.xy")), wavelength=1.5406)
    dataset = formats.label_by_name(dataset, r"x([0-9.]+)\.xy", label="x")
    summary = series.run(dataset, tmp_path, label="x")
    trusted = summary["leave_one_out"][summary["trusted_method"]]
    assert trusted["rmse_inner"] <= 0.016  # the fitted Vegard line on one peak has 0.0154
    assert trusted["rmse_inner"] < 0.5 * summary["leave_one_out"]["pls"]["rmse_inner"]
    assert summary["interval"]["mean_width"] <= 0.10
