"""The step `edge`: the numbers of `absorption.normalize`, kept and done again."""

import json

import numpy as np
import pytest

from peakscape import absorption, spectra
from peakscape.errors import InputError, SpectraError
from peakscape.preparation import NormalizeEdge, Recipe

ENERGY = np.concatenate(
    [np.arange(6900.0, 7090.0, 5.0), np.arange(7090.0, 7160.0, 0.5), np.arange(7160.0, 7700.0, 3.0)]
)


def raw(place=7112.0, step=0.8):
    return 2.0 - 1e-4 * ENERGY + step * (0.5 + np.arctan((ENERGY - place) / 2) / np.pi) + 1e-7 * (ENERGY - place) ** 2


ROWS = np.array([raw(), raw(7115.0, 0.3), raw(7120.0, 2.0)])


@pytest.mark.parametrize("flatten", [True, False])
def test_as_the_function(flatten):
    step = NormalizeEdge(near=7112.0, before=(50, 150), after=(40, 500), degree=2, flatten=flatten, axis=ENERGY)
    together = step.fit(ROWS[:1]).transform(ROWS)
    for row, one in zip(ROWS, together, strict=True):
        known = absorption.normalize(ENERGY, row, near=7112.0, pre_edge=(-150, -50), post_edge=(40, 500), degree=2)
        assert np.array_equal(one, known.flattened if flatten else known.normalized)
        assert np.array_equal(step.transform(row[None])[0], one)


def test_in_a_recipe_saved_and_done_again():
    measured = spectra.make(ROWS, energy=ENERGY, kind="absorption", name=["a", "b", "c"])
    recipe = Recipe.from_text("edge=7112:before=50-150:after=40-500,resample=energy:first=7100:last=7200:step=1")
    done = recipe.fit(measured).apply(measured)
    assert "edges at 7112.0" in done.attrs["history"]
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))).apply(measured.isel(sample=[1]))
    assert np.array_equal(again.intensity.values[0], done.intensity.values[1])
    assert recipe.text.startswith("edge=7112:before=50-150:after=40-500,")


def test_what_has_no_edge_is_named():
    measured = spectra.make([raw(), 2.0 - 1e-4 * ENERGY], energy=ENERGY, kind="absorption", name=["good", "flat"])
    with pytest.raises(SpectraError, match="the step edge cannot be done: flat: "):
        Recipe.from_text("edge").fit(measured)
    with pytest.raises(SpectraError, match="is for energy"):
        Recipe.from_text("edge").fit(spectra.make([[0, 1, 0]], q=[1, 2, 3]))
    with pytest.raises(InputError, match="two distances"):
        NormalizeEdge(before=(-150, -50), axis=ENERGY).fit(ROWS)
