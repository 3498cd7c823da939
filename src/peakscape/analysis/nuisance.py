"""What disturbances of a spectrum do to its place on a map and to the composition read, beside what the signal does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.validation.splits import number_groups
from peakscape.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spacing:
    """How far apart neighbouring compositions lie.

    Attributes
    ----------
    steps : ndarray of shape (n_steps,)
        Distance in composition of each pair of neighbours: Euclidean, in the units of the composition.
    distances : ndarray of shape (n_steps,)
        Distance of the same pairs on the map, from the mean of one to the mean of the other.
    """

    steps: Array
    distances: Array

    @property
    def unit(self) -> float:
        """Median distance on the map of neighbouring compositions."""
        return float(np.median(self.distances))


def composition_spacing(coordinates: ArrayLike, composition: ArrayLike) -> Spacing:
    """Measure how far neighbouring compositions lie apart on a map.

    Each composition is joined to the one nearest to it; a pair that is nearest to one another counts once. InputError
    if there are fewer than two compositions, or the map shows all at one point.
    """
    points, amounts = np.asarray(coordinates, dtype=np.float64), _table(composition)
    groups = number_groups(amounts)
    n_groups = int(groups.max()) + 1
    if n_groups < 2:
        raise InputError("expected at least two compositions, got one: there is no step between neighbours")
    places = np.array([points[groups == group].mean(axis=0) for group in range(n_groups)])
    contents = np.array([amounts[groups == group][0] for group in range(n_groups)])
    apart = np.linalg.norm(contents[:, None] - contents[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    pairs = np.unique(np.sort(np.column_stack([np.arange(n_groups), nearest]), axis=1), axis=0)
    first, second = pairs.T
    spacing = Spacing(apart[first, second], np.linalg.norm(places[first] - places[second], axis=1))
    if not spacing.unit > 0:
        raise InputError(
            "the map shows neighbouring compositions at one point: nothing can be measured in their spacing"
        )
    return spacing


def nuisance_table(
    read: Callable[[Array], ArrayLike],
    clean: ArrayLike,
    disturbed: Mapping[str, ArrayLike],
    composition: ArrayLike,
    *,
    place: Callable[[Array], ArrayLike] | None = None,
    spacing: Spacing | None = None,
) -> pd.DataFrame:
    """Tell what each disturbance does to the place on a map and to the composition read.

    Parameters
    ----------
    read
        Gives compositions (n_samples, n_elements) or (n_samples,) of spectra (n_samples, n_points).
    clean
        Spectra, shape (n_samples, n_points).
    disturbed
        Name of the disturbance to disturbed copies of them, shape (n_copies * n_samples, n_points): one of each in
        their order, then the next of each.
    composition
        True compositions of the clean spectra.
    place
        Gives coordinates (n_samples, n_dimensions); None for a method without a map.
    spacing
        Of the map's training samples, see `composition_spacing`; needed with `place`.

    Returns
    -------
    DataFrame
        One row a disturbance, after the rows "one step of composition" (the signal) and "clean". Columns:
        ``disturbance``; ``movement``, the median distance from the clean spectrum's place in units of the median
        spacing of neighbouring compositions, and ``movement_90``, its 90th percentile (NaN without a map);
        ``change``, rms over samples and ``change_worst``, largest, of the Euclidean change of the composition read;
        ``rmse``, rms of the Euclidean distance from the true composition.

    Raises
    ------
    InputError
        If shapes do not fit or `place` comes without `spacing`.

    Examples
    --------
    >>> clean = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> table = nuisance_table(lambda X: X[:, 0], clean, {"tilt": clean + [0.1, 0.0]}, [1.0, 0.0],
    ...                        place=lambda X: X, spacing=composition_spacing(clean, [1.0, 0.0]))
    >>> table.set_index("disturbance").loc["tilt", ["movement", "change", "rmse"]].astype(float).round(3).tolist()
    [0.071, 0.1, 0.1]
    """
    if place is not None and spacing is None:
        raise InputError("expected the spacing of neighbouring compositions with a map; see composition_spacing")
    spectra, true = np.asarray(clean, dtype=np.float64), _table(composition)
    if len(true) != len(spectra):
        raise InputError(f"expected one composition for each of {len(spectra)} spectra, got {len(true)}")
    estimated = _table(read(spectra))
    known = None if place is None else np.asarray(place(spectra), dtype=np.float64)
    rows = [_signal_row(spacing)] if spacing is not None else []
    rows.append(_row("clean", known, known, spacing, estimated, estimated, true))
    for name, copies in disturbed.items():
        values = np.asarray(copies, dtype=np.float64)
        if values.ndim != 2 or len(values) % len(spectra) or values.shape[1] != spectra.shape[1] or not len(values):
            raise InputError(
                f"expected copies of {len(spectra)} spectra of {spectra.shape[1]} points under {name!r}, got shape"
                f" {values.shape}"
            )
        n_copies = len(values) // len(spectra)
        moved = None if place is None else np.asarray(place(values), dtype=np.float64)
        still = None if known is None else np.tile(known, (n_copies, 1))
        before, truth = np.tile(estimated, (n_copies, 1)), np.tile(true, (n_copies, 1))
        rows.append(_row(name, still, moved, spacing, before, _table(read(values)), truth))
    return pd.DataFrame(rows)


def _signal_row(spacing: Spacing) -> dict[str, object]:
    """Return the row of what one step of composition does, by definition 1 in the median."""
    return {
        "disturbance": "one step of composition",
        "movement": 1.0,
        "movement_90": float(np.quantile(spacing.distances, 0.9)) / spacing.unit,
        "change": float(np.sqrt(np.mean(spacing.steps**2))),
        "change_worst": float(spacing.steps.max()),
        "rmse": np.nan,
    }


def _row(
    name: str,
    still: Array | None,
    moved: Array | None,
    spacing: Spacing | None,
    before: Array,
    after: Array,
    true: Array,
) -> dict[str, object]:
    """Return the row of one disturbance."""
    movement = np.array([np.nan])
    if still is not None and moved is not None and spacing is not None:
        movement = np.linalg.norm(moved - still, axis=1) / spacing.unit
    change = np.linalg.norm(after - before, axis=1)
    return {
        "disturbance": name,
        "movement": float(np.median(movement)),
        "movement_90": float(np.quantile(movement, 0.9)),
        "change": float(np.sqrt(np.mean(change**2))),
        "change_worst": float(change.max()),
        "rmse": float(np.sqrt(np.mean(np.sum((after - true) ** 2, axis=1)))),
    }


def _table(composition: ArrayLike) -> Array:
    values = np.asarray(composition, dtype=np.float64)
    return values[:, None] if values.ndim == 1 else values
