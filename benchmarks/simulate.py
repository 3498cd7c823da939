"""The simulator: patterns a second on one core and two, against four peers, with its error against plain sums."""

import contextlib
import os
import statistics
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from ase import Atoms

import peakscape as ps
from benchmarks import exact, series
from benchmarks.limits import simulate_operations
from benchmarks.simulate_peers import LEAVES_OUT, PEERS
from benchmarks.timing import median_seconds, one_core, paired_ratio, wall_seconds

N_PAIRS = {"gemmi": 5}  # the others take seconds a pattern: three pairs


def measure(*, quick: bool) -> dict[str, Any]:
    sizes = (52,) if quick else (52, 104)
    return {str(n_atoms): _one_size(series.structures(n_atoms), quick=quick) for n_atoms in sizes} | {
        "variants": _variants(quick=quick),
        "leaves_out": LEAVES_OUT,
    }


def _one_size(structures: list[Atoms], *, quick: bool) -> dict[str, Any]:
    # the series holds some 125 structures of 52 atoms and 25 of 104, which are repeated
    batch = structures[:2] if quick else (structures * 4)[:100]
    series.simulate(batch)  # compiles or loads what is compiled
    with one_core():
        alone = median_seconds(lambda: series.simulate(batch), n_runs=2 if quick else 9)
        pairs = {name: _against(name, batch, quick=quick) for name in PEERS}
    both = _two_cores(batch, n_runs=2 if quick else 7)
    n_reflections = len(exact.reflections(batch[0], series.WAVELENGTH, series.TWO_THETA[1] + 1.0)[0]) // 2
    return {
        "patterns_per_s": len(batch) / alone["median"],
        "patterns_per_s_range": [len(batch) / alone["max"], len(batch) / alone["min"]],
        "n_patterns": len(batch),
        **both,
        "ratio": {name: pair["median"] for name, pair in pairs.items()},
        "pairs": pairs,
        **_errors(batch[:1] if quick else batch[:3]),
        "n_reflections": n_reflections,
        "operations": simulate_operations(len(batch[0]), n_reflections, 11_900),
        "seconds": alone["median"] / len(batch),
    }


def _variants(*, quick: bool) -> dict[str, float]:
    """Variants a second of one structure of 52 atoms on one core, with counting noise and without."""
    atoms = series.structures(52)[0]
    n_variants = 20 if quick else 2000
    quiet = replace(ps.diffraction.Variations(), counts=None)
    rates = {}
    for name, ranges in {"with_noise": ps.diffraction.Variations(), "without_noise": quiet}.items():
        work = partial(
            ps.diffraction.vary,
            atoms,
            wavelength=series.WAVELENGTH,
            n_variants=n_variants,
            two_theta=series.TWO_THETA,
            variations=ranges,
            random_state=0,
        )
        work()
        with one_core():
            rates[f"{name}_per_s"] = n_variants / median_seconds(work, n_runs=2 if quick else 5)["median"]
    return rates


def _against(name: str, batch: list[Atoms], *, quick: bool) -> dict[str, Any]:
    """Pairs of our batch and one pattern of the peer, whose set-up is not counted."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # Dans_Diffraction prints
        peer = PEERS[name](batch[0])
        return paired_ratio(
            lambda: series.simulate(batch), peer, n_pairs=1 if quick else N_PAIRS.get(name, 3), our_units=len(batch)
        )


def _two_cores(batch: list[Atoms], *, n_runs: int) -> dict[str, float]:
    """Wall time of two jobs, and how many times faster than one job, as the median of pairs."""
    times, gains = [], []
    for _ in range(n_runs):
        one = wall_seconds(lambda: series.simulate(batch, n_jobs=1))
        two = wall_seconds(lambda: series.simulate(batch, n_jobs=2))
        times.append(two)
        gains.append(one / two)
    return {
        "patterns_per_s_two_cores": len(batch) / statistics.median(times),
        "gain_of_two_cores": statistics.median(gains),
        "best_gain_of_two_cores": max(gains),
    }


def _errors(batch: list[Atoms]) -> dict[str, float]:
    """Largest error over the maximum of the pattern, and relative where the pattern exceeds 1e-3 of its maximum."""
    ours = series.simulate(batch)
    absolute, relative = 0.0, 0.0
    for atoms, pattern in zip(batch, ours, strict=True):
        true = exact.pattern(atoms, wavelength=series.WAVELENGTH, two_theta=series.TWO_THETA, fwhm=series.FWHM)
        error = np.abs(pattern - true)
        absolute = max(absolute, float(error.max()))
        relative = max(relative, float((error / true)[true > 1e-3].max()))
    return {"max_error": absolute, "max_relative_error": relative}
