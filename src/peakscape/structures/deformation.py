"""Strained cells, c/a and volume series, and the parent's lattice inside a substituted or relaxed structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from ase import Atoms
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import StructureError
from peakscape.structures.symmetry import Parent, has_sites, label_sites, operations, parent_of

Change = Literal["c/a", "volume", "a", "c"]


def strain(atoms: Atoms, *, tensor: ArrayLike | None = None, percent: float | None = None) -> Atoms:
    """Strain a structure, its atoms moving with the cell.

    Parameters
    ----------
    atoms
        Structure; not changed.
    tensor
        Strain in Cartesian axes (3, 3), without unit: every vector r becomes r (1 + tensor).
    percent
        Instead: the same change of all lengths, in percent.

    Returns
    -------
    Atoms
        The strained structure; fractional coordinates are the same.

    Raises
    ------
    StructureError
        If not exactly one of `tensor` and `percent` is given, or the strain turns the cell inside out.

    Examples
    --------
    >>> from ase.build import bulk
    >>> round(float(strain(bulk("Cu", cubic=True), percent=1.0).cell[0, 0]), 4)
    3.6461
    """
    if (tensor is None) == (percent is None):
        raise StructureError("expected exactly one of tensor and percent; give a (3, 3) strain or a change in percent")
    deviation = np.eye(3) * float(percent) / 100 if percent is not None else np.asarray(tensor, dtype=float)
    if deviation.shape != (3, 3):
        raise StructureError(f"expected a strain tensor of shape (3, 3), got {deviation.shape}")
    gradient = np.eye(3) + deviation
    if not np.all(np.isfinite(gradient)) or np.linalg.det(gradient) <= 0:
        raise StructureError(f"the strain leaves no positive volume: {deviation.tolist()}; use smaller numbers")
    strained = atoms.copy()
    strained.set_cell(atoms.cell.array @ gradient, scale_atoms=True)
    return strained


def axial_series(atoms: Atoms, *, change: Change, values: ArrayLike) -> list[Atoms]:
    """Make a series of one structure with its lattice changed along the parent's axes.

    Parameters
    ----------
    atoms
        Structure; its parent's c axis is found by the labels of :func:`substitute`, or by symmetry without them.
    change
        "c/a": axial ratio at constant volume; "volume": all lengths alike; "c": along c only; "a": both directions
        perpendicular to c.
    values
        Changes of that quantity in percent (n_values,).

    Returns
    -------
    list of Atoms
        One structure a value; ``info`` gains ``change`` and ``change_percent``.

    Raises
    ------
    StructureError
        If `change` is not one of the four, or a value is -100 % or less.

    Examples
    --------
    >>> from ase.build import bulk
    >>> stretched = axial_series(bulk("Cu", cubic=True), change="c/a", values=[0.0, 3.0])[1]
    >>> a, _, c = stretched.cell.lengths()
    >>> round(float(c / a), 4), round(float(stretched.get_volume() / 3.61**3), 6)
    (1.03, 1.0)
    """
    exponents = {"c/a": (-1 / 3, 2 / 3), "volume": (1 / 3, 1 / 3), "a": (1.0, 0.0), "c": (0.0, 1.0)}
    if change not in exponents:
        raise StructureError(f"unknown change {change!r}; expected one of {', '.join(exponents)}")
    percents = np.atleast_1d(np.asarray(values, dtype=float))
    if not np.all(percents > -100):
        raise StructureError(f"changes must be above -100 percent, got {percents.tolist()}")
    axis = (np.linalg.inv(parent_of(atoms).transformation) @ atoms.cell.array)[2]
    along = np.outer(axis, axis) / (axis @ axis)
    across_power, along_power = exponents[change]
    series = []
    for percent in percents:
        factor = 1 + percent / 100
        gradient = factor**across_power * (np.eye(3) - along) + factor**along_power * along
        changed = strain(atoms, tensor=gradient - np.eye(3))
        changed.info.update(change=change, change_percent=float(percent))
        series.append(changed)
    return series


def parent_cell(atoms: Atoms, *, symmetrize: bool = True) -> Atoms:
    """Return the parent's conventional cell, strained to the average cell of this structure.

    Peaks of a substituted, relaxed supercell can be labelled in this cell as if it were undistorted. The strain is the
    logarithm of the stretch between ideal and actual supercell, averaged over the parent's point group, so the parent's
    symmetry is kept and the volume is exactly that of the structure.

    Parameters
    ----------
    atoms
        A result of :func:`substitute`, relaxed or not; any other structure is taken as its own parent.
    symmetrize
        False keeps the strain as it is: a and b may differ and angles leave 90 degrees.

    Returns
    -------
    Atoms
        The parent with the host's species, in the orientation of the parent.

    Raises
    ------
    StructureError
        If the cell was enlarged or cut after it was labelled.

    Examples
    --------
    >>> from ase.build import bulk
    >>> from peakscape.structures import substitute
    >>> alloy = substitute(bulk("Fe", "bcc", a=2.87), supercell=(2, 2, 2), replace={"Fe": "Al"}, count=1)[0]
    >>> parent = parent_cell(strain(alloy, percent=1.0))
    >>> str(parent.symbols), parent.cell.lengths().round(4).tolist()
    ('Fe2', [2.8987, 2.8987, 2.8987])
    """
    parent = parent_of(atoms)
    gradient = np.linalg.inv(parent.transformation @ parent.cell) @ atoms.cell.array
    logarithm = _log_stretch(gradient)
    if symmetrize:
        rotations = _cartesian_rotations(parent)
        logarithm = np.mean(rotations.transpose(0, 2, 1) @ logarithm @ rotations, axis=0)
    result = parent.to_atoms()
    values, vectors = np.linalg.eigh(logarithm)
    result.set_cell(parent.cell @ ((vectors * np.exp(values)) @ vectors.T), scale_atoms=True)
    return result


def lattice_parameters(structures: Atoms | Sequence[Atoms], *, symmetrize: bool = True) -> pd.DataFrame:
    """Tabulate the lattice parameters of structures in their parent's conventional setting.

    Parameters
    ----------
    structures
        One structure or several, as for :func:`parent_cell`.
    symmetrize
        As for :func:`parent_cell`.

    Returns
    -------
    DataFrame
        One row a structure: ``a``, ``b``, ``c`` in angstrom, ``c_over_a``, and ``volume`` in cubic angstrom per formula
        unit of the host.

    Raises
    ------
    StructureError
        As for :func:`parent_cell`.

    Examples
    --------
    >>> from ase.build import bulk
    >>> lattice_parameters(bulk("Cu", a=3.6)).round(3).values.tolist()
    [[3.6, 3.6, 3.6, 1.0, 11.664]]
    """
    rows = []
    for atoms in [structures] if isinstance(structures, Atoms) else structures:
        a, b, c = parent_cell(atoms, symmetrize=symmetrize).cell.lengths()
        labelled = atoms if has_sites(atoms) else label_sites(atoms)
        rows.append((a, b, c, c / np.sqrt(a * b), atoms.get_volume() / labelled.info["formula_units"]))
    return pd.DataFrame(rows, columns=["a", "b", "c", "c_over_a", "volume"])


def _log_stretch(gradient: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithmic (Hencky) strain of row vectors r -> r gradient, in the frame before the strain."""
    values, vectors = np.linalg.eigh(gradient @ gradient.T)
    return np.asarray((vectors * (0.5 * np.log(values))) @ vectors.T)


def _cartesian_rotations(parent: Parent) -> NDArray[np.float64]:
    """Point group of the parent as matrices that act on Cartesian row vectors (n_operations, 3, 3)."""
    rotations = np.unique(operations(parent.to_atoms(), symprec=1e-2)[0], axis=0)
    return np.asarray(np.linalg.inv(parent.cell) @ rotations.transpose(0, 2, 1) @ parent.cell)
