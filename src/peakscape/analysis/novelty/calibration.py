"""How novelty is calibrated: by how little of known samples is explained when they are left out."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist, pdist
from sklearn.base import clone

from peakscape.analysis.generation import reconstruct
from peakscape.analysis.inputs import check_spectra
from peakscape.analysis.novelty.decision import (
    LARGE_SHARE,
    NO_NOVELTY,
    NOISY,
    SMALL_SHARE,
    NoveltyReport,
    Remark,
    bar_of,
    conformal_p_value,
    is_outside,
    is_rare,
    judge_as_before,
    judge_unexplained,
    noise_off,
    remarks_of,
)
from peakscape.analysis.novelty.explanation import Explainer, Explanation, intensity_share, unexplained_peaks
from peakscape.analysis.novelty.two_classes import LEAST_SHARE, TwoClasses
from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError, PeakscapeWarning
from peakscape.signal.interpolation import checked_axis

Array = NDArray[np.float64]
PREFIX = "novelty_"
"""Begins the names of the arrays that a saved map keeps of a calibration."""
MOST_KNOWN = 2_000
"""Known spectra of which novelty is calibrated by default, at most."""
Cost = Literal["instant", "seconds", "minutes"]
"""What one fit of a map takes: a closed form, an iteration, the training of networks."""
_FEW = 60  # so many spectra are fitted in a moment by all maps but networks
_MUCH_BETTER = 4.0  # how many times as little two classes leave as one does
_MANY_FOLDS, _FEW_FOLDS = 20, 5
_SHARE_OF_SPAN = 0.01  # largest translation: 1 % of the shift axis


class Novelty:
    """Judge new spectra by what a map and its known spectra explain of them.

    A spectrum is band-passed (peaks broadened, background taken off), brought to the known spectra's peak width, and
    explained by amounts of zero or more of the map's answer for it (``inverse_transform(transform(spectrum))``) and of
    the two most similar known spectra, each moved along the shift axis within bounds. What remains, as a share of the
    variance with noise taken off, is compared with the same of known samples that were left out: the map is fitted anew
    without each fold. The probability is the conformal p-value (Vovk, Gammerman, Shafer, Algorithmic Learning in a
    Random World, 2005, chapter 2, DOI 10.1007/b106715): (1 + number of left-out known samples that are explained as
    little) / (1 + their number).

    A spectrum is called foreign if more remains than `min_ratio` times the median of left-out samples and than 1.5
    times their 0.8 quantile: a few odd known samples, behind which everything would hide if the p-value decided, do not
    count. It is never foreign if 2 % of its variance remains or less, and always if more than half does. Where noise
    makes half of its variance or more, only what is rarer than `level` among left-out samples is foreign. What lies as
    far outside the known points of the map as these are from one another is foreign too, however well it is explained.

    Parameters
    ----------
    axis
        Positions of the points, shape (n_points,), for the places of unexplained peaks; None: their numbers.
    unit
        Unit of `axis`, for the words.
    shift_axis
        Ascending axis of shape (n_points,) on which a uniform change is a translation, such as the logarithm of q;
        None: the numbers of the points.
    max_shift
        Largest translation, in units of the shift axis; None: 1 % of its span.
    broadening
        Width of the comparison in units of the known peaks' width.
    n_folds
        Folds of the calibration: so many times the map is fitted anew.
    level
        p-value up to which a spectrum that is mostly noise is called foreign.
    min_ratio
        How many times as much as of the median left-out sample remains of a foreign spectrum at least.
    mixed
        Whether known spectra differ in amounts alone, as mixtures of the same parts do: then up to 48 known spectra may
        explain another one, all moved alike.

    Attributes
    ----------
    known_ : ndarray of shape (n_samples, n_points)
        The known spectra, in single precision as they are saved.
    coordinates_ : ndarray of shape (n_samples, 2)
        Where the map places them.
    left_out_error_ : ndarray of shape (n_samples,)
        Share of the variance that remained of each known sample when its fold was left out, noise taken off.
    left_out_raw_ : ndarray of shape (n_samples,) or None
        The same with noise in it; None of a novelty saved by versions that left noise in, which judges as they did.
    left_out_distance_ : ndarray of shape (n_samples,)
        Its distance on the map to the nearest sample that was not left out, in units of the known spacing.
    spacing_ : float
        Median distance on the map from a known sample to the nearest of another group.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> axis = np.linspace(10.0, 40.0, 300)
    >>> peak = lambda at: np.exp(-(((axis - at) / 0.4) ** 2))
    >>> known = np.array([peak(15 + 0.1 * k) + peak(25 + 0.2 * k) for k in range(12)])
    >>> novelty = Novelty(axis=axis, unit="degree").fit(PCA(2).fit(known), known)
    >>> report = novelty.assess([known[5], 0.5 * known[5] + peak(35)])
    >>> report.table["foreign"].tolist()
    [False, True]
    >>> report.words[1]
    'unlike anything this map knows: 51 % of the intensity is not explained, strongest unexplained peak at 35.0 degree'
    """

    def __init__(
        self,
        *,
        axis: ArrayLike | None = None,
        unit: str = "",
        shift_axis: ArrayLike | None = None,
        max_shift: float | None = None,
        broadening: float = 4.0,
        n_folds: int = 10,
        level: float = 0.05,
        min_ratio: float = 3.0,
        mixed: bool = False,
    ) -> None:
        self.axis = axis
        self.unit = unit
        self.shift_axis = shift_axis
        self.max_shift = max_shift
        self.broadening = broadening
        self.n_folds = n_folds
        self.level = level
        self.min_ratio = min_ratio
        self.mixed = mixed

    def fit(
        self, space: Any, spectra: ArrayLike, groups: ArrayLike | None = None, *, targets: ArrayLike | None = None
    ) -> Self:
        """Learn how much of known samples remains unexplained when they are left out.

        Parameters
        ----------
        space
            The fitted map; it is not changed, copies of it are fitted without each fold.
        spectra
            The known spectra, shape (n_samples, n_points), prepared as for the map.
        groups
            Labels of shape (n_samples,) or compositions (n_samples, n_elements): what belongs together is left out
            together, and the p-value then stands for samples of groups that the map has not seen. None: each sample is
            a group of its own.
        targets
            What the map's own ``fit`` needs beside the spectra, if anything: n_samples rows.

        Returns
        -------
        Novelty
            This object.

        Raises
        ------
        InputError
            If an option is out of range, shapes do not fit, or there are fewer than four samples or two groups.
        """
        known = check_spectra(spectra).astype(np.float32).astype(np.float64)
        self._prepare(space, known)
        numbers = np.arange(len(known)) if groups is None else number_groups(groups)
        if numbers.shape != (len(known),):
            raise InputError(f"expected groups for {len(known)} spectra, got {len(numbers)}")
        if len(known) < 4 or len(np.unique(numbers)) < 2:
            raise InputError(f"novelty needs four known spectra of two groups or more, got {len(known)}")
        self.spacing_ = _spacing(self.coordinates_, numbers)
        folds = numbers % self.n_folds if numbers.max() >= self.n_folds else numbers
        self.left_out_error_, self.left_out_distance_ = np.empty(len(known)), np.empty(len(known))
        self.left_out_raw_: Array | None = np.empty(len(known))
        for fold in np.unique(folds):
            out = folds == fold
            fitted = _refit(space, known[~out], None if targets is None else np.asarray(targets)[~out])
            found = self._explainer.explain(known[out], _rebuilt(fitted, known[out]), allowed=~out)
            self.left_out_raw_[out] = found.unexplained
            self.left_out_error_[out] = noise_off(found.unexplained, found.noise)
            kept = np.asarray(fitted.transform(known[~out]), dtype=np.float64)
            reach = cdist(np.asarray(fitted.transform(known[out]), dtype=np.float64), kept).min(axis=1)
            self.left_out_distance_[out] = _in_spacings(reach, _spacing(kept, numbers[~out]))
        return self

    def assess(self, spectra: ArrayLike, *, noise: ArrayLike | None = None) -> NoveltyReport:
        """Judge spectra.

        Parameters
        ----------
        spectra
            Shape (n_samples, n_points), prepared as for the map.
        noise
            Standard deviation of a point, shape (n_samples,); None estimates it from the spectra, which finds too
            little in spectra that were interpolated.

        Returns
        -------
        NoveltyReport
            With ``require_known()`` where a hard refusal is wanted.

        Raises
        ------
        InputError
            If the spectra do not fit, or nothing was fitted.
        """
        if not hasattr(self, "left_out_error_"):
            raise InputError("this Novelty knows nothing yet; call fit(space, spectra) first")
        values = check_spectra(spectra, n_points=self.known_.shape[1])
        deviation = None if noise is None else np.asarray(noise, dtype=np.float64)
        found = self._explainer.explain(values, _rebuilt(self._space, values), noise=deviation)
        points = np.asarray(self._space.transform(values), dtype=np.float64)
        table = self._table(found, _in_spacings(cdist(points, self.coordinates_).min(axis=1), self.spacing_))
        peaks = unexplained_peaks(found, self._positions())
        remarks = remarks_of(table, peaks, self.unit)
        return NoveltyReport(table, found.left, peaks, [one.text for one in remarks], [one.code for one in remarks])

    def suspect_mixture(self, spectrum: ArrayLike, classes: ArrayLike, *, foreign: bool) -> TwoClasses | None:
        """Tell a mixture of two classes: no one explains a spectrum as known ones are explained, and two do so better.

        Parameters
        ----------
        spectrum
            Shape (n_points,), prepared as for the map.
        classes
            What each known spectrum is of, shape (n_known,).
        foreign
            Whether `assess` calls it foreign: then two have to explain it as known ones are explained. Else it is
            enough that they leave a fourth of what one class leaves, for known spectra of all classes explain it.

        Returns
        -------
        TwoClasses or None
            None where one class is enough, or two are not.
        """
        row = check_spectra(np.asarray(spectrum)[np.newaxis], n_points=self.known_.shape[1])[0]
        found = self._explainer.by_two_classes(row, np.asarray(classes, dtype=str))
        bar = bar_of(self.left_out_error_, least=SMALL_SHARE, most=LARGE_SHARE, ratio=self.min_ratio)
        if found is None or found.alone <= bar or min(found.shares) < LEAST_SHARE:
            return None
        return found if found.unexplained <= (bar if foreign else found.alone / _MUCH_BETTER) else None

    def state(self) -> dict[str, Array]:
        """Return the arrays that `restore` needs beside the map and the known spectra."""
        settings = [self.max_shift or np.nan, self.broadening, self.n_folds, self.level, self.min_ratio, self.spacing_]
        settings += [1.0] * self.mixed  # what was saved before there were mixed ones has six
        return {
            "settings": np.array(settings, dtype=np.float64),
            "left_out": np.stack([one for one in self._left_out() if one is not None]),
            "axes": np.stack(
                [self._positions(), checked_axis(self.shift_axis, self.known_.shape[1], name="shift axis")]
            ),
        }

    @classmethod
    def restore(cls, space: Any, spectra: ArrayLike, state: Mapping[str, ArrayLike], *, unit: str = "") -> Self:
        """Bring back what was fitted, without fitting anything: the map's own known spectra and `state`.

        Parameters
        ----------
        space
            The fitted map.
        spectra
            The known spectra, shape (n_samples, n_points); there may be more than at the calibration.
        state
            What `state` returned.
        unit
            Unit of the axis.

        Raises
        ------
        InputError
            If a part is missing or does not fit.
        """
        try:
            shift, broadening, folds, level, ratio, spacing, *mixed = np.asarray(state["settings"], dtype=np.float64)
            positions, shift_axis = np.asarray(state["axes"], dtype=np.float64)
            errors, distances, *raw = np.asarray(state["left_out"], dtype=np.float64)
        except (KeyError, ValueError) as error:
            raise InputError(f"not the state of a Novelty: {error}; fit it anew") from error
        novelty = cls(
            axis=positions, unit=unit, shift_axis=shift_axis, max_shift=None if np.isnan(shift) else float(shift),
            broadening=float(broadening), n_folds=int(folds), level=float(level), min_ratio=float(ratio),
            mixed=mixed == [1.0],
        )  # fmt: skip
        novelty._prepare(space, check_spectra(spectra, n_points=len(positions)))
        novelty.left_out_error_, novelty.left_out_distance_, novelty.spacing_ = errors, distances, float(spacing)
        novelty.left_out_raw_ = raw[0] if raw else None
        return novelty

    def extras(self) -> dict[str, NDArray[Any]]:
        """Return `state` and the known spectra (single precision), under the names by which a saved map keeps them."""
        kept: dict[str, NDArray[Any]] = {f"{PREFIX}{name}": values for name, values in self.state().items()}
        return kept | {"spectra": self.known_.astype(np.float32)}

    @classmethod
    def from_extras(cls, space: Any, extras: Mapping[str, Any], *, unit: str = "") -> Self | None:
        """Bring back what a saved map keeps by `extras`; None where it keeps nothing.

        Raises
        ------
        InputError
            If a part is missing or does not fit.
        """
        state = {name.removeprefix(PREFIX): values for name, values in extras.items() if name.startswith(PREFIX)}
        return cls.restore(space, extras["spectra"], state, unit=unit) if state and "spectra" in extras else None

    def _left_out(self) -> tuple[Array, Array, Array | None]:
        return self.left_out_error_, self.left_out_distance_, self.left_out_raw_

    def odd(self) -> NDArray[np.bool_]:
        """Tell which known samples the others would call foreign, shape (n_samples,): the rule of `assess`."""
        errors = self.left_out_error_
        kept = np.ones(len(errors), dtype=bool)
        found = np.zeros(len(errors), dtype=bool)
        for number in range(len(errors)):
            kept[number] = False
            found[number] = judge_unexplained(errors[[number]], errors[kept], min_ratio=self.min_ratio)[2][0]
            kept[number] = True
        return found

    def _prepare(self, space: Any, known: Array) -> None:
        if self.n_folds < 2 or not 0 < self.level < 1 or self.broadening <= 0 or (self.max_shift or 0) < 0:
            raise InputError(
                "expected two folds or more, a level between 0 and 1, a positive broadening and a max_shift that is "
                f"not negative, got {self.n_folds}, {self.level}, {self.broadening} and {self.max_shift}"
            )
        shift_axis = self._shift_axis(known)
        reach = _SHARE_OF_SPAN * float(np.ptp(shift_axis)) if self.max_shift is None else self.max_shift
        self._space, self.known_ = space, known
        self._explainer = Explainer(known, shift_axis, reach, self.broadening, mixed=self.mixed)
        self.coordinates_ = np.asarray(space.transform(known), dtype=np.float64)
        self._widest = float(pdist(self.coordinates_).max(initial=0.0))

    def _shift_axis(self, known: Array) -> Array:
        return checked_axis(self.shift_axis, known.shape[1], name="shift axis")

    def _positions(self) -> Array:
        n_points = self.known_.shape[1]
        positions = np.arange(float(n_points)) if self.axis is None else np.asarray(self.axis, dtype=np.float64)
        if positions.shape != (n_points,):
            raise InputError(f"expected an axis of {n_points} positions, got shape {positions.shape}")
        return positions

    def _judged(self, found: Explanation) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        """What remains, p-values, ratios to the median left-out sample, and which spectra are foreign."""
        if self.left_out_raw_ is None:
            told = judge_as_before(found.unexplained, self.left_out_error_, level=self.level, min_ratio=self.min_ratio)
            return found.unexplained, *told
        unexplained = noise_off(found.unexplained, found.noise)
        p_value, ratio, foreign = judge_unexplained(unexplained, self.left_out_error_, min_ratio=self.min_ratio)
        noisy = found.noise >= NOISY
        if noisy.any():
            among = conformal_p_value(found.unexplained, self.left_out_raw_)
            p_value = np.where(noisy, among, p_value)
            foreign = np.where(noisy, is_rare(among, len(self.left_out_raw_), level=self.level), foreign)
        return unexplained, p_value, ratio, foreign

    def _table(self, found: Explanation, distance: Array) -> pd.DataFrame:
        unexplained, p_value, ratio, foreign = self._judged(found)
        widest = _in_spacings(np.array([self._widest]), self.spacing_)[0]
        outside = is_outside(distance, widest) & ~foreign & (found.noise < NOISY)
        if hasattr(self._space, "n_classes_"):  # it draws the known together, and others lie far from them
            outside[:] = False
        return pd.DataFrame(
            {
                "unexplained": unexplained,
                "ratio": ratio,
                "p_value": p_value,
                "foreign": foreign | outside,
                "noise": found.noise if self.left_out_raw_ is not None else np.zeros(len(unexplained)),
                "unexplained_intensity": intensity_share(found),
                "reconstruction_error": found.reconstruction,
                "mismatch": found.mismatch,
                "nearest": found.nearest,
                "shift": found.shift,
                "map_distance": distance,
                "map_p_value": conformal_p_value(distance, self.left_out_distance_),
                "outside": outside,
            }
        )


def calibrate(
    space: Any,
    spectra: ArrayLike,
    *,
    axis: ArrayLike,
    shift_axis: ArrayLike,
    unit: str = "",
    groups: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    cost: Cost = "seconds",
) -> tuple[Novelty | None, Remark | None]:
    """Calibrate novelty for a fitted map, with as many folds as the time of its fit allows.

    Twenty folds where a fit is instant, or takes seconds and there are 60 spectra at most; else five.

    Parameters
    ----------
    space, spectra, groups, targets
        As for `Novelty.fit`.
    axis, shift_axis, unit
        As for `Novelty`.
    cost
        What one fit of the map takes.

    Returns
    -------
    novelty : Novelty or None
        None where it cannot be calibrated.
    remark : Remark or None
        Why not, of the code `NO_NOVELTY`.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> known = np.eye(3)
    >>> calibrate(PCA(2).fit(known), known, axis=np.arange(3.0), shift_axis=np.arange(3.0))[1].text
    'novelty is learned from 4 to 2000 spectra, got 3; this map will not tell foreign spectra'
    """
    known = np.asarray(spectra, dtype=np.float64)
    if not 4 <= len(known) <= MOST_KNOWN:
        wanted = f"novelty is learned from 4 to {MOST_KNOWN} spectra, got {len(known)}"
        return None, Remark(NO_NOVELTY, f"{wanted}; this map will not tell foreign spectra")
    is_quick = cost == "instant" or (cost == "seconds" and len(known) <= _FEW)
    n_folds = _MANY_FOLDS if is_quick else _FEW_FOLDS
    novelty = Novelty(axis=axis, unit=unit, shift_axis=shift_axis, n_folds=n_folds)
    try:
        return novelty.fit(space, known, groups, targets=targets), None
    except InputError as error:
        return None, Remark(NO_NOVELTY, f"this map will not tell foreign spectra: {error}")


def _refit(space: Any, spectra: Array, targets: NDArray[Any] | None) -> Any:
    """A copy of the map fitted to fewer samples; doubts about the copies are no news about the map."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PeakscapeWarning)
        return clone(space).fit(spectra) if targets is None else clone(space).fit(spectra, targets)


def _rebuilt(space: Any, spectra: Array) -> Array | None:
    return reconstruct(space, spectra) if hasattr(space, "inverse_transform") else None


def _spacing(points: Array, numbers: NDArray[np.intp]) -> float:
    """Median distance to the nearest point of another group; of any other point where there is one group."""
    same = numbers[:, np.newaxis] == numbers if len(np.unique(numbers)) > 1 else np.eye(len(points), dtype=bool)
    nearest = np.where(same, np.inf, cdist(points, points)).min(axis=1)
    return max(float(np.median(nearest)), np.finfo(float).tiny)


def _in_spacings(distance: Array, spacing: float) -> Array:
    """Distances in known spacings; infinite where the known points lie on one another and a new one does not."""
    if spacing <= np.finfo(float).tiny:
        return np.where(distance > 0, np.inf, 0.0)
    return distance / spacing
