"""Is a measurement fit for what is read from it: a report of alerts, in the manner of checkCIF."""

from peakscape.quality.alerts import Alert
from peakscape.quality.judging import check

__all__ = ["Alert", "check"]
