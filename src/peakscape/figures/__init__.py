"""Figures: every function takes numbers, draws on the Axes that it is given, returns it, and computes nothing."""

from peakscape.figures.absorption import map_quantity, score_curves, stacked_curves, window_scores
from peakscape.figures.canvas import INK, new, save
from peakscape.figures.curves import generated, reconstruction, relevance
from peakscape.figures.grouping import dendrogram, group_colors, medoid_spectra
from peakscape.figures.maps import feature_space, painted_map, trajectories
from peakscape.figures.naming import class_spectra, named_map, shares
from peakscape.figures.scores import dots
from peakscape.figures.series import path_speed, read_against_known, series_path, stacked_spectra

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
