import numpy as np
import pytest

from peakscape.maps.autoencoder import network


def test_first_layer_is_drawn_as_over_all_points():
    rng = np.random.default_rng(0)
    over_all = rng.uniform(-1, 1, (4000, 128)) / np.sqrt(4000)  # PyTorch's rule for 4,000 inputs
    basis = np.linalg.qr(rng.normal(size=(4000, 50)))[0]
    drawn = network.initial_weights(rng, rank=50, n_points=4000, hidden=(128,), spread=None)["encoder.0.weight"]
    np.testing.assert_allclose(drawn.std(), (basis.T @ over_all).std(), rtol=0.05)


def test_layers_are_mirrored():
    weights = network.initial_weights(
        np.random.default_rng(0), rank=30, n_points=900, hidden=(128, 64, 12), spread=np.array([1.0, 0.5])
    )
    sizes = [30, 128, 64, 12, 2]
    for layer in range(4):
        assert weights[f"encoder.{layer}.weight"].shape == (sizes[layer], sizes[layer + 1])
        assert weights[f"decoder.{3 - layer}.weight"].shape == (sizes[layer + 1], sizes[layer])


@pytest.mark.parametrize("spread", [None, np.array([2.0, 1.0])])
def test_padding_changes_nothing(spread):
    rng = np.random.default_rng(0)
    weights = network.initial_weights(rng, rank=6, n_points=50, hidden=(5, 4), spread=spread)
    span = rng.normal(size=(8, 6)).astype(np.float32)
    padded = network.pad(weights, 16)
    wide = np.pad(span, ((0, 0), (0, 10)))
    np.testing.assert_allclose(network.encode(padded, wide), network.encode(weights, span), atol=1e-6)
    decoded = network.decode(padded, network.encode(padded, wide))
    np.testing.assert_allclose(decoded[:, :6], network.decode(weights, network.encode(weights, span)), atol=1e-6)
    assert not decoded[:, 6:].any()
    cropped = network.crop(padded, 6)
    assert all(np.array_equal(cropped[name], weights[name]) for name in weights)


def test_members_at_once_are_members_one_by_one():
    members = [
        network.initial_weights(
            np.random.default_rng(k), rank=6, n_points=50, hidden=(5, 4), spread=np.array([2.0, 1.0])
        )
        for k in range(3)
    ]
    stacked = {name: np.stack([weights[name] for weights in members]) for name in members[0]}
    span = np.random.default_rng(4).normal(size=(8, 6))
    together = network.decode(stacked, network.encode(stacked, span))
    for member, weights in enumerate(members):
        np.testing.assert_allclose(together[member], network.decode(weights, network.encode(weights, span)), atol=1e-6)


@pytest.mark.parametrize("spread", [None, np.array([2.0, 1.0])])
@pytest.mark.parametrize("hidden", [(5,), (7, 4)])
def test_all_members_encode_as_each(spread, hidden, monkeypatch):
    rng = np.random.default_rng(0)
    members = [network.initial_weights(rng, rank=6, n_points=50, hidden=hidden, spread=spread) for _ in range(3)]
    stacked = {name: np.stack([member[name] for member in members]) for name in members[0]}
    span = rng.normal(size=(8, 6))
    monkeypatch.setattr(network, "SAMPLES_AT_ONCE", 3)
    found = network.encode_members(*network.joined(stacked), span)
    expected = [network.encode({name: array.astype(float) for name, array in one.items()}, span) for one in members]
    np.testing.assert_allclose(found, expected, atol=1e-14)
