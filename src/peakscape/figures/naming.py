"""Figures of named spectra: spectra and a map with the names of classes, shares named rightly with intervals."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from peakscape.figures.canvas import ERROR, INK, MARKERS, MEASURED, styled
from peakscape.figures.grouping import group_colors


@styled
def named_map(
    axes: Axes,
    coordinates: ArrayLike,
    classes: Sequence[str] | ArrayLike,
    *,
    wrong: ArrayLike = (),
    title: str = "",
    legend: bool = True,
) -> Axes:
    """Draw a map with one colour and symbol a class, in the order of their names; a cross over what was misnamed.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 2).
    classes
        Of each sample, shape (n_samples,).
    wrong
        Numbers of the samples that were misnamed.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> drawn = named_map(axes[0], [[0, 0], [1, 1], [2, 1]], ["CrO2", "Cr2O3", "CrO2"], wrong=[1])
    >>> [text.get_text() for text in drawn.get_legend().get_texts()]
    ['Cr2O3', 'CrO2', 'misnamed, left out']
    """
    points, names = np.asarray(coordinates, dtype=float), np.asarray(classes, dtype=str)
    kinds = [str(kind) for kind in np.unique(names)]
    for number, (kind, shade) in enumerate(zip(kinds, group_colors(len(kinds)), strict=True)):
        own = points[names == kind]
        axes.scatter(
            own[:, 0], own[:, 1], s=24, marker=MARKERS[number % len(MARKERS)], color=shade, edgecolor=INK,
            linewidth=0.4, label=kind, zorder=3, alpha=0.85,
        )  # fmt: skip
    missed = points[np.asarray(wrong, dtype=int)]
    if len(missed):
        axes.scatter(
            missed[:, 0], missed[:, 1], s=60, marker="x", color=INK, linewidth=1.0, label="misnamed, left out", zorder=4
        )
    axes.set(xlabel="map axis 1", ylabel="map axis 2", title=title)
    axes.margins(0.08)
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.2)
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
    """Draw one row a method: a share between 0 and 1 and its interval.

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
