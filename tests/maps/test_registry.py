"""The registry of maps: what it says agrees with the classes, and a map of another package takes part."""

import importlib.metadata
import inspect
import sys
from typing import get_args, get_type_hints

import numpy as np
import pytest

from peakscape.errors import InputError, MapError, PeakscapeWarning
from peakscape.maps import PCA, load, registry, save
from peakscape.maps.registry import MAPS, MapKind, find, kind_of


@pytest.mark.parametrize("kind", MAPS, ids=lambda kind: kind.key)
def test_rows_agree_with_the_classes(kind):
    made = kind.load()
    parameters, hints = inspect.signature(made).parameters, get_type_hints(made.__init__)
    for option in kind.options:
        assert parameters[option.name].default == option.default
        assert option.default is None or isinstance(option.default, option.type)
        if option.choices:
            assert option.choices == get_args(hints[option.name])
    assert set(kind.with_labels) <= set(parameters)
    assert ("axis" in parameters) == kind.needs_shift_axis
    assert ("variants" in inspect.signature(made.fit).parameters) == kind.variants
    assert made().__sklearn_tags__().target_tags.required == kind.supervised
    assert kind_of(made()) is kind


def test_rows_load_no_map():
    import subprocess

    code = "import sys; from peakscape.maps import registry; registry.known(); print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_make_takes_options_by_name():
    space = find("autoencoder").make(step=0.02, random_state=3, n_members=2, smoothing=0.1, recipe=None)
    assert (space.n_members, space.smoothing, space.random_state, space.recipe) == (2, 5.0, 3, "residual")
    shift = find("shift").make(axis=[1.0, 2.0], labelled=True)
    assert shift.component == "labels"
    assert shift.axis.tolist() == [1.0, 2.0]
    with pytest.raises(InputError, match=r"'lda' has no parameter 'n_members'; expected n_components"):
        find("lda").make(n_members=3)
    with pytest.raises(InputError, match=r"expected a map of autoencoder, .*, got 'som'"):
        find("som")


def test_options_are_read_from_words():
    assert find("shift").parse(["max_shift=0.1"]) == {"max_shift": 0.1}
    for word, line in [
        ("n_members", "expected options of the map 'autoencoder' as name=value, with names of n_members"),
        ("n_neighbors=3", "got 'n_neighbors=3'"),
        ("n_members=many", "expected a whole number for n_members, got 'many'"),
        ("recipe=own", "expected recipe to be one of residual, paper, got 'own'"),
    ]:
        with pytest.raises(InputError, match=line):
            find("autoencoder").parse([word])


class Toy(PCA):
    """A map of another package: the same plane, seen from behind."""

    def _place(self, span):
        return span[None, :, ::-1]

    def _bring_back(self, points):
        return points[..., ::-1]


TOY = MapKind("toy", f"{__name__}:Toy", "toy map", "principal components, swapped")


def add(monkeypatch, row):
    class Point:
        name, value = "toy", "toys:TOY"

        def load(self):
            if isinstance(row, Exception):
                raise row
            return row

    found = importlib.metadata.entry_points
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda **q: [Point()] if q["group"] == "peakscape.maps" else found(**q)
    )
    registry._added.cache_clear()


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    yield
    monkeypatch.undo()
    registry._added.cache_clear()


def test_a_map_of_another_package_is_made_saved_and_opened(monkeypatch, patterns, tmp_path):
    add(monkeypatch, TOY)
    space = find("toy").make(random_state=0).fit(patterns)
    np.testing.assert_allclose(space.transform(patterns), PCA().fit_transform(patterns)[:, ::-1])
    save(space, tmp_path / "toy.map")
    np.testing.assert_array_equal(load(tmp_path / "toy.map").transform(patterns), space.transform(patterns))
    monkeypatch.undo()
    registry._added.cache_clear()
    with pytest.raises(MapError, match=r"holds a 'Toy'; expected one of Autoencoder"):
        load(tmp_path / "toy.map")
    with pytest.raises(InputError, match=r"a Toy cannot be saved as a map; .* entry points peakscape.maps"):
        save(space, tmp_path / "again.map")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Toy, "is a ABCMeta, not a peakscape.maps.registry.MapKind"),
        (ImportError("no module named toys"), "no module named toys"),
        (MapKind("pca", "toys:Other", "", ""), "has a name that is taken: pca, Other"),
    ],
)
def test_a_broken_row_is_told_and_left_out(monkeypatch, row, reason):
    add(monkeypatch, row)
    with pytest.warns(PeakscapeWarning, match=reason):
        assert registry.known() == MAPS


def test_a_row_that_leads_nowhere_is_told_when_it_is_used():
    with pytest.raises(InputError, match="the map 'x' cannot be loaded from no_such_package:X"):
        MapKind("x", "no_such_package:X", "x", "").make()
    with pytest.raises(InputError, match="is not a class derived from FeatureMap"):
        MapKind("x", "json:dumps", "x", "").load()
