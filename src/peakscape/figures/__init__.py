"""Figures: every function takes numbers, draws on the Axes that it is given, returns it, and computes nothing."""

from peakscape.figures.canvas import INK, group_colors, new, save
from peakscape.figures.grouping import dendrogram, medoid_spectra
from peakscape.figures.maps import feature_space, map_quantity, named_map, painted_map, series_path, trajectories
from peakscape.figures.scores import dots, path_speed, read_against_known, score_curves, shares, window_scores
from peakscape.figures.spectra import (
    class_spectra,
    generated,
    reconstruction,
    relevance,
    stacked_curves,
    stacked_spectra,
)

__all__ = [
    "INK",
    "class_spectra",
    "dendrogram",
    "dots",
    "feature_space",
    "generated",
    "group_colors",
    "map_quantity",
    "medoid_spectra",
    "named_map",
    "new",
    "painted_map",
    "path_speed",
    "read_against_known",
    "reconstruction",
    "relevance",
    "save",
    "score_curves",
    "series_path",
    "shares",
    "stacked_curves",
    "stacked_spectra",
    "trajectories",
    "window_scores",
]
