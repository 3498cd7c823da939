"""The page in which a feature space is walked through: as one file, and served on the own machine."""

from peakscape.explorer.page import export

__all__ = ["export"]
