"""The study of a series of mixtures."""

from peakscape.studies.mixture.compute import MixtureSettings
from peakscape.studies.mixture.study import run

__all__ = ["MixtureSettings", "run"]
