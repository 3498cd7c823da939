"""Spectra from points of a map: of a wanted composition, between two samples, and brought back; each with checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from peakscape.analysis.inputs import decode_members, trusted_members
from peakscape.analysis.painting import contour_points, contour_readout, typical_point
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.composition import formula_from_array, parse
from peakscape.errors import InputError, OutsideMapError
from peakscape.signal.nonnegative import nonnegative_least_squares

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Generated:
    """A generated spectrum and what speaks for or against it.

    Attributes
    ----------
    wanted : ndarray of shape (n_labels,)
        The wanted composition.
    coordinates : ndarray of shape (n_points, 2)
        Points on the contour of the wanted composition.
    composition : ndarray of shape (n_points, n_labels)
        What the readout gives there (see `contour_readout`).
    intensity : ndarray of shape (n_intensities,)
        The generated spectrum: median over members, then over contour points.
    spread_members : ndarray of shape (n_intensities,)
        Standard deviation over members of their mean over contour points; NaN with one member.
    spread_points : ndarray of shape (n_intensities,)
        Standard deviation over contour points of the median over members; NaN with one point.
    reconstruction_error : float
        Relative rms difference between the generated spectrum and the one decoded from where the map places it.
    reconstruction_error_known : float
        The same for known spectra, median; NaN where none were given.
    round_trip : ndarray of shape (n_points,)
        Distance on the map between each contour point and where the map places the spectrum decoded there.
    distance_to_known : ndarray of shape (n_points,)
        Distance on the map to the nearest known point.
    typical_spacing : float
        Median distance on the map of a known point to the nearest one of another composition: far less than this is
        close by, more is unknown land.
    """

    wanted: NDArray[np.float64]
    coordinates: NDArray[np.float64]
    composition: NDArray[np.float64]
    intensity: NDArray[np.float64]
    spread_members: NDArray[np.float64]
    spread_points: NDArray[np.float64]
    reconstruction_error: float
    reconstruction_error_known: float
    round_trip: NDArray[np.float64]
    distance_to_known: NDArray[np.float64]
    typical_spacing: float


def generate(
    space: Any,
    readout: CompositionReadout,
    *,
    composition: str | Mapping[str, float] | ArrayLike,
    known: ArrayLike | None = None,
    points: Literal["contour", "typical"] = "contour",
    n_points: int = 5,
    tolerance: float = 0.05,
    margin: float = 0.0,
) -> Generated:
    """Generate the spectrum of a wanted composition, or refuse.

    Section III C of Utimula et al., Adv. Theory Simul. 2022, DOI 10.1002/adts.202200613: points on the contour of the
    composition on the map, decoded.

    Parameters
    ----------
    space
        A fitted map with ``transform`` and ``inverse_transform``.
    readout
        Fitted on points of this map; remembers the known points, compositions and elements.
    composition
        A formula such as ``"SmFe10.75Ti1.25"``, amounts by element, or an array of shape (n_labels,).
    known
        Spectra of the known samples, (n_samples, n_intensities), to compare the reconstruction error with.
    points
        Which points are decoded: "contour", several that read as the composition, as in the paper; "typical", the one
        where its samples are to be expected (`typical_point`).
    n_points
        Contour points to decode.
    tolerance
        Largest distance between the composition read on the map and the wanted one, in atoms per formula unit.
    margin
        How far, in atoms per formula unit, the wanted composition may lie outside the convex hull of the known ones.

    Returns
    -------
    Generated

    Raises
    ------
    OutsideMapError
        If an element is unknown to the map, an amount lies outside the known range, the composition outside the hull of
        the known ones, or nowhere inside the known points.
    InputError
        If the map cannot decode or the readout has no names of elements.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> patterns = np.array([[0.0, 1, 2], [1, 1, 2], [0, 2, 2], [1, 2, 2]])
    >>> space = PCA(2).fit(patterns)
    >>> readout = CompositionReadout().fit(space.transform(patterns), [[12, 0], [11, 1], [12, 0], [11, 1]],
    ...                                    elements=["Fe", "Ti"])
    >>> generate(space, readout, composition="Fe11.5Ti0.5", tolerance=0.01).intensity[0].round(2)
    np.float64(0.5)
    """
    if not hasattr(space, "inverse_transform"):
        raise InputError(f"{type(space).__name__} cannot decode: it has no inverse_transform, so it cannot generate")
    if not hasattr(readout, "coordinates_"):
        raise InputError("this readout knows no points yet; call fit(coordinates, composition) first")
    wanted = _wanted_amounts(readout, composition)
    refuse_unknown(readout, wanted, margin=margin)
    if points == "typical":
        places = typical_point(readout, wanted)
    else:
        places = contour_points(readout, wanted, n_points=n_points, tolerance=tolerance)
    decoded = decode_members(space, places)
    by_point = np.median(decoded, axis=0)
    intensity = np.median(by_point, axis=0)
    by_member = decoded.mean(axis=1)
    centres = np.median(readout.coordinates_, axis=0)
    return Generated(
        wanted=wanted,
        coordinates=places,
        composition=np.median(contour_readout(readout).predict_members(places), axis=0),
        intensity=intensity,
        spread_members=_spread(by_member),
        spread_points=_spread(by_point),
        reconstruction_error=float(reconstruction_errors(space, intensity[np.newaxis])[0]),
        reconstruction_error_known=np.nan if known is None else float(np.median(reconstruction_errors(space, known))),
        round_trip=np.linalg.norm(np.asarray(space.transform(by_point)) - places, axis=1),
        distance_to_known=cdist(places, centres).min(axis=1),
        typical_spacing=_typical_spacing(centres, readout.groups_),
    )


def refuse_unknown(readout: CompositionReadout, wanted: ArrayLike, *, margin: float = 0.0) -> None:
    """Refuse a composition that lies outside the known ones by more than a margin.

    Raises
    ------
    OutsideMapError
        If an amount lies outside the known range, or the composition outside the convex hull of the known ones.
    """
    target = np.asarray(wanted, dtype=np.float64)
    known = np.unique(readout.composition_, axis=0)
    names = readout.elements_ or [f"label {i}" for i in range(len(target))]
    slack = margin + 1e-6
    for name, amount, low, high in zip(names, target, known.min(axis=0), known.max(axis=0), strict=True):
        if not low - slack <= amount <= high + slack:
            raise OutsideMapError(
                f"the map knows {name} from {low:g} to {high:g}, got {amount:g}; "
                "add known samples beyond that composition"
            )
    # Distance to the convex hull: mixing weights that are not negative and, by a heavy extra row, sum to one.
    heavy = 1e3 * (1.0 + np.abs(known).max())
    columns = np.vstack([known.T, np.full(len(known), heavy)])
    weights = nonnegative_least_squares(columns, np.append(target, heavy))
    distance = float(np.linalg.norm(known.T @ weights - target))
    if distance > margin + 1e-4:
        raise OutsideMapError(
            f"each amount is within its known range, but the composition lies {distance:.3g} outside all mixtures of "
            "known compositions; add known samples around it"
        )


def reconstruction_errors(space: Any, spectra: ArrayLike) -> NDArray[np.float64]:
    """Root-mean-square difference of spectra and what the map gives back, over their intensity."""
    patterns = np.asarray(spectra, dtype=np.float64)
    lost = np.asarray(space.inverse_transform(space.transform(patterns))) - patterns
    size = np.maximum(np.linalg.norm(patterns, axis=1), np.finfo(float).tiny)
    return np.asarray(np.linalg.norm(lost, axis=1) / size)


def _wanted_amounts(
    readout: CompositionReadout, composition: str | Mapping[str, float] | ArrayLike
) -> NDArray[np.float64]:
    """Amounts in the order of the readout's labels."""
    n_labels = readout.composition_.shape[1]
    if not isinstance(composition, str | Mapping):
        amounts = np.atleast_1d(np.asarray(composition, dtype=np.float64))
        if amounts.shape != (n_labels,) or not np.isfinite(amounts).all():
            raise InputError(f"expected {n_labels} finite amounts, got {composition!r}")
        return amounts
    if readout.elements_ is None:
        raise InputError("the readout has no names of elements; fit it with elements=, or pass amounts as an array")
    wanted = parse(composition) if isinstance(composition, str) else {k: float(v) for k, v in composition.items()}
    foreign = [element for element, amount in wanted.items() if amount and element not in readout.elements_]
    if foreign:
        some = formula_from_array(readout.composition_[0], readout.elements_)
        raise OutsideMapError(
            f"the map knows {', '.join(readout.elements_)} (for example {some}), not {', '.join(foreign)}; "
            "add known samples that hold it"
        )
    return np.array([wanted.get(element, 0.0) for element in readout.elements_])


def _spread(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation over rows; NaN with one row, where it is unknown."""
    return np.asarray(rows.std(axis=0, ddof=1)) if len(rows) > 1 else np.full(rows.shape[1], np.nan)


def _typical_spacing(points: NDArray[np.float64], groups: NDArray[np.intp]) -> float:
    """Median distance to the nearest point of another composition; NaN with one composition."""
    if len(np.unique(groups)) < 2:
        return float("nan")
    distance = np.where(groups[:, np.newaxis] == groups, np.inf, cdist(points, points))
    return float(np.median(distance.min(axis=1)))


def r2_per_spectrum(true: ArrayLike, rebuilt: ArrayLike, *, about: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the share of each spectrum's variation that the rebuilt one has, shape (n_samples,).

    R2 = 1 - sum (true - rebuilt)^2 / sum (true - about)^2 over the points of one spectrum. By default `about` is the
    mean of the spectrum's own points (the usual R2); the mean training spectrum (n_points,) gives the stricter share of
    what tells spectra apart. InputError if shapes differ or a spectrum is the same as `about` at all points.

    Examples
    --------
    >>> r2_per_spectrum([[0, 2, 0, 0]], [[0, 1.5, 0, 0]]).round(3).tolist()
    [0.917]
    """
    first = np.atleast_2d(np.asarray(true, dtype=np.float64))
    second = np.atleast_2d(np.asarray(rebuilt, dtype=np.float64))
    if first.shape != second.shape:
        raise InputError(f"expected rebuilt spectra of shape {first.shape}, got {second.shape}")
    centre = first.mean(axis=1, keepdims=True) if about is None else np.asarray(about, dtype=np.float64)
    total = ((first - centre) ** 2).sum(axis=1)
    if (total <= 0).any():
        raise InputError("a spectrum without variation has no R2; leave constant spectra out")
    return np.asarray(1.0 - ((first - second) ** 2).sum(axis=1) / total)


def reconstruct(space: Any, spectra: ArrayLike) -> NDArray[np.float64]:
    """Place spectra on the map and bring them back: each member its own point, median over the uncollapsed members.

    Parameters
    ----------
    space
        A fitted map with ``inverse_transform``; members are used where it has them.
    spectra
        Shape (n_samples, n_points).

    Returns
    -------
    ndarray of shape (n_samples, n_points)

    Raises
    ------
    InputError
        If the map cannot bring points back.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> spectra = np.array([[0.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 1.0]])
    >>> bool(np.allclose(reconstruct(PCA(2).fit(spectra), spectra), spectra))
    True
    """
    if not hasattr(space, "inverse_transform"):
        raise InputError(f"{type(space).__name__} cannot bring points of the map back to spectra")
    values = np.asarray(spectra, dtype=np.float64)
    if hasattr(space, "transform_members"):
        rebuilt = space.inverse_transform_members(space.transform_members(values))
        return np.asarray(np.median(rebuilt[trusted_members(space, len(rebuilt))], axis=0))
    return np.asarray(space.inverse_transform(space.transform(values)))


@dataclass(frozen=True)
class InterpolatedSpectra:
    """Spectra between two ends.

    Attributes
    ----------
    share : ndarray of shape (n_steps,)
        Way from start (0) to stop (1).
    coordinates : ndarray of shape (n_steps, 2)
        Points of the line.
    intensity : ndarray of shape (n_steps, n_points)
        Decoded there, median over members.
    mixture : ndarray of shape (n_steps, n_points)
        The baseline: the two end spectra mixed, (1 - share) start + share stop.
    nearest : ndarray of int, shape (n_steps,)
        Which known spectrum is nearest to the decoded one.
    distance : ndarray of shape (n_steps,)
        Root-mean-square difference from it over its root-mean-square intensity.
    mixture_distance : ndarray of shape (n_steps,)
        The same of the mixture and the known spectrum nearest to that.
    distance_on_map : ndarray of shape (n_steps,)
        From the point of the line to the nearest known point.
    round_trip : ndarray of shape (n_steps,)
        Distance on the map between the point of the line and where the map places the decoded spectrum.
    """

    share: Array
    coordinates: Array
    intensity: Array
    mixture: Array
    nearest: NDArray[np.intp]
    distance: Array
    mixture_distance: Array
    distance_on_map: Array
    round_trip: Array


def interpolate_spectra(
    space: Any, start: ArrayLike, stop: ArrayLike, *, known: ArrayLike, n_steps: int = 9
) -> InterpolatedSpectra:
    """Decode the spectra along the straight line between two samples or points of a map.

    What lies between two spectra on a map is worth no more than the distances say: where the mixture of the ends is as
    near to a real spectrum as the decoded one, the map adds nothing.

    Parameters
    ----------
    space
        A fitted map with ``transform`` and ``inverse_transform``.
    start, stop
        Ends: spectra of shape (n_points,), or points of the map of shape (2,), whose end of the mixture is the known
        spectrum nearest to them on the map.
    known
        Real spectra, shape (n_samples, n_points). Leave the ends out where they are not to count as found.
    n_steps
        Points of the line, both ends counted.

    Returns
    -------
    InterpolatedSpectra

    Raises
    ------
    InputError
        If the map cannot decode, shapes do not fit, values are not finite or there are fewer than two steps.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> spectra = np.array([[0.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 1.0]])
    >>> between = interpolate_spectra(PCA(2).fit(spectra), spectra[0], spectra[1], known=spectra, n_steps=3)
    >>> between.intensity[1].round(2).tolist(), between.mixture[1].tolist()
    ([0.0, 1.5, 0.5], [0.0, 1.5, 0.5])
    """
    if not hasattr(space, "inverse_transform"):
        raise InputError(f"{type(space).__name__} cannot decode: it has no inverse_transform, so it cannot interpolate")
    spectra = np.asarray(known, dtype=np.float64)
    if spectra.ndim != 2 or not len(spectra) or not np.isfinite(spectra).all() or n_steps < 2:
        raise InputError(
            f"expected finite known spectra (n_samples, n_points) and two steps or more, got {spectra.shape}, {n_steps}"
        )
    places = np.asarray(space.transform(spectra), dtype=np.float64)
    first_point, first = _end("start", start, space, spectra, places)
    last_point, last = _end("stop", stop, space, spectra, places)
    share = np.linspace(0.0, 1.0, n_steps)
    coordinates = np.outer(1.0 - share, first_point) + np.outer(share, last_point)
    intensity = np.median(decode_members(space, coordinates), axis=0)
    mixture = np.outer(1.0 - share, first) + np.outer(share, last)
    nearest, distance = _nearest(intensity, spectra)
    return InterpolatedSpectra(
        share=share,
        coordinates=coordinates,
        intensity=intensity,
        mixture=mixture,
        nearest=nearest,
        distance=distance,
        mixture_distance=_nearest(mixture, spectra)[1],
        distance_on_map=cdist(coordinates, places).min(axis=1),
        round_trip=np.linalg.norm(np.asarray(space.transform(intensity)) - coordinates, axis=1),
    )


def _end(name: str, end: ArrayLike, space: Any, spectra: Array, places: Array) -> tuple[Array, Array]:
    """Point and spectrum of an end."""
    given = np.asarray(end, dtype=np.float64)
    if not np.isfinite(given).all() or given.shape not in (spectra.shape[1:], (2,)):
        raise InputError(
            f"expected {name} to be a spectrum of shape {spectra.shape[1:]} or a point of shape (2,), finite, "
            f"got shape {given.shape}"
        )
    if given.shape == spectra.shape[1:]:
        return np.asarray(space.transform(given[np.newaxis]), dtype=np.float64)[0], given
    return given, spectra[np.linalg.norm(places - given, axis=1).argmin()]


def _nearest(spectra: Array, known: Array) -> tuple[NDArray[np.intp], Array]:
    apart = cdist(spectra, known)
    nearest = apart.argmin(axis=1).astype(np.intp)
    size = np.maximum(np.linalg.norm(known[nearest], axis=1), np.finfo(float).tiny)
    return nearest, np.asarray(apart.min(axis=1) / size)
