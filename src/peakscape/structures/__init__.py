"""Crystal structures as ``ase.Atoms``: reading, substitution, deformation, relaxation."""

from peakscape.structures.defects import AbsorberSite, absorber_sites, inequivalent_sites, point_defects, rattle
from peakscape.structures.deformation import axial_series, lattice_parameters, parent_cell, strain
from peakscape.structures.nitride import boron_nitride, is_layered
from peakscape.structures.reading import read, read_all
from peakscape.structures.relaxation import relax, relax_all
from peakscape.structures.substitution import count_substitutions, substitute
from peakscape.structures.symmetry import Parent, label_sites, parent_of

__all__ = [
    "AbsorberSite",
    "Parent",
    "absorber_sites",
    "axial_series",
    "boron_nitride",
    "count_substitutions",
    "inequivalent_sites",
    "is_layered",
    "label_sites",
    "lattice_parameters",
    "parent_cell",
    "parent_of",
    "point_defects",
    "rattle",
    "read",
    "read_all",
    "relax",
    "relax_all",
    "strain",
    "substitute",
]
