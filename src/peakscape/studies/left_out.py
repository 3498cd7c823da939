"""Spectra of compositions that a map never saw: generated, and beside them what a plain mixture gives."""

import warnings
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import analysis, composition, maps, spectra, structures
from peakscape.diffraction import reflections
from peakscape.errors import ExtrapolationWarning, OutsideMapError
from peakscape.studies.methods import Settings

# Compositions (x, y) that are left out one by one; each has known neighbours on both sides.
TARGETS = ((0.5, 0.0), (1.0, 0.0), (1.5, 0.0), (1.0, 0.25))
# How far the composition at a contour point may be off, in atoms per formula unit. A fifth of the step of the series:
# beside x = 0, where one structure stands alone, the map's contours do not come closer.
TOLERANCE = 0.1
# Elements in the order in which the paper writes them.
ORDER = ("Sm", "Zr", "Fe", "Ti")
STRONG = 0.05  # reflections of this share of the strongest one are compared in position


def samples_of(patterns: xr.Dataset, target: tuple[float, float]) -> NDArray[np.bool_]:
    """Mark the samples of a composition (x, y), shape (n_samples,)."""
    return np.asarray(np.isclose(patterns["x"].values, target[0]) & np.isclose(patterns["y"].values, target[1]))


def neighbours(
    patterns: xr.Dataset, target: tuple[float, float]
) -> tuple[float, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the mean patterns of the two nearest compositions on either side, and the share of the second."""
    x, y = patterns["x"].values, patterns["y"].values
    along, wanted, line = (y, target[1], np.isclose(x, target[0])) if target[1] else (x, target[0], np.isclose(y, 0))
    usable = line & ~samples_of(patterns, target)
    below = along[usable & (along < wanted)].max()
    above = along[usable & (along > wanted)].min()
    first, second = (
        patterns["intensity"].values[usable & np.isclose(along, level)].mean(axis=0) for level in (below, above)
    )
    return float((wanted - below) / (above - below)), (first, second)


def linear_mix(patterns: xr.Dataset, target: tuple[float, float]) -> NDArray[np.float64]:
    """Mix the mean patterns of the two nearest compositions on either side of a composition, shape (n_points,)."""
    share, (first, second) = neighbours(patterns, target)
    return np.asarray((1 - share) * first + share * second)


def stretch_and_mix(patterns: xr.Dataset, target: tuple[float, float]) -> NDArray[np.float64]:
    """Mix the same two means after bringing both to the shift that lies between them, shape (n_points,).

    The shift of one mean against the other is found by correlation on the axis of ln q, without labels: the plainest
    way to a pattern in between that knows of peaks that move.
    """
    two = np.stack(list(neighbours(patterns, target)[1]))
    space = maps.ShiftMap(axis=spectra.shift_axis(patterns), template="medoid")
    shifts = space.fit(np.vstack([two, two.mean(axis=0, keepdims=True)])).register(two)[0]
    share = neighbours(patterns, target)[0]
    between = (1 - share) * shifts[0] + share * shifts[1]
    axis, number = spectra.shift_axis(patterns), np.arange(two.shape[1], dtype=float)
    moved = [
        np.interp(np.interp(axis + shift - between, axis, number), number, row)
        for row, shift in zip(two, shifts, strict=True)
    ]
    return np.asarray((1 - share) * moved[0] + share * moved[1])


def score_generation(
    space: Any, patterns: xr.Dataset, target: tuple[float, float]
) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]]:
    """Generate the pattern of a composition that the map never saw, and compare it with the true ones.

    Parameters
    ----------
    space
        A map fitted on all samples but those of `target`.
    patterns
        All samples, with labels x and y.
    target
        The composition (x, y) left out.

    Returns
    -------
    scores : dict
        ``r2`` against the mean of the true patterns, ``r2_linear_mix`` of the mixture of the neighbours,
        ``r2_stretch_and_mix`` of that after taking the shift between them into account, ``r2_halves`` of one half of
        the true patterns against the other, and the checks; ``refused`` in words where the map refuses.
    curves : dict
        ``pattern``, ``spread``, ``truth`` and ``mix``, each of shape (n_points,); empty after a refusal.
    """
    left = samples_of(patterns, target)
    intensity = patterns["intensity"].values
    truth, mix = intensity[left].mean(axis=0), linear_mix(patterns, target)
    scores: dict[str, Any] = {
        "r2_linear_mix": _r2(truth, mix),
        "r2_stretch_and_mix": _r2(truth, stretch_and_mix(patterns, target)),
        "r2_halves": _agreement_of_halves(intensity[left]),
    }
    wanted = patterns["composition"].values[left][0]
    known = intensity[~left]
    readout = analysis.CompositionReadout().fit(
        np.median(analysis.place_members(space, known), axis=0), patterns["composition"][~left]
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExtrapolationWarning)
            made = analysis.generate(
                space,
                readout,
                composition=wanted,
                known=known,
                points="typical" if isinstance(space, maps.ShiftMap) else "contour",
                tolerance=TOLERANCE,
            )
    except OutsideMapError as refusal:
        return {"r2": None, "refused": str(refusal), **scores}, {}
    scores = {
        "r2": _r2(truth, made.intensity),
        **scores,
        "reconstruction_error": made.reconstruction_error,
        "reconstruction_error_known": made.reconstruction_error_known,
        "distance_to_known": float(made.distance_to_known.min()),
        "typical_spacing": made.typical_spacing,
    }
    spread = np.fmax(np.nan_to_num(made.spread_members), np.nan_to_num(made.spread_points))
    return scores, {"pattern": made.intensity, "spread": spread, "truth": truth, "mix": mix}


def _r2(truth: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(analysis.r2_per_spectrum(truth, other)[0])


def _agreement_of_halves(true: NDArray[np.float64]) -> float | None:
    """R2 of the mean of every second true pattern against the mean of the others; None below four patterns."""
    return _r2(true[::2].mean(axis=0), true[1::2].mean(axis=0)) if len(true) >= 4 else None


def expected_positions(
    structure_list: list[Any], patterns: xr.Dataset, target: tuple[float, float], settings: Settings
) -> NDArray[np.float64]:
    """Predict where the strong peaks of a left-out composition lie, from the lattice of the others.

    The parent cell's a and c are fitted linearly in x and y over all other structures (Vegard); the parent's
    reflections in that cell that reach `STRONG` of the strongest give the positions, shape (n_peaks,), in degree.
    """
    others = [atoms for atoms, left in zip(structure_list, samples_of(patterns, target), strict=True) if not left]
    lattice = structures.lattice_parameters(others)
    levels = np.array([[1.0, atoms.info["x"], atoms.info["y"]] for atoms in others])
    weights, *_ = np.linalg.lstsq(levels, lattice[["a", "c"]].to_numpy(), rcond=None)
    a, c = np.array([1.0, *target]) @ weights
    cell = structures.parent_cell(others[0])
    cell.set_cell([a, a, c], scale_atoms=True)
    found = reflections(cell, wavelength=settings.wavelength, two_theta_max=settings.two_theta[1])
    strong = found.intensity >= STRONG * found.intensity.max()
    return np.asarray(found.two_theta[strong & (found.two_theta > settings.two_theta[0])])


def check_positions(
    curves: dict[str, NDArray[np.float64]],
    structure_list: list[Any],
    patterns: xr.Dataset,
    target: tuple[float, float],
    settings: Settings,
) -> dict[str, Any]:
    """Compare the peaks of a generated pattern, and of the mean true one, with those that the lattice lets expect.

    Returns
    -------
    dict
        Median absolute difference in degree of the ``generated`` and the ``true`` pattern, and how many of the
        expected peaks were found; empty after a refusal.
    """
    if not curves:
        return {}
    expected = expected_positions(structure_list, patterns, target, settings)
    axis = patterns["two_theta"].values
    found = {
        name: analysis.compare_positions(curves[key], expected, within=0.2, axis=axis)
        for name, key in (("generated", "pattern"), ("true", "truth"))
    }
    return {
        "n_peaks_expected": len(expected),
        "n_peaks_found": int(found["generated"]["found"].notna().sum()),
        "position_error_generated": float(found["generated"]["difference"].abs().median()),
        "position_error_true": float(found["true"]["difference"].abs().median()),
    }


def write_formula(amounts: NDArray[np.float64], elements: list[str]) -> str:
    """Write a composition with the elements in the paper's order."""
    order = sorted(range(len(elements)), key=lambda column: ORDER.index(elements[column]))
    return composition.formula_from_array(amounts[order], [elements[column] for column in order])


def formula_of(patterns: xr.Dataset, sample: int) -> str:
    """Write the composition of a sample as a formula."""
    elements = [str(element) for element in patterns["element"].values]
    return write_formula(patterns["composition"].values[sample], elements)
