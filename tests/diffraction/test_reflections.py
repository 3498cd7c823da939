"""Reflections: extinctions, multiplicities, and pymatgen's powder lines."""

import numpy as np
import pytest
from ase.build import bulk, make_supercell
from crystals import fluorite, rutile, thorium_manganese_12, triclinic
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.diffraction.form_factors import Scattering
from peakscape.diffraction.reflections import reflections, two_theta_from_d_spacing
from peakscape.errors import InputError, PeakscapeWarning, StructureError


def powder_lines(two_theta, intensity, digits=4):
    """Intensities of the lines, relative to the strongest: families at one angle joined."""
    lines = {}
    for angle, value in zip(np.round(two_theta, digits), intensity, strict=True):
        lines[angle] = lines.get(angle, 0.0) + value
    strongest = max(lines.values())
    return {angle: value / strongest for angle, value in lines.items()}


@pytest.mark.parametrize("wavelength", [1.5406, 0.7])
@pytest.mark.parametrize("b_iso", [0.0, 0.7])
@pytest.mark.parametrize("make", [fluorite, rutile, thorium_manganese_12, triclinic], ids=lambda make: make.__name__)
def test_lines_are_pymatgens_with_pymatgens_form_factors(make, b_iso, wavelength):
    xrd = pytest.importorskip("pymatgen.analysis.diffraction.xrd", reason="needs the full pymatgen, not only its core")
    from pymatgen.core import Element, Lattice, Structure

    def its_form_factor(element, s):
        terms = np.array(xrd.ATOMIC_SCATTERING_PARAMS[element])
        squared = np.asarray(s) ** 2
        return Element(element).Z - 41.78214 * squared * (
            terms[:, 0] @ np.exp(-np.multiply.outer(terms[:, 1], squared))
        )

    atoms = make()
    scattering = Scattering(b_iso=b_iso, anomalous=False, form_factors=its_form_factor)
    ours = reflections(atoms, wavelength=wavelength, two_theta_max=90.0, scattering=scattering)
    elements = set(atoms.get_chemical_symbols())
    calculator = xrd.XRDCalculator(wavelength=wavelength, debye_waller_factors=dict.fromkeys(elements, b_iso))
    structure = Structure(
        Lattice(atoms.cell.array), atoms.get_chemical_symbols(), atoms.get_scaled_positions(wrap=False)
    )
    theirs = calculator.get_pattern(structure, two_theta_range=(0, 90))
    expected = powder_lines(theirs.x, theirs.y)
    found = powder_lines(ours.two_theta, ours.intensity)
    strong = {angle for angle, value in found.items() if value > 1e-4}
    for angle in strong | set(expected):
        # a line may round to the neighbouring fourth digit
        near = [sum(lines.get(round(angle + step, 4), 0.0) for step in (-1e-4, 0, 1e-4)) for lines in (found, expected)]
        assert near[0] == pytest.approx(near[1], abs=1e-4), angle


def test_body_centring_extinguishes_odd_sums_of_indices():
    rows = reflections(thorium_manganese_12(), wavelength=0.496, two_theta_max=40.0, min_intensity=0.0)
    odd = rows.hkl.sum(axis=1) % 2 == 1
    assert odd.any()
    assert rows.structure_factor[odd].max() < 1e-9 * rows.structure_factor.max()
    assert (0, 0, 1) in {tuple(hkl) for hkl in rows.hkl[odd].tolist()}  # the paper's label of one of its peaks
    shown = reflections(thorium_manganese_12(), wavelength=0.496, two_theta_max=40.0)
    assert (shown.hkl.sum(axis=1) % 2 == 0).all()


def test_multiplicities_are_those_of_the_laue_groups():
    # International Tables A: m-3m and 4/mmm
    cubic = reflections(fluorite(), wavelength=0.7, two_theta_max=60.0)
    multiplicity = {tuple(h): m for h, m in zip(cubic.hkl.tolist(), cubic.multiplicity.tolist(), strict=True)}
    assert [multiplicity[h] for h in [(2, 0, 0), (2, 2, 0), (1, 1, 1), (4, 2, 0), (3, 1, 1), (5, 3, 1)]] == [
        *(6, 12, 8, 24, 24, 48)
    ]
    assert (multiplicity[(3, 3, 3)], multiplicity[(5, 1, 1)]) == (8, 24)  # at one angle, yet two families
    tetragonal = reflections(thorium_manganese_12(), wavelength=0.7, two_theta_max=40.0)
    multiplicity = {tuple(h): m for h, m in zip(tetragonal.hkl.tolist(), tetragonal.multiplicity.tolist(), strict=True)}
    assert [multiplicity[h] for h in [(0, 0, 2), (2, 0, 0), (2, 2, 0), (3, 1, 0), (1, 0, 1), (2, 1, 1), (3, 2, 1)]] == [
        *(2, 4, 4, 8, 8, 16, 16)
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(40.0, 110.0))
def test_multiplicities_sum_to_the_number_of_reflections(seed, two_theta_max):
    for atoms in (triclinic(seed), fluorite()):
        rows = reflections(atoms, wavelength=1.2, two_theta_max=two_theta_max, min_intensity=0.0)
        limits = range(-12, 13)
        box = np.stack(np.meshgrid(limits, limits, limits, indexing="ij"), axis=-1).reshape(-1, 3)
        lengths = np.linalg.norm(box @ np.linalg.inv(atoms.cell.array).T, axis=1)
        inside = (lengths > 0) & (lengths <= 2 * np.sin(np.deg2rad(two_theta_max) / 2) / 1.2)
        assert rows.multiplicity.sum() == inside.sum()
        assert (np.diff(rows.two_theta) >= 0).all()


def test_indices_refer_to_the_cell_given():
    primitive = reflections(bulk("Cu"), wavelength=1.5406, two_theta_max=60.0)
    np.testing.assert_array_equal(primitive.cell, bulk("Cu").cell.array)
    lengths = np.linalg.norm(primitive.hkl @ np.linalg.inv(primitive.cell).T, axis=1)
    np.testing.assert_allclose(primitive.d_spacing, 1 / lengths)
    np.testing.assert_allclose(primitive.two_theta, two_theta_from_d_spacing(1 / lengths, 1.5406))
    assert primitive.multiplicity.tolist() == [8, 6]


def test_a_supercell_scales_the_amplitudes_and_nothing_else():
    one = reflections(rutile(), wavelength=1.5406, two_theta_max=70.0)
    two = reflections(make_supercell(rutile(), np.diag([1, 1, 2])), wavelength=1.5406, two_theta_max=70.0)
    np.testing.assert_allclose(two.two_theta, one.two_theta)
    np.testing.assert_allclose(two.structure_factor, 2 * one.structure_factor, rtol=1e-9)
    np.testing.assert_array_equal(two.multiplicity, one.multiplicity)


def test_beyond_the_table_of_form_factors_a_warning():
    with pytest.warns(PeakscapeWarning, match="extrapolated to 2"):
        reflections(bulk("Cu"), wavelength=0.2, two_theta_max=50.0)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"wavelength": None}, "wavelength"),
        ({"wavelength": -1.0}, "positive wavelength"),
        ({"two_theta_max": 180.0}, "two_theta_max"),
        ({"two_theta_max": 0.0}, "two_theta_max"),
        ({"wavelength": 20.0}, "no reflection"),
    ],
)
def test_bad_options_get_one_clear_line(option, message):
    with pytest.raises(InputError, match=message):
        reflections(bulk("Cu"), **{"wavelength": 1.5406, **option})


def test_atoms_on_one_place_are_refused():
    atoms = bulk("Si")
    atoms.positions[1] = atoms.positions[0]
    with pytest.raises(StructureError, match="on top of each other"):
        reflections(atoms, wavelength=1.5406)
