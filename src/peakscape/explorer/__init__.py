"""The page in which a feature space is walked through: as one file, in a notebook, and served on the own machine."""

from peakscape.explorer.page import export, show

__all__ = ["export", "show"]
