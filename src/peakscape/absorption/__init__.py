"""X-ray absorption near edges: core-hole calculations (extra ``gpaw``), spectra from sticks, and measured scans."""

from peakscape.absorption.alignment import align, calibrate
from peakscape.absorption.broadening import broaden, spectra_from_sticks
from peakscape.absorption.deglitching import deglitch
from peakscape.absorption.edges import edge_energy
from peakscape.absorption.excitation import CoreHoleSettings, core_hole, ground_state
from peakscape.absorption.features import electronic_features
from peakscape.absorption.sample_set import dataset_from_core_holes
from peakscape.absorption.scans import average
from peakscape.absorption.series import CoreHoleJob, run_series
from peakscape.absorption.spectrum import CoreHoleSpectrum, open_spectra, save_spectra
from peakscape.signal.edge import NormalizedAbsorption, find_edge_energy, normalize

__all__ = [
    "CoreHoleJob",
    "CoreHoleSettings",
    "CoreHoleSpectrum",
    "NormalizedAbsorption",
    "align",
    "average",
    "broaden",
    "calibrate",
    "core_hole",
    "dataset_from_core_holes",
    "deglitch",
    "edge_energy",
    "electronic_features",
    "find_edge_energy",
    "ground_state",
    "normalize",
    "open_spectra",
    "run_series",
    "save_spectra",
    "spectra_from_sticks",
]
