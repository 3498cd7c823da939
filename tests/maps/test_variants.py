"""Training on variants: what is seen, what is wanted, and that the map then leaves the disturbance out."""

import numpy as np
import pytest

from peakscape.errors import InputError
from peakscape.maps import Autoencoder, load, save
from peakscape.maps.autoencoder import accelerator, network
from peakscape.maps.autoencoder.training import Schedule, train
from peakscape.maps.autoencoder.variants import (
    POOL_BYTES,
    directions_outside,
    draw_order,
    rounds_of,
    sight_of,
    take_pool,
)

SMALL = {"hidden": (16, 8), "n_members": 2, "learning_rate": 2e-3, "device": "cpu"}


def disturb(patterns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A background of one of two shapes and any height: nothing that the clean patterns have."""
    axis = np.linspace(0.0, 1.0, patterns.shape[1])
    heights = rng.uniform(0.0, 20.0, (2, len(patterns), 1))
    return patterns + heights[0] + heights[1] * np.exp(-3.0 * axis)


@pytest.fixture(scope="module")
def with_variants(patterns):
    rng = np.random.default_rng(7)
    rounds = (disturb(patterns, rng) for _ in range(40))
    return Autoencoder(n_epochs=600, random_state=3, **SMALL).fit(patterns, variants=rounds)


def test_the_disturbance_no_longer_moves_the_point(with_variants, patterns, new_patterns):
    plain = Autoencoder(n_epochs=600, random_state=3, **SMALL).fit(patterns)
    rng = np.random.default_rng(11)
    moved = []
    for space in (plain, with_variants):
        clean, other = space.transform(new_patterns), space.transform(disturb(new_patterns, rng))
        size = np.linalg.norm(space.transform(patterns).std(axis=0))
        moved.append(np.median(np.linalg.norm(other - clean, axis=1)) / size)
    assert moved[1] < 0.3 * moved[0]


def test_the_decoder_gives_clean_patterns(with_variants, patterns):
    noisy = disturb(patterns, np.random.default_rng(12))
    back = with_variants.inverse_transform(with_variants.transform(noisy))
    assert np.mean((back - patterns) ** 2) < 0.05 * np.mean((noisy - patterns) ** 2)
    # the loss is that of the clean patterns, over all points
    decoded = with_variants.inverse_transform_members(with_variants.transform_members(patterns))
    over_all_points = np.mean((decoded - patterns) ** 2, axis=(1, 2)) / with_variants.scale_**2
    np.testing.assert_allclose(with_variants.losses_, over_all_points, rtol=1e-4)


def test_nothing_clean_is_lost_and_what_is_lost_is_told(with_variants, patterns):
    centered = patterns / with_variants.scale_ - with_variants.mean_
    basis = with_variants.basis_
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-9)
    np.testing.assert_allclose(centered @ basis @ basis.T, centered, atol=1e-5)
    assert with_variants.variants_lost_ < 1e-6  # a background of two shapes fits in whole
    noise = np.random.default_rng(0).normal(size=(30, *patterns.shape))
    noisy = Autoencoder(n_epochs=1, random_state=0, **SMALL).fit(patterns, variants=patterns + noise)
    seen = (patterns + noise) / noisy.scale_ - noisy.mean_
    outside = seen - seen @ noisy.basis_ @ noisy.basis_.T
    assert noisy.variants_lost_ == pytest.approx(np.sum(outside**2) / np.sum(seen**2), rel=1e-3)
    assert noisy.variants_lost_ > 0


def test_variants_equal_to_the_patterns_add_no_direction(patterns):
    plain = Autoencoder(n_epochs=1, random_state=0, **SMALL).fit(patterns)
    same = Autoencoder(n_epochs=1, random_state=0, **SMALL).fit(patterns, variants=patterns[None])
    assert same.basis_.shape[1] - plain.basis_.shape[1] <= 2  # rounding to float32
    assert same.variants_lost_ < 1e-6
    assert plain.variants_lost_ == 0.0


def test_a_fit_repeats_and_is_saved(with_variants, patterns, new_patterns, tmp_path):
    rng = np.random.default_rng(7)
    again = Autoencoder(n_epochs=600, random_state=3, **SMALL)
    again.fit(patterns, variants=np.stack([disturb(patterns, rng) for _ in range(40)]))
    np.testing.assert_array_equal(again.transform(new_patterns), with_variants.transform(new_patterns))
    save(with_variants, tmp_path / "a.map")
    back = load(tmp_path / "a.map")
    np.testing.assert_array_equal(back.transform(new_patterns), with_variants.transform(new_patterns))
    assert back.variants_lost_ == with_variants.variants_lost_


@pytest.mark.parametrize("large", [False, True])
def test_smoothing_and_sets_in_blocks(large, patterns, new_patterns, monkeypatch):
    if large:
        monkeypatch.setattr("peakscape.maps.span.MOST_AT_ONCE", 1000)
    rng = np.random.default_rng(7)
    rounds = [disturb(patterns, rng) for _ in range(20)]
    space = Autoencoder(n_epochs=400, smoothing=4.0, random_state=3, **SMALL).fit(patterns, variants=rounds)
    assert space.encoder_basis_.shape == space.basis_.shape
    clean, other = space.transform(new_patterns), space.transform(disturb(new_patterns, rng))
    size = np.linalg.norm(space.transform(patterns).std(axis=0))
    assert np.median(np.linalg.norm(other - clean, axis=1)) < 0.15 * size


def test_rounds_beyond_the_pool_are_used_too(patterns, monkeypatch):
    monkeypatch.setattr("peakscape.maps.autoencoder.variants.POOL_BYTES", 4 * patterns.size * 2)
    rng = np.random.default_rng(7)
    drawn = []

    def rounds():
        for _ in range(5):
            drawn.append(1)
            yield disturb(patterns, rng)

    assert take_pool(rounds_of(rounds(), patterns.shape)).shape == (2, *patterns.shape)
    drawn.clear()
    Autoencoder(n_epochs=1, random_state=0, **SMALL).fit(patterns, variants=rounds())
    assert len(drawn) == 5
    assert POOL_BYTES == 2**27


def test_both_trainers_take_the_same_steps_over_versions():
    spread = np.array([2.0, 1.0])
    start = network.initial_weights(np.random.default_rng(0), rank=5, n_points=40, hidden=(7, 3), spread=spread)
    schedule = Schedule(55, learning_rate=1e-3, weight_decay=1e-3, cosine=True)
    rng = np.random.default_rng(9)
    seen, wanted = rng.normal(size=(6, 10, 5)), rng.normal(size=(10, 5))
    numbers = {"n_points": 40, "batch_size": 4}
    weights, losses = train([start], seen, wanted, [np.random.default_rng(1)], schedule=schedule, **numbers)
    others, together = accelerator.train_together(
        [start], np.stack([seen, np.broadcast_to(wanted, seen.shape)]), [np.random.default_rng(1)], schedule.steps(),
        weight_decay=1e-3, platform="cpu", **numbers,
    )  # fmt: skip
    np.testing.assert_allclose(together, losses, rtol=1e-4)
    for name in weights[0]:
        np.testing.assert_allclose(others[0][name], weights[0][name], atol=2e-5, err_msg=name)


def test_an_epoch_takes_every_pattern_once_in_any_version():
    orders = np.stack([draw_order(np.random.default_rng(seed), 10, 4) for seed in range(200)])
    np.testing.assert_array_equal(np.sort(orders % 10, axis=1), np.tile(np.arange(10), (200, 1)))
    counts = np.bincount(orders.ravel() // 10)
    assert len(counts) == 4
    assert np.abs(counts / orders.size - 0.25).max() < 0.05


def test_added_directions_are_the_leading_ones_outside():
    rng = np.random.default_rng(0)
    sizes = np.r_[10.0, 7.0, 5.0, np.full(57, 0.01)]
    patterns = rng.normal(size=(400, 60)) * sizes  # along the axes of the space
    found = directions_outside(patterns, np.eye(60)[:, :1], most=2)
    assert np.abs(found[1:3]).sum() > 1.98
    assert np.abs(found[0]).max() < 1e-12
    assert sight_of(patterns[None], 1.0, np.zeros(60), np.eye(60)[:, :3], None, 0.0).lost < 1e-6


@pytest.mark.parametrize(
    ("variants", "message"),
    [
        (np.zeros((2, 5, 300)), "round 0 has shape"),
        (np.full((1, 30, 300), np.nan), "NaN"),
        ([], "at least one round"),
    ],
)
def test_wrong_variants_get_one_clear_line(variants, message, patterns):
    with pytest.raises(InputError, match=message):
        Autoencoder(n_epochs=1, **SMALL).fit(patterns, variants=variants)
