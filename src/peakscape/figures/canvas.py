"""Make and save figures in one style."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Figure

from peakscape.files import replace_atomically

P = ParamSpec("P")
R = TypeVar("R")

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
COLORS = "viridis"
INK, MEASURED, MODEL, ERROR = "#222222", "#1f5a99", "#d1495b", "#b5b5b5"


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function in the package's style: texts take it when they are made."""

    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with rc_context(STYLE):
            return draw(*args, **kwargs)

    return in_style


def group_colors(n_groups: int) -> list[tuple[float, float, float, float]]:
    """Return one colour a group.

    Examples
    --------
    >>> len(group_colors(3))
    3
    """
    if n_groups <= 10:
        return [tuple(shade) for shade in colormaps["tab10"](np.arange(n_groups))]
    return [tuple(shade) for shade in colormaps["turbo"](np.linspace(0.05, 0.95, n_groups))]


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
        for suffix, metadata in ((".png", {"Software": "peakscape"}), (".svg", {"Creator": "peakscape", "Date": None})):
            path = Path(stem).with_name(Path(stem).name + suffix)
            with replace_atomically(path) as fresh:
                figure.savefig(fresh, dpi=200, metadata=metadata)
            written.append(path)
    return written
