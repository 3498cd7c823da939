"""Figures of groups: the tree with its groups and medoids, and the medoids' spectra."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.cluster.hierarchy import dendrogram as lay_out

from peakscape.figures.canvas import ERROR, INK, group_colors, styled

MOST_NAMES = 80
"""Names that can be read below one tree; with more, only medoids are named."""


@styled
def dendrogram(
    axes: Axes,
    linkage: ArrayLike,
    labels: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    medoids: Sequence[int] | ArrayLike = (),
    outliers: Sequence[int] | ArrayLike = (),
    title: str = "",
    label: str = "distance",
) -> Axes:
    """Draw the tree of a grouping: each group in a colour, medoids as filled circles, outliers as black crosses.

    Parameters
    ----------
    linkage
        Shape (n_samples - 1, 4), as scipy writes it.
    labels
        Group of each sample, counted from 0, shape (n_samples,).
    names
        Of the samples; None: their numbers.
    medoids, outliers
        Numbers of samples.
    label
        Name of the distance.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> tree = [[0, 1, 0.1, 2], [2, 3, 0.2, 2], [4, 5, 1.0, 4]]
    >>> drawn = dendrogram(axes[0], tree, [0, 0, 1, 1], names=list("abcd"), medoids=[0, 2])
    >>> [text.get_text() for text in drawn.get_xticklabels()]
    ['a', 'b', 'c', 'd']
    """
    tree, groups = np.asarray(linkage, dtype=float), np.asarray(labels, dtype=int)
    shades = group_colors(int(groups.max()) + 1)
    of_node = _groups_of_nodes(tree, groups)
    layout = lay_out(tree, no_plot=True, link_color_func=lambda node: str(of_node[node]))
    for across, up, owner in zip(layout["icoord"], layout["dcoord"], layout["color_list"], strict=True):
        shade = INK if owner == "-1" else shades[int(owner)]
        axes.plot(across, up, color=shade, linewidth=1.0, solid_joinstyle="miter")
    order = np.asarray(layout["leaves"], dtype=int)
    places = dict(zip(order.tolist(), 5.0 + 10.0 * np.arange(len(order)), strict=True))
    top = float(tree[:, 2].max())
    for chosen, marker, size in ((medoids, "o", 20), (outliers, "x", 24)):
        for sample in np.asarray(chosen, dtype=int):
            shade = INK if marker == "x" else shades[groups[sample]]
            axes.scatter(places[int(sample)], -0.02 * top, marker=marker, s=size, color=shade, zorder=3, clip_on=False)
    _name_leaves(axes, order, groups, names, set(np.asarray(medoids, dtype=int).tolist()))
    axes.set(ylabel=label, title=title, ylim=(-0.05 * top, 1.05 * top), xlim=(0, 10.0 * len(order)))
    axes.spines["bottom"].set_visible(False)
    return axes


def _groups_of_nodes(tree: np.ndarray, groups: np.ndarray) -> list[int]:
    """Group of each leaf and node of the tree, -1 where several meet."""
    found: list[int] = groups.tolist()
    for left, right, _, _ in tree:
        one, two = found[int(left)], found[int(right)]
        found.append(one if one == two else -1)
    return found


def _name_leaves(
    axes: Axes, order: np.ndarray, groups: np.ndarray, names: Sequence[str] | None, medoids: set[int]
) -> None:
    texts = [str(k) for k in range(len(order))] if names is None else [str(name) for name in names]
    shown = [n for n, sample in enumerate(order) if len(order) <= MOST_NAMES or int(sample) in medoids]
    axes.set_xticks([5.0 + 10.0 * n for n in shown], labels=[texts[order[n]] for n in shown], rotation=90)
    axes.tick_params(axis="x", length=0, labelsize=7.5 if len(order) <= 40 else 5)
    shades = group_colors(int(groups.max()) + 1)
    for n, text in zip(shown, axes.get_xticklabels(), strict=True):
        text.set_color(shades[groups[order[n]]])
        text.set_fontweight("bold" if int(order[n]) in medoids else "normal")


@styled
def medoid_spectra(
    axes: Axes,
    axis: ArrayLike,
    spectra: ArrayLike,
    *,
    names: Sequence[str],
    counts: Sequence[int] | ArrayLike,
    title: str = "",
    label: str = "",
) -> Axes:
    """Draw the medoids' spectra above one another, the first on top, in the colours of their groups.

    Parameters
    ----------
    axis
        Shape (n_points,).
    spectra
        Shape (n_groups, n_points).
    names
        Of the medoids.
    counts
        How many samples each group has, shape (n_groups,).
    label
        Name of the axis.

    Examples
    --------
    >>> from peakscape.figures import new
    >>> figure, axes = new()
    >>> len(medoid_spectra(axes[0], [1, 2, 3], [[0, 1, 0], [1, 0, 0]], names=["a", "b"], counts=[4, 2]).texts)
    2
    """
    rows, positions = np.asarray(spectra, dtype=float), np.asarray(axis, dtype=float)
    shades = group_colors(len(rows))
    for number, (row, name, count) in enumerate(zip(rows, names, np.asarray(counts, dtype=int), strict=True)):
        floor = 1.15 * (len(rows) - 1 - number)
        axes.axhline(floor, color=ERROR, linewidth=0.4)
        height = (row - row.min()) / max(float(np.ptp(row)), 1e-300)
        axes.plot(positions, floor + height, color=shades[number], linewidth=0.8)
        text = f"{name} (of {count})"
        axes.text(positions[-1], floor + 0.95, text, ha="right", va="top", fontsize=7.5, color=shades[number])
    axes.set(xlabel=label, ylabel="intensity, shifted", title=title, yticks=[], xlim=(positions[0], positions[-1]))
    return axes
