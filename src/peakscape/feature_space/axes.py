"""Spectra that come on another axis, grid or wavelength than the space's: brought to it and aligned within bounds."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.analysis import Identifier
from peakscape.analysis.naming import Search
from peakscape.errors import PeakscapeError, SpectraError, WavelengthMissing
from peakscape.feature_space.common_part import extended, filled
from peakscape.feature_space.remarks import Remark
from peakscape.preparation import Recipe
from peakscape.signal import interpolation, radiation
from peakscape.spectra.container import absorption_scales, remember

Array = NDArray[np.float64]


def prepare_for(
    dataset: xr.Dataset, recipe: Recipe, known: Array | None = None
) -> tuple[xr.Dataset, tuple[Remark, ...]]:
    """Bring spectra to the axis that a recipe was fitted on and prepare them; say what was done on the way.

    Spectra that lack a little of the axis are placed on the part that they share with it.

    Parameters
    ----------
    dataset
        Spectra as they were read.
    recipe
        The space's, fitted.
    known
        The space's prepared spectra (n_known, n_points): what a spectrum lacks is taken from the nearest of them; None
        leaves it continued by its ends.

    Returns
    -------
    prepared : xarray.Dataset
    remarks : tuple of Remark
        True of every spectrum of `dataset`.

    Raises
    ------
    SpectraError
        If they are of another kind, their axis cannot be converted or does not cover the space's, or the wavelength
        that the conversion needs is not known.
    """
    who = first_name(dataset)
    dataset, remarks = _on_axis(dataset, recipe, who)
    own = dataset
    dataset = _on_common_part(own, recipe)
    if dataset is not own:
        remarks += (_told_of_part(own, recipe.needed),)
    if not recipe.is_on_axis(dataset):
        remarks += (Remark.of("resampled"),)
    try:
        prepared = recipe.apply(dataset)
        return (prepared if dataset is own or known is None else _filled(prepared, own, known)), remarks
    except PeakscapeError as error:
        axis = recipe.met.axis
        hint = "" if axis in dataset.dims else f"; if its first column is {axis}, say so (axis=, --axis {axis})"
        raise SpectraError(f"{who} cannot be brought onto the space's axis: {error}{hint}") from error


LOSES = frozenset({"background", "normalize", "bandpass", "contrast"})
"""Steps that take exposure or background away."""


def loses(recipe: Recipe) -> bool:
    """Say whether a recipe takes something away, so that what was recorded tells more than what is prepared."""
    names = [name for name, _ in recipe.steps]
    return bool(LOSES & set(names)) and "resample" not in names


def recorded(dataset: xr.Dataset, recipe: Recipe) -> Array:
    """Return spectra as they were recorded, on the points that a recipe was fitted on, (n_samples, n_points)."""
    dataset, _ = _on_axis(dataset, recipe, first_name(dataset))
    dataset = _on_common_part(dataset, recipe)
    if not recipe.is_on_axis(dataset):
        dataset = spectra.resample(dataset, recipe.met.points)
    return np.asarray(dataset["intensity"].values, dtype=np.float64)


def _on_common_part(dataset: xr.Dataset, recipe: Recipe) -> xr.Dataset:
    """Continue spectra that lack a little of the axis; the same ones where they do not."""
    return extended(dataset, recipe.needed) if spectra.axis_name(dataset) == recipe.met.axis else dataset


def _told_of_part(dataset: xr.Dataset, points: Array) -> Remark:
    axis = spectra.axis_name(dataset)
    own = dataset[axis].values
    low, high = max(own[0], points[0]), min(own[-1], points[-1])
    return Remark.of("common_part", axis=axis, low=low, high=high, start=points[0], end=points[-1])


def _filled(prepared: xr.Dataset, own: xr.Dataset, known: Array) -> xr.Dataset:
    """Take what spectra lack from the nearest known ones, where the preparation has left them on their axis."""
    axis = spectra.axis_name(own)
    if axis not in prepared.dims or prepared.sizes[axis] != known.shape[1]:
        return prepared
    points, measured = prepared[axis].values, own[axis].values
    shared = (points >= measured[0]) & (points <= measured[-1])
    rows = filled(np.asarray(prepared["intensity"].values, dtype=np.float64), known, shared)
    return prepared.assign(intensity=(prepared["intensity"].dims, rows, dict(prepared["intensity"].attrs)))


def _on_axis(dataset: xr.Dataset, recipe: Recipe, who: str) -> tuple[xr.Dataset, tuple[Remark, ...]]:
    """Convert angles and q into one another, and angles of one wavelength into those of another."""
    wanted, own = recipe.met.axis, spectra.axis_name(dataset)
    wavelength, own_wavelength = recipe.met.wavelength, dataset.attrs.get("wavelength")
    if "energy" in (wanted, own) or (own == wanted and (own == "q" or wavelength is None)):
        return dataset, ()
    if own == wanted and own_wavelength is None:
        raise WavelengthMissing(
            f"the space is of wavelength {wavelength:g} angstrom and that of {who} is not known; give it"
            " (wavelength=, --wavelength)"
        )
    if own == wanted and radiation.same_wavelength(own_wavelength, wavelength):
        return dataset, ()
    needed = wavelength if own == "q" else own_wavelength
    if needed is None:
        of = "the space" if own == "q" else who
        raise (SpectraError if own == "q" else WavelengthMissing)(
            f"{who} is on {own} and the space on {wanted}: to convert them, the wavelength of {of} must be known; give"
            " it (wavelength=, --wavelength)"
        )
    told = own if own_wavelength is None else f"{own} at {own_wavelength:g} angstrom"
    goal = wanted if wavelength is None else f"{wanted} at {wavelength:g} angstrom"
    fresh = remember(_converted(dataset, own, wanted, float(needed), wavelength), f"converted from {told}")
    return fresh, (Remark.of("converted", own=told, wanted=goal),)


def _converted(dataset: xr.Dataset, own: str, wanted: str, needed: float, wavelength: float | None) -> xr.Dataset:
    """The same intensities on another axis; points that no angle of the space's wavelength reaches are left out."""
    points = np.asarray(dataset[own].values, dtype=np.float64)
    q = points if own == "q" else radiation.q_from_two_theta(points, needed)
    if wanted == "two_theta":
        goal = needed if wavelength is None else wavelength
        reached = q < 4.0 * np.pi / goal * (1.0 - 1e-12)
        if reached.sum() < 2:
            raise SpectraError(
                f"{first_name(dataset)} is on {own} from {points[0]:g}, which no angle reaches at the space's"
                f" {goal:g} angstrom; is its axis {own} indeed?"
            )
        dataset, q = dataset.isel({own: reached}), q[reached]
        values = radiation.two_theta_from_q(q, goal)
    else:
        values = q
    intensity = dataset["intensity"].values
    fresh = dataset.drop_vars(["intensity", own]).assign_coords({wanted: (wanted, values)})
    fresh["intensity"] = (("sample", wanted), intensity)
    fresh.attrs = dict(dataset.attrs) | ({} if wavelength is None else {"wavelength": wavelength})
    return spectra.check(fresh)


def scale_remarks(dataset: xr.Dataset, of_space: str | None) -> list[tuple[Remark, ...]]:
    """Return of each spectrum whether its absorption is on another scale than that of the space."""
    scales = absorption_scales(dataset)
    told = {
        ("as counted", "edge step"): "on the scale of its edge step, and the space's spectra are as they were counted;"
        " read it raw (absorption='raw', --absorption raw)",
        ("edge step", "as counted"): "as it was counted, for its file does not say that it is raw absorption, and the"
        " space's spectra are on the scale of their edge step; absorption='all', --absorption all brings it there",
    }
    texts = [told.get((of_space or "", scale)) for scale in scales] or [None] * dataset.sizes["sample"]
    return [() if text is None else (Remark.of("other_scale", text=text),) for text in texts]


def first_name(dataset: xr.Dataset) -> str:
    """Return the source, else the name, of the first sample."""
    source = str(dataset["source"].values[0]) if "source" in dataset.coords else ""
    return source or str(dataset["name"].values[0])


@dataclass(frozen=True)
class Aligned:
    """Spectra after alignment.

    Attributes
    ----------
    rows : ndarray of shape (n_samples, n_points)
        Moved.
    shift, stretch : ndarray of shape (n_samples,)
        By which: a position p became ``pivot + (p - pivot) * stretch + shift``.
    at_bound : ndarray of bool, shape (n_samples,)
        Whether the shift is the largest allowed.
    """

    rows: Array
    shift: Array
    stretch: Array
    at_bound: NDArray[np.bool_]


def has_structure(row: Array) -> bool:
    """Whether a spectrum (n_points,) is no constant: one that is has no likeness to any other."""
    centred = row - row.mean()
    return bool(np.linalg.norm(centred) > 1e-12 * np.abs(row).max())


def align(rows: Array, axis: Array, finder: Identifier | None) -> Aligned:
    """Move each spectrum to where it is most like the known spectrum that is most like it.

    Likeness is Pearson's correlation, as for the class, so that the class and every other answer are those of one
    position. Without a finder, or with one that moves nothing, spectra stay as they are, bit by bit.

    Parameters
    ----------
    rows
        Prepared spectra, (n_samples, n_points).
    axis
        Positions, (n_points,).
    finder
        Knows the spectra, and the bounds by its search.
    """
    n_samples = len(rows)
    search = Search() if finder is None or finder.search is None else finder.search
    moves = search.moves()
    if finder is None or len(moves) == 1:
        return Aligned(rows, np.zeros(n_samples), np.ones(n_samples), np.zeros(n_samples, dtype=bool))
    pivot = float(axis[[0, -1]].mean()) if search.pivot is None else search.pivot
    largest = max(abs(shift) for shift, _ in moves)
    moved = np.empty_like(rows)
    shifts, stretches = np.empty(n_samples), np.empty(n_samples)
    for number, row in enumerate(rows):
        shift, stretch = finder.best_move(row) if has_structure(row) else (0.0, 1.0)
        moved[number] = interpolation.move(row, axis, shift, stretch=stretch, pivot=pivot)
        shifts[number], stretches[number] = shift, stretch
    at_bound = (largest > 0) & (np.abs(shifts) >= largest - 1e-12)
    return Aligned(moved, shifts, stretches, at_bound)


def finder_of(known: Array, axis: Array, search: Search) -> Identifier | None:
    """Return what finds the best move where a space predicts no class; None where nothing is to be moved."""
    if len(search.moves()) == 1:
        return None
    finder = Identifier(axis=axis, search=search)
    # as many classes as spectra: the finder is asked for the best move, not for a class
    finder.know(known, np.arange(len(known)).astype(str), groups=np.arange(len(known)))
    return finder
