"""Figures show what they were given and are the same bytes each time."""

from pathlib import Path

import numpy as np

from peakscape import figures
from peakscape.figures.scores import dots
from peakscape.figures.spectra import reconstruction


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for run in ("a", "b"):
        figure, axes = figures.new(n_columns=2)
        figures.feature_space(axes[0], [[0, 0], [1, 1], [2, 0]], ["one", "two", "one"], title="map")
        figures.painted_map(axes[1], ([0, 1], [0, 1]), [[0, 1], [np.nan, 2]], [[0.5, 0.5]], [1.0])
        written.append([path.read_bytes() for path in figures.save(figure, tmp_path / run)])
    assert written[0] == written[1]


def test_feature_space_draws_each_point_once_by_group() -> None:
    _, axes = figures.new()
    points = np.arange(10.0).reshape(5, 2)
    drawn = figures.feature_space(axes[0], points, ["a", "b", "a", "c", "b"]).collections
    np.testing.assert_array_equal(np.sort(np.concatenate([c.get_offsets() for c in drawn]), axis=0), points)
    assert [len(c.get_offsets()) for c in drawn] == [2, 2, 1]


def test_reconstruction_draws_the_difference_below() -> None:
    _, axes = figures.new()
    lines = reconstruction(axes[0], [1, 2, 3], [0.0, 1.0, 0.0], [0.0, 0.8, 0.1]).lines
    difference = np.asarray(lines[2].get_ydata())
    np.testing.assert_allclose(np.diff(difference), [0.2, -0.3])
    assert difference.max() < 0.1


def test_relevance_is_mirrored_and_scaled_to_its_maximum() -> None:
    _, axes = figures.new()
    lines = figures.relevance(axes[0], [1, 2, 3], [0.0, 2.0, 0.0], [0.1, 0.4], [0.0, 0.0]).lines
    np.testing.assert_allclose(lines[0].get_ydata(), [0, 1, 0])
    np.testing.assert_allclose(lines[1].get_ydata(), [-0.25, -1])


def test_dots_put_the_first_row_on_top() -> None:
    _, axes = figures.new()
    drawn = dots(axes[0], ["best", "worst"], {"error": [0.1, 0.0]})
    offsets = np.asarray(drawn.collections[0].get_offsets())
    np.testing.assert_allclose(offsets[:, 1], [1, 0])
    assert (offsets[:, 0] > 0).all()
