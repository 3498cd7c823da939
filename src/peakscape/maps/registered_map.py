"""Maps that register patterns first: the training patterns' shifts, and the shift of a new pattern."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError
from peakscape.maps.binning import estimate_fwhm
from peakscape.maps.feature_map import FeatureMap
from peakscape.maps.registration import Registration

MOST_TEMPLATES = 64
"""Up to so many training patterns are matched pair by pair, and new patterns with each of them."""

ENOUGH_FOR_A_MEDOID = 24
"""Of larger sets so many patterns, evenly chosen, are matched pair by pair to find the one in the middle."""

Template = Literal["auto", "medoid", "chain"]


class RegisteredMap(FeatureMap):
    """Base of the maps that take a shift out of each pattern: what they share is the registration.

    Attributes
    ----------
    axis_ : ndarray of shape (n_points,)
        The shift axis.
    fwhm_, max_shift_ : float
        In units of the axis.
    shifts_, match_quality_ : ndarray of shape (n_samples,)
        Of the training patterns.
    templates_ : ndarray of shape (n_templates, n_bins)
        Prepared patterns that new ones are registered against.
    template_shifts_ : ndarray of shape (n_templates,)
        Their own shifts.
    """

    axis: ArrayLike | None
    fwhm: float | None
    max_shift: float | None
    template: Template
    axis_: np.ndarray
    fwhm_: float
    max_shift_: float
    shifts_: np.ndarray
    match_quality_: np.ndarray
    templates_: np.ndarray
    template_shifts_: np.ndarray
    _prepared: tuple[Registration, np.ndarray]

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

    def _check_registration(self) -> None:
        """Raise InputError for a parameter of the registration that is out of range."""
        for name in ("fwhm", "max_shift"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InputError(f"{name} must be positive, got {value!r}")
        if self.template not in ("auto", "medoid", "chain"):
            raise InputError(f"template must be 'auto', 'medoid' or 'chain', got {self.template!r}")

    def _check_axis(self, n_points: int) -> np.ndarray:
        """Return the shift axis of patterns of `n_points` points."""
        if self.axis is None:
            return np.arange(n_points, dtype=np.float64)
        axis = np.array(self.axis, dtype=np.float64)
        if axis.shape != (n_points,) or not np.isfinite(axis).all() or not (np.diff(axis) > 0).all():
            raise InputError(
                f"expected a finite, rising shift axis of the patterns' {n_points} points, got shape {axis.shape}; "
                "take spectra.shift_axis(dataset) of the same spectra"
            )
        return axis

    def _fit_registration(self, patterns: np.ndarray) -> None:
        """Register the training patterns and keep what new ones are registered against."""
        self.axis_ = self._check_axis(patterns.shape[1])
        self.fwhm_ = estimate_fwhm(self.axis_, patterns) if self.fwhm is None else float(self.fwhm)
        span = float(self.axis_[-1] - self.axis_[0])
        self.max_shift_ = span / 8.0 if self.max_shift is None else float(self.max_shift)
        registration = Registration(self.axis_, self.fwhm_, self.max_shift_)
        prepared = registration.prepare(patterns)
        modes = registration.modes(prepared)
        small = len(patterns) <= MOST_TEMPLATES
        n_rows = MOST_TEMPLATES if self.template == "chain" else ENOUGH_FOR_A_MEDOID
        rows = np.arange(len(patterns)) if small else np.linspace(0, len(patterns) - 1, n_rows).astype(int)
        center, shifts, quality = registration.chain(modes[rows])
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

    def _register_modes(self, modes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shifts, quality, _ = self._match(modes)
        return shifts, quality

    def _match(self, modes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return shift, quality and number of the best-matching template of patterns, each of shape (n_samples,)."""
        shifts, qualities = np.empty((2, len(modes), len(self.templates_)))
        for row, some in enumerate(modes):
            shifts[row], qualities[row] = self._registration().align(some[None], self._template_modes())
        best = np.argmax(qualities, axis=1)
        rows = np.arange(len(modes))
        return shifts[rows, best] + self.template_shifts_[best], qualities[rows, best], best

    def _registration(self) -> Registration:
        """Return the registration on this map's axis."""
        return self._ready()[0]

    def _template_modes(self) -> np.ndarray:
        """Return the modes of the templates, shape (n_templates, n_modes)."""
        return self._ready()[1]

    def _ready(self) -> tuple[Registration, np.ndarray]:
        """Return the registration and the templates' modes, made by a fit, or at the first call after loading."""
        prepared: tuple[Registration, np.ndarray] | None = vars(self).get("_prepared")
        if prepared is None:
            registration = Registration(self.axis_, self.fwhm_, self.max_shift_)
            prepared = self._prepared = registration, registration.modes(self.templates_)
        return prepared
