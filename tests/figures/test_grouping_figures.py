import numpy as np
import pytest
from matplotlib.colors import same_color

from peakscape import figures
from peakscape.figures.canvas import INK, group_colors
from peakscape.figures.grouping import MOST_NAMES, dendrogram, medoid_spectra

TREE = np.array([[0, 1, 0.1, 2], [2, 3, 0.2, 2], [4, 5, 1.0, 4]])


def test_the_tree_shows_groups_medoids_and_outliers(tmp_path):
    figure, axes = figures.new()
    drawn = dendrogram(
        axes[0], TREE, [0, 0, 1, 1], names=list("abcd"), medoids=[1, 2], outliers=[3], title="four", label="cosine"
    )
    shades = group_colors(2)
    assert same_color(drawn.lines[0].get_color(), shades[0])
    assert same_color(drawn.lines[1].get_color(), shades[1])
    assert same_color(drawn.lines[2].get_color(), INK)
    weights = {text.get_text(): text.get_fontweight() for text in drawn.get_xticklabels()}
    assert weights == {"a": "normal", "b": "bold", "c": "bold", "d": "normal"}
    assert [spot.get_offsets()[0][0] for spot in drawn.collections] == [15.0, 25.0, 35.0]
    assert drawn.get_ylabel() == "cosine"
    assert all(path.stat().st_size > 1000 for path in figures.save(figure, tmp_path / "tree"))


def test_long_trees_name_their_medoids_only():
    n_samples = MOST_NAMES + 20
    rows = [[0, 1, 1.0, 2]] + [[n_samples + k - 2, k, float(k), k + 1] for k in range(2, n_samples)]
    _, axes = figures.new()
    drawn = dendrogram(axes[0], rows, np.zeros(n_samples, dtype=int), medoids=[7])
    assert [text.get_text() for text in drawn.get_xticklabels()] == ["7"]


@pytest.mark.parametrize("n_groups", [1, 10, 11, 30])
def test_each_group_has_a_colour_of_its_own(n_groups):
    assert len(set(group_colors(n_groups))) == n_groups


def test_medoids_stand_above_one_another():
    _, axes = figures.new()
    drawn = medoid_spectra(
        axes[0], [1, 2, 3], [[0, 5, 0], [1, 0, 0]], names=["a", "b"], counts=[4, 2], label="q (1/angstrom)"
    )
    curves = [line for line in drawn.lines if len(line.get_xdata()) == 3]
    assert curves[0].get_ydata().min() > curves[1].get_ydata().max()
    assert [text.get_text() for text in drawn.texts] == ["a (of 4)", "b (of 2)"]
