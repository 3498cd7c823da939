"""Figures: every function takes numbers, draws on the Axes that it is given, returns it, and computes nothing."""

from peakscape.figures.canvas import new, save
from peakscape.figures.maps import feature_space, painted_map
from peakscape.figures.mixtures import mixture_map
from peakscape.figures.spectra import relevance, stacked_spectra

__all__ = [
    "feature_space",
    "mixture_map",
    "new",
    "painted_map",
    "relevance",
    "save",
    "stacked_spectra",
]
