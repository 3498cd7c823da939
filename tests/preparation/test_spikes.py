import numpy as np
import pytest
from ase.build import bulk
from ase.spacegroup import crystal

from peakscape import diffraction
from peakscape.preparation import Despike


@pytest.fixture(scope="module")
def patterns():
    """The narrowest peaks there can be, 3 points wide, on a small background."""
    cells = [
        bulk("NaCl", "rocksalt", a=5.64),
        crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.59, 4.59, 2.96, 90, 90, 90]),
        crystal(["Fe", "Si", "O"], [(0.28, 0.25, 0.51), (0.09, 0.25, 0.43), (0.16, 0.04, 0.28)], spacegroup=62,
                cellpar=[4.82, 10.48, 6.09, 90, 90, 90]),
    ]  # fmt: skip
    found = diffraction.simulate(cells, wavelength=1.5406, two_theta=(10, 90, 0.04), fwhm=0.12)
    return found.intensity.values + 0.03


@pytest.mark.parametrize("counts", [300, 3000, 30000, 3_000_000])
def test_peaks_and_noise_are_no_spikes(patterns, counts):
    noisy = np.random.default_rng(counts).poisson(patterns * counts)
    assert Despike().fit(noisy).spikes(noisy).sum() <= 1


def test_clean_patterns_have_no_spikes(patterns):
    assert Despike().fit(patterns).spikes(patterns).sum() == 0


@pytest.mark.parametrize("counts", [300, 30000])
@pytest.mark.parametrize("width", [1, 2])
def test_spikes_are_found_and_filled(patterns, counts, width):
    random = np.random.default_rng(width)
    noisy = random.poisson(patterns * counts).astype(float)
    hit = noisy.copy()
    truth = np.zeros(hit.shape, dtype=bool)
    quiet = patterns < 0.05  # where no peak hides them
    for row in range(3):
        for start in random.choice(np.flatnonzero(quiet[row])[10:-10:30], 8, replace=False):
            truth[row, start : start + width] = True
    hit[truth] += 0.5 * counts
    step = Despike().fit(hit)
    found = step.spikes(hit)
    assert (found & truth).sum() >= 0.9 * truth.sum()
    assert (found & ~truth).sum() <= 1
    # What stands in their place is as far from the truth as noise is.
    left = (step.transform(hit) - patterns * counts)[found & truth]
    assert np.abs(left).max() < 8 * np.sqrt(0.05 * counts)
    assert np.array_equal(step.transform(hit)[~found], hit[~found])


def test_three_points_are_a_peak():
    row = np.random.default_rng(0).normal(scale=0.01, size=300)
    row[100:103] += 5.0
    assert Despike().fit([row]).spikes([row]).sum() == 0
    row[200:202] += 5.0
    assert np.flatnonzero(Despike().fit([row]).spikes([row])[0]).tolist() == [200, 201]
    assert Despike(max_width=1).fit([row]).spikes([row]).sum() == 0
