"""X-ray absorption near edges: core-hole calculations (extra ``gpaw``), their results, and spectra from sticks."""

from peakscape.absorption.broadening import spectrum_from_sticks
from peakscape.absorption.excitation import core_hole, ground_state
from peakscape.absorption.series import CoreHoleJob, run_series
from peakscape.absorption.settings import CoreHoleSettings
from peakscape.absorption.spectrum import CoreHoleSpectrum, open_spectra, save_spectra

__all__ = [
    "CoreHoleJob",
    "CoreHoleSettings",
    "CoreHoleSpectrum",
    "core_hole",
    "ground_state",
    "open_spectra",
    "run_series",
    "save_spectra",
    "spectrum_from_sticks",
]
