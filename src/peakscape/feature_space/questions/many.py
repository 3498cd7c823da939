"""Only where many spectra lie: prepared, aligned and placed many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from peakscape.feature_space import axes
from peakscape.feature_space.answers import BLOCK, MAP_AXES

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace


def coordinates(space: FeatureSpace, dataset: xr.Dataset) -> xr.Dataset:
    """Return where spectra lie, without labels; see `FeatureSpace.place`."""
    points, shifts, known = [], [], space._known_rows
    for start in range(0, dataset.sizes["sample"], BLOCK):
        block = dataset.isel(sample=slice(start, start + BLOCK)).load()
        prepared, _ = axes.prepare_for(block, space.recipe_, known)
        moved = space._aligned(prepared["intensity"].values)
        points.append(space.map_.transform(moved.rows))
        shifts.append(moved.shift)
    return xr.Dataset(
        {
            "coordinates": (("sample", "map_axis"), np.concatenate(points)),
            "shift": ("sample", np.concatenate(shifts)),
        },
        coords={
            "name": ("sample", dataset["name"].values.astype(str)),
            "source": ("sample", dataset["source"].values.astype(str)),
            "map_axis": ("map_axis", list(MAP_AXES)),
        },
        attrs={"map": type(space.map_).__name__},
    )
