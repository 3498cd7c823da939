"""Structure factors against gemmi's direct sum, and the set of reflections against plain enumeration."""

import itertools

import gemmi
import numpy as np
import pytest
from ase import Atoms
from crystals import fluorite, rutile, thorium_manganese_12, triclinic
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.diffraction.crystal import crystal_from_atoms
from peakscape.diffraction.form_factors import Scattering, anomalous
from peakscape.diffraction.reflections import geometric_factors, powder_reflections, reduce_cell

CRYSTALS = [triclinic(), triclinic(3, 8), rutile(), fluorite(), thorium_manganese_12()]


def small_structure(atoms: Atoms, b_iso: float) -> gemmi.SmallStructure:
    structure = gemmi.SmallStructure()
    structure.cell = gemmi.UnitCell(*atoms.cell.cellpar())
    structure.spacegroup_hm = "P 1"
    for symbol, place in zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(wrap=False), strict=True):
        site = gemmi.SmallStructure.Site()
        site.label, site.type_symbol, site.element = symbol, symbol, gemmi.Element(symbol)
        site.fract, site.occ, site.u_iso = gemmi.Fractional(*place), 1.0, b_iso / (8 * np.pi**2)
        structure.add_site(site)
    structure.determine_and_set_spacegroup("2")
    return structure


def amplitudes_by_gemmi(atoms: Atoms, hkl, wavelength: float, b_iso: float) -> np.ndarray:
    """Squared amplitudes: f' added as gemmi's addend, f'' as the difference that one more addend makes."""
    structure = small_structure(atoms, b_iso)
    calculators = []
    for part in (lambda f1, f2: f1, lambda f1, f2: f1 + f2):
        calculator = gemmi.StructureFactorCalculatorX(structure.cell)
        for symbol in set(atoms.get_chemical_symbols()):
            calculator.addends.set(gemmi.Element(symbol), part(*anomalous(symbol, wavelength)))
        calculators.append(calculator)
    p, both = (np.array([c.calculate_sf_from_small_structure(structure, h) for h in hkl]) for c in calculators)
    q = both - p
    # h and -h: conj(P) is the P of -h.
    return (np.abs(p + 1j * q) ** 2 + np.abs(p.conj() + 1j * q.conj()) ** 2) / 2


@pytest.mark.parametrize("atoms", CRYSTALS, ids=lambda atoms: atoms.get_chemical_formula())
@pytest.mark.parametrize(("wavelength", "b_iso"), [(0.9, 0.0), (1.75, 0.6)])
def test_structure_factors_are_gemmis(atoms, wavelength, b_iso):
    hkl, _, squared = powder_reflections(crystal_from_atoms(atoms), wavelength, 90.0, Scattering(b_iso=b_iso))
    chosen = np.random.default_rng(0).choice(len(hkl), size=min(len(hkl), 400), replace=False)
    expected = amplitudes_by_gemmi(atoms, hkl[chosen], wavelength, b_iso)
    worst = np.abs(np.sqrt(squared[chosen]) - np.sqrt(expected)).max()
    assert worst < 1e-5 * np.sqrt(squared.max())


def enumerate_plainly(cell: np.ndarray, s_max: float) -> set[tuple[int, int, int]]:
    limits = np.floor(2 * s_max * np.linalg.norm(cell, axis=1)).astype(int)
    reciprocal = np.linalg.inv(cell).T
    box = itertools.product(*(range(-n, n + 1) for n in limits))
    return {hkl for hkl in box if 0 < np.linalg.norm(hkl @ reciprocal) <= 2 * s_max}


lengths = st.floats(2.5, 7.0)
angles = st.floats(65.0, 115.0)


@settings(max_examples=40, deadline=None)
@given(st.tuples(lengths, lengths, lengths, angles, angles, angles), st.floats(0.15, 0.6))
def test_each_friedel_pair_in_the_sphere_is_found_once(cellpar, s_max):
    cell = Atoms("H", cell=cellpar, pbc=True).cell.array
    found = geometric_factors(cell, np.zeros((1, 3)), np.array([0]), s_max)
    half = {tuple(hkl) for hkl in found.hkl.tolist()}
    assert len(half) == len(found.hkl)
    mates = {tuple(hkl) for hkl in (-found.hkl).tolist()}
    assert not half & mates
    assert half | mates == enumerate_plainly(cell, s_max)
    np.testing.assert_allclose(found.s, np.linalg.norm(found.hkl @ np.linalg.inv(cell).T, axis=1) / 2, rtol=1e-12)


@pytest.mark.parametrize("handedness", [1, -1])
def test_reduced_cells_span_the_same_lattice(handedness):
    cell = triclinic().cell.array * handedness
    skewed = np.array([[1, 2, -3], [0, 1, 4], [0, 0, 1]]) @ cell
    reduced = reduce_cell(skewed)
    np.testing.assert_allclose(reduced.to_reduced @ skewed, reduced.cell, atol=1e-9)
    assert abs(round(np.linalg.det(reduced.to_reduced))) == 1
    assert np.linalg.norm(reduced.cell, axis=1).max() <= np.linalg.norm(cell, axis=1).max() + 1e-9
