"""Rows of numbers, energies and counts of absorption scans: read, converted by Bragg's law, and checked."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.limits import check_n_points
from peakscape.signal.radiation import HC

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def rows_of_numbers(
    path: Path, lines: Sequence[tuple[int, str]], n_columns: int, *, width: int = 0
) -> NDArray[np.float64]:
    """Convert numbered lines to an array (n_rows, n_columns); where numbers touch, columns are `width` characters."""
    if len(lines) < 2:
        raise FormatError(f"{path}: holds {len(lines)} rows of numbers; a scan needs at least 2")
    check_n_points(path, len(lines))
    rows = np.empty((len(lines), n_columns))
    for row, (number, line) in zip(rows, lines, strict=True):
        parts = line.split()
        if len(parts) < n_columns and width:
            parts = [line[i : i + width].strip() for i in range(0, len(line.rstrip()), width)]
        if len(parts) < n_columns or not all(NUMBER.fullmatch(part) for part in parts[:n_columns]):
            raise FormatError(f"{path}, line {number}: {line.strip()[:40]!r} is not a row of {n_columns} numbers")
        row[:] = [float(part) for part in parts[:n_columns]]
    return rows


def check_counts(path: Path, name: str, values: NDArray[np.float64]) -> None:
    """Raise FormatError where an intensity to divide by, or to take the logarithm of, is not positive."""
    wrong = ~(values > 0)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise FormatError(
            f"{path}, point {i + 1}: the {name} intensity is {values[i]:g}; expected a positive number (is the dark"
            " current subtracted twice, or the beam lost?)"
        )


def energy_from_angle(angle: NDArray[np.float64], d_spacing: float) -> NDArray[np.float64]:
    """Return the energy in eV that a monochromator at an angle in degree lets through (Bragg's law, first order)."""
    return np.asarray(HC / (2.0 * d_spacing * np.sin(np.radians(angle))))


def check_energies(path: Path, energy: NDArray[np.float64], *, d_spacing: float | None = None) -> None:
    """Raise FormatError where what is called energy in eV looks like keV or like an angle.

    Falling values below 90 are a monochromator's angles, and a scan that ends below 35 is in keV: no edge that is
    measured lies so low. What begins between 1 and 30 and ends below 180 is a diffraction pattern.
    """
    if len(energy) < 2 or not np.isfinite(energy).all():
        return
    low, high = float(energy.min()), float(energy.max())
    falls = energy[0] > energy[-1]
    if low >= 1.0 and high < 90.0 and falls:
        means = (
            f" (with d {d_spacing:g} angstrom {energy_from_angle(energy[:1], d_spacing)[0]:.0f} eV)"
            if d_spacing
            else ""
        )
        raise FormatError(
            f"{path}: energies that fall from {energy[0]:g} to {energy[-1]:g} look like angles of the monochromator in"
            f" degree{means}, expected eV; convert them by hc/(2 d sin(angle)), or export the scan as XDI or 9809"
        )
    if 0.0 < high < 35.0:
        raise FormatError(
            f"{path}: energies of {low:g} to {high:g} look like keV, expected eV; write 'energy (keV)' as title of the"
            " column, or multiply them by 1000 (if they are angles in degree: hc/(2 d sin(angle)))"
        )
    if 1.0 <= low < 30.0 and high < 180.0:
        raise FormatError(
            f"{path}: energies of {low:g} to {high:g} look like the angles of a diffraction pattern in degree, expected"
            " eV; read it with the axis two_theta (on the command line --axis two_theta), apart from absorption"
        )
