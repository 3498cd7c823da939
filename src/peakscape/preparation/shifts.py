"""Move patterns that an instrument displaced: by a zero shift, or by a specimen out of the diffractometer's centre."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError
from peakscape.preparation.contrast import peak_fwhm
from peakscape.preparation.step import Array, SameAxisStep
from peakscape.signal.interpolation import median_step, monotone_curve, points_within
from peakscape.signal.peaks import sharpen

PRECISION = 1e-3
"""Of the search, in steps of the axis."""


class _Move(SameAxisStep):
    """Base of both: estimate one number for each pattern against a reference, and move the pattern back by it."""

    def __init__(
        self,
        *,
        limit: float = 0.2,
        window: tuple[float, float] | None = None,
        reference: ArrayLike | None = None,
        fwhm: float | None = None,
        axis: ArrayLike | None = None,
    ) -> None:
        self.limit = limit
        self.window = window
        self.reference = reference
        self.fwhm = fwhm
        self.axis = axis

    @abstractmethod
    def _direction(self) -> Array:
        """Movement of each point for an amount of 1, shape (n_points,)."""

    def amounts(self, X: ArrayLike) -> Array:
        """Estimate how far each pattern is off the reference, in units of the axis, shape (n_samples,).

        Raises
        ------
        InputError
            If a pattern cannot be used.
        """
        check_is_fitted(self)
        return np.array([self._amount(row) for row in self._check(X, reset=False)])

    def at_limit(self, amounts: ArrayLike) -> Array:
        """Say which amounts lie at the end of the search, where the true one may be beyond, shape (n_samples,)."""
        end = self.limit - 2.0 * PRECISION * median_step(self.points_)
        return np.asarray(np.abs(np.asarray(amounts)) >= end)

    def remark(self, rows: Array, names: list[str]) -> str:
        """Say by how much the patterns are moved; refuse one that would have to move further than the limit."""
        amounts = self.amounts(rows)
        wrong = np.flatnonzero(self.at_limit(amounts))
        if len(wrong):
            raise InputError(
                f"pattern {wrong[0]}: it would have to move by {self.limit:g} or more; raise the limit, or leave the"
                " step out if its lattice differs from the reference's"
            )
        return f" (moved back by {amounts.min():.4g} to {amounts.max():.4g})"

    def _learn(self, rows: Array) -> None:
        if not (np.isfinite(self.limit) and self.limit > 0):
            raise InputError(f"expected a positive limit in units of the axis, got {self.limit}")
        self._inside = points_within(self.points_, self.window)
        self._step = median_step(self.points_)
        if self.reference is None:
            self.reference_ = self._most_typical(rows)
        else:
            self.reference_ = np.asarray(self.reference, dtype=np.float64)
            if self.reference_.shape != (rows.shape[1],) or not np.isfinite(self.reference_).all():
                raise InputError(
                    f"expected a reference of {rows.shape[1]} finite values, got shape {self.reference_.shape}"
                )
        self.fwhm_ = peak_fwhm(self.reference_[None]) * self._step if self.fwhm is None else float(self.fwhm)
        if not (np.isfinite(self.fwhm_) and self.fwhm_ > 0):
            raise InputError(f"expected a positive fwhm, got {self.fwhm_}")
        self._wanted = _centred(self._peaks(self.reference_)[self._inside])

    def _most_typical(self, rows: Array) -> Array:
        """Return the training pattern most like the mean of all."""
        fwhm = peak_fwhm(rows[:64])
        seen = np.stack([_centred(sharpen(row, fwhm)[self._inside]) for row in rows])
        return np.asarray(rows[int(np.argmax(np.sum(seen * seen.mean(axis=0), axis=1)))])

    def _peaks(self, row: Array) -> Array:
        """Return what is left of a pattern for comparing: its peaks without the background."""
        return sharpen(row, self.fwhm_ / self._step)

    def _amount(self, row: Array) -> float:
        if len(row) < 2:
            return 0.0
        seen = self._peaks(row)
        direction, limit = self._direction()[self._inside], float(self.limit)
        inside = self.points_[self._inside]

        def disagreement(amount: float) -> float:
            moved = np.interp(inside + amount * direction, self.points_, seen)
            return -float(np.sum(_centred(moved) * self._wanted))

        n_steps = max(2, int(np.ceil(2.0 * limit / (0.5 * self._step))))
        coarse = np.linspace(-limit, limit, 2 * (n_steps // 2) + 1)
        best = int(np.argmin([disagreement(float(amount)) for amount in coarse]))
        low, high = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
        smooth = monotone_curve(self.points_, seen)

        def finer(amount: float) -> float:
            moved = smooth(np.clip(inside + amount * direction, self.points_[0], self.points_[-1]))
            return -float(np.sum(_centred(moved) * self._wanted))

        found = minimize_scalar(
            finer, bounds=(low, high), method="bounded", options={"xatol": PRECISION * self._step, "maxiter": 60}
        )
        return float(found.x)

    def _row(self, row: Array) -> Array:
        if len(row) < 2:
            return row
        moved = np.clip(self.points_ + self._amount(row) * self._direction(), self.points_[0], self.points_[-1])
        return np.asarray(monotone_curve(self.points_, row)(moved))

    def learned(self) -> dict[str, Any]:
        """Return reference and width, as parameters."""
        return super().learned() | {"reference": self.reference_.tolist(), "fwhm": self.fwhm_}


class ZeroShift(_Move):
    """Move each pattern by a constant along its axis, so that its peaks fall on those of a reference.

    The amount is the largest correlation of the peaks (difference of Gaussians; strong ones count most) up to
    the limit: every half step, then Brent's method. A zero shift of the goniometer is the same at all angles.

    **This cannot tell a zero shift from a lattice change.** A larger cell moves all peaks to lower angles too, by
    -2 tan(theta) times the strain. Where the lattice differs between samples, as in any solid solution, use this on the
    peaks of an internal standard alone (`window`), or not at all: it would remove what is looked for.

    Parameters
    ----------
    limit
        Largest amount searched, in units of the axis.
    window
        Lowest and highest axis value of what is compared: the peaks of an internal standard; None compares all.
    reference
        Pattern of shape (n_points,) with its peaks at the right places; None takes the training pattern most like the
        mean of all, and amounts are then relative to it.
    fwhm
        Full width at half maximum of the peaks in units of the axis; None estimates it from the reference.
    axis
        Points of the patterns, shape (n_points,); None for their numbers.

    Attributes
    ----------
    reference_ : ndarray of shape (n_points,)
        The reference.
    fwhm_ : float
        The width.

    Raises
    ------
    InputError
        If a parameter cannot be used.

    Examples
    --------
    >>> two_theta = np.arange(20.0, 40.0, 0.02)
    >>> pattern = lambda shift: sum(np.exp(-(((two_theta - p - shift) / 0.1) ** 2)) for p in (24.0, 31.0, 36.5))
    >>> step = ZeroShift(reference=pattern(0.0), axis=two_theta).fit([pattern(0.0)])
    >>> step.amounts([pattern(0.063)]).round(3)
    array([0.063])
    """

    def _direction(self) -> Array:
        return np.ones_like(self.points_)


class Displacement(_Move):
    """Undo the displacement of a flat specimen from the diffractometer's axis, against a reference.

    A specimen that lies s too low moves the peaks of a Bragg-Brentano diffractometer of radius R by
    -2 s cos(theta) / R, in radians of two_theta (International Tables for Crystallography H (2019), chapter 3.1); the
    amount estimated is the movement at theta = 0, in degree. The search is that of `ZeroShift`.

    **It cannot be told from other movements with certainty.** Up to some 60 degree, cos(theta) is almost constant and
    this almost a zero shift; and a lattice change moves peaks as well: `ZeroShift` says when neither is to be used.

    Parameters
    ----------
    limit
        Largest amount searched, in degree.
    window, reference, fwhm
        As of `ZeroShift`.
    axis
        two_theta of the points in degree, shape (n_points,); None for their numbers.

    Attributes
    ----------
    reference_ : ndarray of shape (n_points,)
        The reference.
    fwhm_ : float
        The width.

    Raises
    ------
    InputError
        If a parameter cannot be used.

    Examples
    --------
    >>> two_theta = np.arange(20.0, 140.0, 0.02)
    >>> def pattern(amount):
    ...     positions = np.array([24.0, 51.0, 86.5, 120.0])
    ...     moved = positions + amount * np.cos(np.deg2rad(positions / 2))
    ...     return np.exp(-(((two_theta[:, None] - moved) / 0.1) ** 2)).sum(axis=1)
    >>> step = Displacement(reference=pattern(0.0), axis=two_theta).fit([pattern(0.0)])
    >>> step.amounts([pattern(-0.1)]).round(3)
    array([-0.1])
    """

    def _direction(self) -> Array:
        return np.asarray(np.cos(np.deg2rad(self.points_) / 2.0))


def _centred(values: Array) -> Array:
    """Return values less their mean, of unit norm; zeros for a constant."""
    centred = values - values.mean()
    size = float(np.sqrt(np.sum(centred * centred)))
    return centred / size if size > 0 else np.zeros_like(centred)
