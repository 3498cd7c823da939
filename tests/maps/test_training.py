import numpy as np
import pytest

from peakscape.maps.autoencoder import network
from peakscape.maps.autoencoder.training import Schedule, train

RANK, N_POINTS, BATCH = 5, 40, 4


def start(seed: int = 0):
    rng = np.random.default_rng(seed)
    return network.initial_weights(rng, rank=RANK, n_points=N_POINTS, hidden=(7,), spread=None)


def span_coordinates(n_samples: int = 10) -> np.ndarray:
    return np.random.default_rng(9).normal(size=(n_samples, RANK))


def gradient_of(weights: dict, batch: np.ndarray) -> dict:
    """Back-propagation by hand for one hidden layer a half."""
    before = batch @ weights["encoder.0.weight"] + weights["encoder.0.bias"]
    first = np.maximum(before, 0)
    code = np.tanh(first @ weights["encoder.1.weight"] + weights["encoder.1.bias"])
    between = code @ weights["decoder.0.weight"] + weights["decoder.0.bias"]
    second = np.maximum(between, 0)
    slope = 2 * (second @ weights["decoder.1.weight"] + weights["decoder.1.bias"] - batch) / (N_POINTS * len(batch))
    found = {"decoder.1.weight": second.T @ slope, "decoder.1.bias": slope.sum(0)}
    slope = slope @ weights["decoder.1.weight"].T * (between > 0)
    found |= {"decoder.0.weight": code.T @ slope, "decoder.0.bias": slope.sum(0)}
    slope = slope @ weights["decoder.0.weight"].T * (1 - code**2)
    found |= {"encoder.1.weight": first.T @ slope, "encoder.1.bias": slope.sum(0)}
    slope = slope @ weights["encoder.1.weight"].T * (before > 0)
    return found | {"encoder.0.weight": batch.T @ slope, "encoder.0.bias": slope.sum(0)}


def train_by_hand(weights: dict, span: np.ndarray, rng: np.random.Generator, schedule: Schedule) -> dict:
    """Adam in double precision, one batch after another."""
    weights = {name: array.astype(float) for name, array in weights.items()}
    means = {name: np.zeros_like(array) for name, array in weights.items()}
    squares, count = {name: np.zeros_like(array) for name, array in weights.items()}, 0
    for rate in schedule.steps():
        order = rng.permutation(len(span))
        for first in range(0, len(span), BATCH):
            gradient, count = gradient_of(weights, span[order[first : first + BATCH]]), count + 1
            for name in weights:
                slope = gradient[name] + schedule.weight_decay * weights[name]
                means[name] = 0.9 * means[name] + 0.1 * slope
                squares[name] = 0.999 * squares[name] + 0.001 * slope**2
                step = means[name] / (1 - 0.9**count) / (np.sqrt(squares[name] / (1 - 0.999**count)) + 1e-8)
                weights[name] = weights[name] - float(rate) * step
    return weights


@pytest.mark.parametrize("cosine", [False, True])
@pytest.mark.parametrize("n_epochs", [1, 60])  # 60: more than one call of the compiled program
def test_training_is_adam_on_the_squared_error(cosine, n_epochs):
    schedule = Schedule(n_epochs, learning_rate=1e-3, weight_decay=1e-3, cosine=cosine)
    span = span_coordinates()
    trained, losses = train(
        [start()], span, span, [np.random.default_rng(5)], n_points=N_POINTS, batch_size=BATCH, schedule=schedule
    )
    by_hand = train_by_hand(start(), span, np.random.default_rng(5), schedule)
    for name, array in by_hand.items():
        np.testing.assert_allclose(trained[0][name], array, atol=2e-5, err_msg=name)
    assert losses.shape == (1, n_epochs)


def test_members_do_not_depend_on_each_other():
    schedule = Schedule(5, learning_rate=1e-3, weight_decay=0.0, cosine=False)
    numbers = {"n_points": N_POINTS, "batch_size": BATCH, "schedule": schedule}
    span = span_coordinates()
    both, losses = train([start(0), start(1)], span, span, [np.random.default_rng(k) for k in (0, 1)], **numbers)
    second, alone = train([start(1)], span, span, [np.random.default_rng(1)], **numbers)
    np.testing.assert_array_equal(losses[1], alone[0])
    for name in both[1]:
        np.testing.assert_array_equal(both[1][name], second[0][name])


def test_a_batch_larger_than_the_data_is_all_of_it():
    schedule = Schedule(4, learning_rate=1e-3, weight_decay=0.0, cosine=False)
    span = span_coordinates(6)
    runs = [
        train([start()], span, span, [np.random.default_rng(0)], n_points=40, batch_size=size, schedule=schedule)
        for size in (6, 1000)
    ]
    np.testing.assert_allclose(runs[0][1], runs[1][1], rtol=1e-5)


def test_cosine_falls_from_the_learning_rate_to_near_zero():
    rates = Schedule(1000, learning_rate=2e-3, weight_decay=0.0, cosine=True).steps()
    assert rates[0] == np.float32(2e-3)
    np.testing.assert_allclose(rates[500], 1e-3, rtol=1e-5)
    assert 0 < rates[-1] < 1e-7
    assert np.all(np.diff(rates) < 0)


def test_the_decoder_may_be_asked_for_something_else_than_the_encoder_sees():
    schedule = Schedule(400, learning_rate=1e-2, weight_decay=0.0, cosine=False)
    seen = span_coordinates()[:, :2] @ np.eye(2, RANK)
    _, losses = train(
        [start()], seen, 2.0 + 0.0 * seen, [np.random.default_rng(0)], n_points=40, batch_size=BATCH, schedule=schedule
    )
    assert losses[0, 0] > 0.1
    assert losses[0, -1] < 1e-3
