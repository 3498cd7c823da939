"""Beyond one machine: the same calls for 10^4 to 10^9 spectra, region by region, on Dask's workers or on one core."""

from peakscape.cluster.connection import connect
from peakscape.cluster.landmarks import fit
from peakscape.cluster.nearest import index, neighbours
from peakscape.cluster.placing import place
from peakscape.cluster.simulating import simulate
from peakscape.cluster.sources import SimulatedSpectra

__all__ = ["SimulatedSpectra", "connect", "fit", "index", "neighbours", "place", "simulate"]
