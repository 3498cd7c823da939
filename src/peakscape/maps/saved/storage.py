"""Saved maps: a folder with `map.json` and arrays as safetensors, opened without running any code from it.

With a map goes a probe, one pattern and its coordinates, so that a map that drifts is noticed when it is opened.
"""

import inspect
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import DriftWarning, InputError, MapError
from peakscape.maps import registry
from peakscape.maps.feature_map import FeatureMap
from peakscape.maps.saved.folder import FORMAT_VERSION, read_arrays, read_description, write

TOLERANCE = 1e-6
"""Largest distance, relative to the size of the coordinates, that rounding under other versions may move a probe."""

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
        If the map is not in the registry, the axis does not fit it, or something cannot be written as JSON.
    sklearn.exceptions.NotFittedError
        If the map is not fitted.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from peakscape.maps import PCA
    >>> patterns = np.random.default_rng(0).uniform(size=(6, 20))
    >>> space = PCA().fit(patterns)
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "six.map"
    >>> save(space, folder, axis={"two_theta": np.linspace(5.0, 24.0, 20)})
    >>> bool(np.all(load(folder).transform(patterns) == space.transform(patterns)))
    True
    """
    state, arrays = map_state(map)
    for key, values in (axis or {}).items():
        if np.shape(values) != (map.n_features_in_,):
            raise InputError(
                f"axis {key} has shape {np.shape(values)}; the map's patterns have {map.n_features_in_} points"
            )
        arrays[f"axis/{key}"] = np.asarray(values, dtype=np.float64)
    arrays |= {f"extras/{key}": np.asarray(values) for key, values in (extras or {}).items()}
    description = {
        "format_version": FORMAT_VERSION,
        **state,
        "preparation": dict(preparation or {}),
        "provenance": dict(provenance or {}),
        "versions": package_versions(),
    }
    write(Path(path), description, arrays | take_probe(map))


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
    >>> from peakscape.maps import PCA
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "six.map"
    >>> space = PCA().fit(np.random.default_rng(0).uniform(size=(6, 20)))
    >>> save(space, folder, provenance={"source": "chance"}, extras={"composition": [[1.0], [2.0]]})
    >>> saved = load_saved(folder)
    >>> saved.provenance, saved.extras["composition"].shape
    ({'source': 'chance'}, (2, 1))
    """
    folder = Path(path)
    description = read_description(folder)
    _kind_of_class(description.get("class"), str(folder))
    arrays = read_arrays(folder, description)
    try:
        fitted = map_from_state(description, arrays, name=str(folder))
        compare_probe(fitted, arrays, name=str(folder), versions=description["versions"])
        return SavedMap(
            map=fitted,
            axis=below(arrays, "axis"),
            preparation=description["preparation"],
            provenance=description["provenance"],
            extras=below(arrays, "extras"),
            versions=description["versions"],
        )
    except (KeyError, TypeError) as error:
        raise MapError(f"{folder / 'map.json'} lacks a part or has a wrong one: {error}; save the map again") from error


def map_state(map: FeatureMap) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return all that makes a fitted map: a description that JSON can hold, and arrays.

    Parameters
    ----------
    map
        The fitted map, of a class in the registry.

    Returns
    -------
    description : dict
        ``class``, ``parameters`` and ``fitted``, the fitted numbers and texts.
    arrays : dict
        The fitted arrays, by names that begin with ``fitted/``.

    Raises
    ------
    InputError
        If the class of the map is not in the registry.
    sklearn.exceptions.NotFittedError
        If the map is not fitted.

    Examples
    --------
    >>> from peakscape.maps import PCA
    >>> patterns = np.random.default_rng(0).uniform(size=(6, 20))
    >>> space = PCA().fit(patterns)
    >>> again = map_from_state(*map_state(space))
    >>> bool(np.all(again.transform(patterns) == space.transform(patterns)))
    True
    """
    name = type(map).__name__
    if registry.kind_of(map) is None:
        raise InputError(
            f"a {name} cannot be saved as a map; expected one of {_class_names()}, or a map that its package names in"
            f" the entry points {registry.ENTRY_POINTS}"
        )
    check_is_fitted(map)
    scalars: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for attribute, value in vars(map).items():
        if not attribute.endswith("_"):
            continue
        if isinstance(value, dict):
            arrays |= {f"fitted/{attribute}/{key}": np.ascontiguousarray(array) for key, array in value.items()}
        elif isinstance(value, np.ndarray) and value.dtype != object:
            arrays[f"fitted/{attribute}"] = np.ascontiguousarray(value)
        else:
            scalars[attribute] = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return {"class": name, "parameters": _parameters(map), "fitted": scalars}, arrays


def map_from_state(
    description: Mapping[str, Any], arrays: Mapping[str, np.ndarray], *, name: str = "the saved map"
) -> FeatureMap:
    """Make a fitted map of what `map_state` returned.

    Parameters
    ----------
    description, arrays
        What `map_state` returned; other keys and arrays beside them are left alone.
    name
        What an error calls it.

    Raises
    ------
    MapError
        If the class is unknown.
    KeyError, TypeError
        If a part is missing or wrong.
    """
    made = _kind_of_class(description.get("class"), name).load()
    defaults = {key: parameter.default for key, parameter in inspect.signature(made).parameters.items()}
    parameters = {
        key: tuple(value) if isinstance(value, list) and isinstance(defaults.get(key), tuple) else value
        for key, value in description["parameters"].items()
    }
    map = made(**parameters)
    for attribute, value in description["fitted"].items():
        setattr(map, attribute, np.array(value, dtype=object) if attribute == "feature_names_in_" else value)
    for attribute, array in below(arrays, "fitted").items():
        attribute, _, key = attribute.partition("/")
        if key:
            if attribute not in vars(map):
                setattr(map, attribute, {})
            getattr(map, attribute)[key] = array
        else:
            setattr(map, attribute, array)
    return map


def _kind_of_class(name: object, where: str) -> registry.MapKind:
    """Row of the class of a saved map; MapError where there is none."""
    kind = registry.find_by_class(name) if isinstance(name, str) else None
    if kind is None:
        raise MapError(f"{where} holds a {name!r}; expected one of {_class_names()}")
    return kind


def _class_names() -> str:
    return ", ".join(kind.class_name for kind in registry.known())


def _parameters(map: FeatureMap) -> dict[str, Any]:
    """Return the constructor's parameters as JSON can hold them; a random generator's state is not kept."""
    parameters: dict[str, Any] = map.get_params(deep=False)
    if "axis" in parameters:
        parameters["axis"] = None if parameters["axis"] is None else np.asarray(parameters["axis"], float).tolist()
    seed = parameters.get("random_state")
    return parameters | {"random_state": int(seed) if isinstance(seed, int | np.integer) else None}


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that a saved map depends on.

    Examples
    --------
    >>> package_versions()["numpy"] == np.__version__
    True
    """
    return {package: version(package) for package in PACKAGES}


def below(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with a prefix, without it."""
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def take_probe(map: FeatureMap) -> dict[str, np.ndarray]:
    """Return the probe, arrays by name: the pattern at the middle of the plane and where the map places it."""
    pattern = np.asarray(map.inverse_transform(np.zeros((1, 2))))
    return {"probe/pattern": pattern, "probe/coordinates": _place(map, pattern)}


def compare_probe(map: FeatureMap, arrays: Mapping[str, np.ndarray], *, name: str, versions: Mapping[str, Any]) -> None:
    """Place the probe again; DriftWarning, with the packages whose `versions` differ, where it moved.

    Maps that were saved without a probe are not compared; `name` is that of the map, for the message.
    """
    if "probe/pattern" not in arrays:
        return
    before, now = arrays["probe/coordinates"], _place(map, arrays["probe/pattern"])
    size = max(float(np.abs(before).max()), 1.0)
    moved = float(np.abs(now - before).max()) / size
    if not moved <= TOLERANCE:
        here = {package: _installed(package) for package in versions}
        other = [f"{package} {old} (here {here[package]})" for package, old in versions.items() if old != here[package]]
        warnings.warn(
            f"{name} places its own probe {moved:.1e} away from where it lay when it was saved; its coordinates cannot"
            f" be compared with earlier ones. Made by: {', '.join(other) or 'the same versions as here'}",
            DriftWarning,
            stacklevel=4,
        )


def _place(map: FeatureMap, pattern: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")  # scikit-learn's
        return np.asarray(map.transform(pattern))


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
