"""The one object that answers: a map, its preparation, its known samples, and everything that can be asked of them."""

from peakscape.feature_space.answers import records
from peakscape.feature_space.asking import group_spectra
from peakscape.feature_space.reading import read
from peakscape.feature_space.space import FeatureSpace, open_space

__all__ = [
    "FeatureSpace",
    "group_spectra",
    "open_space",
    "read",
    "records",
]
