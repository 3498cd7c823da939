"""What a space answers: the same alone and in a batch, before and after saving, by Python and by command."""

import json

import numpy as np
import pytest
import xarray as xr

from peakscape import spectra
from peakscape.cli import main
from peakscape.errors import InputError, SpectraError
from peakscape.feature_space import FeatureSpace, open_space, records
from peakscape.feature_space.remarks import WORDS
from peakscape.signal import radiation
from tests.feature_space.small_series import TWO_THETA, WAVELENGTH, alloy, edges, pattern, same

ALWAYS = {"coordinates", "spread", "shift", "nearest", "nearest_distance", "remarks", "remark_codes"}
NOVELTY = {"foreign", "novelty_p", "unexplained"}
NUMBER = ("", "_lower", "_upper", "_by_method", "_by_method_lower", "_by_method_upper", "_method")
CLASS = ("", "_probability", "_next", "_margin", "_on_map", "_probabilities")


@pytest.fixture(scope="module")
def found(space, news) -> xr.Dataset:
    return space.place(news)


def test_everything_that_the_space_knows(space, found):
    wanted = ALWAYS | NOVELTY | {"formula"} | {f"phase{end}" for end in CLASS}
    wanted |= {f"{name}{end}" for name in ("x", "composition") for end in NUMBER}
    assert set(found.data_vars) == wanted
    assert found["name"].values.tolist() == ["known", "between", "outside", "foreign"]
    assert found["coordinates"].dims == ("sample", "map_axis")
    assert found["composition"].dims == ("sample", "element")
    assert found["x_by_method"].dims == ("sample", "x_methods")
    assert found["composition_by_method_upper"].dims == ("sample", "composition_methods", "element")
    assert found["phase_probabilities"].dims == ("sample", "phase_class")
    assert found.attrs == {"level": 0.9, "map": type(space.map_).__name__}


def test_answers_are_right(found):
    np.testing.assert_allclose(found["x"].values[:3], [0.3, 0.55, 1.12], atol=0.05)
    np.testing.assert_allclose(found["composition"].values[:2], [[0.7, 0.3], [0.45, 0.55]], atol=0.1)
    assert (found["x_lower"] <= found["x"])[:3].all()
    assert (found["x"] <= found["x_upper"])[:3].all()
    assert np.isnan(found["x"].values[3])
    assert np.isnan(found["composition"].values[3]).all()
    assert found["formula"].values[3] == "not told"
    assert found["phase"].values.tolist() == ["alpha", "beta", "beta", "unlike all"]
    assert found["phase_next"].values[0] == "beta"
    np.testing.assert_allclose(found["phase_probabilities"].sum("phase_class"), 1.0)
    assert found["nearest"].values[0] == "x0.300"
    assert found["nearest_distance"].values[0] < 1e-6
    assert found["foreign"].values.tolist() == [False, False, False, True]
    trusted = found["x_by_method"].sel(x_methods=str(found["x_method"].values[0]))
    np.testing.assert_array_equal(found["x"][:3], trusted[:3])


def test_the_interval_of_what_lies_outside_is_wider(found):
    width = (found["x_upper"] - found["x_lower"]).values
    assert width[2] > 1.5 * width[0]
    assert "outside_known" in found["remark_codes"].values[2].split()
    assert "outside_known" not in found["remark_codes"].values[0].split()


def test_the_same_alone_in_a_batch_and_in_another_order(space, news, found):
    for number in range(4):
        same(space.place(news.isel(sample=[number])), found.isel(sample=[number]))
    same(space.place(news.isel(sample=[3, 1, 0, 2])), found.isel(sample=[3, 1, 0, 2]))


def test_the_same_in_blocks(space, news, found, monkeypatch):
    monkeypatch.setattr("peakscape.feature_space.answers.BLOCK", 3)
    same(space.place(news), found)


def test_the_same_when_saved_and_opened(saved, news, found):
    opened = open_space(saved)
    same(opened.place(news), found)
    same(opened.place(news.isel(sample=[2])), found.isel(sample=[2]))


def test_the_same_when_fitted_again(series, news, found):
    same(FeatureSpace(preparation="none").fit(series).place(news), found)


def test_the_same_by_command(saved, news, found, tmp_path, capsys):
    spectra.save(news, tmp_path / "news.nc")
    assert main(["place", str(saved), str(tmp_path / "news.nc"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["samples"] == json.loads(json.dumps(records(found)))
    assert told["skipped"] == []


def test_input_stays_as_it_was(space, news):
    before = news.copy(deep=True)
    space.place(news)
    xr.testing.assert_identical(news, before)


def test_fit_leaves_its_input_as_it_was(series, news):
    raw = alloy(np.linspace(0.0, 1.0, 5)).assign_attrs(history="measured")
    before = raw.copy(deep=True)
    FeatureSpace("pca", novelty=False).fit(raw, "x")
    xr.testing.assert_identical(raw, before)


def test_records_carry_remarks_exactly(found):
    for row, codes in zip(records(found), found["remark_codes"].values, strict=True):
        assert [one["code"] for one in row["remarks"]] == codes.split()
        assert all(one["code"] in WORDS for one in row["remarks"])
        assert all(one["text"] and "\n" not in one["text"] for one in row["remarks"])
    semicolon = xr.Dataset(
        {"remarks": ("sample", ["a; b\nc"]), "remark_codes": ("sample", ["far_on_map resampled"])},
        coords={"name": ("sample", ["one"])},
    )
    assert records(semicolon)[0]["remarks"] == [
        {"code": "far_on_map", "text": "a; b"},
        {"code": "resampled", "text": "c"},
    ]


def test_records_are_what_json_holds(found):
    text = json.dumps(records(found), allow_nan=False)
    [first, *_] = json.loads(text)
    assert first["name"] == "known"
    assert set(first["x_by_method"]) == set(found["x_methods"].values)
    assert set(first["composition"]) == {"Fe", "Co"}
    assert set(first["composition_by_method"]["map"]) == {"Fe", "Co"}
    assert len(first["coordinates"]) == 2


@pytest.mark.parametrize("own_wavelength", [WAVELENGTH, 0.7])
def test_spectra_on_q_are_brought_to_angles(space, news, own_wavelength):
    q = radiation.q_from_two_theta(np.arange(18.0, 62.0, 0.05), WAVELENGTH)
    fine = pattern(0.3, np.arange(18.0, 62.0, 0.05))
    on_q = spectra.make([fine], q=q, wavelength=own_wavelength, name=["fine"])
    found = space.place(on_q)
    assert found["remark_codes"].values[0].split()[:2] == ["converted", "resampled"]
    assert float(found["x"][0]) == pytest.approx(0.3, abs=0.02)
    assert not found["foreign"].values[0]


def test_another_wavelength_is_brought_to_that_of_the_space(space):
    own = np.arange(8.0, 30.0, 0.02)
    q = radiation.q_from_two_theta(own, 0.7)
    there = radiation.two_theta_from_q(q, WAVELENGTH)
    measured = spectra.make([pattern(0.3, there)], two_theta=own, wavelength=0.7, name=["short"])
    found = space.place(measured)
    assert "converted" in found["remark_codes"].values[0].split()
    assert "two_theta at 0.7 angstrom" in found["remarks"].values[0]
    assert float(found["x"][0]) == pytest.approx(0.3, abs=0.02)


def test_angles_are_brought_to_q():
    q = radiation.q_from_two_theta(TWO_THETA, WAVELENGTH)
    values = np.linspace(0.0, 1.0, 6)
    known = spectra.make([pattern(x) for x in values], q=q, labels={"x": values})
    space = FeatureSpace("pca", preparation="none", novelty=False).fit(known, "x")
    found = space.place(alloy([0.4], labels=()))
    assert "converted" in found["remark_codes"].values[0]
    assert float(found["x"][0]) == pytest.approx(0.4, abs=0.05)
    with pytest.raises(SpectraError, match="the wavelength of 0 must be known"):
        space.place(spectra.make([pattern(0.4)], two_theta=TWO_THETA))


def test_another_grid_is_resampled(space):
    fine = np.arange(18.0, 62.0, 0.05)
    found = space.place(alloy([0.3], two_theta=fine, labels=()))
    assert found["remark_codes"].values.tolist() == ["resampled"]
    assert float(found["x"][0]) == pytest.approx(0.3, abs=0.02)


def test_a_scan_that_starts_a_few_points_later_is_placed_on_the_common_part(space):
    short = alloy([0.3, 0.7], two_theta=TWO_THETA[8:-4], labels=())
    found, whole = space.place(short), space.place(alloy([0.3, 0.7], labels=()))
    assert found["remark_codes"].values.tolist() == ["common_part"] * 2
    assert "21.6 to 59" in found["remarks"].values[0]
    assert np.allclose(found["x"], whole["x"], atol=0.02)
    assert not found["foreign"].any()
    same(found.isel(sample=[1]), space.place(short.isel(sample=[1])))


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            lambda: spectra.make([pattern(0.3)], two_theta=TWO_THETA, name=["a"]),
            "wavelength 1.5406 .* that of a is not",
        ),
        (lambda: alloy([0.3], two_theta=np.arange(30.0, 70.0, 0.2), labels=()), "x0.300 cannot be brought onto"),
        (lambda: edges([0]), "0 cannot be brought onto the space's axis"),
        (lambda: spectra.make([[1.0, 2.0]], energy=[1.0, 2.0], source=["a.xy"]), r"a.xy cannot .*--axis two_theta"),
    ],
)
def test_what_cannot_be_brought_is_refused_in_words(space, own, message):
    with pytest.raises(SpectraError, match=message):
        space.place(own())


def test_no_dataset_is_refused(space):
    with pytest.raises(InputError, match=r"expected spectra as an xarray.Dataset .* got ndarray"):
        space.place(np.zeros((2, 3)))


def test_several_labels_of_each_kind(series):
    both = alloy(np.linspace(0.0, 1.0, 11), labels=("x", "composition", "phase", "batch"))
    space = FeatureSpace("pca", preparation="none", novelty=False)
    space.fit(both, ["composition", "phase"], classes="batch", groups="x")
    assert (list(space.label_readouts_), list(space.class_readouts_)) == (["composition"], ["batch", "phase"])
    found = space.place(both.isel(sample=[2]))
    assert str(found["batch"].values[0]) == "0"
    assert "x" not in found


def test_classes_of_absorption(compounds):
    found = compounds.place(edges([1, 5], seed=7))
    assert found["compound"].values.tolist() == ["kind 1", "unlike all"]
    assert found["compound_on_map"].values[0] == "kind 1"
    assert found["foreign"].values.tolist() == [False, True]
    assert found["novelty_p"].values[1] < 0.3
    table = compounds.validate().set_index("method")
    assert table.loc["most_alike", "accuracy"] == 1.0
    assert table.loc["most_frequent", "accuracy"] < 0.5
    assert table["trusted"].tolist().count(True) == 1


def test_alignment_within_bounds():
    from peakscape.analysis.naming import Search

    space = FeatureSpace("pca", preparation="none", novelty=False, search=Search(max_shift=3.0, step=1.0))
    space.fit(edges(np.repeat([0, 1], 3)))
    moved = edges([1], seed=5).assign_coords(energy=edges([1])["energy"] + 2.0)
    within = np.arange(5962.0, 6080.0)
    assert moved["energy"].values[0] == within[0]
    wide = np.concatenate([np.arange(5955.0, 5962.0), np.arange(5962.0, 6090.0)])
    step = np.interp(wide, moved["energy"], moved["intensity"].values[0])
    found = space.place(spectra.make([step], energy=wide, kind="absorption"))
    assert found["shift"].values[0] == -2.0
    assert found["compound"].values[0] == "kind 1"
    assert "shift_at_bound" not in found["remark_codes"].values[0]
