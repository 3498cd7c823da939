"""Files from the page, read by the worker of `peakscape.isolation`: none can hold the server, text included."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from peakscape import isolation
from peakscape.errors import InputError
from peakscape.feature_space import reading

MOST_SPECTRA = 1_000
"""In one file that is dropped on the page; more take minutes to place."""


def read_upload(path: Path, *, wavelength: float | None, axis: str | None) -> xr.Dataset:
    """Read spectra as `peakscape.feature_space.reading.read` does, within the time and memory of the worker.

    Raises
    ------
    PeakscapeError
        If the file cannot be read, or takes too long or too much memory: the message holds the path.
    InputError
        If it holds more spectra than `MOST_SPECTRA`.
    """
    told, arrays = isolation.call(f"{__name__}:_taken_apart", path, wavelength=wavelength, axis=axis)

    def variable(one: dict[str, Any]) -> xr.Variable:
        return xr.Variable(one["dims"], arrays[one["array"]] if "array" in one else one["texts"], one["attrs"])

    coords = {name: variable(one) for name, one in told["coords"].items()}
    dataset = xr.Dataset({"intensity": variable(told["intensity"])}, coords=coords, attrs=told["attrs"])
    if dataset.sizes["sample"] > MOST_SPECTRA:
        raise InputError(
            f"{path}: holds {dataset.sizes['sample']} spectra; expected at most {MOST_SPECTRA}, place them by the"
            " command `peakscape place`"
        )
    return dataset


def _taken_apart(path: Path, *, wavelength: float | None, axis: str | None) -> tuple[dict[str, Any], list[Any]]:
    """Read a file, in the worker: what JSON holds of the container, and its arrays."""
    dataset = reading.read(path, wavelength=wavelength, axis=axis).load()
    arrays: list[Any] = []

    def apart(variable: xr.DataArray) -> dict[str, Any]:
        one: dict[str, Any] = {"dims": [str(dim) for dim in variable.dims], "attrs": _plain(variable.attrs)}
        if variable.dtype.kind in "biuf":
            arrays.append(variable.values)
            return one | {"array": len(arrays) - 1}
        return one | {"texts": variable.values.astype(str).tolist()}

    coords = {str(name): apart(one) for name, one in dataset.coords.items()}
    return {"intensity": apart(dataset["intensity"]), "coords": coords, "attrs": _plain(dataset.attrs)}, arrays


def _plain(attrs: dict[Any, Any]) -> dict[str, Any]:
    """The attributes that JSON can hold."""
    plain = {str(name): one.item() if isinstance(one, np.generic) else one for name, one in attrs.items()}
    return {name: one for name, one in plain.items() if isinstance(one, str | int | float | bool)}
