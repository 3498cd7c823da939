"""The XRD study of Sm(1-y)Zr(y)Fe(12-x)Ti(x)."""

from peakscape.studies.alloy.compute import Settings
from peakscape.studies.alloy.study import run

__all__ = ["Settings", "run"]
