"""What a map tells: composition, relevant peaks, spectra in between, the meaning of its axes, and its scores."""

from peakscape.analysis.generation import Generated, generate, reconstruction_errors
from peakscape.analysis.masking import mask_displacements
from peakscape.analysis.painting import Painted, contour_points, paint
from peakscape.analysis.peaks import compare_positions, find_peaks
from peakscape.analysis.ranking import rank_peaks, spearman_between_halves, strong_irrelevant
from peakscape.analysis.readout import CompositionReadout
from peakscape.analysis.relevance import Relevance, relevance
from peakscape.analysis.splits import LeftOut, leave_group_out, random_splits

__all__ = [
    "CompositionReadout",
    "Generated",
    "LeftOut",
    "Painted",
    "Relevance",
    "compare_positions",
    "contour_points",
    "find_peaks",
    "generate",
    "leave_group_out",
    "mask_displacements",
    "paint",
    "random_splits",
    "rank_peaks",
    "reconstruction_errors",
    "relevance",
    "spearman_between_halves",
    "strong_irrelevant",
]
