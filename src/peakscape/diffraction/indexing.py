"""Label the peaks of a pattern with the reflections that make them, and with the cell that the indices refer to."""

from typing import Literal

import numpy as np
import pandas as pd
from ase import Atoms

from peakscape.diffraction.crystal import crystal_from_atoms, find_symmetry
from peakscape.diffraction.reflections import Reflections, label_from_hkl, reflections
from peakscape.errors import InputError

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
    """The structure in the cell that the indices shall refer to, and that cell in words."""
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
