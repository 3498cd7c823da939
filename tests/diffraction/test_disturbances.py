"""Disturbed patterns against patterns simulated as disturbed, and what is drawn against what is found."""

from dataclasses import replace

import numpy as np
import pytest
from crystals import rutile

from peakscape import spectra
from peakscape.diffraction import Disturbances, Variations, disturb, simulate, vary
from peakscape.diffraction.disturbances import displacement_shift
from peakscape.errors import InputError

NONE = Disturbances.none()
GRID = (15.0, 70.0, 0.01)


def pattern(*, fwhm: float = 0.1, grid=GRID, wavelength: float = 1.540562):
    return simulate([rutile()], wavelength=wavelength, two_theta=grid, fwhm=fwhm)


def only(dataset, **ranges):
    """One variant with nothing but the disturbances named, each fixed to a number."""
    fixed = {name: (value, value) for name, value in ranges.items()}
    return disturb(dataset, disturbances=replace(NONE, **fixed), random_state=0).intensity.values[0]


def scaled(values):
    return values / values.max()


def test_nothing_drawn_leaves_patterns_as_they_are():
    clean = pattern()
    np.testing.assert_allclose(
        disturb(clean, disturbances=NONE).intensity.values, clean.intensity.values, rtol=1e-6, atol=1e-6
    )


def test_the_zero_shift_is_a_shift_of_the_axis():
    there = pattern(grid=(15.0 - 0.013, 70.0 - 0.013, 0.01)).intensity.values[0]
    assert np.abs(scaled(only(pattern(), zero_shift=0.013)) - scaled(there)).max() < 1e-3


@pytest.mark.parametrize("made", ["disturb", "vary"])
def test_a_displaced_specimen_moves_each_peak_by_the_cosine_of_theta(made):
    clean, shift = pattern(), 0.08
    if made == "disturb":
        moved = only(clean, displacement=shift)
    else:
        plain = Variations(fwhm=(0.1, 0.1), mixing=(0, 0), zero_shift=(0, 0), march=(1, 1), background=(0, 0),
                           counts=None, displacement=(shift, shift))  # fmt: skip
        moved = vary(rutile(), wavelength=1.540562, n_variants=1, two_theta=GRID, variations=plain).intensity.values[0]
    two_theta, still = clean.two_theta.values, clean.intensity.values[0]
    for near in (27.4, 54.3, 69.0):  # rutile's 110, 211 and the pair 301, 112: all move together
        here = np.abs(two_theta - near) < 0.6
        centres = [np.average(two_theta[here], weights=np.maximum(row[here], 0)) for row in (still, moved)]
        assert centres[1] - centres[0] == pytest.approx(shift * np.cos(np.deg2rad(near / 2)), abs=2e-3)


def test_displacement_in_millimetres():
    # 2 s / R in radian: 0.1 mm at 200 mm is 1e-3 rad = 0.0573 degree, away from the tube to smaller angles
    assert displacement_shift(0.1, 200.0) == pytest.approx(-0.0573, abs=1e-4)
    with pytest.raises(InputError, match="radius"):
        displacement_shift(0.1, 0.0)


def test_gaussian_widths_add_in_squares():
    expected = pattern(fwhm=np.hypot(0.1, 0.12)).intensity.values[0]
    assert np.abs(scaled(only(pattern(), broadening=0.12)) - scaled(expected)).max() < 1e-3


def test_the_doublet_is_the_sum_of_two_wavelengths():
    second = pattern(wavelength=1.544390).intensity.values[0]
    # the two wavelengths' own factors differ by 0.5 %: each is scaled to its strongest peak
    expected = scaled(pattern().intensity.values[0]) + 0.5 * scaled(second)
    assert np.abs(scaled(only(pattern(), k_alpha2=0.5)) - scaled(expected)).max() < 0.02
    with pytest.raises(InputError, match="K-alpha"):
        only(pattern(wavelength=0.7), k_alpha2=0.5)


def test_foreign_lines_are_as_many_and_as_high_as_drawn():
    clean = pattern()
    lines = replace(NONE, impurity_lines=(3, 3), impurity_height=(0.2, 0.2), impurity_fwhm=(0.1, 0.1))
    added = disturb(clean, n_variants=20, disturbances=lines, random_state=1).intensity.values
    added = added / clean.intensity.values.max() - scaled(clean.intensity.values[0])
    assert added.min() > -1e-5
    # the area of three Gaussians of height 0.2, 0.2 u and 0.2 v, u and v even between 0 and 1: in the mean of two
    area = 0.2 * 0.1 * np.sqrt(np.pi / (4 * np.log(2)))
    assert added.sum(axis=1).mean() * 0.01 == pytest.approx(2 * area, rel=0.2)
    assert (added.max(axis=1) > 0.19).all()


def test_the_smooth_factor_has_the_drawn_spread():
    flat = spectra.make(np.ones((1, 20000)), two_theta=np.linspace(10.0, 110.0, 20000))
    factors = only(flat, modulation=0.3)
    knots = np.log(factors[::400])  # the knots are 2 degree apart, that is 400 points
    assert knots.std() == pytest.approx(0.3, rel=0.35)
    assert factors.max() == pytest.approx(1.0)


def test_noise_follows_the_counts_of_the_maximum():
    flat = spectra.make(np.full((1, 20000), 50.0), two_theta=np.linspace(10.0, 110.0, 20000))
    noisy = only(flat, counts=400.0)
    assert noisy.std() / 50.0 == pytest.approx(1 / 20, rel=0.05)


def test_order_labels_and_seed():
    both = spectra.concatenate([pattern(), pattern(fwhm=0.2)])
    both = both.assign_coords(x=("sample", [1.0, 2.0]), name=("sample", ["a", "b"]))
    one, same, other = (disturb(both, n_variants=3, random_state=seed) for seed in (4, 4, 5))
    assert one.identical(same)
    assert not np.array_equal(one.intensity, other.intensity)
    assert one.x.values.tolist() == [1, 2, 1, 2, 1, 2]
    assert one.intensity.dtype == np.float32
    assert one.name.values.tolist() == ["a-0", "b-0", "a-1", "b-1", "a-2", "b-2"]
    assert (np.abs(one.drawn_zero_shift) <= 0.02).all()
    spectra.check(one)
    assert both.sizes["sample"] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [({"broadening": (-1.0, 1.0)}, "broadening"), ({"counts": (5.0, 1.0)}, "counts"),
     ({"impurity_lines": (0.5, 2)}, "whole numbers")],
)  # fmt: skip
def test_bad_ranges_get_one_clear_line(options, message):
    with pytest.raises(InputError, match=message):
        Disturbances(**options)


def test_only_even_steps_of_two_theta():
    with pytest.raises(InputError, match="two_theta"):
        disturb(spectra.make([[0, 1, 0]], q=[1, 2, 3]))
    with pytest.raises(InputError, match="even steps"):
        disturb(spectra.make([[0, 1, 0]], two_theta=[1, 2, 4]))
    with pytest.raises(InputError, match="no positive maximum"):
        disturb(spectra.make([[0, 0, 0]], two_theta=[1, 2, 3]))
    with pytest.raises(InputError, match="1 or more"):
        disturb(pattern(), n_variants=0)
