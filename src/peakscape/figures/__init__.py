"""Figures: every function takes numbers, draws on the Axes that it is given, returns it, and computes nothing."""

from peakscape.figures.canvas import INK, new, save
from peakscape.figures.curves import generated, reconstruction, relevance
from peakscape.figures.grouping import dendrogram, group_colors, medoid_spectra
from peakscape.figures.maps import feature_space, painted_map, trajectories
from peakscape.figures.scores import dots

__all__ = [
    "INK",
    "dendrogram",
    "dots",
    "feature_space",
    "generated",
    "group_colors",
    "medoid_spectra",
    "new",
    "painted_map",
    "reconstruction",
    "relevance",
    "save",
    "trajectories",
]
