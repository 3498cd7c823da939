"""The study of boron nitride."""

from peakscape.studies.nitride.compute import NitrideSettings
from peakscape.studies.nitride.study import run

__all__ = ["NitrideSettings", "run"]
