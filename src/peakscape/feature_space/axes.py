"""Spectra that come on another axis, grid or wavelength than the space's: brought to it, or refused in words."""

import numpy as np
import xarray as xr

from peakscape import spectra
from peakscape.errors import PeakscapeError, SpectraError
from peakscape.feature_space.remarks import Remark
from peakscape.preparation import Recipe
from peakscape.signal import radiation


def prepare_for(dataset: xr.Dataset, recipe: Recipe) -> tuple[xr.Dataset, tuple[Remark, ...]]:
    """Bring spectra to the axis that a recipe was fitted on and prepare them; say what was done on the way.

    Parameters
    ----------
    dataset
        Spectra as they were read.
    recipe
        The space's, fitted.

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
    if not recipe.is_on_axis(dataset):
        remarks += (Remark.of("resampled"),)
    try:
        return recipe.apply(dataset), remarks
    except PeakscapeError as error:
        axis = recipe.met.axis
        hint = "" if axis in dataset.dims else f"; if its first column is {axis}, say so (axis=, --axis {axis})"
        raise SpectraError(f"{who} cannot be brought onto the space's axis: {error}{hint}") from error


def _on_axis(dataset: xr.Dataset, recipe: Recipe, who: str) -> tuple[xr.Dataset, tuple[Remark, ...]]:
    """Convert angles and q into one another, and angles of one wavelength into those of another."""
    wanted, own = recipe.met.axis, spectra.axis_name(dataset)
    wavelength, own_wavelength = recipe.met.wavelength, dataset.attrs.get("wavelength")
    if "energy" in (wanted, own):
        return dataset, ()
    if own == wanted == "two_theta":
        if wavelength is None:
            return dataset, ()
        if own_wavelength is None:
            raise SpectraError(
                f"the space is of wavelength {wavelength:g} angstrom and that of {who} is not known; give it"
                " (wavelength=, --wavelength)"
            )
        if radiation.same_wavelength(float(own_wavelength), wavelength):
            return dataset, ()
    elif own == wanted:
        return dataset, ()
    needed = wavelength if own == "q" else own_wavelength
    if needed is None:
        of = "the space" if own == "q" else who
        raise SpectraError(
            f"{who} is on {own} and the space on {wanted}: to convert them, the wavelength of {of} must be known; give"
            " it (wavelength=, --wavelength)"
        )
    points = np.asarray(dataset[own].values, dtype=np.float64)
    q = points if own == "q" else radiation.q_from_two_theta(points, float(needed))
    fresh = dataset
    if wanted == "two_theta":
        reached = q < 4.0 * np.pi / float(wavelength) * (1.0 - 1e-12)  # type: ignore[arg-type]
        fresh, q = dataset.isel({own: reached}), q[reached]
    values = q if wanted == "q" else radiation.two_theta_from_q(q, float(wavelength))  # type: ignore[arg-type]
    intensity = fresh["intensity"].values
    fresh = fresh.drop_vars(["intensity", own]).assign_coords({wanted: (wanted, values)})
    fresh["intensity"] = (("sample", wanted), intensity)
    fresh.attrs = dict(dataset.attrs)
    if wavelength is not None:
        fresh.attrs["wavelength"] = wavelength
    told = own if own_wavelength is None else f"{own} at {own_wavelength:g} angstrom"
    goal = wanted if wavelength is None else f"{wanted} at {wavelength:g} angstrom"
    return spectra.remember(spectra.check(fresh), f"converted from {told}"), (
        Remark.of("converted", own=told, wanted=goal),
    )


def scale_remarks(dataset: xr.Dataset, of_space: str | None) -> list[tuple[Remark, ...]]:
    """Return of each spectrum whether its absorption is on another scale than that of the space."""
    scales = spectra.absorption_scales(dataset)
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
