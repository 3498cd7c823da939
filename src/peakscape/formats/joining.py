"""Scans of one kind put together into one container."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.errors import FormatError
from peakscape.formats.radiation import same_wavelength
from peakscape.formats.scan import METADATA, PROPERTIES, Scan
from peakscape.spectra.container import INSTRUMENT

# Axes that agree to this share of their span are the same axis written with different digits.
SAME_AXIS = 1e-6
ABSORBER = ("element", "edge")
# Valence and calibration move an edge by less, in eV; edges of two absorbers that lie closer cannot be told apart.
ONE_EDGE = 50.0
ONE_WAVELENGTH = (
    "a set has one wavelength: read each into a set of its own, give it where a file does not tell it"
    " (wavelength=, --wavelength), or export all on q"
)


def joined(scans: list[Scan], *, resample: bool = False) -> xr.Dataset:
    """Put scans of one axis and wavelength into a container.

    Parameters
    ----------
    scans
        At least one.
    resample
        Bring them onto the points of the first that lie within all of them.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    FormatError
        Scans on different points without `resample`, or without a common range.

    Examples
    --------
    >>> scan = Scan("q", np.array([1.0, 2.0]), np.array([3.0, 4.0]), "a", "a.xy", metadata={"temperature": 300.0})
    >>> joined([scan]).temperature.values
    array([300.])
    """
    points = _common_points(scans) if resample else _same_points(scans)
    intensity = np.empty((len(scans), len(points)))
    for row, scan in zip(intensity, scans, strict=True):
        row[:] = (
            scan.intensity if len(scan.points) == len(points) and agree(scan.points, points) else _onto(scan, points)
        )
    return _container(scans, points, intensity, history=_history(scans, points, resample=resample))


def check_same_kind(scans: list[Scan]) -> None:
    """Raise FormatError, with the names, for scans on different axes or of different wavelengths.

    Examples
    --------
    >>> check_same_kind([Scan("q", np.array([1.0, 2.0]), np.array([3.0, 4.0]), "a", "a.xy")])
    """
    first = scans[0]
    for scan in scans[1:]:
        if scan.axis != first.axis:
            raise FormatError(
                f"{scan.source} is on {scan.axis} and {first.source} on {first.axis}; read them apart,"
                " or say one axis for all if a title misleads"
            )
        if not same_wavelength(scan.wavelength, first.wavelength):
            raise FormatError(
                f"{scan.source} has {wavelength_in_words(scan.wavelength)} and {first.source}"
                f" {wavelength_in_words(first.wavelength)}; {ONE_WAVELENGTH}"
            )
        if not same_absorber(scan, first):
            raise FormatError(
                f"{scan.source} is of {absorber_in_words(scan)} and {first.source} of {absorber_in_words(first)}; a set"
                " has one absorber: read them apart"
            )


def wavelength_in_words(wavelength: float | None) -> str:
    """Tell a wavelength.

    Examples
    --------
    >>> wavelength_in_words(1.5406), wavelength_in_words(None)
    ('wavelength 1.5406 angstrom', 'no known wavelength')
    """
    return "no known wavelength" if wavelength is None else f"wavelength {wavelength:g} angstrom"


def same_absorber(one: Scan, other: Scan) -> bool:
    """Tell whether two scans are of one edge of one element; what one of them does not tell makes no difference.

    Where the edges have been found (`absorption.normalize_scan`), they may not lie further apart than 50 eV.

    Examples
    --------
    >>> chromium, arsenic = (Scan("energy", np.array([1.0]), np.array([1.0]), "", "", element=e) for e in ("Cr", "As"))
    >>> same_absorber(chromium, arsenic), same_absorber(chromium, chromium)
    (False, True)
    """
    pairs = ((one.element, other.element), (one.edge, other.edge))
    found = [each.metadata.get("edge_energy") for each in (one, other)]
    apart = (
        all(isinstance(edge, float) for edge in found) and abs(float(found[0] or 0) - float(found[1] or 0)) > ONE_EDGE
    )
    return not apart and all(own is None or wanted is None or own == wanted for own, wanted in pairs)


def absorber_in_words(scan: Scan) -> str:
    """Tell the absorber of a scan.

    Examples
    --------
    >>> absorber_in_words(Scan("energy", np.array([1.0]), np.array([1.0]), "a", "a.xdi", element="Cr", edge="K"))
    'Cr K'
    """
    found = scan.metadata.get("edge_energy")
    place = f" (edge at {found:.0f} eV)" if isinstance(found, float) else ""
    return f"{scan.element or 'an unknown absorber'} {scan.edge or ''}".strip() + place


def agree(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Tell whether two axes are the same up to the digits that were written.

    Examples
    --------
    >>> agree(np.array([1.0, 2.0]), np.array([1.0, 2.0000001])), agree(np.array([1.0, 2.0]), np.array([1.0, 2.1]))
    (True, False)
    """
    return len(one) == len(other) and bool(np.all(np.abs(one - other) <= SAME_AXIS * (other[-1] - other[0])))


def _same_points(scans: list[Scan]) -> NDArray[np.float64]:
    first = scans[0]
    different = [scan for scan in scans if not agree(scan.points, first.points)]
    if different:
        names = ", ".join(Path(scan.source).name for scan in different[:3]) + (" ..." if len(different) > 3 else "")
        raise FormatError(
            f"{len(different)} of {len(scans)} files are not on the points of {Path(first.source).name}"
            f" ({extent(first)}): {names} ({extent(different[0])}); bring them onto one axis with resample=True"
            " (on the command line --resample)"
        )
    return first.points


def extent(scan: Scan) -> str:
    """Tell the axis of a scan in words.

    Examples
    --------
    >>> extent(Scan("q", np.array([1.0, 2.0]), np.array([3.0, 4.0]), "a", "a.xy"))
    'q 1 to 2, 2 points'
    """
    return f"{scan.axis} {scan.points[0]:g} to {scan.points[-1]:g}, {len(scan.points)} points"


def _common_points(scans: list[Scan]) -> NDArray[np.float64]:
    first = scans[0].points
    low, high = max(scan.points[0] for scan in scans), min(scan.points[-1] for scan in scans)
    points: NDArray[np.float64] = first[(first >= low) & (first <= high)]
    if len(points) < 2:
        narrowest = max(scans, key=lambda scan: scan.points[0] if low > first[-1] else -scan.points[-1])
        raise FormatError(
            f"the files share no range of {scans[0].axis}: {narrowest.source} has {extent(narrowest)};"
            f" {scans[0].source} has {extent(scans[0])}"
        )
    return points


def _onto(scan: Scan, points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = spectra.resample(_container([scan], scan.points, scan.intensity[None]), points)
    return np.asarray(moved["intensity"].values[0])


def _container(
    scans: list[Scan], points: NDArray[np.float64], intensity: NDArray[np.float64], history: Sequence[str] = ()
) -> xr.Dataset:
    axis = scans[0].axis
    dataset = spectra.make(
        intensity,
        two_theta=points if axis == "two_theta" else None,
        q=points if axis == "q" else None,
        energy=points if axis == "energy" else None,
        kind=scans[0].kind,
        wavelength=scans[0].wavelength,
        name=_names(scans),
        source=[scan.source for scan in scans],
        labels=_labels(scans),
        history=history,
    )
    for key in set(map(str, dataset.coords)) & set(METADATA):
        dataset[key].attrs.update({"units": METADATA[key]} if METADATA[key] else {})
        # A temperature that all samples have can be read from a map; what else the instrument tells is no property.
        if key not in PROPERTIES or not _is_complete(dataset[key].values):
            dataset[key].attrs["role"] = INSTRUMENT
    absorber = {key: next((getattr(scan, key) for scan in scans if getattr(scan, key)), None) for key in ABSORBER}
    return dataset.assign_attrs({key: value for key, value in absorber.items() if value is not None})


def _is_complete(values: NDArray[np.generic]) -> bool:
    return bool(np.isfinite(values).all() if values.dtype.kind == "f" else (values != "").all())


def _labels(scans: list[Scan]) -> dict[str, NDArray[np.generic]]:
    """Return what the files tell beside the curves; not a number, or no text, where one of them does not."""
    told = [dict(scan.metadata) for scan in scans]
    if not any(told):
        return {}
    for notes, scan in zip(told, scans, strict=True):
        if scan.wavelength is not None:
            notes["sample_wavelength"] = scan.wavelength
    keys = [key for key in METADATA if any(key in notes for notes in told)]
    return {
        key: np.array(
            [notes.get(key, np.nan if METADATA[key] else "") for notes in told], dtype=float if METADATA[key] else str
        )
        for key in keys
    }


def _names(scans: list[Scan]) -> list[str]:
    """Return the names of the scans, with the folder or a number where two would be the same."""
    names = [scan.name for scan in scans]
    if len(set(names)) < len(names):
        count = Counter(names)
        names = [
            f"{Path(scan.source).parent.name}/{name}" if count[name] > 1 else name
            for scan, name in zip(scans, names, strict=True)
        ]
    if len(set(names)) < len(names):
        names = [f"{name} ({number})" for number, name in enumerate(names, start=1)]
    return names


def _history(scans: list[Scan], points: NDArray[np.float64], *, resample: bool) -> list[str]:
    lines = [f"read from {len({scan.source for scan in scans})} files"]
    moved = sum(not agree(scan.points, points) for scan in scans)
    if resample and moved:
        lines.append(f"{moved} resampled onto {len(points)} points, {points[0]:g} to {points[-1]:g}")
    signals = sorted({str(scan.metadata["signal"]) for scan in scans if "signal" in scan.metadata})
    if signals:
        lines.append(f"absorption from {'; '.join(signals)}")
    return lines
