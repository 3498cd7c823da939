"""Boron materials that are no nitride: foreign spectra, to try whether they are told from boron nitride."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.geometry import cellpar_to_cell

from peakscape.absorption.series import CoreHoleJob

_ICOSAHEDRON = ((0.0104, 0.6573), (0.2206, 0.6323))
"""x and z of the two sites 6h of alpha boron."""


def jobs() -> list[CoreHoleJob]:
    """List the calculations; lattice constants and sites as measured.

    alpha-B: B. F. Decker, J. S. Kasper, Acta Cryst. 12, 503 (1959), doi:10.1107/S0365110X59001529. MgB2: J. Nagamatsu
    et al., Nature 410, 63 (2001), doi:10.1038/35065039. BP, BAs and TiB2: R. W. G. Wyckoff, Crystal Structures 1, 1963.

    Examples
    --------
    >>> [job.name for job in jobs()]
    ['BP.B0', 'BAs.B0', 'alpha-B.B0', 'alpha-B.B6', 'MgB2.B1', 'TiB2.B1']
    """
    crystals = {
        "BP": bulk("BP", "zincblende", a=4.538).repeat((2, 2, 2)),
        "BAs": bulk("BAs", "zincblende", a=4.777).repeat((2, 2, 2)),
        "alpha-B": _alpha_boron(),
        "MgB2": _diboride("Mg", 3.086, 3.524).repeat((2, 2, 2)),
        "TiB2": _diboride("Ti", 3.028, 3.228).repeat((2, 2, 2)),
    }
    absorbers = {
        name: (0, 6) if name == "alpha-B" else (atoms.symbols.search("B")[0],) for name, atoms in crystals.items()
    }
    return [
        CoreHoleJob(f"{name}.B{index}", atoms, int(index), _labels(name, int(index)))
        for name, atoms in crystals.items()
        for index in absorbers[name]
    ]


def _labels(name: str, index: int) -> dict[str, str | float | bool]:
    return {"phase": name, "kind": "foreign", "structure": name, "element": "B", "site": f"B{index}"}


def _alpha_boron() -> Atoms:
    """12 atoms, rhombohedral."""
    sites = [place for x, z in _ICOSAHEDRON for place in ((x, x, z), (x, z, x), (z, x, x))]
    both = [sign * np.array(place) for place in sites for sign in (1, -1)]
    cell = cellpar_to_cell([5.057, 5.057, 5.057, 58.06, 58.06, 58.06])
    atoms = Atoms("B12", scaled_positions=both, cell=cell, pbc=True)
    atoms.wrap()
    return atoms


def _diboride(metal: str, a: float, c: float) -> Atoms:
    """Layers of boron as in graphite, metal atoms between them."""
    sites = [(0, 0, 0), (1 / 3, 2 / 3, 0.5), (2 / 3, 1 / 3, 0.5)]
    return Atoms([metal, "B", "B"], scaled_positions=sites, cell=[a, a, c, 90, 90, 120], pbc=True)
