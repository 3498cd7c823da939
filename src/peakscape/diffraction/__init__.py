"""Powder diffraction: from crystal structures to patterns, reflections and labelled peaks."""

from peakscape.diffraction.disturbances import Disturbances, displacement_shift, disturb
from peakscape.diffraction.form_factors import Scattering, anomalous, form_factor
from peakscape.diffraction.instrument import Caglioti, Instrument, lorentz_polarization, profile_width
from peakscape.diffraction.pattern import simulate
from peakscape.diffraction.phase_mixture import PhaseMixture
from peakscape.diffraction.reflections import Reflections, label_peaks, reflections, two_theta_from_d_spacing
from peakscape.diffraction.variation import Variations, vary

__all__ = [
    "Caglioti",
    "Disturbances",
    "Instrument",
    "PhaseMixture",
    "Reflections",
    "Scattering",
    "Variations",
    "anomalous",
    "displacement_shift",
    "disturb",
    "form_factor",
    "label_peaks",
    "lorentz_polarization",
    "profile_width",
    "reflections",
    "simulate",
    "two_theta_from_d_spacing",
    "vary",
]
