"""The band-pass against its closed form, and as a step of a recipe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape import spectra
from peakscape.errors import InputError
from peakscape.preparation import BandPass, Recipe

ENERGY = np.arange(180.0, 220.0, 0.1)
TO_SIGMA = 1.0 / np.sqrt(8.0 * np.log(2.0))


def gaussian(center, sigma):
    return np.exp(-0.5 * ((ENERGY - center) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))


def test_a_peak_becomes_the_difference_of_two_gaussians():
    narrow, broad, own = 1.0, 6.0, 0.5
    seen = BandPass(narrow=narrow, broad=broad, axis=ENERGY).fit_transform([gaussian(200.0, own)])[0]
    wanted = [gaussian(200.0, np.hypot(own, width * TO_SIGMA)) for width in (narrow, broad)]
    np.testing.assert_allclose(seen, wanted[0] - wanted[1], atol=2e-4 * wanted[0].max())


@given(st.floats(-50, 50), st.floats(-1, 1), st.floats(0.1, 20))
def test_a_line_added_changes_nothing_far_from_the_ends(offset, slope, factor):
    step = BandPass(narrow=0.5, broad=3.0, axis=ENERGY).fit([gaussian(200.0, 1.0)])
    plain, changed = step.transform([gaussian(200.0, 1.0), factor * gaussian(200.0, 1.0) + offset + slope * ENERGY])
    middle = slice(100, 300)
    np.testing.assert_allclose(
        changed[middle], factor * plain[middle], atol=1e-9 * (1 + abs(offset) + 200 * abs(slope))
    )


def test_it_is_a_step_of_a_recipe_that_comes_back_from_its_saved_form():
    dataset = spectra.make([gaussian(200.0, 1.0)], energy=ENERGY, kind="absorption")
    recipe = Recipe.from_text("bandpass=1:broad=8,normalize=norm").fit(dataset)
    again = Recipe.from_dict(recipe.to_dict())
    first, second = (np.asarray(r.apply(dataset)["intensity"]) for r in (recipe, again))
    np.testing.assert_array_equal(first, second)
    assert np.linalg.norm(first) == pytest.approx(1.0)


@pytest.mark.parametrize("widths", [(0.0, 5.0), (5.0, 5.0), (6.0, 5.0), (-1.0, None)])
def test_widths_out_of_order_are_refused(widths):
    with pytest.raises(InputError, match="narrow width below the broad one"):
        BandPass(narrow=widths[0], broad=widths[1], axis=ENERGY).fit([ENERGY])
