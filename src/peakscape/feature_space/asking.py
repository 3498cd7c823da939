"""What else can be asked of a feature space: left-out errors, peaks, spectra in between, groups, other maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from peakscape import analysis, spectra
from peakscape.analysis import CompositionReadout
from peakscape.analysis.comparison import overlay_maps
from peakscape.analysis.distances import map_distances
from peakscape.analysis.inputs import place_members
from peakscape.analysis.readout.transitions import TRANSITION
from peakscape.errors import InputError
from peakscape.feature_space import axes
from peakscape.feature_space.known import KnownClass, KnownLabel, as_class, known_label
from peakscape.feature_space.readouts.classes import ClassReadout
from peakscape.feature_space.readouts.labels import restore_label, ways_of
from peakscape.feature_space.readouts.left_out_maps import LeftOutMaps
from peakscape.feature_space.readouts.novelty import Edges, Explained, Nearest, safe_shift_axis

if TYPE_CHECKING:
    from peakscape.analysis.clusters import Grouping
    from peakscape.analysis.comparison import MapOverlay
    from peakscape.feature_space.space import FeatureSpace

Array = NDArray[np.float64]
COLUMNS = (
    "label", "method", "trusted", "rmse", "rmse_inner", "max_error", "mean_width", "accuracy", "n_samples",
)  # fmt: skip


def left_out_errors(space: FeatureSpace) -> pd.DataFrame:
    """Return the left-out errors of all labels; see `FeatureSpace.validate`."""
    tables = []
    for name, readout in space.label_readouts_.items():
        trusted = readout.errors["method"] == readout.trusted
        n_left_out = len(readout.methods[readout.trusted].groups_)  # samples that were added later were not left out
        tables.append(readout.errors.assign(label=name, trusted=trusted, n_samples=n_left_out))
    for name, classes in space.class_readouts_.items():
        tables.append(classes.errors.assign(label=name, trusted=classes.errors["method"] == "most_alike"))
    if not tables:
        return pd.DataFrame(columns=["label", "method", "trusted", "n_samples"])
    table = pd.concat(tables, ignore_index=True)
    more = [column for column in table if str(column).startswith("rmse_") and column not in COLUMNS]
    return table[[column for column in (*COLUMNS, *more) if column in table]]


def left_out_samples(space: FeatureSpace) -> pd.DataFrame:
    """Return what each method read of each known sample when it was left out."""
    rows = []
    for name, readout in space.label_readouts_.items():
        for k, column in enumerate(readout.label.columns):
            table = pd.DataFrame({"name": space.names, "label": name if len(readout.label.columns) == 1 else column})
            table["known"] = readout.label.values[:, k]
            for method, interval in readout.methods.items():
                read = np.full(len(table), np.nan)
                measured = interval.residuals_[:, k]
                measured = np.where(np.isfinite(measured), measured, np.nan)  # of three spectra none was left out
                read[: len(measured)] = readout.label.values[: len(measured), k] - measured
                table[method] = read
            rows.append(table)
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=["name", "label", "known"])


def transitions(space: FeatureSpace) -> pd.DataFrame:
    """Find transitions along every number; see `FeatureSpace.find_transitions`."""
    points, tables = np.median(space.coordinates_, axis=0), []
    for name, readout in space.label_readouts_.items():
        if not readout.label.is_composition:
            with suppress(InputError):  # too few values of the label
                found = analysis.find_transitions(points, readout.label.values[:, 0])
                tables.append(pd.DataFrame({"label": [name] * len(found)}).join(found))
    kept = [table for table in tables if len(table)]
    columns = ["label", *TRANSITION]
    return pd.concat(kept, ignore_index=True)[columns] if kept else pd.DataFrame(columns=columns)


def one_prepared(space: FeatureSpace, spectrum: xr.Dataset | str) -> Array:
    """Return one spectrum as the map sees it, shape (n_points,): a raw one, or a known sample by its name."""
    if isinstance(spectrum, str):
        return np.asarray(space._known_rows[_number_of(space, spectrum)])
    if spectrum.sizes.get("sample") != 1:
        raise InputError(f"expected one spectrum, got {spectrum.sizes.get('sample')}; choose it with isel(sample=[0])")
    return np.asarray(all_prepared(space, spectra.check(spectrum))[0])


def all_prepared(space: FeatureSpace, dataset: xr.Dataset) -> Array:
    """Return spectra as the map sees them, shape (n_samples, n_points)."""
    prepared, _ = axes.prepare_for(dataset, space.recipe_, space._known_rows)
    return np.asarray(space._aligned(prepared["intensity"].values).rows)


def _number_of(space: FeatureSpace, name: str) -> int:
    """The number of a known sample."""
    numbers = [number for number, known in enumerate(space.names) if known == name]
    if len(numbers) != 1:
        how = "several known samples bear" if numbers else "no known sample bears"
        raise InputError(f"{how} the name {name!r}; the space knows {', '.join(space.names[:5])}, ...")
    return numbers[0]


def generated(
    space: FeatureSpace, composition: str | None, label: Mapping[str, float], *, tolerance: float | None
) -> xr.Dataset:
    """Generate a spectrum; see `FeatureSpace.generate`."""
    if (composition is None) == (len(label) != 1) or len(label) > 1:
        raise InputError("expected a composition or one label with its value, such as generate(x=0.45)")
    name, wanted = ("composition", composition) if composition is not None else next(iter(label.items()))
    readout = space._label(name)
    known = readout.label
    if known.is_composition and not isinstance(wanted, str):
        raise InputError("a composition is wanted as a formula, such as 'SmFe10.75Ti1.25'")
    reach = tolerance if tolerance is not None else 0.05 if known.is_composition else 0.02 * float(np.ptp(known.values))
    centre = CompositionReadout(method=readout.readout.method).fit(
        np.median(space.coordinates_, axis=0), known.target, elements=known.columns
    )
    found = analysis.generate(
        space.map_, centre, composition=wanted if isinstance(wanted, str) else [float(wanted or 0.0)], tolerance=reach
    )
    dataset = _container(space, found.intensity[np.newaxis], [f"generated {wanted}"], known, found.wanted[np.newaxis])
    dataset["spread"] = (("sample", space.axis_name), found.spread_members[np.newaxis])
    checks = {
        "distance_to_known": float(found.distance_to_known.min()),
        "typical_spacing": found.typical_spacing,
        "reconstruction_error": found.reconstruction_error,
        "spread_members": float(np.sqrt(np.mean(found.spread_members**2))),
        "spread_points": float(np.sqrt(np.mean(found.spread_points**2))),
        "n_points_decoded": len(found.coordinates),
    }
    dataset["coordinates"] = (("sample", "map_axis"), found.coordinates.mean(axis=0)[np.newaxis])
    return dataset.assign_attrs(checks)


def _container(
    space: FeatureSpace, rows: Array, names: list[str], label: KnownLabel | None = None, values: Array | None = None
) -> xr.Dataset:
    """Put decoded spectra into the container, as prepared as those of the space."""
    given: dict[str, Any] = {space.axis_name: space._axis}
    if label is not None and values is not None:
        if label.is_composition:
            given |= {"composition": values, "elements": list(label.columns)}
        else:
            given["labels"] = {label.name: values[:, 0]}
    history = ["generated from a map", f"prepared: {space.recipe_.text}"]
    attributes = space.known_.attrs
    return spectra.make(
        rows,
        kind=str(attributes["kind"]),
        wavelength=attributes.get("wavelength"),
        name=names,
        history=history,
        **given,
    )


def between(space: FeatureSpace, first: Any, second: Any, *, n_spectra: int) -> xr.Dataset:
    """Decode a straight line; see `FeatureSpace.between`."""
    if not hasattr(space.map_, "inverse_transform") or n_spectra < 2:
        raise InputError(f"expected a map that can decode and two spectra or more, got {n_spectra} of {space.map_key_}")
    points = np.linspace(_place_of(space, first), _place_of(space, second), n_spectra)
    rows = np.concatenate([np.atleast_2d(space.map_.inverse_transform(point[np.newaxis])) for point in points])
    dataset = _container(space, rows, [f"between {k + 1}" for k in range(n_spectra)])
    known = np.median(space.coordinates_, axis=0)
    apart = np.linalg.norm(known[:, np.newaxis] - known, axis=2) + np.where(np.eye(len(known), dtype=bool), np.inf, 0.0)
    spacing = max(float(np.median(apart.min(axis=1))), np.finfo(float).tiny)
    nearest = np.linalg.norm(points[:, np.newaxis] - known, axis=2).min(axis=1)
    dataset["coordinates"] = (("sample", "map_axis"), points)
    dataset["known_spacings"] = ("sample", nearest / spacing)
    for name, readout in space.label_readouts_.items():
        read = np.median(readout.readout.predict_members(points), axis=0)
        if readout.label.is_composition:
            dataset.coords["element"] = ("element", list(readout.label.columns))
            dataset[name] = (("sample", "element"), read)
        else:
            dataset[name] = ("sample", read[:, 0])
    return dataset


def _place_of(space: FeatureSpace, end: str | Sequence[float]) -> Array:
    if isinstance(end, str):
        return np.asarray(np.median(space.coordinates_, axis=0)[_number_of(space, end)])
    place = np.asarray(end, dtype=np.float64)
    if place.shape != (2,) or not np.isfinite(place).all():
        raise InputError(f"expected the name of a known sample or two coordinates, got {end!r}")
    return place


def grouped(
    space: FeatureSpace, dataset: xr.Dataset | None, *, metric: str, n_groups: int | None, max_shift: float
) -> Grouping:
    """Group spectra; see `FeatureSpace.group`."""
    prepared = space.known_ if dataset is None else axes.prepare_for(spectra.check(dataset), space.recipe_)[0]
    if metric == "map":
        distances = map_distances(space.map_.transform(prepared["intensity"].values))
        return analysis.group_samples(distances, n_groups=n_groups, random_state=space.random_state)
    return group_spectra(
        prepared, metric=metric, n_groups=n_groups, max_shift=max_shift, random_state=space.random_state
    )


def group_spectra(
    dataset: xr.Dataset, *, metric: Any = "cosine", n_groups: int | None, max_shift: float, random_state: int = 0
) -> Grouping:
    """Group spectra that belong to no space by the distances between them."""
    distances = analysis.spectrum_distances(
        dataset["intensity"].values, metric=metric, shift_axis=safe_shift_axis(dataset), max_shift=max_shift
    )
    return analysis.group_samples(distances, n_groups=n_groups, random_state=random_state)


def compared(space: FeatureSpace, other: FeatureSpace) -> MapOverlay:
    """Lay one map on another; see `FeatureSpace.compare`."""
    return overlay_maps(
        np.median(space.coordinates_, axis=0),
        np.median(other.coordinates_, axis=0),
        names=space.names,
        reference_names=other.names,
    )


def added(space: FeatureSpace, dataset: xr.Dataset) -> FeatureSpace:
    """Return a space that knows more samples; see `FeatureSpace.add`."""
    prepared, _ = axes.prepare_for(spectra.check(dataset), space.recipe_)
    names = [str(name) for name in prepared["name"].values]
    every = [*space.names, *names]
    taken = [name for name in names if every.count(name) > 1]
    if taken:
        raise InputError(f"the space knows {taken[0]} already, or it comes twice; give each sample a name of its own")
    moved = space._aligned(prepared["intensity"].values)
    rounded = moved.rows.astype(np.float32).astype(np.float64)
    larger = copy(space)
    if space.raw_ is not None:
        larger.raw_ = np.vstack([space.raw_, axes.recorded(dataset, space.recipe_).astype(np.float32)])
    larger.known_ = _joined(space, prepared.assign(intensity=(prepared["intensity"].dims, rounded)))
    larger.coordinates_ = np.concatenate([space.coordinates_, place_members(space.map_, rounded)], axis=1)
    maps, ways = LeftOutMaps(space.map_, larger._known_rows), ways_of(larger.known_, larger.raw_)
    larger.label_readouts_ = {}
    for name, readout in space.label_readouts_.items():
        described, arrays = readout.state()
        label = known_label(larger.known_, name)
        larger.label_readouts_[name] = restore_label(described, arrays, label, maps, ways, space._axis, space.level)
    larger.class_readouts_ = {name: _grown(one, larger.known_) for name, one in space.class_readouts_.items()}
    if isinstance(space.novelty_, Explained):
        state = space.novelty_.state()
        novelty = analysis.Novelty.restore(space.map_, larger._known_rows, state, unit=space.axis_unit)
        larger.novelty_ = Explained(novelty)
    elif isinstance(space.novelty_, Edges):
        larger.novelty_ = space.novelty_.knowing(larger._known_rows)
    elif isinstance(space.novelty_, Nearest):
        larger.novelty_ = Nearest(larger._known_rows, space.novelty_.farness)
    added_names = [*space.provenance_.get("added", []), *names]
    larger.provenance_ = space.provenance_ | {"added": added_names}
    return larger


def _joined(space: FeatureSpace, prepared: xr.Dataset) -> xr.Dataset:
    """Known samples and new ones, with the labels that the space predicts."""
    labels = [*space.label_readouts_, *space.class_readouts_]
    missing = [name for name in labels if name not in prepared.coords]
    if missing:
        raise InputError(f"the space knows {', '.join(missing)} of its samples; label the new ones with it too")
    for name in labels:
        values = prepared[name].values
        wrong = ~np.isfinite(values).all() if values.dtype.kind in "iuf" else (values == "").any()
        if wrong:
            raise InputError(f"{name} is not known of every new sample; complete it or leave those out")
    if "composition" in space.label_readouts_:
        prepared = _in_elements(prepared, [str(element) for element in space.known_["element"].values])
    kept = {"name", "source", "element", space.axis_name, *labels}
    parts = [one.drop_vars([name for name in one.coords if name not in kept]) for one in (space.known_, prepared)]
    joined = spectra.concatenate([parts[0], parts[1].assign_coords({space.axis_name: parts[0][space.axis_name]})])
    return joined.assign_attrs(space.known_.attrs)


def _in_elements(prepared: xr.Dataset, elements: list[str]) -> xr.Dataset:
    """Return new samples with their composition in the order of the space's elements."""
    own = [str(element) for element in prepared["element"].values]
    amounts = np.asarray(prepared["composition"].values, dtype=np.float64)
    foreign = [name for name, column in zip(own, amounts.T, strict=True) if name not in elements and column.any()]
    if foreign:
        raise InputError(f"the space knows {', '.join(elements)}; the samples also hold {', '.join(foreign)}: fit anew")
    columns = [amounts[:, own.index(name)] if name in own else np.zeros(len(amounts)) for name in elements]
    fresh = prepared.drop_vars(["composition", "element"]).assign_coords(element=("element", elements))
    return fresh.assign_coords(composition=(("sample", "element"), np.stack(columns, axis=1)))


def _grown(readout: ClassReadout, known: xr.Dataset) -> ClassReadout:
    """The same class label with more known spectra; how sure answers are stays as measured."""
    name = readout.label.name
    label = as_class(known, name)
    identifier = copy(readout.identifier)
    identifier.know(np.asarray(known["intensity"].values), label.values, groups=np.arange(known.sizes["sample"]))
    return ClassReadout(KnownClass(name, label.values), identifier, readout.errors)
