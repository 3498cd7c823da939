"""Crystal structures as ``ase.Atoms``: reading, substitution, deformation, relaxation."""

from peakscape.structures.deformation import axial_series, lattice_parameters, parent_cell, strain
from peakscape.structures.reading import read, read_all
from peakscape.structures.relaxation import relax, relax_all
from peakscape.structures.sites import Parent, label_sites, parent_of
from peakscape.structures.substitution import count_substitutions, substitute

__all__ = [
    "Parent",
    "axial_series",
    "count_substitutions",
    "label_sites",
    "lattice_parameters",
    "parent_cell",
    "parent_of",
    "read",
    "read_all",
    "relax",
    "relax_all",
    "strain",
    "substitute",
]
