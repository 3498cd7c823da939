"""Save and open containers of spectra: Zarr 3 to work with, netCDF to send by mail."""

import os
import warnings
from pathlib import Path

import xarray as xr

from peakscape.errors import SpectraError
from peakscape.files import replace_atomically
from peakscape.spectra.container import axis_name, check

SHARD_ROWS = 1024


def save(dataset: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write the spectra to a Zarr store (``.zarr``) or a netCDF file (``.nc``), atomically.

    A Zarr store has chunks of one spectrum in shards of 1,024, so that one random spectrum out of many thousands is
    read in under a millisecond.

    Raises
    ------
    SpectraError
        If the spectra break the convention or the suffix is neither of the two.

    Examples
    --------
    >>> import tempfile
    >>> from peakscape.spectra import make
    >>> path = tempfile.mkdtemp() + "/two.zarr"
    >>> save(make([[0, 1, 0], [0, 2, 1]], q=[1, 2, 3]), path)
    >>> open(path).intensity[1].values
    array([0., 2., 1.])
    """
    check(dataset)
    suffix = Path(path).suffix
    if suffix not in (".zarr", ".nc"):
        raise SpectraError(f"expected a path that ends in .zarr or .nc, got {path}")
    n_points = dataset.sizes[axis_name(dataset)]
    plain = dataset.drop_encoding()
    with replace_atomically(path) as fresh:
        if suffix == ".nc":
            # By way of memory: where the disk is full, HDF5 cannot close its own file and brings the process down.
            fresh.write_bytes(plain.to_netcdf(engine="h5netcdf"))
            return
        encoding = {"intensity": {"chunks": (1, n_points), "shards": (SHARD_ROWS, n_points)}}
        with warnings.catch_warnings():
            # Texts (names, labels) have no data type in the Zarr 3 specification yet; zarr warns at each of them.
            warnings.filterwarnings("ignore", message=".*Zarr V3.*|.*Consolidated metadata.*")
            plain.to_zarr(fresh, mode="w", zarr_format=3, encoding=encoding, consolidated=False)


def open(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open saved spectra; intensities are read from the disk when they are used.

    Raises
    ------
    SpectraError
        If nothing is there, it cannot be opened, or it breaks the convention.

    Examples
    --------
    >>> open("nowhere.zarr")
    Traceback (most recent call last):
    peakscape.errors.SpectraError: there are no spectra at nowhere.zarr
    """
    place = Path(path)
    if not place.exists():
        raise SpectraError(f"there are no spectra at {path}")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*Zarr V3.*|.*Consolidated metadata.*")
            if place.is_dir():
                dataset: xr.Dataset = xr.open_zarr(place, chunks=None, consolidated=False)
            else:
                dataset = xr.open_dataset(place, engine="h5netcdf")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SpectraError(f"{path} cannot be opened as spectra: {error}") from error
    _check_layout(dataset, path)
    return dataset


def _check_layout(dataset: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Check what can be checked without reading the intensities."""
    axis = axis_name(dataset)
    if "intensity" not in dataset or dataset["intensity"].dims != ("sample", axis):
        raise SpectraError(f"{path} holds no variable intensity(sample, {axis})")
    check(dataset.isel(sample=slice(0, 1)))
