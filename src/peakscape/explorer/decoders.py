"""A map as the page runs it: from a place to a spectrum, and from a spectrum to its place, with Python's numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.explorer.packing import Rounded
from peakscape.maps import PCA, Autoencoder, ShiftMap
from peakscape.maps.span_map import MixingMap, SpanMap

Array = NDArray[np.float64]
CHECKED = 25
"""Known places at which the error of rounded bases is measured."""


@dataclass(frozen=True)
class Decoder:
    """A map for the page.

    Attributes
    ----------
    told : dict
        What the page is given; ``kind`` is "span" (directions, and members that give amounts of them), "shift" (mixed
        patterns, shifted) or "none": then spectra are decoded, if at all, by the server.
    error : float
        Largest error of decoded curves because bases are rounded, relative to the maximum; 0 where they are not.
    """

    told: dict[str, Any]
    error: float = 0.0


def decoder_of(map: Any, points: Array, *, rounded: bool = False) -> Decoder:
    """Describe how a map decodes, and encodes where the page can.

    Parameters
    ----------
    map
        Fitted.
    points
        Known places, shape (n_samples, 2), where the error of rounding is measured.
    rounded
        Send bases as 16-bit integers, at half the size.
    """
    if isinstance(map, ShiftMap):
        return _of_shift_map(map, points, rounded=rounded)
    if isinstance(map, Autoencoder | PCA | MixingMap):
        return _of_span_map(map, points, rounded=rounded)
    decodes = hasattr(map, "inverse_transform")
    return Decoder({"kind": "none", "server_decodes": decodes, "encodes": False})


def _table(rows: Array, rounded: bool) -> Any:
    """Rows as they are sent: in single precision, or as 16-bit integers."""
    return Rounded(rows) if rounded else rows.astype(np.float32)


def _of_span_map(map: SpanMap, points: Array, *, rounded: bool) -> Decoder:
    sight = map._sight()
    own_sight = sight is not map.basis_
    basis = np.ascontiguousarray(map.basis_.T)
    told: dict[str, Any] = {
        "kind": "span",
        "scale": float(map.scale_),
        "mean": np.asarray(map.mean_, dtype=np.float64),
        "basis": _table(basis, rounded),
        "sight": _table(np.ascontiguousarray(sight.T), rounded) if own_sight else None,
        "encodes": isinstance(map, Autoencoder | PCA),
        "members": _members(map),
    }
    if isinstance(map, MixingMap):
        told["mixing"] = {
            "points": map.mixed_, "table": map.mixing_, "length": map.decoder_length_, "size": map.size_
        }  # fmt: skip
    if not rounded:
        return Decoder(told)
    seen = points[:: max(1, len(points) // CHECKED)]
    exact = np.atleast_2d(map.inverse_transform(seen))
    span = map._bring_back(np.broadcast_to(seen, (max(1, len(map._trusted())), *seen.shape)))[map._trusted()]
    sent = np.median((span @ Rounded(basis).restored() + map.mean_) * map.scale_, axis=0)
    return Decoder(told, float(np.abs(sent - exact).max() / np.abs(exact).max()))


def _members(map: SpanMap) -> list[dict[str, Any]]:
    """The networks of an autoencoder that can be trusted; no members for maps that have none."""
    if not isinstance(map, Autoencoder):
        return []
    members = []
    for number in np.flatnonzero(map._trusted()):
        weights = {name: array[number] for name, array in map.weights_.items()}
        members.append(
            {
                "encoder": _layers(weights, "encoder"),
                "decoder": _layers(weights, "decoder"),
                "align": map.alignment_matrix_[number],
                "back": np.linalg.inv(map.alignment_matrix_[number]),
                "shift": map.alignment_shift_[number],
            }
        )
    return members


def _layers(weights: dict[str, NDArray[np.float32]], half: str) -> dict[str, Any]:
    n_layers = sum(name.startswith(f"{half}.") and name.endswith(".bias") for name in weights)
    return {
        "weights": [weights[f"{half}.{layer}.weight"] for layer in range(n_layers)],
        "biases": [weights[f"{half}.{layer}.bias"] for layer in range(n_layers)],
        "linear": weights.get(f"{half}.linear.weight"),
    }


def _of_shift_map(map: ShiftMap, points: Array, *, rounded: bool) -> Decoder:
    told = {
        "kind": "shift",
        "points": map.mixed_,
        "table": _table(map.mixing_, rounded),
        "length": float(map.length),
        "mean": np.asarray(map.mean_, dtype=np.float64),
        "axis": np.asarray(map.axis_, dtype=np.float64),
        "center": map.center_,
        "spread": map.spread_,
        "encodes": False,
    }
    if not rounded:
        return Decoder(told)
    from peakscape.signal.gaussian_process import kernel

    # shifting is a weighted mean of neighbours: it makes no error larger
    change = Rounded(map.mixing_).restored() - map.mixing_
    seen = points[:: max(1, len(points) // CHECKED)]
    error = np.abs(kernel(seen, map.mixed_, map.length) @ change).max()
    return Decoder(told, float(error / np.abs(map.inverse_transform(seen)).max()))
