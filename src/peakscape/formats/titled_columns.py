"""Text columns whose titles tell an absorption scan: energy beside i0 and itrans, ifluor, mu or norm."""

import re

from peakscape.formats.detectors import FLUORESCENCE, INCOMING, READY, TRANSMITTED, YIELD
from peakscape.formats.headings import axis_from_header

_REMARK = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_MARKS = " \t#!';%\"*/"


def titles_of_scan(header: list[str], n_columns: int) -> tuple[list[str], float] | None:
    """Return the names of the columns, and the factor from their energies to eV, where titles tell a scan.

    Only the last line before the numbers counts, with as many titles as there are columns, the first an energy, and
    others of which absorption can be made.

    Parameters
    ----------
    header
        The lines before the numbers.
    n_columns
        Numbers in a row.

    Returns
    -------
    names, factor
        None where titles tell no absorption scan.

    Examples
    --------
    >>> titles_of_scan(["# Energy (keV), I0, It"], 3)
    (['energy', 'i0', 'it'], 1000.0)
    >>> titles_of_scan(["energy intensity error"], 3)
    """
    last = next((line for line in reversed(header) if line.strip(_MARKS)), "")
    names = [word.lower() for word in re.split(r"[\s,;]+", _REMARK.sub(" ", last).strip(_MARKS)) if word]
    if len(names) != n_columns or len(set(names)) < len(names) or axis_from_header([last])[0] != "energy":
        return None
    others = set(names[1:])
    counted = {*TRANSMITTED, *FLUORESCENCE, *YIELD} & others
    if not ({name for name, _ in READY} & others or (counted and set(INCOMING) & others)):
        return None
    return names, axis_from_header([last])[1]
