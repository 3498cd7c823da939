"""Powder diffraction: from crystal structures to patterns, reflections and labelled peaks."""

from peakscape.diffraction.disturbances import Disturbances, disturb
from peakscape.diffraction.form_factors import Scattering, form_factor
from peakscape.diffraction.instrument import Caglioti, Instrument
from peakscape.diffraction.pattern import simulate
from peakscape.diffraction.phase_mixture import PhaseMixture
from peakscape.diffraction.reflections import Reflections, label_peaks, reflections
from peakscape.diffraction.variation import Variations, vary

__all__ = [
    "Caglioti",
    "Disturbances",
    "Instrument",
    "PhaseMixture",
    "Reflections",
    "Scattering",
    "Variations",
    "disturb",
    "form_factor",
    "label_peaks",
    "reflections",
    "simulate",
    "vary",
]
