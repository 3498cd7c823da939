import numpy as np
import pytest

from peakscape import absorption
from peakscape.errors import InputError

# X-ray Data Booklet (LBNL 2009), Table 1-1: electron binding energies, eV.
BOOKLET = [
    ("B", "K", 188.0), ("C", "K", 284.2), ("N", "K", 409.9), ("O", "K", 543.1), ("Si", "K", 1839.0),
    ("Ti", "K", 4966.0), ("Cr", "K", 5989.0), ("Fe", "K", 7112.0), ("Fe", "L3", 706.8), ("Cu", "K", 8979.0),
    ("As", "K", 11867.0), ("Mo", "K", 20000.0), ("Pt", "L3", 11564.0), ("Au", "L3", 11919.0), ("U", "L3", 17166.0),
]  # fmt: skip


@pytest.mark.parametrize(("element", "edge", "energy"), BOOKLET)
def test_edges_of_the_data_booklet(element, edge, energy):
    assert absorption.edge_energy(element, edge) == pytest.approx(energy, abs=1.0)


def test_widths_of_krause_and_oliver():
    """J. Phys. Chem. Ref. Data 8, 329 (1979), Table 1: natural K widths in eV."""
    for element, width in (("Cr", 1.08), ("Fe", 1.25), ("Cu", 1.55), ("As", 2.14)):
        assert absorption.edges.core_hole_width(element) == pytest.approx(width, rel=0.02)


def test_energies_rise_with_the_atomic_number():
    symbols = ["Li", "B", "N", "Si", "Cr", "As", "Mo", "Pt", "U"]
    energies = [absorption.edge_energy(symbol) for symbol in symbols]
    assert energies == sorted(energies)


def test_what_is_not_in_the_table():
    for element, edge, message in (("Xx", "K", "'Xx'"), ("Cr", "L", "K, L1"), ("B", "M5", "M5 edge of 'B'")):
        with pytest.raises(InputError, match=message):
            absorption.edge_energy(element, edge)


def test_edges_within():
    found = absorption.edges.edges_within([7000.0, 7200.0], margin=10.0)
    assert ("Fe", "K", 7112.0) in found
    assert all(7010 <= energy <= 7190 for _, _, energy in found)


SULFUR = {
    "narrow": np.arange(2455.0, 2510.0, 0.25),
    "three steps": np.r_[2440:2465:1.0, 2465:2490:0.1, 2490:2551:2.0],
    "short": np.r_[2450:2464:0.5, 2464:2486:0.2, 2486:2520:0.5],
    "wide": np.r_[2372:2467:5.0, 2467:2492:0.2, 2492:2772:4.0],
}


@pytest.mark.parametrize(
    ("grid", "edge", "height", "step"),
    [
        ("narrow", 2470.6, 1.5, 0.932276),
        ("three steps", 2470.6, 1.5, 0.978396),
        ("short", 2470.6, 1.5, 0.984301),
        ("wide", 2470.6, 1.5, 0.991854),
        ("narrow", 2481.37, 5.0, 1.013081),
        ("three steps", 2481.37, 5.0, 0.981294),
        ("short", 2481.37, 5.0, 0.972896),
        ("wide", 2481.37, 5.0, 0.99229),
    ],
)
def test_white_lines_of_sulfur_have_larchs_steps(grid: str, edge: float, height: float, step: float) -> None:
    """Steps by larch.xafs.pre_edge 2026.3.1 with its defaults: where ranges end matters under a white line."""
    energy = SULFUR[grid]
    away = energy - edge
    mu = 0.9 - 1e-4 * (energy - 2470) + np.arctan(away / 0.5) / np.pi
    mu += height * np.exp(-0.5 * ((away - 0.7) / 0.9) ** 2) + 0.3 * np.exp(-0.5 * ((away - 9) / 3) ** 2)
    assert absorption.normalize(energy, mu).edge_step == pytest.approx(step, rel=1e-3)
