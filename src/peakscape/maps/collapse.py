"""The test for collapsed members: codes that ended on a point or a curve instead of filling the plane."""

import numpy as np

from peakscape.maps.network import Weights

SPREAD_LIMIT = 0.02
"""Below this, a code counts as collapsed. Ten members on each of six sets of 135 alloy patterns (FWHM 0.05 and 0.15
degree, both recipes): healthy members lie above 0.28 in both measures; two of the paper's recipe ended on a bent curve,
with a local spread below 1e-3, an error two to four times the others' and a code spread of up to 0.5."""

MOST_SAMPLES = 200
"""Training patterns at which the slope of the code is looked at."""


def code_spread(code: np.ndarray) -> float:
    """Return how two-dimensional a set of points is: the smaller singular value over the larger, after centring.

    Parameters
    ----------
    code
        Points, shape (n_samples, 2).

    Returns
    -------
    float
        1 for a round cloud, 0 for points on a straight line or a single point (all within 1e-6 of each other).

    Examples
    --------
    >>> code_spread(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
    1.0
    >>> code_spread(np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])) < 1e-12
    True
    """
    larger, smaller = np.linalg.svd(code - code.mean(axis=0), compute_uv=False)
    return float(smaller / larger) if larger > 1e-6 * np.sqrt(len(code)) else 0.0


def local_spread(weights: Weights, span: np.ndarray) -> float:
    """Return how two-dimensional the code of one member is around its training patterns.

    At each pattern the derivative of the code by the pattern has two singular values. A code that lies on a curve,
    however bent, can move in one direction only: the smaller value is 0.

    Parameters
    ----------
    weights
        Weights of one member.
    span
        Span coordinates of the training patterns, shape (n_samples, rank); at most 200 of them, evenly spaced, are
        looked at.

    Returns
    -------
    float
        Median over the patterns of the smaller singular value over the larger; 0 where both vanish.

    Examples
    --------
    >>> from peakscape.maps.network import initial_weights
    >>> rng = np.random.default_rng(0)
    >>> numbers = {"rank": 3, "n_points": 3, "spread": None}
    >>> span = rng.normal(size=(20, 3))
    >>> local_spread(initial_weights(rng, hidden=(8, 1), **numbers), span) < 1e-6
    True
    >>> local_spread(initial_weights(rng, hidden=(64, 64), **numbers), span) > 0.1
    True
    """
    if span.shape[1] < 2:
        return 0.0
    chosen = span[np.unique(np.linspace(0, len(span) - 1, MOST_SAMPLES).astype(int))]
    values = np.linalg.svd(_slopes(weights, chosen), compute_uv=False)
    ratios = np.divide(values[:, 1], values[:, 0], out=np.zeros(len(values)), where=values[:, 0] > 0.0)
    return float(np.median(ratios))


def _slopes(weights: Weights, span: np.ndarray) -> np.ndarray:
    """Return the derivative of the code before its tanh, shape (n_samples, 2, rank).

    The tanh multiplies each row by a factor; where it saturates both are small, and their directions still count.
    """
    layers = sum(name.startswith("encoder.") and name.endswith(".bias") for name in weights)
    values, alive = span, []
    for layer in range(layers - 1):
        values = values @ weights[f"encoder.{layer}.weight"] + weights[f"encoder.{layer}.bias"]
        alive.append(values > 0.0)
        values = np.maximum(values, 0.0)
    slopes = np.broadcast_to(weights[f"encoder.{layers - 1}.weight"].T, (len(span), 2, values.shape[1]))
    for layer in reversed(range(layers - 1)):
        slopes = (slopes * alive[layer][:, None, :]) @ weights[f"encoder.{layer}.weight"].T
    return slopes + weights["encoder.linear.weight"].T if "encoder.linear.weight" in weights else slopes
