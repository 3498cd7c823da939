"""Preparation of measured spectra: background, spikes, K-alpha2, scale, shifts and common axes, as steps."""

from peakscape.preparation.background import Background
from peakscape.preparation.contrast import BandPass, Contrast
from peakscape.preparation.k_alpha import StripKAlpha2
from peakscape.preparation.normalizing import Normalize, NormalizeEdge, Scale
from peakscape.preparation.recipe import Recipe
from peakscape.preparation.resampling import Resample
from peakscape.preparation.shifts import Displacement, ZeroShift
from peakscape.preparation.spikes import Despike

__all__ = [
    "Background",
    "BandPass",
    "Contrast",
    "Despike",
    "Displacement",
    "Normalize",
    "NormalizeEdge",
    "Recipe",
    "Resample",
    "Scale",
    "StripKAlpha2",
    "ZeroShift",
]
