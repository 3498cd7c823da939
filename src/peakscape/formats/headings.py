"""What the titles of the columns say about the axis and its unit."""

import re

_FIRST_FIELD = re.compile(r"[\s#!';%\"*/]*(?P<title>2\s*(?:theta|θ|ϑ)|two[\s_-]theta|[^\s,;\t:=(\[\"]+)", re.IGNORECASE)
_TWO_THETA = re.compile(r"(2[\s_-]*(theta|th(?![a-z])|θ|ϑ)|two[\s_-]?theta|tth|ttheta)", re.IGNORECASE)
_Q = re.compile(r"q(?![a-z])", re.IGNORECASE)
_ENERGY = re.compile(r"(energy|e?ev(?![a-z])|kev(?![a-z]))", re.IGNORECASE)
_INVERSE_NM = re.compile(r"nm\s*\^?\s*[({]?\s*[-−⁻]|1\s*/\s*nm|/\s*nm", re.IGNORECASE)
_KEV = re.compile(r"kev(?![a-z])", re.IGNORECASE)
_RADIAN = re.compile(r"\brad(ian)?s?\b|_rad\b", re.IGNORECASE)
# "energy dispersive run of ..." begins like a title and is a sentence.
_PROSE = re.compile(r"[ ]\w+[ ]\w+[ ]\w+")


def axis_from_header(header: list[str]) -> tuple[str | None, float]:
    """Find the axis that the column titles name, and the factor from their unit to the container's.

    Only a line that *begins* with the name of an axis counts, the nearest to the numbers first: "Energy: 60 keV"
    tells of the beam, not of the first column.

    Parameters
    ----------
    header
        The lines before the numbers.

    Returns
    -------
    axis
        "two_theta", "q", "energy" or None.
    factor
        Times this number, the first column is in degrees, 1/angstrom or eV.

    Examples
    --------
    >>> axis_from_header(["# Energy: 60 keV", "#   2th_deg     I"])
    ('two_theta', 1.0)
    >>> axis_from_header(["q_nm^-1  I"])
    ('q', 0.1)
    >>> axis_from_header(["a pattern of quartz"])
    (None, 1.0)
    """
    for line in reversed(header):
        axis = _axis_of_title(line)
        if axis is not None:
            return axis, _factor(axis, line)
    return None, 1.0


def _axis_of_title(line: str) -> str | None:
    found = _FIRST_FIELD.match(line)
    if found is None:
        return None
    rest = line[found.end() :]
    # A value instead of a further title ("energy 8047 eV", "q = 3", "2theta: 5") is a remark about the measurement.
    if re.match(r"\s*(\([^)]*\)|\[[^\]]*\])?\s*([:=]|[\s,;]\s*[-+]?[\d.]+)", rest):
        return None
    for axis, pattern in (("two_theta", _TWO_THETA), ("q", _Q), ("energy", _ENERGY)):
        if pattern.match(found["title"]):
            return None if axis == "energy" and _PROSE.match(rest) else axis
    return None


def _factor(axis: str, line: str) -> float:
    first = re.split(r"[,;\t]|\s{2,}", line.strip(" \t#!';%\"*/"), maxsplit=1)[0]
    if axis == "q" and _INVERSE_NM.search(first):
        return 0.1
    if axis == "energy" and _KEV.search(first):
        return 1000.0
    if axis == "two_theta" and _RADIAN.search(first):
        return 57.29577951308232
    return 1.0
