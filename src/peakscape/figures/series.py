"""Figures of a measured series: its spectra, its path over the map, read against known, and how fast the path goes."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from peakscape.figures.canvas import ERROR, INK, MEASURED, MODEL, styled

COLORS = "viridis"
MOST_SPECTRA = 40
"""Spectra drawn at most: evenly chosen along the label where there are more."""


@styled
def stacked_spectra(
    axes: Axes, axis: ArrayLike, intensity: ArrayLike, values: ArrayLike, *, title: str = "", label: str = ""
) -> Axes:
    """Draw spectra one above the other, the smallest label at the bottom.

    Parameters
    ----------
    axis
        Shape (n_points,); `label` names it.
    intensity
        Shape (n_samples, n_points).
    values
        Shape (n_samples,): what the series runs over.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(stacked_spectra(axes[0], [1, 2, 3], [[0, 1, 0], [1, 0, 0]], [0.0, 1.0]).lines)
    2
    """
    positions, rows, numbers = (np.asarray(part, dtype=float) for part in (axis, intensity, values))
    order = np.argsort(numbers, kind="stable")
    if len(order) > MOST_SPECTRA:
        order = order[np.linspace(0, len(order) - 1, MOST_SPECTRA).astype(int)]
    shades = colormaps[COLORS](Normalize(numbers.min(), numbers.max())(numbers[order]))
    step = 0.35 if len(order) <= 15 else 5.0 / len(order)
    largest = max(float(rows[order].max()), 1e-300)
    for height, (sample, shade) in enumerate(zip(order, shades, strict=True)):
        axes.plot(positions, rows[sample] / largest + step * height, color=shade, linewidth=0.6)
        if len(order) <= 15:
            axes.annotate(
                f"{numbers[sample]:g}", (1.0, step * height), xycoords=("axes fraction", "data"), fontsize=6.5
            )
    axes.set(xlabel=label, ylabel="intensity, shifted", title=title, xlim=(positions[0], positions[-1]))
    axes.set_yticks([])
    return axes


@styled
def series_path(
    axes: Axes,
    coordinates: ArrayLike,
    values: ArrayLike,
    *,
    title: str = "",
    label: str = "",
    names: tuple[str, str] = ("map axis 1", "map axis 2"),
) -> Axes:
    """Draw the map of a series: points coloured by the label, joined in its order.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 2).
    values
        Shape (n_samples,); `label` names them.
    names
        Of the two axes.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = series_path(axes[0], [[0, 0], [1, 1], [2, 1]], [0.0, 0.5, 1.0], label="x")
    """
    points, numbers = np.asarray(coordinates, dtype=float), np.asarray(values, dtype=float)
    levels, where = np.unique(numbers, return_inverse=True)
    path = np.array([points[where == k].mean(axis=0) for k in range(len(levels))])
    norm = Normalize(levels[0], levels[-1])
    lines = LineCollection(
        list(np.stack([path[:-1], path[1:]], axis=1)), cmap=COLORS, norm=norm, linewidth=1.0, zorder=2, alpha=0.7
    )
    lines.set_array(0.5 * (levels[:-1] + levels[1:]))
    axes.add_collection(lines)
    axes.scatter(
        points[:, 0], points[:, 1], c=numbers, cmap=COLORS, norm=norm, s=22, edgecolor=INK, linewidth=0.4, zorder=3
    )
    for k in sorted({0, len(levels) // 2, len(levels) - 1}):
        axes.annotate(f"{levels[k]:g}", path[k], xytext=(4, 4), textcoords="offset points", fontsize=7)
    axes.figure.colorbar(ScalarMappable(norm, COLORS), ax=axes, label=label, shrink=0.9)
    axes.set(xlabel=names[0], ylabel=names[1], title=title)
    axes.margins(0.08)
    return axes


@styled
def read_against_known(
    axes: Axes,
    known: ArrayLike,
    read: ArrayLike,
    interval: ArrayLike | None = None,
    *,
    title: str = "",
    label: str = "",
    legend: bool = True,
) -> Axes:
    """Draw what was read from samples left out against what is known of them.

    Parameters
    ----------
    known, read
        Shape (n_samples,).
    interval
        Lower and upper ends, shape (2, n_samples); infinite ends run to the edge.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = read_against_known(axes[0], [0, 1, 2], [0.1, 0.9, 2.2], [[-1, 0, 1], [1, 2, np.inf]])
    """
    truth, answer = np.asarray(known, dtype=float), np.asarray(read, dtype=float)
    margin = 0.12 * max(float(np.ptp(truth)), 1e-12)
    low, high = truth.min() - margin, truth.max() + margin
    axes.plot([low, high], [low, high], color=INK, linewidth=0.6, zorder=1)
    if interval is not None:
        reach = 10 * (high - low)
        ends = np.clip(np.asarray(interval, dtype=float), low - reach, high + reach)
        axes.vlines(truth, ends[0], ends[1], color=ERROR, linewidth=2.0, label="interval", zorder=2)
    axes.plot(truth, answer, "o", color=MODEL, markersize=4, markeredgecolor=INK, markeredgewidth=0.4, label="read")
    axes.set(xlabel=f"{label}, known", ylabel=f"{label}, read (left out)", title=title, xlim=(low, high))
    axes.set_ylim(min(low, float(np.nanmin(answer)) - margin), max(high, float(np.nanmax(answer)) + margin))
    if legend:
        axes.legend(loc="upper left")
    return axes


@styled
def path_speed(
    axes: Axes,
    start: ArrayLike,
    stop: ArrayLike,
    speed: ArrayLike,
    transitions: Sequence[float] = (),
    *,
    title: str = "",
    label: str = "",
) -> Axes:
    """Draw how fast the path over the map goes as the label grows, with the transitions found.

    Parameters
    ----------
    start, stop, speed
        Of each step, shape (n_steps,).
    transitions
        Where the path jumps.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(path_speed(axes[0], [0, 1, 2], [1, 2, 3], [1.0, 9.0, 1.0], [1.5]).texts)
    1
    """
    begin, end, value = (np.asarray(part, dtype=float) for part in (start, stop, speed))
    axes.stairs(value, np.append(begin, end[-1]), color=MEASURED, linewidth=1.0)
    for at in transitions:
        axes.axvline(at, color=MODEL, linewidth=0.8, linestyle="--")
        axes.annotate(f"{at:.4g}", (at, 1.0), xycoords=("data", "axes fraction"), fontsize=7, color=MODEL, ha="center")
    axes.set(xlabel=label, ylabel="speed on the map, per unit", title=title)
    axes.set_ylim(bottom=0.0)
    return axes
