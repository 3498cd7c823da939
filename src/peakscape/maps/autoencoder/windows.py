"""Codes of a pattern with windows masked, by the change that each window makes from layer to layer.

A window of three points changes the first pre-activations by three rows of a table, and what follows by products of
those changes with the weights. Changes are small numbers, so single precision keeps the displacement to about 1e-7 of
itself, which masked copies in single precision would not; the unmasked pattern is placed in double precision. With z
the pre-activation of the whole pattern and d its change, the change of the ReLU is max(d + min(z, 0), -max(z, 0)).

Most windows hold little and switch no unit on or off, so that the code before its tanh changes by a product with one
matrix. That is known without passing the layers: a first unit stays as it is where its change is smaller than its
pre-activation; and as long as all of them stay, a unit behind them is linear, so that it stays where the pattern moves
less than its pre-activation over the size of its gradient. Only the other windows pass the layers.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from peakscape.maps.autoencoder.kernel import ROWS, ZERO, add_product
from peakscape.maps.autoencoder.network import Weights, layout_of
from peakscape.maps.autoencoder.tiles import LANES, compiled
from peakscape.maps.autoencoder.training import n_cores

LONGEST_WINDOW = 64
"""Points of a window that is summed in single precision; the sum over a longer one would lose digits."""

BLOCK = 8 * ROWS
"""Windows that pass through the layers together: their numbers stay in the nearest cache."""


@dataclass(frozen=True)
class MaskedEncoder:
    """The encoder of one member, ready for many windows of many patterns.

    Attributes
    ----------
    table : ndarray of float32, shape (n_points, n_columns)
        What a unit of intensity at each point adds to the first pre-activations and, behind them, through the linear
        path to the code.
    reach : ndarray of float32, shape (n_points,)
        How far a unit of intensity at each point moves the span coordinates.
    parameters, links, nodes : ndarray
        The layers as `peakscape.maps.autoencoder.network` lays them out.
    weights : dict
        The same in double precision.
    """

    table: np.ndarray
    reach: np.ndarray
    parameters: np.ndarray
    links: np.ndarray
    nodes: np.ndarray
    weights: Weights

    def place(self, span: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        """Return the code of copies of one pattern with windows masked.

        Parameters
        ----------
        span
            Span coordinates of the whole pattern, shape (rank,).
        removed
            What is taken away at each point where it is masked, float32 of shape (n_points,).
        starts, stops
            Windows of at most LONGEST_WINDOW points, integers of shape (n_windows,).

        Returns
        -------
        ndarray
            Codes, shape (n_windows, 2).
        """
        whole = _pre_activations(self.weights, span, self.nodes)
        straight = _straight_part(self.weights, whole)
        code = np.empty((len(starts), 2))
        joined = np.concatenate(whole).astype(np.float32)
        ends = np.minimum(joined, ZERO), -np.maximum(joined, ZERO)
        layers = self.parameters, self.links, self.nodes
        points = self.table, self.reach
        _follow_windows(points, layers, ends, straight, removed, (starts, stops), code)
        return np.asarray(np.tanh(whole[-1][:2] + code))


def masked_encoder(sight: np.ndarray, weights: Weights) -> MaskedEncoder:
    """Prepare the encoder of one member; `sight` (n_points, rank) are the map's directions over its scale."""
    double = {name: array.astype(np.float64) for name, array in weights.items()}
    layout = layout_of(double)
    half = len(layout.nodes) // 2
    first = sight @ double["encoder.0.weight"]
    n_first = int(layout.nodes[1, 0])
    table = np.zeros((len(sight), n_first + LANES), dtype=np.float32)
    table[:, : first.shape[1]] = first
    if "encoder.linear.weight" in double:
        table[:, n_first : n_first + 2] = sight @ double["encoder.linear.weight"]
    links = layout.links[(layout.links[:, 1] <= half) & (layout.links[:, 0] > 0)]
    reach = (np.linalg.norm(sight, axis=1) * (1.0 + 1e-6)).astype(np.float32)
    return MaskedEncoder(table, reach, layout.pack(double), links, layout.nodes[: half + 1], double)


def place_windows(
    encoders: list[MaskedEncoder], span: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray
) -> np.ndarray:
    """Return codes (n_members, n_windows, 2) of masked copies of one pattern, on as many threads as cores.

    `span`, `starts`, `stops` as in `MaskedEncoder.place`; `removed` is what is taken away at each point, (n_points,).
    """
    single = removed.astype(np.float32)

    def place(encoder: MaskedEncoder) -> np.ndarray:
        return encoder.place(span, single, starts, stops)

    if len(encoders) == 1:
        return place(encoders[0])[None]
    with ThreadPoolExecutor(max_workers=min(len(encoders), n_cores())) as threads:
        return np.array(list(threads.map(place, encoders)))


def _pre_activations(weights: Weights, span: np.ndarray, nodes: np.ndarray) -> list[np.ndarray]:
    """Return the pre-activations of each node after the first for one pattern, with zeros up to the node's width."""
    values, found = span, []
    for layer in range(len(nodes) - 1):
        before = values @ weights[f"encoder.{layer}.weight"] + weights[f"encoder.{layer}.bias"]
        if layer == len(nodes) - 2 and "encoder.linear.weight" in weights:
            before = before + span @ weights["encoder.linear.weight"]
        found.append(np.pad(before, (0, nodes[layer + 1, 0] - len(before))))
        values = np.maximum(before, 0.0)
    return found


def _straight_part(weights: Weights, whole: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.float32]:
    """Say where and how the code is linear around one pattern.

    Returns the changes of the first pre-activations that switch a first unit, shape (width,); the code's derivative by
    these pre-activations, shape (2, width), without the linear path; and how far the span coordinates can move without
    switching a unit of the other layers.
    """
    width, radius = len(whole[0]), np.inf
    slope: np.ndarray | None = None
    gradient = weights["encoder.0.weight"]
    for layer in range(1, len(whole)):
        weight = weights[f"encoder.{layer}.weight"]
        alive = whole[layer - 1][: len(weight)] > 0.0
        behind = alive[:, None] * weight
        slope = behind if slope is None else slope @ behind
        gradient = gradient @ behind
        if layer < len(whole) - 1:
            size = np.abs(whole[layer][: weight.shape[1]])
            steep = np.linalg.norm(gradient, axis=0)
            radius = min(radius, float(np.min(size / np.maximum(steep, 1e-300))))
    limits, derivative = np.full(width, np.inf), np.zeros((2, width))
    n_first = weights["encoder.0.bias"].shape[0]
    limits[:n_first] = np.abs(whole[0][:n_first]) * (1.0 - 1e-6)
    if slope is not None:
        derivative[:, :n_first] = slope.T
    return limits.astype(np.float32), derivative.astype(np.float32), np.float32(radius * (1.0 - 1e-6))


@compiled()
def _follow_windows(points, layers, ends, straight, removed, windows, code):  # type: ignore[no-untyped-def]
    """Write the changes of the code before its tanh, shape (n_windows, 2)."""
    (table, reach), (starts, stops) = points, windows
    (parameters, links, nodes), (lows, highs), (limits, slope, radius) = layers, ends, straight
    widest, width = 0, nodes[1, 0]
    for node in range(1, len(nodes)):
        widest = max(widest, nodes[node, 0])
    buffers = np.empty((2, BLOCK * widest), np.float32)
    changes, chosen, n_chosen = np.zeros((BLOCK, table.shape[1]), np.float32), np.zeros(BLOCK, np.int64), 0
    for window in range(len(starts)):
        moved = ZERO
        for point in range(starts[window], stops[window]):
            moved += abs(removed[point]) * reach[point]
        if not _remove(table, removed, starts[window], stops[window], changes, n_chosen):
            code[window, 0] = code[window, 1] = 0.0  # what is zero anyway does not move the point
        elif moved < radius and not _switches(changes, n_chosen, limits):
            for axis in range(2):
                code[window, axis] = _along(changes, n_chosen, slope, axis) + changes[n_chosen, width + axis]
        else:
            chosen[n_chosen] = window
            n_chosen += 1
        if n_chosen == BLOCK or (window == len(starts) - 1 and n_chosen > 0):
            last = _follow_block(parameters, links, nodes, lows, highs, changes, buffers)
            for row in range(n_chosen):
                for axis in range(2):
                    code[chosen[row], axis] = last[row, axis] + changes[row, width + axis]
            n_chosen = 0


@compiled(reorder=True, embedded=True)
def _switches(changes, row, limits):  # type: ignore[no-untyped-def]
    """Count the first units that a change may switch on or off."""
    count = np.int32(0)
    for i in range(limits.size):
        count += np.int32(abs(changes[row, i]) >= limits[i])
    return count


@compiled(reorder=True, embedded=True)
def _along(changes, row, slope, axis):  # type: ignore[no-untyped-def]
    """Return the product of a change with one row of the slope."""
    total = ZERO
    for i in range(slope.shape[1]):
        total += changes[row, i] * slope[axis, i]
    return total


@compiled(embedded=True)
def _remove(table, removed, start, stop, changes, row):  # type: ignore[no-untyped-def]
    """Write minus the sum of a window's rows of the table, each times what is removed there, unless all is zero."""
    moves = False
    for point in range(start, stop):
        number = removed[point]
        if number != ZERO:
            if not moves:
                for i in range(table.shape[1]):
                    changes[row, i] = -number * table[point, i]
            else:
                for i in range(table.shape[1]):
                    changes[row, i] -= number * table[point, i]
            moves = True
    return moves


@compiled(embedded=True)
def _follow_block(parameters, links, nodes, lows, highs, changes, buffers):  # type: ignore[no-untyped-def]
    """Carry changes of the first pre-activations to the last ones, shape (BLOCK, width of the code)."""
    first, width = 0, nodes[1, 0]
    here = buffers[0, : BLOCK * width].reshape((BLOCK, width))
    _bend(changes, lows[:width], highs[:width], here)
    for node in range(2, len(nodes)):
        n_out = nodes[node, 0]
        there = buffers[(node - 1) % 2, : BLOCK * n_out].reshape((BLOCK, n_out))
        for row in range(BLOCK):
            for i in range(n_out):
                there[row, i] = ZERO
        for link in range(len(links)):
            if links[link, 1] == node:
                shape = (BLOCK, width, n_out)
                add_product(there.reshape(-1), 0, here.reshape(-1), 0, parameters, links[link, 2], shape)
        first += width
        if node < len(nodes) - 1:
            _bend(there, lows[first : first + n_out], highs[first : first + n_out], there)
        here, width = there, n_out
    return here


@compiled(embedded=True)
def _bend(changes, low, high, out):  # type: ignore[no-untyped-def]
    """Turn changes before the ReLU, rows of `changes`, into changes behind it."""
    for row in range(len(changes)):
        for i in range(low.size):
            change = changes[row, i] + low[i]
            out[row, i] = change if change > high[i] else high[i]
