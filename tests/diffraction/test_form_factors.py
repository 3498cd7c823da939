"""Form factors and dispersion corrections against published tables."""

import gemmi
import numpy as np
import pytest

from peakscape.diffraction.form_factors import S_MAX, Scattering, anomalous, check_wavelength, form_factor
from peakscape.errors import InputError, StructureError

# Waasmaier and Kirfel, Acta Cryst. A51, 416 (1995), doi:10.1107/S0108767394013292, table 1: a, b, c. An independent fit
# of the same Hartree-Fock values up to s = 6, where their table and that of IT92 agree to the accuracy of both.
WAASMAIER_KIRFEL = {
    "O": ([2.960427, 2.508818, 0.637853, 0.722838, 1.142756],
        [14.182259, 5.936858, 0.112726, 34.958481, 0.39024], 0.027014),
    "Ti": ([9.818524, 1.522646, 1.703101, 1.768774, 7.082555],
        [8.001879, 0.029763, 39.885422, 120.157997, 0.532405], 0.102473),
    "Fe": ([12.311098, 1.876623, 3.066177, 2.070451, 6.975185],
        [5.009415, 0.014461, 18.74304, 82.767876, 0.346506], -0.304931),
    "Zr": ([17.859772, 10.911038, 5.821115, 3.512513, 0.746965],
        [1.310692, 12.319285, 0.104353, 91.777542, 0.104353], 1.124859),
    "Sm": ([23.700363, 23.072214, 12.777782, 2.684217, 17.204367],
        [2.689539, 0.003491, 15.495437, 139.862473, 0.274536], -17.452166),
}  # fmt: skip


@pytest.mark.parametrize("element", WAASMAIER_KIRFEL)
def test_form_factors_agree_with_a_second_fit_up_to_the_end_of_the_table(element):
    a, b, c = WAASMAIER_KIRFEL[element]
    s = np.linspace(0.0, S_MAX, 81)
    expected = c + np.exp(-np.multiply.outer(s**2, b)) @ np.array(a)
    assert np.abs(form_factor(element, s) - expected).max() < (0.07 if element == "Sm" else 0.025)


@pytest.mark.parametrize("number", range(1, 99))
def test_form_factors_are_physical_in_every_element(number):
    element = gemmi.Element(number).name
    f0 = form_factor(element, np.linspace(0.0, S_MAX, 201))
    assert f0[0] == pytest.approx(number, abs=0.06)
    assert (f0 > 0).all()
    assert np.diff(f0).max() < 0.01  # falls, but for the wiggles of the fit


@pytest.mark.parametrize(
    ("element", "wavelength", "f1", "f2"),
    [  # C. T. Chantler, J. Phys. Chem. Ref. Data 24, 71 (1995) and 29, 597 (2000), as given by xraydb 4.5.8
        ("O", 1.540562, 0.0455, 0.0320),
        ("Ti", 1.540562, 0.1631, 1.8007),
        ("Fe", 1.540562, -1.2008, 3.1735),
        ("Fe", 0.709300, 0.3361, 0.8363),
        ("Sm", 0.709300, -0.1881, 3.3681),
        ("Sm", 0.496, -0.6508, 1.8344),
        ("Zr", 0.496, -0.1699, 2.1481),
    ],
)
def test_dispersion_corrections_agree_with_another_theory(element, wavelength, f1, f2):
    found = anomalous(element, wavelength)
    # Cromer-Liberman against Chantler: up to 0.1 electrons in f', 2 % in f''.
    assert found[0] == pytest.approx(f1, abs=0.11)
    assert found[1] == pytest.approx(f2, rel=0.025)


def test_displacements_damp_the_factor():
    s = np.array([0.0, 0.5, 1.0])
    still = np.array(Scattering(b_iso=0.0).factors("Fe", s, 0.7))
    moving = np.array(Scattering(b_iso={"Fe": 0.8}).factors("Fe", s, 0.7))
    np.testing.assert_allclose(moving / still, np.tile(np.exp(-0.8 * s**2), (2, 1)))


@pytest.mark.parametrize("element", ["X", "Xx", "", "iron"])
def test_an_unknown_element_is_named(element):
    with pytest.raises(StructureError, match=f"unknown element '{element}'"):
        form_factor(element, 0.0)


def test_an_element_beyond_the_table_is_refused():
    with pytest.raises(StructureError, match="Lr"):
        form_factor("Lr", 0.0)
    with pytest.raises(StructureError, match="Np"):
        anomalous("Np", 1.0)


@pytest.mark.parametrize("wavelength", [None, 0.0, -1.54, np.nan, np.inf])
def test_a_wavelength_is_never_assumed(wavelength):
    with pytest.raises(InputError, match=r"expected a .*wavelength in angstrom, got"):
        check_wavelength(wavelength)


def test_bad_scattering_is_refused():
    with pytest.raises(InputError, match="b_iso of zero or more"):
        Scattering(b_iso=-1.0)
    with pytest.raises(InputError, match="form_factors='it92' or a function"):
        Scattering(form_factors="wk95")
    with pytest.raises(InputError, match="no value for Ti"):
        Scattering(b_iso={"Fe": 0.5}).b("Ti")
