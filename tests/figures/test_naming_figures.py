import numpy as np
import pytest

from peakscape import figures
from peakscape.figures.maps import named_map
from peakscape.figures.scores import shares
from peakscape.figures.spectra import class_spectra


def test_wrong_samples_are_crossed_out_where_they_lie() -> None:
    _, [axes] = figures.new()
    points = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]])
    named_map(axes, points, ["b", "a", "b"], wrong=[2])
    drawn = {item.get_label(): item.get_offsets() for item in axes.collections}
    assert drawn["b"].tolist() == [[0.0, 0.0], [3.0, 1.0]]
    assert drawn["wrong, left out"].tolist() == [[3.0, 1.0]]


def test_a_class_has_one_colour_on_the_map_and_among_the_spectra() -> None:
    _, [left, right] = figures.new(n_columns=2)
    named_map(left, [[0, 0], [1, 1]], ["a", "b"])
    class_spectra(right, [1.0, 2.0], [[0.0, 1.0], [1.0, 1.0]], names=["a", "b"])
    for item, line in zip(left.collections, right.lines, strict=True):
        assert tuple(item.get_facecolor()[0][:3]) == pytest.approx(line.get_color()[:3])
    assert [text.get_text() for text in right.texts] == ["a", "b"]


def test_shares_stand_with_their_intervals() -> None:
    _, [axes] = figures.new()
    shares(axes, ["first", "second"], [0.5, 0.9], [0.4, 0.8], [0.6, 1.0], reference=0.2)
    ends = [segment[:, 0].tolist() for segment in axes.collections[0].get_segments()]
    assert ends == [[0.4, 0.6], [0.8, 1.0]]
    assert axes.collections[1].get_offsets()[0].tolist() == [0.5, 1.0]
    assert list(axes.lines[0].get_xdata()) == [0.2, 0.2]
