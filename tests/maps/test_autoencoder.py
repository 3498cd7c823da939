import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from sklearn.neural_network import MLPRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from peakscape.errors import CollapseWarning, InputError
from peakscape.maps import PCA, Autoencoder

SMALL = {"hidden": (8, 4), "n_members": 2, "n_epochs": 3}


@pytest.mark.filterwarnings("ignore::peakscape.errors.CollapseWarning")
@parametrize_with_checks([Autoencoder(**SMALL), Autoencoder(recipe="paper", **SMALL)])
def test_scikit_learn_rules(estimator, check):
    check(estimator)


def perceptron(weights: list[np.ndarray], biases: list[np.ndarray]) -> MLPRegressor:
    """The same layers in scikit-learn's own network: ReLU between, nothing after the last."""
    network = MLPRegressor(activation="relu")
    network.coefs_, network.intercepts_ = weights, biases
    network.n_layers_, network.n_outputs_, network.out_activation_ = len(weights) + 1, len(biases[-1]), "identity"
    network._label_binarizer = None
    return network


def half_of(space: Autoencoder, member: int, half: str) -> MLPRegressor:
    """One half of a member over all points of the pattern: the basis folded into its first or last layer."""
    n_layers = len(space.hidden) + 1
    weights = [space.weights_[f"{half}.{k}.weight"][member].astype(float) for k in range(n_layers)]
    biases = [space.weights_[f"{half}.{k}.bias"][member].astype(float) for k in range(n_layers)]
    if half == "encoder":
        biases[0] = biases[0] - space.mean_ @ space.basis_ @ weights[0]
        weights[0] = space.basis_ @ weights[0] / space.scale_
    else:
        weights[-1] = weights[-1] @ space.basis_.T * space.scale_
        biases[-1] = (space.basis_ @ biases[-1] + space.mean_) * space.scale_
    return perceptron(weights, biases)


def test_paper_recipe_is_the_plain_network_over_all_points(fitted_paper, new_patterns):
    points = fitted_paper.transform_members(new_patterns)
    decoded = fitted_paper.inverse_transform_members(points)
    for member in range(2):
        code = np.tanh(half_of(fitted_paper, member, "encoder").predict(new_patterns))
        aligned = code @ fitted_paper.alignment_matrix_[member] + fitted_paper.alignment_shift_[member]
        np.testing.assert_allclose(points[member], aligned, atol=1e-10)
        np.testing.assert_allclose(decoded[member], half_of(fitted_paper, member, "decoder").predict(code), atol=1e-9)


def test_residual_recipe_adds_linear_maps_over_all_points(fitted, new_patterns):
    scaled = new_patterns / fitted.scale_ - fitted.mean_
    for member in range(3):
        down = fitted.basis_ @ fitted.weights_["encoder.linear.weight"][member]
        up = fitted.weights_["decoder.linear.weight"][member] @ fitted.basis_.T
        code = np.tanh(half_of(fitted, member, "encoder").predict(new_patterns) + scaled @ down)
        aligned = code @ fitted.alignment_matrix_[member] + fitted.alignment_shift_[member]
        np.testing.assert_allclose(fitted.transform_members(new_patterns)[member], aligned, atol=1e-10)
        decoded = half_of(fitted, member, "decoder").predict(code) + code @ up * fitted.scale_
        np.testing.assert_allclose(fitted.inverse_transform_members(aligned)[member], decoded, atol=1e-9)


@pytest.mark.parametrize("name", ["fitted", "fitted_paper", "fitted_smooth"])
def test_loss_in_the_span_is_the_loss_over_all_points(name, patterns, request):
    space = request.getfixturevalue(name)
    decoded = space.inverse_transform_members(space.transform_members(patterns))
    over_all_points = np.mean((decoded - patterns) ** 2, axis=(1, 2)) / space.scale_**2
    np.testing.assert_allclose(space.losses_, over_all_points, rtol=1e-5)
    # the loss while the last epoch ran was of weights that still moved a little
    np.testing.assert_allclose(space.loss_history_[:, -1], space.losses_, rtol=0.3)


def test_starts_at_pca_and_ends_better(fitted, fitted_pca, patterns):
    start = fitted.initial_coordinates(patterns)
    scores = fitted_pca.transform(patterns)
    for axis in range(2):
        assert abs(np.corrcoef(start[0, :, axis], scores[:, axis])[0, 1]) > 0.99
    of_pca = np.mean((fitted_pca.inverse_transform(scores) - patterns) ** 2)
    assert np.all(fitted.losses_ * fitted.scale_**2 < 0.5 * of_pca)
    assert np.mean((fitted.inverse_transform(fitted.transform(patterns)) - patterns) ** 2) < 0.5 * of_pca


def test_encoder_sees_smoothed_patterns_and_decoder_gives_sharp_ones(fitted_smooth, fitted_pca, patterns):
    centered = patterns / fitted_smooth.scale_ - fitted_smooth.mean_
    smoothed = gaussian_filter1d(centered, 4.0, axis=1, mode="constant")
    seen = centered @ fitted_smooth.encoder_basis_
    size = np.sum(centered**2) / np.sum(smoothed**2)
    np.testing.assert_allclose(seen @ seen.T, size * smoothed @ smoothed.T, atol=1e-8)
    error = np.mean((fitted_smooth.inverse_transform(fitted_smooth.transform(patterns)) - patterns) ** 2)
    of_pca = np.mean((fitted_pca.inverse_transform(fitted_pca.transform(patterns)) - patterns) ** 2)
    assert error < 0.5 * of_pca


def test_members_are_aligned(fitted, patterns):
    points = fitted.transform_members(patterns)
    best = points[np.argmin(fitted.losses_)]
    for member in points:
        correlation = np.corrcoef(member.ravel(), best.ravel())[0, 1]
        assert correlation > 0.9
    np.testing.assert_allclose(fitted.transform(patterns), np.median(points, axis=0))


def test_same_point_alone_and_in_a_batch(fitted, new_patterns):
    together = fitted.transform(new_patterns)
    alone = np.concatenate([fitted.transform(row[None]) for row in new_patterns])
    np.testing.assert_allclose(alone, together, atol=1e-12)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    windows=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=5), filled=st.booleans()
)
@pytest.mark.parametrize("name", ["fitted", "fitted_paper", "fitted_smooth", "fitted_pca"])
def test_masked_points_are_those_of_masked_copies(name, windows, filled, new_patterns, request):
    space, spectrum = request.getfixturevalue(name), new_patterns[0]
    starts, stops = np.sort(np.array(windows), axis=1).T
    fill = np.linspace(0.0, 3.0, 300) if filled else None
    copies = np.repeat(spectrum[None], len(starts), axis=0)
    for copy, start, stop in zip(copies, starts, stops, strict=True):
        copy[start:stop] = 0.0 if fill is None else fill[start:stop]
    masked = space.transform_masked(spectrum, starts, stops, fill=fill)
    size = 0.0 if name == "fitted_pca" else np.ptp(space.transform_members(new_patterns), axis=1).min()
    np.testing.assert_allclose(masked, space.transform_members(copies), atol=1e-9 + 1e-6 * size)


def test_generation_takes_points_per_member(fitted, patterns):
    same = np.array([[0.1, -0.1], [0.0, 0.2]])
    members = fitted.inverse_transform_members(same)
    assert members.shape == (3, 2, 300)
    np.testing.assert_array_equal(members, fitted.inverse_transform_members(np.stack([same] * 3)))
    np.testing.assert_allclose(fitted.inverse_transform(same), np.median(members, axis=0))
    many = np.resize(same, (150, 2))
    np.testing.assert_allclose(fitted.inverse_transform(many)[148:], fitted.inverse_transform(same), atol=1e-10)
    for wrong in (np.zeros((2, 3)), np.zeros((4, 2, 2)), np.zeros(2), np.full((1, 2), np.nan)):
        with pytest.raises(InputError, match="coordinates"):
            fitted.inverse_transform_members(wrong)


FIT = """
import hashlib, os, sys
sys.path.insert(0, {folder!r})
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: {cores}])
from conftest import make_patterns
from peakscape.maps import Autoencoder
space = Autoencoder(hidden=(16, 8), n_members=3, n_epochs=600, learning_rate=2e-3, random_state=3).fit(make_patterns())
digest = hashlib.sha256(space.transform_members(make_patterns()).tobytes())
for name in sorted(space.weights_):
    digest.update(space.weights_[name].tobytes())
print(digest.hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the number of cores can be set on Linux only")
@pytest.mark.parametrize("cores", [1, 2])
def test_repeats_bit_by_bit_on_any_number_of_cores(cores, fitted, patterns):
    digest = hashlib.sha256(fitted.transform_members(patterns).tobytes())
    for name in sorted(fitted.weights_):
        digest.update(fitted.weights_[name].tobytes())
    code = FIT.format(folder=str(Path(__file__).parent), cores=cores)
    threads = {"OMP_NUM_THREADS": str(cores), "OPENBLAS_NUM_THREADS": str(cores)}
    found = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | threads, check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == digest.hexdigest()


def test_another_seed_gives_another_map(fitted, patterns):
    other = Autoencoder(hidden=(16, 8), n_members=3, n_epochs=600, learning_rate=2e-3, random_state=4).fit(patterns)
    assert not np.allclose(other.loss_history_, fitted.loss_history_)


def test_input_stays_as_it_was_and_may_be_labelled(fitted, patterns):
    before = patterns.copy()
    labelled = xr.DataArray(patterns, dims=("sample", "two_theta"))
    np.testing.assert_array_equal(fitted.transform(labelled), fitted.transform(patterns))
    np.testing.assert_array_equal(patterns, before)


def test_strong_decay_collapses_and_says_so(patterns):
    space = Autoencoder(recipe="paper", hidden=(16, 8), n_members=2, n_epochs=300, weight_decay=1e-2, random_state=0)
    with pytest.warns(CollapseWarning, match="2 of 2 members"):
        space.fit(patterns)
    assert space.collapsed_.all()
    assert space.transform(patterns).shape == (30, 2)
    assert np.isfinite(space.inverse_transform(space.transform(patterns))).all()


def test_median_leaves_collapsed_members_out(patterns):
    space = Autoencoder(hidden=(16, 8), n_members=3, n_epochs=50, random_state=3).fit(patterns)
    space.collapsed_ = np.array([True, False, True])
    points = space.transform_members(patterns)
    np.testing.assert_array_equal(space.transform(patterns), points[1])
    np.testing.assert_array_equal(space.inverse_transform(points[1]), space.inverse_transform_members(points[1])[1])


def test_patterns_on_a_line_are_called_collapsed():
    line = np.outer(np.linspace(1.0, 2.0, 10), np.sin(np.arange(50)))
    with pytest.warns(CollapseWarning):
        Autoencoder(n_members=1, n_epochs=2, random_state=0).fit(line)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.eye(2, 20), "2 sample"),
        (np.ones((5, 20)), "identical"),
        (np.zeros((5, 20)), "identical"),
        (np.where(np.eye(5, 20) > 0, np.nan, 1.0), "NaN"),
        (np.arange(5.0)[:, None], "1 feature"),
        (np.arange(5.0), r"shape \(n_samples, n_points\)"),
    ],
)
@pytest.mark.parametrize("space", [Autoencoder(), PCA()])
def test_unusable_patterns_get_one_clear_line(space, data, message):
    with pytest.raises(InputError, match=message):
        space.fit(data)


def test_patterns_on_another_axis_are_refused(fitted):
    with pytest.raises(InputError, match="299 features, but Autoencoder is expecting 300"):
        fitted.transform(np.ones((1, 299)))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("recipe", "best"),
        ("device", "tpu"),
        ("hidden", ()),
        ("n_members", 0),
        ("n_epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("weight_decay", -1.0),
        ("smoothing", -1.0),
    ],
)
def test_parameters_out_of_range(parameter, value, patterns):
    with pytest.raises(InputError, match=parameter):
        Autoencoder(**{parameter: value}).fit(patterns)


def test_smoothing_is_not_in_the_paper(patterns):
    with pytest.raises(InputError, match="smoothing"):
        Autoencoder(recipe="paper", smoothing=2.0).fit(patterns)
