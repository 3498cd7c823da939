import numpy as np
import pytest
from ase.build import bulk
from ase.spacegroup import crystal
from pybaselines import Baseline

from peakscape import diffraction
from peakscape.preparation import Background

FIRST, LAST, STEP = 5.0, 59.96, 0.04


@pytest.fixture(scope="module")
def simulated():
    """Patterns of three cells under known backgrounds, at 3,000 counts at the strongest peak."""
    cells = [
        bulk("NaCl", "rocksalt", a=5.64),
        crystal(["Ba", "Ti", "O"], [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)], spacegroup=221,
                cellpar=[4, 4, 4, 90, 90, 90]),
        crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.59, 4.59, 2.96, 90, 90, 90]),
    ]  # fmt: skip
    instrument = diffraction.Instrument(profile="pseudo_voigt")
    patterns = diffraction.simulate(
        cells, wavelength=1.5406, two_theta=(FIRST, LAST, STEP), fwhm=0.2, instrument=instrument
    )
    two_theta = patterns.two_theta.values
    air = 0.3 * np.exp(-(two_theta - FIRST) / 6.0)
    glass = 0.05 + 0.1 * np.exp(-(((two_theta - 25.0) / 8.0) ** 2))
    below = np.stack([air + 0.05, glass, air + glass])
    counts = np.random.default_rng(0).poisson(3000 * (patterns.intensity.values + below)) / 3000
    return two_theta, patterns.intensity.values, below, counts


def test_known_backgrounds_are_found(simulated):
    two_theta, _, below, counts = simulated
    found = Background(axis=two_theta).fit(counts).background(counts)
    assert np.sqrt(np.mean((found - below) ** 2, axis=1)).max() < 0.012


def test_peaks_keep_their_areas(simulated):
    two_theta, peaks, _, counts = simulated
    net = Background(axis=two_theta).fit_transform(counts)
    for truth, found in zip(peaks, net, strict=True):
        near = np.abs(two_theta - two_theta[truth.argmax()]) < 0.6
        assert found[near].sum() == pytest.approx(truth[near].sum(), rel=0.05)


@pytest.mark.parametrize("method", ["arpls", "asls", "snip", "mor"])
def test_agrees_with_pybaselines(simulated, method):
    two_theta, _, _, counts = simulated
    width = 6.0
    n = width / (LAST - FIRST) * len(two_theta)  # points of the width
    options = {
        "arpls": {"lam": (n / (2 * np.pi)) ** 4},
        "asls": {"lam": (n / (2 * np.pi)) ** 4},
        "snip": {"max_half_window": round(n / 4), "decreasing": True, "smooth_half_window": 3, "filter_order": 4},
        "mor": {"half_window": round(n / 4)},
    }[method]
    expected, _ = getattr(Baseline(two_theta), method)(counts[0], **options)
    found = Background(method=method, width=width, axis=two_theta).fit(counts).background(counts[:1])[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_scale_does_not_matter(simulated):
    two_theta, _, _, counts = simulated
    step = Background(axis=two_theta).fit(counts)
    np.testing.assert_allclose(step.transform(counts * 4096.0), step.transform(counts) * 4096.0, rtol=1e-9, atol=1e-9)


def test_clean_patterns_without_background_stay(simulated):
    two_theta, peaks, _, _ = simulated
    net = Background(axis=two_theta).fit_transform(peaks)
    assert np.abs(net - peaks).max() < 0.02


@pytest.mark.parametrize("row", [np.zeros(100), np.full(100, 7.0), np.arange(100.0)])
def test_patterns_without_peaks(row):
    net = Background().fit_transform([row])
    assert np.abs(net).max() < 0.02 * max(1.0, row.max())
