import numpy as np
import pytest
from ase.build import bulk

from peakscape import diffraction
from peakscape.errors import InputError
from peakscape.preparation import Contrast, Normalize, Scale

TWO_THETA = np.arange(20.0, 70.0, 0.02)


def _simulated(atoms):
    return diffraction.simulate(atoms, wavelength=1.5406, two_theta=(20.0, 69.98, 0.02), fwhm=0.2).intensity.values[0]


@pytest.mark.parametrize("by", ["maximum", "area", "norm"])
def test_exposure_is_taken_out(by):
    pattern = _simulated(bulk("NaCl", "rocksalt", a=5.64))
    found = Normalize(by=by, axis=TWO_THETA).fit_transform([pattern, 7.0 * pattern])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)
    measure = {"maximum": found[0].max(), "area": np.trapezoid(found[0], TWO_THETA), "norm": np.linalg.norm(found[0])}
    assert measure[by] == pytest.approx(1.0)


def test_standard_gives_amounts():
    """A tenth of silicon in each: the salt's peaks then tell how much salt there is, whatever the exposure."""
    salt, silicon = _simulated(bulk("NaCl", "rocksalt", a=5.64)), _simulated(bulk("Si"))
    exposures, amounts = np.array([1.0, 3.0, 0.2]), np.array([1.0, 2.0, 5.0])
    rows = exposures[:, None] * (amounts[:, None] * salt + silicon + 0.3)
    found = Normalize(by="standard", window=(28.0, 28.9), axis=TWO_THETA).fit_transform(rows)
    found -= found.min(axis=1, keepdims=True)
    at_salt = np.abs(TWO_THETA - 45.45) < 0.6
    np.testing.assert_allclose(found[:, at_salt].sum(axis=1) / found[0, at_salt].sum(), amounts, rtol=0.02)


def test_nothing_to_normalise_by_is_told():
    with pytest.raises(InputError, match="pattern 1: no positive area"):
        Normalize(by="area").fit_transform([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]])


def test_one_number_for_all_is_that_of_training():
    step = Scale().fit([[0.0, 4.0], [1.0, 2.0]])
    np.testing.assert_array_equal(step.transform([[0.0, 8.0]]), [[0.0, 2.0]])
    with pytest.raises(InputError):
        Scale().fit([[0.0, 0.0]])


def test_contrast_sees_the_same_peaks_over_any_background():
    peaks = _simulated(bulk("NaCl", "rocksalt", a=5.64))
    below = 3.0 + 2.0 * np.exp(-(TWO_THETA - 20) / 15)
    seen = Contrast(axis=TWO_THETA).fit([peaks]).transform([peaks, 50.0 * (peaks + below)])
    np.testing.assert_allclose((seen**2).sum(axis=1), 1.0)
    assert seen[0] @ seen[1] > 0.99
    assert Contrast(axis=TWO_THETA).fit([peaks]).fwhm_ == pytest.approx(0.2, rel=0.1)
