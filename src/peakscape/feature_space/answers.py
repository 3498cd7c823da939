"""What a feature space answers about spectra: an `xarray.Dataset`, one row a spectrum, and the same as JSON records."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from peakscape.analysis.inputs import place_members
from peakscape.analysis.novelty.two_classes import TwoClasses
from peakscape.composition import formula_from_array
from peakscape.feature_space import axes
from peakscape.feature_space.axes import has_structure
from peakscape.feature_space.readouts.classes import UNLIKE
from peakscape.feature_space.readouts.labels import LabelAnswers, LabelReadout
from peakscape.feature_space.readouts.novelty import Edges, Explained, Likeness, edge_of, edge_remark
from peakscape.feature_space.remarks import Remark
from peakscape.feature_space.totals import keep_total
from peakscape.maps import FeatureMap

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace

Array = NDArray[np.float64]
BLOCK = 256
"""Spectra placed at once: memory stays flat however many there are."""
MAP_AXES = ("axis_1", "axis_2")
NO_LIKENESS = "nothing in this spectrum can be compared with the known ones"
UNMEASURED = "too few known spectra or values to leave any out"
NOT_TOLD = "not told"
"""Stands in the place of the formula of a foreign spectrum."""


def answer(space: "FeatureSpace", dataset: xr.Dataset) -> xr.Dataset:
    """Answer everything that a space knows about spectra; see `FeatureSpace.place`."""
    n_samples = dataset.sizes["sample"]
    blocks = [dataset.isel(sample=slice(start, start + BLOCK)) for start in range(0, n_samples, BLOCK)]
    parts = [_answer_block(space, block.load()) for block in blocks]
    return parts[0] if len(parts) == 1 else xr.concat(parts, dim="sample", data_vars="minimal", coords="minimal")


def _answer_block(space: "FeatureSpace", dataset: xr.Dataset) -> xr.Dataset:
    prepared, common = axes.prepare_for(dataset, space.recipe_, space._known_rows)
    remarks = [[*common, *one] for one in axes.scale_remarks(dataset, space.provenance_.get("absorption_scale"))]
    rows = prepared["intensity"].values
    moved = space._aligned(rows)
    unit = space.axis_unit
    for row, shift in zip(np.flatnonzero(moved.at_bound), moved.shift[moved.at_bound], strict=True):
        remarks[row].append(Remark.of("shift_at_bound", axis=space.axis_name, shift=shift, unit=unit, more=""))
    members = np.concatenate([place_members(space.map_, row[np.newaxis]) for row in moved.rows], axis=1)
    points = _points(space, moved.rows, members)
    found = xr.Dataset(
        {
            "coordinates": (("sample", "map_axis"), points),
            "spread": ("sample", _spread(members)),
            "shift": ("sample", moved.shift),
        },
        coords={
            "name": ("sample", dataset["name"].values.astype(str)),
            "source": ("sample", dataset["source"].values.astype(str)),
            "map_axis": ("map_axis", list(MAP_AXES)),
        },
    )
    judged = rows if isinstance(space.novelty_, Likeness) else moved.rows  # the identifier aligns by itself
    foreign, mixtures = _add_novelty(found, space, judged, remarks)
    _say_other_edges(space, dataset, foreign, remarks)
    joined = moved.rows
    if space.raw_ is not None:
        joined = np.hstack([joined, axes.recorded(dataset, space.recipe_)])
    for readout in space.label_readouts_.values():
        _add_label(found, readout, joined, remarks, foreign)
    keep_total(found, space.label_readouts_)
    _add_nearest(found, space, moved.rows, points)
    for classes in space.class_readouts_.values():
        _add_class(found, classes, rows, points, space, foreign)
    _name_mixtures(found, space, mixtures)
    if space.parts_ is not None:
        found = found.merge(space.parts_.answer(dataset).drop_vars("name"))
    found["remark_codes"] = ("sample", [" ".join(one.code for one in row) for row in remarks])
    found["remarks"] = ("sample", ["\n".join(one.text for one in row) for row in remarks])
    found.attrs = {"level": space.level, "map": type(space.map_).__name__}
    return found


def _points(space: "FeatureSpace", rows: Array, members: Array) -> Array:
    """Where spectra lie on the map, (n_samples, 2); maps of this package place by the median of their members."""
    if isinstance(space.map_, FeatureMap):
        return np.asarray(np.median(members, axis=0))
    return np.concatenate([np.atleast_2d(space.map_.transform(row[np.newaxis])) for row in rows])


def _spread(members: Array) -> Array:
    """Root of the summed variance over members; NaN for a map of one."""
    if len(members) == 1:
        return np.full(members.shape[1], np.nan)
    return np.asarray(np.sqrt(members.var(axis=0).sum(axis=1)))


def _add_novelty(
    found: xr.Dataset, space: "FeatureSpace", rows: Array, remarks: list[list[Remark]]
) -> tuple[NDArray[np.bool_], list[TwoClasses | None]]:
    """Add what is new, and tell mixtures; nothing is foreign to a space that cannot tell."""
    if space.novelty_ is None:
        return np.zeros(len(rows), dtype=bool), [None] * len(rows)
    told = space.novelty_.judge(rows)
    mixtures = [_mixture(space, row, bool(stranger)) for row, stranger in zip(rows, told.foreign, strict=True)]
    foreign = told.foreign & np.array([one is None for one in mixtures])
    found["foreign"] = ("sample", foreign)
    found["novelty_p"] = ("sample", told.p_value)
    unexplained = [u if one is None else one.unexplained for u, one in zip(told.unexplained, mixtures, strict=True)]
    found["unexplained"] = ("sample", np.array(unexplained))
    for row, more, one in zip(remarks, told.remarks, mixtures, strict=True):
        row.extend(more if one is None else [_mixture_remark(one)])
    return foreign, mixtures


def _mixture(space: "FeatureSpace", row: Array, stranger: bool) -> TwoClasses | None:
    """Suspect a mixture of two classes; of absorption only where no one class explains it."""
    judge = space.novelty_
    if not space.class_readouts_ or not (isinstance(judge, Explained) or (isinstance(judge, Edges) and stranger)):
        return None
    classes = next(iter(space.class_readouts_.values())).label.values
    if len(classes) != space.known_.sizes["sample"] or not has_structure(row):
        return None
    if isinstance(judge, Edges):
        return judge.novelty.suspect_mixture(row, classes)
    return judge.novelty.suspect_mixture(row, classes, foreign=stranger)


def _mixture_remark(one: TwoClasses) -> Remark:
    left, alone = 100 * one.unexplained, 100 * one.alone
    return Remark.of("mixture", parts=one.words, left=left, alone=alone)


def _name_mixtures(found: xr.Dataset, space: "FeatureSpace", mixtures: list[TwoClasses | None]) -> None:
    """In the place of one class name both of a suspected mixture, and no probability."""
    if any(one is not None for one in mixtures):
        name = next(iter(space.class_readouts_))
        given = zip(found[name].values.tolist(), mixtures, strict=True)
        found[name] = ("sample", np.array([kind if one is None else one.name for kind, one in given]))
        single = np.array([one is None for one in mixtures])
        found[f"{name}_probability"] = found[f"{name}_probability"].where(xr.DataArray(single, dims="sample"))


def _say_other_edges(
    space: "FeatureSpace", dataset: xr.Dataset, foreign: NDArray[np.bool_], remarks: list[list[Remark]]
) -> None:
    """Of foreign spectra say where their edge is, if it is of another element: it may lie outside the space's axis."""
    if not isinstance(space.novelty_, Edges) or "energy" not in dataset.dims:
        return
    energy = np.asarray(dataset["energy"].values, dtype=np.float64)
    for number in np.flatnonzero(foreign):
        own = edge_of(energy, np.asarray(dataset["intensity"].values[number], dtype=np.float64))
        told = edge_remark(own, space.novelty_.edges)
        if told is not None:
            remarks[number].append(told)


def _add_label(
    found: xr.Dataset, readout: LabelReadout, rows: Array, remarks: list[list[Remark]], foreign: NDArray[np.bool_]
) -> None:
    told = _open_where(foreign, readout.predict(rows))
    name = readout.label.name
    for row, steps, stranger in zip(remarks, told.steps_outside, foreign, strict=True):
        if 0.05 < steps < np.inf and not stranger:
            row.append(Remark.of("outside_known", label=name, steps=steps))
        if readout.trusted == "mean":
            row.append(Remark.of("trust_none", label=name))
    rows_told = zip(remarks, told.upper[readout.trusted], told.steps_outside, foreign, strict=True)
    for row, ends, steps, stranger in rows_told:
        if stranger:
            row.append(Remark.of("not_told", label=name))
        elif not np.isfinite(ends).all():
            why = NO_LIKENESS if np.isinf(steps) else UNMEASURED
            row.append(Remark.of("no_interval", label=name, text=why))
    found.coords[f"{name}_methods"] = (f"{name}_methods", list(told.values))
    if readout.label.is_composition:
        found.coords["element"] = ("element", list(readout.label.columns))
        formulas = [formula_from_array(row, readout.label.columns) for row in told.values[readout.trusted]]
        found["formula"] = ("sample", np.where(foreign, NOT_TOLD, formulas))
    _put(found, name, told, readout)
    found[name] = found[name].where(xr.DataArray(~foreign, dims="sample"))


def _open_where(foreign: NDArray[np.bool_], told: LabelAnswers) -> LabelAnswers:
    """Open the intervals of foreign spectra: what was learned of known ones says nothing of them."""
    where = foreign[:, np.newaxis]
    lower = {name: np.where(where, -np.inf, ends) for name, ends in told.lower.items()}
    upper = {name: np.where(where, np.inf, ends) for name, ends in told.upper.items()}
    return replace(told, lower=lower, upper=upper)


def _put(found: xr.Dataset, name: str, told: LabelAnswers, readout: LabelReadout) -> None:
    """Add value, ends, the trusted method and the answer of every method."""
    column = (..., slice(None)) if readout.label.is_composition else (..., 0)
    dims = ("sample", "element") if readout.label.is_composition else ("sample",)
    for suffix, part in (("", told.values), ("_lower", told.lower), ("_upper", told.upper)):
        found[f"{name}{suffix}"] = (dims, part[readout.trusted][column])
        every = np.stack([part[method] for method in told.values], axis=1)
        found[f"{name}_by_method{suffix}"] = (("sample", f"{name}_methods", *dims[1:]), every[column])
    found[f"{name}_method"] = ("sample", [readout.trusted] * found.sizes["sample"])


def _add_nearest(found: xr.Dataset, space: "FeatureSpace", rows: Array, points: Array) -> None:
    """Add the name of the nearest known spectrum, and how far it is: root mean square difference."""
    apart = cdist(rows, space._known_rows) / np.sqrt(rows.shape[1])
    found["nearest"] = ("sample", space.known_["name"].values.astype(str)[apart.argmin(axis=1)])
    found["nearest_distance"] = ("sample", apart.min(axis=1))


def _add_class(
    found: xr.Dataset, readout: Any, rows: Array, points: Array, space: "FeatureSpace", foreign: NDArray[np.bool_]
) -> None:
    name = readout.label.name
    told = readout.predict(rows, points, np.median(space.coordinates_, axis=0))
    found[name] = ("sample", np.where(foreign, UNLIKE, told.values))
    found[f"{name}_probability"] = ("sample", np.where(foreign, np.nan, told.probability))
    found[f"{name}_next"] = ("sample", told.runner_up)
    found[f"{name}_margin"] = ("sample", told.margin)
    found[f"{name}_on_map"] = ("sample", told.on_map)
    found.coords[f"{name}_class"] = (f"{name}_class", readout.classes)
    found[f"{name}_probabilities"] = (("sample", f"{name}_class"), told.by_class)


def records(found: xr.Dataset) -> list[dict[str, Any]]:
    """Return answers as plain dictionaries, one a spectrum, with the names of the dataset: what JSON and pages carry.

    Variables with a further dimension become dictionaries by its coordinate; coordinates on the map a list; what is
    not finite becomes None.

    Parameters
    ----------
    found
        Of `FeatureSpace.place`.

    Examples
    --------
    >>> found = xr.Dataset({"x": ("sample", [0.5]), "foreign": ("sample", [False])}, coords={"name": ("sample", ["a"])})
    >>> records(found)
    [{'name': 'a', 'x': 0.5, 'foreign': False}]
    """
    texts = [name for name in ("name", "source") if name in found.coords]
    rows = []
    for number in range(found.sizes["sample"]):
        one = found.isel(sample=number)
        row: dict[str, Any] = {name: str(one[name].values) for name in texts}
        row |= {
            str(name): _plain(one, str(name)) for name in found.data_vars if name not in ("remarks", "remark_codes")
        }
        if "remarks" in found:
            row["remarks"] = _remarks(str(one["remark_codes"].values), str(one["remarks"].values))
        rows.append(row)
    return rows


def _remarks(codes: str, lines: str) -> list[dict[str, str]]:
    """Codes with their words, which are one line each."""
    return [{"code": code, "text": text} for code, text in zip(codes.split(), lines.splitlines(), strict=True)]


def _plain(one: xr.Dataset, name: str) -> Any:
    values = one[name]
    if name == "coordinates":
        return [_number(value) for value in values.values]
    if values.ndim == 0:
        return _number(values.values[()])
    keys = [str(key) for key in one[values.dims[0]].values] if values.dims[0] in one.coords else None
    inner = [_plain(one.isel({values.dims[0]: k}), name) for k in range(len(values))]
    return inner if keys is None else dict(zip(keys, inner, strict=True))


def _number(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
