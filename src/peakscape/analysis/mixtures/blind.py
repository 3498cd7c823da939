"""Parts that nobody gave: found from a series of mixtures itself, with shifts allowed and what is known obeyed."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import shift as moved_by
from scipy.optimize import isotonic_regression, linear_sum_assignment
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError
from peakscape.signal.interpolation import checked_axis
from peakscape.signal.projection import nonnegative_amounts
from peakscape.threads import one_thread

Array = NDArray[np.float64]
LEAST_GAIN = 1e-6
"""Relative fall of the unexplained share over ten rounds below which the search ends."""
STABLE = 0.9
"""Correlation of parts from different halves of a series above which they are the same part."""
N_COMMON = 21
"""Common shifts that a spectrum is tried at before its parts get their own."""
N_TURNS = 5
"""Turns of unimodality and closure in one round; closure comes last and holds exactly."""
MOST_STEP = 0.5
"""Points by which a shift may change in one round."""


class Resemblance(NamedTuple):
    """Which known spectrum a part is most like: its name, the cosine, the shift of the part, and the next one."""

    name: str
    cosine: float
    shift: float
    next_name: str
    next_cosine: float


class PartCount(NamedTuple):
    """How many parts are stable; `stability` and `unexplained` are of 1, 2, ... parts."""

    n_parts: int
    stability: Array
    unexplained: Array


class BlindParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Finds non-negative parts and their amounts from mixtures alone, by alternating least squares.

    Multivariate curve resolution with constraints (A. de Juan, J. Jaumot, R. Tauler, Anal. Methods 6, 4964 (2014),
    doi:10.1039/C4AY00571F), which with non-negativity alone is non-negative matrix factorisation; with `max_shift`
    each part lies where it likes in each spectrum (after R. Gu et al., npj Comput. Mater. 10, 193 (2024),
    doi:10.1038/s41524-024-01377-5, who stretch). It begins with the spectra that are least alike (successive
    projections, M. C. U. Araujo et al., Chemom. Intell. Lab. Syst. 57, 65 (2001), doi:10.1016/S0169-7439(01)00119-8).

    Parts found blindly are not unique: where no spectrum is pure and no point belongs to one part alone, others explain
    the series as well.

    Parameters
    ----------
    n_parts
        How many; see `count_parts`.
    axis
        On which a uniform change is a translation, shape (n_points,); None: the points' numbers.
    max_shift
        Largest shift of a part in a spectrum, in units of the axis.
    closure
        Whether the amounts of each spectrum sum to 1.
    unimodal
        Whether the amounts of each part rise once and fall once along the series; with `closure` nearly so, as sums
        come first.
    known
        Spectra of the first parts, which are held, shape (n_known, n_points).
    max_rounds
        Largest number of rounds.

    Attributes
    ----------
    parts_ : ndarray of shape (n_parts, n_points)
        Of norm 1; with `closure` on the scale of the spectra.
    amounts_, shifts_ : ndarray of shape (n_samples, n_parts)
        How much of each there is, and where.
    fitted_ : ndarray of shape (n_samples, n_points)
        What the parts explain of each spectrum.
    unexplained_ : float
        Share of the sum of squares that is left.
    n_rounds_ : int
        That were needed.

    Examples
    --------
    >>> axis = np.linspace(0.0, 10.0, 200)
    >>> pure = np.array([np.exp(-(((axis - at) / 0.5) ** 2)) for at in (3.0, 4.0)])
    >>> mixed = np.array([[1.0, 0.0], [0.7, 0.3], [0.4, 0.6], [0.0, 1.0]]) @ pure
    >>> found = BlindParts(2, axis=axis).fit(mixed)
    >>> bool(found.unexplained_ < 1e-6), sorted(axis[found.parts_.argmax(axis=1)].round(1).tolist())
    (True, [3.0, 4.0])
    """

    def __init__(
        self,
        n_parts: int = 2,
        *,
        axis: ArrayLike | None = None,
        max_shift: float = 0.0,
        closure: bool = False,
        unimodal: bool = False,
        known: ArrayLike | None = None,
        max_rounds: int = 300,
    ) -> None:
        self.n_parts = n_parts
        self.axis = axis
        self.max_shift = max_shift
        self.closure = closure
        self.unimodal = unimodal
        self.known = known
        self.max_rounds = max_rounds

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find the parts of a series.

        Parameters
        ----------
        X
            Spectra, shape (n_samples, n_points), in the order of the series where `unimodal` is set.
        y
            Not used.

        Raises
        ------
        InputError
            If there are fewer spectra than parts, or a parameter cannot be used.
        """
        rows, held = self._checked(X)
        axis = checked_axis(self.axis, rows.shape[1])
        self._even = np.linspace(axis[0], axis[-1], rows.shape[1])
        self._step, self.axis_ = float(self._even[1] - self._even[0]), axis
        with one_thread():
            data = np.array([np.interp(self._even, axis, row) for row in rows])
            held = np.array([np.interp(self._even, axis, row) for row in held]).reshape(len(held), len(axis))
            self._search(data, held)
        self.parts_ = np.array([np.interp(axis, self._even, row) for row in self._parts])
        told = np.einsum("sk,skn->sn", self.amounts_, self._moved(self._parts, self.shifts_ / self._step))
        self.fitted_ = np.array([np.interp(axis, self._even, row) for row in told])
        self.n_features_in_ = rows.shape[1]
        return self

    def _checked(self, X: ArrayLike) -> tuple[Array, Array]:
        rows = np.atleast_2d(np.asarray(X, dtype=np.float64))
        if not np.isfinite(rows).all():
            raise InputError("expected spectra of finite numbers")
        if not 1 <= self.n_parts <= len(rows):
            raise InputError(f"expected from 1 to {len(rows)} parts of {len(rows)} spectra, got {self.n_parts}")
        if (np.abs(rows).max(axis=1) == 0).any():
            raise InputError(f"spectrum {int(np.argmin(np.abs(rows).max(axis=1)))} is zero everywhere; leave it out")
        held = (
            np.zeros((0, rows.shape[1])) if self.known is None else np.atleast_2d(np.asarray(self.known, dtype=float))
        )
        if held.shape[1] != rows.shape[1] or len(held) > self.n_parts:
            raise InputError(
                f"expected up to {self.n_parts} known spectra of {rows.shape[1]} points, got shape {held.shape}"
            )
        if self.max_shift < 0 or self.max_rounds < 1:
            raise InputError("expected a max_shift of zero or more and max_rounds of 1 or more")
        return rows, held

    def _search(self, data: Array, held: Array) -> None:
        parts = _purest(data, held, self.n_parts)
        shifts = self._common_shifts(data, parts)
        total, history = float(np.sum(data**2)), [np.inf]
        for number in range(self.max_rounds):
            moved = self._moved(parts, shifts)
            amounts = self._constrained(
                np.array([nonnegative_amounts(m, row) for m, row in zip(moved, data, strict=True)])
            )
            if self.max_shift:
                shifts = self._better_shifts(data, moved, amounts, shifts, len(held))
            parts = self._better_parts(data, parts, amounts, shifts, len(held))
            moved = self._moved(parts, shifts)
            left = float(np.sum((data - np.einsum("sk,skn->sn", amounts, moved)) ** 2)) / total
            history.append(left)
            if number >= 10 and history[-11] - left < LEAST_GAIN * history[-11]:
                break
        if not self.closure:
            norms = np.maximum(np.linalg.norm(parts, axis=1), 1e-300)
            norms[: len(held)] = 1.0
            parts, amounts = parts / norms[:, None], amounts * norms
        self._parts, self.amounts_, self.shifts_ = parts, amounts, shifts * self._step
        self.unexplained_, self.n_rounds_ = history[-1], len(history) - 1

    def _moved(self, parts: Array, shifts: Array) -> Array:
        """Parts at the shifts of each spectrum, (n_samples, n_parts, n_points); shifts are in points here."""
        if not self.max_shift or not len(parts):
            return np.broadcast_to(parts, (len(shifts), *parts.shape))
        return np.array([[_moved(part, by) for part, by in zip(parts, row, strict=True)] for row in shifts])

    def _common_shifts(self, data: Array, parts: Array) -> Array:
        """One shift for all parts of a spectrum, to begin with."""
        if not self.max_shift:
            return np.zeros((len(data), len(parts)))
        tried = np.linspace(-self.max_shift, self.max_shift, N_COMMON) / self._step
        best, shifts = np.full(len(data), np.inf), np.zeros(len(data))
        for by in tried[np.argsort(np.abs(tried), kind="stable")]:
            columns = np.array([_moved(part, by) for part in parts])
            for number, row in enumerate(data):
                left = float(np.sum((row - nonnegative_amounts(columns, row) @ columns) ** 2))
                if left < best[number] * (1.0 - 1e-9):
                    best[number], shifts[number] = left, by
        return np.repeat(shifts[:, None], len(parts), axis=1)

    def _constrained(self, amounts: Array) -> Array:
        """Amounts with one peak along the series, and summing to one, where that is asked for."""
        for _ in range(N_TURNS if self.unimodal and self.closure else 1):  # each spoils the other a little
            if self.unimodal:
                amounts = np.array([unimodal(column) for column in amounts.T]).T
            if self.closure:
                amounts = amounts / np.maximum(amounts.sum(axis=1, keepdims=True), 1e-300)
        return amounts

    def _better_shifts(self, data: Array, moved: Array, amounts: Array, shifts: Array, n_held: int) -> Array:
        """One step of Gauss and Newton for the shifts of each spectrum; those of a part have the mean 0."""
        better = shifts.copy()
        for number, (row, columns, amount) in enumerate(zip(data, moved, amounts, strict=True)):
            slopes = -np.gradient(columns, axis=1) * amount[:, None]
            every = np.vstack([columns, slopes])
            gram = every @ every.T
            gram += np.diag(1e-3 * np.diag(gram) + 1e-9 * np.trace(gram))
            step = np.linalg.solve(gram, every @ (row - amount @ columns))[len(columns) :]
            better[number] += np.clip(step, -MOST_STEP, MOST_STEP) * (amount > 0)
        weights = amounts / np.maximum(amounts.sum(axis=0), 1e-300)
        middle = (weights * better).sum(axis=0)
        middle[:n_held] = 0.0
        reach = self.max_shift / self._step
        return np.asarray(np.clip(better - middle, -reach, reach))

    def _better_parts(self, data: Array, parts: Array, amounts: Array, shifts: Array, n_held: int) -> Array:
        """Each part from what the others leave, moved back (hierarchical alternating least squares)."""
        parts = parts.copy()
        for part in range(n_held, len(parts)):
            size = float(np.sum(amounts[:, part] ** 2))
            if size <= 0:
                continue
            others = np.delete(np.arange(len(parts)), part)
            left = data - np.einsum("sk,skn->sn", amounts[:, others], self._moved(parts[others], shifts[:, others]))
            if self.max_shift:
                left = np.array([_moved(row, -by) for row, by in zip(left, shifts[:, part], strict=True)])
            parts[part] = np.maximum(amounts[:, part] @ left / size, 0.0)
        return parts

    def transform(self, X: ArrayLike) -> Array:
        """Return the amounts of the parts in spectra of the same points, without shifts, shape (n_samples, n_parts)."""
        check_is_fitted(self, "parts_")
        rows = np.atleast_2d(np.asarray(X, dtype=np.float64))
        if rows.shape[1] != self.n_features_in_:
            raise InputError(f"expected spectra of {self.n_features_in_} points, got {rows.shape[1]}")
        return np.array([nonnegative_amounts(self.parts_, row) for row in rows])

    def resemble(self, spectra: ArrayLike, names: Sequence[str]) -> list[Resemblance]:
        """Return which known spectrum each part is most like, shifts within `max_shift` allowed.

        Parameters
        ----------
        spectra
            Shape (n_known, n_points).
        names
            Of them, at least two.
        """
        check_is_fitted(self, "parts_")
        known = np.atleast_2d(np.asarray(spectra, dtype=np.float64))
        if known.shape != (len(names), self.n_features_in_) or len(names) < 2:
            raise InputError(f"expected two known spectra or more of {self.n_features_in_} points, a name for each")
        known = np.array([np.interp(self._even, self.axis_, row) for row in known])
        known /= np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-300)
        tried = np.linspace(-self.max_shift, self.max_shift, 2 * N_COMMON + 1) if self.max_shift else np.zeros(1)
        told = []
        for part in self._parts:
            moved = np.array([_moved(part, by / self._step) for by in tried])
            moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-300)
            cosines = known @ moved.T
            first, second = np.argsort(-cosines.max(axis=1), kind="stable")[:2]
            at = float(tried[int(cosines[first].argmax())])
            told.append(
                Resemblance(names[first], float(cosines[first].max()), -at, names[second], float(cosines[second].max()))
            )
        return told


def count_parts(
    spectra: ArrayLike, *, max_parts: int = 6, n_halves: int = 6, random_state: int = 0, **options: object
) -> PartCount:
    """Count the parts of a series by how well halves of it agree on them.

    After B. S. Alexandrov and V. V. Vesselinov, Water Resour. Res. 50, 7332 (2014), doi:10.1002/2013WR015037: the
    largest number whose parts are found again, the least alike pair correlating by more than 0.9 once their mean is
    taken off, and whose last part explains more of what was left than a part made of noise would: (1/sqrt(n) +
    1/sqrt(m))^2 of it, with n spectra and m points in a half.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    max_parts
        Largest number that is tried.
    n_halves
        Random halves of the series.
    random_state
        Of the halves.
    **options
        Of `BlindParts`.

    Examples
    --------
    >>> axis = np.linspace(0.0, 10.0, 100)
    >>> pure = np.array([np.exp(-(((axis - at) / 0.8) ** 2)) for at in (3.0, 5.0, 8.0)])
    >>> rng = np.random.default_rng(0)
    >>> mixed = rng.dirichlet([0.5] * 3, 30) @ pure + rng.normal(0.0, 0.005, (30, 100))
    >>> count_parts(mixed, max_parts=4).n_parts
    3
    """
    rows = np.atleast_2d(np.asarray(spectra, dtype=np.float64))
    if len(rows) < 4:
        raise InputError(f"expected four spectra or more to divide into halves, got {len(rows)}")
    rng = np.random.default_rng(random_state)
    chosen = [np.sort(rng.permutation(len(rows))[: (len(rows) + 1) // 2]) for _ in range(n_halves)]
    stability, unexplained = [], []
    for number in range(1, min(max_parts, len(chosen[0])) + 1):
        found = [BlindParts(number, **options).fit(rows[half]) for half in chosen]  # type: ignore[arg-type]
        agreed = [_agreement(one.parts_, found[0].parts_) for one in found[1:]]
        stability.append(float(np.median(agreed)))
        unexplained.append(float(np.mean([one.unexplained_ for one in found])))
    of_noise = (1 / np.sqrt(len(chosen[0])) + 1 / np.sqrt(rows.shape[1])) ** 2
    falls = 1.0 - np.array(unexplained[1:]) / np.maximum(unexplained[:-1], 1e-300)
    kept = [number for number in range(2, len(stability) + 1)
            if stability[number - 1] >= STABLE and falls[number - 2] > of_noise]  # fmt: skip
    return PartCount(max(kept, default=1), np.array(stability), np.array(unexplained))


def _agreement(first: Array, second: Array) -> float:
    """Least correlation between parts and their partners, the mean of all parts taken off where there are several."""
    one, two = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300) for rows in (first, second))
    middle = 0.5 * (one.mean(axis=0) + two.mean(axis=0)) if len(one) > 1 else 0.0
    one, two = (rows - middle for rows in (one, two))
    cosines = one @ two.T / np.outer(np.linalg.norm(one, axis=1), np.linalg.norm(two, axis=1))
    return float(cosines[linear_sum_assignment(-cosines)].min())


def _purest(data: Array, held: Array, n_parts: int) -> Array:
    """Known spectra first, then those of the series that the ones before explain least."""
    parts = list(held)
    rows = data / np.linalg.norm(data, axis=1, keepdims=True)
    while len(parts) < n_parts:
        if parts:
            basis = np.linalg.qr(np.array(parts).T)[0]
            left = rows - (rows @ basis) @ basis.T
        else:  # the one farthest from the mean
            left = rows - rows.mean(axis=0)
        parts.append(np.maximum(data[int(np.argmax(np.sum(left**2, axis=1)))], 0.0))
    return np.array(parts)


def _moved(curve: Array, by: float) -> Array:
    """A curve moved by some points to the right; the ends go on."""
    return curve if by == 0.0 else np.asarray(moved_by(curve, by, order=3, mode="nearest"))


def unimodal(values: Array) -> Array:
    """Return the nearest series that rises once and falls once, none negative (least squares).

    Examples
    --------
    >>> unimodal(np.array([0.0, 2.0, 1.0, 3.0, 1.0])).tolist()
    [0.0, 1.5, 1.5, 3.0, 1.0]
    """
    best, least = values, np.inf
    for peak in range(len(values)):
        rising = isotonic_regression(values[: peak + 1]).x
        falling = isotonic_regression(values[peak + 1 :], increasing=False).x if peak + 1 < len(values) else values[:0]
        tried = np.concatenate([rising, np.minimum(falling, rising[-1])])
        error = float(np.sum((tried - values) ** 2))
        if error < least - 1e-12:
            best, least = tried, error
    return np.asarray(np.maximum(best, 0.0))
