"""A feature space as the page is given it: known samples, what is known of them, the map, and where all came from."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peakscape.errors import PeakscapeError
from peakscape.explorer.decoders import Decoder, decoder_of
from peakscape.explorer.packing import Rounded, compressed, pack
from peakscape.explorer.triangles import mixtures_of, nearest_of, parts_of
from peakscape.feature_space.display import versions
from peakscape.feature_space.questions import walking
from peakscape.feature_space.readouts.labels import LabelReadout

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace

Array = NDArray[np.float64]
SCHEMA = "peakscape.explorer/1"
N_GRID = 90
"""Points along each side of a painted map."""
MOST_EXPLAINED, MOST_ASKED, MOST_PEAKS = 400, 24, 30
"""Samples whose most relevant peaks are sent, evenly chosen, and how many of each. Where the page can ask
for the others it is opened sooner: the first few make the mean relevance."""
MOST_GROUPED = 1_000
"""Samples that are grouped for the colours; of more, grouping would hold the page up."""


def payload(space: "FeatureSpace", *, title: str, served: bool) -> dict[str, Any]:
    """Return what the page is given of a space.

    Parameters
    ----------
    space
        Fitted.
    title
        What the page is called.
    served
        Whether a server stands behind the page, which answers what the page cannot.
    """
    known = space.known_
    points = np.median(space.coordinates_, axis=0)
    decoder = decoder_of(space.map_, points)
    reach = walking.reach_of(space)
    n_members = len(space.coordinates_)
    told: dict[str, Any] = {
        "schema": SCHEMA,
        "title": title,
        "served": served,
        "kind": str(known.attrs["kind"]),
        "axis": {"name": space.axis_name, "unit": space.axis_unit, "values": space._axis},
        "wavelength": known.attrs.get("wavelength"),
        "names": space.names,
        "sources": [str(one) for one in known["source"].values] if "source" in known.coords else space.names,
        "points": points,
        "ellipses": _ellipses(space.coordinates_) if n_members > 1 else None,
        "n_members": n_members,
        "spectra": Rounded(space._known_rows),
        "labels": [_label(readout) for readout in space.label_readouts_.values()],
        "classes": [_class(space, name) for name in space.class_readouts_],
        "groups": _groups(space),
        "nearest": nearest_of(space._known_rows),
        "novelty": None if space.novelty_ is None else space.novelty_.rule,
        "spacing": reach.spacing,
        "reach": reach.reach,
        "level": space.level,
        "decoder": decoder.told,
        "parts": parts_of(space),
        "peaks": _peaks(space, MOST_ASKED if served else MOST_EXPLAINED),
        "provenance": provenance(space, decoder),
    }
    return told


def packed(
    spaces: "Sequence[FeatureSpace]",
    *,
    title: str,
    served: bool,
    further: Mapping[str, Any] | None = None,
    largest: float = float("inf"),
) -> bytes:
    """Return the payloads of one space or several, the first with all else inside, as gzipped bytes.

    Where the first knows parts of mixtures, and nobody stands behind the page who could be asked for it, the map of
    mixtures of the known samples is one more.

    Where they are more than `largest` bytes, bases and patterns of the maps are sent as 16-bit integers; the error is
    measured and told.
    """
    told = [payload(space, title=title, served=served) for space in spaces]
    if not served:
        told += _mixtures(spaces[0], told[0], title)
    found = _joined(told, further)
    if len(found) <= largest:
        return found
    for one, space in zip(told, spaces, strict=False):
        decoder = decoder_of(space.map_, np.median(space.coordinates_, axis=0), rounded=True)
        one |= {"decoder": decoder.told, "provenance": provenance(space, decoder)}
    return _joined(told, further)


def _joined(told: list[dict[str, Any]], further: Mapping[str, Any] | None) -> bytes:
    first, *others = told
    return compressed(pack(first | {"others": others} | dict(further or {})))


def _mixtures(space: "FeatureSpace", told: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """The map of mixtures, where there is one; where it cannot be drawn, the reason as a note."""
    if not parts_of(space):
        return []
    try:
        return [mixtures_of(space, title=title)]
    except PeakscapeError as error:
        told["provenance"]["notes"].append(f"no map of mixtures: {' '.join(str(error).split())}")
        return []


def provenance(space: "FeatureSpace", decoder: Decoder | None = None) -> dict[str, Any]:
    """Return what a caption tells: of what, prepared how, by which map and versions, and what is erred."""
    notes = [remark.text for remark in space.remarks_]
    notes += [remark.text for readout in space.label_readouts_.values() for remark in readout.remarks]
    if decoder is not None and decoder.error:
        notes.append(
            f"decoded curves are those of Python within {decoder.error:.1e} of their maximum: bases are sent as 16-bit"
            " integers"
        )
    if decoder is not None and decoder.told["kind"] == "none":
        notes.append("this map cannot decode in the page: a walk shows the nearest sample")
    return {
        "map": type(space.map_).__name__,
        "map_reason": space.map_reason_,
        "prepared": space.recipe_.text,
        "history": "; ".join(str(space.provenance_.get("history", "")).splitlines()),
        "versions": versions(),
        "notes": notes,
        "errors": _records(space.validate()),
        "why": {name: readout.why for name, readout in space.label_readouts_.items()},
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _ellipses(coordinates: Array) -> Array:
    """Covariance over members at each known point: (n_samples, 3), xx, xy and yy."""
    apart = coordinates - coordinates.mean(axis=0)
    n_free = max(1, len(apart) - 1)
    pairs = ((0, 0), (0, 1), (1, 1))
    return np.stack([(apart[..., i] * apart[..., j]).sum(axis=0) / n_free for i, j in pairs], axis=1)


def _label(readout: LabelReadout) -> dict[str, Any]:
    left_out = walking.left_out_answers(readout)
    known = readout.label
    return {
        "name": known.name,
        "columns": list(known.columns),
        "values": known.values,
        **left_out,
        "trusted": readout.trusted,
        "why": readout.why,
        "half": walking.known_half_widths(readout, walking.walked_method(readout)),
        "walked": walking.walked_method(readout),
        "bounds": None if known.bounds is None else [float(end) for end in known.bounds],
        "total": known.total if known.is_composition else None,
        "reads": _readout(readout),
        "painted": _painted(readout),
    }


def _readout(readout: LabelReadout) -> dict[str, Any] | None:
    """The map's own readout, where the page can run it: a Gaussian process for each member; and hulls and steps."""
    from peakscape.analysis.validation.regressors import typical_steps
    from peakscape.signal.gaussian_process import GaussianProcess

    found = walking.walked_readout(readout)
    members = []
    for interpolator, hull in found._members:
        if not isinstance(interpolator, GaussianProcess):
            return None
        members.append(
            {
                "center": interpolator._center, "scale": interpolator._scale, "points": interpolator._points,
                "table": interpolator._weights, "length": float(interpolator.length),
                "mean": interpolator._mean, "deviation": interpolator._deviation,
                "hull": hull.corners(),
            }
        )  # fmt: skip
    steps = typical_steps(found)
    return {"members": members, "steps": steps, "known": found.coordinates_.astype(np.float32)}


def _painted(readout: LabelReadout) -> dict[str, Any]:
    from peakscape import analysis

    painted = analysis.paint(walking.walked_readout(readout), n_grid=N_GRID, margin=0.12)
    grid = np.ascontiguousarray(np.moveaxis(painted.composition, -1, 0)).astype(np.float32)
    return {"axis_0": painted.axis_0, "axis_1": painted.axis_1, "values": grid}


def _class(space: "FeatureSpace", name: str) -> dict[str, Any]:
    readout = space.class_readouts_[name]
    found = readout.identifier.left_out_
    columns = {"left_out": "label", "probability": "probability"}
    same = len(found) == len(readout.label.values)
    told = {key: found[column].tolist() for key, column in columns.items() if same and column in found}
    return {"name": name, "values": readout.label.values.tolist(), "classes": readout.classes, **told}


def _groups(space: "FeatureSpace") -> NDArray[np.int32] | None:
    """Group of each known sample by its place; None where there is one group only."""
    if len(space.names) > MOST_GROUPED or len(space.names) < 4:
        return None
    try:
        found = space.group()
    except PeakscapeError:
        return None
    return found.labels.astype(np.int32) if found.n_groups > 1 else None


def _peaks(space: "FeatureSpace", most: int) -> list[dict[str, Any] | None]:
    """The peaks of at most so many samples; None for the others."""
    n_samples = len(space.names)
    chosen = set(np.unique(np.linspace(0, n_samples - 1, min(most, n_samples)).round().astype(int)).tolist())
    return [peaks_of(space, row) if number in chosen else None for number, row in enumerate(space._known_rows)]


def peaks_of(space: "FeatureSpace", row: Array) -> dict[str, Any]:
    """Return the most relevant peaks of a prepared spectrum, and where masking each alone puts its point.

    Returns
    -------
    dict
        ``position``, ``intensity``, ``relevance``, ``error``, and ``start`` and ``stop`` of the masked points, by the
        whole peak, each of shape (n_peaks,); ``moved`` (n_peaks, 2), from the point to the point with the peak masked.
    """
    import warnings

    from peakscape import analysis
    from peakscape.analysis.inputs import trusted_members

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = analysis.rank_peaks(space.map_, row, mask="peak", axis=space._axis).head(MOST_PEAKS)
        first, last = table["start"].to_numpy(dtype=np.intp), table["stop"].to_numpy(dtype=np.intp)
        moved = np.zeros((len(table), 2))
        if len(table) and hasattr(space.map_, "transform_masked"):
            found = space.map_.transform_masked(row, np.append(first, 0), np.append(last, 0))
            found = found[trusted_members(space.map_, len(found))]
            moved = np.median(found[:, :-1], axis=0) - np.median(found[:, -1:], axis=0)
    return {
        "position": table.iloc[:, 0].to_numpy(dtype=np.float32),
        "intensity": table["intensity"].to_numpy(dtype=np.float32),
        "relevance": table["relevance"].to_numpy(dtype=np.float32),
        "error": table["relevance_error"].to_numpy(dtype=np.float32),
        "start": first.astype(np.int32),
        "stop": last.astype(np.int32),
        "moved": moved.astype(np.float32),
    }
