"""The shift map: how far a pattern is shifted, and the leading change of what remains."""

import warnings
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.cross_decomposition import PLSRegression
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError
from peakscape.maps.feature_map import FeatureMap, as_coordinates, check_windows, masked_changes
from peakscape.maps.shift_masking import MaskedParts, newton_steps
from peakscape.maps.span import blocks, check_not_constant, is_large, principal_axes
from peakscape.signal.gaussian_process import kernel, weights
from peakscape.signal.interpolation import checked_axis, pull_back, shift_back
from peakscape.signal.peak_motion import register_together
from peakscape.signal.peaks import autocorrelation_width
from peakscape.signal.registration import ROWS_AT_ONCE, Modes, Registration
from peakscape.signal.smoothing import SIGMA_OF_FWHM, broaden_by_fourier
from peakscape.threads import one_blas_thread

MOST_TEMPLATES = 64
"""Up to this many training patterns are matched pair by pair, and new patterns with each of them."""

ENOUGH_FOR_A_MEDOID = 24
"""Of larger sets this many patterns, evenly chosen, are matched pair by pair to find the one in the middle."""

MOST_MIXED = 512
"""At most this many training patterns are mixed into generated ones; of more, evenly chosen along the shift."""

SMALLEST_SHARE = 0.1
"""Patterns whose mean is a smaller share of their mean size (they have both signs) are not divided by it."""

MOST_COMPONENTS = 8
"""Components of partial least squares at most: a usual number, no more than a fourth of the samples."""


class ShiftMap(FeatureMap):
    """Map of patterns whose peaks move: coordinates are the shift and the leading component of what remains.

    A uniform change of the lattice moves all peaks by the same amount on an axis of ln q (of the energy, for
    absorption; `spectra.shift_axis` gives it). That amount is found for each pattern, with no labels and no indices, by
    correlation against training patterns (see `Registration`), and taken out. What remains is divided by its mean,
    broadened, and seen along one direction. Both numbers are standardised on the training patterns. All of this is
    deterministic, and each pattern is placed on its own.

    Generated patterns are mixtures of the shift-corrected training patterns (with labels: of the means of those with
    one label), by the mean of a Gaussian process over the map, shifted to where the point's first coordinate says.

    Parameters
    ----------
    axis
        Shift axis of the patterns, shape (n_points,), ascending; steps may differ. None for point numbers.
    fwhm
        Width of the peaks on the shift axis; None estimates it from their autocorrelation.
    max_shift
        Largest shift that is looked for; None for an eighth of the axis.
    template
        What patterns are registered against: "medoid", the training pattern that matches the others best; "chain", the
        training pattern that matches a new pattern best, their own shifts joined along the tree of best matches: for
        series whose peaks move by more than their width; "auto", the chain for up to 64 training patterns.
    leave_out
        "auto": peaks that stay while the others move, of an impurity or a substrate, take no part in the registration
        (see `signal.peak_motion`); "nothing".
    residual_width
        What remains is broadened to this many peak widths before its component is taken; 0 leaves it as it is.
    normalize
        Whether what remains is divided by its mean before.
    component
        The direction: "principal", the first principal component, for which no labels are needed; "labels", the one
        that explains most of what the shift leaves unexplained of the labels given to `fit`.
    length, noise
        Of the Gaussian process that generates: length in standard deviations of the training coordinates.
    random_state
        Not used, for the map involves no chance; it is here so that maps can be swapped.

    Attributes
    ----------
    axis_ : ndarray of shape (n_points,)
        The shift axis.
    fwhm_, max_shift_ : float
        In units of the axis.
    left_out_ : ndarray of shape (n_parts, 2)
        Starts and ends of the parts of the axis that take no part in the registration.
    shifts_, match_quality_ : ndarray of shape (n_samples,)
        Shifts of the training patterns against their medoid, and how well they match.
    templates_, template_shifts_ : ndarray of shape (n_templates, n_bins) and (n_templates,)
        Prepared patterns that new ones are registered against, and their own shifts.
    center_, spread_ : ndarray of shape (2,)
        Mean and standard deviation of the training patterns' shift and component, for the standardised coordinates.
    sight_ : ndarray of shape (n_points,)
        Direction along which the shift-corrected pattern is seen.
    explained_variance_ratio_ : float
        Share of the variance of the broadened remainder along it.
    mean_, mixing_ : ndarray of shape (n_points,) and (n_mixed, n_points)
        Mean of the shift-corrected training patterns; what the kernel with `mixed_` is multiplied by to generate.
    n_features_in_ : int
        Points of a pattern.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 400)
    >>> centers = np.array([0.2, 0.45, 0.7]) + np.linspace(0.0, 0.05, 9)[:, None]
    >>> patterns = np.exp(-(((axis - centers[..., None]) / 0.01) ** 2)).sum(axis=1)
    >>> space = ShiftMap(axis=axis).fit(patterns)
    >>> np.ptp(space.shifts_).round(3)
    np.float64(0.05)
    >>> space.transform(patterns).shape
    (9, 2)
    """

    axis_: np.ndarray
    fwhm_: float
    max_shift_: float
    left_out_: np.ndarray
    shifts_: np.ndarray
    match_quality_: np.ndarray
    templates_: np.ndarray
    template_shifts_: np.ndarray
    _prepared: tuple[Registration, Modes]

    def __init__(
        self,
        *,
        axis: ArrayLike | None = None,
        fwhm: float | None = None,
        max_shift: float | None = None,
        template: Literal["auto", "medoid", "chain"] = "auto",
        leave_out: Literal["auto", "nothing"] = "auto",
        residual_width: float = 24.0,
        normalize: bool = True,
        component: Literal["principal", "labels"] = "principal",
        length: float = 2.0,
        noise: float = 1e-2,
        random_state: int | None = None,
    ) -> None:
        self.axis = axis
        self.fwhm = fwhm
        self.max_shift = max_shift
        self.template = template
        self.leave_out = leave_out
        self.residual_width = residual_width
        self.normalize = normalize
        self.component = component
        self.length = length
        self.noise = noise
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Register the training patterns and find the direction along which what remains is seen.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points), on the axis; at least three, not all the same.
        y
            Labels, shape (n_samples,) or (n_samples, n_labels), with ``component="labels"``; else not used.

        Returns
        -------
        ShiftMap
            This map.

        Raises
        ------
        InputError
            If a parameter is out of range, the axis does not fit the patterns, there are fewer than three patterns or
            two points, a value is not finite, all patterns are the same, or labels are needed and cannot be used.
        """
        patterns = self._check_patterns(X, training=True)
        check_not_constant(patterns)
        self._check_parameters()
        labels = _check_labels(y, len(patterns)) if self.component == "labels" else None
        with one_blas_thread():  # the same bits on any number of cores
            self._fit_registration(patterns)
            corrected = shift_back(patterns, self.axis_, self.shifts_)
            self._fit_component(patterns, corrected, labels)
            self._fit_mixing(corrected, labels)
        return self

    def _check_parameters(self) -> None:
        """Raise InputError for a parameter out of range."""
        for name in ("fwhm", "max_shift", "length", "noise"):
            value = getattr(self, name)
            if not ((value is None and name in ("fwhm", "max_shift")) or (np.isfinite(value) and value > 0)):
                raise InputError(f"{name} must be positive, got {value!r}")
        if self.template not in ("auto", "medoid", "chain"):
            raise InputError(f"template must be 'auto', 'medoid' or 'chain', got {self.template!r}")
        if self.leave_out not in ("auto", "nothing"):
            raise InputError(f"leave_out must be 'auto' or 'nothing', got {self.leave_out!r}")
        if self.component not in ("principal", "labels"):
            raise InputError(f"component must be 'principal' or 'labels', got {self.component!r}")
        if not (np.isfinite(self.residual_width) and self.residual_width >= 0):
            raise InputError(f"residual_width must not be negative, got {self.residual_width!r}")

    def _fit_component(self, patterns: np.ndarray, corrected: np.ndarray, labels: np.ndarray | None) -> None:
        """Find the direction in what remains, and how the coordinates are standardised."""
        self.width_points_ = autocorrelation_width(np.arange(patterns.shape[1], dtype=np.float64), patterns)
        means, sizes = corrected.mean(axis=1), np.abs(corrected).mean(axis=1)
        divided = self.normalize and bool(np.all(means > SMALLEST_SHARE * sizes))
        self.smallest_mean_ = float(1e-3 * means.min()) if divided else 0.0
        remainder = corrected / self._sizes(means)[:, None]
        seen = self._broaden(remainder - remainder.mean(axis=0))
        direction = principal_axes(seen)[1][:, 0] if labels is None else _label_direction(self.shifts_, seen, labels)
        total = float(np.sum(seen**2))
        self.explained_variance_ratio_ = float(np.sum((seen @ direction) ** 2)) / total if total > 0 else 0.0
        self.sight_ = self._broaden(direction[None])[0]
        self.center_, self.spread_ = np.zeros(2), np.ones(2)
        raw = np.column_stack([self.shifts_, self._components(corrected)])
        self.center_, spread = raw.mean(axis=0), raw.std(axis=0)
        tiny = np.array([1e-6 * self.fwhm_, 1e-12 * max(1.0, float(np.abs(raw[:, 1]).max()))])
        self.spread_ = np.where(spread > tiny, spread, 1.0)

    def _fit_mixing(self, corrected: np.ndarray, labels: np.ndarray | None) -> None:
        """Prepare the Gaussian process that generates: of the patterns, or of the means of those with one label."""
        points = self._standardise(self.shifts_, self._components(corrected))
        if labels is not None:
            _, numbers = np.unique(np.round(labels, 9), axis=0, return_inverse=True)
            rows = [numbers.ravel() == number for number in range(numbers.max() + 1)]
            points, corrected = (np.array([part[row].mean(axis=0) for row in rows]) for part in (points, corrected))
        chosen = np.arange(len(points))
        if len(points) > MOST_MIXED:
            chosen = np.argsort(points[:, 0], kind="stable")[np.linspace(0, len(points) - 1, MOST_MIXED).astype(int)]
        self.mean_ = corrected[chosen].mean(axis=0)
        self.mixed_ = points[chosen]
        table = weights(self.mixed_, corrected[chosen] - self.mean_, length=self.length, noise=self.noise)
        self.mixing_ = np.ascontiguousarray(table)  # as a loaded one, so that products have the same bits

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that labels are needed where the direction is theirs."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.component == "labels"
        return tags

    def transform_members(self, X: Any) -> np.ndarray:
        """Place patterns on the map, shape (1, n_samples, 2): `transform` with an axis of the one member."""
        check_is_fitted(self)
        if not is_large(X):
            return self._place(self._check_patterns(X))[None]
        self._check_patterns(X[:1])
        return np.concatenate([self._place(np.asarray(block, dtype=np.float64)) for _, block in blocks(X)])[None]

    def inverse_transform_members(self, coordinates: ArrayLike) -> np.ndarray:
        """Generate the patterns at points of the map, shape (1, n_samples, n_points).

        Raises
        ------
        InputError
            If the coordinates have another shape or are not finite.
        """
        check_is_fitted(self)
        points = as_coordinates(coordinates, n_members=1)[0]
        # a matrix product of a few rows may differ in its last bits from one of many: row by row
        mixed = np.array([(kernel(row[None], self.mixed_, self.length) @ self.mixing_)[0] for row in points])
        corrected = mixed.reshape(len(points), -1) + self.mean_
        return shift_back(corrected, self.axis_, -(points[:, 0] * self.spread_[0] + self.center_[0]))[None]

    def transform_masked(
        self, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, *, fill: ArrayLike | None = None
    ) -> np.ndarray:
        """Place copies of one pattern, each with one window filled; both parts of the movement together.

        Parameters and errors as in `transform_masked_parts`; coordinates of shape (1, n_windows, 2).
        """
        parts = self.transform_masked_parts(spectrum, starts, stops, fill=fill)
        return np.asarray(parts.whole + parts.registration + parts.residual)[None]

    def transform_masked_parts(
        self, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, *, fill: ArrayLike | None = None
    ) -> MaskedParts:
        """Tell how one pattern moves when windows are filled, by the registration and by what is missing.

        What is missing is taken exactly, at the shift of the whole pattern; the registration by one Newton step, for
        searching anew for each window would take minutes.

        Parameters and errors as in `FeatureMap.transform_masked`.
        """
        check_is_fitted(self)
        pattern, removed, first, last = check_windows(self.n_features_in_, spectrum, starts, stops, fill)
        modes = self._registration().modes(self._registration().prepare(pattern[None]))
        [shift], _, [best] = self._match(modes)
        steps = newton_steps(
            self._registration(), pattern, removed, (first, last),
            template=self._template_modes()[best], shift=float(shift - self.template_shifts_[best]),
        )  # fmt: skip
        seen = pull_back(np.stack([self.sight_, np.full_like(self.sight_, 1.0 / len(pattern))]), self.axis_, shift).T
        product, mean = (pattern @ seen - masked_changes(seen, removed, first, last)).T
        residual = np.zeros((len(first), 2))
        before = self._place_at(pattern[None], np.array([shift]))[0]
        residual[:, 1] = self._standardise(np.full(len(first), shift), product / self._sizes(mean))[:, 1] - before[1]
        reach = 0.05 * self.fwhm_
        ends = self._place_at(np.stack([pattern, pattern]), np.array([shift - reach, shift + reach]))
        return MaskedParts(before, steps[:, None] * (ends[1] - ends[0]) / (2.0 * reach), residual)

    def register(self, X: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Find the shifts of patterns, and how well they match.

        Parameters
        ----------
        X
            Patterns, shape (n_samples, n_points).

        Returns
        -------
        shift : ndarray of shape (n_samples,)
            Against the medoid of the training patterns, in units of the shift axis.
        quality : ndarray of shape (n_samples,)
            Correlation with the best-matching template, at most 1: low means that the shift is not to be trusted.

        Raises
        ------
        InputError
            If a value is not finite or the number of points is not that of the training patterns.
        """
        check_is_fitted(self)
        return self._register(self._check_patterns(X))

    def registered(self, X: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return the shifts (n_samples,) of patterns and what remains of them, broadened, (n_samples, n_points)."""
        patterns = self._check_patterns(X)
        shifts = self._register(patterns)[0]
        corrected = shift_back(patterns, self.axis_, shifts)
        return shifts, self._broaden(corrected / self._sizes(corrected.mean(axis=1))[:, None])

    def _place(self, patterns: np.ndarray) -> np.ndarray:
        """Return coordinates (n_samples, 2) of checked patterns, few at once: more do not stay in the cache."""
        places = np.empty((len(patterns), 2))
        for first in range(0, len(patterns), ROWS_AT_ONCE):
            some = patterns[first : first + ROWS_AT_ONCE]
            places[first : first + ROWS_AT_ONCE] = self._place_at(some, self._register(some)[0])
        return places

    def _place_at(self, patterns: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Return coordinates (n_samples, 2) of patterns whose shifts are known."""
        return self._standardise(shifts, self._components(shift_back(patterns, self.axis_, shifts)))

    def _components(self, corrected: np.ndarray) -> np.ndarray:
        """Return the component (n_samples,) of shift-corrected patterns."""
        products = (corrected * self.sight_).sum(axis=1)  # not by BLAS, whose threads cost more than they save here
        return np.asarray(products / self._sizes(corrected.mean(axis=1)))

    def _standardise(self, shifts: np.ndarray, components: np.ndarray) -> np.ndarray:
        return np.asarray((np.column_stack([shifts, components]) - self.center_) / self.spread_)

    def _sizes(self, means: np.ndarray) -> np.ndarray:
        """Return what shift-corrected patterns of these means are divided by."""
        return np.maximum(means, self.smallest_mean_) if self.smallest_mean_ > 0 else np.ones_like(means)

    def _broaden(self, rows: np.ndarray) -> np.ndarray:
        """Broaden by the residual width; the filter is symmetric, so it serves patterns and directions alike."""
        return broaden_by_fourier(rows, self.residual_width * SIGMA_OF_FWHM * self.width_points_)

    def _fit_registration(self, patterns: np.ndarray) -> None:
        """Register the training patterns and keep what new ones are registered against."""
        hint = "; take spectra.shift_axis(dataset) of the same spectra"
        self.axis_ = checked_axis(self.axis, patterns.shape[1], name="shift axis", hint=hint)
        self.fwhm_ = autocorrelation_width(self.axis_, patterns) if self.fwhm is None else float(self.fwhm)
        span = float(self.axis_[-1] - self.axis_[0])
        self.max_shift_ = span / 8.0 if self.max_shift is None else float(self.max_shift)
        registration = Registration(self.axis_, self.fwhm_, self.max_shift_)
        small = len(patterns) <= MOST_TEMPLATES
        n_rows = MOST_TEMPLATES if self.template == "chain" else ENOUGH_FOR_A_MEDOID
        rows = np.arange(len(patterns)) if small else np.linspace(0, len(patterns) - 1, n_rows).astype(int)
        registration, (center, shifts, quality) = register_together(
            registration, patterns[rows], leave_out=self.leave_out == "auto"
        )
        prepared = registration.prepare(patterns)
        modes = registration.modes(prepared)
        self.left_out_ = np.array(registration.left_out, dtype=np.float64).reshape(-1, 2)
        if self.template == "chain" or (self.template == "auto" and small):
            self.templates_, self.template_shifts_ = prepared[rows], shifts
        else:
            self.templates_, self.template_shifts_ = prepared[rows[[center]]], np.zeros(1)
        self._prepared = registration, registration.modes(self.templates_)
        if self.template_shifts_.size == len(patterns):
            self.shifts_, self.match_quality_ = shifts, quality
        else:
            self.shifts_, self.match_quality_ = self._register_modes(modes)

    def _register(self, patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        registration = self._registration()
        return self._register_modes(registration.modes(registration.prepare(patterns)))

    def _register_modes(self, modes: Modes) -> tuple[np.ndarray, np.ndarray]:
        shifts, quality, _ = self._match(modes)
        return shifts, quality

    def _match(self, modes: Modes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return shift, quality and number of the best-matching template of patterns, each of shape (n_samples,)."""
        shifts, qualities = np.empty((2, len(modes), len(self.templates_)))
        # Many patterns at once, else many templates at once: what each call of numpy costs counts.
        if len(self.templates_) == 1:
            for first in range(0, len(modes), ROWS_AT_ONCE):
                some = slice(first, first + ROWS_AT_ONCE)
                shifts[some, 0], qualities[some, 0] = self._registration().align(modes[some], self._template_modes()[0])
        else:
            for row, one in enumerate(modes):
                shifts[row], qualities[row] = self._registration().align(one[None], self._template_modes())
        best = np.argmax(qualities, axis=1)
        rows = np.arange(len(modes))
        return shifts[rows, best] + self.template_shifts_[best], qualities[rows, best], best

    def _registration(self) -> Registration:
        """Return the registration on this map's axis."""
        return self._ready()[0]

    def _template_modes(self) -> Modes:
        """Return the modes of the templates, shape (n_templates, n_modes)."""
        return self._ready()[1]

    def _ready(self) -> tuple[Registration, Modes]:
        """Return the registration and the templates' modes, made by a fit, or at the first call after loading."""
        prepared: tuple[Registration, Modes] | None = vars(self).get("_prepared")
        if prepared is None:
            parts = vars(self).get("left_out_", np.empty((0, 2)))  # maps saved before know of none
            left_out = tuple((float(start), float(stop)) for start, stop in parts)
            registration = Registration(self.axis_, self.fwhm_, self.max_shift_, left_out)
            prepared = self._prepared = registration, registration.modes(self.templates_)
        return prepared


def _check_labels(labels: object, n_samples: int) -> np.ndarray:
    """Return labels as a float array of shape (n_samples, n_labels)."""
    if labels is None:
        raise InputError(
            "component='labels' requires y to be passed, but the target y is None: expected a label or a row of"
            " amounts for each pattern, fit(X, y)"
        )
    try:
        table = np.asarray(labels, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected labels that are numbers: {error}") from error
    if table.ndim not in (1, 2) or len(table) != n_samples or not np.isfinite(table).all():
        raise InputError(
            f"expected finite labels of shape ({n_samples},) or ({n_samples}, n_labels), got shape {table.shape}"
        )
    return table.reshape(n_samples, -1)


def _label_direction(shifts: np.ndarray, remainder: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Find the direction (n_points,) in shift-corrected patterns that says most about labels; zeros for none.

    The labels, each in its standard deviations, less what is linear in the shift, are regressed on the centred
    remainder by partial least squares (Wold, Sjostrom and Eriksson 2001, doi:10.1016/S0169-7439(01)00155-1); of several
    labels the leading principal direction of the fitted values is followed.
    """
    known = np.column_stack([np.ones(len(shifts)), shifts])
    left = labels - known @ np.linalg.lstsq(known, labels, rcond=None)[0]
    spread = labels.std(axis=0)
    left = left[:, spread > 0] / spread[spread > 0]
    if not left.size or np.abs(left).max() < 1e-9 or np.abs(remainder).max() == 0.0:
        return np.zeros(remainder.shape[1])
    n_components = max(1, min(MOST_COMPONENTS, len(labels) // 4, remainder.shape[1]))
    regression = PLSRegression(n_components=n_components, scale=False)
    with warnings.catch_warnings():
        # Labels explained in full before the last component: nothing is left to fit.
        warnings.filterwarnings("ignore", message=".*[Rr]esidual is constant", category=UserWarning)
        fitted = regression.fit(remainder, left).predict(remainder).reshape(left.shape)
    turn = np.linalg.svd(fitted - fitted.mean(axis=0), full_matrices=False)[2][0]
    direction = np.asarray(regression.coef_).T @ (turn * np.sign(turn[np.argmax(np.abs(turn))]))
    size = float(np.linalg.norm(direction))
    return np.asarray(direction / size) if size > 0 else np.zeros(remainder.shape[1])
