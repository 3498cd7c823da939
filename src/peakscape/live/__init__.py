"""Live: spectra as they are measured, each placed within a second, none lost; sources, ledger, agent."""

from peakscape.live.agent import Agent
from peakscape.live.ledger import read_ledger
from peakscape.live.measured import LiveSource, Measured
from peakscape.live.watching import watching

__all__ = ["Agent", "LiveSource", "Measured", "read_ledger", "watching"]
