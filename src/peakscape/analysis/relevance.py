"""What a map needs of a spectrum: how far points move, and classes with them, when windows are masked."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_samples

from peakscape.analysis.inputs import check_coordinates, check_spectrum, place_members, trusted_members
from peakscape.analysis.validation.splits import group_folds, number_groups
from peakscape.errors import InputError

_BYTES_AT_ONCE = 2**26  # of masked copies, where the map cannot do without them
# Opening of the local background in widths of the mask: about 1 degree for the paper's 0.03, far wider than a peak.
_BACKGROUND_WIDTHS = 33
Fill = Literal["zero", "background", "mean"] | ArrayLike
Array = NDArray[np.float64]
WindowFill = Literal["mean", "line", "zero"] | ArrayLike


def estimate_background(intensity: NDArray[np.float64], *, n_points: int) -> NDArray[np.float64]:
    """Estimate the local background under peaks by a rolling minimum, then maximum, then mean over `n_points`.

    The opening removes what is narrower than `n_points`; the result never lies above the spectrum.
    """
    opened = maximum_filter1d(minimum_filter1d(intensity, n_points), n_points)
    return np.asarray(np.minimum(uniform_filter1d(opened, n_points, mode="nearest"), intensity))


def mask_displacements(
    space: Any,
    spectrum: ArrayLike,
    starts: ArrayLike,
    stops: ArrayLike,
    *,
    fill: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Measure how far a spectrum moves on the map when points ``starts[i]:stops[i]`` are masked.

    By the map's ``transform_masked`` where it has one, else by masked copies. `fill` (n_points,) stands in the place of
    masked points, zero by default.

    Returns
    -------
    ndarray of shape (n_members, n_masks)
        In units of the map; members that collapsed are left out.

    Raises
    ------
    InputError
        If a mask is empty or reaches beyond the spectrum, or the map gives coordinates that are not finite.
    """
    masked, whole = mask_coordinates(space, spectrum, starts, stops, fill=fill)
    return np.asarray(np.linalg.norm(masked - whole, axis=2))


def mask_coordinates(
    space: Any, spectrum: ArrayLike, starts: ArrayLike, stops: ArrayLike, *, fill: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place a spectrum with each mask and without any: (n_members, n_masks, 2) and (n_members, 1, 2).

    Parameters and errors as in `mask_displacements`.
    """
    intensity = np.asarray(spectrum, dtype=np.float64)
    first, last = np.asarray(starts, dtype=np.intp), np.asarray(stops, dtype=np.intp)
    if first.shape != last.shape or first.ndim != 1 or (first >= last).any() or (first < 0).any():
        raise InputError("expected starts and stops of one shape (n_masks,) with 0 <= start < stop")
    if len(last) and last.max() > len(intensity):
        raise InputError(f"a mask reaches to point {last.max()} of a spectrum of {len(intensity)} points")
    filling = None if fill is None else np.broadcast_to(np.asarray(fill, dtype=np.float64), intensity.shape)
    if hasattr(space, "transform_masked"):
        first, last = np.append(first, 0), np.append(last, 0)  # an empty mask: the whole spectrum, placed the same way
        masked = np.asarray(space.transform_masked(intensity, first, last, fill=filling), dtype=np.float64)
        masked = masked[trusted_members(space, len(masked))]
        masked, whole = masked[:, :-1], masked[:, -1:]
    else:
        whole = place_members(space, intensity[np.newaxis])
        masked = _transform_copies(space, intensity, first, last, filling)
    if not (np.isfinite(masked).all() and np.isfinite(whole).all()):
        raise InputError("the map gives coordinates that are not finite for this spectrum")
    return masked, whole


def _transform_copies(
    space: Any,
    intensity: NDArray[np.float64],
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    fill: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Masked copies through the map, a block at a time."""
    points = np.arange(len(intensity))
    filling = np.zeros_like(intensity) if fill is None else fill
    rows = max(1, _BYTES_AT_ONCE // intensity.nbytes)
    blocks = []
    for block in range(0, len(starts), rows):
        some = slice(block, block + rows)
        hidden = (points >= starts[some, np.newaxis]) & (points < stops[some, np.newaxis])
        blocks.append(place_members(space, np.where(hidden, filling, intensity)))
    return np.concatenate(blocks, axis=1) if blocks else place_members(space, intensity[np.newaxis])[:, :0]


@dataclass(frozen=True)
class Relevance:
    """Displacement on the map for every window of a spectrum.

    Attributes
    ----------
    start : ndarray of shape (n_windows,)
        Position on the axis where each window begins.
    displacement : ndarray of shape (n_members, n_windows)
        Dev of each member, in units of the map.
    mean : ndarray of shape (n_windows,)
        Mean over members.
    spread : ndarray of shape (n_windows,)
        Standard deviation over members; NaN with one member.
    width : float
        Width of the windows in units of the axis.
    axis_name : str
        Name of the axis.
    scale : float
        Root-mean-square distance of the known points from their centre; NaN where none were given.
    """

    start: NDArray[np.float64]
    displacement: NDArray[np.float64]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    width: float
    axis_name: str
    scale: float

    @property
    def relative(self) -> NDArray[np.float64]:
        """Mean displacement over the spread of the known points, shape (n_windows,)."""
        return self.mean / self.scale


def relevance(
    space: Any,
    spectrum: ArrayLike | xr.DataArray,
    *,
    width: float = 0.03,
    fill: Fill = "zero",
    axis: ArrayLike | xr.DataArray | None = None,
    known: ArrayLike | None = None,
    known_spectra: ArrayLike | None = None,
) -> Relevance:
    """Measure how far a spectrum moves on the map when a window is masked, for every window.

    ``Dev = |P[masked] - P[whole]|`` of Utimula et al., Adv. Theory Simul. 2022, DOI 10.1002/adts.202200613, section
    III B: with the paper's 0.03 degree on 11,900 points a step of 0.01 apart, 11,898 windows of three points.

    Parameters
    ----------
    space
        A fitted map: anything with ``transform``.
    spectrum
        Shape (n_points,), a DataArray that carries its axis or an array with `axis`.
    width
        Width of the windows in units of the axis.
    fill
        What stands in the place of masked points: ``"zero"`` (the paper), ``"background"`` (a smoothed rolling minimum
        over 33 widths, see `estimate_background`), ``"mean"`` (the mean of `known_spectra`), or values of shape
        (n_points,). Take the mean for absorption: what tells this spectrum from the others goes, the edge stays, where
        zero would put a hole into it, and a minimum a step.
    axis
        Positions of shape (n_points,), for a spectrum that carries none.
    known
        Coordinates of known samples, (n_samples, 2) or (n_members, n_samples, 2), whose spread is the unit of
        ``relative``.
    known_spectra
        Shape (n_samples, n_points), for the filling ``"mean"``.

    Returns
    -------
    Relevance

    Raises
    ------
    InputError
        If the spectrum or the width cannot be used.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> patterns = np.random.default_rng(0).random((5, 100))
    >>> found = relevance(PCA(2).fit(patterns), patterns[0], axis=np.arange(100) * 0.01)
    >>> found.displacement.shape
    (1, 98)
    """
    intensity, positions, name = check_spectrum(spectrum, axis)
    starts, stops = window_bounds(positions, width)
    if isinstance(fill, str) and fill == "mean":
        fill = mean_spectrum(known_spectra, len(intensity))
    filling = fill_values(intensity, positions, fill, width=width)
    displacement = mask_displacements(space, intensity, starts, stops, fill=filling)
    scale = np.nan
    if known is not None:
        points = check_coordinates(known, name="known")
        scale = float(np.sqrt(((points - points.mean(axis=1, keepdims=True)) ** 2).sum(axis=2).mean()))
    return Relevance(
        start=positions[starts],
        displacement=displacement,
        mean=displacement.mean(axis=0),
        spread=spread_over_members(displacement),
        width=width,
        axis_name=name,
        scale=scale,
    )


def mean_spectrum(spectra: ArrayLike | None, n_points: int) -> NDArray[np.float64]:
    """Return the mean of known spectra, which stands in the place of what is masked."""
    if spectra is None:
        raise InputError("fill='mean' needs known_spectra=, whose mean stands in the place of what is masked")
    values = np.asarray(spectra, dtype=np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] != n_points:
        raise InputError(f"expected known_spectra of shape (n_samples, {n_points}), got {values.shape}")
    return np.asarray(values.mean(axis=0))


def spread_over_members(displacement: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation over members, NaN where there is one member only."""
    if len(displacement) < 2:
        return np.full(displacement.shape[1], np.nan)
    return np.asarray(displacement.std(axis=0, ddof=1))


def window_bounds(axis: NDArray[np.float64], width: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the points of every window that begins at a point and ends inside the spectrum: starts and stops.

    A window holds the points from its start up to, not including, start + width. InputError if the width is not larger
    than half a step or wider than the axis.
    """
    step = float(np.median(np.diff(axis)))
    if not step / 2 < width <= axis[-1] - axis[0] + step:
        raise InputError(
            f"expected a width between half a step and the axis ({step / 2:.3g} to {np.ptp(axis):.6g}), got {width}"
        )
    # Half a step of slack, so that rounding in the axis never adds or drops a point.
    stops = np.searchsorted(axis, axis + width - step / 2)
    starts = np.arange(len(axis))
    whole = axis + width <= axis[-1] + 1.5 * step
    return starts[whole].astype(np.intp), np.maximum(stops, starts + 1)[whole].astype(np.intp)


def fill_values(
    intensity: NDArray[np.float64], axis: NDArray[np.float64], fill: Fill, *, width: float
) -> NDArray[np.float64] | None:
    """Turn the choice of a filling into values (n_points,); None stands for zeros."""
    if isinstance(fill, str):
        if fill not in ("zero", "background"):
            raise InputError(f"expected fill to be 'zero', 'background', 'mean' or an array of values, got {fill!r}")
        if fill == "zero":
            return None
        n_points = round(_BACKGROUND_WIDTHS * width / float(np.median(np.diff(axis))))
        return estimate_background(intensity, n_points=min(max(n_points, 3), len(intensity)))
    values = np.asarray(fill, dtype=np.float64)
    if values.shape != intensity.shape or not np.isfinite(values).all():
        raise InputError(f"expected finite fill values of shape {intensity.shape}, got shape {values.shape}")
    return values


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
    """Return copies of spectra (n_samples, n_points) whose points ``start:stop`` are replaced.

    By the "mean" of these spectra; a "line" from the point before to the point after the window, level where the
    spectrum ends; "zero"; or values of shape (n_points,).
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


def telling_range(
    axis: ArrayLike, spectra: ArrayLike, classes: ArrayLike, *, share: float = 0.9
) -> tuple[float, float]:
    """Find the shortest range of the axis that holds a share of the variance between the means of classes.

    Returns its two ends, in units of the axis.
    """
    positions, values, kinds = np.asarray(axis, dtype=np.float64), np.asarray(spectra), np.asarray(classes)
    means = np.array([values[kinds == kind].mean(axis=0) for kind in np.unique(kinds)])
    weight = np.cumsum(means.var(axis=0) * np.gradient(positions))
    weight /= weight[-1]
    last = len(positions) - 1
    stops = np.minimum(np.searchsorted(weight, np.minimum(weight + share, 1.0)), last)
    whole = np.flatnonzero(weight + share <= 1)
    first = int(whole[(positions[stops] - positions)[whole].argmin()]) if len(whole) else 0
    return float(positions[first]), float(positions[stops[first]])
