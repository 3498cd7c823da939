"""How a space is fitted: the map that is chosen and why, labels, groups, few spectra and many, and what is refused."""

import numpy as np
import pytest
import xarray as xr

from peakscape import maps, spectra
from peakscape.analysis.naming import Search
from peakscape.errors import InputError, PeakscapeError, SpectraError
from peakscape.feature_space import FeatureSpace
from peakscape.feature_space.choice import choose_map, new_map, targets_for
from peakscape.feature_space.known import labels_of
from tests.feature_space.small_series import ENERGY, TWO_THETA, alloy, edges, pattern


def quick(**more) -> FeatureSpace:
    return FeatureSpace(**{"map": "pca", "preparation": "none", "novelty": False} | more)


def bare(n: int) -> xr.Dataset:
    """Absorption edges without a label."""
    return edges(np.linspace(0, 1, n)).drop_vars("compound")


def numbered(n: int) -> xr.Dataset:
    return bare(n).assign_coords(x=("sample", np.linspace(0.0, 1.0, n)))


@pytest.mark.parametrize(
    ("dataset", "key", "reason"),
    [
        (lambda: alloy([0.0, 0.5, 1.0]), "pca", "3 spectra are too few for any other map"),
        (lambda: alloy(np.linspace(0, 1, 6), labels=("phase",)), "kda", "phase is a class to be told apart"),
        (lambda: alloy(np.linspace(0, 1, 6)), "shift", "in diffraction patterns peaks move"),
        (lambda: edges([0, 0, 1, 1]), "kda", "compound is a class"),
        (lambda: numbered(6), "pca", "a number is to be read from absorption spectra"),
        (lambda: bare(30), "tsne", "no labels, and 30 absorption spectra: t-SNE keeps neighbours together"),
        (lambda: bare(6), "pca", "no labels, and 6 absorption spectra are too few for a map of neighbourhoods"),
    ],
)
def test_the_map_is_chosen_by_a_rule_that_is_told(dataset, key, reason):
    found = dataset()
    chosen, why = choose_map(found, labels_of(found, None), None)
    assert chosen == key
    assert why.startswith(reason)


def test_the_reason_is_kept(space, compounds):
    assert (space.map_key_, compounds.map_key_) == ("shift", "kda")
    assert "the shift map takes it out" in space.map_reason_
    assert isinstance(space.map_, maps.ShiftMap)
    assert quick().fit(alloy([0.0, 0.3, 0.6, 1.0], labels=())).map_reason_ == "as given"


def test_a_shift_map_of_measured_patterns_sees_what_remains_as_it_is():
    made = new_map("shift", alloy([0.0, 1.0]), random_state=1, options={}, measured=True)
    assert (made.residual_width, made.random_state) == (0.0, 1)
    assert new_map("shift", alloy([0, 1]), random_state=1, options={}, measured=False).residual_width > 0
    own = {"residual_width": 3.0}
    assert new_map("shift", alloy([0, 1]), random_state=1, options=own, measured=True).residual_width == 3.0


def test_any_unfitted_map_can_be_given():
    space = quick(map=maps.MDS()).fit(alloy(np.linspace(0, 1, 6)), "x")
    assert isinstance(space.map_, maps.MDS)
    assert not hasattr(space.map, "embedding_")
    with pytest.raises(InputError, match="'pca' has no parameter 'n_members'"):
        quick(map_options={"n_members": 3}).fit(alloy([0, 0.3, 0.6, 1.0]))
    with pytest.raises(InputError, match="expected a map of autoencoder"):
        quick(map="globe").fit(alloy([0, 0.3, 0.6, 1.0]))


def test_supervised_maps_need_a_class():
    with pytest.raises(InputError, match=r"learns from classes; name their label \(label=, --label\)"):
        quick(map="lda").fit(alloy(np.linspace(0, 1, 6)))
    both = alloy(np.linspace(0, 1, 6), labels=("x", "phase"))
    space = quick(map="lda").fit(both, ["x", "phase"])
    assert space.supervised_by_ == "phase"
    assert targets_for(maps.PCA(), labels_of(both, None)) == (None, None)


def test_every_label_that_varies_is_predicted_unless_some_are_named():
    dataset = alloy(np.linspace(0, 1, 6), labels=("x", "phase")).assign_coords(
        temperature=("sample", np.full(6, 300.0)),
        time=("sample", np.full(6, 5.0), {"role": "instrument"}),
        run=("sample", ["a", "a", "", "b", "b", "b"]),
    )
    space = quick().fit(dataset)
    assert [*space.label_readouts_, *space.class_readouts_] == ["x", "phase"]
    assert [one.code for one in space.remarks_] == ["label_incomplete"]
    assert list(quick().fit(dataset, "x").label_readouts_) == ["x"]
    assert not quick().fit(dataset, "x").class_readouts_


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("T", r"expected a label of the spectra, got 'T'; known: x, constant, holes, foreign"),
        ("constant", r"constant has one value only \(1\)"),
        ("holes", r"holes is not known of every spectrum \(the first without: x0.333\)"),
        ("foreign", "a label cannot be called foreign: answers bear that name"),
        ("time", "expected a label of the spectra, got 'time'"),
    ],
)
def test_labels_that_cannot_be_predicted(label, message):
    dataset = alloy([0.0, 1 / 3, 2 / 3, 1.0]).assign_coords(
        constant=("sample", np.ones(4)),
        holes=("sample", [1.0, np.nan, 2.0, 3.0]),
        foreign=("sample", np.arange(4.0)),
        time=("sample", np.arange(4.0), {"role": "instrument"}),
    )
    with pytest.raises(InputError, match=message.replace(", foreign", "")):
        quick().fit(dataset, label)


def test_a_constant_label_is_left_aside():
    space = quick().fit(alloy([0.5] * 2 + [0.6, 0.7], labels=("phase",)))
    assert space.validate().empty
    found = space.place(alloy([0.55], labels=()))
    assert "phase" not in found
    assert found["nearest"].values[0] in ("x0.500", "x0.600")


@pytest.mark.parametrize("n", [3, 4, 5])
def test_few_spectra(n):
    dataset = alloy(np.linspace(0, 1, n), labels=("x", "phase"))
    space = FeatureSpace(preparation="none").fit(dataset)
    codes = {one.code for one in space.remarks_} | {one.code for one in space.label_readouts_["x"].remarks}
    assert ("too_few_for_novelty" in codes) == (n < 4)
    assert (space.novelty_ is None) == (n < 4)
    assert ("too_few_to_validate" in codes) == (n < 5)
    found = space.place(alloy([0.4], labels=()))
    assert np.isfinite(found["x"].values[0])
    assert found["x_lower"].values[0] < found["x_upper"].values[0]
    assert ("foreign" in found) == (n >= 4)
    assert len(space.validate()["method"].unique()) >= (2 if n > 3 else 1)


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_spectra_are_refused_in_words(n):
    with pytest.raises(PeakscapeError, match="at least 3 patterns"):
        FeatureSpace(preparation="none").fit(alloy(np.linspace(0, 1, n), labels=()))


def test_identical_spectra_are_refused():
    with pytest.raises(InputError, match="identical"):
        quick().fit(alloy([0.5] * 4, labels=()))


def test_names_that_several_spectra_bear():
    space = quick().fit(alloy(np.linspace(0, 1, 5), name=["a", "b", "b", "c", "b"]), "x")
    [remark] = [one for one in space.remarks_ if one.code == "same_names"]
    assert "3 known spectra are named 'b'" in remark.text
    with pytest.raises(InputError, match="several known samples bear the name 'b'"):
        space.rank_peaks("b")


def test_more_spectra_than_are_remembered():
    x = np.linspace(0.0, 1.0, 2_600)
    rows = np.exp(-(((np.arange(30.0) - 12.0 - 4.0 * x[:, None]) / 3.0) ** 2))
    many = spectra.make(rows, q=np.arange(1.0, 31.0), name=[f"{k}" for k in range(2_600)])
    space = quick().fit(many)
    assert len(space.names) == 2_000
    assert (space.names[0], space.names[-1]) == ("0", "2599")
    assert space.provenance_["n_fitted"] == 2_600
    found = space.place(many.isel(sample=[1_300]))
    assert found["nearest_distance"].values[0] < 0.01


def test_many_are_remembered_with_their_classes(monkeypatch):
    monkeypatch.setattr("peakscape.feature_space.grouping.MOST_KNOWN", 6)
    space = quick(map="lda").fit(edges(np.repeat([0, 1, 2], 4)))
    assert len(space.names) == 6
    assert len(space.class_readouts_["compound"].label.values) == 6
    assert space.place(edges([2], seed=3))["compound"].values[0] == "kind 2"


def test_repeats_are_left_out_together():
    """The default leaves all spectra with one value out together; groups= names other repeats."""
    x = np.repeat(np.linspace(0, 1, 6), 2)
    twice = alloy(x, name=[f"{k}" for k in range(12)]).assign_coords(sample_id=("sample", np.arange(12) // 2))
    together = quick().fit(twice, "x").validate().set_index("method")
    alone = quick().fit(twice.assign_coords(scan=("sample", np.arange(12))), "x", groups="scan").validate()
    by_sample = quick().fit(twice, "x", groups=["sample_id"]).validate().set_index("method")
    alone = alone.set_index("method")
    assert alone.loc["nearest_pattern", "rmse"] == 0.0
    assert together.loc["nearest_pattern", "rmse"] > 0.15
    np.testing.assert_array_equal(by_sample["rmse"], together["rmse"])
    with pytest.raises(InputError, match="expected groups to name labels of the spectra, got 'sack'"):
        quick().fit(twice, "x", groups="sack")


def test_numbers_as_classes():
    dataset = alloy(np.linspace(0, 1, 8), labels=("batch",))
    space = quick().fit(dataset, classes="batch")
    assert space.class_readouts_["batch"].classes == ["0", "1"]
    with pytest.raises(InputError, match="expected classes to name labels of the spectra, got 'sack'"):
        quick().fit(dataset, classes=["sack"])


def test_augmented_copies():
    dataset = alloy(np.linspace(0, 1, 6), labels=())
    rounds = [dataset.assign(intensity=dataset["intensity"] * factor) for factor in (0.9, 1.1)]
    options = {"n_members": 1, "n_epochs": 5, "batch_size": 6}
    space = quick(map="autoencoder", map_options=options).fit(dataset, variants=rounds)
    again = quick(map="autoencoder", map_options=options).fit(
        dataset, variants=[one.intensity.values for one in rounds]
    )
    np.testing.assert_array_equal(space.coordinates_, again.coordinates_)


def test_preparation_by_kind_or_as_told():
    counts = alloy(np.linspace(0, 1, 5)).assign_attrs(history="measured")
    assert "background" in quick(preparation="default").fit(counts, "x").recipe_.text
    space = quick(preparation="normalize=area,resample=q").fit(counts, "x")
    assert (space.axis_name, space.recipe_.text) == ("q", "normalize=area,resample=q")
    assert space.axis_unit == "1/angstrom"
    found = space.place(counts.assign(intensity=7 * counts["intensity"]).isel(sample=[2]))
    assert float(found["nearest_distance"][0]) < 1e-6
    with pytest.raises(InputError, match="expected a step of"):
        quick(preparation="magic").fit(counts)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: quick(level=1.5), "expected a level between 0 and 1, got 1.5"),
        (lambda: quick(search=Search(max_shift=-1.0)), "expected a shift that is not negative"),
    ],
)
def test_parameters_out_of_range(make, message):
    with pytest.raises(InputError, match=message):
        make().fit(alloy([0, 0.3, 0.6, 1.0]))


def test_no_container():
    with pytest.raises(InputError, match=r"expected spectra as an xarray\.Dataset"):
        quick().fit(np.eye(4))
    with pytest.raises(SpectraError):
        quick().fit(xr.Dataset({"a": ("b", [1.0])}))


def test_before_fit_it_is_an_estimator():
    from sklearn.base import clone
    from sklearn.exceptions import NotFittedError

    space = FeatureSpace("pca", level=0.8)
    assert clone(space).get_params()["level"] == 0.8
    assert repr(space).startswith("FeatureSpace(")
    assert space._repr_html_().startswith("<pre>")
    for ask in (space.validate, lambda: space.place(alloy([0.1])), lambda: space.save("x"), lambda: space.names):
        with pytest.raises(NotFittedError):
            ask()


def test_a_level_makes_intervals_wider():
    dataset = alloy(np.linspace(0, 1, 11))
    wide, narrow = (quick(level=level).fit(dataset, "x").validate()["mean_width"] for level in (0.9, 0.5))
    assert (wide >= narrow).all()
    assert wide.sum() > narrow.sum()


def test_what_it_is_made_of_is_shown(space, compounds):
    text, html = str(space), space._repr_html_()
    for words in (
        "11 diffraction spectra of 200 points",
        "ShiftMap: peaks move together",
        "predicts composition",
        "versions",
    ):
        assert words in text
        assert words in html or words.split(":")[0] in html
    assert "novelty" in text
    assert "one of 3 classes; accuracy" in str(compounds)
    assert "<script" not in html
    named = edges([0, 0, 1, 1]).assign_coords(compound=("sample", ["<b>", "<b>", "c", "c"]))
    shown = quick(map="lda").fit(named.rename(compound="<i>"))._repr_html_()
    assert "<i>" not in shown
    assert "&lt;i&gt;" in shown


def test_energies_and_patterns_share_no_rule(compounds, space):
    assert (compounds.novelty_.rule, space.novelty_.rule) == ("edges", "explained")
    assert compounds.axis_unit == "eV"
    assert len(ENERGY) == compounds.known_.sizes["energy"]
    assert len(TWO_THETA) == len(pattern(0.0))
