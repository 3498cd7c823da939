"""The one container: spectra as an xarray.Dataset by a written convention (docs/architecture.md)."""

from peakscape.spectra.absorption_scale import absorption_scales
from peakscape.spectra.container import AXES, axis_label, axis_name, check, make, numeric_labels, remember
from peakscape.spectra.operations import concatenate, resample, scale, select, split
from peakscape.spectra.shift_axis import shift_axis
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
