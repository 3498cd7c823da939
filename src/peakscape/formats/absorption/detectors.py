"""Which detector of a scan the absorption is taken from: the candidate with an edge in it, where it is expected.

A scan holds several: the transmission, the fluorescence of each line, an electron yield, columns that already are
absorption. Which of them measured something is told by the signal: an edge that stands above the noise. Of those that
have one, the first in the usual order (ready, transmission, fluorescence, yield) is taken unless another is far
clearer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError, InputError
from peakscape.formats.absorption import roles
from peakscape.formats.absorption.energies import find_column
from peakscape.formats.absorption.request import NOTHING, SIGNALS, Request
from peakscape.formats.absorption.titles import Column, Facts
from peakscape.signal.edge import edge_above_noise, find_edge_energy
from peakscape.signal.edge_table import EDGES, edge_energy

Array = NDArray[np.float64]
_FAR_CLEARER = 5.0
"""The edge over the noise of another candidate must be so many times higher for it to be taken before the usual one."""
_MOST_COUNTERS = 8
"""Counters without a name of their own that are tried with one another."""
_LAST, _CLEAR_RISE = 5, 10.0
"""Points at the end of a scan, and how many times their noise they must lie above the others."""
_NO_EDGE = "no edge in any signal of the sample"
_LARGEST_ABSORPTION = 20.0
"""A column of larger numbers holds counts, not absorption."""
_ONE_PLACE = 5.0
"""Edges of two signals of one scan that lie closer (eV) are one edge."""
_EDGE_WITHIN = 120.0
"""A scan that ends so far (eV) below the edge that it is expected to have, or begins above it, holds another one."""


@dataclass(frozen=True)
class Candidate:
    """One way to absorption: `signal`, the `formula` in names of columns, `values` (n_points,) or why there are none.

    `columns` are the numbers of the columns that make it one (without the incoming intensity).
    """

    signal: str
    formula: str
    values: Array | None
    problem: str = ""
    columns: tuple[int, ...] = ()


@dataclass(frozen=True)
class Absorption:
    """What a scan measured: `values` of a kind, and the same of a reference behind the sample, None without one.

    `signal` is "transmission", "fluorescence", "electron yield", "reference", "absorption" (its kind is not known) or
    "normalized"; `formula` says by which columns; `remarks` what is to be told of the choice.
    """

    signal: str
    values: Array
    reference: Array | None = None
    formula: str = ""
    remarks: tuple[str, ...] = ()


def absorption_of(
    path: Path,
    energy: Array,
    columns: Sequence[Column],
    table: Array,
    facts: Facts,
    request: Request,
    *,
    preferred: str = "",
) -> Absorption:
    """Choose the detector of a scan by its signal, or take the one that was asked for.

    Parameters
    ----------
    path
        For messages.
    energy
        eV, rising, (n_points,).
    columns, table
        Names and numbers, (n_points, n_columns).
    facts
        Of the header: which edge is expected.
    request
        What the user wants.
    preferred
        Signal that the file says it is of, "" where it says nothing.

    Raises
    ------
    FormatError
        If no column tells absorption, or the one that was asked for cannot be used.
    """
    every = _candidates(path, columns, energy, table, request)
    references = [each for each in every if each.signal == "reference"]
    reference = next((each.values for each in references if _is_usable(each)), None)
    wanted = _wanted(path, every, columns, table, request)
    usable = [each for each in wanted if _is_usable(each)]
    if not usable:  # values that are no numbers are told with their line
        usable = [each for each in wanted if each.values is not None and not each.problem][:1]
    if not usable:
        problem = next((each.problem for each in wanted if each.problem), "")
        raise FormatError(f"{path}: {problem}" if problem.startswith("tells") else f"{path}, {problem}")
    expected = expected_energy(facts, energy)
    beyond = expected is None and _ends_before(facts, energy)
    best, why = _clearest_rise(usable) if beyond else _best(energy, usable, expected, preferred)
    if why == [_NO_EDGE] and request == NOTHING:
        best, why = _behind(energy, references, expected, best)
    named = [column.name for column in columns if column.name]
    remarks = [*why, *_told_of_values(best), *_told_of_expected(facts, energy)]
    chosen = len(every) > 1 or bool(remarks) or bool(request)
    remarks = [f"{best.signal} by {best.formula}", *remarks] if chosen and (named or why) else remarks
    assert best.values is not None
    return Absorption(best.signal, best.values, reference, best.formula, tuple(remarks))


def expected_energy(facts: Facts, energy: Array) -> float | None:
    """Return where in a scan its edge is expected, eV: by element and edge, else as its header says; None unknown."""
    known = _known_edge(facts)
    return known if known is not None and energy[0] < known < energy[-1] else None


def _known_edge(facts: Facts) -> float | None:
    if facts.element is not None:
        try:
            return edge_energy(facts.element, facts.edge if facts.edge in EDGES else "K")
        except InputError:
            return facts.edge_energy
    return facts.edge_energy


def _is_usable(each: Candidate) -> bool:
    return each.values is not None and not each.problem and bool(np.isfinite(each.values).all())


def _wanted(
    path: Path, every: list[Candidate], columns: Sequence[Column], table: Array, request: Request
) -> list[Candidate]:
    """Return the candidates that are asked for: all but references where nothing is."""
    if request.signal is None:
        wanted = [each for each in every if each.signal != "reference"]
        if wanted:
            return wanted
        raise FormatError(f"{path}: {_nothing(columns)}")
    if request.signal.lower() in SIGNALS:
        wanted = [each for each in every if each.signal == request.signal.lower()]
        if not wanted:
            known = ", ".join(dict.fromkeys(f"{each.signal} ({each.formula})" for each in every)) or "none"
            raise FormatError(f"{path}: has no {request.signal.lower()} signal; it has {known}")
        return wanted
    number = find_column(path, columns, request.signal)
    single = [each for each in every if each.columns == (number,)]
    return single or [_of_column(columns, table, number)]


def _of_column(columns: Sequence[Column], table: Array, number: int) -> Candidate:
    """Return the absorption of one column that was asked for: over the incoming intensity where there is one."""
    kind, name = columns[number].role.kind, columns[number].name or f"column {number + 1}"
    incoming = next((i for i, each in enumerate(columns) if each.role.kind == roles.INCOMING), None)
    if incoming is None or kind in (roles.READY, roles.OTHER, roles.INCOMING):
        says = columns[number].role.says or "absorption"
        return Candidate(says, name, table[:, number], columns=(number,))
    if kind == roles.TRANSMITTED:
        return _transmission(columns, table, incoming, number, "transmission")
    return _ratio(columns, table, [number], incoming, "fluorescence")


def _candidates(
    path: Path, columns: Sequence[Column], energy: Array, table: Array, request: Request
) -> list[Candidate]:
    """Return all ways to absorption, in the usual order."""
    if set(request.columns) - {"energy", "angle"}:
        return _asked(path, columns, table, request)
    kinds = [column.role.kind for column in columns]
    found = [
        Candidate(column.role.says, column.name, table[:, i], columns=(i,))
        for i, column in enumerate(columns)
        if column.role.kind == roles.READY
    ]
    incoming = [i for i, kind in enumerate(kinds) if kind == roles.INCOMING]
    behind, transmitted = (
        [i for i, kind in enumerate(kinds) if kind == each] for each in (roles.BEHIND, roles.TRANSMITTED)
    )
    if incoming:
        found += [_transmission(columns, table, incoming[0], i, "transmission") for i in transmitted]
        found += [_ratio(columns, table, family, incoming[0], "fluorescence") for family in _families(columns)]
        found += [
            _ratio(columns, table, [i], incoming[0], "electron yield")
            for i, kind in enumerate(kinds)
            if kind == roles.YIELD
        ]
    if transmitted and behind:
        found.append(_transmission(columns, table, transmitted[0], behind[0], "reference"))
    counters = [i for i, kind in enumerate(kinds) if kind == roles.COUNTER][:_MOST_COUNTERS]
    if not any(each.signal != "reference" for each in found) and counters:
        found += _of_unnamed(columns, energy, table, counters, incoming)
    return found


def _asked(path: Path, columns: Sequence[Column], table: Array, request: Request) -> list[Candidate]:
    """Return what the columns that a user names make."""
    given = {part: [find_column(path, columns, name) for name in names] for part, names in request.columns.items()}
    found: list[Candidate] = []
    if "mu" in given:
        number = given["mu"][0]
        found.append(Candidate("absorption", _name(columns, number), table[:, number], columns=(number,)))
    if "i0" in given and "it" in given:
        found.append(_transmission(columns, table, given["i0"][0], given["it"][0], "transmission"))
    if "if" in given:
        found.append(_ratio(columns, table, given["if"], given.get("i0", [None])[0], "fluorescence"))
    if "it" in given and "ir" in given:
        found.append(_transmission(columns, table, given["it"][0], given["ir"][0], "reference"))
    if not found:
        told = ", ".join(f"{part}={'+'.join(names)}" for part, names in request.columns.items())
        raise FormatError(
            f"{path}: the columns {told} make no absorption; expected i0 with it or if, it with ir, or mu"
        )
    return found


def _of_unnamed(
    columns: Sequence[Column], energy: Array, table: Array, counters: list[int], incoming: list[int]
) -> list[Candidate]:
    """Return what counters without a name of their own may be: each as transmission or fluorescence of another.

    A counter that itself rises over an edge has counted fluorescence, and none that does stands before the sample.
    """
    small = [i for i in counters if not columns[i].name and np.abs(table[:, i]).max() < _LARGEST_ABSORPTION]
    found = [Candidate("absorption", _name(columns, i), table[:, i], columns=(i,)) for i in small]
    for first in incoming or counters:
        pairs = [_transmission(columns, table, first, i, "transmission") for i in counters if incoming or i > first]
        found += [each for each in pairs if _is_usable(each) and not _rises(energy, table[:, first], each)]
    for first in incoming or counters:
        pairs = [_ratio(columns, table, [i], first, "fluorescence") for i in counters if i != first]
        found += [each for each in pairs if _is_usable(each) and _rises(energy, table[:, each.columns[0]], each)]
    return found


def _rises(energy: Array, counts: Array, pair: Candidate) -> bool:
    """Whether a counter by itself rises where the absorption that a pair makes has its edge."""
    if pair.values is None or edge_above_noise(energy, counts) == 0.0:
        return False
    return abs(find_edge_energy(energy, counts) - find_edge_energy(energy, pair.values)) < _ONE_PLACE


def _families(columns: Sequence[Column]) -> list[list[int]]:
    """Return the channels of fluorescence that belong together: those whose names differ in a number alone."""
    families: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if column.role.kind == roles.FLUORESCENCE:
            families.setdefault(column.role.family, []).append(i)
    return list(families.values())


def _transmission(columns: Sequence[Column], table: Array, before: int, behind: int, signal: str) -> Candidate:
    formula = f"ln({_name(columns, before)} / {_name(columns, behind)})"
    told = {"transmission": ("incoming", "transmitted"), "reference": ("transmitted", "reference")}[signal]
    for what, number in zip(told, (before, behind), strict=True):
        if problem := _not_positive(what, table[:, number]):
            return Candidate(signal, formula, None, problem, (behind,))
    return Candidate(signal, formula, np.log(table[:, before] / table[:, behind]), columns=(behind,))


def _ratio(
    columns: Sequence[Column], table: Array, channels: list[int], incoming: int | None, signal: str
) -> Candidate:
    """Return the sum of channels, each corrected for its dead time where its rates are told, over the incoming."""
    counts, corrected = np.zeros(len(table)), ""
    for number in channels:
        factor, corrected = _live(columns, table, columns[number].role.number)
        counts = counts + table[:, number] * factor
    names = (
        _name(columns, channels[0])
        if len(channels) == 1
        else f"sum of {len(channels)} channels {_name(columns, channels[0])} ..."
    )
    over = "" if incoming is None else f" / {_name(columns, incoming)}"
    formula = f"{names}{over}{corrected}"
    if incoming is None:
        return Candidate(signal, f"{formula}, not divided by an incoming intensity", counts, columns=tuple(channels))
    if problem := _not_positive("incoming", table[:, incoming]):
        return Candidate(signal, formula, None, problem, tuple(channels))
    return Candidate(signal, formula, counts / table[:, incoming], columns=tuple(channels))


def _live(columns: Sequence[Column], table: Array, channel: int) -> tuple[Array, str]:
    """Return by what the counts of a channel are multiplied for its dead time, and the words for it."""
    ones = np.ones(len(table))
    if channel == 0:
        return ones, ""
    of = {
        column.role.kind: table[:, i]
        for i, column in enumerate(columns)
        if column.role.number == channel and column.role.kind in (roles.INPUT_RATE, roles.OUTPUT_RATE, roles.DEAD_TIME)
    }
    factor = ones
    if roles.DEAD_TIME in of:
        factor = of[roles.DEAD_TIME]
    elif roles.INPUT_RATE in of and roles.OUTPUT_RATE in of:
        with np.errstate(all="ignore"):
            factor = of[roles.INPUT_RATE] / of[roles.OUTPUT_RATE]
    # A channel that is off has no rates: its counts stay as they are.
    usable = bool(np.isfinite(factor).all() and (factor >= 0.5).all() and (factor < 20.0).all())
    return (factor if usable else ones), (", corrected for dead time" if usable and of and factor is not ones else "")


def _not_positive(what: str, values: Array) -> str:
    wrong = ~(values > 0)
    if not wrong.any():
        return ""
    i = int(np.flatnonzero(wrong)[0])
    return (
        f"point {i + 1}: the {what} intensity is {values[i]:g}; expected a positive number (is the dark current"
        " subtracted twice, or the beam lost?)"
    )


def _best(
    energy: Array, usable: list[Candidate], expected: float | None, preferred: str
) -> tuple[Candidate, list[str]]:
    """Return the candidate with the edge, the first or the far clearer one, and what is to be told."""
    order = sorted(usable, key=lambda each: each.signal != preferred) if preferred else list(usable)
    heights = [edge_above_noise(energy, each.values, near=expected) for each in order]  # type: ignore[arg-type]
    if expected is not None and not any(heights):
        heights = [edge_above_noise(energy, each.values) for each in order]  # type: ignore[arg-type]
    if not any(heights):
        return order[0], [_NO_EDGE]
    first = next(i for i, height in enumerate(heights) if height * _FAR_CLEARER >= max(heights))
    passed = [each for each, height in zip(order[:first], heights, strict=False) if height == 0.0]
    less = [each for each, height in zip(order[:first], heights, strict=False) if height > 0.0]
    rest = zip(order[first + 1 :], heights[first + 1 :], strict=True)
    passed += [each for each, height in rest if height == 0.0 and each.signal != order[first].signal]
    told = [f"no edge in {', '.join(each.formula for each in passed[:3])}"] if passed else []
    told += [f"the edge is buried in noise in {', '.join(each.formula for each in less[:3])}"] if less else []
    return order[first], told


def _ends_before(facts: Facts, energy: Array) -> bool:
    """Whether a scan was ended before the edge that its header names."""
    known = _known_edge(facts)
    return known is not None and energy[-1] <= known < energy[-1] + _EDGE_WITHIN


def _clearest_rise(usable: list[Candidate]) -> tuple[Candidate, list[str]]:
    """Return the candidate that rises most over its noise up to the end of a scan that was ended before its edge."""
    heights = []
    for each in usable:
        values = np.asarray(each.values)
        bends = np.abs(np.diff(values, 2))
        noise = float(np.median(bends)) if len(bends) else 0.0
        heights.append(float(np.median(values[-_LAST:]) - np.median(values)) / (noise or np.inf))
    best = int(np.argmax(heights))
    return usable[best if heights[best] > _CLEAR_RISE else 0], []


def _behind(
    energy: Array, references: list[Candidate], expected: float | None, best: Candidate
) -> tuple[Candidate, list[str]]:
    """Return the reference behind the sample where it alone has an edge, and what is to be told."""
    for each in references:
        if _is_usable(each) and edge_above_noise(energy, each.values, near=expected) > 0.0:  # type: ignore[arg-type]
            return each, [f"{_NO_EDGE}; taken is the reference behind the sample, which has one"]
    return best, [_NO_EDGE]


def _told_of_values(best: Candidate) -> list[str]:
    values = best.values
    if best.signal not in ("fluorescence", "electron yield") or values is None or not (values < 0).any():
        return []
    return [
        f"{best.formula} is negative at {int((values < 0).sum())} of {len(values)} points: an offset was not subtracted"
    ]


def _told_of_expected(facts: Facts, energy: Array) -> list[str]:
    """Tell where a scan does not reach the edge that its header names."""
    if not _ends_before(facts, energy):
        return []
    return [f"the scan ends at {energy[-1]:g} eV, before its edge at {_known_edge(facts):g} eV"]


def _name(columns: Sequence[Column], number: int) -> str:
    return columns[number].name or f"column {number + 1}"


def _nothing(columns: Sequence[Column]) -> str:
    """Say what is missing for absorption."""
    names = [column.name for column in columns]
    if not any(column.role.kind == roles.INCOMING for column in columns):
        return (
            f"tells no absorption: its columns are {', '.join(names[:8])}; expected i0 with itrans or ifluor, or"
            " mutrans, mufluor, norm (say which: columns='i0=4,if=7+8', on the command line --columns i0=4,if=7+8)"
        )
    others = [column.name for column in columns if column.role.kind != roles.INCOMING]
    return (
        f"tells no absorption: beside i0 its columns are {', '.join(others[:9])}; expected itrans or ifluor (say which:"
        " columns='if=7+8', on the command line --columns if=7+8)"
    )
