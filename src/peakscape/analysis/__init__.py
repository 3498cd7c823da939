"""What a map tells: composition, relevant peaks, spectra in between, the meaning of its axes, and its scores."""

from peakscape.analysis.associations import adjust_p_values, associate, permute_groups
from peakscape.analysis.axes import Trajectory, axis_correlations, gradient_directions, trajectory_shifts
from peakscape.analysis.clusters import ClusterDescriptions, Grouping, dense_groups, describe_clusters, group_samples
from peakscape.analysis.comparison import (
    MapOverlay,
    Trials,
    align_maps,
    compare_maps,
    label_silhouettes,
    neighbor_scores,
    overlay_maps,
)
from peakscape.analysis.distances import map_distances, spectrum_distances
from peakscape.analysis.generation import (
    Generated,
    InterpolatedSpectra,
    generate,
    interpolate_spectra,
    r2_per_spectrum,
    reconstruct,
    reconstruction_errors,
)
from peakscape.analysis.inputs import place_members, trusted_members
from peakscape.analysis.naming import Identifier, Search, identifier_state, restore_identifier
from peakscape.analysis.novelty.calibration import Novelty
from peakscape.analysis.novelty.decision import NoveltyReport
from peakscape.analysis.nuisance import Spacing, composition_spacing, nuisance_table
from peakscape.analysis.painting import Painted, contour_points, contour_readout, paint, typical_point
from peakscape.analysis.peaks import (
    compare_positions,
    find_peaks,
    rank_peaks,
    spearman_between_halves,
    strong_irrelevant,
)
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.analysis.readout.path import find_transitions, path_steps
from peakscape.analysis.relevance import Relevance, mask_displacements, relevance, replace_window, window_importance
from peakscape.analysis.validation.intervals import LeftOutIntervals
from peakscape.analysis.validation.left_out import LeftOutComparison, compare_left_out, default_methods, trusted_method
from peakscape.analysis.validation.peak_line import PeakLine
from peakscape.analysis.validation.regressors import (
    BroadenedPLS,
    MapReadout,
    MapRegressor,
    PreparedPLS,
    SharedFits,
    default_baselines,
)
from peakscape.analysis.validation.splits import LeftOut, leave_group_out, random_splits

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
    "compare_left_out",
    "compare_maps",
    "compare_positions",
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
