"""Figures of absorption studies: stacked edges, a quantity on the map, curves of scores, windows of the energy."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from peakscape.figures.canvas import ERROR, INK, MARKERS, MEASURED, MODEL, styled

MOST_INSIDE = 5
"""More curves than these have their legend beside the axes, where it hides none."""


@styled
def stacked_curves(
    axes: Axes,
    axis: ArrayLike,
    curves: Mapping[str, ArrayLike],
    *,
    pairs: Mapping[str, ArrayLike] | None = None,
    title: str = "",
    label: str = "energy (eV)",
) -> Axes:
    """Draw named curves one above the other, each over its span, with a second curve dashed on some of them.

    Parameters
    ----------
    axis
        Shape (n_points,).
    curves, pairs
        Arrays of shape (n_points,) by name, from bottom to top; `pairs` has names of `curves`.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(stacked_curves(axes[0], [1, 2, 3], {"h": [0, 1, 0], "c": [0, 1, 2]}, pairs={"c": [0, 2, 2]}).lines)
    3
    """
    for number, (name, curve) in enumerate(curves.items()):
        shade = colormaps["tab10"](number)
        for values, style in ((curve, "-"), ((pairs or {}).get(name), "--")):
            if values is not None:
                row = np.asarray(values, dtype=float)
                row = (row - row.min()) / max(float(np.ptp(row)), 1e-300)
                axes.plot(axis, 1.1 * number + row, style, color=shade if style == "-" else INK, linewidth=0.9)
        axes.text(
            float(np.asarray(axis)[-1]), 1.1 * number + 0.75, name, ha="right", va="top", fontsize=7.5, color=shade
        )
    axes.set(xlabel=label, yticks=[], title=title)
    return axes


@styled
def map_quantity(
    axes: Axes, coordinates: ArrayLike, values: ArrayLike, *, title: str = "", label: str = "", legend: bool = True
) -> Axes:
    """Draw the map with each point in the colour of a number; grey crosses where it is not known.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 2).
    values
        Shape (n_samples,), NaN where not known.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(map_quantity(axes[0], [[0, 0], [1, 1], [2, 0]], [1.0, 2.0, float("nan")]).collections)
    2
    """
    points, numbers = np.asarray(coordinates, dtype=float), np.asarray(values, dtype=float)
    known = np.isfinite(numbers)
    axes.scatter(points[~known, 0], points[~known, 1], marker="x", color=ERROR, s=14, linewidth=0.8)
    drawn = axes.scatter(
        points[known, 0], points[known, 1], c=numbers[known], cmap="viridis", s=20, edgecolor=INK, linewidth=0.3
    )
    if legend and axes.figure is not None:
        axes.figure.colorbar(drawn, ax=axes, label=label)
    axes.set(xlabel="map axis 1", ylabel="map axis 2", title=title)
    return axes


@styled
def score_curves(
    axes: Axes,
    positions: ArrayLike,
    scores: Mapping[str, ArrayLike],
    *,
    plain: Sequence[str] = (),
    title: str = "",
    label: str = "",
    score: str = "share named rightly",
    legend: bool = True,
) -> Axes:
    """Draw scores over the strength of a disturbance, one line a method; methods of `plain` dashed.

    Parameters
    ----------
    positions
        Shape (n_steps,).
    scores
        Name of the method to an array of shape (n_steps,).

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(score_curves(axes[0], [0, 1], {"UMAP": [1, 0.9], "raw": [1, 1]}, plain=["raw"]).lines)
    2
    """
    for number, (name, values) in enumerate(scores.items()):
        axes.plot(
            positions,
            values,
            "--" if name in plain else "-",
            marker=MARKERS[number % len(MARKERS)],
            markersize=3.5,
            color=INK if name in plain else colormaps["tab10"](number),
            linewidth=1.0,
            label=name,
        )
    axes.set(xlabel=label, ylabel=score, title=title)
    if legend:
        beside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "frameon": False}
        axes.legend(**(beside if len(scores) > MOST_INSIDE else {"loc": "best"}))
    return axes


@styled
def window_scores(
    axes: Axes,
    axis: ArrayLike,
    curves: Mapping[str, ArrayLike],
    centers: ArrayLike,
    scores: ArrayLike,
    *,
    title: str = "",
    label: str = "energy (eV)",
    score: str = "",
) -> Axes:
    """Draw mean curves of classes, and below them as bars what each window of the axis tells of the classes.

    Parameters
    ----------
    axis
        Shape (n_points,).
    curves
        Name of the class to its mean curve, shape (n_points,).
    centers, scores
        Middle of each window and its score, shape (n_windows,).

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> drawn = window_scores(axes[0], [1, 2, 3], {"h": [0, 1, 0]}, [1.5, 2.5], [0.2, 0.9], score="silhouette")
    >>> len(drawn.patches)
    2
    """
    highest = max(float(np.max(np.abs(curve))) for curve in curves.values()) or 1.0
    for (name, curve), shade in zip(curves.items(), (MEASURED, MODEL, INK, ERROR), strict=False):
        axes.plot(axis, np.asarray(curve, dtype=float) / highest, color=shade, linewidth=0.9, label=name)
    middle, heights = np.asarray(centers, dtype=float), np.asarray(scores, dtype=float)
    width = 0.85 * float(np.median(np.diff(middle))) if len(middle) > 1 else 1.0
    axes.bar(middle, heights, width=width, bottom=-2.2, color=ERROR, linewidth=0, label=score)
    axes.axhline(-2.2, color=INK, linewidth=0.6)
    axes.set(xlabel=label, yticks=[-2.2, -1.7, -1.2], yticklabels=["0", "0.5", "1"], title=title)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.08), ncols=3, columnspacing=0.8, handlelength=1.2)
    return axes
