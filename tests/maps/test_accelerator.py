"""The program for graphics processors, made to run on the processor."""

import numpy as np
import pytest

from peakscape.errors import InputError
from peakscape.maps import Autoencoder
from peakscape.maps.autoencoder import accelerator, network
from peakscape.maps.autoencoder.training import Schedule, train

NUMBERS = {"n_points": 40, "batch_size": 4}


def start(seed: int = 0):
    spread = np.array([2.0, 1.0])
    return network.initial_weights(np.random.default_rng(seed), rank=5, n_points=40, hidden=(7, 3), spread=spread)


def test_both_trainers_take_the_same_steps():
    schedule = Schedule(55, learning_rate=1e-3, weight_decay=1e-3, cosine=True)  # more than one call of the program
    span = np.random.default_rng(9).normal(size=(10, 5))
    weights, losses = train(
        [start(0), start(1)], span, span, [np.random.default_rng(k) for k in (0, 1)], schedule=schedule, **NUMBERS
    )
    others, together = accelerator.train_together(
        [start(0), start(1)], np.stack([span, span]), [np.random.default_rng(k) for k in (0, 1)], schedule.steps(),
        weight_decay=1e-3, platform="cpu", **NUMBERS,
    )  # fmt: skip
    np.testing.assert_allclose(together, losses, rtol=1e-4)
    for member in (0, 1):
        for name in weights[member]:
            np.testing.assert_allclose(others[member][name], weights[member][name], atol=2e-5, err_msg=name)


def test_auto_goes_where_a_graphics_processor_is(patterns, monkeypatch):
    called = []

    monkeypatch.setattr(accelerator, "find_gpu", lambda: True)
    original = accelerator.train_together

    def elsewhere(start, *rest, **numbers):
        called.append(len(start))
        return original(start, *rest, platform="cpu", **numbers)

    monkeypatch.setattr(accelerator, "train_together", elsewhere)
    space = Autoencoder(hidden=(8,), n_members=3, n_epochs=2, random_state=0).fit(patterns)
    assert called == [3]
    assert space.loss_history_.shape == (3, 2)
    Autoencoder(hidden=(8,), n_members=3, n_epochs=2, random_state=0, device="cpu").fit(patterns)
    assert called == [3]


@pytest.mark.skipif(accelerator.find_gpu(), reason="there is a graphics processor")
def test_asking_for_a_missing_device_says_so(patterns):
    with pytest.raises(InputError, match="device='cpu'"):
        Autoencoder(hidden=(8,), n_members=1, n_epochs=1, device="gpu").fit(patterns)


def test_training_leaves_the_settings_of_jax_alone():
    import jax

    schedule = Schedule(1, learning_rate=1e-3, weight_decay=0.0, cosine=False)
    span = np.random.default_rng(0).normal(size=(7, 5))
    run = lambda: accelerator.train_together(  # noqa: E731
        [start()], np.stack([span, span]), [np.random.default_rng(0)], schedule.steps(), weight_decay=0.0,
        platform="cpu", **NUMBERS,
    )  # fmt: skip
    plain, _ = run()
    before = {name: getattr(jax.config, name) for name in ("jax_enable_x64", "jax_compilation_cache_dir")}
    with jax.enable_x64(True):
        double, _ = run()
    assert {name: getattr(jax.config, name) for name in before} == before
    for name in plain[0]:
        np.testing.assert_array_equal(plain[0][name], double[0][name])
