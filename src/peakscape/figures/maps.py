"""Figures of maps: classes, compositions, quantities, and the paths of series and of artificial changes."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from peakscape.figures.canvas import COLORS, ERROR, INK, MARKERS, group_colors, styled


@styled
def feature_space(
    axes: Axes, coordinates: ArrayLike, groups: Sequence[str], *, title: str = "", legend: bool = True
) -> Axes:
    """Draw the map: one point a spectrum, one symbol and colour a group.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 2).
    groups
        ``n_samples`` texts, such as formulas; the order of first appearance gives the order of the symbols.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(feature_space(axes[0], [[0, 0], [1, 1]], ["SmFe12", "SmFe11Ti"]).collections)
    2
    """
    points, names = np.asarray(coordinates, dtype=float), np.asarray(groups, dtype=str)
    order = list(dict.fromkeys(names))
    shades = colormaps["turbo"](np.linspace(0.05, 0.95, max(len(order), 2)))
    for position, group in enumerate(order):
        chosen = points[names == group]
        marker = MARKERS[position % len(MARKERS)]
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=22,
            marker=marker,
            color=shades[position],
            edgecolor=INK,
            linewidth=0.4,
            label=group,
            zorder=3,
        )
    axes.set(xlabel="map axis 1", ylabel="map axis 2", title=title)
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.2)
    return axes


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
    """Draw a map with one colour and symbol a class, ordered by name; a cross over what was classified wrong.

    Parameters
    ----------
    coordinates
        Shape (n_samples, 2).
    classes
        Of each sample, shape (n_samples,).
    wrong
        Numbers of the samples that were classified wrong.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> drawn = named_map(axes[0], [[0, 0], [1, 1], [2, 1]], ["CrO2", "Cr2O3", "CrO2"], wrong=[1])
    >>> [text.get_text() for text in drawn.get_legend().get_texts()]
    ['Cr2O3', 'CrO2', 'wrong, left out']
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
            missed[:, 0], missed[:, 1], s=60, marker="x", color=INK, linewidth=1.0, label="wrong, left out", zorder=4
        )
    axes.set(xlabel="map axis 1", ylabel="map axis 2", title=title)
    axes.margins(0.08)
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.2)
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
def painted_map(
    axes: Axes,
    grid: tuple[ArrayLike, ArrayLike],
    amounts: ArrayLike,
    points: ArrayLike,
    point_amounts: ArrayLike,
    *,
    title: str = "",
    label: str = "",
) -> Axes:
    """Draw a map painted with the estimated amount of one element, as Fig. 4 of the paper, the known points on it.

    Parameters
    ----------
    grid
        The two axes of the grid, each of shape (n_grid,).
    amounts
        Shape (n_grid, n_grid), row by row along the second map axis; NaN stays white.
    points, point_amounts
        Known points, shape (n_samples, 2), and their amounts, shape (n_samples,), in the same colours.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = painted_map(axes[0], ([0, 1], [0, 1]), [[0, 1], [1, 2]], [[0.5, 0.5]], [1], label="Ti per formula unit")
    """
    known = np.asarray(point_amounts, dtype=float)
    field = np.asarray(amounts, dtype=float)
    norm = Normalize(min(known.min(), 0.0), max(float(known.max()), 1e-9))
    mesh = axes.pcolormesh(*grid, field, cmap="viridis", norm=norm, shading="nearest", rasterized=True, alpha=0.85)
    spots = np.asarray(points, dtype=float)
    axes.scatter(spots[:, 0], spots[:, 1], c=known, cmap="viridis", norm=norm, s=18, edgecolor="white", linewidth=0.6)
    if axes.figure is not None:
        axes.figure.colorbar(mesh, ax=axes, label=label)
    axes.set(xlabel="map axis 1", ylabel="map axis 2", title=title)
    return axes


@styled
def trajectories(
    axes: Axes,
    coordinates: ArrayLike,
    paths: Mapping[str, ArrayLike],
    *,
    title: str = "",
    zoom: bool = False,
    legend: bool = True,
) -> Axes:
    """Draw the known points in grey and the path of each artificial change as an arrow.

    Parameters
    ----------
    coordinates
        Known points, shape (n_samples, 2).
    paths
        Name of the change to its points, shape (n_steps, 2), in the order of the change.
    zoom
        Frame the paths instead of all known points.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> _ = trajectories(axes[0], [[0, 0], [1, 1]], {"c/a": [[0, 0], [0.5, 0.2]]})
    """
    known = np.asarray(coordinates, dtype=float)
    axes.scatter(known[:, 0], known[:, 1], s=10, color=ERROR, linewidth=0)
    shades = colormaps["tab10"](np.arange(len(paths)))
    for (name, path), shade in zip(paths.items(), shades, strict=True):
        points = np.asarray(path, dtype=float)
        axes.plot(*points.T, color=shade, linewidth=1.4, marker=".", markersize=3, label=name)
        axes.annotate("", points[-1], points[-2], arrowprops={"arrowstyle": "-|>", "color": shade, "lw": 1.4})
    if zoom and paths:
        every = np.concatenate([np.asarray(path, dtype=float) for path in paths.values()])
        low, high = every.min(axis=0), every.max(axis=0)
        pad = 0.15 * np.maximum(high - low, 1e-9)
        axes.set(xlim=(low[0] - pad[0], high[0] + pad[0]), ylim=(low[1] - pad[1], high[1] + pad[1]))
    axes.set(xlabel="map axis 1", ylabel="map axis 2", title=title)
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
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
