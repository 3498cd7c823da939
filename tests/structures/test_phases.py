"""The table of common phases: formulas, densities of handbooks, space groups, bonds."""

import csv
from collections import Counter
from importlib.resources import files

import gemmi
import numpy as np
import pytest
from ase import Atoms
from ase.formula import Formula

from peakscape.errors import StructureError
from peakscape.structures import phase, phase_names
from peakscape.structures.symmetry import symmetry_dataset

ROWS = {
    row["name"]: row
    for row in csv.DictReader(files("peakscape.structures").joinpath("phases.csv").read_text().splitlines())
}
DALTON = 1.66053906660
# Lengths in angstrom between an atom and its nearest anion that crystals have (R. D. Shannon, Acta Cryst. A 32, 751
# (1976), doi:10.1107/S0567739476001551), with some room
LEAST, MOST = 1.55, 2.85


@pytest.mark.parametrize("name", phase_names())
def test_formula_density_group_and_bonds(name: str) -> None:
    atoms, row = phase(name), ROWS[name]
    assert Formula(row["formula"]).reduce()[0].count() == atoms.symbols.formula.reduce()[0].count()
    assert DALTON * atoms.get_masses().sum() / atoms.get_volume() == pytest.approx(float(row["density"]), rel=0.01)
    found = symmetry_dataset(atoms, symprec=1e-2)
    assert found.number == gemmi.find_spacegroup_by_name(row["space_group"]).number
    shortest = _nearest_anions(atoms)
    for symbol, length in shortest.items():
        least, most = {"H": (0.7, 1.4), "C": (1.24, 1.32), "Si": (1.59, 1.62)}.get(symbol, (LEAST, MOST))
        assert least < length < most, f"{symbol} has its nearest anion at {length:.2f} angstrom"
    assert row["source"]


def _nearest_anions(atoms: Atoms) -> dict[str, float]:
    symbols = np.array(atoms.get_chemical_symbols())
    anions = np.flatnonzero(np.isin(symbols, ["O", "F"]))
    if not len(anions):
        return {}
    distances = atoms.get_all_distances(mic=True)[:, anions]
    return {one: float(distances[symbols == one].min()) for one in Counter(symbols) if one not in ("O", "F")}


def test_by_formula_and_what_is_not_known() -> None:
    assert phase("NiO").info["name"] == "bunsenite"
    assert phase("Quartz").info["name"] == "quartz"
    with pytest.raises(StructureError, match="rutile, anatase, brookite"):
        phase("TiO2")
    with pytest.raises(StructureError, match="no phase is called 'kryptonite'"):
        phase("kryptonite")
