"""X-ray absorption near edges: core-hole calculations (extra ``gpaw``), spectra from sticks, and measured scans."""

from peakscape.absorption.alignment import Alignment, align, calibrate
from peakscape.absorption.averaging import Average, average, average_repeats
from peakscape.absorption.band_gap import BandGap, find_band_gap
from peakscape.absorption.broadening import spectra_from_sticks, spectrum_from_sticks
from peakscape.absorption.deglitching import Deglitched, deglitch
from peakscape.absorption.edges import core_hole_width, edge_energy, edges_within
from peakscape.absorption.excitation import core_hole, ground_state
from peakscape.absorption.features import electronic_features, features_table
from peakscape.absorption.lifetime import broaden, lifetime_width
from peakscape.absorption.sample_set import dataset_from_core_holes
from peakscape.absorption.scans import normalize_scan
from peakscape.absorption.series import CoreHoleJob, run_series
from peakscape.absorption.settings import CoreHoleSettings
from peakscape.absorption.spectrum import CoreHoleSpectrum, open_spectra, save_spectra
from peakscape.signal.edge import NormalizedAbsorption, find_edge_energy, normalize

__all__ = [
    "Alignment",
    "Average",
    "BandGap",
    "CoreHoleJob",
    "CoreHoleSettings",
    "CoreHoleSpectrum",
    "Deglitched",
    "NormalizedAbsorption",
    "align",
    "average",
    "average_repeats",
    "broaden",
    "calibrate",
    "core_hole",
    "core_hole_width",
    "dataset_from_core_holes",
    "deglitch",
    "edge_energy",
    "edges_within",
    "electronic_features",
    "features_table",
    "find_band_gap",
    "find_edge_energy",
    "ground_state",
    "lifetime_width",
    "normalize",
    "normalize_scan",
    "open_spectra",
    "run_series",
    "save_spectra",
    "spectra_from_sticks",
    "spectrum_from_sticks",
]
