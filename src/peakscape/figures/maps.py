"""Figures of maps: points, painted concentrations, arrows."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike

from peakscape.figures.canvas import ERROR, INK, MARKERS, styled


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
