"""The study of a library of measured spectra."""

from peakscape.studies.library.compute import MAPS, LibrarySettings
from peakscape.studies.library.study import run

__all__ = ["MAPS", "LibrarySettings", "run"]
