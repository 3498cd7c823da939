"""The wavelength that positions refer to, and what is known of the second line beside it."""

from pathlib import Path

import numpy as np

from peakscape.errors import FormatError
from peakscape.signal.radiation import same_wavelength

# Beyond these (0.01 angstrom: 1.2 MeV; 100 angstrom: 0.12 keV) a number is no wavelength of powder diffraction.
SHORTEST, LONGEST = 0.01, 100.0
DOUBLET = "K-alpha1, with K-alpha2 in the beam unless a monochromator takes it out"
MEAN = "weighted mean of K-alpha1 and K-alpha2"
SINGLE = "one wavelength"


def possible(wavelength: float | None) -> float | None:
    """Return a wavelength in angstrom that can be meant, else None (files write 0 for unknown)."""
    if wavelength is None or not np.isfinite(wavelength):
        return None
    return float(wavelength) if SHORTEST <= wavelength <= LONGEST else None


def of_lines(
    kalpha1: float | None, kalpha2: float | None = None, ratio: float | None = None, *, mean: bool = False
) -> tuple[float | None, dict[str, float | str]]:
    """Choose the wavelength of a tube's lines, and note what it is.

    It is K-alpha1, or with `mean` (the file says that its positions refer to it) the weighted mean, (K-alpha1 + ratio
    K-alpha2) / (1 + ratio). `ratio` is the intensity of K-alpha2 over that of K-alpha1; None stands for what the file
    does not tell. The notes are `radiation` in words and, of a doublet, `kalpha2_wavelength` and `kalpha2_ratio`.
    """
    first, second = possible(kalpha1), possible(kalpha2)
    if first is None:
        return None, {}
    if second is None or ratio == 0 or same_wavelength(first, second):
        return first, {"radiation": SINGLE}
    notes: dict[str, float | str] = {"radiation": MEAN if mean else DOUBLET, "kalpha2_wavelength": second}
    if ratio is not None and np.isfinite(ratio) and ratio > 0:
        notes["kalpha2_ratio"] = float(ratio)
    if not mean:
        return first, notes
    weight = float(notes.get("kalpha2_ratio", 0.5))
    return (first + weight * second) / (1 + weight), notes


def settle(path: Path, told: float | None, asked: float | None) -> float | None:
    """Return the wavelength of the file, else the one that the user gives."""
    if told is not None and asked is not None and not same_wavelength(told, asked):
        raise FormatError(
            f"{path}: gives its own wavelength, {told:g} angstrom, not {asked:g}; leave the wavelength out"
            " (on the command line --wavelength), or read this file separately"
        )
    return told if told is not None else asked
