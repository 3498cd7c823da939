import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
import zarr

from peakscape import spectra
from peakscape.errors import InputError
from peakscape.maps import Autoencoder
from peakscape.maps import span as by_blocks

SMALL = {"hidden": (16, 8), "n_members": 2, "n_epochs": 100, "random_state": 0}


@pytest.fixture
def in_blocks(monkeypatch):
    monkeypatch.setattr(by_blocks, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(by_blocks, "BYTES_PER_BLOCK", 7 * 300 * 8)  # 7 of the 30 patterns: the last block is smaller


def test_leading_span_is_the_singular_value_decomposition(in_blocks, patterns):
    mean = patterns.mean(axis=0)
    span = by_blocks.leading_span(patterns, 2.0, mean / 2.0, rank=4)
    left, values, right = np.linalg.svd((patterns - mean) / 2.0, full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(span.basis.T * right[:4], axis=1)), 1.0, atol=1e-10)
    np.testing.assert_allclose(np.abs(span.coordinates), np.abs(left[:, :4] * values[:4]), atol=1e-4)
    assert span.total == pytest.approx(np.sum(values**2))
    assert span.left_out == pytest.approx(np.sum(values[4:] ** 2), rel=1e-6)


def test_as_many_directions_as_the_bound_needs(in_blocks, patterns):
    mean = patterns.mean(axis=0)
    span = by_blocks.leading_span(patterns, 1.0, mean)
    shares = np.cumsum(np.linalg.svd(patterns - mean, compute_uv=False) ** 2) / np.sum((patterns - mean) ** 2)
    rank = span.basis.shape[1]
    assert 1 - shares[rank - 1] <= by_blocks.LEFT_OUT < 1 - shares[rank - 2]
    assert span.left_out <= by_blocks.LEFT_OUT * span.total


@pytest.mark.parametrize("smoothing", [0.0, 4.0])
def test_a_map_from_blocks_is_as_good_as_one_from_memory(smoothing, patterns, monkeypatch):
    whole = Autoencoder(smoothing=smoothing, **SMALL).fit(patterns)
    monkeypatch.setattr(by_blocks, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(by_blocks, "BYTES_PER_BLOCK", 7 * 300 * 8)
    parts = Autoencoder(smoothing=smoothing, **SMALL).fit(patterns)
    assert parts.scale_ == whole.scale_
    np.testing.assert_allclose(parts.mean_, whole.mean_, atol=1e-12)
    rank = parts.basis_.shape[1]
    np.testing.assert_allclose(np.abs(np.sum(parts.basis_ * whole.basis_[:, :rank], axis=0)), 1.0, atol=1e-6)
    if smoothing:
        size = np.linalg.norm(parts.encoder_basis_[:, :2], axis=0)
        np.testing.assert_allclose(size, np.linalg.norm(whole.encoder_basis_[:, :2], axis=0), rtol=1e-6)
    assert np.median(parts.losses_) < 1.5 * np.median(whole.losses_)
    decoded = parts.inverse_transform_members(parts.transform_members(patterns))
    np.testing.assert_allclose(
        parts.losses_, np.mean((decoded - patterns) ** 2, axis=(1, 2)) / parts.scale_**2, rtol=1e-4
    )


def test_arrays_on_disk_are_read_by_blocks(in_blocks, patterns, tmp_path):
    from_memory = Autoencoder(**SMALL).fit(patterns)
    stored = zarr.create_array(tmp_path / "plain", data=patterns)
    spectra.save(spectra.make(patterns, q=np.arange(300.0)), tmp_path / "set.zarr")
    labelled = spectra.open(tmp_path / "set.zarr").intensity
    assert isinstance(labelled, xr.DataArray)
    for lazy in (stored, labelled):
        space = Autoencoder(**SMALL).fit(lazy)
        np.testing.assert_array_equal(space.basis_, from_memory.basis_)
        np.testing.assert_array_equal(space.losses_, from_memory.losses_)
        np.testing.assert_allclose(space.transform(lazy), space.transform(np.array(patterns)), atol=1e-12)


def test_blocks_are_checked(in_blocks, patterns):
    broken = patterns.copy()
    broken[20, 5] = np.nan
    with pytest.raises(InputError, match="patterns 14 to 20 hold NaN"):
        Autoencoder(**SMALL).fit(broken)
    with pytest.raises(InputError, match="all 30 patterns are identical"):
        Autoencoder(**SMALL).fit(np.ones((30, 300)))
    with pytest.raises(InputError, match="2 sample"):
        Autoencoder(**SMALL).fit(patterns[:2])
    with pytest.raises(InputError, match="299 features"):
        Autoencoder(**SMALL).fit(patterns).transform(patterns[:, 1:])


MEMORY = """
import resource, sys, warnings
import numpy as np, zarr
from peakscape.maps import Autoencoder, span
warnings.simplefilter("ignore")
span.MOST_DIRECTIONS = 32
stored = zarr.open_array(sys.argv[1], mode="r")
Autoencoder(n_members=1, n_epochs=1, random_state=0).fit(np.random.default_rng(0).uniform(size=(5, 1024)))  # loads all
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
Autoencoder(n_members=1, n_epochs=1, random_state=0).fit(stored)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (8 * np.prod(stored.shape)))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as on Linux")
def test_a_set_on_disk_is_never_in_memory_as_a_whole(tmp_path):
    stored = zarr.create_array(tmp_path / "big", shape=(40_000, 1024), chunks=(500, 1024), dtype="float32")
    rng = np.random.default_rng(0)
    shapes = rng.uniform(size=(3, 1024))
    for first in range(0, 40_000, 4000):
        stored[first : first + 4000] = rng.uniform(size=(4000, 3)) @ shapes
    found = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "big")], check=True, capture_output=True, text=True
    )
    assert float(found.stdout) < 0.6  # of the 312 MiB of the set in double precision; reading it whole takes over 1
