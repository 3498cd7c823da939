"""What a map tells: composition, relevant peaks, spectra in between, the meaning of its axes, and its scores."""

from peakscape.analysis.associations import associate
from peakscape.analysis.axes import Trajectory, axis_correlations, gradient_directions, trajectory_shifts
from peakscape.analysis.baselines import BroadenedPLS, MapReadout, PreparedPLS, compare_baselines, default_baselines
from peakscape.analysis.cluster_descriptions import ClusterDescriptions, describe_clusters
from peakscape.analysis.comparison import compare_readouts, composition_errors
from peakscape.analysis.conformal import LeftOutIntervals
from peakscape.analysis.dense_groups import dense_groups
from peakscape.analysis.distances import map_distances, spectrum_distances
from peakscape.analysis.generation import Generated, generate, reconstruction_errors
from peakscape.analysis.group_permutations import adjust_p_values, permute_groups
from peakscape.analysis.grouping import Grouping, group_samples
from peakscape.analysis.identification import Identifier, Search
from peakscape.analysis.identifier_state import identifier_state, restore_identifier
from peakscape.analysis.interpolation import InterpolatedSpectra, interpolate_spectra
from peakscape.analysis.map_comparison import Trials, compare_maps
from peakscape.analysis.map_overlay import MapOverlay, align_maps, overlay_maps
from peakscape.analysis.map_regressor import MapRegressor
from peakscape.analysis.map_scores import label_silhouettes, neighbor_scores
from peakscape.analysis.masking import mask_displacements
from peakscape.analysis.members import place_members, trusted_members
from peakscape.analysis.novelty import Novelty
from peakscape.analysis.novelty_report import NoveltyReport
from peakscape.analysis.nuisance import Spacing, composition_spacing, nuisance_table
from peakscape.analysis.painting import Painted, contour_points, contour_readout, paint
from peakscape.analysis.path import find_transitions, path_steps
from peakscape.analysis.peak_line import PeakLine
from peakscape.analysis.peaks import compare_positions, find_peaks
from peakscape.analysis.ranking import rank_peaks, spearman_between_halves, strong_irrelevant
from peakscape.analysis.readout import CompositionReadout
from peakscape.analysis.reconstruction import r2_per_spectrum, reconstruct
from peakscape.analysis.relevance import Relevance, relevance
from peakscape.analysis.shared_fits import SharedFits
from peakscape.analysis.splits import LeftOut, leave_group_out, random_splits
from peakscape.analysis.trust import LeftOutComparison, compare_left_out, default_methods, trusted_method
from peakscape.analysis.typical_point import typical_point
from peakscape.analysis.window_importance import replace_window, window_importance

__all__ = [
    "BroadenedPLS",
    "ClusterDescriptions",
    "CompositionReadout",
    "Generated",
    "Grouping",
    "Identifier",
    "InterpolatedSpectra",
    "LeftOut",
    "LeftOutComparison",
    "LeftOutIntervals",
    "MapOverlay",
    "MapReadout",
    "MapRegressor",
    "Novelty",
    "NoveltyReport",
    "Painted",
    "PeakLine",
    "PreparedPLS",
    "Relevance",
    "Search",
    "SharedFits",
    "Spacing",
    "Trajectory",
    "Trials",
    "adjust_p_values",
    "align_maps",
    "associate",
    "axis_correlations",
    "compare_baselines",
    "compare_left_out",
    "compare_maps",
    "compare_positions",
    "compare_readouts",
    "composition_errors",
    "composition_spacing",
    "contour_points",
    "contour_readout",
    "default_baselines",
    "default_methods",
    "dense_groups",
    "describe_clusters",
    "find_peaks",
    "find_transitions",
    "generate",
    "gradient_directions",
    "group_samples",
    "identifier_state",
    "interpolate_spectra",
    "label_silhouettes",
    "leave_group_out",
    "map_distances",
    "mask_displacements",
    "neighbor_scores",
    "nuisance_table",
    "overlay_maps",
    "paint",
    "path_steps",
    "permute_groups",
    "place_members",
    "r2_per_spectrum",
    "random_splits",
    "rank_peaks",
    "reconstruct",
    "reconstruction_errors",
    "relevance",
    "replace_window",
    "restore_identifier",
    "spearman_between_halves",
    "spectrum_distances",
    "strong_irrelevant",
    "trajectory_shifts",
    "trusted_members",
    "trusted_method",
    "typical_point",
    "window_importance",
]
