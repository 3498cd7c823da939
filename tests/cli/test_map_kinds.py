"""Every kind of map can be asked for, saved and placed on from the command line."""

import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from peakscape import spectra
from peakscape.feature_space import open_space

NEIGHBORS = {"mds": [], "tsne": ["perplexity=4"], "umap": ["n_neighbors=4"]}
ONE = ["--wavelength", "1.5406", "--json"]
needs_umap = pytest.mark.skipif(find_spec("umap") is None, reason="extra umap is not installed")


@pytest.mark.parametrize("kind", ["mds", "tsne", pytest.param("umap", marks=needs_umap)])
def test_fit_and_place(kind, run, work, tmp_path):
    options = [word for option in NEIGHBORS[kind] for word in ("--map-option", option)]
    words = ["--map", kind, *options, "--prepare", "normalize=maximum", "--no-novelty", "--class", "n_nickel"]
    words += ["--label", "n_nickel", "-o", tmp_path / "a.space", "--json"]
    found = run("fit", work / "patterns.zarr", *words)
    assert json.loads(found.out)["map"] == kind
    rows = json.loads(run("place", tmp_path / "a.space", work / "patterns.zarr", "--json").out)["samples"]
    patterns = spectra.scale(spectra.open(work / "patterns.zarr"))["intensity"].values
    space = open_space(tmp_path / "a.space").map_
    np.testing.assert_allclose([row["coordinates"] for row in rows], space.transform(patterns))
    assert getattr(space, "perplexity_", getattr(space, "n_neighbors_", 4)) == 4


def test_all_maps_of_the_registry_can_be_asked_for(run):
    from peakscape.maps.registry import known

    text = run("fit", "--help").out
    for kind in known():
        assert kind.key in text
        assert all(option.name in text for option in kind.options)


def test_a_missing_extra_ends_in_code_3_with_the_install_line(run, work, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    found = run("fit", work / "patterns.zarr", "--map", "umap", "-o", tmp_path / "a.space")
    assert found.code == 3
    assert "pip install 'peakscape[umap]'" in found.err
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def classes(work, tmp_path_factory):
    """Spaces of supervised maps by key, each fitted once."""
    from peakscape.cli import main

    made = {}
    for kind in ("kda", "lda"):
        made[kind] = tmp_path_factory.mktemp("classes") / f"{kind}.space"
        words = ["--map", kind, "--label", "n_nickel", "--class", "n_nickel", "-o", str(made[kind])]
        assert main(["fit", str(work / "patterns.zarr"), *words]) == 0
    return made


@pytest.mark.parametrize("kind", ["kda", "lda"])
def test_a_supervised_map_tells_the_class_of_new_spectra(kind, run, work, classes):
    [row] = json.loads(run("place", classes[kind], work / "raw" / "ni2_1.xy", *ONE).out)["samples"]
    assert float(row["n_nickel"]) == float(row["n_nickel_on_map"]) == 2.0
    assert row["n_nickel_probability"] > 0.5
    assert row["n_nickel_next"] in ("1", "3", "1.0", "3.0")
    assert set(map(float, row["n_nickel_probabilities"])) == {0, 1, 2, 3, 4}
    told = json.loads(run("validate", classes[kind], "--json").out)["errors"]
    assert {one["method"] for one in told} == {"most_frequent", "nearest_spectrum", "map", "most_alike"}
    shown = run("place", classes[kind], work / "raw" / "ni2_1.xy", "--wavelength", "1.5406").out
    assert "n_nickel_margin" in shown
    assert "e+0" not in shown


def test_a_supervised_map_tells_classes_without_novelty(run, work, tmp_path):
    words = ["--map", "kda", "--label", "n_nickel", "--class", "n_nickel", "--no-novelty", "-o", tmp_path / "a.space"]
    fitted = run("fit", work / "patterns.zarr", *words)
    assert "predicts n_nickel" in fitted.out
    found = run("place", tmp_path / "a.space", work / "raw" / "ni2_1.xy", *ONE)
    [row] = json.loads(found.out)["samples"]
    assert (float(row["n_nickel"]), float(row["n_nickel_on_map"])) == (2.0, 2.0)
    assert "novelty_p" not in row
    assert "cannot tell what is foreign" in found.err


def test_more_spectra_than_are_kept_still_tell_the_class(run, work, tmp_path, monkeypatch):
    monkeypatch.setattr("peakscape.feature_space.grouping.MOST_KNOWN", 10)
    words = ["--map", "lda", "--label", "n_nickel", "--class", "n_nickel", "--no-novelty", "-o", tmp_path / "a.space"]
    run("fit", work / "patterns.zarr", *words)
    assert len(open_space(tmp_path / "a.space").names) == 10
    [row] = json.loads(run("place", tmp_path / "a.space", work / "raw" / "ni2_1.xy", *ONE).out)["samples"]
    assert float(row["n_nickel_on_map"]) == 2.0


def test_what_is_foreign_gets_no_class(run, work, classes, tmp_path):
    points = spectra.open(work / "patterns.zarr").two_theta.values
    strange = 1000 * np.exp(-(((points % 7 - 3.5) / 0.4) ** 2))
    np.savetxt(tmp_path / "strange.xy", np.column_stack([points, strange]))
    [row] = json.loads(run("place", classes["kda"], tmp_path / "strange.xy", *ONE).out)["samples"]
    assert row["foreign"]
    assert row["n_nickel"] == "unlike all"


def test_force_does_not_remove_what_is_no_space(run, work, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    words = ["--map", "pca", "--no-novelty", "-o", tmp_path / "precious", "--force"]
    found = run("fit", work / "raw", *words)
    assert found.code == 1
    assert "thesis.txt, which is no part of a saved space" in found.err
    assert (tmp_path / "precious" / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--map", "lda"], "a map of LDA learns from classes; name their label (label=, --label)"),
        (
            ["--map", "lda", "--label", "phase"],
            "expected a label of the spectra, got 'phase'; known: composition, n_nick",
        ),
        (["--map-option", "n_members=2"], "--map-option n_members=2 needs the --map that it is of"),
        (["--map", "pca", "--map-option", "n_members=2"], "expected options of the map 'pca' as name=value"),
        (["--map", "autoencoder", "--map-option", "n_members=x"], "expected a whole number for n_members, got 'x'"),
    ],
)
def test_maps_that_cannot_be_are_told_in_one_line(words, line, fails, work, tmp_path):
    assert line in fails("fit", work / "patterns.zarr", *words, "-o", tmp_path / "a.space")
    assert not list(tmp_path.iterdir())
