"""`peakscape prepare`, `fit --prepare`, and the preparation that a space applies to what is placed on it."""

import json

import numpy as np
import pytest

from peakscape import maps, spectra
from peakscape.feature_space import open_space
from peakscape.preparation import Recipe


@pytest.fixture(scope="module")
def measured(work, tmp_path_factory):
    """The alloy's patterns as counts over a background."""
    patterns = spectra.open(work / "patterns.zarr").load()
    below = 0.2 * np.exp(-patterns["two_theta"].values / 30.0)
    counts = np.random.default_rng(0).poisson(5000 * (patterns["intensity"].values + below)).astype(float)
    path = tmp_path_factory.mktemp("measured") / "measured.zarr"
    fresh = patterns.assign(intensity=(("sample", "two_theta"), counts)).assign_attrs(history="measured")
    spectra.save(fresh, path)
    return path


@pytest.mark.parametrize("text", ["background,normalize=area", "background,resample=log-q:points=800,normalize"])
def test_a_space_does_to_new_spectra_what_was_done_to_its_own(run, measured, tmp_path, text):
    output, one = tmp_path / "a.space", tmp_path / "one.zarr"
    words = ["--map", "pca", "--prepare", text, "--no-novelty", "--label", "n_nickel", "--class", "n_nickel"]
    told = json.loads(run("fit", measured, *words, "-o", output, "--json").out)
    assert told["prepared"] == text
    saved = open_space(output)
    assert saved.recipe_.text == text
    data = spectra.open(measured).load()
    spectra.save(data.isel(sample=[7]), one)
    for path, numbers in ((measured, range(15)), (one, [7])):
        rows = json.loads(run("place", output, path, "--json").out)["samples"]
        places = [row["coordinates"] for row in rows]
        np.testing.assert_allclose(places, saved.coordinates_[0][list(numbers)], atol=1e-6)
    recipe = Recipe.from_text(text).fit(data)
    expected = saved.map_.transform(recipe.apply(data).intensity.values)
    np.testing.assert_allclose(saved.coordinates_[0], expected, atol=1e-6)


def test_other_commands_use_the_preparation_too(run, measured, tmp_path):
    output = tmp_path / "a.space"
    words = ["--map", "pca", "--prepare", "default", "--no-novelty", "--label", "composition"]
    assert run("fit", measured, *words, "-o", output).code == 0
    assert run("place", output, measured).code == 0
    told = json.loads(run("explain", output, measured, "--json").out)
    assert told["peaks"]
    assert run("generate", output, "--composition", "Cu2Ni2", "-o", tmp_path / "out.zarr").code == 0
    history = spectra.open(tmp_path / "out.zarr").attrs["history"].splitlines()
    assert history == ["generated from a map", "prepared: despike,background,normalize=norm"]


def test_spaces_of_before_are_still_placed_on(run, work, measured, tmp_path):
    """Older maps kept no more than a scale."""
    patterns = spectra.scale(spectra.open(work / "patterns.zarr").load(), by="area")
    space = maps.PCA().fit(patterns["intensity"].values)
    maps.save_with_samples(space, tmp_path / "old.map", patterns, preparation={"scale": "area"})
    rows = json.loads(run("place", tmp_path / "old.map", work / "patterns.zarr", "--json").out)["samples"]
    np.testing.assert_allclose(
        [row["coordinates"] for row in rows], space.transform(patterns["intensity"].values), atol=1e-9
    )


def test_prepare_saves_and_tells(run, measured, tmp_path):
    output = tmp_path / "out.zarr"
    told = json.loads(run("prepare", measured, "--prepare", "background,resample=log-q", "-o", output, "--json").out)
    assert (told["axis"], told["prepared"]) == ("q", "background,resample=log-q")
    assert told["history"][0] == "prepared: background"
    assert spectra.open(output).sizes["q"] == told["n_points"]
    lines = run("prepare", measured, "-o", tmp_path / "default.nc").out.splitlines()
    assert lines[1].startswith("prepared: despike (0 points removed)")
    assert lines[-1] == "prepared: normalize=norm"


def test_wrong_preparations_get_one_clear_line(fails, measured, tmp_path):
    words = ["fit", measured, "--map", "pca", "-o", tmp_path / "a.space"]
    assert "expected a step of" in fails(*words, "--prepare", "magic")
    assert "lie within" in fails(*words, "--prepare", "resample=log-q:last=99")
    assert "no sample's name" in fails(
        "prepare", measured, "--prepare", "zero_shift:reference=x", "-o", tmp_path / "a.nc"
    )
    assert not list(tmp_path.iterdir())
