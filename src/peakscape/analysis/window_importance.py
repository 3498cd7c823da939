"""Which window of the axis keeps classes apart on a map: what is lost when it is replaced in all spectra."""

from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_samples

from peakscape.analysis.left_out_labels import group_folds
from peakscape.analysis.masking import check_spectrum
from peakscape.analysis.members import place_members
from peakscape.analysis.relevance import window_bounds
from peakscape.analysis.splits import number_groups
from peakscape.errors import InputError

Array = NDArray[np.float64]
WindowFill = Literal["mean", "line", "zero"] | ArrayLike


def window_importance(
    space: Any,
    spectra: ArrayLike | xr.DataArray,
    labels: ArrayLike,
    *,
    width: float,
    axis: ArrayLike | xr.DataArray | None = None,
    groups: ArrayLike | None = None,
    step: float | None = None,
    fill: WindowFill = "mean",
) -> pd.DataFrame:
    """Measure how far apart classes lie on a map without one window of the axis, and by that window alone.

    "Without": the window is replaced in all spectra. Where several windows tell the classes apart none is needed, and
    no loss is seen. "Alone": everything but the window is replaced. The map stays as it is.

    Two measures: the mean silhouette of the classes (P. J. Rousseeuw, J. Comput. Appl. Math. 20 (1987) 53,
    DOI 10.1016/0377-0427(87)90125-7), and the share of samples whose nearest point of another group is of their class.
    Beside them what needs no map: the share of the variance of the intensity between the classes, and the F ratio of
    the analysis of variance.

    A window is replaced by the mean spectrum: all spectra are the same there, nothing else changes, and a curve with an
    edge stays one. Zero, which means no intensity under peaks, would put a hole into an absorption curve, and a
    smoothed minimum a step: such curves lie off the map, and their displacement tells that. A straight line between
    the ends of the window ("line") keeps curves continuous, but where the window is narrower than a peak the line joins
    its flanks and its height is kept.

    Parameters
    ----------
    space
        A fitted map: anything with ``transform``; members are used where it has them.
    spectra
        Shape (n_samples, n_points), a DataArray that carries its axis or an array with `axis`.
    labels
        Classes, shape (n_samples,).
    width
        Width of the windows in units of the axis; information that is left beside a narrow one makes no loss.
    axis
        Positions of shape (n_points,), for spectra that carry none.
    groups
        What must not name itself, such as the structure that a spectrum is a variant of, shape (n_samples,); None: each
        sample is its own.
    step
        From one window to the next, in units of the axis; None: half a width.
    fill
        What stands in the window: "mean" of these spectra, "line", "zero", or values of shape (n_points,). Where the
        window stands alone, "line" takes the mean elsewhere.

    Returns
    -------
    pandas.DataFrame
        One row a window: ``start`` and ``stop`` (of the points in it); ``displacement`` (mean over samples and members,
        units of the map) and ``relative`` (over the root-mean-square distance of the samples from their centre);
        ``separation`` (silhouette) and ``separation_loss`` (against the whole spectra), ``accuracy`` and
        ``accuracy_loss``; ``separation_loss_spread`` and ``accuracy_loss_spread``, their standard errors by leaving out
        each of the groups (ten folds of them at most); ``separation_alone``, ``accuracy_alone`` and ``distance_alone``
        (root-mean-square distance of the classes' centres from the common one, over that of the whole spectra: a window
        may tell classes apart well and carry little of what keeps them apart on the map); ``between_share`` and
        ``f_ratio`` of the intensities.

    Raises
    ------
    InputError
        If shapes do not fit, values are not finite, there are fewer than two classes, each sample has its own, all are
        of one group, or an option cannot be used.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> axis, chance = np.linspace(0.0, 10.0, 101), np.random.default_rng(0)
    >>> classes = np.repeat(["c", "h"], 20)
    >>> peak = np.exp(-(((axis - 4.0) / 0.3) ** 2)) * (classes == "h")[:, np.newaxis]
    >>> spectra = peak + chance.normal(scale=0.1, size=(40, 1)) * np.exp(-(((axis - 8.0) / 0.3) ** 2))
    >>> found = window_importance(PCA(n_components=2).fit(spectra), spectra, classes, axis=axis, width=1.0)
    >>> found.loc[found["separation_loss"].idxmax(), "start"].round(2)
    np.float64(3.5)
    """
    values = np.asarray(spectra, dtype=np.float64)
    if values.ndim != 2 or len(values) < 4:
        raise InputError(f"expected spectra of shape (n_samples, n_points), four or more, got {values.shape}")
    carried = spectra[0] if isinstance(spectra, xr.DataArray) else values[0]
    positions = check_spectrum(carried, axis)[1]
    classes, blocks = _check(values, labels, groups)
    starts, stops = _windows(positions, width, step)
    measure = _Measure(space, values, classes, blocks)
    elsewhere = _filling(values, "mean" if isinstance(fill, str) and fill == "line" else fill)
    rows = []
    for first, last in zip(starts, stops, strict=True):
        alone = np.tile(elsewhere, (len(values), 1))
        alone[:, first:last] = values[:, first:last]
        row = measure.without(replace_window(values, positions, int(first), int(last), fill=fill))
        row |= measure.alone(alone) | _variance_shares(values[:, first:last], classes)
        rows.append({"start": positions[first], "stop": positions[last - 1]} | row)
    return pd.DataFrame(rows)


def replace_window(spectra: Array, axis: Array, start: int, stop: int, *, fill: WindowFill = "mean") -> Array:
    """Return copies of spectra whose points ``start:stop`` are replaced.

    Parameters
    ----------
    spectra
        Shape (n_samples, n_points).
    axis
        Positions of shape (n_points,).
    start, stop
        First point and the one after the last.
    fill
        "mean" of these spectra; "line" from the point before to the point after the window, level where the spectrum
        ends; "zero"; or values of shape (n_points,).

    Returns
    -------
    ndarray of shape (n_samples, n_points)

    Raises
    ------
    InputError
        If the filling is another one, has another shape, or the window spans everything and no line can be drawn.

    Examples
    --------
    >>> replace_window(np.array([[0.0, 5.0, 9.0, 3.0]]), np.arange(4.0), 1, 3, fill="line").tolist()
    [[0.0, 1.0, 2.0, 3.0]]
    """
    changed = np.array(spectra, dtype=np.float64)
    if isinstance(fill, str) and fill == "line":
        ends = [i for i in (start - 1, stop) if 0 <= i < len(axis)]
        if not ends:
            raise InputError("a line needs a point beside the window; take a narrower one")
        share = np.interp(axis[start:stop], axis[ends], [0.0, 1.0][: len(ends)])
        changed[:, start:stop] = np.outer(changed[:, ends[0]], 1.0 - share) + np.outer(changed[:, ends[-1]], share)
        return changed
    values = _filling(changed, fill)
    changed[:, start:stop] = values[start:stop]
    return changed


def _filling(spectra: Array, fill: WindowFill) -> Array:
    if isinstance(fill, str) and fill not in ("mean", "zero"):
        raise InputError(f"expected fill to be 'mean', 'line', 'zero' or an array of values, got {fill!r}")
    if isinstance(fill, str):
        return np.asarray(spectra.mean(axis=0) if fill == "mean" else np.zeros(spectra.shape[1]))
    values = np.asarray(fill, dtype=np.float64)
    if values.shape != spectra.shape[1:] or not np.isfinite(values).all():
        raise InputError(f"expected finite fill values of shape {spectra.shape[1:]}, got shape {values.shape}")
    return values


class _Measure:
    """Separation and displacement of replaced spectra, against those of the whole ones."""

    def __init__(self, space: Any, spectra: Array, classes: NDArray[np.intp], groups: NDArray[np.intp]) -> None:
        self.space, self.classes = space, classes
        self.same_group = groups[:, np.newaxis] == groups
        self.folds = [test for _, test in group_folds(groups, n_folds=10, random_state=0)]
        self.points = place_members(space, spectra)
        centred = self.points - self.points.mean(axis=1, keepdims=True)
        self.scale = max(float(np.sqrt((centred**2).sum(axis=2).mean())), np.finfo(float).tiny)
        self.whole = self._by_sample(self.points)
        self.class_distance = max(self._class_distance(self.points), np.finfo(float).tiny)

    def without(self, replaced: Array) -> dict[str, float]:
        points = place_members(self.space, replaced)
        moved = float(np.linalg.norm(points - self.points, axis=2).mean())
        row = {"displacement": moved, "relative": moved / self.scale}
        for name, now, before in zip(("separation", "accuracy"), self._by_sample(points), self.whole, strict=True):
            loss = before - now
            row |= {name: float(now.mean()), f"{name}_loss": float(loss.mean())}
            row[f"{name}_loss_spread"] = self._standard_error(loss)
        return row

    def alone(self, kept: Array) -> dict[str, float]:
        points = place_members(self.space, kept)
        separation, accuracy = self._by_sample(points)
        row = {"separation_alone": float(separation.mean()), "accuracy_alone": float(accuracy.mean())}
        return row | {"distance_alone": self._class_distance(points) / self.class_distance}

    def _class_distance(self, points: Array) -> float:
        """Root-mean-square distance of the samples' class centres from the common centre."""
        members = np.eye(int(self.classes.max()) + 1)[self.classes]
        centres = members @ ((members / members.sum(axis=0)).T @ points)
        return float(np.sqrt(((centres - points.mean(axis=1, keepdims=True)) ** 2).sum(axis=2).mean()))

    def _by_sample(self, points: Array) -> tuple[Array, Array]:
        """Silhouette and agreement with the nearest point of another group, mean over members."""
        kept, named = [], []
        for member in points:
            distances = cdist(member, member)
            kept.append(silhouette_samples(distances, self.classes, metric="precomputed"))
            nearest = np.where(self.same_group, np.inf, distances).argmin(axis=1)
            named.append(self.classes[nearest] == self.classes)
        return np.mean(kept, axis=0), np.mean(named, axis=0)

    def _standard_error(self, loss: Array) -> float:
        """Delete-a-group jackknife of the mean."""
        left = np.array([np.delete(loss, fold).mean() for fold in self.folds])
        n_folds = len(left)
        return float(np.sqrt((n_folds - 1) / n_folds * ((left - left.mean()) ** 2).sum()))


def _check(spectra: Array, labels: ArrayLike, groups: ArrayLike | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    if not np.isfinite(spectra).all():
        raise InputError("spectra hold values that are not finite; leave those samples out")
    given = np.asarray(labels)
    blocks = np.arange(len(spectra)) if groups is None else np.asarray(groups)
    if given.shape != (len(spectra),) or blocks.shape != given.shape:
        raise InputError(f"expected a label and a group for each spectrum, got {given.shape} and {blocks.shape}")
    classes = np.unique(given, return_inverse=True)[1].astype(np.intp)
    if not 2 <= classes.max() + 1 < len(classes):
        raise InputError(f"expected two classes or more, fewer than samples, got {classes.max() + 1}")
    return classes, number_groups(blocks)


def _windows(axis: Array, width: float, step: float | None) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    starts, stops = window_bounds(axis, width)
    apart = width / 2 if step is None else step
    if not apart > 0:
        raise InputError(f"expected a positive step, got {step}")
    wanted = np.arange(axis[0], axis[starts[-1]] + 1e-9 * apart, apart)
    chosen = np.unique(np.abs(axis[starts][:, np.newaxis] - wanted).argmin(axis=0))
    return starts[chosen], stops[chosen]


def _variance_shares(intensity: Array, classes: NDArray[np.intp]) -> dict[str, float]:
    """Between-class share of the variance of a window's intensities, and the F ratio, sums over its points."""
    total = float(((intensity - intensity.mean(axis=0)) ** 2).sum())
    within = 0.0
    for number in np.unique(classes):
        own = intensity[classes == number]
        within += float(((own - own.mean(axis=0)) ** 2).sum())
    n_classes = int(classes.max()) + 1
    if total <= 0:
        return {"between_share": float("nan"), "f_ratio": float("nan")}
    between = (total - within) / (n_classes - 1)
    inside = within / (len(classes) - n_classes)
    return {"between_share": 1.0 - within / total, "f_ratio": between / inside if inside > 0 else float("inf")}
