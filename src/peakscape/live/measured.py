"""What a source gives: one measured spectrum with its place in a run, and the protocol of sources."""

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.spectra.container import AXES, INSTRUMENT, KINDS, kind_of_axis

Array = NDArray[np.float64]
ATTRIBUTES = ("kind", "wavelength", "element", "edge")
"""Attributes of the container that a spectrum may carry in its metadata."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One spectrum as a source gives it.

    Attributes
    ----------
    uid : str
        Of the run or file that it belongs to; with `number` it is this spectrum and no other, for ever.
    number : int
        Its sequence number there.
    axis : str
        What `points` are: "two_theta" (degree), "q" (1/angstrom) or "energy" (eV).
    points : ndarray of shape (n_points,)
    intensity : ndarray of shape (n_points,)
    metadata : mapping
        ``name``, ``source``; ``wavelength`` (angstrom), ``kind``, ``element``, ``edge``, where they are known;
        ``labels`` (coordinates of the sample, by name); ``time`` (seconds since 1970 at which it was measured).
    """

    uid: str
    number: int
    axis: str
    points: Array
    intensity: Array
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, int]:
        """Which spectrum it is."""
        return self.uid, self.number

    @property
    def name(self) -> str:
        """The name that people read."""
        return str(self.metadata.get("name") or f"{self.uid[:8]} {self.number}")


class Sink(Protocol):
    """What a source gives its spectra to; every method may be called from any thread, returns soon and never raises."""

    def take(self, measured: Measured) -> None:
        """Take a spectrum; once this has returned it is on disk, and a repeat changes nothing."""

    def note(self, code: str, text: str, uid: str = "") -> None:
        """Take a remark about the stream: a run that was aborted, a source that is away."""

    def is_known(self, uid: str, number: int) -> bool:
        """Say whether this spectrum was taken already, now or before a restart."""

    def remember(self, key: str) -> None:
        """Keep a mark of the source's own, once what it stands for was taken."""

    def remembers(self, key: str) -> bool:
        """Say whether such a mark was kept, now or before a restart."""


class LiveSource(Protocol):
    """Where spectra come from.

    A source gives what it has and what comes to the sink until `stop` is set. It may give a spectrum again, and in any
    order; after a restart it gives again what it still holds. What it cannot use it notes, and goes on.
    """

    name: str

    def check(self) -> None:
        """Raise InputError, in one line, where it is known before the start that nothing can come."""

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Give spectra until `stop` is set."""


def wrong(measured: Measured) -> str | None:
    """Return in one line why a spectrum can be placed on no map, None if it can.

    Examples
    --------
    >>> wrong(Measured("run", 1, "q", np.array([1.0, 2.0]), np.array([0.5, np.nan])))
    'the intensity is nan at point 1 (q 2 1/angstrom): expected finite numbers'
    """
    if measured.axis not in AXES:
        return f"expected an axis of {', '.join(AXES)}, got {measured.axis!r}"
    points, intensity = np.asarray(measured.points), np.asarray(measured.intensity)
    if points.ndim != 1 or points.shape != intensity.shape:
        return f"expected as many intensities as points, got shapes {intensity.shape} and {points.shape}"
    if not np.isfinite(intensity).all():
        where = int(np.flatnonzero(~np.isfinite(intensity))[0])
        unit = AXES[measured.axis][0]
        return (
            f"the intensity is {intensity[where]} at point {where} ({measured.axis} {points[where]:g} {unit}):"
            " expected finite numbers"
        )
    try:
        spectra.container.check_axis(points.astype(np.float64), measured.axis)
    except ValueError as error:
        return str(error)
    kind = measured.metadata.get("kind", kind_of_axis(measured.axis))
    return None if kind in KINDS else f"expected kind to be one of {', '.join(KINDS)}, got {kind!r}"


def alike(measured: Measured) -> tuple[Any, ...]:
    """Return what spectra must share to stand in one container."""
    told = [(name, measured.metadata.get(name)) for name in ATTRIBUTES]
    labels = tuple(sorted(dict(measured.metadata.get("labels") or {})))
    return measured.axis, np.asarray(measured.points, dtype=np.float64).tobytes(), repr(told), labels


def dataset_of(group: Sequence[Measured]) -> xr.Dataset:
    """Put spectra that are `alike` into the container.

    Examples
    --------
    >>> one = Measured("run", 1, "q", np.array([1.0, 2.0]), np.array([0.5, 0.7]), {"name": "a"})
    >>> dataset_of([one]).name.values.tolist()
    ['a']
    """
    first = group[0]
    told = {name: first.metadata[name] for name in ATTRIBUTES if first.metadata.get(name) is not None}
    labels = [dict(one.metadata.get("labels") or {}) for one in group]
    axis: dict[str, Any] = {first.axis: first.points}
    dataset = spectra.make(
        np.stack([np.asarray(one.intensity, dtype=np.float64) for one in group]),
        kind=told.pop("kind", kind_of_axis(first.axis)),
        wavelength=told.pop("wavelength", None),
        name=[one.name for one in group],
        source=[str(one.metadata.get("source", "")) for one in group],
        labels={name: [one[name] for one in labels] for name in labels[0]},
        **axis,
    )
    for name in labels[0]:
        dataset[name].attrs["role"] = INSTRUMENT
    return dataset.assign_attrs(told)


def measured_of(dataset: xr.Dataset, uid: str, *, first: int = 0, when: float | None = None) -> list[Measured]:
    """Return the spectra of a container one by one, numbered from `first`.

    Parameters
    ----------
    dataset
        The container.
    uid
        Of the run or file.
    first
        Number of the first.
    when
        At which they were measured, seconds since 1970; None: now.
    """
    axis = spectra.axis_name(dataset)
    points = np.asarray(dataset[axis].values, dtype=np.float64)
    told = {name: _plain(dataset.attrs[name]) for name in ATTRIBUTES if dataset.attrs.get(name) is not None}
    labels = [
        str(name)
        for name, values in dataset.coords.items()
        if values.dims == ("sample",) and name not in ("name", "source")
    ]
    found = []
    for k, row in enumerate(dataset["intensity"].values):
        metadata = told | {
            "name": str(dataset["name"].values[k]),
            "source": str(dataset["source"].values[k]),
            "labels": {name: _plain(dataset[name].values[k]) for name in labels},
            "time": time.time() if when is None else when,
        }
        found.append(Measured(uid, first + k, axis, points, np.asarray(row, dtype=np.float64), metadata))
    return found


def _plain(value: Any) -> Any:
    """A number or text that JSON holds."""
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, bool | int | str) or (isinstance(plain, float) and math.isfinite(plain)) else (
        math.nan if isinstance(plain, float) else str(plain)
    )  # fmt: skip
