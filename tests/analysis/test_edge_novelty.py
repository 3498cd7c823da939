"""Absorption: what is foreign is told, whatever odd sample is known; glitches, noise and small shifts are not foreign."""

import numpy as np
import pytest

from peakscape.analysis.novelty.decision import bar_of
from peakscape.analysis.novelty.edges import EdgeNovelty

ENERGY = np.arange(7080.0, 7220.0, 0.5)
VALUES = np.linspace(0.0, 1.0, 11)


def edge(at, line=0.5, shape=0.1):
    above = ENERGY - at
    step = 0.5 + np.arctan(above / 1.2) / np.pi
    return step + line * np.exp(-(((above - 4) / 2.5) ** 2)) + shape * np.exp(-(((above - 15) / 5) ** 2))


def mixture(x):
    return (1 - x) * edge(7118.0) + x * edge(7120.5, line=0.2, shape=-0.1)


def noisy(rows, size=0.005, seed=0):
    return np.asarray(rows) + np.random.default_rng(seed).normal(0.0, size, np.shape(rows))


@pytest.fixture(scope="module")
def novelty():
    return EdgeNovelty.learn(noisy([mixture(x) for x in VALUES]), ENERGY, np.arange(11), mixed=True)


def foreign(novelty, rows):
    return [novelty.assess(row).foreign for row in rows]


def test_what_lies_between_is_known_and_another_compound_is_not(novelty):
    assert not any(foreign(novelty, noisy([mixture(x) for x in (0.05, 0.33, 0.78)], seed=1)))
    assert all(foreign(novelty, noisy([edge(7119.0, line=0.9), edge(7118.5, 0.4, 0.4), edge(7145.0)], seed=2)))


def test_two_references_are_enough_to_know_their_mixtures():
    known = noisy([mixture(x) for x in (0, 0, 0, 1, 1, 1)])
    pair = EdgeNovelty.learn(known, ENERGY, np.array([0, 0, 0, 1, 1, 1]), mixed=True)
    assert foreign(pair, noisy([mixture(0.4), edge(7119.0, line=0.8)], seed=3)) == [False, True]


def test_one_odd_known_sample_blinds_nobody():
    known = noisy([*(mixture(x) for x in VALUES), edge(7119.0, line=0.0, shape=0.6)])
    odd = EdgeNovelty.learn(known, ENERGY, np.arange(12), mixed=True)
    judged = odd.assess(noisy(edge(7119.0, line=0.9), seed=4))
    assert judged.foreign
    assert not odd.assess(noisy(mixture(0.5), seed=5)).foreign


def test_glitches_are_not_foreign(novelty):
    glitches = sum(0.3 * np.exp(-(((ENERGY - at) / 0.7) ** 2)) for at in (7100.0, 7150.0, 7190.0))
    assert not novelty.assess(noisy(mixture(0.4) - glitches, seed=6)).foreign


def test_a_scale_that_is_off_is_told(novelty):
    judged = novelty.assess(np.interp(ENERGY - 3.5, ENERGY, mixture(1.0)))
    assert judged.foreign
    assert judged.further == pytest.approx(-3.5, abs=0.5)
    assert novelty.assess(mixture(0.5)).further is None


def test_what_is_explained_to_99_97_percent_is_never_foreign_and_most_of_it_unexplained_always():
    assert bar_of(np.full(9, 1e-9), least=7e-4, most=0.05) > 3e-4
    assert bar_of(np.ones(9), least=0.02, most=0.5) == 0.5


def test_no_structure_is_foreign(novelty):
    assert novelty.assess(np.ones(len(ENERGY))).foreign


def compound(at, line, moved=0.0):
    return np.interp(ENERGY + moved, ENERGY, edge(at, line=line))


def test_each_class_is_compared_with_its_own_scatter():
    """Scans of one compound differ in the height of their white line; those of the other are alike."""
    known = [compound(7118.0, 0.6 + 0.15 * k) for k in range(4)] + [compound(7121.0, 0.2)] * 4
    classes, groups = np.repeat(["loose", "tight"], 4), np.arange(8)
    novelty = EdgeNovelty.learn(noisy(known, 0.002), ENERGY, groups, mixed=False, classes=classes)
    assert foreign(novelty, noisy([compound(7118.0, 0.68), compound(7121.0, 0.35)], 0.002, seed=7)) == [False, True]
    assert novelty.bars[0] > 3 * novelty.bars[-1]


def test_scales_may_differ_by_as_much_as_those_of_one_class():
    known = [compound(7118.0, 0.3, moved) for moved in (0.0, 0.0, 2.5, 2.5)] + [compound(7122.0, 0.8)] * 6
    classes, groups = np.repeat(["a", "b"], (4, 6)), np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    off = noisy([compound(7122.0, 0.8, -2.6)], 0.002, seed=8)
    loose, strict = (
        EdgeNovelty.learn(noisy(known[skip:], 0.002), ENERGY, groups[skip:], mixed=False, classes=classes[skip:])
        for skip in (0, 2)
    )
    assert (loose.reach > 2.6, strict.reach) == (True, 1.0)
    assert (foreign(loose, off), foreign(strict, off)) == ([False], [True])
    assert strict.assess(off[0]).further == pytest.approx(-2.6, abs=0.3)
