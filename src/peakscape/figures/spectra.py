"""Figures of spectra: one above the other, of classes, reconstructed, masked, generated."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from peakscape.figures.canvas import COLORS, ERROR, INK, MEASURED, MODEL, group_colors, styled

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
def class_spectra(
    axes: Axes, axis: ArrayLike, spectra: ArrayLike, *, names: Sequence[str], title: str = "", label: str = ""
) -> Axes:
    """Draw one spectrum a class above one another, the first on top, in the classes' colours, names to the right.

    Parameters
    ----------
    axis
        Shape (n_points,); `label` names it.
    spectra
        Shape (n_classes, n_points), all on one scale.
    names
        Of the classes; empty for none.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(class_spectra(axes[0], [1, 2, 3], [[0, 1, 0], [1, 0, 0]], names=["a", "b"]).lines)
    2
    """
    positions, rows = np.asarray(axis, dtype=float), np.asarray(spectra, dtype=float)
    step = 0.75 * max(float(np.ptp(rows)), 1e-300)
    for number, (row, shade) in enumerate(zip(rows, group_colors(len(rows)), strict=True)):
        floor = step * (len(rows) - 1 - number)
        axes.plot(positions, floor + row, color=shade, linewidth=0.9)
        if len(names):
            axes.annotate(
                names[number], (1.01, floor + row[-1]), xycoords=("axes fraction", "data"), fontsize=7.5, color=shade,
                va="center", annotation_clip=False,
            )  # fmt: skip
    axes.set(xlabel=label, ylabel="intensity, shifted", title=title, yticks=[], xlim=(positions[0], positions[-1]))
    return axes


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
