"""What else can be asked of a space: left-out errors, peaks, spectra that were never measured, groups, other maps."""

from copy import deepcopy

import numpy as np
import pytest
import xarray as xr

from peakscape import spectra
from peakscape.errors import InputError, OutsideMapError
from peakscape.feature_space import FeatureSpace, open_space
from peakscape.feature_space.asking import group_spectra
from tests.feature_space.small_series import TWO_THETA, WAVELENGTH, alloy, edges, pattern, same

PLAIN = {"mean", "nearest_pattern", "peak_line", "pls", "process", "pls_registered", "process_registered", "blend"}
OF_A_NUMBER = {"map", "map_path", "map_plane", "end_members"}


def test_left_out_errors_of_all_methods(space):
    table = space.validate()
    assert set(table["label"]) == {"composition", "x", "phase"}
    for name, maps in (("x", OF_A_NUMBER), ("composition", {"map", "map_gaussian_process"})):
        own = table[table["label"] == name].set_index("method")
        assert set(own.index) == PLAIN | maps
        assert own["trusted"].sum() == 1
        assert own.loc["mean", "rmse"] > own.loc["peak_line", "rmse"]
        assert (own["n_samples"] == 11).all()
    classes = table[table["label"] == "phase"].set_index("method")
    assert set(classes.index) == {"most_frequent", "nearest_spectrum", "map", "most_alike"}
    assert classes["accuracy"].between(0, 1).all()


def test_the_mean_errs_as_by_hand(space):
    """Leaving one of 11 out, the mean of the others misses x by 11/10 (x - 0.5)."""
    table = space.validate().set_index(["label", "method"])
    x = np.linspace(0, 1, 11)
    assert table.loc[("x", "mean"), "rmse"] == pytest.approx(1.1 * np.sqrt(np.mean((x - 0.5) ** 2)), rel=1e-6)


def test_answers_for_each_left_out_sample(space):
    samples = space.validate(per_sample=True)
    assert set(samples["label"]) == {"x", "Fe", "Co"}
    own = samples[samples["label"] == "x"]
    assert own["name"].tolist() == space.names
    rmse = np.sqrt(np.mean((own["known"] - own["peak_line"]) ** 2))
    table = space.validate().set_index(["label", "method"])
    assert rmse == pytest.approx(table.loc[("x", "peak_line"), "rmse"])


def test_transitions_are_found_where_all_peaks_leap(space):
    leaping = alloy(np.linspace(0.0, 1.0, 17))
    leaping["intensity"][8:] = np.roll(leaping["intensity"].values[8:], 3, axis=1)
    found = FeatureSpace("shift", preparation="none", novelty=False).fit(leaping).find_transitions()
    assert found["label"].tolist() == ["x"]
    assert abs(found["onset"][0] - 0.47) <= found["onset_error"][0]
    assert space.find_transitions().empty  # no leap there, and a composition has none
    assert list(space.find_transitions().columns) == list(found.columns)


def test_peaks_are_ranked(space):
    ranking = space.rank_peaks("x0.400")
    assert ranking["rank"].tolist() == sorted(ranking["rank"])
    assert {"two_theta", "relevance", "strong_irrelevant"} <= set(ranking.columns)
    np.testing.assert_allclose(sorted(ranking["two_theta"]), [25.4, 33.6, 41.72, 50.8], atol=0.15)
    raw = space.rank_peaks(alloy([0.4], labels=()))
    np.testing.assert_allclose(raw["relevance"], ranking["relevance"], atol=1e-6)
    assert len(space.rank_peaks("x0.400", min_height=0.6)) == 2
    assert not np.allclose(space.rank_peaks("x0.400", mask="peak")["relevance"], ranking["relevance"])


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("zz", "no known sample bears the name 'zz'; the space knows x0.000, "),
        (alloy([0.1, 0.2]), r"expected one spectrum, got 2; choose it with isel\(sample=\[0\]\)"),
    ],
)
def test_one_spectrum_is_explained(space, what, message):
    with pytest.raises(InputError, match=message):
        space.rank_peaks(what)


def test_a_composition_is_generated(space):
    made = space.generate("Fe0.45Co0.55")
    np.testing.assert_allclose(made["composition"].values, [[0.45, 0.55]], atol=1e-9)
    truth = pattern(0.55)
    assert np.corrcoef(made["intensity"].values[0], truth)[0, 1] > 0.9
    assert made["spread"].dims == ("sample", "two_theta")
    assert made.attrs["wavelength"] == WAVELENGTH
    assert made.attrs["history"].splitlines()[:2] == ["generated from a map", "prepared: none"]
    assert {"distance_to_known", "typical_spacing", "reconstruction_error", "n_points_decoded"} <= set(made.attrs)


def test_a_label_is_generated(space):
    made = space.generate(x=0.45)
    assert made["x"].values.tolist() == [0.45]
    back = space.place(made.drop_vars("x"))
    assert abs(float(back["x_by_method"].sel(x_methods="map")[0]) - 0.45) < 0.1


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda space: space.generate(x=7.0), OutsideMapError, "x from 0 to 1"),
        (lambda space: space.generate("Fe"), InputError, ""),
        (lambda space: space.generate("SmFe12"), OutsideMapError, "not Sm, Fe|knows"),
        (lambda space: space.generate("Xx2"), InputError, "unknown element"),
        (
            lambda space: space.generate(T=3.0),
            InputError,
            "expected a number that the space predicts, got 'T'; known: c",
        ),
        (lambda space: space.generate(), InputError, "expected a composition or one label with its value"),
        (lambda space: space.generate("FeCo", x=1.0), InputError, "expected a composition or one label"),
        (lambda space: space.generate(x=0.1, y=0.2), InputError, "expected a composition or one label"),
        (lambda space: space.generate(composition=3.0), InputError, "wanted as a formula"),
    ],
)
def test_what_cannot_be_generated(space, ask, error, message):
    if message:
        with pytest.raises(error, match=message):
            ask(space)
    else:
        assert ask(space)["composition"].values[0].tolist() == [1.0, 0.0]


def test_between_two_samples(space):
    line = space.between("x0.000", "x1.000", n_spectra=5)
    assert dict(line.sizes) | {"sample": 5} == dict(line.sizes)
    ends = np.median(space.coordinates_, axis=0)[[0, 10]]
    np.testing.assert_allclose(line["coordinates"].values[[0, -1]], ends)
    assert line["known_spacings"].values[0] == 0.0
    assert line["composition"].dims == ("sample", "element")
    assert line["x"].values[0] < line["x"].values[-1]
    by_place = space.between(ends[0], ends[1].tolist(), n_spectra=5)
    np.testing.assert_array_equal(by_place["intensity"], line["intensity"])


@pytest.mark.parametrize(
    ("ends", "n", "message"),
    [
        (("x0.000", "nowhere"), 3, "no known sample bears the name 'nowhere'"),
        (("x0.000", [1.0]), 3, r"expected the name of a known sample or two coordinates, got \[1.0\]"),
        (("x0.000", "x1.000"), 1, "two spectra or more, got 1"),
    ],
)
def test_between_what_is_not_there(space, ends, n, message):
    with pytest.raises(InputError, match=message):
        space.between(*ends, n_spectra=n)


def test_a_painted_map(space):
    painted = space.paint("x", n_grid=20)
    assert painted.composition.shape[:2] == (20, 20)
    assert list(space.paint("composition", n_grid=10).elements) == ["Fe", "Co"]
    with pytest.raises(
        InputError, match="expected a number that the space predicts, got 'phase'; known: composition, x"
    ):
        space.paint("phase")


def test_groups_of_known_and_new_spectra(compounds):
    found = compounds.group(n_groups=3)
    assert len(set(found.labels)) == 3
    np.testing.assert_array_equal(found.labels[::4], found.labels[3::4])
    new = compounds.group(edges([0, 0, 2, 2], seed=4), metric="cosine")
    assert new.n_groups == 2
    alone = group_spectra(edges([0, 0, 2, 2], seed=4), n_groups=None, max_shift=0.0)
    assert alone.labels.tolist() == new.labels.tolist()
    with pytest.raises(InputError):
        compounds.group(metric="taxicab")


def test_one_map_laid_on_another(space):
    same_map = space.compare(space)
    assert same_map.disparity < 1e-12
    assert len(same_map.samples) == 11
    other = FeatureSpace("pca", preparation="none", novelty=False).fit(alloy(np.linspace(0, 1, 5), labels=()))
    assert len(other.compare(space).samples) == 3  # x0.000, x0.500 and x1.000
    strange = FeatureSpace("pca", preparation="none", novelty=False).fit(
        alloy([0, 0.5, 1.0], name=list("abc"), labels=())
    )
    with pytest.raises(InputError, match="by name, got 0"):
        strange.compare(space)


@pytest.fixture(scope="module")
def more() -> xr.Dataset:
    return alloy([0.05, 0.95], labels=("x", "composition", "phase"))


def test_more_samples_are_known_and_nothing_moves(space, more, news, tmp_path):
    before = deepcopy(space.names)
    larger = space.add(more)
    assert space.names == before
    assert larger.names == [*before, "x0.050", "x0.950"]
    np.testing.assert_array_equal(larger.coordinates_[:, :11], space.coordinates_)
    found = larger.place(more)
    assert found["nearest"].values.tolist() == ["x0.050", "x0.950"]
    assert (found["nearest_distance"] < 1e-6).all()
    assert found["x_by_method"].sel(x_methods="nearest_pattern").values.tolist() == pytest.approx([0.05, 0.95])
    np.testing.assert_array_equal(found["coordinates"], space.place(more)["coordinates"])
    assert larger.validate().equals(space.validate())
    larger.save(tmp_path / "larger.space")
    opened = open_space(tmp_path / "larger.space")
    same(opened.place(news), larger.place(news))
    assert opened.provenance_["added"] == ["x0.050", "x0.950"]
    again = opened.add(alloy([0.85], labels=("x", "composition", "phase"), name=["late"]))
    assert again.provenance_["added"][-1] == "late"


def test_absorption_grows_too(compounds, tmp_path):
    new = edges([0, 1], seed=9).assign_coords(name=("sample", ["new 0", "new 1"]))
    larger = compounds.add(new)
    assert larger.place(new)["nearest"].values.tolist() == ["new 0", "new 1"]
    larger.save(tmp_path / "larger.space")
    same(open_space(tmp_path / "larger.space").place(new), larger.place(new))


def test_elements_may_come_in_another_order(space):
    turned = spectra.make(
        [pattern(0.25)], two_theta=TWO_THETA, wavelength=WAVELENGTH, name=["turned"],
        composition=[[0.25, 0.75]], elements=["Co", "Fe"], labels={"x": [0.25], "phase": ["alpha"]},
    )  # fmt: skip
    larger = space.add(turned)
    assert larger.known_["composition"].values[-1].tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (lambda: alloy([0.3], labels=("x", "composition", "phase")), "the space knows x0.300 already"),
        (lambda: alloy([0.31], labels=("x", "composition")), "the space knows phase of its samples"),
        (lambda: alloy([0.31], labels=("x", "phase")), "the space knows composition of its samples"),
        (
            lambda: alloy([0.31], labels=("composition", "phase")).assign_coords(x=("sample", [np.nan])),
            "x is not known of every new sample",
        ),
        (
            lambda: alloy([0.31], labels=("x", "phase"), composition=[[0.5, 0.5]], elements=["Fe", "Ni"]),
            "the space knows Fe, Co; the samples also hold Ni: fit anew",
        ),
    ],
)
def test_samples_that_cannot_be_added(space, new, message):
    with pytest.raises(InputError, match=message):
        space.add(new())
