"""Cell parameters of known or new patterns of an indexed series, beside the shift of all peaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from peakscape import maps
from peakscape.diffraction.lattice import NAMES, Indexed, LatticeFit, q_range
from peakscape.errors import InputError, SpectraError
from peakscape.feature_space import axes
from peakscape.signal.interpolation import points_within
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths
from peakscape.spectra.container import numeric_labels, shift_axis

if TYPE_CHECKING:
    from ase import Atoms

    from peakscape.feature_space.space import FeatureSpace

Array = NDArray[np.float64]
K_ALPHA2 = 1.0 / 3.0
"""Share of the second line in the intensity of a K-alpha doublet."""
ENOUGH_TO_REGISTER = 3


def lattice_table(
    space: FeatureSpace,
    dataset: xr.Dataset | None,
    indexed_by: Atoms | Sequence[float],
    *,
    space_group: str | None = None,
    hkl: Sequence[Sequence[int]] | None = None,
    limits: tuple[float, float] | None = None,
    zero: bool = True,
    k_alpha2: bool = False,
) -> pd.DataFrame:
    """Fit cells; see `FeatureSpace.lattice`."""
    known = space.known_ if dataset is None else axes.prepare_for(dataset, space.recipe_)[0]
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
