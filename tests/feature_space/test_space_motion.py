"""A space calls a shift only what is one: it takes another map where amounts change, and names what does not move."""

import numpy as np
import pytest

from peakscape import datasets, open_space
from peakscape.feature_space import FeatureSpace
from peakscape.feature_space.readouts.motion import motion_of
from peakscape.maps import ShiftMap
from peakscape.preparation import Recipe
from peakscape.spectra.container import shift_axis
from tests.feature_space.small_series import AT, peaks, solution

X = np.linspace(0.0, 1.0, 9)


def prepared(kind, seed=0):
    known = datasets.simulated_series(kind, seed).known
    return Recipe.default(known).fit(known).apply(known)


def fitted(dataset, **more):
    return FeatureSpace(**{"novelty": False} | more).fit(dataset, label=dataset_label(dataset))


def dataset_label(dataset):
    return next(name for name in ("x", "temperature", "converted") if name in dataset.coords)


@pytest.mark.parametrize("kind", ["isothermal_reaction", "melting", "mixtures"])
def test_where_amounts_change_there_is_no_shift(kind):
    found = motion_of(prepared(kind, 200))
    assert not found.together
    assert found.remarks[0].code == "no_common_shift"
    assert found.state()["fixed_peaks"] == []


@pytest.mark.parametrize("kind", ["solid_solution", "impurity", "expansion", "texture", "few_samples"])
def test_where_peaks_move_together_there_is_one(kind):
    assert motion_of(prepared(kind, 200)).together


def test_the_reasons_say_what_was_found():
    assert "no peak moves" in motion_of(prepared("isothermal_reaction", 200)).reason
    assert "hardly a peak in common" in motion_of(prepared("melting", 200)).reason
    assert "peaks move together" in motion_of(prepared("solid_solution", 200)).reason


def test_a_reaction_is_mapped_by_its_amounts_and_the_space_says_so(tmp_path):
    rows = X[:, None] * peaks(AT) + (1.0 - X[:, None]) * peaks([24.0, 35.0, 41.0, 48.0])
    series = solution(X).assign(intensity=(("sample", "two_theta"), rows))
    space = fitted(series, preparation="none")
    assert space.map_key_ == "pca"
    assert "no_common_shift" in [one.code for one in space.remarks_]
    opened = open_space(space.save(tmp_path / "reaction.space"))
    assert opened.provenance_["peak_motion"] == space.provenance_["peak_motion"]
    assert opened.remarks_ == space.remarks_


def test_a_peak_that_stays_is_named_with_its_samples_and_new_spectra_are_placed_without_it():
    space = fitted(solution(X, np.where(np.arange(9) % 2, 3.0, 0.0)), preparation="none")
    [remark] = [one for one in space.remarks_ if one.code == "fixed_peak"]
    assert "29.5 degree" in remark.text
    assert "x0.125, x0.375, x0.625, x0.875" in remark.text
    told = space.provenance_["peak_motion"]["fixed_peaks"][0]
    assert told["position"] == pytest.approx(29.5, abs=0.05)
    assert isinstance(space.map_, ShiftMap)
    shifts = [space.map_.register(solution([0.4], [more])["intensity"].values)[0] for more in (0.0, 5.0)]
    assert shifts[1] == pytest.approx(shifts[0], abs=3e-4)


def test_the_worst_match_names_its_sample():
    series = solution(X)
    rows = series["intensity"].values.copy()
    rows[5] = peaks([19.0, 24.5, 31.1, 35.5, 42.4, 48.2])
    found = motion_of(series.assign(intensity=(("sample", "two_theta"), rows)))
    assert found.state()["worst_match"]["name"] == "x0.625"
    assert any(one.code == "worst_match" and "x0.625" in one.text for one in found.remarks)


def test_maps_saved_before_there_were_fixed_peaks_register_as_they_did():
    rows = solution(X)["intensity"].values
    space = ShiftMap(axis=shift_axis(solution(X))).fit(rows)
    before = space.transform(rows)
    del space.left_out_, space._prepared
    np.testing.assert_array_equal(space.transform(rows), before)
