"""place tells what is foreign; compare, add and group."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from peakscape import spectra


@pytest.fixture
def foreign(work, tmp_path):
    """A pattern with other peaks than the alloy's, on its axis, as a raw file."""
    axis = spectra.open(work / "patterns.zarr")["two_theta"].values
    pattern = sum(np.exp(-(((axis - at) / 0.5) ** 2)) for at in (35.0, 57.0, 67.0, 84.0))
    np.savetxt(tmp_path / "other.xy", np.column_stack([axis, 500 * pattern]))
    return tmp_path / "other.xy"


@pytest.mark.parametrize("name", ["pca.space", "auto.space"])
def test_place_tells_foreign_from_known(run, work, foreign, name):
    words = [work / name, work / "raw" / "ni2_1.xy", foreign, "--wavelength", "1.5406"]
    told = json.loads(run("place", *words, "--json").out)["samples"]
    assert [sample["foreign"] for sample in told] == [False, True]
    assert told[0]["remarks"] == []
    assert told[1]["novelty_p"] <= 0.2
    assert told[1]["unexplained"] > 0.3
    remark = next(one for one in told[1]["remarks"] if one["code"] == "foreign")
    assert remark["text"].startswith("unlike anything this map knows")
    place = float(remark["text"].split("strongest unexplained peak at ")[1].split()[0])
    assert min(abs(place - at) for at in (35.0, 57.0, 67.0, 84.0)) < 0.5
    result = run("place", *words)
    assert result.code == 0
    assert "other: unlike anything this map knows" in result.out
    if name == "pca.space":  # it predicts the composition, the other a number
        assert told[1]["formula"] == "not told"
        assert set(told[1]["composition"].values()) == {None}
        assert "not told" in result.out
    else:
        assert told[1]["n_nickel"] is None


def test_place_can_refuse(fails, run, work, foreign):
    line = fails("place", work / "pca.space", foreign, "--wavelength", "1.5406", "--refuse")
    assert "other: unlike anything" in line
    known = [work / "pca.space", work / "raw" / "ni2_1.xy", "--wavelength", "1.5406", "--refuse"]
    assert run("place", *known).code == 0


def test_a_space_without_novelty_says_so(run, work, tmp_path):
    words = ["fit", work / "raw", "--map", "pca", "--no-novelty", "-o", tmp_path / "bare.space", "--json"]
    assert json.loads(run(*words).out)["novelty"] is None
    result = run("place", tmp_path / "bare.space", work / "raw" / "ni0_0.xy", "--json")
    assert "foreign" not in json.loads(result.out)["samples"][0]
    assert "this space cannot tell what is foreign" in result.err


def test_too_few_spectra_for_novelty_are_a_remark(run, work, tmp_path):
    files = [work / "raw" / f"ni{n}_0.xy" for n in (0, 2, 4)]
    result = run("fit", *files, "--map", "pca", "-o", tmp_path / "three.space", "--json")
    assert [remark["code"] for remark in json.loads(result.out)["remarks"]] == ["too_few_for_novelty"]


def test_compare_lays_one_map_on_another(run, work):
    told = json.loads(run("compare", work / "pca.space", work / "pca.space", "--json").out)
    assert told["disparity"] < 1e-12
    assert told["n_shared"] == 15
    result = run("compare", work / "pca.space", work / "auto.space")
    assert result.code == 0
    assert "15 samples in both" in result.out


def test_compare_needs_shared_samples(fails, run, work, tmp_path):
    stored = spectra.open(work / "patterns.zarr").load()
    other = stored.assign_coords(name=("sample", [f"other {k}" for k in range(15)]))
    spectra.save(other, tmp_path / "other.nc")
    run("fit", tmp_path / "other.nc", "--map", "pca", "--label", "n_nickel", "--no-novelty", "-o", tmp_path / "o.space")
    assert "both maps have by name, got 0" in fails("compare", work / "pca.space", tmp_path / "o.space")


def test_add_grows_the_known_set_only(run, fails, work, tmp_path):
    shutil.copytree(work / "pca.space", tmp_path / "grown.space")
    stored = spectra.open(work / "patterns.zarr").load().isel(sample=[3, 4])
    spectra.save(stored.assign_coords(name=("sample", ["new 1", "new 2"])), tmp_path / "new.nc")
    told = json.loads(run("add", tmp_path / "grown.space", tmp_path / "new.nc", "--json").out)
    assert told["added"] == ["new 1", "new 2"]
    assert told["n_known"] == 17
    before, after = (
        load_file(folder / "arrays.safetensors") for folder in (work / "pca.space", tmp_path / "grown.space")
    )
    for name in before:
        if name.startswith("map/"):
            np.testing.assert_array_equal(before[name], after[name])
    assert run("place", tmp_path / "grown.space", tmp_path / "new.nc").code == 0
    placed = json.loads(run("place", tmp_path / "grown.space", tmp_path / "new.nc", "--json").out)["samples"]
    assert {one["nearest"] for one in placed} <= {"new 1", "new 2", "ni1_0", "ni1_1"}
    assert "already" in fails("add", tmp_path / "grown.space", tmp_path / "new.nc")


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
        "--n-groups",
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
    told = json.loads(run("group", work / "patterns.zarr", "--on", work / "pca.space", "--json").out)
    assert len(told["samples"]) == 15
    own = json.loads(run("group", work / "pca.space", "--n-groups", "3", "--json").out)
    assert (len(own["samples"]), own["n_groups"]) == (15, 3)
    assert sum(sample["medoid"] for sample in own["samples"]) == 3
