"""The relevance scan: every window of 0.03 degree of every pattern, without copies, against copies."""

from typing import Any

import numpy as np

import peakscape as ps
from benchmarks import series, train
from benchmarks.limits import relevance_operations
from benchmarks.timing import cpu_seconds, median_seconds, one_core, paired_ratio, wall_seconds

WIDTH = 3  # points: 0.03 degree
N_AT_ONCE = 500


def measure(*, quick: bool) -> dict[str, Any]:
    patterns = series.training_patterns()
    n_epochs, n_runs = (2, 2) if quick else (50, 9)  # the time of a scan does not depend on how well the map is trained
    one = train.fit(patterns, n_members=1, n_epochs=n_epochs)
    ten = train.fit(patterns, n_members=10, n_epochs=n_epochs)
    n_windows = patterns.shape[1] - WIDTH + 1
    starts = np.arange(n_windows)
    every = np.concatenate([patterns, patterns[:15]])[: 3 if quick else 150]

    def scan_all() -> None:
        axis = series.TWO_THETA[0] + series.TWO_THETA[2] * np.arange(patterns.shape[1])
        for pattern in every:
            ps.analysis.relevance(ten, pattern, axis=axis)

    one.transform_masked(patterns[0], starts, starts + WIDTH)  # compiles or loads what is compiled
    with one_core():
        prepare = cpu_seconds(lambda: ten.transform_masked(patterns[0], starts, starts + WIDTH))
        alone = median_seconds(lambda: one.transform_masked(patterns[0], starts, starts + WIDTH), n_runs=n_runs)
        shared = median_seconds(lambda: ten.transform_masked(patterns[0], starts, starts + WIDTH), n_runs=n_runs)
        pair = paired_ratio(
            lambda: one.transform_masked(patterns[0], starts, starts + WIDTH),
            lambda: masked_copies(one, patterns[0], starts, precision="float32"),
            n_pairs=1 if quick else 5,
        )
        total = cpu_seconds(scan_all)
    return {
        "ms_per_pattern": 1e3 * alone["median"],
        "ms_per_pattern_range": [1e3 * alone["min"], 1e3 * alone["max"]],
        "ms_per_pattern_of_ten": 1e2 * shared["median"],
        "first_pattern_of_ten_s": prepare,
        "total_s": total,
        "total_all_cores_s": wall_seconds(scan_all),
        "n_patterns": len(every),
        "ratio": {"masked_copies": pair["median"]},
        "pairs": {"masked_copies": pair},
        "max_difference": largest_difference(ten, patterns[[0, -1]], starts[:: 400 if quick else 7]),
        "n_windows": n_windows,
        "operations": relevance_operations(n_windows),
        "seconds": alone["median"],
    }


def masked_copies(space: ps.maps.Autoencoder, pattern: np.ndarray, starts: np.ndarray, *, precision: str) -> np.ndarray:
    """Place masked copies by every member, (n_members, n_windows, 2): the plain way, in batches of copies.

    The basis is folded into the first layer beforehand, so that this is the paper's network as it stands.
    """
    layers = [folded(space, member, precision) for member in range(len(space.losses_))]
    codes = []
    for first in range(0, len(starts), N_AT_ONCE):
        windows = starts[first : first + N_AT_ONCE]
        copies = np.repeat((pattern / space.scale_).astype(precision)[None], len(windows), axis=0)
        copies[np.arange(len(windows))[:, None], windows[:, None] + np.arange(WIDTH)] = 0.0
        codes.append([encode(weights, copies) for weights in layers])
    code = np.concatenate(codes, axis=1)
    return np.asarray(code @ space.alignment_matrix_ + space.alignment_shift_[:, None, :])


def folded(space: ps.maps.Autoencoder, member: int, precision: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of the encoder over all points of a pattern (the paper's recipe subtracts no mean)."""
    weights = {name: array[member].astype(np.float64) for name, array in space.weights_.items()}
    layers = [(weights[f"encoder.{k}.weight"], weights[f"encoder.{k}.bias"]) for k in range(4)]
    layers[0] = (space.basis_ @ layers[0][0], layers[0][1])
    return [(weight.astype(precision), bias.astype(precision)) for weight, bias in layers]


def encode(layers: list[tuple[np.ndarray, np.ndarray]], values: np.ndarray) -> np.ndarray:
    for weight, bias in layers[:-1]:
        values = np.maximum(values @ weight + bias, 0.0)
    return np.tanh(values @ layers[-1][0] + layers[-1][1])


def largest_difference(space: ps.maps.Autoencoder, patterns: np.ndarray, starts: np.ndarray) -> float:
    """Ours against masked copies in double precision, in units of the map (the code spans -1 to 1)."""
    return max(
        float(
            np.abs(
                space.transform_masked(pattern, starts, starts + WIDTH)
                - masked_copies(space, pattern, starts, precision="float64")
            ).max()
        )
        for pattern in patterns
    )
