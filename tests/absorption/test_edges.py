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
