"""The container: spectra as an xarray.Dataset by a written convention (docs/architecture.md)."""

from peakscape.spectra.container import axis_label, axis_name, check, make, numeric_labels
from peakscape.spectra.operations import concatenate, resample, scale, select, split
from peakscape.spectra.storage import open, save

__all__ = [
    "axis_label",
    "axis_name",
    "check",
    "concatenate",
    "make",
    "numeric_labels",
    "open",
    "resample",
    "save",
    "scale",
    "select",
    "split",
]
