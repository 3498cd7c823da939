"""How much of each known part a spectrum holds: non-negative sums of parts that may move, and which are needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from peakscape.analysis.mixtures.compression import LAWS, Straightened, straighten
from peakscape.analysis.mixtures.moved_parts import MovedParts
from peakscape.analysis.mixtures.noise import correlated_points, point_noise, remainder_p_value
from peakscape.errors import InputError
from peakscape.signal.interpolation import checked_axis
from peakscape.signal.projection import (
    Freedom,
    ProjectedFit,
    Projection,
    amounts_covariance,
    fit_projected,
    nonnegative_amounts,
    smooth_curves,
)
from peakscape.threads import one_thread

Array = NDArray[np.float64]
Integers = NDArray[np.intp]
N_COMMON = 25
"""Common shifts that are tried before each part gets its own."""
MOST_CANDIDATES = 12
"""Parts whose combinations are all tried; of more, those that explain most."""
N_POLISHED = 6
"""Combinations whose shifts are searched anew."""
STEPS_A_ROUND = 4
"""Steps of the shifts while the law of a compressed spectrum is searched."""
SAME_PART = 1.0 - 1e-9
"""Cosine above which two parts are the same."""
LEAST_WEIGHT = 0.01
"""Explanations below this weight are not told."""
DETECTION = 3.29
"""Standard deviations of a detection limit with 5 % false positives and 5 % false negatives (L. A. Currie, Anal. Chem.
40, 586 (1968), doi:10.1021/ac60259a007)."""


@dataclass(frozen=True)
class Explanation:
    """One combination of parts that explains a spectrum.

    Attributes
    ----------
    parts : tuple of str
        Which parts.
    fractions : ndarray of shape (n_parts,)
        Of all parts; zero of those that do not take part.
    weight : float
        How likely it is among those that were tried: exp(-BIC / 2), summing to 1.
    unexplained : float
        Share of the variance beside the background that it leaves.
    """

    parts: tuple[str, ...]
    fractions: Array
    weight: float
    unexplained: float


@dataclass(frozen=True)
class Mixture:
    """What a spectrum consists of.

    Attributes
    ----------
    names : tuple of str
        Of the parts.
    fractions, lower, upper : ndarray of shape (n_parts,)
        Fractions by the best explanation, and the ends of their intervals.
    amounts : ndarray of shape (n_parts,)
        How many times each part is there.
    deviation : ndarray of shape (n_parts,)
        Standard deviations of the fractions, over explanations too.
    detection_limit : ndarray of shape (n_parts,)
        Fraction that would have been seen in 95 of 100 spectra.
    shift, width : ndarray of shape (n_parts,)
        By which each part was moved and broadened (standard deviation); NaN where it is not there.
    explanations : tuple of Explanation
        All near-tied ones, the best first.
    fitted, background, remainder : ndarray of shape (n_points,)
        The sum of parts and background, the background, and what is left.
    unexplained : float
        Share of the variance beside the background that is left.
    remainder_p : float
        p-value of the largest feature of the remainder, were it noise.
    """

    names: tuple[str, ...]
    fractions: Array
    lower: Array
    upper: Array
    amounts: Array
    deviation: Array
    detection_limit: Array
    shift: Array
    width: Array
    explanations: tuple[Explanation, ...]
    fitted: Array
    background: Array
    remainder: Array
    unexplained: float
    remainder_p: float


class _Tried(NamedTuple):
    """A combination of parts, its fit and its criterion."""

    chosen: Integers
    fit: ProjectedFit
    freedom: Freedom
    criterion: float


class _Task(NamedTuple):
    """A spectrum with what its fits share; differences times `slope` are those of the measured one."""

    curve: Array
    projection: Projection
    variance: float
    measured: Array
    slope: Array


class Unmix(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Explains spectra as sums of known parts, each with its own small shift and width, on a smooth background.

    The amounts are not negative; only shifts and widths are searched (variable projection). Which parts are needed is
    told by the Bayesian information criterion over all combinations (G. Schwarz, Ann. Statist. 6, 461 (1978),
    doi:10.1214/aos/1176344136), with as many independent points as the remainder has.

    Parameters
    ----------
    axis
        On which a uniform change is a translation (ln q, energy), shape (n_points,); None: the points' numbers.
    max_shift
        Largest shift of a part, in units of the axis.
    max_own_shift
        By how much the shift of a part may differ from the one that all have in common, as where a monochromator is
        off by more than edges move; None: by anything within `max_shift`.
    max_width
        Largest standard deviation of the Gaussian by which a part may be broader than as given; 0: none.
    n_background
        Smooth curves of the background; 0: none, 4 or more: cubic B-splines.
    saturation
        Where high values may be compressed: ``"leakage"`` by beam that passes a thick sample unabsorbed,
        ``"self_absorption"`` in fluorescence; the law's parameters are searched with the parts (spectra of edge step
        1). A number: by whatever weak cause, so many powers of the spectrum, from the square on, are left out of
        account. 0: nothing is compressed. What is not there is found too where the parts are not quite those of the
        spectrum: ask for it only where it is known.
    vary_range
        Share of the points by which each end of the fit range is cut in turn; how the fractions change with it enters
        their intervals. 0: not done.
    max_parts
        Most parts of one explanation.
    closure
        ``"relative"``: fractions are shares of the sum; ``"fixed"``: the amounts are made to sum to 1; ``"free"``: they
        are not, and what lacks to 1 is an unknown rest.
    responses
        Signal of each part for the same quantity of it, such as reference-intensity ratios, shape (n_parts,); amounts
        are divided by them. None: all 1.
    level
        Share of the intervals that should hold the truth.

    Attributes
    ----------
    parts_ : ndarray of shape (n_parts, n_points)
        The parts.
    names_ : tuple of str
        Their names.
    interval_factor_ : float
        By which deviations are multiplied: 1 until `calibrate` learns it.

    Examples
    --------
    >>> axis = np.linspace(0.0, 10.0, 300)
    >>> peak = lambda at: np.exp(-(((axis - at) / 0.3) ** 2))
    >>> parts = [peak(3.0) + peak(7.0), peak(4.0), peak(6.0)]
    >>> unmix = Unmix(axis=axis, max_shift=0.3).fit(parts, ["a", "b", "c"])
    >>> mixed = 0.6 * (peak(3.1) + peak(7.1)) + 0.4 * peak(3.9) + np.random.default_rng(0).normal(0, 0.01, 300)
    >>> found = unmix.explain(mixed)
    >>> dict(zip(found.names, found.fractions.round(2).tolist())), found.shift[:2].round(2).tolist()
    ({'a': 0.6, 'b': 0.4, 'c': 0.0}, [0.1, -0.1])
    """

    def __init__(
        self,
        *,
        axis: ArrayLike | None = None,
        max_shift: float = 0.0,
        max_own_shift: float | None = None,
        max_width: float = 0.0,
        n_background: int = 0,
        saturation: int | Literal["leakage", "self_absorption"] = 0,
        vary_range: float = 0.0,
        max_parts: int = 4,
        closure: Literal["relative", "fixed", "free"] = "relative",
        responses: ArrayLike | None = None,
        level: float = 0.9,
    ) -> None:
        self.axis = axis
        self.max_shift = max_shift
        self.max_own_shift = max_own_shift
        self.max_width = max_width
        self.n_background = n_background
        self.saturation = saturation
        self.vary_range = vary_range
        self.max_parts = max_parts
        self.closure = closure
        self.responses = responses
        self.level = level

    def fit(self, X: ArrayLike, y: Sequence[str] | None = None) -> Self:
        """Take the pure parts.

        Parameters
        ----------
        X
            Spectra of the parts, shape (n_parts, n_points).
        y
            Their names; None numbers them.

        Returns
        -------
        Unmix
            This estimator.

        Raises
        ------
        InputError
            If a part is not finite or zero everywhere, two are the same, or a parameter cannot be used.
        """
        parts = np.atleast_2d(np.asarray(X, dtype=np.float64))
        names = tuple(map(str, range(len(parts)) if y is None else y))
        _check_parts(parts, names)
        self._check_parameters(len(parts))
        self.axis_ = checked_axis(self.axis, parts.shape[1])
        self.parts_, self.names_, self.n_features_in_ = parts, names, parts.shape[1]
        self._sizes = np.linalg.norm(parts, axis=1)
        self._moved = MovedParts(self.axis_, parts / self._sizes[:, None], self.max_width)
        self._smooth = smooth_curves(self.axis_, self.n_background)
        self.interval_factor_ = 1.0
        return self

    def _check_parameters(self, n_parts: int) -> None:
        if self.closure not in ("relative", "fixed", "free"):
            raise InputError(f"expected closure 'relative', 'fixed' or 'free', got {self.closure!r}")
        if not (0 <= self.max_shift < np.inf and 0 <= self.max_width < np.inf and 0 < self.level < 1):
            raise InputError("expected max_shift and max_width of zero or more, and a level between 0 and 1")
        known = self.saturation in LAWS if isinstance(self.saturation, str) else self.saturation >= 0
        if self.max_own_shift is not None and not 0 <= self.max_own_shift < np.inf:
            raise InputError(f"expected a max_own_shift of zero or more, got {self.max_own_shift}")
        if self.max_parts < 1 or self.n_background < 0 or not known:
            raise InputError(
                "expected max_parts of 1 or more, n_background of 0 or more, and saturation of 0 or more or one of "
                + ", ".join(LAWS)
            )
        if not 0 <= self.vary_range < 0.4:
            raise InputError(f"expected a vary_range from 0 to 0.4, got {self.vary_range}")
        responses = np.ones(n_parts) if self.responses is None else np.asarray(self.responses, dtype=np.float64)
        if responses.shape != (n_parts,) or not (np.isfinite(responses) & (responses > 0)).all():
            raise InputError(f"expected {n_parts} positive responses, one for each part")
        self._responses = responses

    def transform(self, X: ArrayLike) -> Array:
        """Return the fractions of the parts in spectra (n_samples, n_points), shape (n_samples, n_parts)."""
        check_is_fitted(self, "parts_")
        return np.array([self.explain(row).fractions for row in np.atleast_2d(np.asarray(X, dtype=np.float64))])

    def calibrate(self, X: ArrayLike, fractions: ArrayLike) -> Self:
        """Learn from mixtures of known fractions how wide intervals have to be (split conformal, of scaled errors).

        J. Lei et al., J. Am. Stat. Assoc. 113, 1094 (2018), doi:10.1080/01621459.2017.1307116.

        Parameters
        ----------
        X
            Spectra that took no part in any choice, shape (n_samples, n_points).
        fractions
            Their known fractions, shape (n_samples, n_parts).

        Returns
        -------
        Unmix
            This estimator, whose intervals are wider or narrower from now on.
        """
        known = np.atleast_2d(np.asarray(fractions, dtype=np.float64))
        self.interval_factor_ = 1.0
        scores = []
        for row, truth in zip(np.atleast_2d(np.asarray(X, dtype=np.float64)), known, strict=True):
            found = self.explain(row)
            there = (found.fractions > 0) | (truth > 0)
            scores.append(np.max(np.abs(found.fractions - truth)[there] / np.maximum(found.deviation[there], 1e-9)))
        rank = min(int(np.ceil((len(scores) + 1) * self.level)), len(scores)) - 1
        self.interval_factor_ = float(np.sort(scores)[rank] / norm.ppf(0.5 + self.level / 2))
        return self

    def explain(self, spectrum: ArrayLike, *, deviation: ArrayLike | None = None) -> Mixture:
        """Find the parts of one spectrum.

        Parameters
        ----------
        spectrum
            Shape (n_points,).
        deviation
            Standard deviation of each point, such as the square root of counts, shape (n_points,) or a number; None
            takes the noise from the spectrum, the same at all points.

        Returns
        -------
        Mixture

        Raises
        ------
        InputError
            If the spectrum has another number of points, is not finite or zero everywhere.
        """
        check_is_fitted(self, "parts_")
        curve = np.asarray(spectrum, dtype=np.float64)
        self._check_spectrum(curve)
        with one_thread():
            task = self._task(curve, deviation)
            tried = self._try_combinations(task)
            return self._mixture(task, tried)

    def _check_spectrum(self, curve: Array) -> None:
        if curve.shape != (self.n_features_in_,):
            raise InputError(
                f"expected a spectrum of {self.n_features_in_} points, as the parts have, got shape {curve.shape};"
                " bring both onto one axis"
            )
        if not np.isfinite(curve).all():
            raise InputError("expected a spectrum of finite numbers")
        if np.ptp(curve) == 0.0:
            raise InputError(f"the spectrum is {curve[0]:g} everywhere: it holds nothing to explain")

    def _task(self, curve: Array, deviation: ArrayLike | None) -> _Task:
        noise = np.full(len(curve), point_noise(curve)) if deviation is None else np.asarray(deviation, dtype=float)
        noise = np.broadcast_to(noise, curve.shape)
        if not (np.isfinite(noise) & (noise > 0)).all():
            raise InputError("expected deviations that are positive, finite numbers")
        if isinstance(self.saturation, str):
            return self._straightened(curve, 1.0 / noise)
        powers = np.arange(2, 2 + self.saturation)[:, None]
        return self._projected(curve, 1.0 / noise, np.vstack([self._smooth, (curve / np.abs(curve).max()) ** powers]))

    def _projected(
        self, curve: Array, weights: Array, smooth: Array, straight: tuple[Array, Array] | None = None
    ) -> _Task:
        """Put together what the fits of a curve share; `straight` is the measured one and the slope to it."""
        measured, slope = straight or (curve, np.ones(len(curve)))
        if self.closure == "fixed":  # one point more, whose curves are the amounts: they sum to 1, almost exactly
            heavy = 1e4 * float(np.linalg.norm(curve * weights))
            curve, weights = np.append(curve, 1.0), np.append(weights, heavy)
            smooth = np.pad(smooth, ((0, 0), (0, 1)))
        projection = Projection(weights, smooth)
        wanted = projection(curve)
        return _Task(curve, projection, float(wanted @ wanted), measured, slope)

    def _straightened(self, measured: Array, weights: Array) -> _Task:
        """Take back what the law of compression took, its parameters searched with all candidates; they stay free."""
        plain = self._projected(measured, weights, self._smooth)
        candidates, start = self._candidates(plain)
        fit, _ = self._fit(plain, candidates, start)
        found = [fit]
        n_points = self.n_features_in_

        def task_of(now: Straightened) -> _Task:
            smooth = np.vstack([self._smooth / now.slope, _unlike(now.tangents)])
            return self._projected(now.curve, weights * now.slope, smooth, (measured, now.slope))

        def sum_of(one: ProjectedFit) -> Array:
            made = self._moved.shapes(candidates, one.parameters).columns
            return np.asarray(one.amounts @ made[:, :n_points])

        def fitted(now: Straightened) -> Array:
            shifts = found[-1].parameters[: len(candidates)]
            found.append(self._fit(task_of(now), candidates, shifts if len(shifts) else start, STEPS_A_ROUND)[0])
            return sum_of(found[-1])

        return task_of(straighten(LAWS[str(self.saturation)], measured, weights, sum_of(fit), fitted))

    def _freedom(self, start: Array, n_parts: int) -> Freedom:
        """Bounds of the shifts, then of the broadening of chosen parts, from the shifts to start at."""
        if not self.max_shift and not self.max_width:
            return Freedom.within(np.zeros(0), np.zeros(0))
        reach, broad = np.full(n_parts, self.max_shift), np.full(n_parts, self.max_width**2)
        low, high = -reach, reach
        if self.max_own_shift is not None:
            middle, own = np.full(n_parts, np.median(start)), self.max_own_shift
            low, high = np.maximum(middle - own, -reach), np.minimum(middle + own, reach)
        if not self.max_width:
            return Freedom.within(low, high, start)
        first = np.concatenate([start, 0.25 * broad])
        return Freedom.within(np.concatenate([low, 0.0 * broad]), np.concatenate([high, broad]), first)

    def _fit(self, task: _Task, chosen: Integers, start: Array, max_steps: int = 25) -> tuple[ProjectedFit, Freedom]:
        freedom = self._freedom(start, len(chosen))
        fixed = self.closure == "fixed"
        scale = self._sizes[chosen] if fixed else np.ones(len(chosen))

        def shapes(parameters: Array):  # type: ignore[no-untyped-def]
            made = self._moved.shapes(chosen, parameters, constrained=fixed)
            if not fixed:
                return made
            columns = made.columns.copy()
            columns[:, -1] = 1.0 / scale
            return made._replace(columns=columns)

        return fit_projected(task.curve, task.projection, shapes, freedom, max_steps=max_steps), freedom

    def _try_combinations(self, task: _Task) -> list[_Tried]:
        """Fit all candidates together, rank their combinations, and search the shifts of the best anew."""
        candidates, start = self._candidates(task)
        fit, _ = self._fit(task, candidates, start)
        at = fit.parameters[: len(candidates)] if len(fit.parameters) else start
        independent = correlated_points(fit.residual[: self.n_features_in_])
        n_shape = 1 + bool(self.max_shift) + bool(self.max_width)
        ranked = self._ranked(fit.columns, task.projection(task.curve), independent, n_shape)
        tried = []
        for subset in ranked:
            chosen = candidates[subset]
            again, freedom = self._fit(task, chosen, at[subset])
            criterion = _criterion(again.cost, len(subset), independent, n_shape)
            tried.append(_Tried(chosen, again, freedom, criterion))
        return sorted(tried, key=lambda one: one.criterion)

    def _candidates(self, task: _Task) -> tuple[Integers, Array]:
        """Return the parts worth combining and the shift that they have in common."""
        every = np.arange(len(self.parts_))
        common = np.linspace(-self.max_shift, self.max_shift, N_COMMON) if self.max_shift else np.zeros(1)
        wanted = task.projection(task.curve)
        if len(every) <= MOST_CANDIDATES:
            costs = []
            for shift in common:
                columns = self._columns(task, every, shift)
                costs.append(np.sum((wanted - nonnegative_amounts(columns, wanted) @ columns) ** 2))
            return every, np.full(len(every), common[int(np.argmin(costs))])
        return self._screened(task, wanted, common)

    def _columns(self, task: _Task, chosen: Integers, shift: float) -> Array:
        fixed = self.closure == "fixed"
        made = self._moved.shapes(chosen, np.full(len(chosen), shift), constrained=fixed).columns
        if fixed:
            made[:, -1] = 1.0 / self._sizes[chosen]
        return task.projection(made)

    def _screened(self, task: _Task, wanted: Array, common: Array) -> tuple[Integers, Array]:
        """Choose candidates one after another, those that explain most of what is left first, then their rivals."""
        every = np.arange(len(self.parts_))
        bank = np.array([self._columns(task, every, shift) for shift in common])
        norms = np.maximum(np.linalg.norm(bank, axis=2, keepdims=True), 1e-300)
        bank = bank / norms
        chosen: list[int] = []
        shifts: dict[int, float] = {}
        rivals = np.zeros(len(every))
        left = wanted
        while len(chosen) < min(self.max_parts + 2, MOST_CANDIDATES - 2):
            match = np.maximum(bank @ left, 0.0)  # by common shift and part
            best = match.max(axis=0) / max(float(np.linalg.norm(left)), 1e-300)
            best[chosen] = 0.0
            part = int(best.argmax())
            if best[part] <= 0:
                break
            chosen.append(part)
            shifts |= {
                int(one): float(common[match[:, one].argmax()]) for one in every if one not in shifts or one == part
            }
            rivals = np.maximum(rivals, best)
            fit, _ = self._fit(task, np.array(chosen), np.array([shifts[one] for one in chosen]), max_steps=6)
            left = fit.residual
        rivals[chosen] = 0.0
        more = [int(one) for one in np.argsort(-rivals)[: MOST_CANDIDATES - len(chosen)] if rivals[one] > 0]
        found = np.array(chosen + more)
        if self.max_own_shift is not None:
            return found, np.full(len(found), np.median([shifts[one] for one in chosen]))
        return found, np.array([shifts[int(one)] for one in found])

    def _ranked(self, columns: Array, wanted: Array, independent: float, n_shape: int) -> list[Integers]:
        """Return the best combinations at the shifts of the fit of all candidates together."""
        norms = np.maximum(np.linalg.norm(columns, axis=1), 1e-300)
        unit = columns / norms[:, None]
        gram, product, total = unit @ unit.T, unit @ wanted, float(wanted @ wanted)
        found = []
        for size in range(1, min(self.max_parts, len(columns)) + 1):
            for subset in combinations(range(len(columns)), size):
                index = np.array(subset)
                block = gram[np.ix_(index, index)] + 1e-12 * np.eye(size)
                amounts = np.linalg.solve(block, product[index])
                if (amounts <= 0).any():  # a smaller combination is as good
                    continue
                cost = max(total - float(amounts @ product[index]), 1e-300)
                found.append((_criterion(cost, size, independent, n_shape), index))
        found.sort(key=lambda one: one[0])
        return [index for _, index in found[:N_POLISHED]] or [np.array([int(np.argmax(product))])]

    def _mixture(self, task: _Task, tried: list[_Tried]) -> Mixture:
        best, n_points = tried[0], self.n_features_in_
        weights = np.exp(-0.5 * (np.array([one.criterion for one in tried]) - best.criterion))
        weights /= weights.sum()
        every = np.array([self._fractions(one.chosen, one.fit.amounts) for one in tried])
        # residuals beyond the noise are the model's, and neighbouring ones go together
        independent = correlated_points(best.fit.residual[:n_points])
        excess = best.fit.cost / max(n_points - 2 * len(best.chosen), 1) * max(n_points / independent, 1.0)
        variance, limits = self._deviations(task, best, max(excess, 1.0), independent)
        if self.vary_range:
            variance = variance + np.mean((self._by_range(task, best) - every[0]) ** 2, axis=0)
        mean = weights @ every
        deviation = np.sqrt(variance + weights @ (every - mean) ** 2)
        reach = norm.ppf(0.5 + self.level / 2) * deviation * self.interval_factor_
        upper = np.where(every[0] > 0, every[0] + reach, np.maximum(reach, limits))
        amounts = np.zeros(len(self.names_))
        amounts[best.chosen] = best.fit.amounts / self._sizes[best.chosen] / self._responses[best.chosen]
        fitted, background = self._curves(task, best)
        shift, width = np.full((2, len(self.names_)), np.nan)
        there = best.fit.amounts > 0
        if len(best.fit.parameters):
            shift[best.chosen[there]] = best.fit.parameters[: len(best.chosen)][there]
            if self.max_width:
                width[best.chosen[there]] = np.sqrt(best.fit.parameters[len(best.chosen) :][there])
        return Mixture(
            names=self.names_,
            fractions=every[0],
            lower=np.clip(every[0] - reach, 0.0, 1.0),
            upper=np.clip(upper, 0.0, np.inf if self.closure == "free" else 1.0),
            amounts=amounts,
            deviation=deviation,
            detection_limit=limits,
            shift=shift,
            width=width,
            explanations=self._told(task, tried, every, weights),
            fitted=fitted,
            background=background,
            remainder=task.measured - fitted,
            unexplained=float(best.fit.cost / task.variance),
            remainder_p=remainder_p_value(best.fit.residual[:n_points]),
        )

    def _by_range(self, task: _Task, best: _Tried) -> Array:
        """Fractions by the best explanation with either end of the range cut, and both, shape (3, n_parts)."""
        cut = int(np.ceil(self.vary_range * self.n_features_in_))
        start, told = best.fit.parameters[: len(best.chosen)], []
        for first, last in ((cut, 0), (0, cut), (cut, cut)):
            weights = task.projection.weights.copy()
            weights[:first] = 0.0
            weights[self.n_features_in_ - last : self.n_features_in_] = 0.0
            smooth = task.projection.background
            part = task._replace(projection=Projection(weights, smooth))
            fit, _ = self._fit(part, best.chosen, start if len(start) else np.zeros(len(best.chosen)), 10)
            told.append(self._fractions(best.chosen, fit.amounts))
        return np.array(told)

    def _curves(self, task: _Task, best: _Tried) -> tuple[Array, Array]:
        made = self._moved.shapes(best.chosen, best.fit.parameters, constrained=self.closure == "fixed").columns
        parts = best.fit.amounts @ made
        n_points = self.n_features_in_
        background = task.projection.background_of(task.curve - parts)[:n_points]
        left = (task.curve[:n_points] - parts[:n_points] - background) * task.slope
        return task.measured - left, background * task.slope

    def _told(self, task: _Task, tried: list[_Tried], every: Array, weights: Array) -> tuple[Explanation, ...]:
        told = []
        for one, fractions, weight in zip(tried, every, weights, strict=True):
            names = tuple(self.names_[part] for part in one.chosen)
            if weight >= LEAST_WEIGHT:
                told.append(Explanation(names, fractions, float(weight), float(one.fit.cost / task.variance)))
        return tuple(told)

    def _fractions(self, chosen: Integers, amounts: Array) -> Array:
        fractions = np.zeros(len(self.names_))
        fractions[chosen] = amounts / self._sizes[chosen] / self._responses[chosen]
        total = fractions.sum()
        return fractions / total if self.closure == "relative" and total > 0 else fractions

    def _deviations(self, task: _Task, best: _Tried, excess: float, independent: float) -> tuple[Array, Array]:
        """Return the variances of the fractions, and the detection limit of each part."""
        n_names = len(self.names_)
        variance, limits = np.zeros(n_names), np.zeros(n_names)
        scale = 1.0 / self._sizes / self._responses
        there = best.fit.amounts > 0
        if not there.any():  # nothing is seen: nothing can be excluded either
            return variance, np.ones(n_names)
        chosen = best.chosen[there]
        amounts = best.fit.amounts[there] * scale[chosen]
        total = amounts.sum() if self.closure == "relative" else 1.0
        covariance = excess * amounts_covariance(best.fit, best.freedom, there) * np.outer(scale[chosen], scale[chosen])
        jacobian = np.eye(len(chosen)) / total
        if self.closure == "relative":
            jacobian = jacobian - amounts[:, None] / total**2
        reach = int(np.clip(np.ceil(2.0 * self.n_features_in_ / independent), 4, self.n_features_in_ // 4))
        robust = amounts_covariance(best.fit, best.freedom, there, reach=reach) * np.outer(scale[chosen], scale[chosen])
        # model errors stand where the parts differ most: by the residuals as they are, or as if they were everywhere
        variance[chosen] = np.maximum(
            *(np.einsum("ij,jk,ik->i", jacobian, one, jacobian) for one in (covariance, robust))
        )
        limits[chosen] = DETECTION * np.sqrt(np.diag(covariance)) / total
        basis = np.linalg.qr(best.fit.columns[there].T)[0]
        shift = float(np.mean(best.fit.parameters[: len(best.chosen)])) if len(best.fit.parameters) else 0.0
        others = np.setdiff1d(np.arange(n_names), chosen)
        if len(others):
            columns = self._columns(task, others, shift)
            own = np.linalg.norm(columns - (columns @ basis) @ basis.T, axis=1)
            limits[others] = DETECTION * np.sqrt(excess) / np.maximum(own, 1e-300) * scale[others] / total
        return variance, np.minimum(limits, 1.0)


def _criterion(cost: float, n_parts: int, independent: float, n_shape: int) -> float:
    """Bayesian information criterion for noise of unknown size."""
    return float(independent * np.log(max(cost, 1e-300)) + n_shape * n_parts * np.log(independent))


def _unlike(tangents: Array) -> Array:
    """Leave out curves that are nothing beside the others."""
    sizes = np.linalg.norm(tangents, axis=1)
    return np.asarray(tangents[sizes > 1e-6 * max(float(sizes.max()), 1e-12)])


def _check_parts(parts: Array, names: tuple[str, ...]) -> None:
    """Raise InputError for parts that cannot be told apart or are nothing."""
    if parts.ndim != 2 or not parts.size:
        raise InputError(f"expected parts of shape (n_parts, n_points), got {parts.shape}")
    if len(names) != len(parts):
        raise InputError(f"expected a name for each of {len(parts)} parts, got {len(names)}")
    doubled = [name for name in names if names.count(name) > 1]
    if doubled:
        raise InputError(f"two parts are called {doubled[0]!r}; give each a name of its own")
    if not np.isfinite(parts).all():
        raise InputError(f"part {names[int(np.argmin(np.isfinite(parts).all(axis=1)))]!r} is not finite everywhere")
    flat = np.ptp(parts, axis=1) == 0.0
    if flat.any():
        raise InputError(f"part {names[int(flat.argmax())]!r} is the same everywhere: it has nothing to be known by")
    unit = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    alike = np.triu(unit @ unit.T, 1)
    if alike.max() > SAME_PART:
        one, other = np.unravel_index(int(alike.argmax()), alike.shape)
        raise InputError(f"parts {names[int(one)]!r} and {names[int(other)]!r} are the same spectrum; leave one out")
