"""What a map tells: composition, relevant peaks, spectra in between, the meaning of its axes, and its scores."""

from peakscape.analysis.readout import CompositionReadout
from peakscape.analysis.splits import LeftOut, leave_group_out, random_splits

__all__ = ["CompositionReadout", "LeftOut", "leave_group_out", "random_splits"]
