from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.absorption.broadening import spectra_from_sticks, spectrum_from_sticks
from peakscape.absorption.spectrum import example
from peakscape.errors import InputError

AXIS = np.arange(100.0, 300.0, 0.02)


def full_width(axis, curve):
    above = axis[curve >= curve.max() / 2]
    return above[-1] - above[0]


@given(st.floats(0.2, 3.0), st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1))
def test_area_is_the_strength_along_the_direction(width, direction):
    spectrum = spectrum_from_sticks(
        example(), AXIS, gaussian=width, lorentzian=0.0, lorentzian_slope=0.0, direction=direction
    )
    x, y, z = np.square(direction) / np.square(direction).sum()
    assert spectrum.sum() * 0.02 == pytest.approx(x + y + 0.5 * z, rel=1e-6)


def test_powder_is_the_mean_of_three_directions():
    along = [spectrum_from_sticks(example(), AXIS, direction=axis) for axis in np.eye(3)]
    np.testing.assert_allclose(spectrum_from_sticks(example(), AXIS), np.mean(along, axis=0), rtol=1e-12)


def test_widths_are_full_widths_at_half_maximum():
    lines = replace(example(), energy=np.array([0.0]), strength=np.ones((1, 3)))
    gaussian = spectrum_from_sticks(lines, AXIS, gaussian=1.0, lorentzian=0.0, lorentzian_slope=0.0)
    lorentzian = spectrum_from_sticks(lines, AXIS, gaussian=0.0, lorentzian=1.0, lorentzian_slope=0.0)
    assert full_width(AXIS, gaussian) == pytest.approx(1.0, abs=0.03)
    assert full_width(AXIS, lorentzian) == pytest.approx(1.0, abs=0.03)
    assert lorentzian.max() == pytest.approx(2 / np.pi, rel=1e-3)


def test_lifetime_grows_above_the_edge():
    lines = replace(example(), energy=np.array([10.0]), strength=np.ones((1, 3)))
    spectrum = spectrum_from_sticks(lines, AXIS, gaussian=0.0, lorentzian=0.5, lorentzian_slope=0.1)
    assert full_width(AXIS, spectrum) == pytest.approx(1.5, abs=0.03)


def test_shift_moves_the_spectrum():
    plain, moved = (spectrum_from_sticks(example(), AXIS, shift=shift) for shift in (0.0, 2.0))
    np.testing.assert_allclose(moved[100:], plain[:-100], atol=1e-9)


def test_bad_widths_and_directions_are_refused():
    with pytest.raises(InputError, match="expected positive widths, got gaussian=0, lorentzian=0"):
        spectrum_from_sticks(example(), AXIS, gaussian=0, lorentzian=0)
    with pytest.raises(InputError, match="expected a direction of three components"):
        spectrum_from_sticks(example(), AXIS, direction=[0, 0, 0])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-2.0, 30.0), min_size=1, max_size=20),
    st.sampled_from([(0.5, 0.1), (0.3, 0.05), (0.0, 0.3), (1.0, 0.0), (0.02, 0.4)]),
    st.floats(180.0, 200.0),
    st.booleans(),
)
def test_many_at_once_are_the_same(energy, widths, edge_energy, relative):
    energy = np.sort(energy)
    found = [
        replace(example(), energy=energy, strength=np.ones((len(energy), 3)), edge_energy=edge_energy),
        example(),
    ]
    axis = np.arange(-3.0, 25.0, 0.1) + (0.0 if relative else 190.0)
    options = {"gaussian": widths[0], "lorentzian": widths[1], "shift": 0.3, "direction": [1, 2, 2]}
    together = spectra_from_sticks(found, axis, relative=relative, **options)
    for one, curve in zip(found, together, strict=True):
        expected = spectrum_from_sticks(one, axis + one.edge_energy * relative, **options)
        # each line alone reaches about a third of its strength per width
        np.testing.assert_allclose(curve, expected, atol=5e-4 * max(expected.max(), 1 / max(widths)))


def test_many_at_once_need_spectra_and_widths():
    with pytest.raises(InputError, match="got none"):
        spectra_from_sticks([], AXIS)
    with pytest.raises(InputError, match="positive widths"):
        spectra_from_sticks([example()], AXIS, gaussian=0.0, lorentzian=0.0)
