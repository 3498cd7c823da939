"""What the JSON of a saved space may hold, field by field: nothing in it is believed before it was checked."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import InputError
from peakscape.spectra.container import AXES

Check = Callable[[Any], bool]
_CODE = re.compile(r"[a-z][a-z0-9_]{0,60}")


def _text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _whole(value: Any) -> bool:
    return type(value) is int


def _number(value: Any) -> bool:
    return type(value) in (int, float)


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return value is None or isinstance(value, bool | int | float | str)


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _each(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _by_name(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def _distinct(value: Any) -> bool:
    return _each(_text)(value) and len(set(value)) == len(value)


def _remark(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_text, value)) and bool(_CODE.fullmatch(value[0]))


def _positive(value: Any) -> bool:
    return bool(_number(value) and value > 0)


def _columns(value: Any) -> bool:
    """A table as lists by name, all of one length."""
    cell: Check = lambda one: one is None or _number(one) or _text(one) or isinstance(one, bool)  # noqa: E731
    return _by_name(_each(cell))(value) and len({len(column) for column in value.values()}) <= 1


def _not_negative(value: Any) -> bool:
    return bool(_number(value) and 0 <= value < np.inf)


Fields = Mapping[str, "Check | Fields"]
_ERRORS: Fields = {
    "errors": _by_name(_not_negative),
    "growth": _by_name(_not_negative),
    "power": _positive,
    "low": _number,
    "high": _number,
    "step": _positive,
    "beyond": lambda value: bool(_number(value) and 1 <= value < np.inf),
}
_LABEL: Fields = {
    "name": _text,
    "columns": _distinct,
    "methods": _distinct,
    "rule": _text,
    "trusted": _text,
    "why": _text,
    "weights": _by_name(lambda value: bool(_number(value) and 0 < value <= 1)),
    "error_model": _or_none(lambda value: not _wrong(value, _ERRORS) and set(value["errors"]) == set(value["growth"])),
    "bounds": _or_none(lambda value: _each(_number)(value) and len(value) == 2),
    "errors": _columns,
    "remarks": _each(_remark),
}


def _label(value: Any) -> bool:
    """A label; those of earlier versions know no error model."""
    return isinstance(value, dict) and not _wrong({"error_model": None} | value, _LABEL)


_CLASS: Fields = {"name": _text, "classes": _distinct, "errors": _columns}
_PARTS: Fields = {
    "names": _distinct,
    "axis": lambda value: value in ("two_theta", "q", "energy"),
    "kind": lambda value: value in ("diffraction", "absorption"),
    "wavelength": _or_none(_positive),
    "options": _by_name(_plain),
    "interval_factor": _positive,
}
_share: Check = lambda value: bool(_number(value) and -1e9 < value <= 1.0)  # noqa: E731
_MOTION: Fields = {
    "together": lambda value: isinstance(value, bool),
    "explained": _share,
    "range_in_peak_widths": lambda value: bool(_number(value) and 0 <= value < 1e9),
    "worst_match": {"name": _text, "share_of_peaks": lambda value: _share(value) and value >= 0, "correlation": _share},
    "fixed_peaks": _each(lambda value: not _wrong(value, _FIXED)),
}
_NO_MOTION = {
    "together": False, "explained": 0.0, "range_in_peak_widths": 0.0, "fixed_peaks": [],
    "worst_match": {"name": "", "share_of_peaks": 0.0, "correlation": 0.0},
}  # fmt: skip
"""In place of what spaces of other spectra, and those saved before, do not tell."""
_FIXED: Fields = {"position": _positive, "samples": _each(_text)}
_SPACE: Fields = {
    "format_version": _whole,
    "parameters": {
        "level": lambda value: bool(_number(value) and 0 < value < 1),
        "novelty": lambda value: isinstance(value, bool),
        "random_state": _or_none(lambda value: _whole(value) and value >= 0),
    },
    "map": {"class": _text, "parameters": _by_name(_plain), "fitted": _by_name(_plain)},
    "map_key": _text,
    "map_reason": _text,
    "supervised_by": _or_none(_text),
    "preparation": _by_name(_plain),
    "search": {
        "max_shift": lambda value: bool(_number(value) and value >= 0),
        "step": _or_none(_positive),
        "stretches": _each(_positive),
        "pivot": _or_none(_number),
    },
    "provenance": lambda value: _by_name(_plain)(value) and not _wrong(value.get("peak_motion") or _NO_MOTION, _MOTION),
    "remarks": _each(_remark),
    "versions": _by_name(_text),
    "known": {
        "name": _distinct,
        "source": _each(_text),
        "kind": lambda value: value in ("diffraction", "absorption"),
        "history": _text,
        "wavelength": _or_none(_positive),
        "element": _or_none(_distinct),
        "texts": _by_name(_each(_text)),
        "raw": _or_none(lambda value: isinstance(value, bool)),
    },
    "labels": _each(_label),
    "classes": _each(lambda value: not _wrong(value, _CLASS)),
    "novelty": _or_none(_text),
    "parts": _or_none(lambda value: not _wrong(value, _PARTS)),
    "sha256": _text,
    "digest": _text,
}


def check(described: Mapping[str, Any]) -> None:
    """Raise InputError where a field is missing, unknown or not of its kind.

    Examples
    --------
    >>> check({"format_version": "one"})
    Traceback (most recent call last):
    peakscape.errors.InputError: its field format_version is missing or wrong
    """
    known = described.get("known")
    told = {"known": {"raw": None} | known} if isinstance(known, dict) else {}
    wrong = _wrong({"parts": None} | dict(described) | told, _SPACE)  # earlier versions wrote neither parts nor raw
    if wrong:
        raise InputError(f"its field {wrong} is missing or wrong")
    known = described["known"]
    if set(known["texts"]) & {*AXES, "name", "source", "element", "sample"}:
        raise InputError("its labels bear names of the container")
    names = [label["name"] for label in (*described["labels"], *described["classes"])]
    if len(set(names)) < len(names):
        raise InputError("it predicts one label twice")


# What arrays are, by how their names begin: their type as numpy writes it, and whether all of them are finite.
_ARRAYS = (
    (re.compile(r"coordinates|probe/(pattern|coordinates|decoded|sums)"), "f8", True),
    (re.compile(r"known/(intensity|raw)"), "f4", True),
    (re.compile(r"parts/(intensity|points)"), "f8", True),
    (re.compile(r"known/label/.+|novelty/[a-z_]+|answers/.+"), "f8", False),
    (re.compile(r"label/.+/groups"), "i8", True),
    (re.compile(r"label/.+/(residuals|difficulty)/[a-z0-9_]+"), "f8", False),
    (re.compile(r"(map/fitted|class)/.+"), "", False),
)


def check_arrays(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raise InputError where an array has an unknown name, another type than is written, or numbers that are none.

    Examples
    --------
    >>> check_arrays({"coordinates": np.zeros((1, 3, 2), dtype=int)})
    Traceback (most recent call last):
    peakscape.errors.InputError: its array coordinates is of type int64
    """
    for name, array in arrays.items():
        row = next((row for row in _ARRAYS if row[0].fullmatch(name)), None)
        if row is None:
            raise InputError(f"its array {name[:60]!r} is not known")
        _, kind, finite = row
        if array.dtype.kind not in "biuf" or (kind and array.dtype.str[1:] != kind):
            raise InputError(f"its array {name[:60]} is of type {array.dtype}")
        if finite and not np.isfinite(array).all():
            raise InputError(f"its array {name[:60]} holds what is no number")


def _wrong(value: Any, fields: Fields) -> str:
    """Return the first field that is missing, unknown or not of its kind, as a.b; empty where all are right."""
    if not isinstance(value, dict):
        return "(all)"
    for key, wanted in fields.items():
        if key not in value:
            return key
        if callable(wanted):
            if not wanted(value[key]):
                return key
        elif inner := _wrong(value[key], wanted):
            return f"{key}.{inner}"
    unknown = sorted(set(value) - set(fields))
    return unknown[0][:60] if unknown else ""
