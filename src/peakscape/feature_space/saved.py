"""Saved spaces: one folder, opened without running any code from it; maps saved by earlier versions open too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.analysis import Search, restore_identifier
from peakscape.analysis.novelty.farness import Farness
from peakscape.errors import InputError, MapError, PeakscapeError
from peakscape.feature_space.classes import ClassReadout, restore_class
from peakscape.feature_space.display import versions
from peakscape.feature_space.known import COMPOSITION, KnownClass, KnownLabel, as_class
from peakscape.feature_space.labels import fit_label, restore_label, ways_of
from peakscape.feature_space.left_out_maps import LeftOutMaps
from peakscape.feature_space.novelty import Explained, Judge, Likeness, Nearest, restore_novelty
from peakscape.feature_space.remarks import Remark
from peakscape.maps import registry
from peakscape.maps import saved as saved_maps
from peakscape.preparation import Recipe

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace

SPACE_FILE = "space.json"
MAP_FILE = "map.json"
FORMAT_VERSION = 1
"""Version of the folder's layout; a program opens its own and older ones."""


def save(space: FeatureSpace, path: Path) -> Path:
    """Write a fitted space as a folder; see `FeatureSpace.save`."""
    map_described, map_arrays = saved_maps.map_state(space.map_)
    arrays = {f"map/{name}": array for name, array in map_arrays.items()}
    arrays["coordinates"] = space.coordinates_
    arrays["known/intensity"] = space._known_rows.astype(np.float32)
    if space.raw_ is not None:
        arrays["known/raw"] = space.raw_.astype(np.float32)
    described: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "parameters": {"level": space.level, "novelty": space.novelty, "random_state": space.random_state},
        "map": map_described,
        "map_key": space.map_key_,
        "map_reason": space.map_reason_,
        "supervised_by": space.supervised_by_,
        "preparation": space.recipe_.to_dict(),
        "search": _search_state(space.search_),
        "provenance": space.provenance_,
        "remarks": [[remark.code, remark.text] for remark in space.remarks_],
        "versions": versions(),
        "known": _known_state(space, arrays),
        "labels": [],
        "classes": [],
        "novelty": None if space.novelty_ is None else space.novelty_.rule,
    }
    for name, readout in space.label_readouts_.items():
        told, more = readout.state()
        described["labels"].append(told)
        arrays |= {f"label/{name}/{key}": array for key, array in more.items()}
    for name, classes in space.class_readouts_.items():
        told, more = classes.state(space._known_rows)
        described["classes"].append(told)
        arrays |= {f"class/{name}/{key}": array for key, array in more.items()}
    if space.novelty_ is not None:
        arrays |= {f"novelty/{key}": array for key, array in space.novelty_.state().items()}
    arrays |= saved_maps.take_probe(space.map_)
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    saved_maps.write(path, described, contiguous, file=SPACE_FILE)
    return path


def _search_state(search: Search) -> dict[str, Any]:
    stretches = [float(value) for value in search.stretches]
    return {"max_shift": search.max_shift, "step": search.step, "stretches": stretches, "pivot": search.pivot}


def _known_state(space: FeatureSpace, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Return text about the known samples; their numbers go to `arrays`."""
    known = space.known_
    told: dict[str, Any] = {
        "name": space.names,
        "source": [str(source) for source in known["source"].values],
        "kind": str(known.attrs["kind"]),
        "history": str(known.attrs.get("history", "")),
        "wavelength": known.attrs.get("wavelength"),
        "element": [str(element) for element in known["element"].values] if COMPOSITION in known.coords else None,
        "texts": {},
    }
    for name, values in known.coords.items():
        if name == COMPOSITION or (values.dims == ("sample",) and values.dtype.kind in "iufb"):
            arrays[f"known/label/{name}"] = np.asarray(values.values, dtype=np.float64)
        elif values.dims == ("sample",) and name not in ("name", "source"):
            told["texts"][str(name)] = [str(value) for value in values.values]
    return told


def opened(folder: Path, make: type[FeatureSpace]) -> FeatureSpace:
    """Open a saved space as an object of the class `make`; see `open_space`."""
    if (folder / MAP_FILE).is_file() and not (folder / SPACE_FILE).exists():
        return _from_saved_map(saved_maps.load_saved(folder), make, name=str(folder))
    if not (folder / SPACE_FILE).is_file():
        raise MapError(
            f"{folder} is not a saved space: it has no {SPACE_FILE}; give a folder that `peakscape fit` or"
            " FeatureSpace.save wrote"
        )
    described = saved_maps.read_description(folder, file=SPACE_FILE)
    arrays = saved_maps.read_arrays(folder, described)
    try:
        return _restored(described, arrays, make, str(folder))
    except PeakscapeError as error:
        raise MapError(f"{folder / SPACE_FILE} has a part that cannot be used: {error}") from error
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise MapError(
            f"{folder / SPACE_FILE} lacks a part or has a wrong one ({error!r}); save the space again"
        ) from error


def _restored(
    described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], make: type[FeatureSpace], name: str
) -> FeatureSpace:
    space = make(**described["parameters"], search=_search(described["search"]))
    space.map_ = saved_maps.map_from_state(described["map"], _below(arrays, "map"))
    saved_maps.compare_probe(space.map_, arrays, name=name, versions=described["versions"])
    space.map_key_, space.map_reason_ = str(described["map_key"]), str(described["map_reason"])
    space.supervised_by_, space._targets = described["supervised_by"], None
    space.recipe_ = Recipe.from_dict(described["preparation"])
    space.search_ = _search(described["search"])
    space.provenance_ = dict(described["provenance"])
    space.remarks_ = tuple(Remark(code, text) for code, text in described["remarks"])
    space.known_ = _known(described["known"], arrays, space.recipe_)
    space.coordinates_ = np.asarray(arrays["coordinates"], dtype=np.float64)
    if space.coordinates_.shape[1:] != (space.known_.sizes["sample"], 2):
        raise InputError(f"the space holds coordinates of shape {space.coordinates_.shape}")
    space.raw_ = np.asarray(arrays["known/raw"], dtype=np.float64) if "known/raw" in arrays else None
    maps, ways = LeftOutMaps(space.map_, space._known_rows), ways_of(space.known_, space.raw_)
    space.label_readouts_ = {}
    for told in described["labels"]:
        label = _label(space.known_, told["name"])
        own = _below(arrays, f"label/{told['name']}")
        space.label_readouts_[told["name"]] = restore_label(told, own, label, maps, ways, space._axis, space.level)
    space.class_readouts_ = {
        told["name"]: restore_class(
            told, _below(arrays, f"class/{told['name']}"), as_class(space.known_, told["name"]), space._known_rows
        )
        for told in described["classes"]
    }
    space.novelty_ = None
    if described["novelty"] is not None:
        identifier = next((one.identifier for one in space.class_readouts_.values()), None)
        space.novelty_ = restore_novelty(
            described["novelty"], _below(arrays, "novelty"), space.map_, space._known_rows,
            unit=space.axis_unit, identifier=identifier,
        )  # fmt: skip
    return space


def _search(told: Mapping[str, Any]) -> Search:
    return Search(
        max_shift=told["max_shift"], step=told["step"], stretches=tuple(told["stretches"]), pivot=told["pivot"]
    )


def _below(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def _known(told: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], recipe: Recipe) -> xr.Dataset:
    """The known samples as a container."""
    numbers = _below(arrays, "known/label")
    labels: dict[str, Any] = {name: values for name, values in numbers.items() if name != COMPOSITION}
    labels |= {name: np.array(values, dtype=str) for name, values in told["texts"].items()}
    axis: dict[str, Any] = {recipe.left.axis: recipe.left.points}
    return spectra.make(
        arrays["known/intensity"],
        kind=told["kind"],
        wavelength=told["wavelength"],
        name=told["name"],
        source=told["source"],
        composition=numbers.get(COMPOSITION),
        elements=told["element"],
        labels=labels,
        history=[told["history"]],
        **axis,
    )


def _label(known: xr.Dataset, name: str) -> KnownLabel:
    from peakscape.feature_space.asking import known_label

    return known_label(known, name)


def _from_saved_map(saved: Any, make: type[FeatureSpace], *, name: str) -> FeatureSpace:
    """Make a space of a map saved by the versions before feature spaces, with all that it kept.

    Parameters
    ----------
    saved
        Of `maps.saved.load_saved`.
    name
        For messages.

    Raises
    ------
    MapError
        If the map was saved without its axis, its samples or their spectra.
    """
    if not saved.axis or "coordinates" not in saved.extras:
        raise MapError(f"{name} was saved without the axis or the places of its samples; fit the space anew")
    space = make()
    space.map_, space.map_key_ = saved.map, type(saved.map).__name__
    space.map_reason_, space.supervised_by_, space._targets = "as saved", saved.provenance.get("class_label"), None
    space.recipe_ = recipe_of_saved(saved)
    space.search_ = Search()
    space.provenance_ = {
        key: saved.provenance[key] for key in ("history", "absorption_scale") if key in saved.provenance
    }
    coordinates = saved.extras["coordinates"]
    space.coordinates_ = coordinates if coordinates.ndim == 3 else coordinates[np.newaxis]
    space.known_ = _known_of_saved(saved, space.coordinates_, space.recipe_)
    space.remarks_, space.raw_ = (), None
    maps, ways = LeftOutMaps(space.map_, space._known_rows), ways_of(space.known_, None)
    names = [key.removeprefix("label_") for key in saved.extras if key.startswith("label_")]
    if COMPOSITION in saved.extras:
        names = [COMPOSITION, *names]
    labels = [_label(space.known_, one) for one in names]
    readable = [label for label in labels if len(np.unique(label.values, axis=0)) > 1]
    n_folds = 5 if registry.is_slow(space.map_) else 30
    space.label_readouts_ = {
        label.name: fit_label(label, maps, ways, space._axis, level=space.level, groups=None, n_folds=n_folds)
        for label in readable
    }
    space.class_readouts_, space.novelty_ = _judged_of_saved(saved, space)
    return space


def recipe_of_saved(saved: Any) -> Recipe:
    """Return how spectra are prepared for a saved map; the oldest have kept no more than a scale.

    Raises
    ------
    MapError
        If the map's preparation cannot be used, or does not lead onto its axis.
    """
    [(axis, points)] = saved.axis.items()
    kept = dict(saved.preparation)
    if "steps" not in kept:
        if set(kept) - {"scale"}:
            raise MapError(f"the map's preparation holds {', '.join(kept)}, which this program does not know")
        by = kept.get("scale") or "none"
        steps = [{"name": "normalize", "parameters": {"by": by}, "learned": {"by": by}}] if by != "none" else []
        kept = {"format_version": 1, "kind": saved.provenance.get("kind", "diffraction"), "axis": axis, "steps": steps}
        kept |= {"points": points, "wavelength": saved.provenance.get("wavelength")}
    try:
        recipe = Recipe.from_dict(kept)
    except PeakscapeError as error:
        raise MapError(f"the map's preparation cannot be used: {error}") from error
    if recipe.left.axis != axis or not np.array_equal(recipe.left.points, points):
        raise MapError("the map's preparation does not lead onto the map's axis; fit the space anew")
    return recipe


def _known_of_saved(saved: Any, coordinates: NDArray[np.float64], recipe: Recipe) -> xr.Dataset:
    """Known samples of a saved map; where their spectra were not kept, those that the map decodes at their places."""
    n_known = coordinates.shape[1]
    rows = saved.extras.get("spectra")
    if rows is None or len(rows) != n_known:
        rows = np.asarray(saved.map.inverse_transform(np.median(coordinates, axis=0))).astype(np.float32)
    labels: dict[str, Any] = {
        key.removeprefix("label_"): values for key, values in saved.extras.items() if key.startswith("label_")
    }
    provenance = saved.provenance
    if "classes" in provenance and len(provenance["classes"]) == n_known:
        labels[str(provenance["class_label"])] = np.array(provenance["classes"], dtype=str)
    axis: dict[str, Any] = {recipe.left.axis: recipe.left.points}
    return spectra.make(
        rows,
        kind=str(provenance.get("kind", "diffraction")),
        wavelength=provenance.get("wavelength"),
        name=provenance.get("name"),
        composition=saved.extras.get(COMPOSITION),
        elements=provenance.get("element"),
        labels=labels,
        history=[str(provenance.get("history", ""))],
        **axis,
    )


def _judged_of_saved(saved: Any, space: FeatureSpace) -> tuple[dict[str, ClassReadout], Judge | None]:
    """Classes and novelty as the map kept them."""
    from peakscape.feature_space.classes import fit_class

    classes: dict[str, ClassReadout] = {}
    identifier = None
    label_name = saved.provenance.get("class_label")
    kept = {k.removeprefix("identifier_"): v for k, v in saved.extras.items() if k.startswith("identifier_")}
    if label_name is not None:
        label = KnownClass(str(label_name), as_class(space.known_, str(label_name)).values)
        maps = LeftOutMaps(space.map_, space._known_rows, label.values)
        alone = np.arange(len(label.values))
        try:
            classes[label.name] = fit_class(label, maps, space._axis, Search(), alone, random_state=0)
        except InputError as error:
            space.remarks_ += (Remark.of("not_classified", label=label.name, text=error),)
        if kept and label.name in classes:
            identifier = restore_identifier(kept, sorted(set(label.values)))
            space.search_ = identifier.search or Search()
            classes[label.name] = ClassReadout(label, identifier, classes[label.name].errors)
    state = {k.removeprefix("novelty_"): v for k, v in saved.extras.items() if k.startswith("novelty_")}
    if identifier is not None:
        return classes, Likeness(identifier)
    if "known_distance" in saved.extras and "spectra" in saved.extras:
        return classes, Nearest(
            space._known_rows, Farness(np.asarray(saved.extras["known_distance"], dtype=np.float64))
        )
    if state and "spectra" in saved.extras:
        rows = space._known_rows
        return classes, restore_novelty(Explained.rule, state, space.map_, rows, unit=space.axis_unit, identifier=None)
    return classes, None
