"""Saved maps: a folder with `map.json` and arrays as safetensors, opened without running any code from it.

With a map goes a probe, one pattern and its coordinates, so that a map that drifts is noticed when it is opened.
"""

import inspect
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peakscape.errors import DriftWarning, InputError, MapError, PeakscapeError
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
    with restoring(folder / "map.json", "map"):
        fitted = map_from_state(description, arrays, name=str(folder))
        compare_probe(fitted, arrays, name=str(folder), versions=texts(description["versions"]))
        axis = below(arrays, "axis")
        if any(points.shape != (fitted.n_features_in_,) for points in axis.values()) or len(axis) > 1:
            raise MapError("it holds an axis that does not fit its map")
        return SavedMap(
            map=fitted,
            axis=axis,
            preparation=_object(description["preparation"]),
            provenance=_object(description["provenance"]),
            extras=below(arrays, "extras"),
            versions=texts(description["versions"]),
        )


@contextmanager
def restoring(place: Path, what: str) -> Iterator[None]:
    """Turn whatever is raised while something is made of a saved folder into MapError: its content is not trusted."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except (MapError, Warning):
        raise
    except PeakscapeError as error:
        raise MapError(f"{place} has a part that cannot be used: {error}; save the {what} again") from error
    except Exception as error:
        reason = " ".join(repr(error).split())[:150]
        raise MapError(f"{place} lacks a part or has a wrong one ({reason}); save the {what} again") from error


def texts(value: Any) -> dict[str, str]:
    """Return an object of texts; TypeError where it is none."""
    if not all(isinstance(one, str) for one in _object(value).values()):
        raise TypeError("expected texts")
    return dict(value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, got {type(value).__name__}")
    return value


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
    map = made(**_checked_parameters(made, _object(description["parameters"])))
    for attribute, value in _object(description["fitted"]).items():
        _check_attribute(made, attribute)
        if not _is_plain(value):
            raise TypeError(f"expected numbers, texts or lists of them as {attribute}")
        setattr(map, attribute, np.array(value, dtype=object) if attribute == "feature_names_in_" else value)
    n_points = getattr(map, "n_features_in_", None)
    if type(n_points) is not int or n_points < 1:
        raise TypeError(f"expected the number of points as n_features_in_, got {n_points!r}"[:100])
    for attribute, array in below(arrays, "fitted").items():
        attribute, _, key = attribute.partition("/")
        _check_attribute(made, attribute)
        if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and np.isinf(array).any()):
            raise TypeError(f"expected finite numbers as {attribute}")
        if key:
            if attribute not in vars(map):
                setattr(map, attribute, {})
            getattr(map, attribute)[key] = array
        else:
            setattr(map, attribute, array)
    return map


_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,60}_")


def _check_attribute(made: type, name: str) -> None:
    """Raise TypeError for what is no fitted attribute: nothing that the class defines is replaced."""
    if not _ATTRIBUTE.fullmatch(name) or name.endswith("__") or hasattr(made, name):
        raise TypeError(f"{name[:60]!r} is no fitted number of a {made.__name__}")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(one) for one in value)
    return value is None or isinstance(value, bool | int | float | str)


def _checked_parameters(made: type, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as the constructor takes them; TypeError where one is unknown or of another type."""
    defaults = {key: parameter.default for key, parameter in inspect.signature(made).parameters.items()}
    parameters = {}
    for key, value in told.items():
        if key not in defaults:
            raise TypeError(f"{key[:60]!r} is no parameter of a {made.__name__}")
        default = defaults[key]
        if not _is_plain(value) or not _fits(value, default):
            raise TypeError(f"expected {key} such as {default!r}, got {value!r}"[:150])
        parameters[key] = tuple(value) if isinstance(value, list) and isinstance(default, tuple) else value
    return parameters


def _fits(value: Any, default: Any) -> bool:
    """Tell whether a value could be of the parameter that has this default."""
    if default is None or default is inspect.Parameter.empty or value is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) == isinstance(value, bool)
    if isinstance(default, str) or isinstance(value, str):
        return isinstance(value, str) and isinstance(default, str)
    if isinstance(default, tuple):
        return isinstance(value, list) and all(_fits(one, default[0] if default else None) for one in value)
    if isinstance(default, int | float) and isinstance(value, int | float):
        return not (default > 0 and value < 0)
    return False


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
    """Return the versions of the packages that a saved map depends on, of those that are installed.

    Examples
    --------
    >>> package_versions()["numpy"] == np.__version__
    True
    """
    return {package: version(package) for package in PACKAGES if _is_installed(package)}


def _is_installed(package: str) -> bool:
    """Tell whether a package is there: jax is only where networks train on graphics processors."""
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def below(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose names begin with a prefix, without it."""
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def take_probe(map: FeatureMap) -> dict[str, np.ndarray]:
    """Return the probe, arrays by name: a pattern away from the middle of the plane, where the map places it, and back.

    Away from the middle, because there every axis of a map counts; back, because decoding uses arrays of its own.
    """
    middle = np.asarray(map.inverse_transform(np.zeros((1, 2))))
    size = float(np.abs(_place(map, middle)).max()) or 1.0
    pattern = np.asarray(map.inverse_transform(_OFF_CENTRE * size))
    pattern = pattern + 0.1 * np.linspace(0.0, float(np.abs(pattern).max()), pattern.shape[1]) ** 2
    place = _place(map, pattern)
    return {
        "probe/pattern": pattern,
        "probe/coordinates": place,
        "probe/decoded": np.asarray(map.inverse_transform(place)),
    }


_OFF_CENTRE = np.array([[0.37, -0.61]])
BROKEN = 1e-2
"""Distance of the probe, relative as `TOLERANCE`, that no other version of a package explains."""


def compare_probe(map: FeatureMap, arrays: Mapping[str, np.ndarray], *, name: str, versions: Mapping[str, Any]) -> None:
    """Place the probe again; DriftWarning, with the packages whose `versions` differ, where it moved.

    Maps that were saved without a probe are not compared; `name` is that of the map, for the message.

    Raises
    ------
    MapError
        If it moved so far that the map is not the one that was saved.
    """
    if "probe/pattern" not in arrays:
        return
    pattern = arrays["probe/pattern"]
    if pattern.shape != (1, map.n_features_in_):
        raise MapError(f"{name} holds a probe that does not fit its map; take a fresh copy")
    place = _place(map, pattern)
    pairs = [(arrays["probe/coordinates"], place)]
    if "probe/decoded" in arrays:
        pairs.append((arrays["probe/decoded"], np.asarray(map.inverse_transform(place))))
    warn_of_drift(pairs, name=name, versions=versions)


def warn_of_drift(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], *, name: str, versions: Mapping[str, Any], stacklevel: int = 5
) -> None:
    """Compare what came out before with what comes out now; DriftWarning for a little, MapError for what is broken."""
    moved = max(_moved(before, now) for before, now in pairs)
    if moved <= TOLERANCE:
        return
    if not moved <= BROKEN:
        raise MapError(f"{name} does not answer as when it was saved: it was changed since; take a fresh copy")
    here = {package: _installed(package) for package in versions}
    other = [f"{package} {old} (here {here[package]})" for package, old in versions.items() if old != here[package]]
    warnings.warn(
        f"{name} places its own probe {moved:.1e} away from where it lay when it was saved; its coordinates cannot"
        f" be compared with earlier ones. Made by: {', '.join(other) or 'the same versions as here'}",
        DriftWarning,
        stacklevel=stacklevel,
    )


def _moved(before: np.ndarray, now: np.ndarray) -> float:
    """Return the largest difference relative to the size; infinity where one is a number and the other is none."""
    if before.shape != now.shape or not np.array_equal(np.isfinite(before), np.isfinite(now)):
        return np.inf
    known = np.isfinite(before)
    if not known.any():
        return 0.0
    size = max(float(np.abs(before[known]).max()), 1.0)
    return float(np.abs(now[known] - before[known]).max()) / size


def _place(map: FeatureMap, pattern: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="X does not have valid feature names")  # scikit-learn's
        return np.asarray(map.transform(pattern))


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
