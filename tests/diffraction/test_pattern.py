"""Patterns: against a plain sum, unchanged by what changes no crystal, and their names and labels."""

import os
from pathlib import Path

import gemmi
import numpy as np
import pytest
from ase.build import bulk, make_supercell
from crystals import fluorite, rutile, thorium_manganese_12, triclinic
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape import spectra
from peakscape.diffraction import Caglioti, Instrument, Scattering, simulate
from peakscape.diffraction.form_factors import anomalous
from peakscape.errors import InputError, StructureError

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
GRID = (5.0, 60.0, 0.02)


def plain_pattern(atoms, wavelength, two_theta, width, share=0.0):
    """The definition: every hkl of a box, every atom, every profile, in double precision."""
    limit = np.ceil(2 / wavelength * np.linalg.norm(atoms.cell.array, axis=1)).astype(int)
    box = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in limit), indexing="ij"), axis=-1).reshape(-1, 3)
    s = np.linalg.norm(box @ np.linalg.inv(atoms.cell.array).T, axis=1) / 2
    inside = (s > 0) & (s * wavelength < np.sin(np.deg2rad(two_theta[-1] + 1.0) / 2))
    box, s = box[inside], s[inside]
    amplitude = np.zeros(len(s), dtype=complex)
    for symbol, place in zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(wrap=False), strict=True):
        f0 = np.array([gemmi.Element(symbol).it92.calculate_sf(value**2) for value in s])
        amplitude += (f0 + complex(*anomalous(symbol, wavelength))) * np.exp(2j * np.pi * (box @ place))
    theta = np.arcsin(s * wavelength)
    area = np.abs(amplitude) ** 2 * (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    pattern = np.zeros_like(two_theta)
    for angle, a in zip(theta, area, strict=True):
        fwhm = width(angle)
        offset = (two_theta - np.rad2deg(2 * angle)) / fwhm
        gaussian = np.exp(-4 * np.log(2) * offset**2) * np.sqrt(4 * np.log(2) / np.pi)
        pattern += a / fwhm * ((1 - share) * gaussian + share * 2 / np.pi / (1 + 4 * offset**2))
    return pattern / pattern.max()


@pytest.mark.parametrize("atoms", [triclinic(), thorium_manganese_12()], ids=["triclinic", "I4/mmm"])
def test_patterns_with_one_width_are_the_plain_sum(atoms):
    found = simulate(atoms, wavelength=0.9, two_theta=GRID, fwhm=0.06)
    expected = plain_pattern(atoms, 0.9, found.two_theta.values, lambda theta: 0.06)
    assert np.abs(found.intensity.values[0] - expected).max() < 1e-5


def test_patterns_with_changing_width_are_the_plain_sum():
    u, v, w = 0.02, -0.006, 0.004
    found = simulate(triclinic(), wavelength=0.9, two_theta=GRID, fwhm=Caglioti(u, v, w))
    expected = plain_pattern(
        triclinic(), 0.9, found.two_theta.values, lambda t: np.sqrt(u * np.tan(t) ** 2 + v * np.tan(t) + w)
    )
    assert np.abs(found.intensity.values[0] - expected).max() < 1e-5


@pytest.fixture(scope="module")
def reference():
    return {make: simulate(make(), wavelength=0.9, two_theta=GRID).intensity.values for make in (triclinic, rutile)}


unimodular = st.lists(st.tuples(st.permutations([0, 1, 2]), st.integers(-1, 1)), min_size=1, max_size=2)


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from([triclinic, rutile]),
    st.tuples(*[st.floats(-2.0, 2.0)] * 3),
    unimodular,
    st.sampled_from([(1, 1, 1), (2, 1, 1), (1, 1, 2)]),
    st.randoms(use_true_random=False),
)
def test_a_pattern_is_of_the_crystal_and_not_of_its_description(reference, make, shift, changes, repeats, random):
    atoms = make()
    atoms.translate(shift)
    atoms.rotate(37.0, (1, 2, 3), rotate_cell=True)
    change = np.eye(3, dtype=int)
    for (i, j, _), factor in changes:
        change[i] += factor * change[j]
    atoms = make_supercell(atoms, np.diag(repeats) @ change)
    atoms = atoms[random.sample(range(len(atoms)), len(atoms))]
    found = simulate(atoms, wavelength=0.9, two_theta=GRID).intensity.values
    assert np.abs(found - reference[make]).max() < 1e-6  # sums are in single precision


def test_the_number_of_jobs_changes_no_bit():
    structures = [triclinic(seed) for seed in range(4)] + [rutile(), fluorite()]
    one, two = (simulate(structures, wavelength=0.7, n_jobs=n).intensity.values for n in (1, 2))
    np.testing.assert_array_equal(one, two)
    alone = simulate(structures[3], wavelength=0.7).intensity.values[0]
    np.testing.assert_array_equal(one[3], alone)


def test_tails_of_peaks_beyond_the_grid_enter():
    # NaCl at 1.5406: 200 at 31.70 degree, just outside
    salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    whole = simulate(salt, wavelength=1.5406, two_theta=(29.0, 40.0, 0.01), fwhm=0.3, scale=None)
    for part in ((29.0, 31.6, 0.01), (31.8, 40.0, 0.01)):
        cut = simulate(salt, wavelength=1.5406, two_theta=part, fwhm=0.3, scale=None)
        expected = whole.intensity.sel(two_theta=cut.two_theta, method="nearest").values
        assert expected.max() > 0.3 * whole.intensity.values.max()
        np.testing.assert_allclose(cut.intensity.values, expected, atol=1e-5 * whole.intensity.values.max())


def test_unscaled_patterns_do_not_depend_on_the_size_of_the_cell():
    one, two = (
        simulate(atoms, wavelength=0.9, two_theta=GRID, scale=None).intensity.values
        for atoms in (rutile(), make_supercell(rutile(), np.diag([1, 2, 1])))
    )
    np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-9 * one.max())


def test_names_compositions_and_labels_come_from_the_structures():
    named = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    named.info.update(name="salt", x=0.25, series="halides", only_here=1, table=np.arange(3))
    other = rutile()
    other.info.update(x=np.float64(0.5), series="oxides", table=np.arange(3), formula_units=1)
    patterns = spectra.check(simulate([named, other], wavelength=1.5406, two_theta=GRID))
    assert patterns.name.values.tolist() == ["salt", "Ti2O4-1"]
    assert patterns.element.values.tolist() == ["Na", "Cl", "Ti", "O"]
    assert patterns.composition.values.tolist() == [[1, 1, 0, 0], [0, 0, 2, 4]]
    assert patterns.x.values.tolist() == [0.25, 0.5]
    assert patterns.series.values.tolist() == ["halides", "oxides"]
    assert "only_here" not in patterns.variables
    assert "table" not in patterns.variables
    assert patterns.attrs["wavelength"] == 1.5406
    history = str(patterns.attrs["history"])
    for word in ("1.5406", "fwhm 0.05", "gaussian", "unpolarized", "it92", "anomalous=True", "b_iso=0.0", "maximum"):
        assert word in history


def test_settings_change_the_pattern():
    plain = simulate(rutile(), wavelength=1.5406, two_theta=GRID).intensity.values
    for changed in (
        {"scattering": Scattering(anomalous=False)},
        {"scattering": Scattering(b_iso={"Ti": 0.5, "O": 0.4})},
        {"instrument": Instrument(polarization="synchrotron")},
        {"instrument": Instrument(profile="pseudo_voigt", mixing=0.5)},
        {"fwhm": 0.1},
    ):
        other = simulate(rutile(), wavelength=1.5406, two_theta=GRID, **changed).intensity.values
        assert other.max() == 1.0
        assert np.abs(other - plain).max() > 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wavelength": None}, "it is never assumed"),
        ({"wavelength": 0.0}, "positive wavelength"),
        ({"two_theta": (60.0, 5.0, 0.02)}, "first < last"),
        ({"two_theta": (5.0, 200.0, 0.02)}, "below 180"),
        ({"fwhm": 0.0}, "positive fwhm"),
        ({"fwhm": 0.02}, "above the step"),
        ({"scale": "sum"}, "scale='maximum' or None"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"wavelength": 30.0}, "no reflection"),
        ({"scattering": Scattering(b_iso={"Ti": 0.5})}, "b_iso has no value for O"),
    ],
)
def test_bad_options_get_one_clear_line(options, message):
    with pytest.raises(InputError, match=message) as caught:
        simulate(rutile(), **{"wavelength": 1.5406, "two_theta": GRID, **options})
    assert "\n" not in str(caught.value)


def test_a_bad_structure_among_good_ones_is_named():
    bad = rutile()
    bad.pbc = False
    with pytest.raises(StructureError, match=r"structure 1: .*periodic"):
        simulate([rutile(), bad], wavelength=1.5406, two_theta=GRID)
    with pytest.raises(InputError, match="at least one structure"):
        simulate([], wavelength=1.5406)


@pytest.mark.skipif(not (DATA / "reference/alloy/relaxed.extxyz").exists(), reason=f"no reference data in {DATA}")
def test_alloy_patterns_are_the_plain_sum():
    from ase.io import read

    atoms = read(DATA / "reference/alloy/relaxed.extxyz", index=5)
    found = simulate(atoms, wavelength=0.9, two_theta=(3.0, 35.0, 0.01), fwhm=0.05)
    expected = plain_pattern(atoms, 0.9, found.two_theta.values, lambda theta: 0.05)
    assert np.abs(found.intensity.values[0] - expected).max() < 1e-5
