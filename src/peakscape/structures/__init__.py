"""Crystal structures as ``ase.Atoms``: reading, substitution, deformation, relaxation."""

from peakscape.structures.defects import absorber_sites, point_defects, rattle
from peakscape.structures.deformation import axial_series, lattice_parameters, parent_cell, strain
from peakscape.structures.nitride import boron_nitride
from peakscape.structures.phases import phase, phase_names
from peakscape.structures.reading import read
from peakscape.structures.relaxation import relax
from peakscape.structures.substitution import count_substitutions, substitute

__all__ = [
    "absorber_sites",
    "axial_series",
    "boron_nitride",
    "count_substitutions",
    "lattice_parameters",
    "parent_cell",
    "phase",
    "phase_names",
    "point_defects",
    "rattle",
    "read",
    "relax",
    "strain",
    "substitute",
]
