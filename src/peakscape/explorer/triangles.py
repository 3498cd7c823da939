"""A space's map of mixtures as the page is given it: known samples between pure parts, a map beside the others."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.analysis.mixtures.triangle import shortened
from peakscape.errors import InputError
from peakscape.explorer.packing import Rounded
from peakscape.feature_space import axes, grouping
from peakscape.feature_space.display import versions
from peakscape.feature_space.questions import walking
from peakscape.feature_space.readouts.mixtures import map_of

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace

Array = NDArray[np.float64]
MOST_UNMIXED = 300
"""Samples whose fractions are found, evenly chosen: each takes some 50 ms."""
SPACING = 0.1
"""What a step is in a triangle: the distance of its lines."""
LABELS = "fraction", "share not explained"
"""What samples are told of by their fractions, as labels of the page."""


def parts_of(space: "FeatureSpace") -> list[str]:
    """Return the names of the parts that a map of mixtures can be drawn of; none where there are fewer than two."""
    names = [] if space.parts_ is None else list(space.parts_.names)
    return names if len(names) > 1 else []


def recorded(space: "FeatureSpace", numbers: NDArray[np.intp]) -> xr.Dataset:
    """Return known spectra as they were recorded: mixtures are sums of those, not of prepared ones.

    Raises
    ------
    InputError
        If the space does not keep them and its preparation takes something away.
    """
    known = space.known_.isel(sample=numbers)
    if space.raw_ is None:
        if axes.LOSES & {name for name, _ in space.recipe_.steps}:
            raise InputError(
                "this space does not keep its spectra as they were recorded, and mixtures are sums of those"
            )
        return known.load()
    met = space.recipe_.met
    points: dict[str, Any] = {met.axis: met.points}
    names = [str(one) for one in known["name"].values]
    made = spectra.make(space.raw_[numbers], kind=met.kind, wavelength=met.wavelength, name=names, **points)
    unit = "intensity_unit"
    return made.assign_coords({unit: ("sample", known[unit].values)}) if unit in known.coords else made


def mixtures_of(space: "FeatureSpace", *, title: str) -> dict[str, Any]:
    """Return the map of mixtures of the known samples, as the page is given a space.

    Parameters
    ----------
    space
        That knows parts.
    title
        Of the page.

    Raises
    ------
    InputError
        If the space knows fewer than two parts, or does not keep spectra as they were recorded.
    SpectraError
        If its spectra cannot be compared with the parts.
    """
    if not parts_of(space) or space.parts_ is None:
        raise InputError("the space knows no two parts of mixtures; give it pure spectra by know_parts first")
    chosen = grouping.evenly(len(space.names), MOST_UNMIXED)
    found = space.parts_.answer(recorded(space, chosen))
    seen = np.isfinite(found["mixture_coordinates"].values).all(axis=1)
    if not seen.any():
        raise InputError("in none of the samples any of the parts is seen")
    found, numbers = found.isel(sample=seen), chosen[seen]
    drawn = map_of(found)
    told = _samples(space, numbers)
    told["labels"] = [*_labels(space, numbers), _fractions(found), _remainder(found)]
    return told | {
        "title": title,
        "points": drawn.coordinates,
        "level": space.parts_.unmix.level,
        "mixture": {
            "names": list(space.parts_.names),
            "ends": drawn.ends,
            "tips": shortened(drawn.coordinates, drawn.ends),
            "shown": drawn.shown,
            "region_points": np.concatenate([np.zeros((0, 2)), *drawn.regions]),
            "region_counts": np.array([len(one) for one in drawn.regions], dtype=np.int32),
        },
        "provenance": _provenance(space, len(numbers), drawn.shown),
    }


def _samples(space: "FeatureSpace", numbers: NDArray[np.intp]) -> dict[str, Any]:
    """What the page is given of some known samples wherever they lie, and that no map stands behind them."""
    known, rows = space.known_, space._known_rows[numbers]
    return {
        "served": False,
        "kind": str(known.attrs["kind"]),
        "axis": {"name": space.axis_name, "unit": space.axis_unit, "values": space._axis},
        "wavelength": known.attrs.get("wavelength"),
        "names": [space.names[k] for k in numbers],
        "sources": [],
        "ellipses": None,
        "n_members": 1,
        "spectra": Rounded(rows),
        "classes": _classes(space, numbers),
        "groups": None,
        "nearest": nearest_of(rows),
        "novelty": None,
        "spacing": SPACING,
        "reach": 1.0,
        "decoder": {"kind": "none", "server_decodes": False, "encodes": False},
        "peaks": None,
    }


def nearest_of(rows: Array, block: int = 256) -> dict[str, Any]:
    """Return which other spectrum is nearest to each, and how far: root mean square difference.

    Parameters
    ----------
    rows
        Shape (n_samples, n_points).
    block
        Samples whose distances to all others are held at once.
    """
    squares = (rows**2).sum(axis=1)
    numbers = np.empty(len(rows), dtype=np.int32)
    for start in range(0, len(rows), block):
        own = slice(start, start + block)
        apart = squares - 2.0 * rows[own] @ rows.T
        apart[np.arange(len(apart)), np.arange(len(rows))[own]] = np.inf
        numbers[own] = apart.argmin(axis=1)
    distance = np.sqrt(((rows - rows[numbers]) ** 2).mean(axis=1))
    return {"numbers": numbers, "distance": distance.astype(np.float32)}


def _label(name: str, columns: list[str], values: Array, **more: Any) -> dict[str, Any]:
    """A label that is not painted over the map and not read off it."""
    nothing = np.full(values.shape, np.nan)
    told = {"read": values, "lower": nothing, "upper": nothing, "trusted": "", "why": "", "walked": "", "bounds": None,
            "total": None, "half": np.zeros(len(columns)), "reads": None, "painted": None}  # fmt: skip
    return {"name": name, "columns": columns, "values": values} | told | more


def _fractions(found: xr.Dataset) -> dict[str, Any]:
    ends = {end: found[f"fraction_{end}"].values for end in ("lower", "upper")}
    limit = found["detection_limit"].values
    names = [str(one) for one in found["part"].values]
    return _label(LABELS[0], names, found["fraction"].values, kind="fraction", limit=limit, **ends)


def _remainder(found: xr.Dataset) -> dict[str, Any]:
    return _label(LABELS[1], [LABELS[1]], found["mixture_unexplained"].values[:, np.newaxis], kind="remainder")


def _labels(space: "FeatureSpace", numbers: NDArray[np.intp]) -> list[dict[str, Any]]:
    """The labels of the space, as they were read with each sample left out."""
    told = []
    for readout in space.label_readouts_.values():
        left_out = {key: np.asarray(one)[numbers] for key, one in walking.left_out_answers(readout).items()}
        label = readout.label
        more = {"trusted": readout.trusted, "why": readout.why, "total": label.total if label.is_composition else None}
        told.append(_label(label.name, list(label.columns), np.asarray(label.values)[numbers], **left_out, **more))
    return told


def _classes(space: "FeatureSpace", numbers: NDArray[np.intp]) -> list[dict[str, Any]]:
    readouts = space.class_readouts_.items()
    return [
        {"name": name, "values": one.label.values[numbers].tolist(), "classes": one.classes} for name, one in readouts
    ]


def _provenance(space: "FeatureSpace", n_samples: int, shown: float) -> dict[str, Any]:
    names = parts_of(space)
    notes = [f"fractions of {', '.join(names)} in the spectra as they were recorded; intervals are those of the fit"]
    if n_samples < len(space.names):
        notes.append(f"{n_samples} of {len(space.names)} samples, evenly chosen")
    if len(names) > 3:
        notes.append(
            f"the plane shows {100 * shown:.0f} % of the variance of the fractions; arrows point to more of a part"
        )
    return {
        "map": "Mixtures",
        "map_reason": f"of {len(names)} parts",
        "prepared": "as recorded",
        "history": "; ".join(str(space.provenance_.get("history", "")).splitlines()),
        "versions": versions(),
        "notes": notes,
        "errors": [],
        "why": {},
    }
