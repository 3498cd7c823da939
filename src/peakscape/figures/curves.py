"""Figures of spectra: reconstructed, masked, generated."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from peakscape.figures.canvas import ERROR, INK, MEASURED, MODEL, styled


@styled
def reconstruction(
    axes: Axes,
    axis: ArrayLike,
    intensity: ArrayLike,
    reconstructed: ArrayLike,
    *,
    title: str = "",
    label: str = "",
    legend: bool = True,
) -> Axes:
    """Draw a pattern, its reconstruction and their difference below.

    All three arrays have shape (n_points,); `label` names the axis.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(reconstruction(axes[0], [1, 2, 3], [0, 1, 0], [0, 0.9, 0]).lines)
    3
    """
    seen, built = np.asarray(intensity, dtype=float), np.asarray(reconstructed, dtype=float)
    floor = -0.18 * seen.max()
    axes.plot(axis, seen, color=MEASURED, linewidth=0.9, label="pattern")
    axes.plot(axis, built, color=MODEL, linewidth=0.7, linestyle=(0, (4, 1.5)), label="reconstruction")
    axes.plot(axis, seen - built + floor, color=INK, linewidth=0.5, label="difference (shifted)")
    axes.set(xlabel=label, ylabel="intensity", title=title)
    if legend:
        axes.legend(loc="upper right")
    return axes


@styled
def relevance(
    axes: Axes,
    axis: ArrayLike,
    intensity: ArrayLike,
    displacement: ArrayLike,
    error: ArrayLike,
    *,
    title: str = "",
    label: str = "",
    legend: bool = True,
) -> Axes:
    """Draw a pattern with, mirrored below it, how far the point moves when each window is masked (paper, Fig. 5).

    Parameters
    ----------
    axis, intensity
        Shape (n_points,).
    displacement, error
        Mean over the ensemble and its spread, shape (n_windows,), the windows starting at the first axis points.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = relevance(axes[0], [1, 2, 3], [0, 1, 0], [0.1, 0.2], [0.01, 0.01])
    """
    positions = np.asarray(axis, dtype=float)
    moved, spread = np.asarray(displacement, dtype=float), np.asarray(error, dtype=float)
    top = max(float(moved.max()), 1e-300)
    seen = np.asarray(intensity, dtype=float)
    windows = positions[: len(moved)]
    axes.plot(positions, seen / seen.max(), color=MEASURED, linewidth=0.8, label="pattern (maximum 1)")
    axes.fill_between(windows, -(moved - spread) / top, -(moved + spread) / top, color=ERROR, linewidth=0)
    axes.plot(windows, -moved / top, color=MODEL, linewidth=0.7, label=f"relevance (maximum 1 = {top:.2g} on the map)")
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set(xlabel=label, ylabel="relevance (down), intensity (up)", title=title, ylim=(-1.15, 1.25))
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    if legend:
        axes.legend(loc="upper right")
    return axes


@styled
def generated(
    axes: Axes,
    axis: ArrayLike,
    pattern: ArrayLike,
    spread: ArrayLike,
    truth: ArrayLike | None,
    *,
    title: str = "",
    label: str = "",
    legend: bool = True,
) -> Axes:
    """Draw a generated pattern with its spread, and the mean of the true patterns where they are known.

    All arrays have shape (n_points,).

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = generated(axes[0], [1, 2, 3], [0, 1, 0], [0, 0.1, 0], None)
    """
    built, width = np.asarray(pattern, dtype=float), np.asarray(spread, dtype=float)
    if truth is not None:
        axes.plot(axis, truth, color=MEASURED, linewidth=0.9, label="mean of the true patterns")
    axes.fill_between(axis, built - width, built + width, color=MODEL, alpha=0.25, linewidth=0, label="spread")
    axes.plot(axis, built, color=MODEL, linewidth=0.7, label="generated")
    axes.set(xlabel=label, ylabel="intensity", title=title)
    if legend:
        axes.legend(loc="upper right")
    return axes
