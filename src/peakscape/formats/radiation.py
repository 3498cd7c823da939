"""The wavelength that positions refer to, and what is known of the second line beside it."""

from pathlib import Path

import numpy as np

from peakscape.errors import FormatError
from peakscape.spectra.container import SAME_WAVELENGTH

# Beyond these (0.01 angstrom: 1.2 MeV; 100 angstrom: 0.12 keV) a number is no wavelength of powder diffraction.
SHORTEST, LONGEST = 0.01, 100.0
DOUBLET = "K-alpha1, with K-alpha2 in the beam unless a monochromator takes it out"
MEAN = "weighted mean of K-alpha1 and K-alpha2"
SINGLE = "one wavelength"


def same_wavelength(one: float | None, other: float | None) -> bool:
    """Tell whether two wavelengths in angstrom are the same up to rounding.

    Examples
    --------
    >>> same_wavelength(1.540593, 1.540598), same_wavelength(1.5406, 1.5418), same_wavelength(None, 1.5406)
    (True, False, False)
    """
    if one is None or other is None:
        return one is other
    return abs(one - other) <= SAME_WAVELENGTH * abs(other)


def possible(wavelength: float | None) -> float | None:
    """Return a wavelength in angstrom that can be meant, else None (files write 0 for unknown).

    Examples
    --------
    >>> possible(1.5406), possible(0.0), possible(None)
    (1.5406, None, None)
    """
    if wavelength is None or not np.isfinite(wavelength):
        return None
    return float(wavelength) if SHORTEST <= wavelength <= LONGEST else None


def of_lines(
    kalpha1: float | None, kalpha2: float | None = None, ratio: float | None = None, *, mean: bool = False
) -> tuple[float | None, dict[str, float | str]]:
    """Choose the wavelength of a tube's lines and note what it is.

    Parameters
    ----------
    kalpha1, kalpha2
        In angstrom; None where the file does not tell.
    ratio
        Intensity of K-alpha2 over that of K-alpha1; None where the file does not tell.
    mean
        True where the file says that positions refer to the weighted mean.

    Returns
    -------
    wavelength
        In angstrom: K-alpha1, or the weighted mean (K-alpha1 + ratio K-alpha2) / (1 + ratio); None if not known.
    metadata
        `radiation` in words and, of a doublet, `kalpha2_wavelength` and, where told, `kalpha2_ratio`.

    Examples
    --------
    >>> of_lines(1.540598, 1.544426, 0.5)[0], of_lines(1.540598, 1.544426, 0.5, mean=True)[0]
    (1.540598, 1.541874)
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
    """Return the wavelength of the file, else the one that the user gives.

    Raises
    ------
    FormatError
        Where both are there and differ by more than rounding.

    Examples
    --------
    >>> settle(Path("a.xrdml"), None, 1.5406), settle(Path("a.xrdml"), 1.540598, 1.5406)
    (1.5406, 1.540598)
    >>> settle(Path("a.xrdml"), 1.540598, 0.5)
    Traceback (most recent call last):
    peakscape.errors.FormatError: a.xrdml: tells its wavelength itself, 1.5406 angstrom, not 0.5; leave the ...
    """
    if told is not None and asked is not None and not same_wavelength(told, asked):
        raise FormatError(
            f"{path}: tells its wavelength itself, {told:g} angstrom, not {asked:g}; leave the wavelength out"
            " (on the command line --wavelength), or read this file apart"
        )
    return told if told is not None else asked
