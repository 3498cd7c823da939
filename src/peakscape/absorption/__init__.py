"""X-ray absorption near edges: core-hole calculations (extra ``gpaw``), spectra from sticks, and measured scans."""

from peakscape.absorption.alignment import Alignment, align, calibrate
from peakscape.absorption.averaging import Average, average, average_repeats
from peakscape.absorption.broadening import spectrum_from_sticks
from peakscape.absorption.deglitching import Deglitched, deglitch
from peakscape.absorption.edges import core_hole_width, edge_energy, edges_within
from peakscape.absorption.excitation import core_hole, ground_state
from peakscape.absorption.lifetime import broaden, lifetime_width
from peakscape.absorption.scans import normalize_scan
from peakscape.absorption.series import CoreHoleJob, run_series
from peakscape.absorption.settings import CoreHoleSettings
from peakscape.absorption.spectrum import CoreHoleSpectrum, open_spectra, save_spectra
from peakscape.spectra.edge_energy import find_edge_energy
from peakscape.spectra.edge_step import NormalizedAbsorption, normalize

__all__ = [
    "Alignment",
    "Average",
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
    "deglitch",
    "edge_energy",
    "edges_within",
    "find_edge_energy",
    "ground_state",
    "lifetime_width",
    "normalize",
    "normalize_scan",
    "open_spectra",
    "run_series",
    "save_spectra",
    "spectrum_from_sticks",
]
