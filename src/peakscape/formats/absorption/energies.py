"""The energies of an absorption scan, from columns of energies, angles or encoder steps: rising, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.absorption import roles
from peakscape.formats.absorption.counters import check_energies, energy_from_angle
from peakscape.formats.absorption.request import Request
from peakscape.formats.absorption.titles import Column, Facts

Array = NDArray[np.float64]
_FACTORS = {"": 1.0, "ev": 1.0, "kev": 1000.0}
_ANGLES = {"": 1.0, "deg": 1.0, "mdeg": 1e-3, "millidegree": 1e-3, "rad": float(np.degrees(1.0))}
_ONE_WAY = 0.9
"""Share of the steps of a scan that go one way; the others are the jitter of an encoder."""
_NEAR_NOMINAL = 2e-3
"""Energies that were read back differ from those that were set by no more than this share."""
_SAME = 1e-6
"""Energies that differ by less (eV) are one."""


@dataclass(frozen=True)
class EnergyAxis:
    """Energies of a scan, rising, (n_points,); rows of the table with one energy become one point.

    `order` are the numbers of the rows, `starts` where each group of one energy begins in it; `remarks` what is to
    be told.
    """

    energy: Array
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    remarks: tuple[str, ...]

    def merged(self, values: Array) -> Array:
        """Return values of all rows, (n_rows,) or (n_rows, n), as means over the rows of each energy."""
        return _means(values[self.order], self.starts)


def energy_axis(
    path: Path,
    columns: Sequence[Column],
    table: Array,
    facts: Facts,
    request: Request,
    *,
    lines: NDArray[np.int_] | None = None,
) -> EnergyAxis:
    """Find the energies of a scan.

    Parameters
    ----------
    path
        For messages.
    columns
        Names of the columns.
    table
        Numbers, (n_rows, n_columns).
    facts
        Of the header: crystal, edge.
    request
        May name the column.
    lines
        Number of the line of each row, for messages.
    """
    number, is_angle = _column_of(path, columns, table, request)
    values, unit = table[:, number], columns[number].unit
    if not np.isfinite(values).all():
        i = int(np.flatnonzero(~np.isfinite(values))[0])
        place = f"row {i + 1}" if lines is None else f"line {lines[i]}"
        raise FormatError(f"{path}, {place}: energy is {values[i]}; expected a finite number")
    kind = columns[number].role.kind
    if kind == roles.STEPS and not is_angle:
        energy, told = _from_steps(path, values, facts)
    elif is_angle or kind == roles.ANGLE:
        energy, told = _from_angles(path, values, unit, facts)
    else:
        energy, told = _in_ev(path, values, unit, facts)
    return _rising(path, energy, told)


def _column_of(path: Path, columns: Sequence[Column], table: Array, request: Request) -> tuple[int, bool]:
    """Return the number of the column that holds the positions, and whether they were asked for as angles."""
    for part in ("energy", "angle"):
        if part in request.columns:
            return find_column(path, columns, request.columns[part][0]), part == "angle"
    kinds = [column.role.kind for column in columns]
    nominal = [i for i, kind in enumerate(kinds) if kind == roles.ENERGY]
    read = [i for i, kind in enumerate(kinds) if kind == roles.READBACK and _share_one_way(table[:, i]) == 1.0]
    close = [i for i in read if not nominal or _is_near(table[:, i], table[:, nominal[0]])]
    for found in (close, nominal, [i for i, kind in enumerate(kinds) if kind == roles.READBACK]):
        if found:
            return found[0], False
    rest = [i for i, kind in enumerate(kinds) if kind in (roles.ANGLE, roles.STEPS)]
    if rest:
        return rest[0], False
    raise FormatError(
        f"{path}: has no column of energy or angle, but {', '.join(column.name for column in columns[:8])}; say which"
        " (columns='energy=1', on the command line --columns energy=1)"
    )


def _is_near(read: Array, nominal: Array) -> bool:
    return bool(np.isfinite(nominal).all() and np.abs(read - nominal).max() <= _NEAR_NOMINAL * np.abs(nominal).max())


def find_column(path: Path, columns: Sequence[Column], wanted: str) -> int:
    """Return the place of a column that is named by its title or its number from 1."""
    names = [column.name.lower() for column in columns]
    if wanted.lower() in names:
        return names.index(wanted.lower())
    if wanted.isdecimal() and 1 <= int(wanted[:6]) <= len(columns):
        return int(wanted) - 1
    known = ", ".join(f"{i + 1} {column.name}" for i, column in enumerate(columns[:24]))
    raise FormatError(f"{path}: has no column {wanted[:40]!r}; its columns are {known}")


def _from_steps(path: Path, values: Array, facts: Facts) -> tuple[Array, list[str]]:
    if facts.steps is None:
        raise FormatError(
            f"{path}: is a scan over encoder steps, and its header does not tell HC/2D and STPDEG; convert them to eV"
        )
    scale, per_degree = facts.steps
    angle = np.radians(values / per_degree)
    if not ((angle > 0) & (angle < np.pi / 2)).all() or not scale > 0:
        raise FormatError(
            f"{path}: its encoder steps, {values.min():g} to {values.max():g}, are no angles of 0 to 90 degree"
        )
    return np.asarray(scale / np.sin(angle)), ["energies from encoder steps"]


def _from_angles(path: Path, values: Array, unit: str, facts: Facts) -> tuple[Array, list[str]]:
    unit = unit.rstrip("s").replace("degree", "deg").replace("radian", "rad").replace("millideg", "mdeg")
    if unit not in _ANGLES:
        raise FormatError(f"{path}: its angles are in {unit!r}; expected degrees or radians")
    if facts.d_spacing is None:
        raise FormatError(
            f"{path}: is a scan over angle without Mono.d_spacing, so its energies are unknown; expected the d"
            " spacing of the monochromator (D= 3.13551 A) or its cut, Si(111), in the header"
        )
    angle = values * _ANGLES[unit]
    if unit == "" and angle.min() > 360.0:
        angle = angle * 1e-3  # millidegrees
    if not ((angle > 0) & (angle < 90)).all():
        raise FormatError(f"{path}: its angles run from {angle.min():g} to {angle.max():g} degree; expected 0 to 90")
    by = f", the spacing of {facts.crystal}" if facts.crystal else ""
    return energy_from_angle(angle, facts.d_spacing), [
        f"energies from angles and d = {facts.d_spacing:.6g} angstrom{by}"
    ]


def _in_ev(path: Path, values: Array, unit: str, facts: Facts) -> tuple[Array, list[str]]:
    """Return energies in eV: by their unit, else by their size and by what the header tells."""
    if unit not in _FACTORS:
        raise FormatError(f"{path}: its energies are in {unit!r}; expected eV or keV")
    if unit == "kev":
        return values * 1000.0, []
    if values.min() < 0:
        if facts.edge_energy is None:
            raise FormatError(
                f"{path}: energy is negative ({values.min():g} eV), as relative to an edge that the file does not"
                " tell; add the energy of the edge, or name the right column (columns='energy=2', --columns energy=2)"
            )
        return values + facts.edge_energy, [f"energies relative to the edge, {facts.edge_energy:g} eV, which was added"]
    low, high, falls = float(values.min()), float(values.max()), values[0] > values[-1]
    if unit == "" and falls and low >= 1.0 and high < 90.0 and facts.d_spacing is not None:
        energy, told = _from_angles(path, values, "deg", facts)
        return energy, [f"energies that fall from {values[0]:g} to {values[-1]:g} taken for angles", *told]
    check_energies(path, values, d_spacing=facts.d_spacing)
    return values, []


def _share_one_way(values: Array) -> float:
    steps = np.diff(values)
    steps = steps[steps != 0]
    return 1.0 if not len(steps) else float(max((steps > 0).mean(), (steps < 0).mean()))


def _rising(path: Path, energy: Array, told: list[str]) -> EnergyAxis:
    """Bring the rows into the order of rising energy; rows of one energy become their mean."""
    if not np.isfinite(energy).all():
        raise FormatError(f"{path}: its energies are not all finite numbers")
    share = _share_one_way(energy)
    if share < _ONE_WAY:
        i = int(np.flatnonzero(np.diff(energy) < 0)[0])
        raise FormatError(
            f"{path}: energy goes up and down (it falls from {energy[i]:g} to {energy[i + 1]:g} eV in row {i + 2}):"
            " expected one sweep a file; cut it into sweeps"
        )
    order = np.argsort(energy, kind="stable")
    rising = energy[order]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(rising) > _SAME]))
    n_merged = len(rising) - len(starts)
    if share < 1.0:
        told = [*told, "rows sorted by energy"]
    if n_merged:
        told = [*told, f"{n_merged} repeated {'energy' if n_merged == 1 else 'energies'} merged"]
    return EnergyAxis(_means(rising, starts), order, starts, tuple(told))


def _means(values: Array, starts: NDArray[np.intp]) -> Array:
    """Return the means of groups of rows, (n_rows,) or (n_rows, n)."""
    counts = np.diff(np.append(starts, len(values)))
    return np.asarray(np.add.reduceat(values, starts, axis=0) / (counts if values.ndim == 1 else counts[:, None]))
