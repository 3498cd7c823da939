"""The powder reflections of a crystal, and the peaks of a pattern labelled with them.

For one element e with atoms at fractional positions (x_j, y_j, z_j) the geometric part of the structure factor is

    G_e(hkl) = sum_j exp[2 pi i (h x_j + k y_j + l z_j)] = sum_j A[h, j] B[k, j] C[l, j]

so that for a fixed l all (h, k) together are one matrix product, (A * C[l]) @ B.T. With the atoms' scattering factors
f_e = p_e + i q_e (p = f0 + f', q = f'') the structure factor is F(hkl) = sum_e (p_e + i q_e) G_e(hkl) = P + i Q.
A reflection and its Friedel mate have |F|^2 = |P +- i Q|^2 and the same angle: a powder shows their mean,
|P|^2 + |Q|^2, so that one of the two is enough.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from ase import Atoms
from ase.geometry import minkowski_reduce
from numpy.typing import ArrayLike, NDArray

from peakscape.diffraction.crystal import Crystal, crystal_from_atoms, find_symmetry
from peakscape.diffraction.form_factors import FREE_ATOMS, S_MAX, Scattering, check_wavelength
from peakscape.diffraction.instrument import Polarization, lorentz_polarization
from peakscape.errors import InputError, PeakscapeWarning

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Lattice(NamedTuple):
    """A reduced cell, and the way to it."""

    cell: Array
    to_reduced: Integers  # reduced = to_reduced @ cell; indices go by the same matrix


class GeometricFactors(NamedTuple):
    """Friedel-unique reflections and their geometric structure factors.

    Attributes are `hkl` of shape (n_reflections, 3) in the cell that was given, `s` = sin(theta)/wavelength of shape
    (n_reflections,) in 1/angstrom and `factors`, complex, of shape (n_elements, n_reflections).
    """

    hkl: Integers
    s: Array
    factors: NDArray[np.complex128]


def geometric_factors(cell: Array, fractional: Array, species: Integers, s_max: float) -> GeometricFactors:
    """Compute the geometric structure factors G_e(hkl) of all Friedel-unique reflections up to `s_max`."""
    lattice = reduce_cell(cell)
    from_reduced = np.rint(np.linalg.inv(lattice.to_reduced)).astype(np.int64)
    order = np.argsort(species, kind="stable")
    positions = (fractional @ from_reduced)[order]
    limits = np.floor(2.0 * s_max * np.linalg.norm(lattice.cell, axis=1)).astype(np.int64)
    phases_h, phases_k, phases_l = (
        np.exp(2j * np.pi * np.outer(np.arange(-n, n + 1), x)) for n, x in zip(limits, positions.T, strict=True)
    )
    bounds = np.searchsorted(species[order], np.arange(species.max() + 2))
    hkl, s, factors = [], [], []
    for h, k, l, squared in _slices(lattice.cell, s_max):  # noqa: E741 (the index's name)
        inside = np.flatnonzero(squared <= (2.0 * s_max) ** 2)
        if l == 0:  # half of the plane: of +hk0 and -hk0 only the one that stands later, and not 000
            inside = inside[inside > squared.size // 2]
        left = phases_h[h + limits[0]] * phases_l[l + limits[2]]
        right = phases_k[k + limits[1]].T
        factors.append([(left[:, a:b] @ right[a:b]).ravel()[inside] for a, b in pairwise(bounds)])
        hkl.append(np.stack([h[inside // k.size], k[inside % k.size], np.full(inside.size, l)], axis=1))
        s.append(np.sqrt(squared.ravel()[inside]) / 2.0)
    return GeometricFactors(
        np.concatenate(hkl) @ from_reduced.T, np.concatenate(s), np.concatenate(factors, axis=1, dtype=np.complex128)
    )


def powder_structure_factor(factors: NDArray[np.complex128], real: Array, imaginary: Array) -> Array:
    """Combine geometric factors and scattering factors to the amplitude that a powder shows.

    |F|^2 = |P|^2 + |Q|^2, the mean over the Friedel pair, with P = sum_e p_e G_e and Q = sum_e q_e G_e.
    """
    p = np.einsum("er,er->r", real, factors)
    q = np.einsum("er,er->r", imaginary, factors)
    return np.asarray(p.real**2 + p.imag**2 + q.real**2 + q.imag**2, dtype=np.float64)


def reduce_cell(cell: Array) -> Lattice:
    """Find the most compact cell of a lattice, with its shortest vector last.

    In a compact cell the indices fill their ranges, and a short last vector leaves few values of l to loop over.
    """
    reduced, operation = minkowski_reduce(cell)
    order = np.argsort(-np.linalg.norm(reduced, axis=1), kind="stable")
    return Lattice(reduced[order], np.asarray(operation, dtype=np.int64)[order])


def _slices(cell: Array, s_max: float) -> Iterator[tuple[Integers, Integers, int, Array]]:
    """Cut the sphere of reflections into planes of constant l, and frame each by a box in h and k.

    With the reciprocal metric M, |G|^2 = (h, k, l) M (h, k, l)^T. At fixed l it is smallest, l^2 / c^2, at the real
    (h, k) = -l M_2^-1 M_l, and grows from there with the upper left block M_2: an ellipse.
    """
    metric = np.linalg.inv(cell @ cell.T)
    block = np.linalg.inv(metric[:2, :2])
    c = np.linalg.norm(cell[2])
    for l in range(int(2.0 * s_max * c) + 1):  # noqa: E741
        centre = -l * block @ metric[:2, 2]
        half_axes = np.sqrt(((2.0 * s_max) ** 2 - (l / c) ** 2) * np.diag(block))
        h, k = (
            np.arange(np.ceil(m - r), np.floor(m + r) + 1).astype(np.int64)
            for m, r in zip(centre, half_axes, strict=True)
        )
        cross = 2.0 * metric[0, 1] * np.multiply.outer(h, k)
        h_part = metric[0, 0] * h**2 + 2.0 * metric[0, 2] * l * h
        k_part = metric[1, 1] * k**2 + 2.0 * metric[1, 2] * l * k
        yield h, k, l, h_part[:, None] + k_part + cross + metric[2, 2] * l**2


# Equivalent reflections are one family if d agrees to this relative difference and |F| to the next one. Both are far
# below what any instrument resolves and far above rounding; coordinates of six digits in a CIF need the second.
SAME_SPACING = 1e-7
SAME_AMPLITUDE = 1e-4


@dataclass(frozen=True)
class Reflections:
    """Powder reflections in ascending angle; every family of equivalent reflections is one row.

    Parameters
    ----------
    hkl
        Indices of one member of each family, shape (n_reflections, 3).
    d_spacing
        In angstrom, shape (n_reflections,).
    two_theta
        In degree, shape (n_reflections,).
    structure_factor
        Amplitude |F| in electrons per cell (root mean square of the Friedel pair), shape (n_reflections,).
    multiplicity
        Number of reflections in the family, counted, shape (n_reflections,).
    intensity
        multiplicity x |F|^2 x Lorentz-polarisation factor, shape (n_reflections,).
    cell
        Lattice vectors in angstrom that `hkl` refers to, as rows, shape (3, 3).
    wavelength
        In angstrom.

    Examples
    --------
    >>> from ase.build import bulk
    >>> reflections(bulk("Cu", cubic=True), wavelength=1.5406, two_theta_max=60).table()[["hkl", "multiplicity"]]
           hkl  multiplicity
    0  (1 1 1)             8
    1  (2 0 0)             6
    """

    hkl: NDArray[np.int64]
    d_spacing: Array
    two_theta: Array
    structure_factor: Array
    multiplicity: NDArray[np.int64]
    intensity: Array
    cell: Array
    wavelength: float

    def table(self) -> pd.DataFrame:
        """Arrange the reflections as a table.

        Returns
        -------
        pandas.DataFrame
            One row a family; columns hkl, two_theta, d_spacing, multiplicity, structure_factor, intensity.

        Examples
        --------
        >>> from ase.build import bulk
        >>> len(reflections(bulk("Cu"), wavelength=1.5406, two_theta_max=60).table())
        2
        """
        return pd.DataFrame(
            {
                "hkl": [label_from_hkl(hkl) for hkl in self.hkl],
                "two_theta": self.two_theta,
                "d_spacing": self.d_spacing,
                "multiplicity": self.multiplicity,
                "structure_factor": self.structure_factor,
                "intensity": self.intensity,
            }
        )


def reflections(
    atoms: Atoms,
    *,
    wavelength: float,
    two_theta_max: float = 120.0,
    scattering: Scattering = FREE_ATOMS,
    polarization: Polarization | None = "unpolarized",
    min_intensity: float = 1e-8,
    symprec: float = 1e-3,
) -> Reflections:
    """List the powder reflections of a crystal.

    Parameters
    ----------
    atoms
        The crystal; indices refer to its cell as it is.
    wavelength
        In angstrom.
    two_theta_max
        Largest angle in degree, below 180.
    scattering
        Form factors, dispersion corrections and displacement parameters.
    polarization
        State of the incident beam, see `lorentz_polarization`.
    min_intensity
        Families below this share of the strongest one are left out; 0 keeps extinct ones as well.
    symprec
        Tolerance in angstrom of the search for the symmetry that makes reflections equivalent.

    Returns
    -------
    Reflections
        The families of reflections in ascending angle; 333 and 511 of a cubic crystal are two.

    Raises
    ------
    InputError
        If the wavelength or the angle cannot be used, or no reflection lies below it.
    StructureError
        If the structure cannot be used.

    Examples
    --------
    >>> from ase.build import bulk
    >>> silicon = reflections(bulk("Si", cubic=True), wavelength=1.5406, two_theta_max=60)
    >>> silicon.hkl.tolist(), silicon.multiplicity.tolist(), silicon.two_theta.round(2).tolist()
    ([[1, 1, 1], [2, 2, 0], [3, 1, 1]], [8, 12, 24], [28.45, 47.31, 56.13])
    """
    if not 0 < two_theta_max < 180:
        raise InputError(f"expected two_theta_max between 0 and 180 degree, got {two_theta_max}")
    crystal = crystal_from_atoms(atoms)
    hkl, s, squared = powder_reflections(crystal, check_wavelength(wavelength), two_theta_max, scattering)
    if s.size == 0:
        raise InputError(f"no reflection lies below two_theta = {two_theta_max:g} degree at {wavelength:g} angstrom")
    rotations = np.asarray(find_symmetry(crystal, symprec).rotations, dtype=np.int64)
    family = _families(hkl, s, squared, rotations)
    counts = np.bincount(family)
    spacing = 0.5 * counts / np.bincount(family, s)
    mean = np.bincount(family, squared) / counts
    two_theta = two_theta_from_d_spacing(spacing, wavelength)
    intensity = 2 * counts * mean * lorentz_polarization(two_theta, polarization)
    kept = np.flatnonzero(intensity >= min_intensity * intensity.max())
    kept = kept[np.argsort(two_theta[kept], kind="stable")]
    return Reflections(
        hkl=_representatives(hkl, family)[kept],
        d_spacing=spacing[kept],
        two_theta=two_theta[kept],
        structure_factor=np.sqrt(mean[kept]),
        multiplicity=2 * counts[kept],
        intensity=intensity[kept],
        cell=crystal.cell,
        wavelength=float(wavelength),
    )


def powder_reflections(
    crystal: Crystal, wavelength: float, two_theta_max: float, scattering: Scattering
) -> tuple[NDArray[np.int64], Array, Array]:
    """Compute |F|^2 of all Friedel-unique reflections up to an angle.

    Returns hkl (n_reflections, 3), s = sin(theta)/wavelength in 1/angstrom and |F|^2 in electrons squared, the mean of
    the Friedel pair.
    """
    s_max = float(np.sin(np.deg2rad(two_theta_max) / 2.0) / wavelength)
    if scattering.form_factors == "it92" and s_max > S_MAX:
        warnings.warn(
            f"form factors are tabulated to sin(theta)/wavelength = {S_MAX:g}, and are extrapolated to {s_max:.2f}",
            PeakscapeWarning,
            stacklevel=2,
        )
    hkl, s, factors = geometric_factors(crystal.cell, crystal.fractional, crystal.species, s_max)
    real, imaginary = zip(*(scattering.factors(e, s, wavelength) for e in crystal.elements), strict=True)
    return hkl, s, powder_structure_factor(factors, np.stack(real), np.stack(imaginary))


def two_theta_from_d_spacing(d_spacing: ArrayLike, wavelength: float) -> Array:
    """Compute diffraction angles by Bragg's law, two_theta = 2 arcsin(wavelength / (2 d)).

    Parameters
    ----------
    d_spacing
        In angstrom, any shape.
    wavelength
        In angstrom.

    Returns
    -------
    array
        In degree, in the shape of `d_spacing`; NaN where the wavelength exceeds 2 d.

    Examples
    --------
    >>> two_theta_from_d_spacing([3.1356, 1.9201], wavelength=1.5406).round(2)
    array([28.44, 47.3 ])
    """
    sine = wavelength / (2.0 * np.asarray(d_spacing, dtype=float))
    return np.rad2deg(2.0 * np.arcsin(np.where(sine <= 1.0, sine, np.nan)))


def label_from_hkl(hkl: ArrayLike) -> str:
    """Write indices as a label."""
    return f"({' '.join(str(int(index)) for index in np.asarray(hkl))})"


def _families(hkl: NDArray[np.int64], s: Array, squared: Array, rotations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the families in ascending s: equivalent by symmetry, with equal s and |F|; shape (n_reflections,).

    Symmetry alone would join what a crystal that is symmetric only to a tolerance keeps apart; s and |F| alone would
    join 333 and 511 of silicon.
    """
    amplitude = np.sqrt(squared)
    order = np.argsort(s, kind="stable")
    line = np.zeros(s.size, dtype=np.int64)
    line[order[1:]] = np.cumsum(np.diff(s[order]) > SAME_SPACING * s[order[1:]])
    orbit = _orbits(hkl, rotations)
    order = np.lexsort((amplitude, orbit, line))
    step = np.diff(amplitude[order]) > SAME_AMPLITUDE * amplitude[order[1:]] + 1e-6 * amplitude.max()
    family = np.zeros(s.size, dtype=np.int64)
    family[order[1:]] = np.cumsum((np.diff(line[order]) > 0) | (np.diff(orbit[order]) > 0) | step)
    return family


def _orbits(hkl: NDArray[np.int64], rotations: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give reflections that the Laue group maps onto each other one number; shape (n_reflections,).

    A rotation R of fractional positions takes the row of indices h to h R.
    """
    rotations = np.unique(np.concatenate([rotations, -rotations]), axis=0)
    base = 2 * int(np.abs(hkl).max() * np.abs(rotations).sum(axis=1).max()) + 1
    place_values = np.array([base**2, base, 1])
    orbit = hkl @ place_values
    for rotation in rotations:
        np.maximum(orbit, hkl @ (rotation @ place_values), out=orbit)
    return np.asarray(orbit, dtype=np.int64)


def _representatives(hkl: NDArray[np.int64], family: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose of each family the member with the fewest negative indices, then the largest h, k and l."""
    both = np.concatenate([hkl, -hkl])
    family = np.concatenate([family, family])
    order = np.lexsort((*(-both.T[::-1]), (both < 0).sum(axis=1), family))
    first = np.flatnonzero(np.diff(family[order], prepend=-1))
    return both[order[first]]


# Half of a peak width of 0.1 degree: two peaks closer than this are one peak to most instruments.
DEFAULT_TOLERANCE = 0.05
# A reflection with a smaller share of a peak's intensity is not named among the overlapping ones.
SMALLEST_SHARE = 0.01

COLUMNS = ("hkl", "h", "k", "l", "d_spacing", "multiplicity", "structure_factor", "share", "overlap", "cell")


def label_peaks(
    ranking: pd.DataFrame,
    structure: Atoms,
    *,
    wavelength: float,
    tolerance: float | None = None,
    setting: Literal["conventional", "given"] = "conventional",
    symprec: float = 0.01,
) -> pd.DataFrame:
    """Label peaks with the reflections of a crystal structure.

    A peak gets the indices of the strongest reflection within `tolerance` of it (multiplicity, |F|^2 and the
    Lorentz-polarisation factor of an unpolarised beam decide); all that contribute at least 1 % stand in ``overlap``.

    Parameters
    ----------
    ranking
        A table with a column ``two_theta`` in degree, one row a peak.
    structure
        The crystal.
    wavelength
        In angstrom.
    tolerance
        Largest distance of a reflection from the peak in degree; None for 0.05.
    setting
        ``"conventional"``: the indices refer to the standard conventional cell that spglib finds; ``"given"``: to the
        cell of `structure` as it is.
    symprec
        Tolerance of the search for symmetry in angstrom.

    Returns
    -------
    pandas.DataFrame
        A copy of `ranking` with the columns ``hkl`` (label), ``h``, ``k``, ``l``, ``d_spacing`` (angstrom),
        ``multiplicity``, ``structure_factor`` (electrons per cell), ``share`` (of the intensity within the tolerance),
        ``overlap`` (all contributing reflections with their shares) and ``cell`` (space group, setting and lattice
        that the indices refer to). Peaks without a reflection have an empty label and missing values.

    Raises
    ------
    InputError
        If the table has no usable column ``two_theta`` or an option cannot be used.
    StructureError
        If the structure cannot be used, or spglib finds no symmetry.

    Examples
    --------
    The cell given is primitive; the indices refer to the cubic one:

    >>> from ase.build import bulk
    >>> peaks = pd.DataFrame({"two_theta": [28.45, 95.0]})
    >>> labelled = label_peaks(peaks, bulk("Si"), wavelength=1.5406, tolerance=0.1)
    >>> labelled[["two_theta", "hkl", "multiplicity", "overlap"]]
       two_theta      hkl  multiplicity                       overlap
    0      28.45  (1 1 1)             8               (1 1 1) 100.0 %
    1      95.00  (5 1 1)            24  (5 1 1) 75.0 %, (3 3 3) 25.0 %
    >>> labelled.cell[0]
    'Fd-3m (227), conventional cell, a=5.43 b=5.43 c=5.43 alpha=90 beta=90 gamma=90'
    """
    angles = _angles(ranking)
    tolerance = DEFAULT_TOLERANCE if tolerance is None else tolerance
    if not tolerance > 0:
        raise InputError(f"expected a positive tolerance in degree, got {tolerance}")
    atoms, cell = _set(structure, setting, symprec)
    labelled = ranking.copy()
    if angles.size == 0:
        return labelled.assign(**{column: pd.Series(dtype=object) for column in COLUMNS})
    limit = min(float(angles.max()) + tolerance, 179.99)
    known = reflections(atoms, wavelength=wavelength, two_theta_max=limit, symprec=symprec)
    rows = pd.DataFrame([_row(known, angle, tolerance) for angle in angles], index=ranking.index)
    rows = rows.astype({"h": "Int64", "k": "Int64", "l": "Int64", "multiplicity": "Int64"})
    rows["cell"] = cell
    return labelled.drop(columns=list(COLUMNS), errors="ignore").join(rows)


def _angles(ranking: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if "two_theta" not in ranking.columns:
        raise InputError(f"expected a table with a column two_theta, got the columns {', '.join(map(str, ranking))}")
    angles = np.asarray(ranking["two_theta"].to_numpy(dtype=float))
    if not ((angles > 0) & (angles < 180)).all():
        raise InputError("expected two_theta between 0 and 180 degree in every row; drop the other rows")
    return angles


def _set(structure: Atoms, setting: str, symprec: float) -> tuple[Atoms, str]:
    """Return the structure in the cell that the indices refer to, and that cell in words."""
    if setting not in ("conventional", "given"):
        raise InputError(f"expected setting='conventional' or 'given', got {setting!r}")
    crystal = crystal_from_atoms(structure)
    found = find_symmetry(crystal, symprec)
    atoms = structure
    if setting == "conventional":
        symbols = [crystal.elements[species] for species in found.std_types]
        atoms = Atoms(symbols, cell=found.std_lattice, scaled_positions=found.std_positions, pbc=True)
    names = ("a", "b", "c", "alpha", "beta", "gamma")
    lattice = " ".join(f"{name}={value:.7g}" for name, value in zip(names, atoms.cell.cellpar().round(4), strict=True))
    return atoms, f"{found.international} ({found.number}), {setting} cell, {lattice}"


def _row(known: Reflections, angle: float, tolerance: float) -> dict[str, object]:
    """The labels of one peak."""
    near = np.flatnonzero(np.abs(known.two_theta - angle) <= tolerance)
    if near.size == 0:
        nothing = {"hkl": "", "h": pd.NA, "k": pd.NA, "l": pd.NA, "d_spacing": np.nan, "multiplicity": pd.NA}
        return {**nothing, "structure_factor": np.nan, "share": np.nan, "overlap": ""}
    near = near[np.argsort(-known.intensity[near], kind="stable")]
    shares = known.intensity[near] / known.intensity[near].sum()
    overlap = ", ".join(
        f"{label_from_hkl(known.hkl[i])} {share:.1%}".replace("%", " %")
        for i, share in zip(near, shares, strict=True)
        if share >= SMALLEST_SHARE
    )
    best = near[0]
    h, k, l = (int(index) for index in known.hkl[best])  # noqa: E741 (the index's name)
    return {
        "hkl": label_from_hkl(known.hkl[best]),
        **{"h": h, "k": k, "l": l},
        "d_spacing": known.d_spacing[best],
        "multiplicity": int(known.multiplicity[best]),
        "structure_factor": known.structure_factor[best],
        "share": shares[0],
        "overlap": overlap,
    }
