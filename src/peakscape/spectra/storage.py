"""Save and open containers of spectra: Zarr 3 to work with, netCDF to send by mail."""

import json
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from peakscape import isolation
from peakscape.errors import FormatError, InputError, SpectraError
from peakscape.files import replace_atomically, tidy
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
    InputError
        If anything else than saved spectra stands at `path`.

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
    check_free(path)
    n_points = dataset.sizes[axis_name(dataset)]
    plain = dataset.drop_encoding()
    with replace_atomically(path) as fresh:
        if suffix == ".nc":
            # By way of memory: where the disk is full, HDF5 cannot close its own file and brings the process down.
            fresh.write_bytes(plain.to_netcdf(engine="h5netcdf"))
            return
        encoding = {"intensity": {"chunks": (1, n_points), "shards": (SHARD_ROWS, n_points)}}
        with quiet_zarr():
            plain.to_zarr(fresh, mode="w", zarr_format=3, encoding=encoding, consolidated=False)


@contextmanager
def quiet_zarr() -> Iterator[None]:
    """Ignore zarr's warnings that texts (names, labels) are in no standard yet; each version has its own words."""
    not_yet = r".*(not part in the Zarr format 3|does not have a Zarr (V3|format 3)) specification.*"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=not_yet)
        yield


def check_free(path: str | os.PathLike[str]) -> None:
    """Raise InputError where saving at `path` would replace anything else than spectra that `save` wrote.

    Examples
    --------
    >>> check_free("nothing.zarr")
    """
    place = Path(path)
    if not place.exists():
        return
    if place.is_dir():
        ours = not any(place.iterdir()) or (_is_store(place) and _bears_intensity(place / "zarr.json"))
    elif place.suffix == ".nc":
        ours = bool(isolation.call(f"{__name__}:_is_netcdf_of_ours", place.absolute())[0])
    else:
        ours = False
    if not ours:
        raise InputError(
            f"{place} is not spectra that peakscape wrote, and nothing else is replaced; choose another name"
        )


_CHUNK = re.compile(r"c|\d+")


def _is_store(folder: Path) -> bool:
    """Tell whether a folder holds nothing but arrays of Zarr and their numbers."""
    for part in folder.iterdir():
        if part.is_symlink():
            return False
        if part.is_dir():
            if part.name != "c" and not (part / "zarr.json").is_file():
                return False
            inside = [one for one in part.rglob("*") if one.is_symlink() or one.is_file()]
            if any(one.name != "zarr.json" and not _CHUNK.fullmatch(one.name) for one in inside):
                return False
        elif part.name not in ("zarr.json", "c"):
            return False
    return True


def _bears_intensity(description: Path) -> bool:
    try:
        found = json.loads(description.read_text(encoding="utf-8"))
        return bool(found["attributes"]["kind"]) and (description.parent / "intensity" / "zarr.json").is_file()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _is_netcdf_of_ours(path: Path) -> tuple[bool, list[NDArray[Any]]]:
    """Tell, in the worker, whether a file is netCDF with spectra."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            return "intensity" in file and "kind" in file.attrs, []
    except OSError:
        return False, []


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
    return with_texts(open_unread(path))


def open_unread(path: str | os.PathLike[str]) -> xr.Dataset:
    """Open saved spectra as `open` does and read nothing of what lies along samples, texts included.

    For who reads rows of very many: `with_texts` then makes the texts of these rows what they are elsewhere.
    """
    place = Path(path)
    tidy(place)
    if not place.exists():
        raise SpectraError(f"there are no spectra at {path}")
    if not place.is_dir():
        _try_netcdf(place)
    try:
        with quiet_zarr():
            if place.is_dir():
                dataset: xr.Dataset = xr.open_zarr(place, chunks=None, consolidated=False)
            else:
                dataset = xr.open_dataset(place, engine="h5netcdf")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SpectraError(f"{path} cannot be opened as spectra: {error}") from error
    _check_layout(dataset, path)
    return dataset


def with_texts(dataset: xr.Dataset) -> xr.Dataset:
    """Texts of any length, as stores have them that were written region by region, as texts of one width."""
    texts = {str(name): values for name, values in dataset.coords.items() if values.dtype.kind == "T"}
    return dataset.assign_coords({name: values.astype(_width(values)) for name, values in texts.items()})


def _width(values: xr.DataArray) -> str:
    return f"<U{max((len(text) for text in values.values.ravel()), default=1) or 1}"


def _try_netcdf(place: Path) -> None:
    """Have the worker read a whole file first: a damaged one may keep the library busy for ever, or fill the memory."""
    if not place.is_file():
        raise SpectraError(f"{place} is not a regular file")
    try:
        isolation.call(f"{__name__}:_read_netcdf", place)
    except FormatError as error:
        raise SpectraError(f"{place} cannot be opened as spectra: {_without(place, error)}") from None


def _without(place: Path, error: Exception) -> str:
    return str(error).removeprefix(str(place)).lstrip(": ")


def _read_netcdf(path: Path) -> tuple[None, list[NDArray[Any]]]:
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        dataset.load()
    return None, []


def _check_layout(dataset: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Check what can be checked without reading the intensities."""
    axis = axis_name(dataset)
    if "intensity" not in dataset or dataset["intensity"].dims != ("sample", axis):
        raise SpectraError(f"{path} holds no variable intensity(sample, {axis})")
    check(dataset.isel(sample=slice(0, 1)))
