"""Sticks from bins against the definition of cubic B-splines."""

import numpy as np
import pytest
from scipy.interpolate import BSpline

from peakscape.diffraction.compiled import spread


@pytest.mark.parametrize("n_bins", [1, 2, 3, 4, 5, 6, 7, 40])
def test_a_reflection_in_each_bin_becomes_a_cubic_spline(n_bins):
    random = np.random.default_rng(n_bins)
    t, value = random.random((2, n_bins))
    bins = np.full((n_bins + 2, 4), 7.0, dtype=np.float32)  # what lies outside does not enter
    bins[1:-1] = value[:, None] * t[:, None] ** np.arange(4)
    sticks = np.full((1, n_bins + 3), np.nan, dtype=np.float32)
    found = spread(bins, np.zeros(n_bins, dtype=np.int64), np.zeros((0, 4, 3), dtype=np.float32), sticks)
    spline = BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)
    distances = np.arange(-1, n_bins + 2)[:, None] - (np.arange(n_bins) + t)
    np.testing.assert_allclose(found[0], np.nan_to_num(spline(distances)) @ value, atol=2e-6)
