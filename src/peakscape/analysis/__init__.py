"""What a map tells: composition, relevant peaks, spectra in between, the meaning of its axes, and its scores."""

from peakscape.analysis.associations import associate
from peakscape.analysis.axes import axis_correlations
from peakscape.analysis.clusters import describe_clusters, group_samples
from peakscape.analysis.comparison import align_maps, compare_maps
from peakscape.analysis.distances import spectrum_distances
from peakscape.analysis.generation import generate, interpolate_spectra, reconstruct
from peakscape.analysis.mixtures.blind import BlindParts, count_parts
from peakscape.analysis.mixtures.components import count_components
from peakscape.analysis.mixtures.unmix import Unmix
from peakscape.analysis.naming import Identifier
from peakscape.analysis.novelty.calibration import Novelty
from peakscape.analysis.painting import paint
from peakscape.analysis.peaks import find_peaks, rank_peaks
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.analysis.readout.transitions import find_transitions
from peakscape.analysis.relevance import relevance, window_importance
from peakscape.analysis.validation.intervals import LeftOutIntervals
from peakscape.analysis.validation.left_out import compare_left_out
from peakscape.analysis.validation.peak_line import PeakLine

__all__ = [
    "BlindParts",
    "CompositionReadout",
    "Identifier",
    "LeftOutIntervals",
    "Novelty",
    "PeakLine",
    "Unmix",
    "align_maps",
    "associate",
    "axis_correlations",
    "compare_left_out",
    "compare_maps",
    "count_components",
    "count_parts",
    "describe_clusters",
    "find_peaks",
    "find_transitions",
    "generate",
    "group_samples",
    "interpolate_spectra",
    "paint",
    "rank_peaks",
    "reconstruct",
    "relevance",
    "spectrum_distances",
    "window_importance",
]
