"""Non-negative sums of curves whose shapes are searched, their amounts and a smooth background being solved for.

The amounts of the parts and the background enter a model linearly, so that only what bends it (shifts, widths) has to
be searched: variable projection (G. H. Golub and V. Pereyra, SIAM J. Numer. Anal. 10, 413 (1973),
doi:10.1137/0710036), with the derivative of L. Kaufman, BIT 15, 49 (1975), doi:10.1007/BF01932995.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.linalg import cho_factor, cho_solve

from peakscape.signal.nonnegative import nonnegative_least_squares

Array = NDArray[np.float64]
DAMPING, LEAST_GAIN = 1e-3, 1e-4
"""First damping of Levenberg and Marquardt, and the relative gain below which the search ends."""


class Shapes(NamedTuple):
    """Curves of the parts at some parameters.

    Attributes are `columns` of shape (n_parts, n_points) and `slopes`, a function of the amounts (n_parts,) that
    returns the derivatives of the sum of the parts by each parameter, shape (n_parameters, n_points).
    """

    columns: Array
    slopes: Callable[[Array], Array]


@dataclass(frozen=True)
class Freedom:
    """What the search may do with each parameter; all arrays have shape (n_parameters,).

    Attributes
    ----------
    start, lower, upper : ndarray
        First value and bounds.
    expected, spread : ndarray
        Mean and standard deviation of what is known beforehand; an infinite spread for nothing.
    """

    start: Array
    lower: Array
    upper: Array
    expected: Array
    spread: Array

    @classmethod
    def within(cls, lower: Array, upper: Array, start: Array | None = None) -> "Freedom":
        """Return parameters of which nothing but bounds is known; they start at 0 if that is allowed."""
        first = np.clip(np.zeros(len(lower)) if start is None else start, lower, upper)
        return cls(first, lower, upper, first, np.full(len(lower), np.inf))


@dataclass(frozen=True)
class ProjectedFit:
    """The best sum that was found.

    Attributes
    ----------
    parameters : ndarray of shape (n_parameters,)
        Of the shapes.
    amounts : ndarray of shape (n_parts,)
        Not negative.
    cost : float
        Sum of the squared weighted residuals, and of the squared deviations from what was expected.
    residual : ndarray of shape (n_points,)
        Weighted, the background projected out.
    columns : ndarray of shape (n_parts, n_points)
        Weighted curves of the parts, the background projected out.
    slopes : ndarray of shape (n_parameters, n_points)
        Weighted derivatives by the parameters, the background projected out.
    """

    parameters: Array
    amounts: Array
    cost: float
    residual: Array
    columns: Array
    slopes: Array


def smooth_curves(axis: Array, n_curves: int) -> Array:
    """Return cubic B-splines that span the axis with even knots, shape (n_curves, n_points); fewer than 4: powers.

    Examples
    --------
    >>> smooth_curves(np.linspace(0.0, 1.0, 5), 6).sum(axis=0).round(9).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    place = (axis - axis[0]) / (axis[-1] - axis[0])
    if n_curves < 4:
        return np.array([place**power for power in range(n_curves)]).reshape(n_curves, len(axis))
    knots = np.concatenate([[0.0] * 3, np.linspace(0.0, 1.0, n_curves - 2), [1.0] * 3])
    return np.asarray(BSpline.design_matrix(np.clip(place, 0.0, 1.0), knots, 3).toarray().T)


class Projection:
    """Weighs curves and takes out what a set of background curves could explain.

    Parameters
    ----------
    weights
        One over the standard deviation at each point, shape (n_points,).
    background
        Shape (n_curves, n_points); none for an empty one.

    Examples
    --------
    >>> Projection(np.ones(3), np.ones((1, 3)))(np.array([1.0, 2.0, 3.0])).round(9).tolist()
    [-1.0, 0.0, 1.0]
    """

    def __init__(self, weights: Array, background: Array) -> None:
        self.weights, self.background = weights, background
        weighed = background * weights
        self._basis = np.linalg.qr(weighed.T)[0] if len(weighed) else np.zeros((len(weights), 0))

    def __call__(self, curves: Array) -> Array:
        """Project curves of shape (..., n_points)."""
        weighed = curves * self.weights
        return np.asarray(weighed - (weighed @ self._basis) @ self._basis.T)

    def background_of(self, curve: Array) -> Array:
        """Return the background of a curve in its own units, shape (n_points,)."""
        with np.errstate(divide="ignore"):
            inverse = np.where(self.weights > 0, 1.0 / self.weights, 0.0)
        return np.asarray(self._basis @ (self._basis.T @ (curve * self.weights)) * inverse)


def nonnegative_amounts(columns: Array, curve: Array) -> Array:
    """Solve for the amounts, none negative, that fit a curve best.

    `nonnegative_least_squares` with columns scaled to one norm; what is zero everywhere has the amount zero.

    Parameters
    ----------
    columns
        Shape (n_parts, n_points).
    curve
        Shape (n_points,).

    Returns
    -------
    ndarray of shape (n_parts,)

    Examples
    --------
    >>> nonnegative_amounts(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([2.0, -1.0])).tolist()
    [2.0, 0.0]
    """
    norms = np.linalg.norm(columns, axis=1)
    used = norms > 0
    amounts = np.zeros(len(columns))
    if used.any():
        amounts[used] = nonnegative_least_squares((columns[used] / norms[used, None]).T, curve) / norms[used]
    return amounts


def fit_projected(
    curve: Array,
    projection: Projection,
    shapes: Callable[[Array], Shapes],
    freedom: Freedom,
    *,
    max_steps: int = 30,
) -> ProjectedFit:
    """Search the parameters of the shapes by Levenberg and Marquardt's way, all else being solved for at each step.

    Parameters
    ----------
    curve
        As measured, shape (n_points,).
    projection
        The weights and the background.
    shapes
        Curves and derivatives at parameters.
    freedom
        Of the parameters.
    max_steps
        Largest number of steps.

    Returns
    -------
    ProjectedFit

    Examples
    --------
    >>> axis = np.linspace(-5.0, 5.0, 101)
    >>> def shapes(place):
    ...     peak = np.exp(-((axis - place[0]) ** 2))
    ...     return Shapes(peak[None], lambda amounts: (amounts[0] * 2 * (axis - place[0]) * peak)[None])
    >>> free = Freedom.within(np.array([-1.0]), np.array([1.0]))
    >>> flat = Projection(np.ones(101), np.ones((1, 101)))
    >>> fit = fit_projected(3 * np.exp(-((axis - 0.4) ** 2)) + 7, flat, shapes, free)
    >>> fit.parameters.round(4).tolist(), fit.amounts.round(4).tolist()
    ([0.4], [3.0])
    """
    wanted = projection(curve)
    best, made = _at(freedom.start, wanted, projection, shapes, freedom)
    best = _with_slopes(best, made, projection)
    damping = DAMPING
    for _ in range(max_steps if len(freedom.start) else 0):
        slopes = _kaufman(best)
        inverse = 1.0 / freedom.spread**2
        gradient = slopes @ best.residual - inverse * (best.parameters - freedom.expected)
        curvature = slopes @ slopes.T + np.diag(inverse)
        better = None
        for _ in range(8):
            scale = np.maximum(np.diag(curvature), 1e-12 * np.diag(curvature).max() + 1e-300)
            step = np.linalg.solve(curvature + damping * np.diag(scale), gradient)
            trial = np.clip(best.parameters + step, freedom.lower, freedom.upper)
            candidate, made = _at(trial, wanted, projection, shapes, freedom)
            if candidate.cost < best.cost:
                better, damping = _with_slopes(candidate, made, projection), max(damping / 5.0, 1e-9)
                break
            damping *= 6.0
        if better is None:
            break
        gain, best = (best.cost - better.cost) / max(best.cost, 1e-300), better
        if gain < LEAST_GAIN:
            break
    return best


def _at(
    parameters: Array, wanted: Array, projection: Projection, shapes: Callable[[Array], Shapes], freedom: Freedom
) -> tuple[ProjectedFit, Shapes]:
    """Solve for amounts and background at given shapes; the derivatives are not made yet."""
    made = shapes(parameters)
    columns = projection(made.columns)
    amounts = nonnegative_amounts(columns, wanted)
    residual = wanted - amounts @ columns
    off = (parameters - freedom.expected) / freedom.spread
    cost = float(residual @ residual + off @ off)
    return ProjectedFit(parameters, amounts, cost, residual, columns, np.zeros((0, len(wanted)))), made


def _with_slopes(fit: ProjectedFit, made: Shapes, projection: Projection) -> ProjectedFit:
    return replace(fit, slopes=projection(made.slopes(fit.amounts))) if len(fit.parameters) else fit


def _kaufman(fit: ProjectedFit) -> Array:
    """Derivatives of the model by the parameters, with what the amounts would make up for taken out."""
    active = fit.columns[fit.amounts > 0]
    if not len(active):
        return fit.slopes
    basis = np.linalg.qr(active.T)[0]
    return np.asarray(fit.slopes - (fit.slopes @ basis) @ basis.T)


def amounts_covariance(fit: ProjectedFit, freedom: Freedom, kept: NDArray[np.bool_], *, reach: int = 0) -> Array:
    """Return the covariance of the amounts of the kept parts, shape (n_kept, n_kept).

    What is not known of the parameters enters; a parameter at a bound counts as known.

    Parameters
    ----------
    fit, freedom
        Of `fit_projected`.
    kept
        Which parts, shape (n_parts,).
    reach
        0: for independent residuals of variance one. Else as the residuals are: of a size that changes along the
        spectrum, and going together over so many points (W. K. Newey and K. D. West, Econometrica 55, 703 (1987),
        doi:10.2307/1913610).

    Examples
    --------
    >>> flat = ProjectedFit(np.zeros(0), np.ones(1), 0.0, np.zeros(4), np.ones((1, 4)), np.zeros((0, 4)))
    >>> amounts_covariance(flat, Freedom.within(np.zeros(0), np.zeros(0)), np.array([True])).tolist()
    [[0.25]]
    """
    free = (fit.parameters > freedom.lower) & (fit.parameters < freedom.upper) & (np.abs(fit.slopes).max(axis=1) > 0)
    every = np.vstack([fit.columns[kept], fit.slopes[free]])
    known = np.concatenate([np.zeros(int(kept.sum())), 1.0 / freedom.spread[free] ** 2])
    size = np.sqrt((every**2).sum(axis=1) + known) + 1e-300
    unit = every / size[:, None]
    factor = cho_factor(unit @ unit.T + np.diag(known / size**2 + 1e-12))
    if reach:
        scores = unit * fit.residual
        meat = scores @ scores.T
        for lag in range(1, reach + 1):
            product = scores[:, lag:] @ scores[:, :-lag].T
            meat += (1.0 - lag / (reach + 1)) * (product + product.T)
        meat += np.diag(known / size**2)
        inverse = cho_solve(factor, cho_solve(factor, meat).T)
    else:
        inverse = cho_solve(factor, np.eye(len(unit)))
    inverse = inverse / np.outer(size, size)
    return np.asarray(inverse[: kept.sum(), : kept.sum()])
