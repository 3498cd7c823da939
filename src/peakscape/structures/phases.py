"""Common oxides, carbonates and hydroxides by name, entered from the literature that the table cites."""

import csv
from functools import cache
from importlib.resources import files

import gemmi
from ase import Atoms

from peakscape.errors import StructureError


@cache
def _table() -> dict[str, dict[str, str]]:
    text = files("peakscape.structures").joinpath("phases.csv").read_text(encoding="utf-8")
    return {row["name"]: row for row in csv.DictReader(text.splitlines())}


def phase_names() -> tuple[str, ...]:
    """Return the names of the phases that `phase` knows.

    Examples
    --------
    >>> {"quartz", "calcite", "corundum"} <= set(phase_names())
    True
    """
    return tuple(_table())


def phase(name: str) -> Atoms:
    """Return a common oxide, carbonate or hydroxide by its name, or by a formula that only one has.

    Parameters
    ----------
    name
        Such as ``"quartz"`` or ``"ZnO"``; see `phase_names`.

    Returns
    -------
    Atoms
        The conventional cell, with ``name``, ``density`` (g/cm^3, of handbooks) and ``source`` in ``info``.

    Raises
    ------
    StructureError
        If there is no such phase, or several have the formula.

    Examples
    --------
    >>> zincite = phase("ZnO")
    >>> zincite.info["name"], len(zincite), zincite.cell.lengths().round(3).tolist()
    ('zincite', 4, [3.25, 3.25, 5.207])
    """
    row = _table().get(name.strip().lower()) or _by_formula(name.strip())
    structure = gemmi.SmallStructure()
    cell = [float(row[one]) for one in ("a", "b", "c", "alpha", "beta", "gamma")]
    structure.cell = gemmi.UnitCell(*cell)
    structure.spacegroup = gemmi.find_spacegroup_by_name(row["space_group"])
    structure.setup_cell_images()
    for text in row["sites"].split(";"):
        symbol, *place = text.split()
        site = gemmi.SmallStructure.Site()
        site.element, site.fract = gemmi.Element(symbol), gemmi.Fractional(*map(float, place))
        structure.add_site(site)
    atoms = structure.get_all_unit_cell_sites()
    info = {"name": row["name"], "density": float(row["density"]), "source": row["source"]}
    symbols = [one.element.name for one in atoms]
    places = [one.fract.tolist() for one in atoms]
    return Atoms(symbols, scaled_positions=places, cell=cell, pbc=True, info=info)


def _by_formula(formula: str) -> dict[str, str]:
    """The one row with a formula."""
    found = [row for row in _table().values() if row["formula"] == formula]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(row["name"] for row in found)
        raise StructureError(f"{formula} may be {several}: name one of them, or give a CIF file")
    raise StructureError(f"no phase is called {formula!r}; known are {', '.join(_table())}; or give a CIF file")
