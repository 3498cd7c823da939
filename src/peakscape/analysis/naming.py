"""Name what a spectrum is of by the known spectra most like it, with a calibrated probability and a bounded search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from peakscape.analysis.inputs import check_spectra
from peakscape.analysis.novelty.decision import conformal_p_value, is_rare
from peakscape.analysis.novelty.plain_forms import PlainForms
from peakscape.errors import InputError
from peakscape.signal.interpolation import move

Array = NDArray[np.float64]
PREFIX = "identifier_"
"""Begins the names of the arrays that a saved map keeps of an `Identifier`."""
REACH, STEP = 5.0, 0.25
"""eV, and step: how far and how finely another place is sought at which a spectrum is explained much better."""
MUCH_BETTER = 2.0
"""How many times as little remains there."""
LEAST_PLAIN = 0.003
"""Share of the variance below which it makes no difference how little two plain forms leave."""
SHARPEST, BLUNTEST = 0.02, 5.0  # bounds of T: probabilities nearly 0 and 1, and nearly equal


@dataclass(frozen=True)
class Search:
    """How a new spectrum's axis may be moved before it is compared.

    A position p becomes ``pivot + (p - pivot) * stretch + shift``. Keep it narrow: over a wide range some wrong
    spectrum always fits.

    Parameters
    ----------
    max_shift
        Largest shift either way, in units of the axis.
    step
        Step of the shifts tried; None for a tenth of `max_shift`.
    stretches
        Factors tried, such as (0.94, 0.97, 1.0) where known spectra are computed and their features lie too close.
    pivot
        Where a stretch moves nothing; None for the middle of the axis.

    Examples
    --------
    >>> Search(max_shift=0.2, step=0.1).moves()
    [(-0.2, 1.0), (-0.1, 1.0), (0.0, 1.0), (0.1, 1.0), (0.2, 1.0)]
    """

    max_shift: float = 0.0
    step: float | None = None
    stretches: Sequence[float] = (1.0,)
    pivot: float | None = None

    def moves(self) -> list[tuple[float, float]]:
        """Return all pairs of shift and stretch that are tried.

        Raises
        ------
        InputError
            If the shift is negative, a step or a stretch is not positive, or there is no stretch.
        """
        step = self.max_shift / 10 if self.step is None else self.step
        if self.max_shift < 0 or step < 0 or (self.max_shift > 0 and step == 0) or not self.stretches:
            raise InputError(f"expected a shift that is not negative, a positive step and a stretch, got {self}")
        if min(self.stretches) <= 0:
            raise InputError(f"expected positive stretches, got {self.stretches}")
        count = round(min(self.max_shift / step, 1e9)) if self.max_shift > 0 else 0
        if count * len(self.stretches) > 100_000:
            raise InputError(f"expected at most 100000 moves to be tried, got {self}; take a wider step")
        shifts = [0.0] if count == 0 else [self.max_shift * k / count for k in range(-count, count + 1)]
        return [(float(shift), float(stretch)) for stretch in self.stretches for shift in shifts]


class Identifier:
    """Name spectra by their likeness to known ones.

    Unlikeness of two spectra is the share of variance that a multiple of the one leaves of the other, 1 - r^2 with r
    Pearson's correlation (1 where r is negative), smallest over the moves of a :class:`Search`. A class is as far as
    its nearest known spectrum. The probability of a class is proportional to its unlikeness to the power -1/T, with the
    one number T chosen so that known spectra are named best when their whole group is left out (largest likelihood;
    the same idea as temperature scaling, C. Guo et al., ICML 2017, arXiv:1706.04599). The p-value of being of a known
    kind at all is conformal, as in :class:`Novelty`: the share of left-out spectra that are at least as unlike
    everything that remains.

    Where `plain` forms are given, the best known spectrum has to explain a spectrum beyond what two of them do, as far
    as it does for left-out ones: the p-value is that of log(unlikeness) - log(what two forms leave) / 2. And no name is
    right where a spectrum moved beyond the search, by up to 5 units, is explained twice as well.

    Parameters
    ----------
    axis
        Positions of the points, shape (n_points,), ascending; None for their numbers.
    search
        How new spectra may be moved; None compares them as they are.
    level
        p-value up to which a spectrum is called foreign.
    plain
        `novelty.plain_forms.plain_curves`, prepared as the known spectra, shape (n_forms, n_points); None: likeness
        alone counts.

    Attributes
    ----------
    known_ : ndarray of shape (n_samples, n_points)
        The known spectra, each of mean 0 and norm 1; ``labels_`` of them, and ``points_``, the axis.
    classes_ : ndarray of str, shape (n_classes,)
        Names, sorted.
    temperature_ : float
        T.
    left_out_ : pandas.DataFrame
        One row a calibration spectrum: ``label``, ``named`` (what it was called with its group left out),
        ``probability`` (of that), ``right``, ``unexplained``, ``plain`` (what two plain forms leave, 1 without them).
        Spectra whose class has no other group are not in it.

    Examples
    --------
    >>> axis = np.linspace(0.0, 10.0, 200)
    >>> peak = lambda at: np.exp(-(((axis - at) / 0.5) ** 2))
    >>> known = [peak(3) + 0.1 * k * peak(4) for k in range(4)] + [peak(6) + 0.1 * k * peak(4) for k in range(4)]
    >>> names = ["early"] * 4 + ["late"] * 4
    >>> finder = Identifier(axis=axis, search=Search(max_shift=0.5)).fit(known, names)
    >>> found = finder.identify([7.0 * peak(3.3)])
    >>> found["label"].item(), round(found["shift"].item(), 2), bool(found["foreign"].item())
    ('early', -0.3, False)
    """

    def __init__(
        self,
        *,
        axis: ArrayLike | None = None,
        search: Search | None = None,
        level: float = 0.05,
        plain: ArrayLike | None = None,
    ) -> None:
        self.axis = axis
        self.search = search
        self.level = level
        self.plain = plain

    def fit(
        self,
        spectra: ArrayLike,
        labels: ArrayLike,
        groups: ArrayLike | None = None,
        *,
        trials: ArrayLike | None = None,
        trial_labels: ArrayLike | None = None,
        trial_groups: ArrayLike | None = None,
    ) -> Self:
        """Learn the known spectra, and from left-out ones how sure an answer is.

        Parameters
        ----------
        spectra
            Known spectra, shape (n_samples, n_points), prepared as the new ones will be.
        labels
            What they are of, shape (n_samples,).
        groups
            What is left out together, such as the structure that a spectrum is a variant of; None: each on its own.
        trials, trial_labels, trial_groups
            Spectra for the calibration, shape (n_trials, n_points), with their classes and groups: copies of known ones
            that are disturbed as measured ones may be. None takes the known spectra themselves, which makes answers
            look surer than they are where known spectra are computed and new ones measured.

        Returns
        -------
        Identifier
            This object.

        Raises
        ------
        InputError
            If shapes do not fit, a spectrum has no structure, there are fewer than two classes, or none has two groups.
        """
        known = check_spectra(spectra)
        self.know(known, labels, groups=np.arange(len(known)) if groups is None else groups)
        if trials is None:
            tried, names, out = known, self.labels_, self._groups
        else:
            tried = check_spectra(trials, n_points=known.shape[1])
            names = _column(trial_labels, len(tried), "trial_labels").astype(str)
            out = _column(trial_groups, len(tried), "trial_groups").astype(str)
        self._calibrate(tried, names, out)
        return self

    def know(self, spectra: ArrayLike, labels: ArrayLike, *, groups: ArrayLike) -> None:
        """Take known spectra without learning how sure an answer is; `fit` does both.

        Raises
        ------
        InputError
            As `fit`.
        """
        known = check_spectra(spectra)
        self.known_ = _standardize(known)
        self.labels_ = _column(labels, len(known), "labels").astype(str)
        self._groups = _column(groups, len(known), "groups").astype(str)
        self.classes_ = np.unique(self.labels_)
        if len(self.classes_) < 2:
            raise InputError(f"expected known spectra of two classes or more, got {', '.join(self.classes_)}")
        self.points_ = np.arange(float(known.shape[1])) if self.axis is None else np.asarray(self.axis, dtype=float)
        if self.points_.shape != (known.shape[1],) or not (np.diff(self.points_) > 0).all():
            raise InputError(f"expected an ascending axis of {known.shape[1]} positions, got {self.points_.shape}")
        self._moves = (self.search or Search()).moves()
        self._forms = None if self.plain is None else np.asarray(self.plain, dtype=np.float32)  # as it is saved
        self._plain = None if self._forms is None else PlainForms(self._forms)

    def identify(self, spectra: ArrayLike) -> pd.DataFrame:
        """Name spectra; each on its own, whatever else is asked at the same time.

        Parameters
        ----------
        spectra
            Shape (n_samples, n_points), prepared as the known ones.

        Returns
        -------
        pandas.DataFrame
            One row a spectrum: ``label``, ``probability``; ``second`` and ``margin``, the next class and how many times
            as unlike it is; ``unexplained`` (share of the variance that the nearest known spectrum leaves),
            ``nearest`` (its number), ``shift`` and ``stretch`` by which the spectrum was moved, ``at_limit`` (the best
            shift is the largest allowed), ``plain`` (share that the best two plain forms leave, 1 where there are
            none), ``elsewhere`` (the shift beyond the search at which it is explained twice as well; not a number where
            there is none), ``p_value`` of being of a known kind, ``foreign``, and ``probability_<class>`` for every
            class.

        Raises
        ------
        InputError
            If the spectra do not fit, or nothing was fitted.
        """
        if not hasattr(self, "temperature_"):
            raise InputError("this Identifier knows nothing yet; call fit(spectra, labels) first")
        values = check_spectra(spectra, n_points=self.known_.shape[1])
        return pd.DataFrame([self._answer(row, *self._compare(row)) for row in values])

    def best_move(self, spectrum: ArrayLike) -> tuple[float, float]:
        """Return the shift and stretch of the search at which a spectrum is most like the known one most like it.

        It needs known spectra only (`know`).

        Parameters
        ----------
        spectrum
            Shape (n_points,), prepared as the known ones.
        """
        row = check_spectra(np.asarray(spectrum)[np.newaxis], n_points=self.known_.shape[1])[0]
        unlike, best = self._compare(row)
        return self._moves[int(best[int(np.argmin(unlike))])]

    def _answer(self, row: Array, unlike: Array, moved: NDArray[np.intp]) -> dict[str, Any]:
        by_class = self._by_class(unlike)
        shares = _shares(by_class[np.newaxis], self.temperature_)[0]
        order = np.argsort(by_class, kind="stable")
        nearest = int(np.argmin(unlike))
        shift, stretch = self._moves[moved[nearest]]
        largest = max(abs(move[0]) for move in self._moves)
        plain = self._plain_leave(row)
        usual = _strangeness(self.left_out_["unexplained"].to_numpy(), self.left_out_["plain"].to_numpy())
        p_value = float(conformal_p_value([_strangeness(unlike[nearest], plain)], usual)[0])
        elsewhere = self._elsewhere(row, float(unlike[nearest]))
        return {
            "label": str(self.classes_[order[0]]),
            "probability": float(shares[order[0]]),
            "second": str(self.classes_[order[1]]),
            "margin": float(by_class[order[1]] / by_class[order[0]]),
            "unexplained": float(unlike[nearest]),
            "nearest": nearest,
            "shift": shift,
            "stretch": stretch,
            "at_limit": bool(largest > 0 and abs(shift) >= largest - 1e-12),
            "plain": plain,
            "elsewhere": elsewhere,
            "p_value": p_value,
            "foreign": bool(is_rare(p_value, len(self.left_out_), level=self.level) or np.isfinite(elsewhere)),
        } | {f"probability_{name}": float(share) for name, share in zip(self.classes_, shares, strict=True)}

    def _plain_leave(self, row: Array) -> float:
        """Share of the variance that the best two plain forms leave; 1 where there are none."""
        return 1.0 if self._plain is None else self._plain.unexplained(row)

    def _elsewhere(self, row: Array, unexplained: float) -> float:
        """The shift beyond the search at which a spectrum is explained much better; NaN where there is none."""
        search = self.search or Search()
        if self._plain is None or not 0 < search.max_shift < REACH:
            return float("nan")
        count = round(REACH / STEP)
        shifts = [STEP * k for k in range(-count, count + 1) if STEP * abs(k) > search.max_shift]
        moves = [(shift, stretch) for stretch in search.stretches for shift in shifts]
        unlike, best = self._compare(row, moves)
        nearest = int(np.argmin(unlike))
        return moves[best[nearest]][0] if unlike[nearest] * MUCH_BETTER < unexplained else float("nan")

    def _compare(self, row: Array, moves: list[tuple[float, float]] | None = None) -> tuple[Array, NDArray[np.intp]]:
        """Unlikeness to every known spectrum (n_known,), and the number of the move at which it is smallest."""
        search = self.search or Search()
        pivot = float(self.points_[[0, -1]].mean()) if search.pivot is None else search.pivot
        tried = self._moves if moves is None else moves
        moved = [move(row, self.points_, shift, stretch=stretch, pivot=pivot) for shift, stretch in tried]
        alike = self.known_ @ _standardize(np.array(moved)).T
        best = alike.argmax(axis=1)
        return np.maximum(1.0 - np.clip(alike.max(axis=1), 0.0, 1.0) ** 2, 1e-9), best

    def _by_class(self, unlike: Array, allowed: NDArray[np.bool_] | None = None) -> Array:
        """Unlikeness of the nearest allowed spectrum of each class; infinite where there is none."""
        kept = np.ones(len(unlike), dtype=bool) if allowed is None else allowed
        found = [unlike[kept & (self.labels_ == name)] for name in self.classes_]
        return np.array([values.min() if len(values) else np.inf for values in found])

    def _calibrate(self, tried: Array, names: NDArray[np.str_], out: NDArray[np.str_]) -> None:
        rows, truth, plain = [], [], []
        for row, name, group in zip(tried, names, out, strict=True):
            allowed = self._groups != group
            if not (allowed & (self.labels_ == name)).any():
                continue
            rows.append(self._by_class(self._compare(row)[0], allowed))
            truth.append(int(np.searchsorted(self.classes_, name)))
            plain.append(self._plain_leave(row))
        if not rows:
            raise InputError("no class has spectra of two groups, so nothing can be left out; give other groups")
        unlike, right = np.array(rows), np.array(truth)

        def loss(log_temperature: float) -> float:
            shares = _shares(unlike, float(np.exp(log_temperature)))
            return float(-np.log(np.maximum(shares[np.arange(len(right)), right], 1e-300)).mean())

        bounds = (float(np.log(SHARPEST)), float(np.log(BLUNTEST)))
        self.temperature_ = float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
        shares = _shares(unlike, self.temperature_)
        named = shares.argmax(axis=1)
        self.left_out_ = pd.DataFrame(
            {
                "label": self.classes_[right],
                "named": self.classes_[named],
                "probability": shares.max(axis=1),
                "right": named == right,
                "unexplained": unlike.min(axis=1),
                "plain": plain,
            }
        )


def _strangeness(unexplained: ArrayLike, plain: ArrayLike) -> Array:
    """How badly known spectra explain, with half of how well two plain forms do it (logarithms)."""
    return np.asarray(np.log(unexplained) - 0.5 * np.log(np.maximum(plain, LEAST_PLAIN)))


def _column(values: ArrayLike | None, count: int, what: str) -> NDArray[Any]:
    column = np.asarray(values)
    if values is None or column.shape != (count,):
        raise InputError(f"expected {what} for {count} spectra, got shape {column.shape}")
    return column


def _standardize(rows: Array) -> Array:
    """Zero mean and unit norm; InputError for a row without structure."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    if not (norms > 1e-12 * np.abs(rows).max()).all():
        raise InputError("a spectrum is constant over the axis: nothing to compare; look at its range and preparation")
    return np.asarray(centred / norms)


def _shares(unlike: Array, temperature: float) -> Array:
    """Probabilities (n, n_classes) by unlikeness: proportional to its power -1/temperature."""
    logs = -np.log(unlike) / temperature
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def identifier_state(finder: Identifier) -> dict[str, NDArray[np.float64]]:
    """Return the arrays that `restore_identifier` needs beside the names of the classes.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 30)
    >>> known = [np.sin((3 + k) * axis) for k in range(4)]
    >>> finder = Identifier(axis=axis).fit(known, ["a", "a", "b", "b"])
    >>> again = restore_identifier(identifier_state(finder), ["a", "b"])
    >>> again.identify(known)["label"].tolist()
    ['a', 'a', 'b', 'b']
    """
    if not hasattr(finder, "temperature_"):
        raise InputError("this Identifier knows nothing yet; call fit(spectra, labels) first")
    search = finder.search or Search()
    step = np.nan if search.step is None else search.step
    pivot = np.nan if search.pivot is None else search.pivot
    forms: dict[str, NDArray[Any]] = {} if finder._forms is None else {"plain": finder._forms}
    return forms | {
        "known": finder.known_.astype(np.float32),
        "codes": np.searchsorted(finder.classes_, finder.labels_).astype(np.float64),
        "axis": finder.points_.astype(np.float64),
        "unexplained": finder.left_out_["unexplained"].to_numpy(dtype=np.float64),
        "plain_left": finder.left_out_["plain"].to_numpy(dtype=np.float64),
        "stretches": np.array(search.stretches, dtype=np.float64),
        "numbers": np.array([search.max_shift, step, pivot, finder.temperature_, finder.level], dtype=np.float64),
    }


def restore_identifier(state: Mapping[str, ArrayLike], classes: Sequence[str]) -> Identifier:
    """Bring back a fitted `Identifier` from `identifier_state` and the sorted names of its classes.

    Of the left-out spectra only what was not explained is known. InputError if a part is missing or does not fit.
    """
    try:
        shift, step, pivot, temperature, level = np.asarray(state["numbers"], dtype=np.float64)
        known, axis = np.asarray(state["known"], dtype=np.float64), np.asarray(state["axis"], dtype=np.float64)
        labels = np.array(classes, dtype=str)[np.asarray(state["codes"]).astype(int)]
        stretches = tuple(float(value) for value in np.asarray(state["stretches"], dtype=np.float64))
        unexplained = np.asarray(state["unexplained"], dtype=np.float64)
        plain = (
            np.asarray(state["plain_left"], dtype=np.float64) if "plain_left" in state else np.ones(len(unexplained))
        )
        forms = np.asarray(state["plain"], dtype=np.float64) if "plain" in state else None
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"not the state of an Identifier: {error}; fit it anew") from error
    search = Search(
        max_shift=float(shift),
        step=None if np.isnan(step) else float(step),
        stretches=stretches,
        pivot=None if np.isnan(pivot) else float(pivot),
    )
    finder = Identifier(axis=axis, search=search, level=float(level), plain=forms)
    finder.know(known, labels, groups=np.arange(len(known)))
    finder.temperature_, finder.left_out_ = (
        float(temperature),
        pd.DataFrame({"unexplained": unexplained, "plain": plain}),
    )
    return finder
