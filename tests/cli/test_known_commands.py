"""place tells what is foreign; compare, add and group."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from peakscape import maps, spectra


@pytest.fixture
def foreign(work, tmp_path):
    """A pattern with other peaks than the alloy's, on its axis, as a raw file."""
    axis = spectra.open(work / "patterns.zarr")["two_theta"].values
    pattern = sum(np.exp(-(((axis - at) / 0.5) ** 2)) for at in (35.0, 57.0, 67.0, 84.0))
    np.savetxt(tmp_path / "other.xy", np.column_stack([axis, 500 * pattern]))
    return tmp_path / "other.xy"


@pytest.mark.parametrize("name", ["pca.map", "auto.map"])
def test_place_tells_foreign_from_known(run, work, foreign, name):
    words = [work / name, work / "raw" / "ni2_1.xy", foreign, "--wavelength", "1.5406"]
    told = json.loads(run("place", *words, "--json").out)
    assert [sample["foreign"] for sample in told["samples"]] == [False, True]
    assert told["words"][0].startswith("known")
    assert told["novelty"][1]["ratio"] >= 5
    places = [peak["position"] for peak in told["unexplained_peaks"] if peak["sample"] == 1]
    assert min(abs(place - 35.0) for place in places) < 0.3
    result = run("place", *words)
    assert result.code == 0
    assert "other: unlike anything this map knows" in result.out


def test_place_can_refuse(fails, run, work, foreign):
    assert "unlike anything" in fails("place", work / "pca.map", foreign, "--wavelength", "1.5406", "--refuse")
    known = [work / "pca.map", work / "raw" / "ni2_1.xy", "--wavelength", "1.5406", "--refuse"]
    assert run("place", *known).code == 0


def test_a_map_without_novelty_says_so(run, work, tmp_path):
    words = ["fit", work / "patterns.zarr", "--map", "pca", "--no-novelty", "-o", tmp_path / "bare.map", "--json"]
    assert json.loads(run(*words).out)["novelty"] is False
    assert "spectra" not in maps.load_saved(tmp_path / "bare.map").extras
    result = run("place", tmp_path / "bare.map", work / "patterns.zarr", "--json")
    assert "foreign" not in json.loads(result.out)["samples"][0]
    assert "cannot tell foreign spectra" in result.err


def test_too_few_spectra_for_novelty_are_a_remark(run, work, tmp_path):
    three = spectra.open(work / "patterns.zarr").isel(sample=[0, 6, 12])
    spectra.save(three.load(), tmp_path / "three.nc")
    result = run("fit", tmp_path / "three.nc", "--map", "pca", "-o", tmp_path / "three.map")
    assert result.code == 0
    assert "strangeness is learned from 4" in result.err


def test_compare_lays_one_map_on_another(run, work):
    told = json.loads(run("compare", work / "pca.map", work / "pca.map", "--json").out)
    assert told["disparity"] < 1e-12
    assert told["n_shared"] == 15
    result = run("compare", work / "pca.map", work / "auto.map")
    assert result.code == 0
    assert "15 samples in both" in result.out


def test_compare_needs_shared_samples(fails, run, work, tmp_path):
    stored = spectra.open(work / "patterns.zarr").load()
    other = stored.assign_coords(name=("sample", [f"other {k}" for k in range(15)]))
    spectra.save(other, tmp_path / "other.nc")
    run("fit", tmp_path / "other.nc", "--map", "pca", "-o", tmp_path / "other.map")
    assert "both maps have by name, got 0" in fails("compare", work / "pca.map", tmp_path / "other.map")


def test_add_grows_the_known_set_only(run, fails, work, tmp_path):
    shutil.copytree(work / "pca.map", tmp_path / "grown.map")
    stored = spectra.open(work / "patterns.zarr").load().isel(sample=[3, 4])
    spectra.save(stored.assign_coords(name=("sample", ["new 1", "new 2"])), tmp_path / "new.nc")
    told = json.loads(run("add", tmp_path / "grown.map", tmp_path / "new.nc", "--json").out)
    assert told["added"] == ["new 1", "new 2"]
    assert told["n_known"] == 17
    before, after = (load_file(folder / "arrays.safetensors") for folder in (work / "pca.map", tmp_path / "grown.map"))
    for name in before:
        if name.startswith("fitted/"):
            np.testing.assert_array_equal(before[name], after[name])
    assert run("place", tmp_path / "grown.map", tmp_path / "new.nc").code == 0
    assert "already" in fails("add", tmp_path / "grown.map", tmp_path / "new.nc")


@pytest.mark.parametrize("metric", ["cosine", "pearson", "jensen_shannon", "dynamic_time_warping"])
def test_group_finds_the_foreign_pattern(run, work, foreign, metric):
    words = [
        work / "raw",
        foreign,
        "--wavelength",
        "1.5406",
        "--metric",
        metric,
        "--max-shift",
        "0.02",
        "--groups",
        "2",
    ]
    told = json.loads(run("group", *words, "--json").out)
    alone = [sample["name"] for sample in told["samples"] if sample["group"] != told["samples"][0]["group"]]
    assert alone == ["other"]
    assert told["n_groups"] == 2
    assert {"n_groups", "silhouette", "stability", "stability_spread"} == set(told["scores"][0])


def test_group_draws_and_does_not_overwrite(run, fails, work, tmp_path):
    words = ["group", work / "patterns.zarr", "--figure", tmp_path / "tree.png"]
    result = run(*words)
    assert result.code == 0, result.err
    assert "group 0:" in result.out
    assert (tmp_path / "tree.png").stat().st_size > 5000
    assert (tmp_path / "tree.svg").exists()
    assert "--force" in fails(*words)
    assert run(*words, "--force").code == 0
    assert ".png" in fails("group", work / "patterns.zarr", "--figure", tmp_path / "tree.pdf")


def test_group_on_a_map(run, work):
    told = json.loads(run("group", work / "patterns.zarr", "--on", work / "pca.map", "--json").out)
    assert len(told["samples"]) == 15
