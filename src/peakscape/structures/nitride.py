"""Boron nitride: its four phases from measured lattice constants, in cells of equal kind."""

from __future__ import annotations

from types import MappingProxyType

from ase import Atoms

from peakscape.errors import StructureError

LATTICE_CONSTANTS = MappingProxyType(
    {
        "c-BN": (3.615, None),
        "h-BN": (2.504, 6.661),
        "w-BN": (2.553, 4.228),
        "r-BN": (2.504, 10.01),
    }
)
"""a and c in angstrom at room temperature, hexagonal axes for r-BN.

c-BN and w-BN: T. Soma, A. Sawaoka, S. Saito, Mater. Res. Bull. 9, 755 (1974), doi:10.1016/0025-5408(74)90110-X, as
quoted in reviews of BN; h-BN: R. S. Pease, Acta Cryst. 5, 356 (1952), doi:10.1107/S0365110X52001064; r-BN: T. Ishii,
T. Sato, Y. Sekikawa, M. Iwata, J. Cryst. Growth 52, 285 (1981), doi:10.1016/0022-0248(81)90206-2.
"""

_WURTZITE_U = 0.375
"""Position of N along c in w-BN: the ideal 3/8; measured and computed values lie within 0.002 of it."""

_SIXTEEN = MappingProxyType({"c-BN": (2, 2, 2), "h-BN": (2, 2, 1), "w-BN": (2, 2, 1), "r-BN": (2, 2, 2)})


def boron_nitride(phase: str, *, supercell: tuple[int, int, int] | None = None) -> Atoms:
    """Build a phase of boron nitride.

    Parameters
    ----------
    phase
        "c-BN" (zinc blende), "w-BN" (wurtzite), "h-BN" (layers AA', B above N) or "r-BN" (layers ABC).
    supercell
        Repetitions of the primitive cell (2 atoms in c- and r-BN, 4 in h- and w-BN). None takes the cell of 16 atoms:
        8 formula units in every phase, so that a defect has the same concentration in all.

    Returns
    -------
    Atoms
        With ``info["phase"]``; layers of h- and r-BN, and the c axis of w-BN, are perpendicular to and along z.

    Raises
    ------
    StructureError
        If there is no such phase.

    Examples
    --------
    >>> boron_nitride("r-BN").get_chemical_formula(), boron_nitride("c-BN", supercell=(1, 1, 1)).get_chemical_formula()
    ('B8N8', 'BN')
    """
    if phase not in LATTICE_CONSTANTS:
        raise StructureError(
            f"unknown phase {phase!r} of boron nitride; expected one of {', '.join(LATTICE_CONSTANTS)}"
        )
    atoms = _primitive(phase).repeat(supercell or _SIXTEEN[phase])
    atoms.info["phase"] = phase
    return atoms


def is_layered(phase: str) -> bool:
    """Say whether a phase consists of layers of three-coordinated atoms.

    Examples
    --------
    >>> [is_layered(phase) for phase in LATTICE_CONSTANTS]
    [False, True, False, True]
    """
    return phase in ("h-BN", "r-BN")


def _primitive(phase: str) -> Atoms:
    """Build the primitive cell."""
    a, c = LATTICE_CONSTANTS[phase]
    if c is None:
        half = a / 2
        return Atoms(
            "BN",
            scaled_positions=[(0, 0, 0), (0.25, 0.25, 0.25)],
            cell=[(0, half, half), (half, 0, half), (half, half, 0)],
            pbc=True,
        )
    height = a / 3**0.5
    if phase == "r-BN":
        half = a / 2
        vectors = [(0, height, c / 3), (-half, -height / 2, c / 3), (half, -height / 2, c / 3)]
        return Atoms("BN", positions=[(0, 0, 0), (0, height, 0)], cell=vectors, pbc=True)
    first, second = (1 / 3, 2 / 3), (2 / 3, 1 / 3)
    if phase == "h-BN":
        sites = [(*first, 0.25), (*second, 0.25), (*second, 0.75), (*first, 0.75)]
    else:
        sites = [(*first, 0.0), (*first, _WURTZITE_U), (*second, 0.5), (*second, 0.5 + _WURTZITE_U)]
    return Atoms("BNBN", scaled_positions=sites, cell=[a, a, c, 90, 90, 120], pbc=True)
