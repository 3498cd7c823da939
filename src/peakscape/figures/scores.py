"""Figures of scores: one row a method."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike

from peakscape.figures.canvas import ERROR, INK, MARKERS, MEASURED, MODEL, styled


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
