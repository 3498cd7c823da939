"""Measured scans made ready for the container: on the scale of their edge step, and repeats averaged."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape import spectra
from peakscape.absorption.alignment import calibrate
from peakscape.absorption.edges import EDGES, edges_within
from peakscape.absorption.edges import edge_energy as tabulated_energy
from peakscape.errors import FormatError, InputError, PeakscapeWarning
from peakscape.signal.edge import NormalizedAbsorption, background_below_zero, normalize
from peakscape.spectra.container import INSTRUMENT, remember

RAW = ("transmission", "fluorescence", "electron yield", "absorption", "reference")
"""What a scan may be before it is normalised."""
_WIDE = 100.0
"""EXAFS averages out over so many eV; the step of a second edge does not."""
_SECOND_STEP = 0.25
"""Share of the first edge's step that a second one must reach to be reported."""


class MeasuredScan(Protocol):
    """What is asked of a scan; `formats.Scan` is one."""

    @property
    def axis(self) -> str: ...  # noqa: D102
    @property
    def points(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def intensity(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def reference(self) -> NDArray[np.float64] | None: ...  # noqa: D102
    @property
    def element(self) -> str | None: ...  # noqa: D102
    @property
    def edge(self) -> str | None: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def metadata(self) -> Mapping[str, float | str]: ...  # noqa: D102


AnyScan = TypeVar("AnyScan", bound=MeasuredScan)


def normalize_scan(
    scan: AnyScan,
    *,
    flatten: bool = True,
    calibrate_to: float | None = None,
    everything: bool = False,
    pre_edge: tuple[float, float] | None = None,
    post_edge: tuple[float, float] | None = None,
    degree: int | None = None,
) -> AnyScan:
    """Return a scan with its absorption on the scale of the edge step, on its own points.

    For ``formats.read(files, each=normalize_scan)``: the container holds normalised absorption, and a scan is
    normalised before it is cut or interpolated onto the points of others. Scans that are not on energy, and those that
    a file gives as normalised (or says nothing of, but for `everything`), come back as they are.

    Parameters
    ----------
    scan
        As a reader gives it.
    flatten
        Remove the curvature after the edge too.
    calibrate_to
        Known energy of the edge of the reference measured in the same scan, eV; the scan is shifted accordingly.
    everything
        Also normalise scans of which the file does not say that they are raw.
    pre_edge, post_edge, degree
        As in :func:`normalize`.

    Returns
    -------
    Scan
        With `edge_energy` (eV), `edge_step` and, where it was calibrated, `energy_shift` (eV) among its metadata.

    Raises
    ------
    FormatError
        No edge in range, one that falls, a second one in the range of the fits, a calibration without a reference. The
        message names the file.

    Warns
    -----
    PeakscapeWarning
        The line before the edge falls below zero under counts that are all positive.

    Examples
    --------
    >>> from peakscape.formats import Scan
    >>> energy = np.arange(6900.0, 7700.0, 1.0)
    >>> raw = Scan("energy", energy, 3.0 + 0.7 * (energy > 7112), "a", "a.xdi", element="Fe", edge="K",
    ...            metadata={"signal": "transmission"})
    >>> done = normalize_scan(raw)
    >>> round(float(done.intensity[-1]), 3), round(done.metadata["edge_step"], 3)
    (1.0, 0.7)
    """
    if scan.axis != "energy" or not (everything or scan.metadata.get("signal") in RAW):
        return scan
    try:
        shift = _shift(scan, calibrate_to)
        points = scan.points + shift
        # An edge that a file calls "L" is not a single one: it is looked for everywhere.
        known = scan.element is not None and (scan.edge or "K") in EDGES
        told = scan.metadata.get("expected_edge")
        near = float(told) if isinstance(told, float) else None
        near = tabulated_energy(scan.element, scan.edge or "K") if known and scan.element else near
        found = normalize(points, scan.intensity, near=near, pre_edge=pre_edge, post_edge=post_edge, degree=degree)
        _check_one_edge(points, found)
    except InputError as error:
        whose = f" (given as {scan.element} {scan.edge or 'K'})" if scan.element else ""
        raise FormatError(f"{scan.source}: {error}{whose}") from error
    doubt = background_below_zero(points, scan.intensity, found)
    if doubt:
        warnings.warn(f"{scan.source}: {doubt}", PeakscapeWarning, stacklevel=2)
    notes: dict[str, Any] = {**scan.metadata, "edge_energy": found.edge_energy, "edge_step": found.edge_step}
    notes |= {"energy_shift": shift} if calibrate_to is not None else {}
    notes |= {"signal": f"{scan.metadata.get('signal', 'absorption')}, {'flattened' if flatten else 'normalized'}"}
    changed = {"points": points, "intensity": found.flattened if flatten else found.normalized, "metadata": notes}
    return replace(scan, **changed)  # type: ignore[type-var]


def _shift(scan: MeasuredScan, calibrate_to: float | None) -> float:
    if calibrate_to is None:
        return 0.0
    if scan.reference is None:
        raise InputError("holds no reference measured beside the sample, so its energies cannot be calibrated")
    return calibrate(scan.points, scan.reference, known_energy=calibrate_to)


def _check_one_edge(points: NDArray[np.float64], found: NormalizedAbsorption) -> None:
    """Raise InputError where a second step as high as a part of the first stands in the range of the fit after it."""
    low, high = (found.edge_energy + end for end in found.post_edge_range)
    grid = np.arange(low, high, 2.0)
    reach = int(_WIDE / 2.0)
    if len(grid) < 2 * reach + 5:
        return
    curve = np.interp(grid, points, found.normalized)
    # Beside each centre a line with a step in the middle: what is steep, or bends, is no step.
    side = np.arange(-reach, reach + 1, dtype=np.float64)
    columns = np.column_stack([np.ones_like(side), side, np.sign(side)])
    solution = np.linalg.pinv(columns)[2]
    jumps = 2.0 * np.lib.stride_tricks.sliding_window_view(curve, len(side)) @ solution
    best = int(np.argmax(jumps))
    if jumps[best] > _SECOND_STEP:
        place = float(grid[best + reach])
        last = place - found.edge_energy - 20.0
        known = [f"{element} {edge}" for element, edge, _ in edges_within([place - 15.0, place + 15.0])]
        raise InputError(
            f"a second edge stands at about {place:.0f} eV ({jumps[best]:.2f} of the step at {found.edge_energy:.0f} eV"
            f"{'; near ' + ', '.join(known[:4]) if known else ''}): two absorbers are mixed; cut the scan before"
            f" it, or fit before it alone: post_edge=(25, {last:.0f}), on the command line --absorption raw with"
            f" --prepare edge={found.edge_energy:.0f}:after=25-{last:.0f}"
        )


@dataclass(frozen=True)
class Average:
    """Hold the mean of repeated curves and how far they spread.

    Attributes
    ----------
    mean : ndarray of shape (n_points,)
        The mean curve.
    spread : ndarray of shape (n_points,)
        Standard deviation of one repeat (n - 1); not a number for a single one.
    standard_error : ndarray of shape (n_points,)
        Standard error of the mean.
    deviation : ndarray of shape (n_repeats,)
        Root mean square distance of each repeat from the median curve: a bad repeat stands out.
    n_repeats : int
        How many.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    deviation: NDArray[np.float64]
    n_repeats: int


def average(repeats: ArrayLike) -> Average:
    """Average curves on one axis.

    Parameters
    ----------
    repeats
        Curves, shape (n_repeats, n_points).

    Raises
    ------
    InputError
        If there are none, or they are not finite numbers.

    Examples
    --------
    >>> found = average([[0.0, 1.0], [0.2, 1.2], [0.1, 1.1]])
    >>> found.mean, found.spread.round(3)
    (array([0.1, 1.1]), array([0.1, 0.1]))
    """
    rows = np.atleast_2d(np.asarray(repeats, dtype=np.float64))
    if rows.ndim != 2 or rows.size == 0 or not np.isfinite(rows).all():
        raise InputError(f"expected curves of finite numbers, shape (n_repeats, n_points), got shape {rows.shape}")
    n_repeats = len(rows)
    spread = rows.std(axis=0, ddof=1) if n_repeats > 1 else np.full(rows.shape[1], np.nan)
    deviation = np.sqrt(np.mean((rows - np.median(rows, axis=0)) ** 2, axis=1))
    return Average(rows.mean(axis=0), spread, spread / np.sqrt(n_repeats), deviation, n_repeats)


def average_repeats(dataset: xr.Dataset, *, by: str | Sequence[str]) -> tuple[xr.Dataset, NDArray[np.float64]]:
    """Average the samples of a container that have the same labels."""
    keys = [by] if isinstance(by, str) else list(by)
    missing = [key for key in keys if key not in dataset.coords or dataset[key].dims != ("sample",)]
    if missing or not keys:
        raise InputError(f"expected labels of the samples to average by, got {', '.join(missing) or 'none'}")
    members: dict[tuple[str, ...], list[int]] = {}
    for number, values in enumerate(zip(*(dataset[key].values for key in keys), strict=True)):
        members.setdefault(tuple(str(value) for value in values), []).append(number)
    groups = list(members.values())
    averages = [average(dataset["intensity"].values[numbers]) for numbers in groups]
    axis = spectra.axis_name(dataset)
    firsts = dataset.isel(sample=[numbers[0] for numbers in groups])
    unshared = [
        str(name)
        for name, values in dataset.coords.items()
        if values.dims == ("sample",) and name not in ("name", "source") and not _is_shared(values.values, groups)
    ]
    fresh = firsts.drop_vars(["intensity", *unshared]).assign_coords(
        n_repeats=("sample", [each.n_repeats for each in averages], {"role": INSTRUMENT})
    )
    rows = np.stack([each.mean for each in averages])
    fresh["intensity"] = (("sample", axis), rows, dict(dataset["intensity"].attrs))
    line = f"averaged {dataset.sizes['sample']} scans to {len(groups)} by {', '.join(keys)}"
    return spectra.check(remember(fresh, line)), np.stack([each.spread for each in averages])


def _is_shared(values: NDArray[np.generic], groups: list[list[int]]) -> bool:
    return all(len({str(values[number]) for number in numbers}) == 1 for numbers in groups)
