"""Cells of an indexed series come back with errors that can be believed: against gemmi's spacings and simulated truth."""

import gemmi
import numpy as np
import pytest
from ase.spacegroup import crystal

from peakscape import diffraction
from peakscape.diffraction.lattice import Indexed, LatticeFit
from peakscape.errors import InputError

WAVELENGTH = 1.5406
TWO_THETA = np.linspace(15.0, 80.0, 1301)


def pattern(indexed, cell, *, zero=0.0, fwhm=0.2, seed=0, counts=4000.0, heights=None):
    """Peaks where gemmi puts them, with a background and counting noise."""
    unit = gemmi.UnitCell(*cell)
    spacings = np.array([unit.calculate_d(one.tolist()) for one in indexed.hkl])
    sines = WAVELENGTH / 2.0 / spacings
    places = 2.0 * np.degrees(np.arcsin(sines[sines < 1.0])) + zero
    random = np.random.default_rng(seed)
    heights = random.uniform(0.2, 1.0, len(sines))[sines < 1.0] if heights is None else heights
    rows = heights @ np.exp(-4.0 * np.log(2.0) * ((TWO_THETA - places[:, None]) / fwhm) ** 2)
    return random.poisson(counts * (rows + 0.05 + 0.2 * np.exp(-TWO_THETA / 20.0))).astype(float)


@pytest.mark.parametrize(
    ("cell", "group", "n_free"),
    [
        ((4, 4, 4, 90, 90, 90), "Fm-3m", 1),
        ((4, 4, 5, 90, 90, 90), "I4/mmm", 2),
        ((4, 4, 5, 90, 90, 120), "P63/mmc", 2),
        ((4, 4, 12, 90, 90, 120), "R-3m", 2),
        ((5, 5, 5, 80, 80, 80), "R-3m", 2),
        ((4, 5, 6, 90, 90, 90), "Pnma", 3),
        ((4, 5, 6, 90, 99, 90), "P21/c", 4),
        ((4, 5, 6, 81, 99, 95), "P-1", 6),
    ],
)
def test_symmetry_leaves_so_many_parameters_free(cell, group, n_free):
    indexed = Indexed.of_cell(cell, group, spacing=1.5)
    assert len(indexed.basis) == n_free
    assert indexed.cell == pytest.approx(cell)
    spacings = [gemmi.UnitCell(*cell).calculate_d(one.tolist()) for one in indexed.hkl]
    np.testing.assert_allclose(1.0 / np.sqrt(indexed.design @ indexed.free(indexed.cell)), spacings, rtol=1e-9)
    assert spacings == sorted(spacings, reverse=True)


def test_extinct_reflections_are_left_out():
    assert Indexed.of_cell((4, 4, 4, 90, 90, 90), "Fm-3m", spacing=1.3).hkl.tolist() == [
        [1, 1, 1],
        [2, 0, 0],
        [2, 2, 0],
    ]
    body = Indexed.of_cell((4, 4, 5, 90, 90, 90), "I4/mmm", spacing=1.0).hkl
    assert (body.sum(axis=1) % 2 == 0).all()
    assert Indexed.of_cell((4, 4, 5, 90, 90, 90), spacing=1.0, hkl=[[1, 0, 1]]).hkl.tolist() == [[1, 0, 1]]


def test_cells_of_an_anisotropic_series_come_back_within_their_errors():
    x = np.linspace(0.0, 1.0, 9)
    cells = [(4.2 * (1 + 0.02 * one), 4.2 * (1 + 0.02 * one), 5.1 * (1 - 0.02 * one), 90, 90, 90) for one in x]
    indexed = Indexed.of_cell((4.25, 4.25, 5.1, 90, 90, 90), "P4/mmm", spacing=1.2)
    rows = np.array([pattern(indexed, cell, zero=0.03, seed=k) for k, cell in enumerate(cells)])
    found = LatticeFit(TWO_THETA, indexed, wavelength=WAVELENGTH).series(rows, start=4)
    off = np.array([one.cell for one in found]) - cells
    errors = np.array([one.error for one in found])
    assert np.abs(off[:, [0, 2]]).max() < 1.5e-3
    assert np.abs(off[:, [0, 2]] / errors[:, [0, 2]]).max() < 4.0
    assert (errors[:, 3:] == 0.0).all()
    zeros = np.array([[one.zero, one.zero_error] for one in found])
    assert np.abs((zeros[:, 0] - 0.03) / zeros[:, 1]).max() < 4.0
    assert np.array([one.volume for one in found]) == pytest.approx([a * a * c for a, _, c, *_ in cells], rel=1e-3)


def test_errors_tell_how_far_cells_scatter():
    indexed = Indexed.of_cell((4.2, 4.2, 5.1, 90, 90, 90), "P4/mmm", spacing=1.4)
    heights = np.linspace(1.0, 0.3, int((indexed.design @ indexed.free(indexed.cell) < (2 / WAVELENGTH) ** 2).sum()))
    rows = np.array([pattern(indexed, indexed.cell, seed=seed, counts=300.0, heights=heights) for seed in range(24)])
    found = LatticeFit(TWO_THETA, indexed, wavelength=WAVELENGTH).series(rows, start=0)
    values = np.array([one.cell[[0, 2]] for one in found])
    told = np.median([one.error[[0, 2]] for one in found], axis=0)
    assert ((values.std(axis=0) / told > 0.5) & (values.std(axis=0) / told < 1.6)).all()


def test_a_small_splitting_that_is_not_resolved_is_told():
    cell = (3.994, 3.994, 4.034, 90, 90, 90)  # at 46 degrees 1 % is half a degree, as wide as the peaks
    indexed = Indexed.of_cell((4.0, 4.0, 4.03, 90, 90, 90), "P4mm", spacing=1.3)
    [found] = LatticeFit(TWO_THETA, indexed, wavelength=WAVELENGTH).series(
        pattern(indexed, cell, fwhm=0.45, counts=2e4)[None], start=0
    )
    assert found.cell[2] / found.cell[0] == pytest.approx(cell[2] / cell[0], abs=1e-3)


def test_a_structure_and_a_simulated_pattern_agree():
    atoms = crystal(
        ["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.594, 4.594, 2.959, 90, 90, 90]
    )
    stretched = atoms.copy()
    stretched.set_cell([4.62, 4.62, 2.95], scale_atoms=True)
    made = diffraction.simulate([stretched], wavelength=WAVELENGTH, two_theta=(15.0, 80.0, 0.05), fwhm=0.15)
    indexed = Indexed.of_structure(atoms, spacing=1.2)
    assert indexed.space_group == "P 42/m n m"
    fit = LatticeFit(made["two_theta"].values, indexed, wavelength=WAVELENGTH)
    [found] = fit.series(made["intensity"].values, start=0)
    assert found.cell[[0, 2]] == pytest.approx([4.62, 2.95], abs=1e-3)
    assert abs(found.zero) < 0.01


def test_a_pattern_without_peaks_has_no_errors_and_stops_nothing():
    indexed = Indexed.of_cell((4.2, 4.2, 5.1, 90, 90, 90), "P4/mmm", spacing=1.2)
    melt = np.random.default_rng(3).poisson(400.0 * np.exp(-(((TWO_THETA - 28.0) / 6.0) ** 2)) + 50.0)
    rows = np.array([pattern(indexed, indexed.cell), np.ones(len(TWO_THETA)), np.zeros(len(TWO_THETA)), melt])
    found = LatticeFit(TWO_THETA, indexed, wavelength=WAVELENGTH).series(rows, start=0)
    assert np.isfinite(found[0].error).all()
    assert np.isnan(found[1].error[0])
    assert np.isnan(found[2].error[0])
    assert found[3].n_lines < 4


@pytest.mark.parametrize(
    ("cell", "group", "words"),
    [
        ((4, 4, 4), None, "six positive numbers"),
        ((4, 4, 4, 90, 90, -3), None, "six positive numbers"),
        ((4, 4, 4, 30, 30, 170), None, "make no cell"),
        ((4, 5, 4, 90, 90, 90), "P4mm", "does not have the symmetry of P4mm"),
        ((4, 4, 4, 90, 90, 90), "P9", "expected a space group"),
        ((1, 1, 1, 90, 90, 90), "Fm-3m", "no reflection"),
    ],
)
def test_what_cannot_be_a_cell_is_refused(cell, group, words):
    with pytest.raises(InputError, match=words):
        Indexed.of_cell(cell, group, spacing=1.2)
