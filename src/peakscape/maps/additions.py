"""Add samples to what a saved map knows, without moving anything on it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from peakscape import spectra
from peakscape.errors import InputError, MapError
from peakscape.maps import map_folder
from peakscape.maps.samples import classes_of
from peakscape.maps.storage import SavedMap, load_saved
from peakscape.spectra.container import SAME_WAVELENGTH

_SAME_POINTS = 1e-6  # of the span of the axis


def add_samples(saved: SavedMap | str | os.PathLike[str], samples: xr.Dataset) -> SavedMap:
    """Add samples to the known ones of a saved map; the map itself stays as it is, bit by bit.

    The new samples are placed on the map, and their coordinates, compositions, labels and spectra are appended to those
    saved with it. `provenance` remembers which samples came later and their history; `versions` stays that of the map.

    Parameters
    ----------
    saved
        An opened map, which is not changed; or the path of one, whose folder is replaced as a whole or not at all.
    samples
        Prepared as the map's training spectra, on the map's axis, with names that the map does not have yet and with
        every label that it knows.

    Returns
    -------
    SavedMap
        The map with the larger known set.

    Raises
    ------
    MapError
        If the folder cannot be opened or the map was saved without its samples.
    InputError
        If axis, kind, wavelength, elements, names or labels of the samples do not fit.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from peakscape.maps import PCA, save_with_samples
    >>> patterns = np.random.default_rng(0).uniform(size=(8, 20))
    >>> known = spectra.make(patterns, q=np.arange(20.0), labels={"x": np.arange(8)})
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "six.map"
    >>> save_with_samples(PCA().fit(patterns[:6]), folder, known.isel(sample=slice(0, 6)))
    >>> add_samples(folder, known.isel(sample=[6, 7])).extras["label_x"].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    if isinstance(saved, SavedMap):
        return _grown(saved, spectra.check(samples))
    folder = Path(saved)
    larger = _grown(load_saved(folder), spectra.check(samples))
    description = map_folder.read_description(folder)
    arrays = map_folder.read_arrays(folder, description)
    arrays |= {f"extras/{name}": np.ascontiguousarray(values) for name, values in larger.extras.items()}
    map_folder.write(folder, description | {"provenance": larger.provenance}, arrays)
    return larger


def _grown(saved: SavedMap, samples: xr.Dataset) -> SavedMap:
    names = _check_fit(saved, samples)
    known = saved.extras
    members = saved.map.transform_members(samples["intensity"].values)[saved.map._trusted()]
    new = {"coordinates": members if known["coordinates"].ndim == 3 else np.median(members, axis=0)}
    if "composition" in known:
        new["composition"] = _composition(saved, samples)
    if "spectra" in known:
        new["spectra"] = np.asarray(samples["intensity"].values, dtype=known["spectra"].dtype)
    labels = spectra.numeric_labels(samples)
    for name in known:
        if name.startswith("label_"):
            label = name.removeprefix("label_")
            if label not in labels:
                raise InputError(f"the map knows {label} of its samples; label the new ones with it too")
            new[name] = labels[label]
    extras = {name: _append(values, new[name]) if name in new else values for name, values in known.items()}
    added = {"name": names, "history": str(samples.attrs.get("history", ""))}
    provenance = saved.provenance | {
        "name": [*saved.provenance.get("name", []), *names],
        "added": [*saved.provenance.get("added", []), added],
    }
    if "classes" in saved.provenance:
        fresh = classes_of(samples, saved.provenance.get("class_label"))
        provenance["classes"] = [*saved.provenance["classes"], *fresh["classes"]]
    return replace(saved, extras=extras, provenance=provenance)


def _append(known: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Append rows; coordinates by members have them along the second axis."""
    return np.concatenate([known, np.asarray(new, dtype=known.dtype)], axis=1 if known.ndim == 3 else 0)


def _check_fit(saved: SavedMap, samples: xr.Dataset) -> list[str]:
    """Check axis, kind, wavelength and names; return the new names."""
    if "coordinates" not in saved.extras:
        raise MapError("the map was saved without its samples; make it with save_with_samples or `peakscape fit`")
    axis = spectra.axis_name(samples)
    points = saved.axis.get(axis)
    own = samples[axis].values
    if points is None:
        raise InputError(f"the map is on {', '.join(saved.axis) or 'no known axis'}, the samples are on {axis}")
    if own.shape != points.shape or np.abs(own - points).max() > _SAME_POINTS * np.ptp(points):
        raise InputError(f"the samples are on other points of {axis} than the map; bring them there by resample")
    _check_attributes(saved.provenance, samples.attrs)
    names = [str(name) for name in samples["name"].values]
    every = [*saved.provenance.get("name", []), *names]
    taken = [name for name in names if every.count(name) > 1]
    if taken:
        raise InputError(f"the map has {taken[0]} already, or it comes twice; give each sample a name of its own")
    return names


def _check_attributes(provenance: dict[str, Any], attributes: dict[str, Any]) -> None:
    if provenance.get("kind", attributes["kind"]) != attributes["kind"]:
        raise InputError(f"the map is of {provenance['kind']}, the samples are of {attributes['kind']}")
    of_map, own = provenance.get("wavelength"), attributes.get("wavelength")
    if of_map is not None and own is not None and abs(own - of_map) > SAME_WAVELENGTH * of_map:
        raise InputError(f"the map is of wavelength {of_map:g} angstrom, the samples of {own:g}")


def _composition(saved: SavedMap, samples: xr.Dataset) -> np.ndarray:
    """Amounts of the new samples in the order of the map's elements."""
    elements = [str(element) for element in saved.provenance.get("element", [])]
    if "composition" not in samples.coords:
        raise InputError("the map knows the composition of its samples; give that of the new ones too")
    own = [str(element) for element in samples["element"].values]
    amounts = np.asarray(samples["composition"].values, dtype=float)
    foreign = [name for name, column in zip(own, amounts.T, strict=True) if name not in elements and column.any()]
    if foreign:
        raise InputError(f"the map knows {', '.join(elements)}, the samples also hold {', '.join(foreign)}; fit anew")
    columns = [amounts[:, own.index(name)] if name in own else np.zeros(len(amounts)) for name in elements]
    return np.stack(columns, axis=1)
