"""The network of the autoencoder: its weights, its start and its two halves.

`encode` and `decode` work on numpy and on jax arrays alike, so that training and use run the same network. Arrays of
several members carry a leading axis of members. Weights are a dictionary: ``encoder.0.weight (n_in, n_out)``,
``encoder.0.bias (n_out,)``, ... and, in the residual recipe, ``encoder.linear.weight (rank, 2)`` and
``decoder.linear.weight (2, rank)``.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Weights = dict[str, Any]

N_AXES = 2
"""Dimensions of the code: a map is a plane."""

CODE_GAIN = 0.3
"""Root mean square of the linear code along the first principal component at the residual start: inside the range in
which tanh is nearly straight (2 % off at 0.3)."""

LAST_LAYER_SHRINK = 0.01
"""Factor on the last layers of encoder and decoder at the residual start, so that training begins at PCA."""


SAMPLES_AT_ONCE = 1024
"""Samples that all members encode at once: what the first layers give takes some 10 MB."""

LINEAR_NAMES = {"encoder.linear.weight", "decoder.linear.weight"}
"""Matrices that lead around a half of the network."""


def initial_weights(
    rng: np.random.Generator, *, rank: int, n_points: int, hidden: tuple[int, ...], spread: np.ndarray | None
) -> Weights:
    """Draw the weights before training, as PyTorch draws them: uniform within 1 / sqrt(fan-in).

    The fan-in of the first layer is that of all `n_points`: projecting a layer drawn over all points onto the basis of
    the span, of `rank` directions, gives entries of the same variance, to a good approximation normal. `spread`, the
    standard deviations of the leading span coordinates, shape (2,), asks for the residual start at PCA; None for the
    plain network.
    """
    weights: Weights = {}
    sizes = [rank, *hidden, N_AXES]
    for half, ends in (("encoder", sizes), ("decoder", sizes[::-1])):
        for layer, (n_in, n_out) in enumerate(pairwise(ends)):
            bound = 1.0 / np.sqrt(n_points if (half, layer) == ("encoder", 0) else n_in)
            shape = (n_in, n_out)
            if (half, layer) == ("encoder", 0):
                weights[f"{half}.{layer}.weight"] = rng.normal(0.0, bound / np.sqrt(3.0), shape)
            else:
                weights[f"{half}.{layer}.weight"] = rng.uniform(-bound, bound, shape)
            weights[f"{half}.{layer}.bias"] = rng.uniform(-bound, bound, n_out)
    if spread is not None:
        _start_at_pca(weights, spread, last=len(sizes) - 2)
    return {name: array.astype(np.float32) for name, array in weights.items()}


def _start_at_pca(weights: Weights, spread: np.ndarray, last: int) -> None:
    """Add the linear maps at the two leading span coordinates, and silence the last layers."""
    for half in ("encoder", "decoder"):
        weights[f"{half}.{last}.weight"] *= LAST_LAYER_SHRINK
        weights[f"{half}.{last}.bias"] *= 0.0
    rank = weights["encoder.0.weight"].shape[0]
    down, up = np.zeros((rank, N_AXES)), np.zeros((N_AXES, rank))
    gain = CODE_GAIN / spread[0]
    for axis in range(min(N_AXES, rank)):
        down[axis, axis], up[axis, axis] = gain, 1.0 / gain
    weights["encoder.linear.weight"], weights["decoder.linear.weight"] = down, up


def encode(weights: Weights, span: Any) -> Any:
    """Return the code (..., n_samples, 2) of span coordinates (..., n_samples, rank)."""
    xp = span.__array_namespace__()
    code = _perceptron(weights, "encoder", span)
    if "encoder.linear.weight" in weights:
        code = code + span @ weights["encoder.linear.weight"]
    return xp.tanh(code)


def joined(weights: Weights) -> tuple[np.ndarray, list[Weights]]:
    """Return what `encode_members` takes: all matrices that lead from the span side by side, and each member's rest."""
    names = [name for name in ("encoder.0.weight", "encoder.linear.weight") if name in weights]
    wide = np.hstack([matrix for name in names for matrix in weights[name]]).astype(np.float64)
    rest = [name for name in weights if name.startswith("encoder.") and name not in names]
    n_members = len(weights[names[0]])
    return wide, [{name: weights[name][k].astype(np.float64) for name in rest} for k in range(n_members)]


def encode_members(wide: np.ndarray, members: list[Weights], span: np.ndarray) -> np.ndarray:
    """Return the codes (n_members, n_samples, 2) of span coordinates (n_samples, rank), as `encode` gives them.

    By one product for all matrices that lead from the span, which is faster than one for each.
    """
    width, codes = len(members[0]["encoder.0.bias"]), np.empty((len(members), len(span), N_AXES))
    for first in range(0, len(span), SAMPLES_AT_ONCE):
        some = slice(first, first + SAMPLES_AT_ONCE)
        along = span[some] @ wide
        linear = along[:, len(members) * width :]
        for k, member in enumerate(members):
            code = _perceptron(member, "encoder", along[:, k * width : (k + 1) * width], entered=True)
            codes[k, some] = code + linear[:, N_AXES * k : N_AXES * (k + 1)] if linear.size else code
    return np.asarray(np.tanh(codes))


def decode(weights: Weights, code: Any) -> Any:
    """Return the span coordinates (..., n_samples, rank) of a code (..., n_samples, 2)."""
    span = _perceptron(weights, "decoder", code)
    if "decoder.linear.weight" in weights:
        span = span + code @ weights["decoder.linear.weight"]
    return span


def _perceptron(weights: Weights, half: str, values: Any, *, entered: bool = False) -> Any:
    """Run one half: ReLU between the layers, nothing after the last; `entered` by the first layer's product already."""
    xp = values.__array_namespace__()
    last = sum(name.startswith(f"{half}.") and name.endswith(".bias") for name in weights) - 1
    for layer in range(last + 1):
        product = values if entered and layer == 0 else values @ weights[f"{half}.{layer}.weight"]
        values = product + weights[f"{half}.{layer}.bias"][..., None, :]
        if layer < last:
            values = xp.maximum(values, 0.0)
    return values


def pad(weights: Weights, rank: int) -> Weights:
    """Return the weights of a network for `rank` span coordinates, the added ones without effect (zeros)."""
    missing = rank - weights["encoder.0.weight"].shape[0]
    padded = dict(weights)
    for name, side in _span_sides(weights).items():
        widths = [(0, missing) if axis == side else (0, 0) for axis in range(weights[name].ndim)]
        padded[name] = np.pad(weights[name], widths)
    return padded


def crop(weights: Weights, rank: int) -> Weights:
    """Return the weights without the span coordinates that `pad` added."""
    cropped = dict(weights)
    for name, side in _span_sides(weights).items():
        cropped[name] = np.take(weights[name], np.arange(rank), axis=side)
    return cropped


def _span_sides(weights: Weights) -> dict[str, int]:
    """Name the arrays of one member that have an axis of span coordinates, and which axis it is."""
    last = max(int(name.split(".")[1]) for name in weights if name.startswith("decoder.") and name.endswith(".bias"))
    sides = {"encoder.0.weight": 0, f"decoder.{last}.weight": 1, f"decoder.{last}.bias": 0}
    if "encoder.linear.weight" in weights:
        sides |= {"encoder.linear.weight": 0, "decoder.linear.weight": 1}
    return sides


@dataclass(frozen=True)
class Layout:
    """Where each array of weights stands in the flat array.

    Attributes
    ----------
    links : ndarray of int, shape (n_links, 3)
        Source, target and place of each matrix of weights.
    nodes : ndarray of int, shape (n_nodes, 3)
        Width, place of the biases and kind of each node: input, hidden layers, code, hidden layers, output.
    pieces : dict
        By name of the weights: place, shape in the flat array and shape without padding, rows and columns each.
    size : int
        Numbers in the flat array.
    """

    links: np.ndarray
    nodes: np.ndarray
    pieces: dict[str, tuple[int, tuple[int, int], tuple[int, ...]]]
    size: int

    def pack(self, weights: Weights) -> np.ndarray:
        """Return the weights of one member as one array of float32, shape (size,)."""
        flat = np.zeros(self.size, dtype=np.float32)
        for name, (place, padded, shape) in self.pieces.items():
            rows = np.reshape(weights[name], (-1, shape[-1]))
            view = flat[place : place + padded[0] * padded[1]].reshape(padded)
            view[: rows.shape[0], : rows.shape[1]] = rows
        return flat

    def unpack(self, flat: np.ndarray) -> Weights:
        """Return the weights by name, the reverse of `pack`."""
        weights: Weights = {}
        for name, (place, padded, shape) in self.pieces.items():
            view = flat[place : place + padded[0] * padded[1]].reshape(padded)
            weights[name] = view[: (shape[0] if len(shape) == 2 else 1), : shape[-1]].reshape(shape).copy()
        return weights


def layout_of(weights: Weights, *, lanes: int = 16) -> Layout:
    """Lay the weights of a network out, the widths rounded up to multiples of `lanes`."""
    half = sum(name.startswith("encoder.") and name.endswith(".bias") for name in weights)
    widths = [0] * (2 * half + 1)
    links, pieces, place = [], {}, 0
    biases = np.zeros(2 * half + 1, dtype=np.int64)
    for name, array in weights.items():
        part, layer, kind = name.split(".")
        source, target = (0, half) if part == "encoder" else (half, 2 * half)
        if name not in LINEAR_NAMES:
            source += int(layer)
            target = source + 1
        padded = tuple(-(-n // lanes) * lanes for n in array.shape)
        widths[target] = padded[-1]
        if kind == "bias":
            biases[target] = place
            padded = (1, padded[0])
        else:
            widths[source] = padded[0]
            links.append((source, target, place))
        pieces[name] = (place, (padded[0], padded[1]), array.shape)
        place += padded[0] * padded[1]
    kinds = np.zeros(2 * half + 1, dtype=np.int64)
    kinds[half], kinds[-1] = 1, 2
    nodes = np.column_stack([widths, biases, kinds]).astype(np.int64)
    return Layout(np.array(links, dtype=np.int64), nodes, pieces, place)
