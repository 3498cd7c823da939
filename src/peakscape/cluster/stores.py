"""Zarr stores that many hands fill: laid out whole from one row, and then written region by region."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from peakscape.cluster.regions import Region
from peakscape.spectra.storage import SHARD_ROWS, quiet_zarr

ROWS_IN_CHUNK = 16
"""Of one spectrum each, as `spectra.save` writes them, regions are read five times as slowly."""


def lay_out(path: Path, one_row: xr.Dataset, n_samples: int, n_rows: int) -> None:
    """Make a store for `n_samples` rows like one, in chunks of `n_rows`.

    Intensities lie in chunks of 16 spectra and in shards; in single precision where that loses nothing of the row.
    """
    import zarr

    template = _plain(one_row.isel(sample=slice(0, 1)))
    encoding: dict[str, dict[str, Any]] = {}
    for name, values in template.variables.items():
        if "sample" in values.dims:
            encoding[str(name)] = {"chunks": (n_rows, *values.shape[1:])}
    if "intensity" in encoding:
        row, n_points = template["intensity"].values, template["intensity"].shape[1]
        encoding["intensity"] = {"chunks": (ROWS_IN_CHUNK, n_points), "shards": (SHARD_ROWS, n_points)}
        if np.array_equal(row.astype(np.float32), row):
            encoding["intensity"]["dtype"] = "float32"
    with quiet_zarr():
        template.to_zarr(path, mode="w", zarr_format=3, encoding=encoding, consolidated=False)
        group = zarr.open_group(path, mode="r+")
        for name in encoding:
            array = group[name]
            array.resize((n_samples, *array.shape[1:]))  # type: ignore[union-attr]


def write(path: Path, rows: xr.Dataset, region: Region) -> None:
    """Write a region's rows to where they belong."""
    fixed = [name for name, values in rows.variables.items() if "sample" not in values.dims]
    with quiet_zarr():
        _plain(rows.drop_vars(fixed)).to_zarr(
            path, region={"sample": slice(region.first, region.stop)}, consolidated=False
        )


def _plain(dataset: xr.Dataset) -> xr.Dataset:
    """Texts of any length, and nothing of how the rows were stored before."""
    texts = {name: values.astype(object) for name, values in dataset.variables.items() if values.dtype.kind in "UT"}
    coords = {name: values for name, values in texts.items() if name in dataset.coords}
    fresh = dataset.assign_coords(coords).assign({name: texts[name] for name in texts if name not in coords})
    return fresh.drop_encoding()
