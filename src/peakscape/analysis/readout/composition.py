"""Read a composition, or any number, from where a spectrum lies on a map."""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from sklearn.base import BaseEstimator

from peakscape.analysis.inputs import check_coordinates
from peakscape.analysis.readout.near_points import Hull
from peakscape.analysis.readout.registry import READOUTS, Interpolator, Method
from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import ExtrapolationWarning, InputError
from peakscape.threads import one_thread

Maker = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]], Interpolator]


class CompositionReadout(BaseEstimator):  # type: ignore[misc]
    """Read the composition of a sample from its point on the map.

    With coordinates of an ensemble, each member has a readout of its own and the answer is the median over members,
    element by element. Nothing here is random.

    Parameters
    ----------
    method
        ``"triangle"``, the paper's rule (Fig. 3, eqs. (1), (2), DOI 10.1002/adts.202200613, see
        `TriangleInterpolator` for what the paper leaves open); ``"delaunay"``, linear in the Delaunay triangle;
        ``"neighbors"``, mean of the nearest points weighted by inverse distance; ``"gaussian_process"``, RBF plus
        linear kernel, its length chosen by leaving out whole compositions; ``"plane"``, a straight plane, for few
        samples; ``"path"``, the place along the path of a series of one label. Outside the hull of the known points the
        first two give the nearest known point, the path its end, others extrapolate; `predict` warns, see `outside`.
    n_neighbors
        Nearest points whose triangles are candidates, or that are averaged; at least 3.
    level
        Share of answers that the interval should cover.
    groups
        What is left out to find the width of the interval: None, one sample at a time; ``"composition"``, all samples
        of one composition at a time.

    Attributes
    ----------
    coordinates_ : ndarray of shape (n_members, n_samples, 2)
        The known points.
    composition_ : ndarray of shape (n_samples, n_labels)
        What is known there.
    elements_ : list of str or None
        Names of the columns of the composition.
    groups_ : ndarray of int, shape (n_samples,)
        Number of the composition of each known point.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> titanium = np.array([0.0, 1.0, 0.0, 1.0])
    >>> CompositionReadout().fit(points, titanium).predict([[0.25, 0.5]])
    array([0.25])
    """

    def __init__(
        self,
        *,
        method: Method = "triangle",
        n_neighbors: int = 6,
        level: float = 0.9,
        groups: Literal["composition"] | None = None,
    ) -> None:
        self.method = method
        self.n_neighbors = n_neighbors
        self.level = level
        self.groups = groups

    def fit(
        self, coordinates: ArrayLike, composition: ArrayLike | xr.DataArray, *, elements: Sequence[str] | None = None
    ) -> Self:
        """Remember the known points and what is known there.

        Parameters
        ----------
        coordinates
            Shape (n_samples, 2), or (n_members, n_samples, 2) for an ensemble.
        composition
            Atoms per formula unit, shape (n_samples, n_elements), or any numbers, shape (n_samples,) or
            (n_samples, n_labels).
        elements
            Names of the columns; by default those of the coordinate ``element`` of a DataArray.

        Returns
        -------
        CompositionReadout

        Raises
        ------
        InputError
            If there are fewer than three samples, shapes do not fit, a value is not finite or a parameter is unknown.

        Examples
        --------
        >>> readout = CompositionReadout(method="neighbors")
        >>> readout.fit([[0, 0], [1, 0], [0, 1]], [[12, 0], [11, 1], [10, 2]], elements=["Fe", "Ti"]).elements_
        ['Fe', 'Ti']
        """
        self._check_parameters()
        points = check_coordinates(coordinates)
        values = np.asarray(composition, dtype=np.float64)
        if values.ndim not in (1, 2) or len(values) != points.shape[1]:
            raise InputError(f"expected compositions of {points.shape[1]} samples, got shape {values.shape}")
        if len(values) < 3:
            raise InputError(f"expected at least three known samples, got {len(values)}; add samples to the map")
        if not np.isfinite(values).all():
            raise InputError("the compositions hold values that are not finite; leave those samples out")
        self._single_label = values.ndim == 1
        self.coordinates_ = points
        self.composition_ = values.reshape(len(values), -1)
        self.elements_ = _element_names(composition, elements, self.composition_.shape[1])
        self.groups_ = number_groups(self.composition_)
        # Thousands of tiny matrices: threads would only wait for one another, ten times slower on a busy machine.
        with one_thread():
            self._members = [(self._make(member, self.composition_, self.groups_), Hull(member)) for member in points]
        self._residuals: NDArray[np.float64] | None = None
        return self

    def predict(self, coordinates: ArrayLike, *, return_interval: bool = False) -> Any:
        """Read the composition at points of the map.

        The interval joins the conformal quantile of the leave-one-out residuals among the known points with the spread
        over members (see `half_width`). It holds for siblings of known compositions, samples drawn like the known ones.
        It fails for compositions of which nothing is known, where leaving out one sample of many siblings says nothing;
        ``groups="composition"`` leaves out all siblings together and is the interval for them. With fewer than
        ``level / (1 - level)`` known samples no finite interval has this level, and the width is infinite.

        Parameters
        ----------
        coordinates
            Shape (n_samples, 2), taken as the same point by every member, or (n_members, n_samples, 2).
        return_interval
            Whether to return the interval too.

        Returns
        -------
        composition : ndarray of shape (n_samples, n_labels) or (n_samples,)
            In the form that `fit` was given.
        interval : ndarray of shape (2, n_samples, n_labels) or (2, n_samples)
            Lower and upper end, where asked for.

        Raises
        ------
        InputError
            If the readout is not fitted or the coordinates do not fit it.

        Warns
        -----
        ExtrapolationWarning
            Once a call, if samples lie outside the hull of the known points.

        Examples
        --------
        >>> points = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), axis=-1).reshape(-1, 2)
        >>> readout = CompositionReadout().fit(points, points[:, 0])
        >>> answer, (lower, upper) = readout.predict([[2.25, 2.5]], return_interval=True)
        >>> bool(lower[0] <= answer[0] <= upper[0])
        True
        """
        points = self._check_queries(coordinates)
        n_outside = int(self.outside(points).sum())
        if n_outside:
            message = f"{n_outside} of {points.shape[1]} samples lie outside all known points of the map; "
            message += "their composition is a guess (see outside())"
            warnings.warn(message, ExtrapolationWarning, stacklevel=2)
        answers = self.predict_members(points)
        composition = np.median(answers, axis=0)
        column = (..., 0) if self._single_label else ...
        if not return_interval:
            return composition[column]
        half = half_width(self.residuals(), answers, level=self.level)
        return composition[column], np.stack([composition - half, composition + half])[column]

    def predict_members(self, coordinates: ArrayLike) -> NDArray[np.float64]:
        """Read the composition by each member, shape (n_members, n_samples, n_labels), without a warning outside."""
        members = self._members_at(self._check_queries(coordinates))
        with one_thread():
            return np.stack([readout.predict(queries) for readout, _, queries in members])

    def outside(self, coordinates: ArrayLike) -> NDArray[np.bool_]:
        """Tell which points lie in no triangle of known points, for more than half of the members.

        Examples
        --------
        >>> readout = CompositionReadout().fit([[0, 0], [1, 0], [0, 1]], [0.0, 1.0, 2.0])
        >>> readout.outside([[0.2, 0.2], [1.0, 1.0]]).tolist()
        [False, True]
        """
        votes = [hull.outside(queries) for _, hull, queries in self._members_at(self._check_queries(coordinates))]
        return np.asarray(np.mean(votes, axis=0) > 0.5)

    def residuals(self) -> NDArray[np.float64]:
        """Return the absolute errors (n_samples, n_labels) at known points, each (or its composition) left out."""
        self._check_fitted()
        if self._residuals is None:
            labels = np.arange(len(self.composition_)) if self.groups is None else self.groups_
            with one_thread():
                left_out = [
                    readout.predict_left_out(labels)
                    if hasattr(readout, "predict_left_out")
                    else predict_left_out(self._make, member, self.composition_, self.groups_, labels)
                    for (readout, _), member in zip(self._members, self.coordinates_, strict=True)
                ]
            self._residuals = np.abs(np.median(left_out, axis=0) - self.composition_)
        return self._residuals

    def _make(self, points: NDArray[np.float64], values: NDArray[np.float64], groups: NDArray[np.intp]) -> Interpolator:
        made: Interpolator = READOUTS[self.method].make(points, values, groups, self.n_neighbors)
        return made

    def _members_at(self, points: NDArray[np.float64]) -> list[tuple[Interpolator, Hull, NDArray[np.float64]]]:
        """Join each member with its points; a single one stands for all members."""
        n_members = max(len(self._members), len(points))
        return [(*self._members[i % len(self._members)], points[i % len(points)]) for i in range(n_members)]

    def _check_queries(self, coordinates: ArrayLike) -> NDArray[np.float64]:
        self._check_fitted()
        points = check_coordinates(coordinates)
        known = len(self._members)
        if 1 not in (len(points), known) and len(points) != known:
            raise InputError(f"expected coordinates of {known} members or of one, got {len(points)} members")
        return points

    def _check_fitted(self) -> None:
        if not hasattr(self, "coordinates_"):
            raise InputError("this readout knows no points yet; call fit(coordinates, composition) first")

    def _check_parameters(self) -> None:
        if self.method not in READOUTS:
            raise InputError(f"expected method to be one of {', '.join(READOUTS)}, got {self.method!r}")
        if self.groups not in (None, "composition"):
            raise InputError(f"expected groups to be None or 'composition', got {self.groups!r}")
        if not 0 < self.level < 1 or self.n_neighbors < 3:
            raise InputError(
                f"expected level between 0 and 1 and n_neighbors of 3 or more, got {self.level} and {self.n_neighbors}"
            )


def _element_names(composition: object, elements: Sequence[str] | None, n_labels: int) -> list[str] | None:
    """Names given, or those that a DataArray carries."""
    if elements is None and isinstance(composition, xr.DataArray) and "element" in composition.coords:
        elements = [str(name) for name in np.atleast_1d(composition["element"].values)]
    if elements is None:
        return None
    if len(elements) != n_labels:
        raise InputError(f"expected names for {n_labels} elements, got {len(elements)}: {', '.join(elements)}")
    return list(elements)


def predict_left_out(
    make: Maker,
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    groups: NDArray[np.intp],
    labels: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Predict each known point from the known points with another label.

    The mean of the values that stay where fewer than three points stay; of all values where none does.
    """
    answers = np.empty_like(values)
    for label in np.unique(labels):
        left, kept = np.flatnonzero(labels == label), np.flatnonzero(labels != label)
        if len(kept) >= 3:
            answers[left] = make(points[kept], values[kept], groups[kept]).predict(points[left])
        else:
            answers[left] = values[kept if len(kept) else left].mean(axis=0)
    return answers


def half_width(
    residuals: NDArray[np.float64], answers: NDArray[np.float64], *, level: float = 0.9
) -> NDArray[np.float64]:
    """Half the width of the interval of answers (n_members, n_samples, n_labels), or infinity.

    Two parts are joined by the root of the sum of squares: the conformal quantile of the absolute residuals (n_known,
    n_labels), the ``ceil((n + 1) level)``-th smallest of n (Lei et al., J. Am. Stat. Assoc. 113, 1094 (2018),
    DOI 10.1080/01621459.2017.1307116), and the standard deviation over members times the normal quantile of `level`.
    """
    rank = math.ceil(round((len(residuals) + 1) * level, 9))
    ordered = np.sort(residuals, axis=0)
    quantile = ordered[rank - 1] if rank <= len(ordered) else np.full(ordered.shape[1], np.inf)
    spread = answers.std(axis=0, ddof=1) if len(answers) > 1 else np.zeros(answers.shape[1:])
    return np.asarray(np.hypot(quantile, norm.ppf(0.5 + level / 2.0) * spread))
