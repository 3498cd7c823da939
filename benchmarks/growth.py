"""How the times grow: with atoms, reflections, patterns, points and members, on one core, with the fitted exponent."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks import series, train
from benchmarks.timing import median_seconds, one_core

Curve = dict[str, Any]

N_ALIKE = 20  # patterns simulated in one call, so that what is done once for a call counts little


def measure(*, quick: bool) -> dict[str, Curve]:
    curves = SIMULATE if quick else SIMULATE | MAPS
    with one_core():
        return {name: curve(quick) for name, curve in curves.items()}


def curve_of(
    label: str, sizes: list[float], works: list[Callable[[], object]], *, n_runs: int, n_alike: int = 1
) -> Curve:
    """Median times over sizes, and the exponent p of time ~ size^p over the upper half of the sizes.

    A work does the same thing `n_alike` times in one call, and the times are those of one.
    """
    seconds = []
    for work in works:
        work()  # the first call may compile
        seconds.append(median_seconds(work, n_runs=n_runs)["median"] / n_alike)
    return {"label": label, "sizes": sizes, "seconds": seconds, "exponent": exponent(sizes, seconds)}


def exponent(sizes: list[float], seconds: list[float]) -> float:
    """Slope of log time against log size, least squares over the upper half (the lower half is fixed cost)."""
    first = (len(sizes) - 1) // 2
    return float(np.polyfit(np.log(sizes[first:]), np.log(seconds[first:]), 1)[0])


def atoms(quick: bool) -> Curve:
    sizes = [1, 10] if quick else [1, 2, 5, 10, 20, 50, 100, 200, 500]
    cells = [series.random_cell(n) for n in sizes]
    works = [partial(series.simulate, [cell] * N_ALIKE) for cell in cells]
    return curve_of("atoms in a triclinic cell", sizes, works, n_runs=1 if quick else 3, n_alike=N_ALIKE)


def reflections(quick: bool) -> Curve:
    volumes = [0.1, 0.2] if quick else [0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    cells = [series.random_cell(52, volume=volume) for volume in volumes]
    # one reflection a reciprocal cell, of each Friedel pair one: half the volume of the sphere times that of the cell
    radius = 2.0 * np.sin(np.radians(series.TWO_THETA[1] / 2.0)) / series.WAVELENGTH
    sizes = [float(round(2.0 / 3.0 * np.pi * radius**3 * cell.get_volume())) for cell in cells]
    works = [partial(series.simulate, [cell] * N_ALIKE) for cell in cells]
    label = "reflections, 52 atoms in cells of growing volume"
    return curve_of(label, sizes, works, n_runs=1 if quick else 3, n_alike=N_ALIKE)


def patterns(quick: bool) -> Curve:
    sizes = [1, 2] if quick else [1, 2, 5, 10, 20, 50, 100]
    every = series.structures(52)
    works = [partial(series.simulate, every[:n]) for n in sizes]
    return curve_of("patterns, 52 atoms", sizes, works, n_runs=2 if quick else 3)


def points(quick: bool) -> Curve:
    steps = [0.04, 0.02] if quick else [0.04, 0.02, 0.01, 0.005, 0.0025, 0.00125]
    cell = series.structures(52)[0]
    sizes = [round(118.99 / step) + 1 for step in steps]
    works = [partial(series.simulate, [cell] * N_ALIKE, two_theta=(1.0, 119.99, step)) for step in steps]
    return curve_of("points of a pattern, 52 atoms", sizes, works, n_runs=1 if quick else 3, n_alike=N_ALIKE)


def train_members(quick: bool) -> Curve:
    sizes = [1, 2, 4, 8, 16]
    patterns = series.random_unlike(135, 4096)
    works = [partial(train.fit, patterns, n_members=n, n_epochs=60) for n in sizes]
    return curve_of("members, 135 patterns of 4,096 points, 60 epochs", sizes, works, n_runs=2)


def train_patterns(quick: bool) -> Curve:
    sizes = [34, 68, 135, 270, 540, 1080]
    works = [partial(train.fit, series.random_unlike(n, 4096), n_members=1, n_epochs=30) for n in sizes]
    return curve_of("patterns of 4096 points, one member, 30 epochs", sizes, works, n_runs=2)


def train_points(quick: bool) -> Curve:
    sizes = [1000, 2000, 4000, 8000, 16000, 32000]
    works = [partial(train.fit, series.random_unlike(135, n), n_members=1, n_epochs=30) for n in sizes]
    return curve_of("points of a pattern, 135 patterns, one member, 30 epochs", sizes, works, n_runs=2)


def relevance_members(quick: bool) -> Curve:
    sizes = [1, 2, 4, 8, 16]
    data = series.random_unlike(135, 4096)
    starts = np.arange(4094)
    spaces = [train.fit(data, n_members=n, n_epochs=1) for n in sizes]
    works = [partial(space.transform_masked, data[0], starts, starts + 3) for space in spaces]
    return curve_of("members, 4,094 windows of one pattern", sizes, works, n_runs=5)


SIMULATE: dict[str, Callable[[bool], Curve]] = {
    "simulate_atoms": atoms,
    "simulate_reflections": reflections,
    "simulate_patterns": patterns,
    "simulate_points": points,
}
MAPS: dict[str, Callable[[bool], Curve]] = {
    "train_members": train_members,
    "train_patterns": train_patterns,
    "train_points": train_points,
    "relevance_members": relevance_members,
}
