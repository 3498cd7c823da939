"""The structures and absorbers of the boron nitride data set, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ase import Atoms

from peakscape import structures
from peakscape.absorption.series import CoreHoleJob
from peakscape.structures.nitride import LATTICE_CONSTANTS, is_layered

DEFECTS = ((None, "N"), (None, "B"), ("C", "B"), ("C", "N"), ("O", "N"), ("B", "N"), ("N", "B"))
"""What comes in, and what leaves its site."""

STRAINS = (-3.0, 3.0, -2.0, 2.0, -1.0, 1.0)
"""Change of all lengths, percent."""

AMPLITUDES = (0.04, 0.08)
"""Standard deviations of the displacements of snapshots in angstrom; 0.08 is about that of h-BN at room temperature."""

SNAPSHOTS_EACH = 3
SEED = 0


def jobs() -> list[CoreHoleJob]:
    """List all calculations; what comes first makes the more useful part.

    Examples
    --------
    >>> [job.name for job in jobs()][:4]
    ['c-BN.pristine.B0', 'h-BN.pristine.B0', 'w-BN.pristine.B0', 'r-BN.pristine.B0']
    """
    ranked = [job for phase in LATTICE_CONSTANTS for job in (*_pristine(phase), *_strained(phase))]
    ranked += [job for phase in LATTICE_CONSTANTS for job in _snapshots(phase)]
    ranked += [job for defect in DEFECTS for phase in LATTICE_CONSTANTS for job in _defective(phase, *defect)]
    return [job for _, job in sorted(ranked, key=lambda entry: entry[0])]


def _pristine(phase: str) -> Iterator[tuple[int, CoreHoleJob]]:
    """B-K and N-K of the perfect crystal; all atoms of an element are equivalent in each phase."""
    atoms = structures.boron_nitride(phase)
    for rank, element in enumerate("BN"):
        yield rank, _job(atoms, f"{phase}.pristine", atoms.symbols.search(element)[0], kind="pristine")


def _strained(phase: str) -> Iterator[tuple[int, CoreHoleJob]]:
    for percent in STRAINS:
        atoms = structures.strain(structures.boron_nitride(phase), percent=percent)
        yield (
            3 if abs(percent) == 3 else 5,
            _job(atoms, f"{phase}.strain{percent:+.0f}", 0, kind="strain", strain=percent),
        )


def _snapshots(phase: str) -> Iterator[tuple[int, CoreHoleJob]]:
    """The first boron of each snapshot, then the last one, which lies elsewhere in the cell."""
    for place, amplitude in enumerate(AMPLITUDES):
        atoms = structures.boron_nitride(phase)
        rattled = structures.rattle(atoms, amplitude=amplitude, count=SNAPSHOTS_EACH, random_state=SEED + place)
        for number, snapshot in enumerate(rattled):
            name = f"{phase}.snapshot{place}{number}"
            for absorber in snapshot.symbols.search("B")[[0, -1]]:
                rank = 4 if number == 0 and absorber == 0 else 6
                yield rank, _job(snapshot, name, absorber, kind="snapshot", amplitude=amplitude)


def _defective(phase: str, put: str | None, remove: str) -> Iterator[tuple[int, CoreHoleJob]]:
    """Every inequivalent boron around every inequivalent defect; the nearest and the farthest come early."""
    host = structures.boron_nitride(phase)
    for atoms in structures.point_defects(host, remove=remove, put=put):
        sites = structures.absorber_sites(atoms, "B")
        for number, site in enumerate(sites):
            rank = 2 if number in (0, len(sites) - 1) else 5
            place: dict[str, Any] = {
                "site": site.shell,
                "distance": round(site.distance, 4),
                "multiplicity": site.multiplicity,
            }
            name = f"{phase}.{atoms.info['defect']}"
            yield rank, _job(atoms, name, site.index, kind="defect", defect=atoms.info["defect"], **place)


def _job(atoms: Atoms, structure: str, absorber: int, *, kind: str, **labels: str | float) -> CoreHoleJob:
    """Name a job and complete its labels, so that all have the same ones."""
    phase = str(atoms.info["phase"])
    known: dict[str, str | float | None] = {
        "phase": phase,
        "layered": is_layered(phase),
        "kind": kind,
        "structure": structure,
        "element": str(atoms.symbols[int(absorber)]),
        "defect": "none",
        "site": "bulk",
        "distance": None,
        "multiplicity": None,
        "strain": 0.0,
        "amplitude": 0.0,
    }
    name = f"{structure}.{known['element']}{int(absorber)}"
    return CoreHoleJob(name, atoms, int(absorber), known | labels)
