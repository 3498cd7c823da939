"""Names of clusters, and their p-values against scipy's tests."""

import numpy as np
import pytest
from scipy.stats import fisher_exact, mannwhitneyu

from peakscape.analysis import describe_clusters
from peakscape.errors import InputError


def study():
    """Fifteen samples, fourteen of them h-BN with a high pi*; thirty others, three h-BN."""
    chance = np.random.default_rng(0)
    clusters = np.repeat([0, 1], [15, 30])
    phase = np.array(["h-BN"] * 14 + ["c-BN"] + ["h-BN"] * 3 + ["c-BN"] * 27)
    return clusters, {
        "phase": phase,
        "layered": phase == "h-BN",
        "pi_height": chance.normal(size=45) + 5.0 * (clusters == 0),
        "chance": chance.normal(size=45),
    }


def test_words_say_what_is_shared():
    clusters, quantities = study()
    found = describe_clusters(clusters, quantities)
    assert "14 of 15 have phase h-BN (3 of 30 elsewhere)" in found.words[0]
    assert "14 of 15 are layered (3 of 30 elsewhere)" in found.words[0]
    assert "pi_height high (median " in found.words[0]
    assert "27 of 30 are not layered (1 of 15 elsewhere)" in found.words[1]
    assert "chance" not in found.words[0] + found.words[1]
    assert found.names[0].startswith("h-BN")
    assert found.names[1].startswith("c-BN")


def test_p_values_are_those_of_fisher_and_of_mann_and_whitney():
    clusters, quantities = study()
    table = describe_clusters(clusters, quantities).table.set_index(["cluster", "quantity"])
    wanted = fisher_exact([[14, 1], [3, 27]], alternative="greater").pvalue
    assert table.loc[(0, "phase"), "p"] == pytest.approx(wanted)
    height = quantities["pi_height"]
    assert table.loc[(0, "pi_height"), "p"] == pytest.approx(mannwhitneyu(height[:15], height[15:]).pvalue)
    assert table.loc[(0, "pi_height"), "inside"] == np.median(height[:15])
    assert (table["adjusted"] >= table["p"]).all()


def test_variants_of_one_structure_prove_little():
    """A cluster of two structures, ten variants each, is no evidence that its class belongs to it."""
    clusters = np.repeat([0, 1], [20, 20])
    groups = np.repeat(np.arange(4), 10)
    phase = np.repeat(["h-BN", "c-BN"], 20)
    assert describe_clusters(clusters, {"phase": phase}).names == {0: "h-BN", 1: "c-BN"}
    found = describe_clusters(clusters, {"phase": phase}, groups=groups)
    assert found.names == {0: "nothing shared", 1: "nothing shared"}
    # of the six ways to give two of four structures the class, one puts both inside
    assert found.table["p"].iloc[0] == pytest.approx(1 / 6, abs=0.05)


def test_clusters_of_chance_share_nothing():
    wrong = 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        clusters, phase = chance.integers(0, 4, 60), chance.choice(["c", "h", "w"], 60)
        found = describe_clusters(clusters, {"phase": phase, "height": chance.normal(size=60)})
        wrong += any(words != "nothing shared" for words in found.words.values())
    assert wrong <= 8  # 3 of 60 expected at most


def test_missing_values_and_samples_in_no_cluster():
    clusters, quantities = study()
    clusters = np.where(np.arange(45) >= 40, -1, clusters)
    phase = quantities["phase"].astype(object)
    phase[0] = None
    found = describe_clusters(clusters, {"phase": phase})
    assert set(found.names) == {0, 1}
    assert found.words[0] == "13 of 14 have phase h-BN (3 of 30 elsewhere)"


def test_equal_names_are_numbered():
    clusters = np.repeat([0, 1, 2], 10)
    found = describe_clusters(clusters, {"phase": ["h"] * 20 + ["c"] * 10, "n": np.arange(30.0)}, least_share=0.5)
    assert found.names[0] == "h (1)"
    assert found.names[1] == "h (2)"
    assert describe_clusters(np.zeros(9), {"phase": ["h"] * 9}).words == {0.0: "nothing shared"}


def test_what_cannot_be_used_is_refused():
    clusters, quantities = study()
    with pytest.raises(InputError, match="a level and a share"):
        describe_clusters(clusters, quantities, level=2.0)
    with pytest.raises(InputError, match="quantity 'phase' of shape"):
        describe_clusters(clusters[:9], quantities)
