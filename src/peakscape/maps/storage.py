"""Saved maps: a folder with `map.json` and arrays as safetensors, opened without running any code from it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import InputError, MapError
from peakscape.maps import map_folder, probe
from peakscape.maps.autoencoder import Autoencoder
from peakscape.maps.feature_map import FeatureMap
from peakscape.maps.kda import KDA
from peakscape.maps.lda import LDA
from peakscape.maps.mds import MDS
from peakscape.maps.projections import PCA
from peakscape.maps.shift_map import ShiftMap
from peakscape.maps.tsne import TSNE
from peakscape.maps.umap import UMAP

KINDS: tuple[type[FeatureMap], ...] = (Autoencoder, KDA, LDA, MDS, PCA, ShiftMap, TSNE, UMAP)
CLASSES = {kind.__name__: kind for kind in KINDS}
"""The maps that can be saved, by name."""

PACKAGES = ("peakscape", "numpy", "scipy", "scikit-learn", "numba", "jax", "safetensors")
"""Packages whose versions are written down."""


@dataclass(frozen=True)
class SavedMap:
    """A map and what was saved beside it.

    Attributes
    ----------
    map : FeatureMap
        The fitted map.
    axis : dict
        Name of the axis and its points, shape (n_points,); empty if none was given.
    preparation : dict
        How a pattern is to be prepared before it is placed.
    provenance : dict
        Where the training patterns came from.
    extras : dict
        Arrays by name: training coordinates, compositions.
    versions : dict
        Package versions at the time of saving.
    """

    map: FeatureMap
    axis: dict[str, np.ndarray]
    preparation: dict[str, Any]
    provenance: dict[str, Any]
    extras: dict[str, np.ndarray]
    versions: dict[str, str]


def save(
    map: FeatureMap,
    path: str | os.PathLike[str],
    *,
    axis: Mapping[str, ArrayLike] | None = None,
    preparation: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
    extras: Mapping[str, ArrayLike] | None = None,
) -> None:
    """Save a fitted map as a folder; a map that stood there before is replaced as a whole or not at all.

    Parameters
    ----------
    map
        The fitted map.
    path
        The folder to write.
    axis
        Name of the patterns' axis and its points, such as ``{"two_theta": values}``, shape (n_points,).
    preparation
        How a pattern is to be prepared before it is placed; anything that JSON can hold.
    provenance
        Where the training patterns came from; anything that JSON can hold.
    extras
        Numeric arrays to keep with the map, by name.

    Raises
    ------
    InputError
        If the map is not one of this package, the axis does not fit it, or something cannot be written as JSON.
    sklearn.exceptions.NotFittedError
        If the map is not fitted.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> patterns = np.random.default_rng(0).uniform(size=(6, 20))
    >>> space = PCA().fit(patterns)
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "six.map"
    >>> save(space, folder, axis={"two_theta": np.linspace(5.0, 24.0, 20)})
    >>> bool(np.all(load(folder).transform(patterns) == space.transform(patterns)))
    True
    """
    name = type(map).__name__
    if CLASSES.get(name) is not type(map):
        raise InputError(f"a {name} cannot be saved as a map; expected one of {', '.join(CLASSES)}")
    check_is_fitted(map)
    scalars, arrays = _split_state(map)
    arrays |= {f"axis/{key}": np.asarray(values, dtype=np.float64) for key, values in (axis or {}).items()}
    for key, values in (axis or {}).items():
        if np.shape(values) != (map.n_features_in_,):
            raise InputError(
                f"axis {key} has shape {np.shape(values)}; the map's patterns have {map.n_features_in_} points"
            )
    arrays |= {f"extras/{key}": np.asarray(values) for key, values in (extras or {}).items()}
    description = {
        "format_version": map_folder.FORMAT_VERSION,
        "class": name,
        "parameters": _parameters(map),
        "fitted": scalars,
        "preparation": dict(preparation or {}),
        "provenance": dict(provenance or {}),
        "versions": {package: version(package) for package in PACKAGES},
    }
    arrays |= probe.take(map)
    map_folder.write(Path(path), description, {key: np.ascontiguousarray(array) for key, array in arrays.items()})


def load(path: str | os.PathLike[str]) -> FeatureMap:
    """Open a saved map; it gives the same coordinates as the one that was saved, bit by bit.

    Parameters
    ----------
    path
        The folder that `save` wrote.

    Returns
    -------
    FeatureMap
        The fitted map.

    Raises
    ------
    MapError
        If the folder is not a saved map, a part is missing or changed, its format is newer than this program, or its
        class is unknown.

    Warns
    -----
    DriftWarning
        If the map places the pattern that was saved with it more than 1e-6 away from where it lay.

    Examples
    --------
    >>> load("nowhere.map")
    Traceback (most recent call last):
    ...
    peakscape.errors.MapError: nowhere.map is not a saved map: nowhere.map/map.json cannot be read ...
    """
    return load_saved(path).map


def load_saved(path: str | os.PathLike[str]) -> SavedMap:
    """Open a saved map with all that was saved beside it.

    Parameters
    ----------
    path
        The folder that `save` wrote.

    Returns
    -------
    SavedMap
        The map, its axis, preparation, provenance, extras and package versions.

    Raises
    ------
    MapError
        As `load` does.

    Warns
    -----
    DriftWarning
        As `load` does.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "six.map"
    >>> space = PCA().fit(np.random.default_rng(0).uniform(size=(6, 20)))
    >>> save(space, folder, provenance={"source": "chance"}, extras={"composition": [[1.0], [2.0]]})
    >>> saved = load_saved(folder)
    >>> saved.provenance, saved.extras["composition"].shape
    ({'source': 'chance'}, (2, 1))
    """
    folder = Path(path)
    description = map_folder.read_description(folder)
    if description.get("class") not in CLASSES:
        raise MapError(f"{folder} holds a {description.get('class')!r}; expected one of {', '.join(CLASSES)}")
    arrays = map_folder.read_arrays(folder, description)
    try:
        fitted = CLASSES[description["class"]](**description["parameters"])
        _restore_state(fitted, description["fitted"], arrays)
        probe.compare(fitted, arrays, name=str(folder), versions=description["versions"])
        return SavedMap(
            map=fitted,
            axis=_below(arrays, "axis"),
            preparation=description["preparation"],
            provenance=description["provenance"],
            extras=_below(arrays, "extras"),
            versions=description["versions"],
        )
    except (KeyError, TypeError) as error:
        raise MapError(f"{folder / 'map.json'} lacks a part or has a wrong one: {error}; save the map again") from error


def _parameters(map: FeatureMap) -> dict[str, Any]:
    """Return the constructor's parameters as JSON can hold them; a random generator's state is not kept."""
    parameters: dict[str, Any] = map.get_params(deep=False)
    if "axis" in parameters:
        parameters["axis"] = None if parameters["axis"] is None else np.asarray(parameters["axis"], float).tolist()
    seed = parameters.get("random_state")
    return parameters | {"random_state": int(seed) if isinstance(seed, int | np.integer) else None}


def _split_state(map: FeatureMap) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Divide the fitted attributes into numbers and text for JSON and arrays for safetensors."""
    scalars: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, value in vars(map).items():
        if not name.endswith("_"):
            continue
        if isinstance(value, dict):
            arrays |= {f"fitted/{name}/{key}": array for key, array in value.items()}
        elif isinstance(value, np.ndarray) and value.dtype != object:
            arrays[f"fitted/{name}"] = value
        else:
            scalars[name] = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return scalars, arrays


def _restore_state(map: FeatureMap, scalars: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Set the fitted attributes."""
    for name, value in scalars.items():
        setattr(map, name, np.array(value, dtype=object) if name == "feature_names_in_" else value)
    for name, array in _below(arrays, "fitted").items():
        attribute, _, key = name.partition("/")
        if key:
            if attribute not in vars(map):
                setattr(map, attribute, {})
            getattr(map, attribute)[key] = array
        else:
            setattr(map, attribute, array)
    if hasattr(map, "hidden"):
        map.hidden = tuple(map.hidden)


def _below(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with a prefix, without it."""
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
