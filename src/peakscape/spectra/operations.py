"""Select, resample, scale, split and join containers of spectra."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from peakscape.errors import SpectraError
from peakscape.signal.interpolation import monotone_curve
from peakscape.signal.radiation import same_wavelength
from peakscape.spectra.container import AXES, axis_name, check, check_axis, remember


def select(
    dataset: xr.Dataset,
    *,
    samples: ArrayLike | None = None,
    axis_range: tuple[float, float] | None = None,
) -> xr.Dataset:
    """Select samples, a range of the axis, or both.

    Parameters
    ----------
    samples
        Names, numbers or a boolean mask of shape (n_samples,).
    axis_range
        Lowest and highest axis value kept, in the unit of the axis.

    Raises
    ------
    SpectraError
        If a name is unknown or nothing is left.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> spectra = make([[0, 1, 0], [0, 2, 1]], q=[1, 2, 3], name=["a", "b"])
    >>> select(spectra, samples=["b"], axis_range=(1.5, 3)).intensity.values
    array([[2., 1.]])
    """
    if samples is not None:
        dataset = dataset.isel(sample=_positions(dataset, samples))
    if axis_range is not None:
        axis = axis_name(dataset)
        values = dataset[axis].values
        dataset = dataset.isel({axis: np.flatnonzero((values >= axis_range[0]) & (values <= axis_range[1]))})
    return check(dataset)


def _positions(dataset: xr.Dataset, samples: ArrayLike) -> np.ndarray:
    wanted = np.atleast_1d(np.asarray(samples))
    if wanted.dtype.kind == "b":
        if wanted.shape != (dataset.sizes["sample"],):
            raise SpectraError(f"expected a mask of shape ({dataset.sizes['sample']},), got {wanted.shape}")
        return np.flatnonzero(wanted)
    if wanted.dtype.kind in "iu":
        n_samples = dataset.sizes["sample"]
        if wanted.size and (wanted.min() < -n_samples or wanted.max() >= n_samples):
            raise SpectraError(f"expected sample numbers below {n_samples}, got {wanted.max()}")
        return wanted
    names = [str(name) for name in dataset["name"].values]
    unknown = [str(name) for name in wanted if str(name) not in names]
    if unknown:
        raise SpectraError(f"no sample is called {', '.join(unknown)}; known: {', '.join(names[:5])} ...")
    return np.array([names.index(str(name)) for name in wanted])


def resample(dataset: xr.Dataset, axis_values: ArrayLike) -> xr.Dataset:
    """Interpolate all spectra onto another axis of the same kind.

    Piecewise cubic and monotone between neighbouring points (PCHIP: Fritsch and Butland, SIAM J. Sci. Stat. Comput.
    5, 300 (1984)), so that no negative dips appear beside a peak.

    Parameters
    ----------
    axis_values
        The new axis, shape (n_new_points,), within the range of the old one.

    Raises
    ------
    SpectraError
        If the new axis leaves the range of the old one.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> resample(make([[0, 1, 2]], q=[1, 2, 3]), [1.5, 2.5]).intensity.values
    array([[0.5, 1.5]])
    """
    axis = axis_name(dataset)
    old, new = dataset[axis].values, np.asarray(axis_values, dtype=np.float64)
    check_axis(new, axis)
    slack = 1e-9 * max(1.0, abs(float(old[-1])))
    if new[0] < old[0] - slack or new[-1] > old[-1] + slack:
        raise SpectraError(
            f"cannot resample {axis} {old[0]:g} to {old[-1]:g} onto {new[0]:g} to {new[-1]:g}: "
            "the new axis must lie within the old one"
        )
    values = monotone_curve(old, dataset["intensity"].values)(np.clip(new, old[0], old[-1]))
    fresh = dataset.drop_vars(["intensity", axis]).assign_coords({axis: (axis, new, {"units": AXES[axis][0]})})
    fresh["intensity"] = (("sample", axis), values, dict(dataset["intensity"].attrs))
    return check(remember(fresh, f"resampled onto {len(new)} points, {axis} {new[0]:g} to {new[-1]:g}"))


def scale(dataset: xr.Dataset, *, by: str = "maximum") -> xr.Dataset:
    """Scale each spectrum to a maximum of 1 or an area of 1.

    Parameters
    ----------
    by
        "maximum" or "area" (the integral over the axis, trapezoidal).

    Raises
    ------
    SpectraError
        If `by` is unknown, or a spectrum has no positive maximum or area.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> scale(make([[0, 4, 2]], q=[1, 2, 3])).intensity.values
    array([[0. , 1. , 0.5]])
    """
    values = dataset["intensity"].values
    if by == "maximum":
        sizes = values.max(axis=1)
    elif by == "area":
        sizes = np.trapezoid(values, dataset[axis_name(dataset)].values, axis=1)
    else:
        raise SpectraError(f"expected by='maximum' or by='area', got {by!r}")
    if (sizes <= 0).any():
        wrong = int(np.flatnonzero(sizes <= 0)[0])
        raise SpectraError(f"spectrum {wrong} ({dataset['name'].values[wrong]}) has no positive {by} to scale by")
    fresh = dataset.assign(intensity=(dataset["intensity"].dims, values / sizes[:, None]))
    return remember(fresh, f"scaled each spectrum to {by} 1")


def split(
    dataset: xr.Dataset, *, test_size: float = 0.1, random_state: int | None = None
) -> tuple[xr.Dataset, xr.Dataset]:
    """Split at random into a training and a test part.

    Parameters
    ----------
    test_size
        Share of the samples, rounded up to whole samples, in the test part.
    random_state
        Seed; the same seed gives the same split.

    Returns
    -------
    train, test : xarray.Dataset

    Raises
    ------
    SpectraError
        If one of the parts would be empty.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> train, test = split(make([[0, 1]] * 10, q=[1, 2]), test_size=0.1, random_state=0)
    >>> train.sizes["sample"], test.sizes["sample"]
    (9, 1)
    """
    n_samples = dataset.sizes["sample"]
    n_test = int(np.ceil(round(test_size * n_samples, 9)))
    if not 0 < n_test < n_samples:
        raise SpectraError(f"a test part of {test_size:g} of {n_samples} samples leaves one part empty")
    order = np.random.default_rng(random_state).permutation(n_samples)
    test, train = np.sort(order[:n_test]), np.sort(order[n_test:])
    return dataset.isel(sample=train), dataset.isel(sample=test)


def concatenate(datasets: Sequence[xr.Dataset]) -> xr.Dataset:
    """Join containers of the same kind and axis; compositions get the union of the elements.

    Labels that some of the parts lack are left out.

    Raises
    ------
    SpectraError
        If kinds, wavelengths, absorbers or axes differ, or there is nothing to join.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> one = make([[0, 1]], q=[1, 2], composition=["NaCl"])
    >>> concatenate([one, make([[1, 1]], q=[1, 2], composition=["KCl"])]).composition.values
    array([[1., 1., 0.], [0., 1., 1.]])
    """
    if not datasets:
        raise SpectraError("expected at least one container of spectra to join, got none")
    first = datasets[0]
    axis = axis_name(first)
    for other in datasets[1:]:
        if axis_name(other) != axis or not np.array_equal(other[axis].values, first[axis].values):
            raise SpectraError(f"spectra on different {axis} axes cannot be joined; resample them onto a common one")
        for attribute in ("kind", "wavelength", "element", "edge"):
            one, two = first.attrs.get(attribute), other.attrs.get(attribute)
            # An absorber that is not known does not count as another one.
            if not _same(two, one) and not (attribute in ("element", "edge") and None in (one, two)):
                raise SpectraError(
                    f"spectra of different {attribute} cannot be joined: "
                    f"{first.attrs.get(attribute)} and {other.attrs.get(attribute)}"
                )
    shared = set.intersection(*(set(map(str, part.coords)) for part in datasets))
    parts = [part.drop_vars([c for c in part.coords if str(c) not in shared]) for part in datasets]
    if "element" in shared:
        symbols = list(dict.fromkeys(str(e) for part in parts for e in part["element"].values))
        parts = [_with_elements(part, symbols) for part in parts]
    joined = xr.concat(parts, dim="sample", data_vars="minimal", coords="different", compat="equals", join="exact")
    return check(remember(joined.assign_attrs(first.attrs), f"joined {len(datasets)} sets"))


def _same(one: object, other: object) -> bool:
    """Tell whether two attributes are the same; two wavelengths up to rounding (1.5406 and 1.540593)."""
    if isinstance(one, float) and isinstance(other, float):
        return same_wavelength(one, other)
    return one == other


def _with_elements(dataset: xr.Dataset, symbols: list[str]) -> xr.Dataset:
    amounts = np.zeros((dataset.sizes["sample"], len(symbols)))
    for column, symbol in enumerate(dataset["element"].values):
        amounts[:, symbols.index(str(symbol))] = dataset["composition"].values[:, column]
    attributes = dict(dataset["composition"].attrs)
    fresh = dataset.drop_vars(["composition", "element"]).assign_coords(element=("element", np.asarray(symbols)))
    return fresh.assign_coords(composition=(("sample", "element"), amounts, attributes))
