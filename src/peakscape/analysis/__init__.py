"""What a map tells: composition, relevant peaks, spectra in between, the meaning of its axes, and its scores."""

from peakscape.analysis.associations import associate
from peakscape.analysis.axes import Trajectory, axis_correlations, gradient_directions, trajectory_shifts
from peakscape.analysis.clusters import ClusterDescriptions, Grouping, dense_groups, describe_clusters, group_samples
from peakscape.analysis.comparison import MapOverlay, Trials, align_maps, compare_maps, overlay_maps
from peakscape.analysis.distances import map_distances, spectrum_distances
from peakscape.analysis.generation import (
    Generated,
    InterpolatedSpectra,
    generate,
    interpolate_spectra,
    r2_per_spectrum,
    reconstruct,
)
from peakscape.analysis.inputs import place_members
from peakscape.analysis.mixtures.components import count_components
from peakscape.analysis.mixtures.unmix import Unmix
from peakscape.analysis.naming import Identifier, Search, identifier_state, restore_identifier
from peakscape.analysis.novelty.calibration import Novelty
from peakscape.analysis.nuisance import Spacing, composition_spacing, nuisance_table
from peakscape.analysis.painting import Painted, paint
from peakscape.analysis.peaks import (
    compare_positions,
    find_peaks,
    rank_peaks,
    spearman_between_halves,
    strong_irrelevant,
)
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.analysis.readout.path import find_transitions, path_steps
from peakscape.analysis.relevance import Relevance, mask_displacements, relevance, window_importance
from peakscape.analysis.validation.intervals import LeftOutIntervals
from peakscape.analysis.validation.left_out import compare_left_out, default_methods, trusted_method
from peakscape.analysis.validation.peak_line import PeakLine
from peakscape.analysis.validation.regressors import BroadenedPLS, MapRegressor, SharedFits, default_baselines
from peakscape.analysis.validation.splits import leave_group_out, random_splits

__all__ = [
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
# For other rooms, which find these by their modules too; not for users.
__all__ += [
    "BroadenedPLS",
    "ClusterDescriptions",
    "Generated",
    "Grouping",
    "InterpolatedSpectra",
    "MapOverlay",
    "MapRegressor",
    "Painted",
    "Relevance",
    "Search",
    "SharedFits",
    "Spacing",
    "Trajectory",
    "Trials",
    "compare_positions",
    "composition_spacing",
    "default_baselines",
    "default_methods",
    "dense_groups",
    "gradient_directions",
    "identifier_state",
    "leave_group_out",
    "map_distances",
    "mask_displacements",
    "nuisance_table",
    "overlay_maps",
    "path_steps",
    "place_members",
    "r2_per_spectrum",
    "random_splits",
    "restore_identifier",
    "spearman_between_halves",
    "strong_irrelevant",
    "trajectory_shifts",
    "trusted_method",
]
