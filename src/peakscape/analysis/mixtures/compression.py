"""How high absorption is compressed, by leaking beam or self-absorption, and how a spectrum is straightened."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST_ROUNDS = 25
LEAST_GAIN = 1e-3
"""Relative fall of the squared residual below which a law is found."""
LEAST_STEP = 0.02
"""Share of a step below which no better one is looked for."""
LEAST_SLOPE = 1e-3
"""Slope of a law below which nothing can be seen through it."""
SCALES = np.geomspace(0.8, 2.0, 12)
"""How many times larger than a plain fit the true sum of the parts may be, to begin with."""


class Compressed(NamedTuple):
    """A spectrum behind a law: `values`, their `slope` by the true ones, `by_parameters` (n_parameters, n_points)."""

    values: Array
    slope: Array
    by_parameters: Array


class Law(NamedTuple):
    """How a true spectrum is compressed: a function of it and of parameters, and what is known of these beforehand."""

    compress: Callable[[Array, Array], Compressed]
    expected: tuple[float, ...]
    spread: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


class Straightened(NamedTuple):
    """A spectrum whose compression is taken back to first order about a model of it.

    Attributes are `curve`, the straightened one, `slope`, by which its differences are those of the measured one,
    `tangents`, what errors of the parameters would add to it, shape (n_parameters, n_points), and the `parameters`.
    """

    curve: Array
    slope: Array
    tangents: Array
    parameters: Array


def leakage(true: Array, parameters: Array) -> Compressed:
    """Compress by beam that the sample does not absorb: harmonics, pinholes, the tails of a monochromator's line.

    E. A. Stern and K. Kim, Phys. Rev. B 23, 3781 (1981), doi:10.1103/PhysRevB.23.3781.

    Parameters
    ----------
    true
        Absorption in any unit, shape (n_points,).
    parameters
        Absorbance of one such unit, and the leaking intensity over that transmitted where `true` is 0.

    Examples
    --------
    >>> leakage(np.array([1e-9, 1.0, 4.0]), np.array([1.0, 0.05])).values.round(3).tolist()
    [0.0, 0.967, 2.869]
    """
    thickness, leaked = parameters
    passed = np.exp(-thickness * true)
    seen = passed + leaked
    unit = (1.0 + leaked) / thickness  # of slope 1 at 0
    values = unit * (np.log1p(leaked) - np.log(seen))
    by_thickness = -values / thickness + unit * true * passed / seen
    by_leaked = values / (1.0 + leaked) + unit * (1.0 / (1.0 + leaked) - 1.0 / seen)
    return Compressed(values, (1.0 + leaked) * passed / seen, np.array([by_thickness, by_leaked]))


def self_absorption(true: Array, parameters: Array) -> Compressed:
    """Compress as fluorescence of a thick sample is, which is absorbed again.

    J. Goulon et al., J. Phys. (Paris) 43, 539 (1982), doi:10.1051/jphys:01982004303053900.

    Parameters
    ----------
    true
        Absorption in any unit, shape (n_points,).
    parameters
        One such unit over all other absorption of incoming and outgoing beam.

    Examples
    --------
    >>> self_absorption(np.array([0.0, 1.0, 4.0]), np.array([0.25])).values.tolist()
    [0.0, 0.8, 2.0]
    """
    below = np.maximum(1.0 + parameters[0] * true, 0.1)
    return Compressed(true / below, 1.0 / below**2, -((true / below) ** 2)[None])


LAWS = {
    "leakage": Law(leakage, (1.0, 0.03), (1.0, 0.1), (0.1, 0.0), (4.0, 0.5)),
    "self_absorption": Law(self_absorption, (0.1,), (0.5,), (0.0,), (5.0,)),
}


def straighten(
    law: Law, measured: Array, weights: Array, model: Array, fitted: Callable[[Straightened], Array]
) -> Straightened:
    """Search a law's parameters together with the true spectrum (Gauss and Newton, with shorter steps where needed).

    Parameters
    ----------
    law
        One of `LAWS`.
    measured, weights
        The compressed spectrum and one over its standard deviation, shape (n_points,).
    model
        A first guess of the true one, such as a fit without compression.
    fitted
        Returns the best model of a straightened spectrum, whose tangents it leaves out of account.

    Examples
    --------
    >>> true = np.exp(-np.linspace(-2.0, 2.0, 50) ** 2)
    >>> seen = self_absorption(3.0 * true, np.array([0.4])).values
    >>> def fitted(now):
    ...     rows = np.vstack([true, now.tangents]) * now.slope
    ...     return true * np.linalg.lstsq(rows.T, now.curve * now.slope)[0][0]
    >>> straighten(LAWS["self_absorption"], seen, np.full(50, 1e3), 2.0 * true, fitted).parameters.round(3).tolist()
    [0.4]
    """
    at = np.array(law.expected)

    def cost(parameters: Array, true: Array) -> float:
        off = (parameters - law.expected) / law.spread
        return float(np.sum(((measured - law.compress(true, parameters).values) * weights) ** 2) + off @ off)

    model = model * min(SCALES, key=lambda scale: cost(at, scale * model))
    now = cost(at, model)
    for _ in range(MOST_ROUNDS):
        straight = _straight(law, measured, model, at)
        new = fitted(straight)
        rows = np.vstack([(straight.tangents * straight.slope * weights).T, np.diag(1.0 / np.array(law.spread))])
        left = np.append((straight.curve - new) * straight.slope * weights, (law.expected - at) / law.spread)
        step, share, before = np.linalg.lstsq(rows, left)[0], 1.0, now
        while share > LEAST_STEP:
            trial = np.clip(at + share * step, law.lower, law.upper)
            now = cost(trial, model + share * (new - model))
            if now < before:
                at, model = trial, model + share * (new - model)
                break
            share /= 2.0
        if before - now < LEAST_GAIN * before:
            break
    return _straight(law, measured, model, at)


def _straight(law: Law, measured: Array, model: Array, parameters: Array) -> Straightened:
    """Take a law back to first order about a model."""
    made = law.compress(model, parameters)
    slope = np.maximum(made.slope, LEAST_SLOPE)
    return Straightened(model + (measured - made.values) / slope, slope, made.by_parameters / slope, parameters)
