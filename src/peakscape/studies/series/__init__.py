"""The study of a measured series."""

from peakscape.studies.series.compute import SeriesSettings
from peakscape.studies.series.study import run

__all__ = ["SeriesSettings", "run"]
