"""Patterns of compositions that a map never saw: generated, and beside them what a plain mixture gives."""

import warnings
from typing import Any

import numpy as np
import xarray as xr
from ase import Atoms
from numpy.typing import NDArray

from peakscape import analysis, maps, structures
from peakscape.analysis.generation import r2_per_spectrum
from peakscape.analysis.inputs import place_members
from peakscape.analysis.peaks import compare_positions
from peakscape.analysis.plain_mixtures import stretch_and_mix
from peakscape.diffraction import reflections
from peakscape.errors import ExtrapolationWarning, OutsideMapError
from peakscape.spectra.container import shift_axis
from peakscape.studies.alloy.compute import Array, Settings, fit_map, formulas

Target = tuple[float, float]
TARGETS: tuple[Target, ...] = ((0.5, 0.0), (1.0, 0.0), (1.5, 0.0), (1.0, 0.25))
"""Compositions (x, y) that are left out one by one; each has known neighbours on both sides."""
TOLERANCE = 0.1
"""How far the composition at a contour point may be off, in atoms per formula unit: a fifth of the step of the series.
Beside x = 0, where one structure stands alone, the map's contours do not come closer."""
STRONG = 0.05  # reflections of this share of the strongest one are compared in position


def samples_of(patterns: xr.Dataset, target: Target) -> NDArray[np.bool_]:
    """Mark the samples of a composition (x, y), shape (n_samples,)."""
    return np.asarray(np.isclose(patterns["x"].values, target[0]) & np.isclose(patterns["y"].values, target[1]))


def targets_of(patterns: xr.Dataset) -> dict[str, Target]:
    """Return by formula those of `TARGETS` that are there, with neighbours on both sides.

    A quick look at every n-th structure may lack some.
    """
    names, marked = formulas(patterns), {target: samples_of(patterns, target) for target in TARGETS}
    there = {target: left for target, left in marked.items() if left.any() and _is_between(patterns, target)}
    return {names[int(np.flatnonzero(left)[0])]: target for target, left in there.items()}


def _line(patterns: xr.Dataset, target: Target) -> tuple[Array, float, NDArray[np.bool_]]:
    """The label that changes toward a target, its value there, and the other samples on that line."""
    x, y = patterns["x"].values, patterns["y"].values
    along, wanted, line = (y, target[1], np.isclose(x, target[0])) if target[1] else (x, target[0], np.isclose(y, 0))
    return along, wanted, line & ~samples_of(patterns, target)


def _is_between(patterns: xr.Dataset, target: Target) -> bool:
    along, wanted, usable = _line(patterns, target)
    return bool((usable & (along < wanted)).any() and (usable & (along > wanted)).any())


def study_target(target: Target, patterns: xr.Dataset, atoms: list[Atoms], settings: Settings) -> dict[str, Any]:
    """Train two maps without a composition, generate its pattern by each; return ``scores`` and ``curves``."""
    kept = ~samples_of(patterns, target)
    known = patterns["intensity"].values[kept], patterns["composition"].values[kept]
    space, rival = (fit_map(name, *known, settings, seed=settings.seed) for name in ("autoencoder", "shift_labels"))
    scores, curves = score_generation(space, patterns, target)
    scores["r2_shift_labels"] = score_generation(rival, patterns, target)[0]["r2"]
    return {"scores": scores | check_positions(curves, atoms, patterns, target, settings), "curves": curves}


def neighbours(patterns: xr.Dataset, target: Target) -> tuple[float, tuple[Array, Array]]:
    """Return the mean patterns of the two nearest compositions on either side, and the share of the second."""
    along, wanted, usable = _line(patterns, target)
    below, above = along[usable & (along < wanted)].max(), along[usable & (along > wanted)].min()
    first, second = (
        patterns["intensity"].values[usable & np.isclose(along, level)].mean(axis=0) for level in (below, above)
    )
    return float((wanted - below) / (above - below)), (first, second)


def linear_mix(patterns: xr.Dataset, target: Target) -> Array:
    """Mix the mean patterns of the two nearest compositions on either side of a composition, shape (n_points,)."""
    share, (first, second) = neighbours(patterns, target)
    return np.asarray((1 - share) * first + share * second)


def score_generation(space: Any, patterns: xr.Dataset, target: Target) -> tuple[dict[str, Any], dict[str, Array]]:
    """Generate the pattern of a composition that the map never saw, and compare it with the true ones.

    Returns
    -------
    scores : dict
        ``r2`` against the mean of the true patterns, ``r2_linear_mix`` of the mixture of the neighbours,
        ``r2_stretch_and_mix`` of that after taking the shift between them into account, ``r2_halves`` of one half of
        the true patterns against the other, and the checks; ``refused`` in words where the map refuses.
    curves : dict
        ``pattern``, ``spread``, ``truth`` and ``mix``, each of shape (n_points,); empty after a refusal.
    """
    left, intensity = samples_of(patterns, target), patterns["intensity"].values
    truth, mix, known = intensity[left].mean(axis=0), linear_mix(patterns, target), intensity[~left]
    share, two = neighbours(patterns, target)
    halves = (intensity[left][::2].mean(axis=0), intensity[left][1::2].mean(axis=0)) if left.sum() >= 4 else None
    scores: dict[str, Any] = {
        "r2_linear_mix": _r2(truth, mix),
        "r2_stretch_and_mix": _r2(truth, stretch_and_mix(*two, share, axis=shift_axis(patterns))),
        "r2_halves": _r2(*halves) if halves else None,
    }
    points = np.median(place_members(space, known), axis=0)
    readout = analysis.CompositionReadout().fit(points, patterns["composition"][~left])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExtrapolationWarning)
            made = analysis.generate(
                space, readout, composition=patterns["composition"].values[left][0], known=known,
                points="typical" if isinstance(space, maps.ShiftMap) else "contour", tolerance=TOLERANCE,
            )  # fmt: skip
    except OutsideMapError as refusal:
        return {"r2": None, "refused": str(refusal), **scores}, {}
    scores = {"r2": _r2(truth, made.intensity), **scores} | {
        "reconstruction_error": made.reconstruction_error,
        "reconstruction_error_known": made.reconstruction_error_known,
        "distance_to_known": float(made.distance_to_known.min()),
        "typical_spacing": made.typical_spacing,
    }
    spread = np.fmax(np.nan_to_num(made.spread_members), np.nan_to_num(made.spread_points))
    return scores, {"pattern": made.intensity, "spread": spread, "truth": truth, "mix": mix}


def _r2(truth: Array, other: Array) -> float:
    """R2 of one spectrum."""
    return float(r2_per_spectrum(truth, other)[0])


def expected_positions(atoms: list[Atoms], patterns: xr.Dataset, target: Target, settings: Settings) -> Array:
    """Predict where the strong peaks of a left-out composition lie, from the lattice of the others.

    The parent cell's a and c are fitted linearly in x and y over all other structures (Vegard); the parent's
    reflections in that cell that reach `STRONG` of the strongest give the positions, shape (n_peaks,), in degree.
    """
    others = [one for one, left in zip(atoms, samples_of(patterns, target), strict=True) if not left]
    lattice = structures.lattice_parameters(others)
    levels = np.array([[1.0, one.info["x"], one.info["y"]] for one in others])
    a, c = np.array([1.0, *target]) @ np.linalg.lstsq(levels, lattice[["a", "c"]].to_numpy(), rcond=None)[0]
    cell = structures.parent_cell(others[0])
    cell.set_cell([a, a, c], scale_atoms=True)
    found = reflections(cell, wavelength=settings.wavelength, two_theta_max=settings.two_theta[1])
    strong = found.intensity >= STRONG * found.intensity.max()
    return np.asarray(found.two_theta[strong & (found.two_theta > settings.two_theta[0])])


def check_positions(
    curves: dict[str, Array], atoms: list[Atoms], patterns: xr.Dataset, target: Target, settings: Settings
) -> dict[str, Any]:
    """Compare the peaks of a generated pattern, and of the mean true one, with those that the lattice lets expect.

    Median absolute differences in degree, and how many of the expected peaks were found; empty after a refusal.
    """
    if not curves:
        return {}
    expected = expected_positions(atoms, patterns, target, settings)
    made, true = (
        compare_positions(curves[key], expected, within=0.2, axis=patterns["two_theta"].values)
        for key in ("pattern", "truth")
    )
    return {
        "n_peaks_expected": len(expected),
        "n_peaks_found": int(made["found"].notna().sum()),
        "position_error_generated": float(made["difference"].abs().median()),
        "position_error_true": float(true["difference"].abs().median()),
    }
