"""The container: spectra as an xarray.Dataset by a written convention (docs/architecture.md)."""

from peakscape.spectra.container import (
    AXES,
    absorption_scales,
    axis_label,
    axis_name,
    check,
    make,
    numeric_labels,
    remember,
    shift_axis,
)
from peakscape.spectra.operations import concatenate, resample, scale, select, split
from peakscape.spectra.storage import open, save

__all__ = [
    "AXES",
    "absorption_scales",
    "axis_label",
    "axis_name",
    "check",
    "concatenate",
    "make",
    "numeric_labels",
    "open",
    "remember",
    "resample",
    "save",
    "scale",
    "select",
    "shift_axis",
    "split",
]
