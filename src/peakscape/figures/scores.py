"""Figures of scores: one row a method, over a disturbance or a window, read against known, speed of a path."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike

from peakscape.figures.canvas import ERROR, INK, MARKERS, MEASURED, MODEL, styled

MOST_INSIDE = 5
"""More curves than these have their legend beside the axes, where it hides none."""


@styled
def dots(
    axes: Axes,
    names: Sequence[str],
    values: Mapping[str, ArrayLike],
    *,
    title: str = "",
    label: str = "",
    legend: bool = True,
) -> Axes:
    """Draw one row a method on a logarithmic scale, one marker for each kind of value.

    Parameters
    ----------
    names
        The ``n_methods`` rows, best on top.
    values
        Name of the kind to an array of shape (n_methods,); values of zero or below are drawn at the left edge.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = dots(axes[0], ["triangle", "PLSR"], {"0.05 degree": [0.01, 0.1]})
    """
    rows = np.arange(len(names))[::-1]
    every = np.concatenate([np.asarray(v, dtype=float) for v in values.values()])
    smallest = float(every[every > 0].min()) if (every > 0).any() else 1e-6
    for (name, numbers), marker, shade in zip(values.items(), MARKERS, (MEASURED, MODEL, INK, ERROR), strict=False):
        axes.scatter(np.maximum(numbers, smallest / 2), rows, marker=marker, color=shade, s=26, label=name, zorder=3)
    axes.set_yticks(rows, labels=list(names))
    axes.set_xscale("log")
    decades = np.log10(max(float(every.max()), smallest) / smallest)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if decades > 2 else (1.0, 2.0, 5.0), numticks=5))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", color="#e3e3e3", linewidth=0.6)
    axes.set(xlabel=label, title=title)
    if legend:
        axes.legend(loc="best")
    return axes


@styled
def shares(
    axes: Axes,
    names: Sequence[str],
    values: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    reference: float | None = None,
    title: str = "",
    label: str = "",
) -> Axes:
    """Draw one row a method: a share between 0 and 1 with its interval.

    Parameters
    ----------
    names
        The ``n_methods`` rows, the first on top.
    values, lower, upper
        Shape (n_methods,).
    reference
        A share to compare with, drawn as a line.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> drawn = shares(axes[0], ["map", "spectrum"], [0.9, 1.0], [0.8, 0.9], [0.95, 1.0], reference=0.2)
    >>> [text.get_text() for text in drawn.get_yticklabels()]
    ['map', 'spectrum']
    """
    rows = np.arange(len(names))[::-1]
    if reference is not None:
        axes.axvline(reference, color=ERROR, linewidth=1.0, linestyle="--", zorder=1)
    axes.hlines(rows, np.asarray(lower, dtype=float), np.asarray(upper, dtype=float), color=ERROR, linewidth=2.5)
    axes.scatter(np.asarray(values, dtype=float), rows, color=MEASURED, s=28, zorder=3)
    axes.set_yticks(rows, labels=list(names))
    axes.grid(axis="x", color="#e3e3e3", linewidth=0.6)
    axes.set(xlabel=label, title=title, xlim=(-0.02, 1.02))
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
    score: str = "accuracy",
    legend: bool = True,
    n_independent: int | None = None,
) -> Axes:
    """Draw scores over the strength of a disturbance, one line a method; methods of `plain` dashed.

    Parameters
    ----------
    positions
        Shape (n_steps,).
    scores
        Name of the method to an array of shape (n_steps,).
    n_independent
        Of accuracies: how many independent samples they were counted on. Wilson's 90 % intervals are drawn as bars.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(score_curves(axes[0], [0, 1], {"UMAP": [1, 0.9], "raw": [1, 1]}, plain=["raw"]).lines)
    2
    """
    places = np.asarray(positions, dtype=float)
    apart = 0.004 * float(np.ptp(places)) if n_independent else 0.0  # bars of methods stand side by side
    for number, (name, values) in enumerate(scores.items()):
        shade = INK if name in plain else colormaps["tab10"](number)
        axes.plot(
            places,
            values,
            "--" if name in plain else "-",
            marker=MARKERS[number % len(MARKERS)],
            markersize=3.5,
            color=shade,
            linewidth=1.0,
            label=name,
        )
        if n_independent:
            low, high = _wilson(np.asarray(values, dtype=float), n_independent)
            axes.vlines(places + apart * (number - len(scores) / 2), low, high, color=shade, linewidth=0.6, alpha=0.7)
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


def _wilson(shares: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 90 % interval of shares of `count` samples: lower and upper ends."""
    z = 1.6449
    middle = (shares + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(np.maximum(shares * (1 - shares), 0.0) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


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
