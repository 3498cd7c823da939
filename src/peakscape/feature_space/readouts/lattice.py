"""Cell parameters of known or new patterns of an indexed series, beside the shift of all peaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from peakscape import maps
from peakscape.diffraction.lattice import NAMES, Indexed, LatticeFit, q_range
from peakscape.errors import InputError, SpectraError
from peakscape.feature_space import axes
from peakscape.signal.interpolation import points_within
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths
from peakscape.spectra.container import check, numeric_labels, shift_axis

if TYPE_CHECKING:
    from ase import Atoms

    from peakscape.feature_space.space import FeatureSpace

Array = NDArray[np.float64]
K_ALPHA2 = 1.0 / 3.0
"""Share of the second line in the intensity of a K-alpha doublet."""
ENOUGH_TO_REGISTER = 3


def lattice_of(
    space: FeatureSpace,
    indexed_by: Any,
    spectra: xr.Dataset | None = None,
    *,
    space_group: str | None = None,
    hkl: Sequence[Sequence[int]] | None = None,
    limits: tuple[float, float] | None = None,
    zero: bool = True,
    k_alpha2: bool = False,
) -> pd.DataFrame:
    """Fit the cell of an indexed phase to every pattern, beside the shift of all its peaks.

    The places of all reflections that symmetry allows follow from the cell and one error of the zero; each reflection
    has an intensity of its own (G. S. Pawley, J. Appl. Cryst. 14, 357 (1981), doi:10.1107/S0021889881009618). The
    series is followed from pattern to pattern, from the one in the middle.

    Parameters
    ----------
    space
        The space (as its method `FeatureSpace.lattice`: itself).
    indexed_by
        An `ase.Atoms` (of `structures.read`), or the cell as a, b, c in angstrom, alpha, beta, gamma in degree, within
        5 % of those in the middle of the series.
    spectra
        Raw; None fits the known samples.
    space_group
        Of the cell, such as ``"P4mm"``; None: the symmetry that its numbers show, without extinctions.
    hkl
        The only reflections of the cell; None: all that the space group allows.
    limits
        First and last point of the axis that is fitted; None for all.
    zero
        Whether an error of the zero is fitted too.
    k_alpha2
        Whether the patterns hold the second line of the tube.

    Returns
    -------
    pandas.DataFrame
        One row a pattern: ``name``, labels that are numbers, ``shift`` (in ln q; NaN where it cannot be told), ``a`` to
        ``gamma``, ``volume``, ``zero`` (in units of the axis), each with ``_error`` (standard error; 0 where symmetry
        fixes it, NaN where fewer reflections are seen than there are parameters), ``n_lines`` (seen) and ``misfit``.

    Raises
    ------
    InputError, SpectraError, StructureError
        If the cell does not fit its space group, or the patterns are no diffraction or of unknown wavelength.
    """
    check_is_fitted(space, "known_")
    known = space.known_ if spectra is None else axes.prepare_for(check(spectra), space.recipe_)[0]
    points, wavelength = _axis(space)
    inside = points_within(points, limits)
    spacing = 2.0 * np.pi / q_range(points[inside], wavelength)[1]
    indexed = _indexed(indexed_by, space_group, hkl, spacing)
    doublet = _doublet(wavelength) if k_alpha2 else None
    rows = np.asarray(known["intensity"].values, dtype=np.float64)
    shifts = _shifts(space, known, rows)
    fit = LatticeFit(points[inside], indexed, wavelength=wavelength, zero=zero, doublet=doublet)
    start = int(np.argsort(shifts, kind="stable")[len(shifts) // 2])
    found = fit.series(rows[:, inside], start=start, shifts=np.nan_to_num(shifts))
    table: dict[str, Any] = {"name": [str(name) for name in known["name"].values]}
    table |= {name: known[name].values for name in numeric_labels(known) if name not in NAMES}
    table["shift"] = shifts
    for number, name in enumerate(NAMES):
        table[name] = [one.cell[number] for one in found]
        table[f"{name}_error"] = [one.error[number] for one in found]
    for name in ("volume", "volume_error", "zero", "zero_error", "n_lines", "misfit"):
        table[name] = [getattr(one, name) for one in found]
    made = pd.DataFrame(table)
    made.attrs = {"space_group": indexed.space_group, "n_reflections": len(indexed.hkl), "zero_unit": space.axis_unit}
    return made


def _indexed(
    by: Atoms | Sequence[float], space_group: str | None, hkl: Sequence[Sequence[int]] | None, spacing: float
) -> Indexed:
    """Reflections of a cell, or of a structure."""
    if isinstance(by, list | tuple | np.ndarray):
        return Indexed.of_cell(by, space_group, spacing=spacing, hkl=hkl)
    if space_group is not None or hkl is not None:
        raise InputError("a structure tells its space group and reflections itself: give a cell with them, or it alone")
    return Indexed.of_structure(by, spacing=spacing)


def _doublet(wavelength: float | None) -> tuple[float, float]:
    """Wavelength and share of K-alpha2."""
    if wavelength is None:
        raise InputError("K-alpha2 stands at an angle of its own: the spectra must be on two_theta")
    return k_alpha_wavelengths(anode_from_wavelength(wavelength))[1], K_ALPHA2


def _axis(space: FeatureSpace) -> tuple[Array, float | None]:
    """Points of the space's axis, and the wavelength that angles need."""
    if space.known_.attrs["kind"] != "diffraction":
        raise SpectraError("a lattice is told from diffraction patterns; the space is of absorption spectra")
    if space.axis_name == "q":
        return space._axis, None
    wavelength = space.known_.attrs.get("wavelength")
    if wavelength is None:
        raise SpectraError("a lattice needs the wavelength of the patterns; give it when they are read (--wavelength)")
    return space._axis, float(wavelength)


def _shifts(space: FeatureSpace, known: xr.Dataset, rows: Array) -> Array:
    """Shifts of all peaks in ln q: as the space's map has them, else among these patterns; NaN for few."""
    if isinstance(space.map_, maps.ShiftMap):
        return np.asarray(space.map_.register(rows)[0])
    if len(rows) < ENOUGH_TO_REGISTER or not np.ptp(rows, axis=0).any():
        return np.full(len(rows), np.nan)
    return np.asarray(maps.ShiftMap(axis=shift_axis(known)).fit(rows).shifts_)
