"""Every kind of map can be asked for, saved and placed on from the command line."""

import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from peakscape.cli.map_commands import KINDS

from peakscape import maps, spectra


@pytest.mark.parametrize("kind", ["mds", "tsne", pytest.param("umap", marks=pytest.mark.skipif(
    find_spec("umap") is None, reason="extra umap is not installed"))])  # fmt: skip
def test_fit_and_place(kind, run, work, tmp_path):
    found = run("fit", work / "patterns.zarr", "--map", kind, "--n-neighbors", "4", "-o", tmp_path / "a.map", "--json")
    assert json.loads(found.out)["map"].lower() == kind
    rows = json.loads(run("place", tmp_path / "a.map", work / "patterns.zarr", "--json").out)["samples"]
    patterns = spectra.scale(spectra.open(work / "patterns.zarr"))["intensity"].values
    space = maps.load(tmp_path / "a.map")
    expected = space.transform(patterns)
    np.testing.assert_allclose([[row["coordinate_1"], row["coordinate_2"]] for row in rows], expected)
    assert getattr(space, "perplexity_", getattr(space, "n_neighbors_", 4)) == 4


def test_all_maps_that_can_be_saved_can_be_asked_for():
    from peakscape.maps.registry import MAPS

    assert {kind.key for kind in MAPS} == set(KINDS)


def test_a_missing_extra_ends_in_code_3_with_the_install_line(run, work, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    found = run("fit", work / "patterns.zarr", "--map", "umap", "-o", tmp_path / "a.map")
    assert found.code == 3
    assert "pip install 'peakscape[umap]'" in found.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["kda", "lda"])
def test_a_map_is_taught_classes_and_names_new_spectra(kind, run, work, tmp_path):
    found = run("fit", work / "patterns.zarr", "--map", kind, "--teach", "n_nickel", "-o", tmp_path / "a.map", "--json")
    assert json.loads(found.out)["map"] == kind.upper()
    rows = json.loads(
        run("place", tmp_path / "a.map", work / "raw" / "ni2_1.xy", "--wavelength", "1.5406", "--json").out
    )
    assert float(rows["samples"][0]["n_nickel"]) == 2.0
    assert float(rows["samples"][0]["n_nickel_on_map"]) == 2.0


def test_a_taught_map_names_without_having_learned_what_is_strange(run, work, tmp_path):
    fitted = run(
        "fit", work / "patterns.zarr", "--map", "kda", "--teach", "n_nickel", "--no-novelty", "-o", tmp_path / "a.map"
    )
    assert "knows n_nickel" in fitted.out
    found = run("place", tmp_path / "a.map", work / "raw" / "ni2_1.xy", "--wavelength", "1.5406", "--json")
    [row] = json.loads(found.out)["samples"]
    assert (float(row["n_nickel"]), float(row["n_nickel_on_map"])) == (2.0, 2.0)
    assert row["distance_p"] is None  # nothing tells what is usual
    assert "cannot tell foreign spectra" in found.err


def test_a_map_of_more_spectra_than_are_kept_names_by_its_points(run, work, tmp_path, monkeypatch):
    monkeypatch.setattr("peakscape.cli.map_commands.MOST_KNOWN", 5)
    run("fit", work / "patterns.zarr", "--map", "lda", "--teach", "n_nickel", "--no-novelty", "-o", tmp_path / "a.map")
    found = run("place", tmp_path / "a.map", work / "raw" / "ni2_1.xy", "--wavelength", "1.5406", "--json")
    [row] = json.loads(found.out)["samples"]
    assert float(row["n_nickel_on_map"]) == 2.0
    assert "n_nickel" not in row


def test_what_is_foreign_gets_no_name(run, work, tmp_path):
    run("fit", work / "patterns.zarr", "--map", "kda", "--teach", "n_nickel", "-o", tmp_path / "a.map")
    patterns = spectra.open(work / "patterns.zarr")
    points = patterns.two_theta.values
    strange = 1000 * np.exp(-(((points % 7 - 3.5) / 0.4) ** 2))
    np.savetxt(tmp_path / "strange.xy", np.column_stack([points, strange]))
    found = run("place", tmp_path / "a.map", tmp_path / "strange.xy", "--wavelength", "1.5406", "--json")
    [row] = json.loads(found.out)["samples"]
    assert row["foreign"]
    assert row["n_nickel"] == "unlike all"


def test_force_does_not_remove_what_is_no_map(run, work, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    found = run("fit", work / "patterns.zarr", "--map", "pca", "-o", tmp_path / "precious", "--force")
    assert found.code == 1
    assert "thesis.txt, which is no part of a saved map" in found.err
    assert (tmp_path / "precious" / "thesis.txt").exists()


def test_the_shift_map_is_taught_a_number(run, work, tmp_path):
    run(
        "fit", work / "patterns.zarr", "--map", "shift", "--teach", "n_nickel", "--no-novelty", "-o", tmp_path / "a.map"
    )
    assert maps.load(tmp_path / "a.map").component == "labels"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--map", "lda"], "lda learns from classes: name their label with --teach; known:"),
        (["--map", "lda", "--teach", "phase"], "expected --teach to name a label of the spectra, got 'phase'; known:"),
        (["--map", "pca", "--teach", "n_nickel"], "--teach is for --map kda, lda, shift; pca learns from no labels"),
    ],
)
def test_teaching_that_cannot_be_is_told_in_one_line(words, line, run, work, tmp_path):
    found = run("fit", work / "patterns.zarr", *words, "-o", tmp_path / "a.map")
    assert found.code == 1
    assert line in found.err
    assert "Traceback" not in found.err
    assert not list(tmp_path.iterdir())
