import numpy as np
import pytest
from ase.build import bulk
from ase.spacegroup import crystal

from peakscape import diffraction
from peakscape.errors import InputError
from peakscape.preparation import StripKAlpha2
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths, q_from_two_theta

CELLS = {
    "salt": bulk("NaCl", "rocksalt", a=5.64),
    "rutile": crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136,
                      cellpar=[4.59, 4.59, 2.96, 90, 90, 90]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("anode", "energies"),
    # keV: X-ray Data Booklet (LBNL, 2009), table 1-2
    {
        "Cr": (5.41472, 5.405509), "Fe": (6.40384, 6.39084), "Co": (6.93032, 6.91530), "Cu": (8.04778, 8.02783),
        "Mo": (17.47934, 17.3743), "Ag": (22.16292, 21.9903),
    }.items(),
)  # fmt: skip
def test_wavelengths_are_those_of_another_table(anode, energies):
    for wavelength, energy in zip(k_alpha_wavelengths(anode), energies, strict=True):
        assert wavelength == pytest.approx(12.398420 / energy, rel=4e-5)


@pytest.mark.parametrize(
    ("wavelength", "anode"),
    [(1.5406, "Cu"), (1.54056, "Cu"), (1.5418, "Cu"), (1.78897, "Co"), (0.7107, "Mo"), (2.29, "Cr"), (0.5594, "Ag")],
)
def test_anode_of_a_wavelength(wavelength, anode):
    assert anode_from_wavelength(wavelength) == anode


@pytest.mark.parametrize("wavelength", [0.496, 1.0, 1.392, 1.55])
def test_no_anode(wavelength):
    with pytest.raises(InputError, match="no K-alpha2"):
        anode_from_wavelength(wavelength)


def _simulate(cell, wavelength, limits, fwhm):
    return diffraction.simulate(
        cell, wavelength=wavelength, two_theta=limits, fwhm=fwhm, scale=None,
        instrument=diffraction.Instrument(polarization=None, profile="pseudo_voigt"),
    )  # fmt: skip


@pytest.mark.parametrize("name", list(CELLS))
@pytest.mark.parametrize("anode", ["Cu", "Co", "Mo"])
@pytest.mark.parametrize(("limits", "fwhm"), [((15.0, 110.0, 0.02), 0.1), ((5.0, 59.96, 0.04), 0.2)])
def test_doublet_becomes_singlet(name, anode, limits, fwhm):
    """Two simulated patterns make the doublet; one of them must come back."""
    first, second = k_alpha_wavelengths(anode)
    single, other = (_simulate(CELLS[name], w, limits, fwhm) for w in (first, second))
    two_theta, wanted = single.two_theta.values, single.intensity.values
    doublet = wanted + 0.5 * other.intensity.values
    found = StripKAlpha2(anode=anode, axis=two_theta).fit_transform(doublet)
    before, after = np.abs(doublet - wanted).max() / wanted.max(), np.abs(found - wanted).max() / wanted.max()
    assert before > 0.4
    assert after < 0.004


def test_on_q_as_on_two_theta():
    two_theta = np.arange(20.0, 60.0, 0.02)
    row = _simulate(CELLS["salt"], 1.5405929, (20.0, 59.98, 0.02), 0.1).intensity.values
    q = q_from_two_theta(two_theta, 1.5405929)
    by_angle = StripKAlpha2(axis=two_theta).fit_transform(row)
    by_q = StripKAlpha2(axis=q, unit="q").fit_transform(row)
    np.testing.assert_allclose(by_q, by_angle, atol=2e-3 * row.max())


def test_a_constant_is_divided_by_both_lines():
    np.testing.assert_allclose(StripKAlpha2(axis=np.arange(10.0, 60.0)).fit_transform(np.full((1, 50), 3.0)), 2.0)


def test_noise_grows_little():
    noise = np.random.default_rng(0).normal(size=(1, 5000))
    found = StripKAlpha2(axis=np.linspace(30.0, 100.0, 5000)).fit_transform(noise)
    assert found.std() < 1.2  # 1 / sqrt(1 - r^2) = 1.15 where the shifted values are independent
