"""`peakscape prepare`, `fit --prepare`, and the preparation that a map applies to what is placed on it."""

import json

import numpy as np
import pytest

from peakscape import maps, spectra
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
def test_map_does_to_new_spectra_what_was_done_to_its_own(run, measured, tmp_path, text):
    output, one = tmp_path / "a.map", tmp_path / "one.zarr"
    told = json.loads(run("fit", measured, "--map", "pca", "--prepare", text, "-o", output, "--json").out)
    assert told["prepared"] == text
    saved = maps.load_saved(output)
    assert saved.preparation["recipe"] == text
    known = saved.extras["coordinates"][0]
    data = spectra.open(measured).load()
    spectra.save(data.isel(sample=[7]), one)
    for path, numbers in ((measured, range(15)), (one, [7])):
        rows = json.loads(run("place", output, path, "--json").out)["samples"]
        places = [[row["coordinate_1"], row["coordinate_2"]] for row in rows]
        np.testing.assert_allclose(places, known[list(numbers)], atol=1e-9)
    recipe = Recipe.from_text(text).fit(data)
    expected = saved.map.transform(recipe.apply(data).intensity.values)
    np.testing.assert_allclose(known, expected, atol=1e-12)


def test_other_commands_use_the_preparation_too(run, measured, tmp_path):
    output = tmp_path / "a.map"
    assert run("fit", measured, "--map", "pca", "--prepare", "default", "-o", output).code == 0
    assert run("compose", output, measured, "--method", "delaunay").code == 0
    told = json.loads(run("relevance", output, measured, "--json").out)
    assert told["peaks"]
    assert run("generate", output, "--composition", "Cu2Ni2", "-o", tmp_path / "out.zarr").code == 0
    history = spectra.open(tmp_path / "out.zarr").attrs["history"].splitlines()
    assert history == ["generated from a map", "prepared: despike,background,normalize=norm"]
    words = ["--leave-one-out", "--map", "pca", "--label", "n_nickel", "--prepare", "background,normalize", "--json"]
    assert json.loads(run("compose", measured, *words).out)["errors"]


def test_old_option_is_the_same_as_its_recipe(run, measured, tmp_path):
    places = []
    for number, words in enumerate((["--scale", "area"], ["--prepare", "normalize=area"])):
        output = tmp_path / f"{number}.map"
        assert run("fit", measured, "--map", "pca", *words, "-o", output).code == 0
        places.append(maps.load_saved(output).extras["coordinates"])
    assert np.array_equal(*places)


def test_maps_of_before_are_still_placed_on(run, work, measured, tmp_path):
    """Older maps kept no more than a scale."""
    patterns = spectra.scale(spectra.open(work / "patterns.zarr").load(), by="area")
    space = maps.PCA().fit(patterns["intensity"].values)
    maps.save_with_samples(space, tmp_path / "old.map", patterns, preparation={"scale": "area"})
    rows = json.loads(run("place", tmp_path / "old.map", work / "patterns.zarr", "--json").out)["samples"]
    np.testing.assert_allclose(
        [row["coordinate_1"] for row in rows], space.transform(patterns["intensity"].values)[:, 0], atol=1e-9
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


def test_a_map_is_not_to_be_given_another_preparation(fails, work):
    for words in (["--prepare", "background"], ["--scale", "area"]):
        assert "leave --prepare and --scale out" in fails("compose", work / "pca.map", work / "patterns.zarr", *words)


def test_wrong_preparations_get_one_clear_line(fails, work, measured, tmp_path):
    words = ["fit", measured, "--map", "pca", "-o", tmp_path / "a.map"]
    assert "expected a step of" in fails(*words, "--prepare", "magic")
    assert "not both" in fails(*words, "--prepare", "background", "--scale", "area")
    assert "lie within" in fails(*words, "--prepare", "resample=log-q:last=99")
    assert "no sample's name" in fails(
        "prepare", measured, "--prepare", "zero_shift:reference=x", "-o", tmp_path / "a.nc"
    )
    patterns = spectra.open(work / "patterns.zarr").load()
    space = maps.PCA().fit(patterns["intensity"].values)
    for preparation, message in (({"other": 1}, "does not know"), ({"steps": 3}, "cannot be used")):
        path = tmp_path / f"{message[:4]}.map"
        maps.save_with_samples(space, path, patterns, preparation=preparation)
        assert message in fails("place", path, work / "patterns.zarr")
    longer = Recipe.from_text("resample=q").fit(patterns).to_dict()
    maps.save_with_samples(space, tmp_path / "q.map", patterns, preparation=longer)
    assert "does not lead onto" in fails("place", tmp_path / "q.map", work / "patterns.zarr")
