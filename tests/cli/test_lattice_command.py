"""The command `lattice`: cells of known and new patterns of a space, as text and as JSON, and what it refuses."""

import json

import numpy as np
import pytest

from peakscape import spectra
from peakscape.cli.program import run
from peakscape.errors import SpectraError
from peakscape.feature_space import FeatureSpace

TWO_THETA = np.arange(15.0, 60.0, 0.1)
WAVELENGTH = 1.5406


def cubic(a):
    """Patterns of simple cubic cells."""
    squares = np.array([1, 2, 3, 4, 5, 6])
    places = 2.0 * np.degrees(np.arcsin(WAVELENGTH * np.sqrt(squares) / (2.0 * np.asarray(a)[:, None])))
    rows = np.exp(-(((TWO_THETA - places[..., None]) / 0.2) ** 2)).sum(axis=1)
    names = [f"a{one:.3f}" for one in a]
    return spectra.make(rows, two_theta=TWO_THETA, wavelength=WAVELENGTH, labels={"x": a}, name=names)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("lattice")
    space = FeatureSpace("shift", preparation="none", novelty=False).fit(cubic(np.linspace(4.0, 4.1, 5)))
    space.save(place / "cells.space")
    spectra.save(cubic(np.array([4.033])), place / "new.zarr")
    return place


def asked(capsys, *words):
    assert run(["lattice", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_cells_of_known_patterns_stand_beside_their_shift(folder, capsys):
    told = asked(capsys, folder / "cells.space", "--cell", "4.05,4.05,4.05,90,90,90", "--space-group", "Pm-3m")
    assert (told["schema"], told["space_group"], told["n_reflections"]) == ("peakscape.lattice/1", "P m -3 m", 6)
    cells = [row["a"] for row in told["patterns"]]
    assert cells == pytest.approx(np.linspace(4.0, 4.1, 5), abs=2e-4)
    shifts = np.array([row["shift"] for row in told["patterns"]])
    assert np.diff(shifts) == pytest.approx(-np.diff(np.log(cells)), abs=3e-4)
    assert {row["alpha_error"] for row in told["patterns"]} == {0.0}


def test_new_patterns_and_listed_reflections(folder, capsys):
    cell = (
        "--cell",
        "4.05 4.05 4.05 90 90 90",
        "--hkl",
        "1 0 0, 1 1 0, 1 1 1, 2 0 0",
        "--no-zero",
        "--limits",
        "15",
        "50",
    )
    told = asked(capsys, folder / "cells.space", folder / "new.zarr", *cell)
    [row] = told["patterns"]
    assert row["a"] == pytest.approx(4.033, abs=2e-4)
    assert (row["shift"] is not None, row["zero_error"], told["n_reflections"]) == (True, None, 4)
    assert run(["lattice", str(folder / "cells.space"), *cell]) == 0
    head, _, titles, *_ = capsys.readouterr().out.splitlines()
    assert head.startswith("P m -3 m, 4 reflections")
    assert titles.split() == ["name", "x", "shift", "a", "a_error", "volume", "volume_error", "n_lines", "misfit"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "give one"),
        (("--cell", "4,4,4,90,90"), "six positive numbers"),
        (("--cell", "4,4,4,90,90,x"), "expected numbers for --cell"),
        (("--cell", "4,4,4.5,90,90,90", "--space-group", "Pm-3m"), "does not have the symmetry"),
        (("--cell", "4,4,4,90,90,90", "--limits", "80", "90"), "holds 0 points"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_a_line(folder, capsys, words, reason):
    assert run(["lattice", str(folder / "cells.space"), *words]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert reason in line


def test_an_absorption_space_has_no_lattice():
    energy = np.linspace(7100.0, 7200.0, 101)
    rows = [np.arctan((energy - 7120.0 - k) / 2.0) for k in range(5)]
    edges = spectra.make(rows, energy=energy, kind="absorption", labels={"x": np.arange(5.0)})
    space = FeatureSpace("pca", preparation="none", novelty=False).fit(edges)
    with pytest.raises(SpectraError, match="absorption"):
        space.lattice([4, 4, 4, 90, 90, 90])
