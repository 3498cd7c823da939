"""Variants against `simulate`, and what is drawn against what is found in the patterns."""

import numpy as np
import pytest
from ase.build import bulk
from crystals import rutile, triclinic

from peakscape.diffraction import Instrument, Variations, form_factor, simulate, vary
from peakscape.diffraction.form_factors import anomalous
from peakscape.errors import InputError

PLAIN = {"zero_shift": (0.0, 0.0), "march": (1.0, 1.0), "background": (0.0, 0.0), "counts": None}
GRID = (5.0, 70.0, 0.01)


@pytest.mark.parametrize(("fwhm", "mixing", "tolerance"), [(0.05, 0.0, 1e-5), (0.2, 0.0, 1e-5), (0.1, 0.4, 1e-3)])
def test_without_variation_the_pattern_is_the_simulated_one(fwhm, mixing, tolerance):
    fixed = Variations(fwhm=(fwhm, fwhm), mixing=(mixing, mixing), **PLAIN)
    found = vary(triclinic(), wavelength=0.9, n_variants=1, two_theta=GRID, variations=fixed).intensity.values[0]
    instrument = Instrument("pseudo_voigt", mixing)
    expected = simulate(triclinic(), wavelength=0.9, two_theta=GRID, fwhm=fwhm, instrument=instrument)
    assert np.abs(found - expected.intensity.values[0]).max() < tolerance


def test_the_zero_shift_moves_the_pattern():
    moved = Variations(**{**PLAIN, "fwhm": (0.1, 0.1), "mixing": (0.0, 0.0), "zero_shift": (0.03, 0.03)})
    found = vary(rutile(), wavelength=0.9, n_variants=1, two_theta=GRID, variations=moved).intensity.values[0]
    expected = simulate(rutile(), wavelength=0.9, two_theta=GRID, fwhm=0.1).intensity.values[0]
    assert np.abs(found[3:] - expected[:-3]).max() < 1e-5


@pytest.mark.parametrize("march", [0.6, 1.7])
def test_texture_is_the_formula_of_march_and_dollase(march):
    # 100, 110 and 111 of simple cubic polonium, axis 001, all members of each family by hand
    options = {**PLAIN, "march": (march, march), "fwhm": (0.1, 0.1), "mixing": (0.0, 0.0)}
    found = vary(bulk("Po", "sc", a=3.35), wavelength=1.5406, n_variants=1, two_theta=(20, 50, 0.01),
                 variations=Variations(**options))  # fmt: skip
    assert found.axis.values.tolist() == ["0 0 1"]
    expected = []
    for indices in ((1, 0, 0), (1, 1, 0), (1, 1, 1)):
        family = {
            tuple(np.multiply(p, signs))
            for p in ([indices[i] for i in order] for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)))
            for signs in np.stack(np.meshgrid(*[[1, -1]] * 3), axis=-1).reshape(-1, 3)
        }
        cosines = np.array([hkl[2] ** 2 / np.dot(hkl, hkl) for hkl in family])
        weight = ((march**2 * cosines + (1 - cosines) / march) ** -1.5).sum()
        s = np.linalg.norm(indices) / 2 / 3.35
        theta = np.arcsin(1.5406 * s)
        f1, f2 = anomalous("Po", 1.5406)
        lorentz = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
        expected.append(weight * lorentz * ((form_factor("Po", s) + f1) ** 2 + f2**2))
        near = np.abs(found.two_theta.values - np.rad2deg(2 * theta)) < 0.5
        expected[-1] /= found.intensity.values[0][near].sum()
    np.testing.assert_allclose(expected, expected[0], rtol=1e-4)


def test_background_and_noise_are_as_drawn():
    noisy = Variations(fwhm=(0.1, 0.1), zero_shift=(0, 0), march=(1, 1), background=(0.2, 0.2), counts=(1e4, 1e4))
    clean = Variations(fwhm=(0.1, 0.1), zero_shift=(0, 0), march=(1, 1), background=(0.2, 0.2), counts=(1e12, 1e12))
    one, two = (
        vary(rutile(), wavelength=1.5, n_variants=4, two_theta=GRID, variations=v, random_state=3).intensity.values
        for v in (noisy, clean)
    )
    assert two[0].min() >= 0
    assert two[0].max() <= 1.2001
    normal = ((one - two) / np.sqrt(two / 1e4))[0]
    assert abs(normal.std() - 1) < 0.05
    assert abs(normal.mean()) < 0.05


def test_a_seed_gives_the_same_variants_and_another_gives_others():
    def draw(seed):
        return vary(rutile(), wavelength=1.5, n_variants=5, two_theta=GRID, random_state=seed)

    assert draw(1).equals(draw(1))
    assert not draw(1).equals(draw(2))
    assert set(draw(1).variables) >= {"fwhm", "mixing", "zero_shift", "march", "axis", "background", "counts"}


@pytest.mark.parametrize(
    ("options", "message"),
    [({"fwhm": (0.0, 0.1)}, "fwhm"), ({"mixing": (0.5, 1.5)}, "mixing"), ({"counts": (5.0, 1.0)}, "counts")],
)
def test_bad_ranges_get_one_clear_line(options, message):
    with pytest.raises(InputError, match=f"expected {message}="):
        Variations(**options)


def test_at_least_one_variant():
    with pytest.raises(InputError, match="1 or more"):
        vary(rutile(), wavelength=1.5, n_variants=0)
