"""Saved maps: a folder without code, opened the same wherever it is; and its parts, for what holds a map in itself."""

from peakscape.maps.saved.folder import check_free, read_arrays, read_description, write
from peakscape.maps.saved.samples import add_samples, save_with_samples
from peakscape.maps.saved.storage import (
    SavedMap,
    below,
    compare_probe,
    load,
    load_saved,
    map_from_state,
    map_state,
    package_versions,
    restoring,
    save,
    take_probe,
    texts,
    warn_of_drift,
)
from peakscape.maps.saved.sums import sums_of

__all__ = [
    "SavedMap",
    "add_samples",
    "below",
    "check_free",
    "compare_probe",
    "load",
    "load_saved",
    "map_from_state",
    "map_state",
    "package_versions",
    "read_arrays",
    "read_description",
    "restoring",
    "save",
    "save_with_samples",
    "sums_of",
    "take_probe",
    "texts",
    "warn_of_drift",
    "write",
]
