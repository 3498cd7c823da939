import numpy as np
import pytest
from ase.build import bulk
from ase.spacegroup import crystal

from peakscape import diffraction
from peakscape.preparation import Displacement, ZeroShift

CELL = crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.59, 4.59, 2.96, 90, 90, 90])
WAVELENGTH = 1.5406
FWHM = 0.15


def _at(two_theta, moved):
    """The pattern where each point is `moved` off: read from a fine simulation, without our interpolation."""
    fine = diffraction.simulate(
        CELL, wavelength=WAVELENGTH, two_theta=(8.0, 132.0, 0.002), fwhm=FWHM,
        instrument=diffraction.Instrument(profile="pseudo_voigt"),
    )  # fmt: skip
    return np.interp(two_theta - moved, fine.two_theta.values, fine.intensity.values[0])


def _measured(two_theta, moved, counts, seed=0):
    below = 0.05 + 0.1 * np.exp(-(two_theta - 10) / 10)
    random = np.random.default_rng(seed)
    return random.poisson(counts * (_at(two_theta, moved) + below)) / counts


@pytest.mark.parametrize("shift", [-0.15, -0.032, 0.0, 0.011, 0.1])
@pytest.mark.parametrize(("step", "counts", "tolerance"), [(0.02, 1e6, 2e-4), (0.04, 1e6, 1e-3), (0.02, 1000, 3e-3)])
def test_zero_shift_is_found(shift, step, counts, tolerance):
    two_theta = np.arange(10.0, 100.0, step)
    reference = _measured(two_theta, 0.0, counts)
    move = ZeroShift(axis=two_theta, reference=reference).fit([reference])
    row = _measured(two_theta, shift, counts, seed=1)
    assert move.amounts([row])[0] == pytest.approx(shift, abs=tolerance)


@pytest.mark.parametrize("amount", [-0.12, 0.0, 0.05])
@pytest.mark.parametrize(("step", "counts", "tolerance"), [(0.02, 1e6, 2e-4), (0.02, 1000, 4e-3)])
def test_displacement_is_found(amount, step, counts, tolerance):
    two_theta = np.arange(10.0, 130.0, step)
    reference = _measured(two_theta, 0.0, counts)
    # points are displaced by amount * cos(theta) of where the peak should be: the difference is of second order
    row = _measured(two_theta, amount * np.cos(np.deg2rad(two_theta / 2)), counts, seed=1)
    move = Displacement(axis=two_theta, reference=reference).fit([reference])
    assert move.amounts([row])[0] == pytest.approx(amount, abs=tolerance)


def test_moved_pattern_is_that_without_shift():
    two_theta = np.arange(10.0, 100.0, 0.02)
    wanted, row = _at(two_theta, 0.0), _at(two_theta, 0.073)
    found = ZeroShift(axis=two_theta, reference=wanted).fit([wanted]).transform([row])[0]
    assert np.abs(row - wanted).max() > 0.4
    assert np.abs(found - wanted)[50:-50].max() < 0.015


def test_unequal_intensities_do_not_matter_much():
    two_theta = np.arange(10.0, 100.0, 0.02)
    textured = _at(two_theta, 0.04) * (1.0 + 0.8 * np.sin(two_theta / 7.0))
    reference = _at(two_theta, 0.0)
    move = ZeroShift(axis=two_theta, reference=reference).fit([reference])
    assert move.amounts([textured])[0] == pytest.approx(0.04, abs=2e-3)


def test_lattice_change_passes_for_a_shift_unless_a_standard_tells():
    """The ambiguity of the docstring: told here by an internal standard's peak alone."""
    two_theta = np.arange(20.0, 70.0, 0.02)
    instrument = {"wavelength": WAVELENGTH, "two_theta": (20.0, 69.98, 0.02), "fwhm": FWHM}
    standard = diffraction.simulate(bulk("Si"), **instrument).intensity.values[0]
    small, large = (
        diffraction.simulate(bulk("NaCl", "rocksalt", a=a), **instrument).intensity.values[0] for a in (5.64, 5.65)
    )
    reference, row = small + standard, large + standard
    everywhere = ZeroShift(axis=two_theta, reference=reference).fit([reference])
    silicon = ZeroShift(axis=two_theta, reference=reference, window=(28.0, 29.0)).fit([reference])
    assert abs(everywhere.amounts([row])[0]) > 0.02
    assert abs(silicon.amounts([row])[0]) < 1e-3


def test_end_of_the_search_is_told():
    two_theta = np.arange(20.0, 60.0, 0.02)
    reference = _at(two_theta, 0.0)
    move = ZeroShift(axis=two_theta, reference=reference, limit=0.05).fit([reference])
    amounts = move.amounts([_at(two_theta, 0.2), _at(two_theta, 0.02)])
    assert move.at_limit(amounts).tolist() == [True, False]


def test_reference_is_the_most_typical_pattern():
    two_theta = np.arange(20.0, 60.0, 0.02)
    rows = np.stack([_at(two_theta, shift) for shift in (-0.1, -0.05, 0.0, 0.05, 0.1)])
    assert np.array_equal(ZeroShift(axis=two_theta).fit(rows).reference_, rows[2])
