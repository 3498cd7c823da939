"""The container of spectra: made, checked, and asked for its axis and labels."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape import composition as compositions
from peakscape.errors import SpectraError
from peakscape.signal import interpolation
from peakscape.signal.radiation import TOLERANCE

# Each axis with its unit and the interval in which its values must lie.
AXES: dict[str, tuple[str, float, float]] = {
    "two_theta": ("degree", 0.0, 180.0),
    "q": ("1/angstrom", 0.0, np.inf),
    "energy": ("eV", 0.0, np.inf),
}
KINDS = ("diffraction", "absorption")
# Attribute `role` of coordinates that tell how a sample was measured, not what it is: no label to read from a map.
INSTRUMENT = "instrument"
SAME_WAVELENGTH = TOLERANCE


def make(
    intensity: ArrayLike,
    *,
    two_theta: ArrayLike | None = None,
    q: ArrayLike | None = None,
    energy: ArrayLike | None = None,
    kind: str = "diffraction",
    wavelength: float | None = None,
    name: Sequence[str] | None = None,
    source: Sequence[str] | None = None,
    composition: ArrayLike | Sequence[str] | None = None,
    elements: Sequence[str] | None = None,
    labels: Mapping[str, ArrayLike] | None = None,
    history: Sequence[str] = (),
) -> xr.Dataset:
    """Build a container of spectra and check it.

    Parameters
    ----------
    intensity
        Array of shape (n_samples, n_points), or (n_points,) for one spectrum.
    two_theta, q, energy
        Exactly one of them: the common axis, shape (n_points,), in degree, 1/angstrom or eV, strictly ascending.
    kind
        "diffraction" or "absorption".
    wavelength
        In angstrom; None if it is not known (it is never assumed).
    name, source
        One text for each sample; names default to their numbers.
    composition
        Array of shape (n_samples, n_elements) in atoms per formula unit, with `elements`; or one formula a sample.
    elements
        Element symbols of the columns of `composition`.
    labels
        Further labels, name to array of shape (n_samples,).
    history
        What was done to the spectra so far, one line each.

    Returns
    -------
    xarray.Dataset
        With variable ``intensity(sample, axis)``; see docs/architecture.md.

    Raises
    ------
    SpectraError, CompositionError
        If the parts do not fit together or break the convention.

    Examples
    --------
    >>> spectra = make([[0, 1, 0], [0, 2, 1]], two_theta=[10, 20, 30], wavelength=1.5406, name=["a", "b"])
    >>> dict(spectra.sizes)
    {'sample': 2, 'two_theta': 3}
    """
    given = {key: value for key, value in (("two_theta", two_theta), ("q", q), ("energy", energy)) if value is not None}
    if len(given) != 1:
        raise SpectraError(f"expected exactly one axis of {', '.join(AXES)}, got {', '.join(given) or 'none'}")
    [(axis, axis_values)] = given.items()
    values = np.atleast_2d(np.asarray(intensity, dtype=np.float64))
    if values.ndim != 2:
        raise SpectraError(f"expected intensities of shape (n_samples, n_points), got shape {values.shape}")
    n_samples = len(values)
    coordinates: dict[str, object] = {
        axis: (axis, np.asarray(axis_values, dtype=np.float64), {"units": AXES[axis][0]}),
        "name": ("sample", _texts(name, n_samples, "name", [str(i) for i in range(n_samples)])),
        "source": ("sample", _texts(source, n_samples, "source", [""] * n_samples)),
    }
    for key, label in (labels or {}).items():
        coordinates[key] = ("sample", _label(key, label, n_samples))
    if composition is not None:
        amounts, symbols = _amounts(composition, elements)
        coordinates["element"] = ("element", np.asarray(symbols, dtype=str))
        coordinates["composition"] = (("sample", "element"), amounts, {"units": "atoms per formula unit"})
    attributes: dict[str, object] = {"kind": kind, "history": "\n".join(history)}
    if wavelength is not None:
        attributes["wavelength"] = float(wavelength)
    try:
        dataset = xr.Dataset({"intensity": (("sample", axis), values)}, coords=coordinates, attrs=attributes)
    except ValueError as error:
        raise SpectraError(f"the parts of the spectra do not fit together: {error}") from error
    return check(dataset)


def _texts(texts: Sequence[str] | None, n_samples: int, what: str, default: list[str]) -> NDArray[np.str_]:
    values = default if texts is None else [str(text) for text in texts]
    if len(values) != n_samples:
        raise SpectraError(f"expected one {what} for each of {n_samples} samples, got {len(values)}")
    return np.asarray(values, dtype=str)


def _label(key: str, label: ArrayLike, n_samples: int) -> NDArray[np.generic]:
    values = np.asarray(label)
    if values.shape != (n_samples,):
        raise SpectraError(f"expected label {key!r} to have shape ({n_samples},), got {values.shape}")
    return values.astype(str) if values.dtype.kind in "OUS" else values


def _amounts(
    composition: ArrayLike | Sequence[str], elements: Sequence[str] | None
) -> tuple[NDArray[np.float64], list[str]]:
    array = np.asarray(composition)
    if array.dtype.kind in "OUS":
        return compositions.array_from_formulas([str(text) for text in array], elements)
    if elements is None:
        raise SpectraError("a composition given as numbers needs `elements`, the symbols of its columns")
    return np.asarray(array, dtype=np.float64), list(elements)


def axis_name(dataset: xr.Dataset) -> str:
    """Return the name of the axis of the spectra: "two_theta", "q" or "energy".

    Raises
    ------
    SpectraError
        If there is none or more than one.

    Examples
    --------
    >>> axis_name(make([[0, 1, 0]], q=[1, 2, 3]))
    'q'
    """
    found = [str(axis) for axis in dataset.dims if axis in AXES]
    if len(found) != 1:
        raise SpectraError(f"expected one axis of {', '.join(AXES)}, got {', '.join(found) or 'none'}")
    return found[0]


def kind_of_axis(name: str) -> str:
    """Return the kind of spectra that lie on an axis.

    Examples
    --------
    >>> kind_of_axis("energy"), kind_of_axis("q")
    ('absorption', 'diffraction')
    """
    return "absorption" if name == "energy" else "diffraction"


def axis_label(name: str) -> str:
    """Return the name of an axis with its unit, as figures write it.

    Examples
    --------
    >>> axis_label("energy")
    'energy (eV)'
    """
    return f"{name} ({AXES[name][0]})"


def check(dataset: xr.Dataset) -> xr.Dataset:
    """Return the container unchanged if it follows the convention.

    Raises
    ------
    SpectraError
        For wrong dims, an axis that is not finite, ascending and within its physical interval, intensities that are
        not finite, an unknown kind, a wavelength that is not positive, negative amounts or an unknown element.

    Examples
    --------
    >>> dict(check(make([[0, 1, 0]], q=[1, 2, 3])).sizes)
    {'sample': 1, 'q': 3}
    """
    axis = axis_name(dataset)
    if "intensity" not in dataset or dataset["intensity"].dims != ("sample", axis):
        raise SpectraError(f"expected a variable intensity(sample, {axis}), got {sorted(map(str, dataset.data_vars))}")
    check_axis(dataset[axis].values, axis)
    if dataset.sizes["sample"] == 0:
        raise SpectraError("expected at least one spectrum, got none")
    wrong = ~np.isfinite(dataset["intensity"].values).all(axis=1)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise SpectraError(f"{int(wrong.sum())} spectra have intensities that are not finite numbers, first {first}")
    if dataset.attrs.get("kind") not in KINDS:
        raise SpectraError(f"expected kind to be one of {', '.join(KINDS)}, got {dataset.attrs.get('kind')!r}")
    wavelength = dataset.attrs.get("wavelength")
    if wavelength is not None and not (np.isfinite(wavelength) and wavelength > 0):
        raise SpectraError(f"expected a positive wavelength in angstrom, got {wavelength}")
    if "composition" in dataset.coords:
        _check_composition(dataset)
    return dataset


def check_axis(values: NDArray[np.float64], axis: str) -> None:
    """Raise SpectraError unless the axis is finite, strictly ascending and within its physical interval."""
    unit, low, high = AXES[axis]
    if values.ndim != 1 or len(values) < 2:
        raise SpectraError(f"expected at least two points on the {axis} axis, got shape {values.shape}")
    if not np.isfinite(values).all():
        where = int(np.flatnonzero(~np.isfinite(values))[0])
        raise SpectraError(f"the {axis} axis is not a finite number at point {where}")
    if values.min() < low or values.max() > high:
        raise SpectraError(
            f"expected {axis} between {low:g} and {high:g} {unit}, got {values.min():g} to {values.max():g}"
        )
    steps = np.diff(values)
    if (steps <= 0).any():
        where = int(np.flatnonzero(steps <= 0)[0]) + 1
        raise SpectraError(
            f"{axis} must ascend: point {where} ({values[where]}) does not exceed the one before it "
            f"({values[where - 1]}); sort the points and merge those that occur twice"
        )


def _check_composition(dataset: xr.Dataset) -> None:
    amounts = dataset["composition"].values
    unknown = [str(e) for e in dataset["element"].values if str(e) not in compositions.ELEMENTS]
    if unknown:
        raise SpectraError(f"unknown element {', '.join(unknown)} in the composition")
    if not np.isfinite(amounts).all() or (amounts < 0).any():
        raise SpectraError("expected finite, non-negative amounts in the compositions")


def remember(dataset: xr.Dataset, line: str) -> xr.Dataset:
    """Return a shallow copy with one more line in its history.

    Examples
    --------
    >>> remember(make([[0, 1, 0]], q=[1, 2, 3], history=["read"]), "scaled").attrs["history"]
    'read\\nscaled'
    """
    old = str(dataset.attrs.get("history", ""))
    return dataset.assign_attrs(history=f"{old}\n{line}" if old else line)


def numeric_labels(dataset: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Return the labels of samples that are numbers, by name, each of shape (n_samples,).

    Examples
    --------
    >>> numeric_labels(make([[0, 1], [1, 0]], q=[1, 2], labels={"x": [0, 1], "phase": ["a", "b"]}))
    {'x': array([0., 1.])}
    """
    return {
        str(name): np.asarray(values.values, dtype=np.float64)
        for name, values in dataset.coords.items()
        if values.dims == ("sample",)
        and values.dtype.kind in "iuf"
        and str(name).isidentifier()
        and values.attrs.get("role") != INSTRUMENT
    }


def shift_axis(dataset: xr.Dataset) -> NDArray[np.float64]:
    """Return the axis on which a uniform change is a translation: ln q, ln sin(theta) or the energy.

    A lattice that grows by a factor divides every q by it, and so takes its logarithm from every ln q. By Bragg's law q
    is proportional to sin(theta) at any wavelength. An absorption edge moves as a whole along the energy.

    Parameters
    ----------
    dataset
        Spectra on ``two_theta`` (degree), ``q`` (1/angstrom) or ``energy`` (eV).

    Returns
    -------
    ndarray of shape (n_points,)
        Rising; logarithms are natural, the energy is in eV.

    Raises
    ------
    SpectraError
        If an angle or a q is not positive, or an angle reaches 180 degree.

    Examples
    --------
    >>> spectra = make([[0.0, 1.0, 0.0]], q=[1.0, 2.0, 4.0])
    >>> shift_axis(spectra).round(4).tolist()
    [0.0, 0.6931, 1.3863]
    """
    name = axis_name(dataset)
    values = np.asarray(dataset[name].values, dtype=np.float64)
    highest = 180.0 if name == "two_theta" else np.inf
    if name != "energy" and (values.min() <= 0 or values.max() >= highest):
        raise SpectraError(
            f"expected {name} above 0 and below {highest:g}, got {values.min():g} to {values.max():g}; "
            "select the range by spectra.select(dataset, axis_range=...)"
        )
    return interpolation.shift_axis(values, name)


def absorption_scales(dataset: xr.Dataset) -> list[str]:
    """Return the scale of each absorption spectrum; an empty list for other spectra.

    "edge step" if it was normalised on reading, "as told" if its file says what it holds, else "as counted".

    Examples
    --------
    >>> edges = make(np.eye(2), energy=[1, 2], kind="absorption", labels={"edge_step": [0.7, np.nan]})
    >>> absorption_scales(edges)
    ['edge step', 'as counted']
    """
    if dataset.attrs["kind"] != "absorption":
        return []
    n_samples = dataset.sizes["sample"]
    steps = dataset["edge_step"].values if "edge_step" in dataset.coords else np.full(n_samples, np.nan)
    signals = dataset["signal"].values if "signal" in dataset.coords else np.full(n_samples, "")
    rows = zip(steps, signals, strict=True)
    return ["edge step" if np.isfinite(step) else "as told" if what else "as counted" for step, what in rows]
