"""Saved spaces: one folder, opened without running any code from it; maps saved by earlier versions open too."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.analysis import Identifier
from peakscape.analysis.inputs import place_members
from peakscape.analysis.naming import Search, restore_identifier
from peakscape.analysis.novelty.farness import Farness
from peakscape.errors import InputError, MapError, PeakscapeError
from peakscape.feature_space.display import versions
from peakscape.feature_space.known import COMPOSITION, as_class, known_label, known_of
from peakscape.feature_space.readouts.classes import ClassReadout, restore_class
from peakscape.feature_space.readouts.labels import fit_label, read_by_map, restore_label, ways_of
from peakscape.feature_space.readouts.left_out_maps import LeftOutMaps, n_folds_of
from peakscape.feature_space.readouts.mixtures import KnownParts
from peakscape.feature_space.readouts.novelty import Explained, Judge, Likeness, Nearest, restore_novelty
from peakscape.feature_space.remarks import Remark
from peakscape.files import tidy
from peakscape.maps import registry
from peakscape.maps import saved as saved_maps
from peakscape.maps.saved import space_fields
from peakscape.preparation import Recipe
from peakscape.spectra.container import AXES, absorption_scales

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace

SPACE_FILE = "space.json"
MAP_FILE = "map.json"
FORMAT_VERSION = 2
"""Version of the folder's layout; a program opens its own and older ones. 1 had no sums over its arrays."""
SUMS = "probe/sums"


def save(space: FeatureSpace, path: Path) -> Path:
    """Write a fitted space as a folder; see `FeatureSpace.save`."""
    map_described, map_arrays = saved_maps.map_state(space.map_)
    arrays = {f"map/{name}": array for name, array in map_arrays.items()}
    arrays["coordinates"] = np.asarray(space.coordinates_, dtype=np.float64)
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
        arrays |= {f"label/{name}/{key}": _written(array) for key, array in more.items()}
    for name, classes in space.class_readouts_.items():
        told, more = classes.state(space._known_rows)
        described["classes"].append(told)
        arrays |= {f"class/{name}/{key}": array for key, array in more.items()}
    if space.novelty_ is not None:
        arrays |= {f"novelty/{key}": _written(array) for key, array in space.novelty_.state().items()}
    if space.parts_ is not None:
        described["parts"], more = space.parts_.state()
        arrays |= {f"parts/{key}": array for key, array in more.items()}
    arrays |= saved_maps.take_probe(space.map_) | _take_probe(space)
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    saved_maps.write(path, described, contiguous | {SUMS: _sums(contiguous)}, file=SPACE_FILE)
    return path


def _written(array: NDArray[Any]) -> NDArray[Any]:
    """An array of the type that is written: whole numbers of eight bytes, others in double precision."""
    return np.asarray(array, dtype=np.int64 if array.dtype.kind in "iu" else np.float64)


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
        "raw": space.raw_ is not None,
    }
    for name, values in known.coords.items():
        if name == COMPOSITION or (values.dims == ("sample",) and values.dtype.kind in "iufb"):
            arrays[f"known/label/{name}"] = np.asarray(values.values, dtype=np.float64)
        elif values.dims == ("sample",) and name not in ("name", "source"):
            told["texts"][str(name)] = [str(value) for value in values.values]
    return told


def opened(folder: Path, make: type[FeatureSpace]) -> FeatureSpace:
    """Open a saved space as an object of the class `make`; see `open_space`."""
    tidy(folder)
    if (folder / MAP_FILE).is_file() and not (folder / SPACE_FILE).exists():
        return _from_saved_map(saved_maps.load_saved(folder), make, name=str(folder))
    if not (folder / SPACE_FILE).is_file():
        raise MapError(
            f"{folder} is not a saved space: it has no {SPACE_FILE}; give a folder that `peakscape fit` or"
            " FeatureSpace.save wrote"
        )
    described = saved_maps.read_description(folder, file=SPACE_FILE, newest=FORMAT_VERSION, without_digest=0)
    arrays = saved_maps.read_arrays(folder, described)
    with saved_maps.restoring(folder / SPACE_FILE, "space"):
        check_described(described)
        space_fields.check_arrays(arrays)
        space = _restored(described, arrays, make, str(folder))
        _compare_sums(arrays, described, name=str(folder))
        return space


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
    space.search_.moves()  # raises where there is none
    space.provenance_ = dict(described["provenance"])
    space.remarks_ = tuple(Remark(code, text) for code, text in described["remarks"])
    space.known_ = _known(described["known"], arrays, space.recipe_)
    space.coordinates_ = np.asarray(arrays["coordinates"], dtype=np.float64)
    if space.coordinates_.shape[1:] != (space.known_.sizes["sample"], 2):
        raise InputError(f"the space holds coordinates of shape {space.coordinates_.shape}")
    if described.get("parts") is not None:
        space.parts_ = KnownParts.restore(described["parts"], _below(arrays, "parts"))
    has_raw = described["known"].get("raw", "known/raw" in arrays)
    space.raw_ = np.asarray(arrays["known/raw"], dtype=np.float64) if has_raw else None
    maps, ways = LeftOutMaps(space.map_, space._known_rows), ways_of(space.known_, space.raw_)
    space.label_readouts_ = {}
    for told in described["labels"]:
        label = known_label(space.known_, told["name"])
        own = _below(arrays, f"label/{told['name']}")
        space.label_readouts_[told["name"]] = restore_label(told, own, label, maps, ways, space._axis, space.level)
    space.class_readouts_ = {
        told["name"]: restore_class(
            told, _below(arrays, f"class/{told['name']}"), as_class(space.known_, told["name"]), space._known_rows
        )
        for told in described["classes"]
    }
    space.novelty_ = _novelty(described["novelty"], arrays, space)
    _compare_probe(space, arrays, name=name, versions=described["versions"])
    return space


def _novelty(rule: str | None, arrays: Mapping[str, NDArray[Any]], space: FeatureSpace) -> Judge | None:
    if rule is not None:
        identifier = next((one.identifier for one in space.class_readouts_.values()), None)
        own = _below(arrays, "novelty")
        return restore_novelty(rule, own, space.map_, space._known_rows, unit=space.axis_unit, identifier=identifier)
    return None


def check_described(described: Mapping[str, Any]) -> None:
    """Raise InputError where a field of a saved space is missing, unknown or not of its kind."""
    space_fields.check(described)
    n_known = len(described["known"]["name"])
    lists = [described["known"]["source"], *described["known"]["texts"].values()]
    if not n_known or any(len(one) != n_known for one in lists):
        raise InputError(f"the space names {n_known} samples and tells other numbers of them")
    for told in described["classes"]:
        known = described["known"]["texts"].get(told["name"])
        if known is not None and set(known) != set(told["classes"]):
            raise InputError(f"the samples of {told['name']} are of other classes than the space knows")


def _probe_rows(space: FeatureSpace) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A raw curve on the axis that the preparation begins with, and a prepared one between known samples."""
    n_points = len(space.recipe_.met.points)
    grid = np.linspace(0.0, 1.0, n_points)
    peaks = sum(height * np.exp(-(((grid - place) / 0.02) ** 2)) for place, height in ((0.3, 1.0), (0.7, 0.6)))
    known = space._known_rows
    return 100.0 + 900.0 * np.asarray(peaks) + 50.0 * grid, (0.7 * known[0] + 0.3 * known[-1])[np.newaxis]


def _answers(space: FeatureSpace) -> dict[str, NDArray[np.float64]]:
    """What every part of the space says of the probe: so that a part that was changed, or cannot be used, is met."""
    raw, row = _probe_rows(space)
    found: dict[str, NDArray[np.float64]] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with suppress(PeakscapeError):  # a curve out of thin air has no edge that could be normalised
            met = space.recipe_.met
            axis: dict[str, Any] = {met.axis: met.points}
            curve = spectra.make(raw[np.newaxis], kind=met.kind, wavelength=met.wavelength, **axis)
            found["prepared"] = space.recipe_.apply(curve)["intensity"].values
        for name, readout in space.label_readouts_.items():
            recorded = space.raw_
            between = np.empty((1, 0)) if recorded is None else (0.7 * recorded[:1] + 0.3 * recorded[-1:])
            told = readout.predict(np.hstack([row, between]))
            for method, values in told.values.items():
                ends = (values, told.lower[method], told.upper[method])
                found[f"label/{name}/{method}"] = np.stack([np.asarray(one, dtype=np.float64) for one in ends])
        for name, classes in space.class_readouts_.items():
            table = classes.identifier.identify(row)
            found[f"class/{name}"] = table.select_dtypes("number").to_numpy(dtype=np.float64)
        if space.novelty_ is not None:
            judged = space.novelty_.judge(row)
            found["novelty"] = np.array([judged.p_value[0], judged.unexplained[0], float(judged.foreign[0])])
        found["coordinates"] = np.asarray(space.coordinates_.mean(axis=0))
    return found


def _take_probe(space: FeatureSpace) -> dict[str, NDArray[np.float64]]:
    return {f"answers/{name}": np.asarray(array, dtype=np.float64) for name, array in _answers(space).items()}


def _compare_probe(
    space: FeatureSpace, arrays: Mapping[str, NDArray[Any]], *, name: str, versions: Mapping[str, Any]
) -> None:
    before, now = _below(arrays, "answers"), _answers(space)
    if set(before) != set(now):
        raise InputError("the space answers other questions than when it was saved")
    pairs = [(before[key], np.asarray(now[key], dtype=np.float64)) for key in now]
    saved_maps.warn_of_drift(pairs, name=name, versions=versions, stacklevel=6)


def _sums(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Sums over all arrays but the probe and the answers, which are compared themselves."""
    return saved_maps.sums_of({key: one for key, one in arrays.items() if not key.startswith(("probe/", "answers/"))})


def _compare_sums(arrays: Mapping[str, NDArray[Any]], described: Mapping[str, Any], *, name: str) -> None:
    """Raise MapError where sums over all arrays are others than were saved: no answer about the probe shows all."""
    if described["format_version"] > 1 or SUMS in arrays:
        before, now = arrays[SUMS], _sums(arrays)
        if before.shape != now.shape or not np.allclose(before, now, rtol=1e-12, atol=1e-11):
            raise MapError(
                f"{name} holds other numbers than when it was saved: it was changed since; take a fresh copy"
            )


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
    recipe = recipe_of_saved(saved)
    coordinates = saved.extras["coordinates"]
    coordinates = coordinates if coordinates.ndim == 3 else coordinates[np.newaxis]
    known = _known_of_saved(saved, coordinates, recipe)
    names = [key.removeprefix("label_") for key in saved.extras if key.startswith("label_")]
    names = [COMPOSITION, *names] if COMPOSITION in saved.extras else names
    kept = {k.removeprefix("identifier_"): v for k, v in saved.extras.items() if k.startswith("identifier_")}
    class_label = saved.provenance.get("class_label")
    identifier = restore_identifier(kept, sorted(set(known[class_label].values.astype(str)))) if kept else None
    return assemble(
        make(search=None if identifier is None else identifier.search),
        saved.map,
        recipe,
        known,
        reason="as saved",
        labels=[one for one in names if len(np.unique(known[one].values, axis=0)) > 1 and one != class_label],
        coordinates=coordinates,
        class_label=class_label,
        identifier=identifier,
        novelty=_judge_of_saved(saved, np.asarray(known["intensity"].values), recipe),
        supervised_by=class_label if getattr(registry.kind_of(saved.map), "supervised", False) else None,
        absorption_scale=saved.provenance.get("absorption_scale"),
    )


NO_ERRORS = pd.DataFrame({"method": ["most_alike"], "accuracy": [np.nan], "n_samples": [0]})
"""Of a class whose accuracies were not measured."""


def assemble(
    space: FeatureSpace,
    map: Any,
    recipe: Recipe,
    prepared: xr.Dataset,
    *,
    reason: str,
    labels: Sequence[str] = (),
    measured: bool = False,
    coordinates: NDArray[np.float64] | None = None,
    class_label: str | None = None,
    identifier: Identifier | None = None,
    accuracies: pd.DataFrame | None = None,
    novelty: Judge | None = None,
    supervised_by: str | None = None,
    absorption_scale: str | None = None,
) -> FeatureSpace:
    """Make an unfitted space one that holds a fitted map and what is known about its samples.

    Parameters
    ----------
    space
        Unfitted; its settings count.
    map, recipe, prepared
        Fitted map, fitted preparation, and the samples prepared by it.
    reason
        Why this map.
    labels
        Numbers and compositions to be read.
    measured
        Whether left-out errors are measured, by fitting the map anew; else labels are read by the map alone.
    coordinates
        Where the samples lie, (n_members, n_samples, 2); None places them.
    class_label, identifier, accuracies
        A class to be predicted, what predicts it (None: fitted here), and its accuracies where they were measured.
    novelty
        What judges new spectra; None: nothing, or the identifier that was given.
    supervised_by
        The label that the map learned from.
    absorption_scale
        What absorption is counted in.
    """
    space.map_, space.recipe_ = map, recipe
    kind = registry.kind_of(map)
    space.map_key_, space.map_reason_ = type(map).__name__ if kind is None else kind.key, reason
    space.supervised_by_, space._targets = supervised_by, None
    space.known_ = known_of(prepared)
    space.coordinates_ = place_members(map, space._known_rows) if coordinates is None else coordinates
    space.provenance_ = {"history": str(prepared.attrs.get("history", "")), "n_fitted": prepared.sizes["sample"]}
    if absorption_scale is not None:
        space.provenance_["absorption_scale"] = absorption_scale
    space.remarks_, space.search_, space.raw_ = (), (space.search or Search()), None
    targets = None if supervised_by is None else as_class(space.known_, supervised_by).values
    maps = LeftOutMaps(map, space._known_rows, targets)
    space.label_readouts_ = {}
    for name in labels:
        label = known_label(space.known_, name)
        if measured:
            n_folds = n_folds_of(map)
            ways = ways_of(space.known_, None)
            readout = fit_label(label, maps, ways, space._axis, level=space.level, groups=None, n_folds=n_folds)
        else:
            readout = read_by_map(label, maps, space._axis, level=space.level)
        space.label_readouts_[name] = readout
    space.class_readouts_ = {}
    if class_label is not None:
        _add_class(space, class_label, identifier, accuracies)
    space.novelty_ = Likeness(identifier) if novelty is None and identifier is not None else novelty
    return space


def _add_class(space: FeatureSpace, name: str, identifier: Identifier | None, accuracies: pd.DataFrame | None) -> None:
    """Let the space predict a class."""
    label = as_class(space.known_, name)
    errors = NO_ERRORS if accuracies is None else accuracies
    try:
        made = identifier or Identifier(axis=space._axis, search=space.search_).fit(space._known_rows, label.values)
        space.search_ = made.search or Search()
        space.class_readouts_[name] = ClassReadout(label, made, errors)
    except InputError as error:
        space.remarks_ += (Remark.of("not_classified", label=name, text=error),)


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


def _judge_of_saved(saved: Any, known: NDArray[np.float64], recipe: Recipe) -> Judge | None:
    """Novelty as the map kept it; where it kept an identifier, that one judges."""
    if "spectra" not in saved.extras or any(key.startswith("identifier_") for key in saved.extras):
        return None
    if "known_distance" in saved.extras:
        return Nearest(known, Farness(np.asarray(saved.extras["known_distance"], dtype=np.float64)))
    state = {k.removeprefix("novelty_"): v for k, v in saved.extras.items() if k.startswith("novelty_")}
    if not state:
        return None
    unit = AXES[recipe.left.axis][0]
    return restore_novelty(Explained.rule, state, saved.map, known, unit=unit, identifier=None)


def scale_of(dataset: xr.Dataset) -> str | None:
    """What the absorption of samples is counted in, where that is one thing."""
    scales = set(absorption_scales(dataset))
    return scales.pop() if len(scales) == 1 else None
