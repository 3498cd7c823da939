import numpy as np
import pytest
from scipy.spatial.distance import cdist

from peakscape.analysis import compare_maps
from peakscape.analysis.comparison import Trials
from peakscape.analysis.validation.class_accuracy import (
    classifier_namer,
    frequency_namer,
    left_out_accuracy,
    map_namer,
    neighbor_namer,
    similarity_namer,
)
from peakscape.analysis.validation.splits import group_folds
from peakscape.errors import InputError
from peakscape.maps import LDA, MDS, PCA, TSNE

AXIS = np.linspace(0.0, 1.0, 80)


@pytest.fixture(scope="module")
def series():
    """Three phases of one peak each, six structures a phase, four variants a structure."""
    rng = np.random.default_rng(0)
    phase = np.repeat(["h", "c", "w"], 24)
    group = np.repeat(np.arange(18), 4)
    centre = np.repeat([0.3, 0.5, 0.7], 24) + np.repeat(rng.normal(scale=0.02, size=18), 4)
    spectra = np.exp(-(((AXIS - centre[:, None]) / 0.06) ** 2)) + rng.normal(scale=0.01, size=(72, 80))
    return spectra, phase, group


@pytest.mark.parametrize("n_folds", [None, 2, 5, 18, 40])
def test_folds_hold_whole_groups_once(n_folds, series):
    _, _, group = series
    folds = list(group_folds(group, n_folds=n_folds, random_state=1))
    assert len(folds) == min(n_folds or 18, 18)
    np.testing.assert_array_equal(np.sort(np.concatenate([test for _, test in folds])), np.arange(72))
    for train, test in folds:
        assert not set(group[train]) & set(group[test])
        assert len(train) + len(test) == 72
    sizes = [len(set(group[test])) for _, test in folds]
    assert max(sizes) - min(sizes) <= 1


def test_variants_of_a_structure_do_not_name_one_another():
    """Structures of random shape and label: their variants would give the label away, leaving them out does not."""
    rng = np.random.default_rng(4)
    shapes = rng.normal(size=(40, 30))
    group = np.repeat(np.arange(40), 5)
    spectra = shapes[group] + 1e-3 * rng.normal(size=(200, 30))
    labels = {"kind": rng.permutation(np.repeat(["a", "b"], 20))[group]}
    name = neighbor_namer(spectra, labels)
    single = list(group_folds(np.arange(200), n_folds=None, random_state=0))
    assert left_out_accuracy(name, {"": spectra}, labels, single)["accuracy_kind"] == 1.0
    whole = list(group_folds(group, n_folds=None, random_state=0))
    assert 0.25 < left_out_accuracy(name, {"": spectra}, labels, whole)["accuracy_kind"] < 0.75


def test_accuracy_by_a_plain_loop(series):
    spectra, phase, group = series
    noisy = spectra + np.random.default_rng(1).normal(scale=0.6, size=spectra.shape)
    folds = list(group_folds(group, n_folds=6, random_state=2))
    found = left_out_accuracy(
        map_namer(PCA, spectra, {"phase": phase}), {"": spectra, "noise": noisy}, {"phase": phase}, folds
    )
    for key, values in {"accuracy_phase": spectra, "accuracy_phase_noise": noisy}.items():
        hits = []
        for train, test in folds:
            space = PCA().fit(spectra[train])
            known = space.transform(spectra[train])
            for i in test:
                nearest = np.argmin(np.linalg.norm(known - space.transform(values[i : i + 1]), axis=1))
                hits.append(phase[train][nearest] == phase[i])
        assert found[key] == np.mean(hits)


def test_classes_of_one_group_are_not_counted(series):
    spectra, phase, group = series
    rare = np.where(group == 3, "alone", phase)
    table = compare_maps(
        {"PCA": PCA()}, spectra, {"phase": phase, "rare": rare}, groups=group, trials=Trials(n_seeds=1, n_folds=None)
    )
    assert (table["n_scored_phase"] == 72).all()
    assert (table["n_scored_rare"] == 68).all()


@pytest.mark.parametrize("measure", ["pearson", "cosine", "euclid"])
def test_similarity_by_plain_formulas(measure, series):
    spectra, phase, group = series
    references = np.isin(group, [0, 6])  # of h and c; w has none and is represented by its mean
    train, test = np.flatnonzero(group % 6 < 4), np.flatnonzero(group % 6 >= 4)
    noisy = spectra[test] + np.random.default_rng(1).normal(scale=1.0, size=(len(test), 80))
    [found] = similarity_namer(measure, spectra, {"phase": phase}, references)(train, [noisy])
    known = [(phase[i], spectra[i]) for i in train if references[i]]
    known.append(("w", spectra[[i for i in train if phase[i] == "w"]].mean(axis=0)))
    score = {
        "pearson": lambda a, b: np.corrcoef(a, b)[0, 1],
        "cosine": lambda a, b: np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b)),
        "euclid": lambda a, b: -np.sqrt(np.sum((a - b) ** 2)),
    }[measure]
    expected = [max(known, key=lambda pair, row=row: score(row, pair[1]))[0] for row in noisy]
    assert found["phase"].tolist() == expected


def test_the_most_frequent_class():
    labels = {"kind": np.array(["a", "b", "b", "a", "a"])}
    [found] = frequency_namer(labels)(np.array([0, 1, 2]), [np.zeros((2, 1))])
    assert found["kind"].tolist() == ["a", "a"]


def test_the_classifier_learns_what_a_stronger_nuisance_hides_from_neighbours():
    chance = np.random.default_rng(3)
    kind = np.repeat(["a", "b"], 60)
    spectra = chance.normal(scale=2.0, size=(120, 4)) @ chance.normal(size=(4, 40))  # anything else that varies
    spectra[:, 7] += np.where(kind == "b", 2.5, -2.5)
    labels, folds = {"kind": kind}, list(group_folds(np.arange(120), n_folds=6, random_state=0))
    scores = [
        left_out_accuracy(namer(spectra, labels), {"": spectra}, labels, folds)["accuracy_kind"]
        for namer in (neighbor_namer, classifier_namer)
    ]
    assert scores[0] < 0.85 < 0.9 < scores[1]


def test_the_classifier_answers_where_training_has_one_class():
    labels = {"kind": np.array(["a", "a", "b"])}
    [found] = classifier_namer(np.eye(3), labels)(np.array([0, 1]), [np.eye(3)[2:]])
    assert found["kind"].tolist() == ["a"]


def test_a_map_that_cannot_be_taught_leaves_naming_to_the_nearest_spectrum():
    spectra, labels = np.eye(6), {"kind": np.array(list("aaaabb")), "other": np.array(list("uvwxyz"))}
    new = np.array([[0.9, 0.0, 0.0, 0.1, 0.0, 0.0]])
    [found] = map_namer(LDA, spectra, labels, taught="kind")(np.arange(4), [new])
    assert (found["kind"].tolist(), found["other"].tolist()) == (["a"], ["u"])


def test_the_table(series):
    spectra, phase, group = series
    disturbances = {
        "nothing": lambda values, rng: values,
        "noise": lambda values, rng: values + rng.normal(scale=0.05, size=values.shape),
        "shift": lambda values, rng: np.roll(values, 16, axis=1),  # onto the place of the next phase
    }
    spaces = {"PCA": PCA(), "MDS": MDS(), "TSNE": TSNE(n_iterations=250, start="random", perplexity=8)}
    ask = {"groups": group, "disturbances": disturbances, "trials": Trials(n_folds=3, n_seeds=2)}
    table = compare_maps(spaces, spectra, {"phase": phase}, **ask)
    assert table.index.tolist() == [
        "PCA", "MDS", "TSNE", "raw_neighbor", "pearson", "cosine", "euclid", "classifier", "most_frequent",
    ]  # fmt: skip
    np.testing.assert_array_equal(table["accuracy_phase"], table["accuracy_phase_nothing"])
    assert (table.loc[["PCA", "MDS", "raw_neighbor", "pearson"], "accuracy_phase"] > 0.95).all()
    assert (table.loc[["PCA", "MDS", "raw_neighbor"], "accuracy_phase_noise"] > 0.9).all()
    assert (table["accuracy_phase_shift"] < 0.4).all()
    assert table.loc["most_frequent", "accuracy_phase"] == pytest.approx(1 / 3)  # also where it is rarer in training
    assert (table.loc[list(spaces), ["trustworthiness", "continuity"]] > 0.8).all(axis=None)
    assert table.loc["PCA", "seed_disparity"] == pytest.approx(0, abs=1e-12)
    assert table.loc["TSNE", "seed_disparity"] > 1e-3
    assert table.loc["PCA", "accuracy_phase_spread"] == 0
    assert table.loc["raw_neighbor", ["trustworthiness", "seconds"]].isna().all()
    again = compare_maps(spaces, spectra, {"phase": phase}, **ask)
    timed = ["seconds", "milliseconds_placed"]
    np.testing.assert_array_equal(table.drop(columns=timed).to_numpy(), again.drop(columns=timed).to_numpy())


def test_references_name_what_lies_near_them(series):
    spectra, phase, group = series
    table = compare_maps(
        {}, spectra, {"phase": phase}, groups=group, references=group % 6 == 0, trials=Trials(n_folds=None)
    )
    nearest = cdist(spectra, spectra[::24]).argmin(axis=1)  # what the first structure of each phase says
    assert table.loc["euclid", "accuracy_phase"] >= np.mean(phase[::24][nearest] == phase) - 0.1
    assert table.index.tolist()[0] == "raw_neighbor"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"phase": ["a"] * 3}}, "expected phase for 72 samples"),
        ({"labels": {"gap": np.linspace(0, 1, 72)}}, "wants classes"),
        ({"groups": np.zeros(72)}, "two groups"),
        ({"groups": np.zeros(71)}, "expected groups for 72 samples"),
        ({"references": np.zeros(2, dtype=bool)}, "expected references for 72 samples"),
        ({"trials": Trials(n_seeds=0)}, "a seed"),
        ({"trials": Trials(n_folds=1)}, "two folds"),
        ({"disturbances": {"cut": lambda values, rng: values[:, 1:]}}, "disturbance cut gave shape"),
        ({"spectra": np.full((72, 80), np.nan)}, "finite spectra"),
    ],
)
def test_bad_input_is_refused(changes, message, series):
    spectra, phase, group = series
    ask = {"spectra": spectra, "labels": {"phase": phase}, "groups": group} | changes
    with pytest.raises(InputError, match=message):
        compare_maps({}, **ask)


def test_a_taught_map_learns_only_from_what_is_not_left_out():
    # labels by chance: a map that saw those of the left-out samples would name them rightly
    chance = np.random.default_rng(0)
    spectra, groups = chance.normal(size=(60, 40)), np.arange(60)
    labels = {"phase": chance.choice(["c", "h", "w"], 60)}
    table = compare_maps(
        {"LDA": LDA(), "PCA": PCA()}, spectra, labels, groups=groups, taught="phase",
        trials=Trials(n_folds=6, n_seeds=1),
    )  # fmt: skip
    assert table.loc["LDA", "silhouette_phase"] > table.loc["PCA", "silhouette_phase"] + 0.05
    assert 0.1 < table.loc["LDA", "accuracy_phase"] < 0.6


def test_an_unknown_taught_label_is_told():
    with pytest.raises(InputError, match="taught to be one of the labels phase"):
        compare_maps({"LDA": LDA()}, np.eye(6), {"phase": list("ababab")}, groups=np.arange(6), taught="defect")
