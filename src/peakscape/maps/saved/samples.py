"""Maps saved together with what is known of their samples, so that the folder alone answers questions."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from peakscape import spectra
from peakscape.errors import InputError, MapError
from peakscape.maps.feature_map import FeatureMap
from peakscape.maps.saved.folder import read_arrays, read_description, write
from peakscape.maps.saved.storage import SavedMap, load_saved, save
from peakscape.spectra.container import SAME_WAVELENGTH, absorption_scales

_SAME_POINTS = 1e-6  # of the span of the axis


def save_with_samples(
    map: FeatureMap,
    path: str | os.PathLike[str],
    samples: xr.Dataset,
    *,
    preparation: Mapping[str, Any] | None = None,
    extras: Mapping[str, ArrayLike] | None = None,
    class_label: str | None = None,
) -> None:
    """Save a fitted map with the axis, coordinates, compositions and numeric labels of its training samples.

    Coordinates are those of the members that did not collapse. The folder then suffices to read compositions from the
    map (`peakscape compose`) and to generate spectra.

    Parameters
    ----------
    map
        The fitted map.
    path
        The folder to write, atomically.
    samples
        The training spectra, prepared as they were for `fit`.
    preparation
        How a spectrum is to be prepared before it is placed; anything that JSON can hold.
    extras
        Further numeric arrays to keep with the map, by name; "spectra", shape (n_samples, n_points), grows when samples
        are added.
    class_label
        A label of the samples, text or number, whose values are kept as names of classes.

    Raises
    ------
    InputError
        If the map cannot be saved or the samples do not fit it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from peakscape.maps import PCA, load_saved
    >>> patterns = np.random.default_rng(0).uniform(size=(6, 20))
    >>> known = spectra.make(patterns, q=np.arange(20.0), labels={"x": np.arange(6)})
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "six.map"
    >>> save_with_samples(PCA().fit(patterns), folder, known)
    >>> load_saved(folder).extras["label_x"].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    """
    axis = spectra.axis_name(samples)
    members = map.transform_members(samples["intensity"].values)
    known = {"coordinates": members[map._trusted()]}
    if "composition" in samples.coords:
        known["composition"] = np.asarray(samples["composition"].values, dtype=float)
    known |= {f"label_{name}": values for name, values in spectra.numeric_labels(samples).items()}
    save(
        map,
        path,
        axis={axis: samples[axis].values},
        preparation=preparation,
        provenance=_provenance(samples) | classes_of(samples, class_label),
        extras={**known, **(extras or {})},
    )


def classes_of(samples: xr.Dataset, label: str | None) -> dict[str, Any]:
    """Return the names of the samples' classes as JSON holds them: ``class_label`` and ``classes``; nothing for None.

    Examples
    --------
    >>> classes_of(spectra.make(np.eye(2), q=[1, 2], labels={"phase": ["a", "b"]}), "phase")
    {'class_label': 'phase', 'classes': ['a', 'b']}
    """
    if label is None:
        return {}
    if label not in samples.coords:
        raise InputError(f"expected the label {label} of all samples of the map; label these with it too")
    values = samples[label].values
    names = [f"{value:g}" if values.dtype.kind == "f" else str(value) for value in values]
    return {"class_label": label, "classes": names}


def _provenance(samples: xr.Dataset) -> dict[str, Any]:
    """Texts and numbers about the samples, as JSON holds them."""
    known: dict[str, Any] = {
        "name": [str(name) for name in samples["name"].values],
        "kind": samples.attrs["kind"],
        "history": str(samples.attrs.get("history", "")),
    }
    if "wavelength" in samples.attrs:
        known["wavelength"] = float(samples.attrs["wavelength"])
    scales = set(absorption_scales(samples))
    if len(scales) == 1:
        known["absorption_scale"] = scales.pop()
    if "element" in samples.coords:
        known["element"] = [str(element) for element in samples["element"].values]
    return known


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
    description = read_description(folder)
    arrays = read_arrays(folder, description)
    arrays |= {f"extras/{name}": np.ascontiguousarray(values) for name, values in larger.extras.items()}
    write(folder, description | {"provenance": larger.provenance}, arrays)
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
