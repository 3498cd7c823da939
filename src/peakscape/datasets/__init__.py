"""What the package ships: the alloy series of the paper, and structure files for examples."""

from peakscape.datasets.alloy import alloy_table, load_alloy_structures
from peakscape.datasets.files import path

__all__ = ["alloy_table", "load_alloy_structures", "path"]
