"""What stands above two columns of numbers: which axis the first one is, its unit, and a wavelength.

All regular expressions here take a time proportional to the length of a line, whatever stands in it.
"""

import re
from collections.abc import Sequence

from peakscape.formats import radiation

_TITLE_MARKS = " \t#!';%\"*/"
_THETA = r"(theta|θ|ϑ|𝜃|𝛩)"
_FIRST_FIELD = re.compile(rf"[\s#!';%\"*/]*(?P<title>2\s*{_THETA}|two[\s_-]theta|[^\s,;\t:=(\[\"]+)", re.IGNORECASE)
_AXES = (
    ("two_theta", re.compile(rf"(2[\s_-]*({_THETA}|th(?![a-z]))|two[\s_-]?theta|tth|ttheta)", re.IGNORECASE)),
    ("q", re.compile(r"q(?![a-z])", re.IGNORECASE)),
    ("energy", re.compile(r"([eé]nerg(y|ie|[ií]a|i)|e?ev(?![a-z])|kev(?![a-z]))", re.IGNORECASE)),
)
# Names that stand within a first title: "Position [°2Th.]", "Bragg angle 2θ (deg)", "Momentum transfer Q (1/nm)".
_WITHIN = (
    ("two_theta", re.compile(rf"(?<![\w.])2[\s_-]{{0,3}}({_THETA}|th\b)|\btwo[\s_-]?theta|\btth\b", re.IGNORECASE)),
    ("two_theta", re.compile(r"(diffraction|scattering)[\s_]angle|beugungswinkel|回折角|衍射角", re.IGNORECASE)),
    ("q", re.compile(r"(?<![\w.])q(?!\w).{0,12}?(1\s?/\s?|/\s?|\W?)(nm|a|å|ang)", re.IGNORECASE)),
)
_LONGEST_TITLE = 60
# Units in the first title that differ from the container's, and the factor to it.
_UNITS = {
    "q": (re.compile(r"nm\s*\^?\s*[({]?\s*[-−⁻]|1\s*/\s*nm|/\s*nm", re.IGNORECASE), 0.1),
    "energy": (re.compile(r"kev(?![a-z])", re.IGNORECASE), 1000.0),
    "two_theta": (re.compile(r"\brad(ian)?s?\b|_rad\b", re.IGNORECASE), 57.29577951308232),
}
# "energy dispersive run of ..." begins like a title and is a sentence.
_PROSE = re.compile(r"[ ]\w+[ ]\w+[ ]\w+")
_VALUE = re.compile(r"[-+]?[\d.]")
_WAVELENGTH = re.compile(r"wave[\s_-]?length|\blambda\b|λ", re.IGNORECASE)
_LINE = re.compile(r"(alpha|α|\bka)[\s_-]?([12])", re.IGNORECASE)
_LENGTH = re.compile(r"(?<![\w.])(\d{0,4}\.\d{1,12}(e[-+]?\d{1,3})?|\d{1,4}e-\d{1,3})", re.IGNORECASE)
_UNIT_OF_LENGTH = re.compile(r"(angstroms?|å|\ba|nm|pm)\b", re.IGNORECASE)
_RATIO = re.compile(r"ratio\W{1,3}k\W?(alpha|α)\W?2\W{1,3}k\W?(alpha|α)\W?1\W{1,3}(\d{0,3}\.\d{1,9})", re.IGNORECASE)
_MOST_LINES, _LONGEST_LINE = 400, 400


def axis_from_header(header: Sequence[str]) -> tuple[str | None, float]:
    """Find the axis that the column titles name, and the factor from their unit to degrees, 1/angstrom or eV.

    Only a line that *begins* with the name of an axis counts, the nearest to the numbers first: "Energy: 60 keV"
    tells of the beam, not of the first column. In the last line the name may stand within the first title.
    """
    last = next((line for line in reversed(header) if line.strip(_TITLE_MARKS)), "")
    axis, line = _axis_within(header, last), last
    for line in [] if axis else reversed(header):
        if axis := _axis_of_title(line):
            break
    if axis is None:
        return None, 1.0
    unit, factor = _UNITS[axis]
    return axis, factor if unit.search(_first_title(line)) else 1.0


def wavelength_from_header(header: Sequence[str]) -> tuple[float | None, dict[str, float | str]]:
    """Find the wavelength that a header tells, in angstrom, and what is known of the line beside it.

    None where there is none, or where there are several that differ and none is called K-alpha1. A number called lambda
    counts with a unit of length alone: smoothing has a lambda, too.

    Examples
    --------
    >>> wavelength_from_header(["# Wavelength: 4.1e-11 m"])
    (0.41, {'radiation': 'one wavelength'})
    >>> wavelength_from_header(["K-Alpha1 wavelength,1.54060", "K-Alpha2 wavelength,1.54443"])[0]
    1.5406
    """
    told: dict[str, set[float]] = {"": set(), "1": set(), "2": set()}
    ratio = None
    for line in (one[:_LONGEST_LINE] for one in header[:_MOST_LINES]):
        if found := _RATIO.search(line):
            ratio = float(found[3])
        elif value := _length_in(line):
            kind = _LINE.search(line)
            told[kind[2] if kind else ""].add(value)
    first, second = told["1"] or told[""], told["2"]
    if len(first) != 1 or len(second) > 1:
        return None, {}
    return radiation.of_lines(first.pop(), second.pop() if second else None, ratio)


def _length_in(line: str) -> float | None:
    """Return the wavelength in angstrom that a line tells, None where it tells none."""
    name = _WAVELENGTH.search(line)
    if name is None:
        return None
    rest = _LINE.sub(" ", line[name.end() :])
    value = _LENGTH.search(rest)
    unit = _UNIT_OF_LENGTH.search(rest)
    if value is None or (unit is None and not name[0].lower().startswith("wave")):
        return None
    length = float(value[0]) * {"nm": 10.0, "pm": 0.01}.get(unit[1].lower() if unit else "", 1.0)
    return radiation.possible(length * 1e10 if length < 1e-6 else length)


def _first_title(line: str) -> str:
    return re.split(r"[,;\t]|\s{2,}", line.strip(_TITLE_MARKS), maxsplit=1)[0]


def _axis_within(header: Sequence[str], line: str) -> str | None:
    """Find an axis that is named within the first title of the last line before the numbers, not at its beginning."""
    title = _first_title(line[: 4 * _LONGEST_TITLE])
    if _axis_of_title(line) or len(title) > _LONGEST_TITLE or ":" in title or "=" in title:
        return None
    if title.lower() == "angle" and any(one.strip().lower() == "[scan points]" for one in header[-3:]):
        return "two_theta"  # as the Data Viewer of PANalytical writes it
    for axis, pattern in _WITHIN:
        if (found := pattern.search(title)) and not _is_remark(title[found.end() :]):
            return axis
    return None


def _axis_of_title(line: str) -> str | None:
    found = _FIRST_FIELD.match(line)
    if found is None:
        return None
    rest = line[found.end() :]
    if _is_remark(rest):
        return None
    for axis, pattern in _AXES:
        if pattern.match(found["title"]):
            return None if axis == "energy" and _PROSE.match(rest) else axis
    return None


def _is_remark(rest: str) -> bool:
    """Tell whether a value follows a title ("energy 8047 eV", "q = 3", "2theta: 5"): a remark on the measurement."""
    bare = rest.lstrip()
    closing = {"(": ")", "[": "]"}.get(bare[:1])
    if closing is not None and closing in bare:
        rest = bare[bare.index(closing) + 1 :]
        bare = rest.lstrip()
    if bare[:1] in (":", "="):
        return True
    if bare[:1] in (",", ";"):
        return _VALUE.match(bare[1:].lstrip()) is not None
    return len(bare) < len(rest) and _VALUE.match(bare) is not None
