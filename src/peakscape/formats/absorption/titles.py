"""The header of an absorption scan: the names of its columns, and what else it tells (crystal, edge, element).

Nothing here knows a beamline. Names are looked for as a numbered list (``# Column.3: i0``), as a line with as many
titles as there are columns (by tabs, commas, wide spaces, fixed widths or single spaces; SPEC's ``#L`` too), or as a
list of lines above the numbers. All expressions take a time proportional to the length of a line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from peakscape.composition import ELEMENTS
from peakscape.formats.absorption import roles

_MARKS = " \t#!';%*/\""
_NUMBERED = re.compile(r"(?:col(?:umn)?s?[ .#]{0,3})?(\d{1,3})\s{0,3}[:=).]\s*(\S.{0,199})", re.IGNORECASE)
_SPEC_TITLES = re.compile(r"\s*#L\s+")
_ROW_MARK = re.compile(r"\(\d{1,2}\)\s*")
_COLUMN_COUNT = re.compile(r"cols?\s*:?\s*\d*\s+", re.IGNORECASE)
_MOST_LINES = 400
"""Header lines above the numbers that are searched for titles, the nearest first."""
_UNIT = re.compile(
    r"[(\[<]?(kev|ev|mdeg|millidegrees?|deg|degrees?|rad|radians?|counts?|sec|s|nm|pm|a|angstroms?)[)\]>]?"
)
_D_SPACING = (
    re.compile(r"\bD\s{0,5}=\s{0,5}(\d{1,3}\.\d{1,12})"),
    re.compile(r"\bd[ _-]?spac(?:ing|e)\W{1,6}(\d{1,3}\.\d{1,12})", re.IGNORECASE),
)
_TWO_D = re.compile(r"\b2d\s{0,5}[:=]\s{0,5}(\d{1,3}\.\d{1,12})", re.IGNORECASE)
_CRYSTAL = re.compile(
    r"\b(Si|Ge)\s{0,3}\(?\s{0,3}([0-9])\s{0,2},?\s{0,2}([0-9])\s{0,2},?\s{0,2}([0-9])\s{0,2}\)?(?![\d.])", re.IGNORECASE
)
_LATTICE = {"si": 5.43102, "ge": 5.6579}
"""Lattice parameters at room temperature, angstrom (CODATA 2018 for silicon; germanium: Smakula and Kalnajs 1955)."""
_STEPS = re.compile(
    r"HC/2D\s{0,5}=\s{0,5}(\d{2,6}\.?\d{0,9})[^=]{0,40}STPDEG\s{0,5}=\s{0,5}(\d{1,9}\.?\d{0,9})", re.IGNORECASE
)
_E0 = re.compile(
    r"(?:^|[\s.#])(?:E0|E_edge|edge[ _]?energy|e_?zero)\s{0,5}[:=]\s{0,5}(\d{2,6}\.?\d{0,9})", re.IGNORECASE
)
_FDMNES = re.compile(r"\s*(\d[\d.]{2,12})\s+(\d{1,3})\s+([1-5])\s+([1-7])\s[^=]{0,200}=\s*E_edge", re.IGNORECASE)
_FDMNES_EDGES = {(1, 1): "K", (2, 1): "L1", (2, 2): "L2", (2, 3): "L3"}
_ELEMENT = re.compile(
    r"(?:^|[\s.#%])(?:element|symbol|absorber|atsym|atom)(?:\.symbol)?\s{0,5}[:=]\s{0,5}([A-Z][a-z]?)\s{0,5}$",
    re.IGNORECASE,
)
_EDGE = re.compile(r"(?:^|[\s.#%])edge\s{0,5}[:=]\s{0,5}(K|[LM][1-5])\s{0,5}$", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """Name and unit of one column, "" where no unit is told; `role` is what the name means."""

    name: str
    unit: str = ""

    @property
    def role(self) -> roles.Role:
        """What the name means."""
        return roles.role_of(self.name)


@dataclass(frozen=True)
class Facts:
    """What a header tells beside the names of columns; None where it does not.

    `d_spacing` of the monochromator (angstrom) and `crystal`, the cut that it was taken from; `edge_energy` (eV)
    that the
    scan is of; `steps`, hc/2d in eV and encoder steps a degree; `relative`, whether energies are relative to that edge.
    """

    d_spacing: float | None = None
    crystal: str = ""
    edge_energy: float | None = None
    element: str | None = None
    edge: str | None = None
    steps: tuple[float, float] | None = None
    calculated: bool = False


def columns_from_header(header: Sequence[str], n_columns: int) -> list[Column]:
    """Return the names of the columns, an empty list where the header does not tell them.

    Parameters
    ----------
    header
        The lines above the numbers.
    n_columns
        How many columns there are.

    Examples
    --------
    >>> [column.name for column in columns_from_header(["# Mono Energy   I0   If"], 3)]
    ['Mono Energy', 'I0', 'If']
    """
    near = [line[:20_000] for line in header if line.strip(_MARKS)][-_MOST_LINES:]
    if numbered := _numbered_list(near, n_columns):
        return numbered
    for line in reversed(near):
        if titles := _titles_in(line, n_columns):
            return titles
    vertical = [_column(line.strip(_MARKS)) for line in near[-n_columns:]]
    if n_columns > 2 and all(len(line) <= 60 for line in near[-n_columns:]) and _is_scan(vertical, n_columns):
        return vertical
    return []


def facts_from_header(header: Sequence[str]) -> Facts:
    """Return what a header tells of crystal, edge and element.

    Examples
    --------
    >>> facts_from_header(["Mono :   Si(111)       D=  3.13551 A"]).d_spacing
    3.13551
    """
    lines = [line[:2_000] for line in header][: _MOST_LINES * 2]
    for line in lines[:20]:
        if found := _FDMNES.match(line):
            number, shell = int(found[2]), (int(found[3]), int(found[4]))
            element = ELEMENTS[number - 1] if 0 < number <= len(ELEMENTS) else None
            return Facts(edge_energy=_float(found[1]), element=element, edge=_FDMNES_EDGES.get(shell), calculated=True)
    spacing = _first(lines, *_D_SPACING)
    twice = _first(lines, _TWO_D) if spacing is None else None
    spacing = twice / 2.0 if twice is not None else spacing
    crystal = ""
    if spacing is None or not 0.1 < spacing < 100.0:
        spacing, crystal = _spacing_of_crystal(lines)
    steps = next((found for line in lines if (found := _STEPS.search(line))), None)
    element = next((found[1].capitalize() for line in lines if (found := _ELEMENT.search(line.rstrip()))), None)
    edge = next((found[1].upper() for line in lines if (found := _EDGE.search(line.rstrip()))), None)
    e0 = _first(lines, _E0)
    return Facts(
        d_spacing=spacing,
        crystal=crystal,
        edge_energy=e0 if e0 is not None and 40.0 < e0 < 150_000.0 else None,
        element=element if element in ELEMENTS else None,
        edge=edge,
        steps=None if steps is None else (_float(steps[1]), _float(steps[2])),
    )


def _numbered_list(lines: list[str], n_columns: int) -> list[Column]:
    """Return the columns of a list such as ``Column.3: i0`` or ``# 3) i0``, counted from 1 or 0."""
    told: dict[int, str] = {}
    for line in lines:
        if found := _NUMBERED.match(line.strip(_MARKS)):
            told.setdefault(int(found[1]), found[2])
    for first in (1, 0):
        if set(range(first, first + n_columns)) <= set(told):
            columns = [_column(told[number]) for number in range(first, first + n_columns)]
            if _is_scan(columns, n_columns):
                return columns
    return []


def _titles_in(line: str, n_columns: int) -> list[Column]:
    """Return the titles of a line that has as many as there are columns, the energy and a counter among them."""
    bare = _SPEC_TITLES.sub("", line) if _SPEC_TITLES.match(line) else line.lstrip("#!%;* \t'/")
    bare = _COLUMN_COUNT.sub("", _ROW_MARK.sub("", bare, count=1), count=1) if bare[:1] in "(cC" else bare
    for parts in _ways_to_split(bare.rstrip("\r\n"), n_columns):
        titles = [_column(part) for part in parts]
        if _is_scan(titles, n_columns):
            return titles
    return []


def _ways_to_split(line: str, n_columns: int) -> list[list[str]]:
    ways = [line.split(mark) for mark in ("\t", ",", ";") if mark in line]
    ways += [re.split(r" {2,}", line.strip()), _fixed_widths(line, n_columns), line.split()]
    ways.append(_without_units(line).split())
    cleaned = [[part.strip(" \t\"'") for part in way] for way in ways]
    cleaned = [way[:-1] if len(way) == n_columns + 1 and not way[-1] else way for way in cleaned]
    return [way for way in cleaned if len(way) == n_columns and all(way)]


def _fixed_widths(line: str, n_columns: int) -> list[str]:
    """Split a line whose titles each begin a field of one width."""
    width, rest = divmod(len(line), n_columns)
    if rest or width < 3:
        return []
    fields = [line[i : i + width] for i in range(0, len(line), width)]
    apart = all(field[0] != " " for field in fields) and all(field[-1] == " " for field in fields[:-1])
    return fields if apart else []


def _without_units(line: str) -> str:
    """Put a space in the place of each (...) and [...]; in one pass, because brackets may stay open a million times."""
    ends = {"(": (")", line.rfind(")")), "[": ("]", line.rfind("]"))}
    kept, i = [], 0
    while i < len(line):
        closing, last = ends.get(line[i], ("", -1))
        kept.append(" " if last > i else line[i])
        i = line.index(closing, i) + 1 if last > i else i + 1
    return "".join(kept)


def _column(text: str) -> Column:
    """Split a title into name and unit; what follows two bars is the address of a device."""
    text = text.partition("||")[0].strip(" \t\"'")[:200]
    words = text.split()
    if len(words) > 1 and (found := _UNIT.fullmatch(words[-1].lower())):
        return Column(" ".join(words[:-1]), found[1])
    if text.endswith((")", "]")) and (at := max(text.rfind("("), text.rfind("["))) > 0:
        inner = _UNIT.fullmatch(text[at:].lower())
        if inner:
            return Column(text[:at].strip(), inner[1])
    bare = text.strip("<>")
    unit = {"ev": "ev", "kev": "kev"}.get(bare.lower(), "")
    return Column(bare, unit)


def _is_scan(columns: Sequence[Column], n_columns: int) -> bool:
    """Tell whether names are those of a scan: an energy or an angle, and something counted or absorption itself."""
    kinds = [column.role.kind for column in columns]
    if len(columns) != n_columns or any(_looks_like_number(column.name) for column in columns):
        return False
    positions = {roles.ENERGY, roles.READBACK, roles.ANGLE, roles.STEPS}
    return bool(positions & set(kinds)) and any(kind in (*roles.COUNTED, roles.READY) for kind in kinds)


def _looks_like_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _first(lines: Sequence[str], *patterns: re.Pattern[str]) -> float | None:
    for pattern in patterns:
        for line in lines:
            if found := pattern.search(line):
                return _float(found[1])
    return None


def _spacing_of_crystal(lines: Sequence[str]) -> tuple[float | None, str]:
    """Return the d spacing of the cut that a header names, "Si(111)", and the cut in words."""
    for line in lines:
        if found := _CRYSTAL.search(line):
            indices = [int(found[k]) for k in (2, 3, 4)]
            if any(indices):
                size = float(np.sqrt(sum(index**2 for index in indices)))
                return _LATTICE[found[1].lower()] / size, f"{found[1].capitalize()}({found[2]}{found[3]}{found[4]})"
    return None, ""


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
