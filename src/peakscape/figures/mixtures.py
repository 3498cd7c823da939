"""Figures of mixtures: the map by parts, a series as a heat map, fractions along it, and fits with their remainders."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize, PowerNorm
from numpy.typing import ArrayLike

from peakscape.analysis.mixtures.triangle import shortened
from peakscape.figures.canvas import ERROR, INK, MEASURED, MODEL, group_colors, styled

GRID = np.arange(0.1, 0.95, 0.1)
"""Fractions whose lines are drawn in a triangle."""
REGION = "#1f5a99"
LEAST_THICKNESS = 0.012
"""Half the height at which a region without one, on the line of two parts, is drawn."""
TICKS = "#777777"
LEAST_REMAINDER = 0.01
"""What the darkest colour stands for at least: less is nothing to look at."""
REMAINDER_COLORS = "magma_r"


@styled
def mixture_map(
    axes: Axes,
    coordinates: ArrayLike,
    ends: ArrayLike,
    names: Sequence[str],
    *,
    regions: Sequence[ArrayLike] = (),
    along: ArrayLike | None = None,
    remainder: ArrayLike | None = None,
    labels: Sequence[str] | None = None,
    title: str = "",
    label: str = "share not explained",
) -> Axes:
    """Draw mixtures by their parts: a line for two, a triangle with lines of equal fractions for three, else arrows.

    Parameters
    ----------
    coordinates, ends, regions
        As `analysis.mixtures.triangle.mixture_map` returns them: of samples (n_samples, 2) and parts (n_parts, 2), and
        one polygon a sample.
    names
        Of the parts.
    along
        What the series runs over, shape (n_samples,): samples are joined in its order, the last step an arrow.
    remainder
        Number of each sample, shape (n_samples,), that gives its colour; `label` names it.
    labels
        A text beside each sample.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> drawn = mixture_map(axes[0], [[0.5, 0.1]], [[0, 0], [1, 0], [0.5, 0.87]], ["a", "b", "c"], remainder=[0.02])
    >>> sorted(text.get_text() for text in drawn.texts if text.get_text().isalpha())
    ['a', 'b', 'c']
    """
    points, tips = np.asarray(coordinates, dtype=float), np.asarray(ends, dtype=float)
    if len(tips) <= 3:
        _simplex(axes, tips, names)
    else:
        _arrows(axes, points, tips, names)
    polygons = [_thick(one) for one in (np.asarray(one, dtype=float) for one in regions) if len(one)]
    if polygons:
        axes.add_collection(PolyCollection(polygons, facecolor=REGION, alpha=0.16, edgecolor="none", zorder=1))
    if along is not None:
        _path(axes, points, np.asarray(along, dtype=float))
    values = None if remainder is None else np.asarray(remainder, dtype=float)
    drawn = axes.scatter(
        points[:, 0], points[:, 1], c=MEASURED if values is None else values, s=26, edgecolor=INK, linewidth=0.5,
        zorder=4, cmap=None if values is None else REMAINDER_COLORS,
        norm=None if values is None else Normalize(0.0, max(float(np.nanmax(values)), LEAST_REMAINDER)),
    )  # fmt: skip
    if values is not None and axes.figure is not None:
        axes.figure.colorbar(drawn, ax=axes, label=label, shrink=0.7, pad=0.02)
    for place, text in zip(points, labels or (), strict=False):
        axes.annotate(text, place, xytext=(4, 4), textcoords="offset points", fontsize=6.5, zorder=5)
    axes.set_title(title)
    return axes


def _simplex(axes: Axes, corners: np.ndarray, names: Sequence[str]) -> None:
    """The line or the triangle between corners, with fractions written along it."""
    if len(corners) == 2:
        axes.plot(*corners.T, color=INK, linewidth=0.8, zorder=2)
        for share in GRID:
            axes.plot([share] * 2, [-0.015, 0.015], color=ERROR, linewidth=0.6, zorder=0)
            axes.annotate(f"{share:.1f}", (share, -0.03), ha="center", va="top", fontsize=6.5, color=TICKS)
        for corner, name in zip(corners, names, strict=True):
            axes.annotate(name, (corner[0], 0.05), ha="center", va="bottom")
        axes.annotate(f"fraction of {names[1]}", (0.5, -0.08), ha="center", va="top", fontsize=8)
        axes.set(xlim=(-0.1, 1.1), ylim=(-0.2, 0.2))
    else:
        _triangle(axes, corners, names)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _triangle(axes: Axes, corners: np.ndarray, names: Sequence[str]) -> None:
    """Each side is the scale of the part that it begins at; lines of one fraction run parallel to the side opposite."""
    middle = corners.mean(axis=0)
    axes.plot(*np.vstack([corners, corners[:1]]).T, color=INK, linewidth=0.8, zorder=2)
    for first, second, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        side = 0.5 * (corners[first] + corners[second])
        away = (side - middle) / np.linalg.norm(side - middle)
        for share in GRID:
            line = np.array([share * corners[first] + (1 - share) * corners[one] for one in (second, third)])
            axes.plot(*line.T, color="#e0e0e0", linewidth=0.5, zorder=0)
            if round(10 * share) % 2 == 0:
                axes.annotate(f"{share:.1f}", line[0], xytext=7 * away, textcoords="offset points", ha="center",
                              va="center", fontsize=6, color=TICKS)  # fmt: skip
        axes.annotate(f"{names[first]} in the mixture", side, xytext=19 * away, textcoords="offset points", ha="center",
                      va="center", fontsize=7.5, color=TICKS, rotation=(0.0, -60.0, 60.0)[first])  # fmt: skip
        outward = (corners[first] - middle) / np.linalg.norm(corners[first] - middle)
        axes.annotate(names[first], corners[first], xytext=(0, 17 * outward[1]), textcoords="offset points",
                      ha="center", va="center")  # fmt: skip
    axes.set(xlim=(-0.16, 1.16), ylim=(-0.15, 1.0))


def _arrows(axes: Axes, points: np.ndarray, tips: np.ndarray, names: Sequence[str]) -> None:
    """Arrows of the parts from the mean of the samples, all shortened alike so that samples stay the larger."""
    known = points[np.isfinite(points).all(axis=1)]
    reach = float(np.abs(known).max()) if len(known) else 1.0
    tips = shortened(points, tips)
    for tip, name in zip(tips, names, strict=True):
        axes.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": MODEL, "lw": 1.0, "alpha": 0.8})
        away = 9 * tip / max(float(np.linalg.norm(tip)), 1e-9)
        axes.annotate(name, tip, xytext=away, textcoords="offset points", ha="center", va="center", color=MODEL)
    room = 1.25 * max(reach, float(np.abs(tips).max()))
    axes.set(xlim=(-room, room), ylim=(-room, room), xlabel="plane axis 1", ylabel="plane axis 2")
    axes.set_aspect("equal")


def _thick(polygon: np.ndarray) -> np.ndarray:
    """Give a region that is a point or lies along a line a height that can be seen."""
    spread = polygon - polygon.mean(axis=0)
    if len(polygon) > 2 and np.linalg.matrix_rank(spread, tol=1e-6) > 1:
        return polygon
    low, high = polygon[:, 0].min(), polygon[:, 0].max()
    left, right = polygon[polygon[:, 0].argmin(), 1], polygon[polygon[:, 0].argmax(), 1]
    t = LEAST_THICKNESS
    return np.array([[low, left - t], [high, right - t], [high, right + t], [low, left + t]])


def _path(axes: Axes, points: np.ndarray, along: np.ndarray) -> None:
    order = np.argsort(along, kind="stable")
    line = points[order][np.isfinite(points[order]).all(axis=1)]
    if len(line) < 2:
        return
    axes.plot(*line.T, color=INK, linewidth=0.8, alpha=0.6, zorder=3)
    sizes = np.linalg.norm(np.diff(line, axis=0), axis=1)
    longest = int(sizes.argmax())
    if sizes[longest] > 1e-6:  # where an arrow has room
        middle = 0.5 * (line[longest] + line[longest + 1])
        axes.annotate("", middle, line[longest], zorder=3, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 0.8})


@styled
def heat_map(
    axes: Axes,
    axis: ArrayLike,
    intensity: ArrayLike,
    along: ArrayLike,
    *,
    events: Sequence[float] = (),
    title: str = "",
    label: str = "",
    along_label: str = "",
) -> Axes:
    """Draw a series with its axis to the right and what it runs over upward, weak signal lifted by a square root.

    Parameters
    ----------
    axis
        Shape (n_points,); `label` names it.
    intensity
        Shape (n_samples, n_points).
    along
        Shape (n_samples,); `along_label` names it.
    events
        Places along the series that are marked by lines.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(heat_map(axes[0], [1, 2, 3], [[0, 1, 0], [0, 2, 0]], [10.0, 20.0], events=[15.0]).lines)
    1
    """
    order = np.argsort(np.asarray(along, dtype=float), kind="stable")
    places = np.asarray(along, dtype=float)[order]
    rows = np.asarray(intensity, dtype=float)[order]
    rows = rows - np.percentile(rows, 1.0)
    mesh = axes.pcolormesh(
        np.asarray(axis, dtype=float), _edges(places), np.maximum(rows, 0.0)[:, :-1], cmap="magma", rasterized=True,
        norm=PowerNorm(0.5, 0.0, max(float(np.percentile(rows, 99.8)), 1e-12)), shading="flat",
    )  # fmt: skip
    for event in events:
        axes.axhline(event, color="white", linewidth=0.8, linestyle="--")
    if axes.figure is not None:
        axes.figure.colorbar(mesh, ax=axes, label="intensity (root scale)", pad=0.02)
    axes.set(xlabel=label, ylabel=along_label, title=title)
    return axes


def _edges(places: np.ndarray) -> np.ndarray:
    """Edges of rows, halfway between them; rows at one place stay apart by their number."""
    if len(places) == 1 or (np.diff(places) <= 0).any():
        return np.linspace(places[0] - 0.5, places[-1] + 0.5, len(places) + 1)
    middle = 0.5 * (places[1:] + places[:-1])
    return np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])


@styled
def fraction_bands(
    axes: Axes,
    along: ArrayLike,
    fractions: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    names: Sequence[str],
    *,
    events: Sequence[float] = (),
    title: str = "",
    label: str = "",
    quantity: str = "fraction",
) -> Axes:
    """Draw fractions along a series, the intervals as bands.

    Parameters
    ----------
    along
        Shape (n_samples,); `label` names it.
    fractions, lower, upper
        Shape (n_samples, n_parts).
    names
        Of the parts.
    events
        Places that are marked.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = fraction_bands(axes[0], [0, 1], [[1], [0]], [[0.9], [0]], [[1], [0.1]], ["calcite"])
    """
    places = np.asarray(along, dtype=float)
    order = np.argsort(places, kind="stable")
    value, low, high = (np.asarray(one, dtype=float)[order] for one in (fractions, lower, upper))
    for event in events:
        axes.axvline(event, color=ERROR, linewidth=0.8, linestyle="--", zorder=1)
    for number, (name, shade) in enumerate(zip(names, group_colors(len(names)), strict=True)):
        axes.fill_between(places[order], low[:, number], high[:, number], color=shade, alpha=0.22, linewidth=0)
        axes.plot(places[order], value[:, number], color=shade, linewidth=1.1, marker="o", markersize=2.5, label=name)
    axes.set(xlabel=label, ylabel=quantity, title=title)
    axes.set_ylim(-0.03, max(1.03, 1.05 * float(np.nanmax(high))))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return axes


@styled
def fit_with_remainder(
    axes: Axes,
    axis: ArrayLike,
    measured: ArrayLike,
    fitted: ArrayLike,
    background: ArrayLike,
    *,
    title: str = "",
    label: str = "",
    legend: bool = True,
) -> Axes:
    """Draw a spectrum, its fit and background, and below them what the fit leaves, on the same scale.

    Parameters
    ----------
    axis, measured, fitted, background
        Shape (n_points,); `label` names the axis.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(fit_with_remainder(axes[0], [1, 2], [0, 1], [0, 1], [0, 0]).lines)
    5
    """
    x, seen, made, below = (np.asarray(one, dtype=float) for one in (axis, measured, fitted, background))
    left = seen - made
    floor = min(float(seen.min()), 0.0) - 0.06 * float(np.ptp(seen)) - max(float(left.max()), 0.0)
    axes.plot(x, seen, ".", color=MEASURED, markersize=1.6, label="measured")
    axes.plot(x, made, color=MODEL, linewidth=0.8, label="fit")
    axes.plot(x, below, color=ERROR, linewidth=0.7, label="background")
    axes.axhline(floor, color=ERROR, linewidth=0.4)
    axes.plot(x, left + floor, color=INK, linewidth=0.6, label="remainder")
    axes.set(xlabel=label, ylabel="intensity", title=title, xlim=(x[0], x[-1]), yticks=[])
    if legend:
        axes.legend(loc="best", markerscale=4)
    return axes
