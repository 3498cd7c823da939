"""`maps.PCA` against scikit-learn's, in one run, each pair timed in turn; and the memory of placing many patterns.

``python -m benchmarks.pca_peers``: for each size the median ratio of the times, ours to theirs, of `fit` and
`transform`. ``--place``: the peak memory of a process that places so many patterns of a store.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn import decomposition

from benchmarks.timing import peak_memory_mib
from peakscape import FeatureSpace, cluster, spectra
from peakscape.feature_space import open_space
from peakscape.maps import PCA

SIZES = ((300, 4096), (2000, 4096), (5000, 4096))
N_PAIRS = 5
N_PLACED = (1_000, 4_000, 16_000)


def patterns(n_samples: int, n_points: int, *, seed: int = 0) -> np.ndarray:
    """Two peaks that move by one hidden number, with noise: shape (n_samples, n_points)."""
    chance = np.random.default_rng(seed)
    axis, hidden = np.linspace(0.0, 1.0, n_points), chance.uniform(size=(n_samples, 1))
    peaks = np.exp(-(((axis - 0.3 - 0.05 * hidden) / 0.01) ** 2)) + np.exp(-(((axis - 0.7 - 0.1 * hidden) / 0.02) ** 2))
    return np.asarray(peaks + 0.01 * chance.normal(size=(n_samples, n_points)))


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(n_samples: int, n_points: int, solver: str) -> dict[str, float]:
    """Return median seconds and ratios of fit and transform, and how far apart the two planes are."""
    X = patterns(n_samples, n_points)
    ours, theirs = PCA().fit(X), decomposition.PCA(2, svd_solver=solver, random_state=0).fit(X)
    pairs = [
        (
            seconds(lambda: PCA().fit(X)),
            seconds(lambda: decomposition.PCA(2, svd_solver=solver, random_state=0).fit(X)),
            seconds(lambda: ours.transform(X)),
            seconds(lambda: theirs.transform(X)),
        )
        for _ in range(N_PAIRS)
    ]
    cosines = np.linalg.svd(ours.components_ @ theirs.components_.T, compute_uv=False)
    return {
        "fit_s": statistics.median(one[0] for one in pairs),
        "fit_ratio": statistics.median(one[0] / one[1] for one in pairs),
        "transform_s": statistics.median(one[2] for one in pairs),
        "transform_ratio": statistics.median(one[2] / one[3] for one in pairs),
        "sine": float(np.sqrt(max(0.0, 1.0 - cosines.min() ** 2))),
    }


def place_memory(n_placed: int) -> float:
    """Return the peak memory in MiB of a process that places so many patterns from a store into another."""
    with tempfile.TemporaryDirectory() as folder:
        axis = np.linspace(10.0, 80.0, 4096)
        known, new = patterns(40, 4096), patterns(n_placed, 4096, seed=1).astype(np.float32)
        space = FeatureSpace("pca", preparation="none", novelty=False)
        space.fit(spectra.make(known, two_theta=axis, wavelength=1.5406)).save(Path(folder) / "a.space")
        spectra.save(spectra.make(new, two_theta=axis, wavelength=1.5406), Path(folder) / "new.zarr")
        words = [sys.executable, "-m", "benchmarks.pca_peers", "--placed", folder]
        return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print one line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--place", action="store_true")
    parser.add_argument("--placed", type=Path)
    options = parser.parse_args()
    if options.placed is not None:
        open_space(options.placed / "a.space")
        cluster.place(options.placed / "a.space", options.placed / "new.zarr", options.placed / "placed.zarr")
        print(peak_memory_mib())
    elif options.place:
        for n_placed in N_PLACED:
            print(f"place {n_placed}: peak {place_memory(n_placed):.0f} MiB", flush=True)
    else:
        for n_samples, n_points in SIZES:
            for solver in ("auto", "full") if n_samples < 1000 else ("auto", "arpack"):
                told = {key: float(f"{value:.3g}") for key, value in compare(n_samples, n_points, solver).items()}
                print(n_samples, n_points, solver, told, flush=True)


if __name__ == "__main__":
    main()
