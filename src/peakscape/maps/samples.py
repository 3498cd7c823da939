"""Save a map together with what is known of its training samples, so that the folder alone answers questions."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from peakscape import spectra
from peakscape.errors import InputError
from peakscape.maps.feature_map import FeatureMap
from peakscape.maps.storage import save


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
    scales = set(spectra.absorption_scales(samples))
    if len(scales) == 1:
        known["absorption_scale"] = scales.pop()
    if "element" in samples.coords:
        known["element"] = [str(element) for element in samples["element"].values]
    return known
