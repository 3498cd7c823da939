"""The steps that a recipe can hold, one row a step: its name, class, parameters as text, and what it applies to.

A step is one class derived from `Step` and one row here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from peakscape.errors import InputError, SpectraError
from peakscape.preparation.background import Background
from peakscape.preparation.contrast import BandPass, Contrast
from peakscape.preparation.k_alpha import StripKAlpha2
from peakscape.preparation.normalizing import Normalize, NormalizeEdge, Scale
from peakscape.preparation.resampling import Resample
from peakscape.preparation.shifts import Displacement, ZeroShift
from peakscape.preparation.spikes import Despike
from peakscape.preparation.step import Situation, Step

EVERY_AXIS = ("two_theta", "q", "energy")


def _number(text: str) -> float:
    value = float(text)
    if not np.isfinite(value):
        raise ValueError
    return value


def _window(text: str) -> list[float]:
    number = r"([0-9.]+(?:[eE][+-]?[0-9]+)?)"
    found = re.fullmatch(f"{number}-{number}", text)
    if found is None or not float(found[1]) < float(found[2]):
        raise ValueError
    return [float(found[1]), float(found[2])]


def _flag(text: str) -> bool:
    return {"yes": True, "no": False}[text]


READERS: dict[str, Callable[[str], Any]] = {
    "number": _number, "integer": int, "text": str, "window such as 28.2-28.7": _window, "yes or no": _flag,
}  # fmt: skip
NUMBER, INTEGER, TEXT, WINDOW, FLAG = READERS


@dataclass(frozen=True)
class StepKind:
    """One row of the registry.

    Attributes
    ----------
    make : type
        The class.
    help : str
        What the step does, in one line.
    main : str
        The parameter that ``name=value`` means.
    parameters : mapping
        All parameters, with what each of them is.
    axes : tuple of str
        Axes that the step can be applied to.
    """

    make: type[Step]
    help: str
    main: str
    parameters: Mapping[str, str]
    axes: tuple[str, ...] = EVERY_AXIS


_MOVE = {"limit": NUMBER, "window": WINDOW, "reference": TEXT, "fwhm": NUMBER}
STEPS: dict[str, StepKind] = {
    "despike": StepKind(
        Despike,
        "replace spikes that are sharper than any peak",
        "threshold",
        {"threshold": NUMBER, "fwhm": NUMBER, "max_width": INTEGER},
    ),
    "background": StepKind(Background, "subtract a smooth background", "method", {"method": TEXT, "width": NUMBER}),
    "kalpha2": StepKind(
        StripKAlpha2, "take K-alpha2 away", "anode", {"anode": TEXT, "ratio": NUMBER}, ("two_theta", "q")
    ),
    "zero_shift": StepKind(ZeroShift, "move each spectrum by a constant", "limit", _MOVE, ("two_theta", "energy")),
    "displacement": StepKind(Displacement, "undo the displacement of a flat specimen", "limit", _MOVE, ("two_theta",)),
    "normalize": StepKind(
        Normalize, "divide each spectrum by a measure of its own", "by", {"by": TEXT, "window": WINDOW}
    ),
    "edge": StepKind(
        NormalizeEdge,
        "normalise to the edge step",
        "near",
        {"near": NUMBER, "before": WINDOW, "after": WINDOW, "degree": INTEGER, "victoreen": INTEGER, "flatten": FLAG},
        ("energy",),
    ),
    "scale": StepKind(Scale, "divide all spectra by one number", "scale", {"scale": NUMBER}),
    "contrast": StepKind(Contrast, "keep peaks and nothing else, of like heights", "fwhm", {"fwhm": NUMBER}),
    "bandpass": StepKind(BandPass, "keep what lies between two widths", "narrow", {"narrow": NUMBER, "broad": NUMBER}),
    "resample": StepKind(
        Resample,
        "bring spectra onto another axis (two_theta, q, log-q, energy)",
        "to",
        {"to": TEXT, "first": NUMBER, "last": NUMBER, "points": INTEGER, "step": NUMBER, "average": FLAG},
    ),
}


def parse_step(text: str) -> tuple[str, dict[str, Any]]:
    """Read one step, `name`, `name=value` or `name=value:parameter=value`.

    Raises
    ------
    InputError
        If the step, a parameter or a value is not known.

    Examples
    --------
    >>> parse_step("normalize=standard:window=28.2-28.7")
    ('normalize', {'by': 'standard', 'window': [28.2, 28.7]})
    """
    head, *rest = [part.strip() for part in text.split(":")]
    name, _, value = (part.strip() for part in head.partition("="))
    if name not in STEPS:
        raise InputError(f"expected a step of {', '.join(STEPS)}, got {name!r}")
    kind = STEPS[name]
    given = ([f"{kind.main}={value}"] if "=" in head else []) + rest
    parameters: dict[str, Any] = {}
    for part in given:
        key, _, word = (piece.strip() for piece in part.partition("="))
        if key not in kind.parameters or key in parameters:
            known = ", ".join(kind.parameters)
            raise InputError(f"expected each of {known} at most once in the step {name}, got {part!r}")
        try:
            parameters[key] = READERS[kind.parameters[key]](word)
        except (ValueError, KeyError):
            raise InputError(f"expected a {kind.parameters[key]} for {key} of the step {name}, got {word!r}") from None
    return name, parameters


def text_of_step(name: str, parameters: Mapping[str, Any]) -> str:
    """Write one step as `parse_step` reads it.

    Examples
    --------
    >>> text_of_step("normalize", {"by": "standard", "window": [28.2, 28.7]})
    'normalize=standard:window=28.2-28.7'
    """
    main = STEPS[name].main
    parts = [f"{name}={_word(parameters[main])}" if main in parameters else name]
    return ":".join([*parts, *(f"{key}={_word(value)}" for key, value in parameters.items() if key != main)])


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        if len(value) > 2:
            return "given"
        return "-".join(f"{part:.12g}" for part in value)
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def plain_parameters(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a step as JSON can hold them.

    Raises
    ------
    InputError
        If the step or a parameter is not known.

    Examples
    --------
    >>> plain_parameters("zero_shift", {"limit": 0.1, "window": (28.2, 28.7)})
    {'limit': 0.1, 'window': [28.2, 28.7]}
    """
    if name not in STEPS:
        raise InputError(f"expected a step of {', '.join(STEPS)}, got {name!r}")
    unknown = [key for key in parameters if key not in STEPS[name].parameters]
    if unknown:
        raise InputError(f"the step {name} knows {', '.join(STEPS[name].parameters)}, not {', '.join(unknown)}")
    return {
        key: np.asarray(value).tolist() if np.ndim(value) or isinstance(value, np.generic) else value
        for key, value in parameters.items()
    }


def new_step(name: str, parameters: Mapping[str, Any], met: Situation) -> tuple[Step, Situation]:
    """Make the unfitted transformer of a step for what it meets, and say what the step leaves.

    `parameters` are as a user gives them, or as the fitted transformer's `learned` gives them. SpectraError if the step
    cannot be applied to this kind of data, InputError if a parameter cannot be used.
    """
    kind = STEPS[name]
    if met.axis not in kind.axes:
        raise SpectraError(f"the step {name} is for {' and '.join(kind.axes)}, the spectra are on {met.axis}")
    own, left = kind.make.meet(parameters, met)
    return kind.make(**own), left


def saved_step(saved: Mapping[str, Any], met: Situation) -> tuple[Step, Situation]:
    """Make a fitted step again from its name, its parameters and what it learned, and say what it leaves.

    Examples
    --------
    >>> met = Situation("diffraction", "q", np.array([1.0, 2.0]), None)
    >>> step, _ = saved_step({"name": "scale", "parameters": {}, "learned": {"scale": 4.0}}, met)
    >>> step.transform([[2.0, 8.0]])
    array([[0.5, 2. ]])
    """
    step, left = new_step(saved["name"], {**saved["parameters"], **saved["learned"]}, met)
    return step.fit(np.zeros((1, len(met.points)))), left


def help_text() -> str:
    """Return all steps and their parameters in words, for the help of a command.

    Examples
    --------
    >>> print(help_text().splitlines()[1])
      despike=THRESHOLD     replace spikes that are sharper than any peak (fwhm, max_width)
    """
    lines = ["steps, with commas between them, each name, name=value or name=value:parameter=value:"]
    for name, kind in STEPS.items():
        others = ", ".join(key for key in kind.parameters if key != kind.main)
        head = f"{name}={kind.main.upper()}"
        lines.append(f"  {head:<21} {kind.help}{f' ({others})' if others else ''}")
    return "\n".join(lines)
