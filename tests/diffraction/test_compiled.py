"""The compiled sum against a plain one: every reflection, every atom and every profile, in double precision."""

import os
import subprocess
import sys

import gemmi
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from crystals import triclinic

from peakscape.diffraction import Scattering, simulate
from peakscape.diffraction.form_factors import anomalous
from peakscape.errors import InputError

FWHM = 0.05


def plain_pattern(atoms, wavelength, two_theta, b_iso=0.0):
    """The definition, in memory-sparing slices; shape (n_points,)."""
    limit = np.ceil(2 / wavelength * np.linalg.norm(atoms.cell.array, axis=1)).astype(int)
    reciprocal, places = np.linalg.inv(atoms.cell.array).T, atoms.get_scaled_positions(wrap=False)
    symbols = np.array(atoms.get_chemical_symbols())
    pattern = np.zeros_like(two_theta)
    k, l = (a.ravel() for a in np.meshgrid(*(np.arange(-n, n + 1) for n in limit[1:]), indexing="ij"))  # noqa: E741
    for h in range(-limit[0], limit[0] + 1):
        hkl = np.stack([np.full_like(k, h), k, l], axis=1)
        s = np.linalg.norm(hkl @ reciprocal, axis=1) / 2
        hkl, s = (a[(s > 0) & (s * wavelength < np.sin(np.deg2rad(two_theta[-1] + 1) / 2))] for a in (hkl, s))
        amplitude = np.zeros(len(s), dtype=complex)
        for symbol in set(symbols):
            c = gemmi.Element(symbol).it92
            f0 = c.c + sum(a * np.exp(-b * s**2) for a, b in zip(c.a, c.b, strict=True))
            phases = np.exp(2j * np.pi * (hkl @ places[symbols == symbol].T)).sum(axis=1)
            amplitude += (f0 + complex(*anomalous(symbol, wavelength))) * np.exp(-b_iso * s**2) * phases
        theta = np.arcsin(s * wavelength)
        area = np.abs(amplitude) ** 2 * (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
        first = np.searchsorted(two_theta, np.rad2deg(2 * theta) - 10 * FWHM)
        last = np.searchsorted(two_theta, np.rad2deg(2 * theta) + 10 * FWHM)
        for angle, a, i, j in zip(np.rad2deg(2 * theta), area, first, last, strict=True):
            pattern[i:j] += a * np.exp(-4 * np.log(2) * ((two_theta[i:j] - angle) / FWHM) ** 2)
    return pattern / pattern.max()


def check(atoms, wavelength, two_theta, b_iso=0.0):
    options = {"wavelength": wavelength, "two_theta": two_theta, "fwhm": FWHM, "scattering": Scattering(b_iso=b_iso)}
    found = simulate(atoms, **options)
    expected = plain_pattern(atoms, wavelength, found.two_theta.values, b_iso)
    error = np.abs(found.intensity.values[0] - expected)
    assert error.max() < 1e-5
    peaks = expected > 1e-3
    peaks[1:-1] &= (expected[1:-1] >= expected[2:]) & (expected[1:-1] >= expected[:-2])
    assert (error[peaks] < 1e-4 * expected[peaks]).all()


def random_cell(symbols, seed, volume_per_atom=14.0):
    random = np.random.default_rng(seed)
    atoms = Atoms(symbols, cell=[1.0, 1.23, 0.81, 74.0, 103.0, 95.0], pbc=True)
    atoms.set_cell(atoms.cell * (volume_per_atom * len(symbols) / atoms.cell.volume) ** (1 / 3))
    atoms.set_scaled_positions(random.random((len(symbols), 3)))
    return atoms


def test_a_random_triclinic_cell_over_the_full_range():
    check(random_cell(["Sm", "Fe", "Fe", "Ti", "O", "Zr", "Fe"], 1), 0.6, (1.0, 119.99, 0.01))


def test_a_heavy_and_a_light_atom():
    check(Atoms("UH", cell=[3.1, 4.0, 3.4, 85, 99, 92], scaled_positions=[(0.1, 0, 0), (0.4, 0.3, 0.6)], pbc=True),
          0.45, (2.0, 110.0, 0.01), b_iso=0.4)  # fmt: skip


def test_a_cell_of_500_atoms():
    check(random_cell(["Sm"] * 40 + ["Fe"] * 400 + ["Ti"] * 60, 2), 1.5406, (3.0, 40.0, 0.01))


@pytest.mark.parametrize("wavelength", [1.7433, 1.7442])  # the K edge of iron lies at 1.7435 angstrom
def test_a_wavelength_near_an_absorption_edge(wavelength):
    f1, _ = anomalous("Fe", wavelength)
    assert f1 < -6
    check(triclinic(4), wavelength, (3.0, 150.0, 0.01))


@pytest.mark.parametrize("atoms", [bulk("Po", "sc", a=3.35), bulk("Cu"), bulk("Mg")], ids=str)
def test_cells_of_one_and_two_atoms(atoms):
    check(atoms, 1.0, (10.0, 170.0, 0.01))


def test_a_displacement_parameter_for_each_element():
    damped = Scattering(b_iso={"Sm": 0.2, "Fe": 0.5, "Ti": 0.9, "O": 1.5})
    by_function = Scattering(
        b_iso={"Sm": 0.0, "Fe": 0.3, "Ti": 0.7, "O": 1.3},
        form_factors=lambda element, s: gemmi_form_factor(element, s),
    )
    one, two = (
        simulate(triclinic(), wavelength=0.8, scattering=s, scale=None).intensity.values[0]
        for s in (damped, by_function)
    )
    # a common exp(-2 B s^2) with B = 0.2 is left over
    theta = np.deg2rad(simulate(triclinic(), wavelength=0.8).two_theta.values) / 2
    left_over = np.exp(-2 * 0.2 * (np.sin(theta) / 0.8) ** 2)
    assert np.abs(one - two * left_over).max() < 1e-3 * one.max()


def gemmi_form_factor(element, s):
    c = gemmi.Element(element).it92
    return c.c + sum(a * np.exp(-b * s**2) for a, b in zip(c.a, c.b, strict=True))


def test_a_form_factor_that_is_not_smooth_is_refused():
    rough = Scattering(form_factors=lambda element, s: 20.0 - np.floor(10.0 * s))
    with pytest.raises(InputError, match=r"structure 0: .*not smooth"):
        simulate(bulk("Cu"), wavelength=1.0, scattering=rough)


def test_machine_code_goes_to_the_users_cache_and_other_packages_keep_theirs(tmp_path):
    code = (
        "import numba; from peakscape.diffraction import compiled; import numpy as np;"
        "compiled.convolve(np.ones(9, 'f4'), np.ones(3, 'f4'), 1, 1, 5, np.ones((1, 24), 'f4'));"
        "print(repr(numba.config.CACHE_DIR))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {"XDG_CACHE_HOME": str(tmp_path)}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip() == "''"
    assert list((tmp_path / "peakscape" / "numba").rglob("compiled.convolve*.nbc"))


def test_numba_waits_for_the_first_pattern():
    code = "import sys, peakscape.diffraction; print('numba' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.slow
def test_no_index_leaves_its_array(tmp_path):
    """Compiled code does not check, and what it writes beside an array shows anywhere: so here it is made to check."""
    code = """
import numpy as np
from ase import Atoms
from peakscape.diffraction import Caglioti, Instrument, simulate, vary

random = np.random.default_rng(0)
cells = []
for n in (1, 2, 5, 3, 9, 17, 8, 33, 21, 40):  # of all sizes in turn, for the working memory is used again
    cell = np.diag([1, 1.1, 0.9]) + 0.3 * random.standard_normal((3, 3))
    cell *= np.cbrt(14 * n / abs(np.linalg.det(cell)))
    symbols = list(random.choice(["Sm", "Fe", "Ti", "O", "Zr"], n))
    cells.append(Atoms(symbols, cell=cell, scaled_positions=random.random((n, 3)), pbc=True))
for options in (
    {},
    {"fwhm": Caglioti(0.02, -0.006, 0.004)},
    {"instrument": Instrument("pseudo_voigt", 0.3)},
    {"two_theta": (3.0, 9.0, 0.01)},
    {"two_theta": (100.0, 179.0, 0.02)},
):
    simulate(cells, wavelength=0.9, scale=None, **({"two_theta": (2.0, 120.0, 0.02), "fwhm": 0.1} | options))
vary(cells[5], wavelength=0.9, n_variants=3, two_theta=(2.0, 120.0, 0.02), random_state=0)
"""
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert found.returncode == 0, found.stderr
