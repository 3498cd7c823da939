"""The axis on which a uniform change of a sample moves all of a spectrum by the same amount."""

import numpy as np
import xarray as xr

from peakscape.errors import SpectraError
from peakscape.spectra.container import axis_name


def shift_axis(dataset: xr.Dataset) -> np.ndarray:
    """Return the axis on which a uniform change is a translation: ln q, ln sin(theta) or the energy.

    A lattice that grows by a factor divides every q by it, and so takes its logarithm from every ln q. By Bragg's law q
    is proportional to sin(theta) at any wavelength. An absorption edge moves as a whole along the energy.

    Parameters
    ----------
    dataset
        Spectra on ``two_theta`` (degree), ``q`` (1/angstrom) or ``energy`` (eV).

    Returns
    -------
    ndarray of shape (n_points,)
        Rising; logarithms are natural, the energy is in eV.

    Raises
    ------
    SpectraError
        If an angle or a q is not positive, or an angle reaches 180 degree.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> spectra = make([[0.0, 1.0, 0.0]], q=[1.0, 2.0, 4.0])
    >>> shift_axis(spectra).round(4).tolist()
    [0.0, 0.6931, 1.3863]
    """
    name = axis_name(dataset)
    values = np.asarray(dataset[name].values, dtype=np.float64)
    if name == "energy":
        return values.copy()
    highest = 180.0 if name == "two_theta" else np.inf
    if values.min() <= 0 or values.max() >= highest:
        raise SpectraError(
            f"expected {name} above 0 and below {highest:g}, got {values.min():g} to {values.max():g}; "
            "select the range by spectra.select(dataset, axis_range=...)"
        )
    return np.asarray(np.log(values if name == "q" else np.sin(np.radians(values / 2.0))))
