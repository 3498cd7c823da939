"""The weights of a network as one flat array, padded to the widths that the compiled kernel takes."""

from dataclasses import dataclass

import numpy as np

from peakscape.maps.network import Weights

LINEAR_NAMES = {"encoder.linear.weight", "decoder.linear.weight"}


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
    """Lay the weights of a network out.

    Parameters
    ----------
    weights
        Weights of one member.
    lanes
        The widths are rounded up to multiples of it.

    Returns
    -------
    Layout

    Examples
    --------
    >>> from peakscape.maps.network import initial_weights
    >>> rng = np.random.default_rng(0)
    >>> weights = initial_weights(rng, rank=5, n_points=9, hidden=(20,), spread=None)
    >>> layout = layout_of(weights)
    >>> layout.nodes[:, 0].tolist()
    [16, 32, 16, 32, 16]
    >>> back = layout.unpack(layout.pack(weights))
    >>> all(np.array_equal(back[name], weights[name]) for name in weights)
    True
    """
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
