import numpy as np
import pytest

from peakscape import figures
from peakscape.figures.maps import series_path
from peakscape.figures.scores import path_speed, read_against_known


def test_stacked_spectra_go_by_the_label_and_are_thinned() -> None:
    _, [axes] = figures.new()
    rng = np.random.default_rng(0)
    figures.stacked_spectra(axes, np.arange(20.0), rng.random((100, 20)), rng.permutation(100))
    heights = [line.get_ydata().mean() for line in axes.lines]
    assert len(heights) == 40
    assert np.corrcoef(heights, np.arange(40))[0, 1] > 0.9


def test_the_path_joins_neighbours_of_the_label() -> None:
    _, axes = figures.new()
    order = np.array([3, 0, 2, 1, 1])
    points = np.c_[order, order**2].astype(float)
    series_path(axes[0], points, order)
    segments = axes[0].collections[0].get_segments()
    assert [segment[0][0] for segment in segments] == [0.0, 1.0, 2.0]


def test_intervals_reach_from_end_to_end() -> None:
    _, [axes] = figures.new()
    read_against_known(axes, [0.0, 1.0], [0.1, 0.8], [[-0.1, 0.5], [0.3, np.inf]])
    ends = [segment[:, 1] for segment in axes.collections[0].get_segments()]
    assert ends[0] == pytest.approx([-0.1, 0.3])
    assert ends[1][1] > axes.get_ylim()[1]


def test_every_transition_is_marked() -> None:
    _, [axes] = figures.new()
    path_speed(axes, [0, 1, 2], [1, 2, 3], [1, 5, 1], [1.5, 2.5])
    assert [text.get_text() for text in axes.texts] == ["1.5", "2.5"]
