"""What a step of preparation is: a transformer that treats each pattern by itself; and what it meets in a recipe."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from peakscape.errors import InputError
from peakscape.signal.interpolation import checked_axis

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Situation:
    """What a step meets.

    Attributes
    ----------
    kind : str
        "diffraction" or "absorption".
    axis : str
        "two_theta", "q" or "energy".
    points : ndarray of shape (n_points,)
        The axis itself.
    wavelength : float or None
        In angstrom, None if it is not known.
    """

    kind: str
    axis: str
    points: Array
    wavelength: float | None


class Step(TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Base of the steps: a scikit-learn transformer whose result for a pattern does not depend on the batch.

    Patterns are treated one after the other, so that one alone gives the same bits as among thousands.

    Attributes
    ----------
    points_ : ndarray of shape (n_points,)
        The axis of the patterns; point numbers where none was given.
    n_features_in_ : int
        Points of a pattern.
    """

    axis: ArrayLike | None
    n_features_in_: int
    points_: Array

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check the parameters and learn what the step needs from training patterns.

        Parameters
        ----------
        X
            Patterns, shape (n_samples, n_points).
        y
            Not used.

        Raises
        ------
        InputError
            If a parameter or a pattern cannot be used.
        """
        rows = self._check(X, reset=True)
        self.points_ = checked_axis(self.axis, self.n_features_in_)
        self._learn(rows)
        return self

    def transform(self, X: ArrayLike) -> Array:
        """Apply the step to patterns of shape (n_samples, n_points).

        Raises
        ------
        InputError
            If a pattern cannot be used.
        sklearn.exceptions.NotFittedError
            If the step is not fitted.
        """
        check_is_fitted(self)
        prepared = []
        for number, row in enumerate(self._check(X, reset=False)):
            try:
                prepared.append(self._row(row))
            except InputError as error:
                raise InputError(f"pattern {number}: {error}") from error
        return np.stack(prepared)

    def learned(self) -> dict[str, Any]:
        """Return the parameters that make the same step without the training patterns, as JSON can hold them.

        The axis is left out; it is known from the patterns.
        """
        check_is_fitted(self)
        return {key: value for key, value in self.get_params(deep=False).items() if key != "axis"}

    @classmethod
    def meet(cls, parameters: Mapping[str, Any], met: Situation) -> tuple[dict[str, Any], Situation]:
        """Return the parameters of the class for what the step meets in a recipe, and what the step leaves.

        Parameters
        ----------
        parameters
            As a user gives them, or as the fitted step's `learned` gives them.
        met
            What the step meets.

        Raises
        ------
        SpectraError
            If the step cannot be applied to this kind of data.
        """
        return dict(parameters) | {"axis": met.points}, met

    def remark(self, rows: Array, names: list[str]) -> str:
        """Say what the fitted step does to patterns (n_samples, n_points), beyond its name; mostly nothing.

        Raises
        ------
        InputError
            If a pattern cannot be treated, beginning with ``pattern 3:``.
        """
        return ""

    def _learn(self, rows: Array) -> None:
        """Check parameters and learn from patterns (n_samples, n_points)."""

    @abstractmethod
    def _row(self, row: Array) -> Array:
        """Treat one pattern of shape (n_points,)."""

    def _check(self, X: ArrayLike, *, reset: bool) -> Array:
        try:
            rows = validate_data(self, X, reset=reset, dtype=np.float64, order="C")
        except ValueError as error:
            raise InputError(" ".join(str(error).split(". ")[0].split())) from error
        return np.asarray(rows, dtype=np.float64)


class SameAxisStep(OneToOneFeatureMixin, Step):  # type: ignore[misc]
    """Base of the steps that leave patterns on their axis."""
