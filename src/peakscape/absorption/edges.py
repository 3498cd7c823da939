"""Energies of absorption edges and widths of core holes: the table of `signal.edge_table`."""

from peakscape.signal.edge_table import EDGES, core_hole_width, edge_energy, edges_within

__all__ = ["EDGES", "core_hole_width", "edge_energy", "edges_within"]
