"""X-ray absorption spectra of boron nitride, computed by GPAW (``nitride/provenance.json`` says how)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from peakscape.absorption import CoreHoleSpectrum, dataset_from_core_holes, open_spectra
from peakscape.errors import InputError

_AXES = {"B": (180.0, 216.0), "N": (396.0, 432.0)}
"""eV, on the scale of the calculation: boron on a nitrogen site absorbs from 182.6 eV on, perfect h-BN ends at 220."""


def load_nitride_spectra(*, element: str = "B") -> list[CoreHoleSpectrum]:
    """Open the shipped core-hole spectra of c-, h-, w- and r-BN, perfect, strained, thermally displaced and defective.

    Parameters
    ----------
    element
        Absorbing element: "B", or "N" for the perfect phases.

    Returns
    -------
    list of CoreHoleSpectrum
        Sticks relative to ``edge_energy``, densities of states, structure, settings; ``labels`` hold ``phase``,
        ``layered``, ``kind`` (pristine, strain, snapshot, defect), ``structure`` (what to leave out together),
        ``defect``, ``site`` (bulk, centre, near, next, far), ``distance`` (angstrom from the defect before relaxation),
        ``multiplicity``, ``strain`` (percent), ``amplitude`` (angstrom) and ``relaxation``.

    Examples
    --------
    >>> spectra = load_nitride_spectra()
    >>> spectra[0].name, spectra[0].element
    ('c-BN.pristine.B0', 'B')
    """
    path = Path(str(files("peakscape.datasets"))) / "nitride" / "spectra.npz"
    return [spectrum for spectrum in open_spectra(path) if spectrum.element == element]


def load_foreign_spectra() -> list[CoreHoleSpectrum]:
    """Open the shipped B-K spectra of materials that are no nitride: BP, BAs, alpha boron (two sites), MgB2, TiB2.

    Made with the settings of the nitride set, to try whether a strange spectrum is called strange.

    Returns
    -------
    list of CoreHoleSpectrum
        ``labels`` hold ``phase`` and ``site``.

    Examples
    --------
    >>> load_foreign_spectra()[0].labels["phase"]
    'BP'
    """
    return open_spectra(Path(str(files("peakscape.datasets"))) / "nitride" / "foreign.npz")


def load_nitride_dataset(
    *,
    element: str = "B",
    energy: ArrayLike | None = None,
    gaussian: float = 0.5,
    lorentzian: float = 0.1,
    lorentzian_slope: float = 0.1,
    direction: ArrayLike | None = None,
    normalize: Literal["none", "area"] = "area",
) -> xr.Dataset:
    """Open the shipped spectra broadened onto one axis, as a container with labels and electronic features.

    Parameters
    ----------
    element
        Absorbing element, "B" or "N".
    energy
        Axis in eV (n_points,) on the scale of the calculation, some 1 to 2 eV below measured ones. None takes 180 to
        216 eV for B, 396 to 432 eV for N, in steps of 0.1 eV. Sticks end 30 eV above each edge (coordinate
        ``complete_to``): 2 eV before that 4 to 7 % of the intensity are missing, at it a quarter, and beyond it a map
        would see where the calculation ends.
    gaussian, lorentzian, lorentzian_slope, direction, normalize
        As in :func:`peakscape.absorption.dataset_from_core_holes`.

    Returns
    -------
    xarray.Dataset
        One row for each spectrum of :func:`load_nitride_spectra`.

    Raises
    ------
    InputError
        If no spectra of the element are shipped.

    Examples
    --------
    >>> nitride = load_nitride_dataset()
    >>> nitride.sizes["energy"], nitride.phase[0].item(), round(nitride.pi_star_energy[1].item(), 1)
    (361, 'c-BN', 190.5)
    """
    found = load_nitride_spectra(element=element)
    if not found:
        raise InputError(f"no spectra of {element!r} are shipped; expected 'B' or 'N'")
    if energy is None:
        start, stop = _AXES[element]
        energy = np.linspace(start, stop, 361)
    return dataset_from_core_holes(
        found,
        energy,
        gaussian=gaussian,
        lorentzian=lorentzian,
        lorentzian_slope=lorentzian_slope,
        direction=direction,
        normalize=normalize,
    )
