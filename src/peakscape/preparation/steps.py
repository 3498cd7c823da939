"""The steps that a recipe can hold: their names, parameters as text, and what they can be applied to."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from peakscape.errors import InputError, SpectraError
from peakscape.preparation.axes import spaced_axis
from peakscape.preparation.background import Background
from peakscape.preparation.bandpass import BandPass
from peakscape.preparation.contrast import Contrast
from peakscape.preparation.edge_normalizing import NormalizeEdge
from peakscape.preparation.k_alpha import StripKAlpha2
from peakscape.preparation.normalizing import Normalize, Scale
from peakscape.preparation.resampling import Resample
from peakscape.preparation.rows import Array, RowTransformer
from peakscape.preparation.shifts import Displacement, ZeroShift
from peakscape.preparation.situation import Situation
from peakscape.preparation.spikes import Despike
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths, q_from_two_theta, two_theta_from_q
from peakscape.spectra.container import SAME_WAVELENGTH

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
    """A step: its class, the parameter that `name=value` means, all parameters with their kinds, and its axes."""

    make: type[RowTransformer]
    main: str
    parameters: Mapping[str, str]
    axes: tuple[str, ...] = EVERY_AXIS


_MOVE = {"limit": NUMBER, "window": WINDOW, "reference": TEXT, "fwhm": NUMBER}
_EDGE = {"near": NUMBER, "before": WINDOW, "after": WINDOW, "degree": INTEGER, "victoreen": INTEGER, "flatten": FLAG}
STEPS: dict[str, StepKind] = {
    "despike": StepKind(Despike, "threshold", {"threshold": NUMBER, "fwhm": NUMBER, "max_width": INTEGER}),
    "background": StepKind(Background, "method", {"method": TEXT, "width": NUMBER}),
    "kalpha2": StepKind(StripKAlpha2, "anode", {"anode": TEXT, "ratio": NUMBER}, ("two_theta", "q")),
    "zero_shift": StepKind(ZeroShift, "limit", _MOVE, ("two_theta", "energy")),
    "displacement": StepKind(Displacement, "limit", _MOVE, ("two_theta",)),
    "normalize": StepKind(Normalize, "by", {"by": TEXT, "window": WINDOW}),
    "edge": StepKind(NormalizeEdge, "near", _EDGE, ("energy",)),
    "scale": StepKind(Scale, "scale", {"scale": NUMBER}),
    "contrast": StepKind(Contrast, "fwhm", {"fwhm": NUMBER}),
    "bandpass": StepKind(BandPass, "narrow", {"narrow": NUMBER, "broad": NUMBER}),
    "resample": StepKind(
        Resample,
        "to",
        {"to": TEXT, "first": NUMBER, "last": NUMBER, "points": INTEGER, "step": NUMBER, "average": FLAG},
    ),
}
TARGETS = {"two_theta": "two_theta", "q": "q", "log-q": "q", "energy": "energy"}
"""What `resample` can aim at, and the axis that it gives."""


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


def saved_step(saved: Mapping[str, Any], met: Situation) -> tuple[RowTransformer, Situation]:
    """Make a fitted step again from its name, its parameters and what it learned, and say what it leaves.

    Examples
    --------
    >>> met = Situation("diffraction", "q", np.array([1.0, 2.0]), None)
    >>> step, _ = saved_step({"name": "scale", "parameters": {}, "learned": {"scale": 4.0}}, met)
    >>> step.transform([[2.0, 8.0]])
    array([[0.5, 2. ]])
    """
    # The way to another axis is worked out anew; what was learned says the rest.
    own = {key: value for key, value in saved["learned"].items() if key != "unit"}
    own |= {"to": saved["parameters"]["to"]} if "to" in saved["parameters"] else {}
    step, left = new_step(saved["name"], own, met)
    return step.fit(np.zeros((1, len(met.points)))), left


def new_step(name: str, parameters: Mapping[str, Any], met: Situation) -> tuple[RowTransformer, Situation]:
    """Make the unfitted transformer of a step for what it meets, and say what the step leaves.

    Parameters
    ----------
    name
        One of `STEPS`.
    parameters
        As a user gives them, or as the fitted transformer's `learned` gives them.
    met
        What the step meets.

    Raises
    ------
    SpectraError
        If the step cannot be applied to this kind of data.
    InputError
        If a parameter cannot be used.

    Examples
    --------
    >>> met = Situation("diffraction", "two_theta", np.linspace(5.0, 60.0, 100), 1.5406)
    >>> step, left = new_step("kalpha2", {}, met)
    >>> step.anode, left.wavelength
    ('Cu', 1.5405929)
    """
    kind, own = STEPS[name], dict(parameters)
    if met.axis not in kind.axes:
        raise SpectraError(f"the step {name} is for {' and '.join(kind.axes)}, the spectra are on {met.axis}")
    if name == "resample":
        return _resampling(own, met)
    left = met
    if name == "kalpha2":
        own |= {"anode": _anode(own.get("anode"), met), "unit": met.axis}
        left = replace(met, wavelength=k_alpha_wavelengths(own["anode"])[0])
    return kind.make(**own, axis=met.points), left


def _anode(asked: str | None, met: Situation) -> str:
    if met.kind != "diffraction":
        raise SpectraError(f"the step kalpha2 is for diffraction, the spectra are of {met.kind}")
    if asked is None and met.wavelength is None:
        raise SpectraError("the step kalpha2 needs a wavelength or an anode, such as kalpha2=Cu; none is known here")
    if met.wavelength is None:
        return str(asked)
    anode = anode_from_wavelength(met.wavelength)
    if asked is not None and asked != anode:
        raise SpectraError(f"the step kalpha2={asked} does not fit wavelength {met.wavelength:g} angstrom, of {anode}")
    first = k_alpha_wavelengths(anode)[0]
    if met.axis == "q" and abs(met.wavelength - first) > SAME_WAVELENGTH * first:
        raise SpectraError(
            f"on q the step kalpha2 needs q worked out with K-alpha1, {first:g} angstrom, not {met.wavelength:g}"
        )
    return anode


def _resampling(own: dict[str, Any], met: Situation) -> tuple[RowTransformer, Situation]:
    target = own.get("to", met.axis)
    if target not in TARGETS:
        raise InputError(f"expected resample to one of {', '.join(TARGETS)}, got {target!r}")
    axis = TARGETS[target]
    old = points_in(met, axis, wavelength=met.wavelength)
    new = own.get("onto")
    if new is None:
        new = spaced_axis(
            old,
            spacing="geometric" if target == "log-q" else "even",
            first=own.get("first"),
            last=own.get("last"),
            n_points=own.get("points"),
            step=own.get("step"),
        )
    new = np.asarray(new, dtype=np.float64)
    step = Resample(onto=new, average=bool(own.get("average", False)), axis=old)
    return step, replace(met, axis=axis, points=new)


def points_in(met: Situation, axis: str, *, wavelength: float | None) -> Array:
    """Return the points of spectra on another axis: two_theta, at a wavelength, or q.

    Raises
    ------
    SpectraError
        If there is no way from one to the other.

    Examples
    --------
    >>> met = Situation("diffraction", "two_theta", np.array([30.0, 60.0]), 1.0)
    >>> points_in(met, "q", wavelength=None).round(4)
    array([3.2524, 6.2832])
    """
    same = met.wavelength == wavelength or axis == "q"
    if met.axis == axis and same:
        return met.points
    if "energy" in (axis, met.axis) or met.kind != "diffraction":
        raise SpectraError(f"spectra of {met.kind} on {met.axis} cannot be brought onto {axis}")
    if ("two_theta", None) in ((met.axis, met.wavelength), (axis, wavelength)):
        raise SpectraError(f"from {met.axis} to {axis} needs the wavelength, which is not known; give it")
    q = met.points if met.axis == "q" else q_from_two_theta(met.points, float(met.wavelength or 0.0))
    return q if axis == "q" else two_theta_from_q(q, float(wavelength or 0.0))
