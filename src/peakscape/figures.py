"""Figures: every function takes numbers, draws on the Axes that it is given, returns it, and computes nothing."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from peakscape.files import replace_atomically

# One look for all figures: what a two-column journal page takes without rescaling.
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "svg.hashsalt": "peakscape",
    "svg.fonttype": "none",
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
INK, MEASURED, MODEL, ERROR = "#222222", "#1f5a99", "#d1495b", "#b5b5b5"


def new(*, n_columns: int = 1, n_rows: int = 1, width: float = 7.2, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    """Make a figure in the package's style, width and height in inches, and its Axes row by row.

    Examples
    --------
    >>> figure, axes = new(n_columns=2)
    >>> len(axes)
    2
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(n_rows, n_columns, squeeze=False)
    return figure, list(grid.ravel())


def save(figure: Figure, stem: str | os.PathLike[str]) -> list[Path]:
    """Write ``stem.png`` (200 dpi) and ``stem.svg``; the same figure gives the same bytes.

    Examples
    --------
    >>> import tempfile
    >>> figure, axes = new()
    >>> [path.suffix for path in save(figure, tempfile.mkdtemp() + "/empty")]
    ['.png', '.svg']
    """
    written = []
    with rc_context(STYLE):
        for suffix, metadata in ((".png", {"Software": "peakscape"}), (".svg", {"Date": None})):
            path = Path(stem).with_name(Path(stem).name + suffix)
            with replace_atomically(path) as fresh:
                figure.savefig(fresh, dpi=200, metadata=metadata)
            written.append(path)
    return written


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


def reconstruction(
    axes: Axes, axis: ArrayLike, intensity: ArrayLike, reconstructed: ArrayLike, *, title: str = "", label: str = ""
) -> Axes:
    """Draw a pattern, its reconstruction and their difference below.

    All three arrays have shape (n_points,); `label` names the axis.

    Examples
    --------
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
    axes.legend(loc="upper right")
    return axes


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


def relevance(
    axes: Axes,
    axis: ArrayLike,
    intensity: ArrayLike,
    displacement: ArrayLike,
    error: ArrayLike,
    *,
    title: str = "",
    label: str = "",
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
    axes.set(xlabel=label, ylabel="relevance      |      intensity", title=title, ylim=(-1.25, 1.2))
    axes.legend(loc="upper right")
    return axes


def generated(
    axes: Axes,
    axis: ArrayLike,
    pattern: ArrayLike,
    spread: ArrayLike,
    truth: ArrayLike | None,
    *,
    title: str = "",
    label: str = "",
) -> Axes:
    """Draw a generated pattern with its spread, and the mean of the true patterns where they are known.

    All arrays have shape (n_points,).

    Examples
    --------
    >>> figure, axes = new()
    >>> _ = generated(axes[0], [1, 2, 3], [0, 1, 0], [0, 0.1, 0], None)
    """
    built, width = np.asarray(pattern, dtype=float), np.asarray(spread, dtype=float)
    if truth is not None:
        axes.plot(axis, truth, color=MEASURED, linewidth=0.9, label="mean of the true patterns")
    axes.fill_between(axis, built - width, built + width, color=MODEL, alpha=0.25, linewidth=0, label="spread")
    axes.plot(axis, built, color=MODEL, linewidth=0.7, label="generated")
    axes.set(xlabel=label, ylabel="intensity", title=title)
    axes.legend(loc="upper right")
    return axes


def trajectories(
    axes: Axes, coordinates: ArrayLike, paths: Mapping[str, ArrayLike], *, title: str = "", zoom: bool = False
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
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return axes


def dots(
    axes: Axes, names: Sequence[str], values: Mapping[str, ArrayLike], *, title: str = "", label: str = ""
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
    axes.grid(axis="x", color="#e3e3e3", linewidth=0.6)
    axes.set(xlabel=label, title=title)
    axes.legend(loc="best")
    return axes
