"""What the package ships: the alloy series of the paper, spectra of boron nitride, measured spectra, structures.

And what it can fetch: measured sets of other projects.
"""

from peakscape.datasets.alloy import alloy_table, load_alloy_structures
from peakscape.datasets.fetching import fetch, fetchable
from peakscape.datasets.files import path
from peakscape.datasets.measured import load_measured, measured_names, write_measured
from peakscape.datasets.nitride_spectra import load_foreign_spectra, load_nitride_dataset, load_nitride_spectra
from peakscape.datasets.simulated_series import simulated_kinds, simulated_series

__all__ = [
    "alloy_table",
    "fetch",
    "fetchable",
    "load_alloy_structures",
    "load_foreign_spectra",
    "load_measured",
    "load_nitride_dataset",
    "load_nitride_spectra",
    "measured_names",
    "path",
    "simulated_kinds",
    "simulated_series",
    "write_measured",
]
