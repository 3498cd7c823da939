"""Figures of mixtures: what they show, not how they look."""

import numpy as np
import pytest

from peakscape import figures
from peakscape.analysis.mixtures.triangle import mixture_map
from peakscape.figures.mixtures import fit_with_remainder, fraction_bands, heat_map


@pytest.mark.parametrize("n_parts", [2, 3, 5])
def test_the_map_of_mixtures_names_its_parts_and_colours_the_remainder(n_parts: int) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(n_parts), 6)
    drawn = mixture_map(shares, 0.8 * shares, np.minimum(1.2 * shares, 1.0))
    names = [f"part {k}" for k in range(n_parts)]
    figure, axes = figures.new()
    left = np.linspace(0, 0.1, 6)
    figures.mixture_map(
        axes[0], drawn.coordinates, drawn.ends, names, regions=drawn.regions, along=range(6), remainder=left
    )
    texts = {text.get_text() for text in axes[0].texts}
    assert set(names) <= texts
    points = axes[0].collections[-1]
    np.testing.assert_allclose(points.get_array(), left)
    np.testing.assert_allclose(points.get_offsets(), drawn.coordinates)
    assert len(axes[0].collections[0].get_paths()) == 6
    figure.canvas.draw()


def test_a_line_of_the_triangle_has_one_fraction() -> None:
    _, axes = figures.new()
    corners = mixture_map(np.eye(3), np.eye(3), np.eye(3)).ends
    figures.mixture_map(axes[0], corners, corners, ["a", "b", "c"])
    grid = [line.get_xydata() for line in axes[0].lines if len(line.get_xydata()) == 2]
    full = np.vstack([corners.T, np.ones(3)])
    for line in grid:
        shares = np.linalg.solve(full, np.vstack([line.T, np.ones(2)]))  # of each end of the line
        assert (np.abs(shares[:, 0] - shares[:, 1]) < 1e-9).sum() == 1
    assert len(grid) == 27


def test_series_bands_and_fits_draw_what_they_are_given() -> None:
    figure, axes = figures.new(n_columns=3)
    heat_map(axes[0], [1, 2, 3], [[0, 1, 0], [0, 2, 0]], [20.0, 10.0], events=[15.0])
    assert axes[0].get_ylim() == (5.0, 25.0)
    fraction_bands(axes[1], [1, 0], [[0.2], [0.7]], [[0.1], [0.6]], [[0.3], [0.8]], ["a"], events=[0.5])
    np.testing.assert_allclose(axes[1].lines[1].get_ydata(), [0.7, 0.2])
    fit_with_remainder(axes[2], [1, 2, 3], [0, 2, 0], [0, 1.5, 0], [0, 0, 0])
    left = axes[2].lines[-1].get_ydata()
    assert left[1] - left[0] == pytest.approx(0.5)
    figure.canvas.draw()
