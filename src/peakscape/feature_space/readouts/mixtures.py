"""What samples consist of: known parts, measured or computed from structures, and their fractions in spectra."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from ase import Atoms
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.analysis.mixtures.triangle import MixtureMap, mixture_map, mixture_plane
from peakscape.analysis.mixtures.unmix import Mixture, Unmix
from peakscape.diffraction.phase_mixture import PhaseMixture, WeightFractions
from peakscape.errors import InputError, SpectraError
from peakscape.signal.interpolation import shift_axis
from peakscape.signal.radiation import same_wavelength

Array = NDArray[np.float64]
DIFFRACTION: dict[str, Any] = {"max_shift": 0.005, "n_background": 8}
"""Shifts relative in q: each part may have a strain of its own."""
ABSORPTION: dict[str, Any] = {"max_shift": 2.0, "max_own_shift": 0.3, "saturation": 0}
"""In eV: a monochromator is off for all parts alike."""
OPTIONS = {"two_theta": DIFFRACTION, "q": DIFFRACTION, "energy": ABSORPTION}
EARLIER: dict[str, dict[str, Any]] = {
    "two_theta": {},
    "q": {},
    "energy": {"max_shift": 1.0, "max_own_shift": None, "saturation": 1},
}
"""What parts were taken with that were saved before options were saved in full."""
ALIKE = 1e-6
"""Relative: axes that differ by less are the same."""


class KnownParts:
    """Pure spectra that mixtures are made of.

    Parameters
    ----------
    parts
        A container of pure spectra; their names are those of the parts.
    label
        A label of theirs: the parts are the means of its classes. None: each spectrum is a part.
    options
        Parameters of `analysis.Unmix` besides those that the kind of the spectra decides: shifts of 0.5 % in q and a
        smooth background for diffraction patterns; 2 eV for all parts of a spectrum and 0.3 eV for each for edges.

    Raises
    ------
    InputError
        If two parts are the same or one is nothing.

    Examples
    --------
    >>> energy = np.linspace(0.0, 50.0, 200)
    >>> edges = [1 / (1 + np.exp(-(energy - at))) + np.exp(-((energy - at - 3) ** 2)) for at in (18.0, 24.0)]
    >>> pure = spectra.make(edges, energy=energy, kind="absorption", name=["metal", "oxide"])
    >>> noise = np.random.default_rng(0).normal(0, 0.003, 200)
    >>> half = spectra.make(0.5 * edges[0] + 0.5 * edges[1] + noise, energy=energy, kind="absorption")
    >>> KnownParts(pure).answer(half).fraction.round(1).values.tolist()
    [[0.5, 0.5]]
    """

    def __init__(
        self, parts: xr.Dataset, *, label: str | None = None, options: Mapping[str, Any] | None = None
    ) -> None:
        self.spectra = parts = spectra.check(parts if label is None else _class_means(parts, label))
        self.axis_name = spectra.axis_name(parts)
        self._points = np.asarray(parts[self.axis_name].values, dtype=np.float64)
        self.options = OPTIONS[self.axis_name] | dict(options or {})
        self.unmix = Unmix(axis=shift_axis(self._points, self.axis_name), **self.options)
        self.unmix.fit(parts["intensity"].values, [str(name) for name in parts["name"].values])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parts."""
        return self.unmix.names_

    @property
    def points(self) -> Array:
        """Points of the parts on their axis, onto which spectra are brought, shape (n_points,)."""
        return self._points

    def explain(self, dataset: xr.Dataset) -> list[Mixture]:
        """Find the parts of each spectrum.

        Raises
        ------
        SpectraError
            If the spectra are on another axis or do not cover the parts' points.
        """
        own = spectra.axis_name(dataset)
        waves = dataset.attrs.get("wavelength"), self.spectra.attrs.get("wavelength")
        if own != self.axis_name or (own == "two_theta" and not same_wavelength(*waves)):
            told = [f"{axis} at {wave:g} angstrom" if axis == "two_theta" and wave else axis
                    for axis, wave in ((own, waves[0]), (self.axis_name, waves[1]))]  # fmt: skip
            raise SpectraError(f"the spectra are on {told[0]} and the parts on {told[1]}; bring both onto one axis")
        points = np.asarray(dataset[own].values, dtype=np.float64)
        if points.shape != self._points.shape or np.abs(points - self._points).max() > ALIKE * np.ptp(points):
            dataset = spectra.resample(dataset, self._points)
        return [self.unmix.explain(row, deviation=_counting(dataset, k)) for k, row in enumerate(_rows(dataset))]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what rebuilds the parts: text, and arrays by name."""
        told: dict[str, Any] = {
            "names": list(self.names),
            "axis": self.axis_name,
            "kind": str(self.spectra.attrs["kind"]),
        }
        told |= {"wavelength": self.spectra.attrs.get("wavelength"), "options": self.options}
        told["interval_factor"] = self.unmix.interval_factor_
        return told, {"intensity": _rows(self.spectra), "points": self._points}

    @classmethod
    def restore(cls, told: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> "KnownParts":
        """Rebuild from what `state` returned."""
        points: dict[str, Any] = {told["axis"]: arrays["points"]}
        made = spectra.make(
            arrays["intensity"], kind=told["kind"], wavelength=told["wavelength"], name=told["names"], **points
        )
        parts = cls(made, options=EARLIER[told["axis"]] | dict(told["options"]))
        parts.unmix.interval_factor_ = float(told["interval_factor"])
        return parts

    def answer(self, dataset: xr.Dataset) -> xr.Dataset:
        """Return the answers of `explain` as a dataset (see `dataset_of`), named as the spectra."""
        return dataset_of(self.explain(dataset), dataset)


def weigh(dataset: xr.Dataset, structures: Mapping[str, Atoms], **options: Any) -> list[WeightFractions]:
    """Weigh the phases of powder patterns by their structures.

    Parameters
    ----------
    dataset
        Patterns on two_theta with a wavelength. That of K-alpha2 is taken from the label ``kalpha2_wavelength`` that
        readers set, where it is there; counts from ``intensity_unit``.
    structures
        By name.
    **options
        Of `diffraction.PhaseMixture`.

    Raises
    ------
    SpectraError
        If the patterns are not on two_theta or have no wavelength.

    Examples
    --------
    >>> from ase.build import bulk
    >>> from peakscape.diffraction import simulate
    >>> pure = simulate([bulk("Al"), bulk("Si")], wavelength=1.5406, two_theta=(20, 100, 0.04), fwhm=0.2, scale=None)
    >>> sum_of_both = pure.isel(sample=[0]).copy(data={"intensity": pure.intensity.values.mean(axis=0)[None]})
    >>> weigh(sum_of_both, {"Al": bulk("Al"), "Si": bulk("Si")})[0].fractions.round(2).tolist()
    [0.54, 0.46]
    """
    wavelength = dataset.attrs.get("wavelength")
    if spectra.axis_name(dataset) != "two_theta" or wavelength is None:
        raise SpectraError(
            "structures are weighed in patterns on two_theta of a known wavelength; give it (--wavelength)"
        )
    if "kalpha2_wavelength" in dataset.coords:
        second = float(dataset["kalpha2_wavelength"].values[0])
        share = float(dataset["kalpha2_ratio"].values[0]) if "kalpha2_ratio" in dataset.coords else 0.5
        if second > 0 and share > 0:
            options = {"second_wavelength": second, "second_share": share} | options
    points = np.asarray(dataset["two_theta"].values, dtype=np.float64)
    mixture = PhaseMixture(
        structures, wavelength=float(wavelength), two_theta_max=min(float(points[-1]) + 2.0, 175.0), **options
    )
    return [mixture.weigh(points, row, counts=_is_counts(dataset, k)) for k, row in enumerate(_rows(dataset))]


def dataset_of(found: list[Mixture], dataset: xr.Dataset) -> xr.Dataset:
    """Return mixtures as a dataset.

    ``fraction(sample, part)`` with ``fraction_lower``, ``fraction_upper`` and ``detection_limit``; ``part_shift``;
    ``mixture``, the best explanation in words, and ``mixture_alternatives``, the others with their weights;
    ``mixture_unexplained`` and ``remainder_p``, the p-value of the remainder's largest feature; and
    ``mixture_coordinates(sample, mixture_axis)`` with pure parts at the corners where there are two parts or more.
    """

    def table(name: str) -> tuple[tuple[str, str], Array]:
        return ("sample", "part"), np.array([getattr(one, name) for one in found])

    told = xr.Dataset(
        {
            "fraction": table("fractions"),
            "fraction_lower": table("lower"),
            "fraction_upper": table("upper"),
            "detection_limit": table("detection_limit"),
            "part_shift": table("shift"),
            "mixture": ("sample", [words(one.names, one.fractions) for one in found]),
            "mixture_alternatives": ("sample", [_others(one) for one in found]),
            "mixture_unexplained": ("sample", [one.unexplained for one in found]),
            "remainder_p": ("sample", [one.remainder_p for one in found]),
        },
        coords={"part": ("part", list(found[0].names)), "name": ("sample", dataset["name"].values.astype(str))},
    )
    if len(found[0].names) > 1:
        plane = mixture_plane(told["fraction"].values)
        told["mixture_coordinates"] = (("sample", "mixture_axis"), plane.coordinates)
        told.coords["mixture_axis"] = ("mixture_axis", ["axis_1", "axis_2"])
    return told


def map_of(found: xr.Dataset) -> MixtureMap:
    """Return the map of mixtures of what `dataset_of` or `place` told: places, parts, and intervals as regions."""
    return mixture_map(found["fraction"].values, found["fraction_lower"].values, found["fraction_upper"].values)


def words(names: tuple[str, ...], fractions: Array) -> str:
    """Write fractions as a person would say them, the largest first.

    Examples
    --------
    >>> words(("a", "b", "c"), np.array([0.3, 0.7, 0.0]))
    'b 0.70 + a 0.30'
    """
    order = np.argsort(-fractions, kind="stable")
    return " + ".join(f"{names[k]} {fractions[k]:.2f}" for k in order if fractions[k] > 0) or "nothing"


def _others(one: Mixture) -> str:
    told = [f"{words(one.names, other.fractions)} ({other.weight:.2f})" for other in one.explanations[1:]]
    return "; ".join(told)


def records_of(
    found: Sequence[Mixture | WeightFractions], dataset: xr.Dataset, points: Array | None = None
) -> list[dict[str, Any]]:
    """Return mixtures as plain dictionaries: what ``unmix --json`` prints as ``samples``.

    Each has ``name``, ``source``, ``fractions{name: {value, lower, upper, detection_limit}}``, ``unexplained``,
    ``remainder`` (the largest value, the point where it is, and the share of the square beside the background that is
    left) and ``alternatives``.
    """
    told = []
    points = np.asarray(dataset[spectra.axis_name(dataset)].values if points is None else points, dtype=np.float64)
    for number, one in enumerate(found):
        row: dict[str, Any] = {
            key: str(dataset[key].values[number]) for key in ("name", "source") if key in dataset.coords
        }
        row["fractions"] = {
            name: {"value": value, "lower": low, "upper": high, "detection_limit": limit}
            for name, value, low, high, limit in zip(
                one.names, one.fractions, one.lower, one.upper, one.detection_limit, strict=True
            )
        }
        row["unexplained"] = one.unexplained
        row["remainder"] = {"largest": float(np.max(one.remainder)), "at": float(points[int(np.argmax(one.remainder))]),
                            "share": share_left(one)}  # fmt: skip
        if isinstance(one, WeightFractions):
            row |= {name: getattr(one, name) for name in ("amorphous", "amorphous_lower", "amorphous_upper")}
            row["alternatives"] = [{"left_out": name, "increase": increase} for name, increase in one.alternatives]
        else:
            row["remainder"]["p_value"] = one.remainder_p
            row["alternatives"] = [
                {"parts": list(other.parts), "weight": other.weight, "unexplained": other.unexplained,
                 "fractions": dict(zip(one.names, other.fractions.tolist(), strict=True))}
                for other in one.explanations[1:]
            ]  # fmt: skip
        told.append(row)
    return told


def share_left(one: Mixture | WeightFractions) -> float:
    """Share of a spectrum's square beside its background that the parts leave, all points weighing alike."""
    beside = one.fitted + one.remainder - one.background
    return float(np.sum(one.remainder**2) / max(float(np.sum(beside**2)), 1e-300))


def _class_means(dataset: xr.Dataset, label: str) -> xr.Dataset:
    """One spectrum for each class of a label: the mean of its spectra."""
    if label not in dataset.coords or dataset[label].dims != ("sample",):
        raise InputError(f"expected a label of the parts, got {label!r}")
    values = dataset[label].values.astype(str)
    axis = spectra.axis_name(dataset)
    names = sorted(set(values))
    wavelength = dataset.attrs.get("wavelength")
    points: dict[str, Any] = {axis: dataset[axis].values}
    means = [dataset["intensity"].values[values == one].mean(axis=0) for one in names]
    return spectra.make(means, name=names, kind=str(dataset.attrs["kind"]), wavelength=wavelength, **points)


def _rows(dataset: xr.Dataset) -> Array:
    return np.asarray(dataset["intensity"].values, dtype=np.float64)


def _is_counts(dataset: xr.Dataset, number: int) -> bool:
    return "intensity_unit" in dataset.coords and str(dataset["intensity_unit"].values[number]) == "counts"


def _counting(dataset: xr.Dataset, number: int) -> Array | None:
    """Standard deviations by Poisson's law where the intensities are counts."""
    return np.sqrt(np.maximum(_rows(dataset)[number], 1.0)) if _is_counts(dataset, number) else None
