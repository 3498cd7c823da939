"""Recipes: steps of preparation in order, learned once, kept as plain JSON, and done again identically."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xarray as xr

from peakscape import spectra
from peakscape.errors import InputError, PeakscapeError, SpectraError
from peakscape.preparation.near_edge import near_edge_window
from peakscape.preparation.registry import new_step, parse_step, plain_parameters, saved_step, text_of_step
from peakscape.preparation.resampling import points_in
from peakscape.preparation.step import Array, Situation, Step
from peakscape.spectra.container import AXES, SAME_WAVELENGTH, remember

FORMAT_VERSION = 1
SAME_POINTS = 1e-6
"""Relative to the length of the axis: axes that differ by less are one axis."""

MADE = ("simulated", "varied", "generated")
"""How the history of spectra begins that were computed."""


@dataclass(frozen=True)
class _Fitted:
    """A step ready for use: what it meets, its transformer, what it leaves."""

    met: Situation
    transformer: Step
    left: Situation


class Recipe:
    """Steps of preparation, in order.

    `fit` learns what the steps need from spectra (a reference, a scale, an axis), `apply` does them. `to_dict` gives
    all of it as plain JSON, to be saved with a map, and a recipe made from that gives the same bits, for one
    spectrum or many.

    Parameters
    ----------
    steps
        Pairs of a name and its parameters; see `from_text` for names.

    Raises
    ------
    InputError
        If a step or a parameter is not known.

    Examples
    --------
    >>> measured = spectra.make(np.random.default_rng(0).poisson(9.0, (2, 50)), two_theta=np.linspace(5, 60, 50))
    >>> recipe = Recipe([("background", {"method": "arpls"}), ("normalize", {"by": "area"})]).fit(measured)
    >>> recipe.apply(measured).attrs["history"].splitlines()
    ['prepared: background=arpls', 'prepared: normalize=area']
    """

    def __init__(self, steps: Sequence[tuple[str, Mapping[str, Any]]] = ()) -> None:
        self.steps = [(name, plain_parameters(name, parameters)) for name, parameters in steps]
        self._start: Situation | None = None
        self._fitted: list[_Fitted] = []

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read a recipe: steps in order, with commas between them.

        Each is ``name``, ``name=value`` (of its main parameter) or ``name=value:parameter=value``: despike=threshold
        (fwhm, max_width), background=method (width), kalpha2=anode (ratio; without an anode, that of the wavelength),
        zero_shift=limit and displacement=limit (window, reference: a sample's name, fwhm), normalize=by (window),
        edge=near (before, after: distances from it in eV, degree, victoreen, flatten=no), scale=scale, contrast=fwhm,
        bandpass=narrow (broad), resample=two_theta, q, log-q or energy (first, last, points or step, average=yes).

        Parameters
        ----------
        text
            Such as ``"background,normalize=standard:window=28.2-28.7,resample=log-q:points=4096"``; "none" or nothing
            for no step.

        Raises
        ------
        InputError
            If a step or a parameter is not known.

        Examples
        --------
        >>> Recipe.from_text("background, normalize=area, resample=log-q")
        Recipe('background,normalize=area,resample=log-q')
        """
        words = [word.strip() for word in text.split(",")]
        return cls([] if words in ([""], ["none"]) else [parse_step(word) for word in words])

    @classmethod
    def default(cls, dataset: xr.Dataset) -> Self:
        """Return what suits spectra of their kind, unfitted.

        Simulated patterns have no background, spikes or unknown exposure: one number scales all, which keeps their
        intensities comparable. Measured patterns have all three: spikes go first, for they would lift background and
        maximum, then the background, then the exposure by `norm`, which neither one textured peak nor a remaining
        background sways much. Nothing moves peaks (a zero shift cannot be told from a lattice change without a
        standard), nothing strips K-alpha2 (a file does not tell whether it is there), and nothing resamples. Absorption
        spectra are left as they are, for the container holds them normalised; long scans are brought onto even steps
        from 20 eV below to 100 eV above their edge (`near_edge_window`).

        Parameters
        ----------
        dataset
            Spectra; computed ones are known by their history.

        Examples
        --------
        >>> Recipe.default(spectra.make([[0, 1, 0]], q=[1, 2, 3]))
        Recipe('despike,background,normalize=norm')
        """
        if spectra.check(dataset).attrs["kind"] == "absorption":
            window = near_edge_window(dataset)
            return cls() if window is None else cls([("resample", window)])
        if str(dataset.attrs.get("history", "")).startswith(MADE):
            return cls([("scale", {})])
        return cls([("despike", {}), ("background", {}), ("normalize", {"by": "norm"})])

    def __repr__(self) -> str:
        """Show the steps."""
        return f"Recipe({self.text!r})"

    @property
    def text(self) -> str:
        """The recipe as `from_text` reads it."""
        return ",".join(text_of_step(*step) for step in self.steps) or "none"

    def fit(self, dataset: xr.Dataset) -> Self:
        """Learn from spectra what the steps need.

        Parameters
        ----------
        dataset
            The spectra that a map is to be made of.

        Raises
        ------
        SpectraError
            If a step cannot be applied to such spectra; the message names it.
        """
        spectra.check(dataset)
        met = self._start = _situation_of(dataset)
        rows, names = dataset["intensity"].values, [str(name) for name in dataset["name"].values]
        self._fitted = []
        for name, parameters in self.steps:
            reference = parameters.get("reference")
            if isinstance(reference, str) and reference not in names:
                raise SpectraError(f"the reference {reference!r} of {name} is no sample's name")
            named = {"reference": rows[names.index(reference)]} if isinstance(reference, str) else {}
            with _telling(name, parameters, names):
                transformer, left = new_step(name, parameters | named, met)
                rows = transformer.fit(rows).transform(rows)
            self._fitted.append(_Fitted(met, transformer, left))
            met = left
        return self

    @property
    def left(self) -> Situation:
        """Kind, axis and wavelength of prepared spectra."""
        return self._fitted[-1].left if self._fitted else self.met

    @property
    def met(self) -> Situation:
        """Kind, axis and wavelength of the spectra that the recipe was fitted to."""
        if self._start is None:
            raise InputError("the recipe is not fitted; call fit with the spectra that a map is to be made of")
        return self._start

    @property
    def needed(self) -> Array:
        """Points on the axis of `met` that spectra must cover: of a first step resample on that axis, only its own."""
        if self.steps and self.steps[0][0] == "resample" and self._fitted[0].left.axis == self.met.axis:
            return self._fitted[0].left.points
        return self.met.points

    def apply(self, dataset: xr.Dataset) -> xr.Dataset:
        """Prepare spectra as those of `fit` were.

        Spectra on other points of the same axis are first interpolated onto those of `fit`. A recipe that begins with
        resample takes spectra of any wavelength on two_theta or q.

        Parameters
        ----------
        dataset
            Spectra of the kind, axis and wavelength of those of `fit`.

        Returns
        -------
        xarray.Dataset
            The same samples prepared; what was done is added to the history.

        Raises
        ------
        SpectraError
            If the spectra are of another kind, axis or wavelength, do not cover the axis, or a step fails on them.
        InputError
            If the recipe is not fitted.
        """
        spectra.check(dataset)
        fitted = list(self._fitted)
        own = _situation_of(dataset)
        if self.steps and self.steps[0][0] == "resample" and not self.is_on_axis(dataset):
            fitted[0] = self._resampling_of(own)
        else:
            dataset = self._onto_start(dataset, own)
        rows, names = dataset["intensity"].values, [str(name) for name in dataset["name"].values]
        lines = []
        for (name, parameters), step in zip(self.steps, fitted, strict=True):
            with _telling(name, parameters, names):
                said = step.transformer.remark(rows, names)
                rows = step.transformer.transform(rows)
            lines.append(f"prepared: {text_of_step(name, parameters)}{said}")
        return _with_rows(dataset, rows, self.left, lines)

    def is_on_axis(self, dataset: xr.Dataset) -> bool:
        """Say whether spectra are on the points that the recipe was fitted on, of the same wavelength."""
        own, met = _situation_of(dataset), self.met
        return own.axis == met.axis and _are_same_points(own.points, met.points) and not _is_other_wavelength(own, met)

    def _resampling_of(self, own: Situation) -> _Fitted:
        """Return the first step for spectra on an axis of their own."""
        first = self._fitted[0]
        if own.kind != first.met.kind:
            raise SpectraError(f"the preparation is for {first.met.kind}, the spectra are of {own.kind}")
        needed = first.left.points
        if own.axis == first.left.axis and not own.points[0] - 1e-6 <= needed[0] <= needed[-1] <= own.points[-1] + 1e-6:
            raise SpectraError(
                f"the axis that the preparation needs is not covered: cannot resample {own.axis} {own.points[0]:g} to"
                f" {own.points[-1]:g} onto {needed[0]:g} to {needed[-1]:g}"
            )
        learned = first.transformer.learned()
        with _telling(*self.steps[0], ["the spectra"]):
            old = points_in(own, first.left.axis, wavelength=first.left.wavelength)
            new = type(first.transformer)(**learned, axis=old)
            return _Fitted(own, new.fit(np.zeros((1, len(old)))), first.left)

    def _onto_start(self, dataset: xr.Dataset, own: Situation) -> xr.Dataset:
        met = self.met
        if own.axis != met.axis:
            raise SpectraError(f"the preparation is for {met.axis}, the spectra are on {own.axis}")
        if own.kind != met.kind:
            raise SpectraError(f"the preparation is for {met.kind}, the spectra are of {own.kind}")
        if met.axis == "two_theta" and _is_other_wavelength(own, met):
            known = "is not known" if own.wavelength is None else f"is {own.wavelength:g} angstrom"
            raise SpectraError(
                f"the preparation is for wavelength {met.wavelength:g} angstrom, that of {dataset['name'].values[0]}"
                f" {known}: on two_theta they cannot be compared"
            )
        if not _are_same_points(own.points, met.points):
            try:
                return spectra.resample(dataset, met.points)
            except SpectraError as error:
                raise SpectraError(f"the axis that the preparation was made on is not covered: {error}") from error
        return dataset.assign_coords({met.axis: (met.axis, met.points, dict(dataset[met.axis].attrs))})

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted recipe as plain JSON: steps, what they learned, and the axis they were fitted on.

        Raises
        ------
        InputError
            If the recipe is not fitted.

        Examples
        --------
        >>> recipe = Recipe.from_text("scale").fit(spectra.make([[0, 4, 1]], q=[1, 2, 3]))
        >>> recipe.to_dict()["steps"]
        [{'name': 'scale', 'parameters': {}, 'learned': {'scale': 4.0}}]
        """
        met = self.met
        return {
            "format_version": FORMAT_VERSION,
            "recipe": self.text,
            "kind": met.kind,
            "axis": met.axis,
            "points": met.points.tolist(),
            "wavelength": met.wavelength,
            "steps": [
                {"name": name, "parameters": parameters, "learned": step.transformer.learned()}
                for (name, parameters), step in zip(self.steps, self._fitted, strict=True)
            ],
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Make the fitted recipe again from what `to_dict` gave.

        Raises
        ------
        InputError
            If a part is missing or wrong, or was written by a newer program.

        Examples
        --------
        >>> recipe = Recipe.from_text("scale").fit(spectra.make([[0, 4, 1]], q=[1, 2, 3]))
        >>> Recipe.from_dict(recipe.to_dict()).apply(spectra.make([[0, 8, 0]], q=[1, 2, 3])).intensity.values
        array([[0., 2., 0.]])
        """
        try:
            if saved["format_version"] > FORMAT_VERSION:
                raise InputError(
                    f"a recipe of format {saved['format_version']} is newer than this program; update peakscape"
                )
            recipe = cls([(step["name"], step["parameters"]) for step in saved["steps"]])
            points = np.asarray(saved["points"], dtype=np.float64)
            met = recipe._start = Situation(saved["kind"], saved["axis"], points, saved["wavelength"])
            for step in saved["steps"]:
                transformer, left = saved_step(step, met)
                recipe._fitted.append(_Fitted(met, transformer, left))
                met = left
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, PeakscapeError):
                raise
            raise InputError(f"this is no saved recipe: {error!r}; save the map again") from error
        return recipe


@contextmanager
def _telling(name: str, parameters: Mapping[str, Any], names: list[str]) -> Iterator[None]:
    """Let errors of a step name the step and, where they are about one pattern, its sample."""
    try:
        yield
    except InputError as error:
        text = str(error)
        if text.startswith("pattern "):
            number, _, rest = text.removeprefix("pattern ").partition(": ")
            text = f"{names[int(number)]}: {rest}"
        raise SpectraError(f"the step {text_of_step(name, parameters)} cannot be done: {text}") from error


def _situation_of(dataset: xr.Dataset) -> Situation:
    """Return what the first step meets in spectra."""
    axis = spectra.axis_name(dataset)
    wavelength = dataset.attrs.get("wavelength")
    points = np.asarray(dataset[axis].values, dtype=np.float64)
    return Situation(dataset.attrs["kind"], axis, points, None if wavelength is None else float(wavelength))


def _are_same_points(own: Array, wanted: Array) -> bool:
    """Say whether two axes are one, up to a millionth of its length."""
    return len(own) == len(wanted) and bool(np.abs(own - wanted).max() <= SAME_POINTS * (wanted[-1] - wanted[0]))


def _is_other_wavelength(own: Situation, met: Situation) -> bool:
    """Say whether spectra are not of the wavelength that was met, or theirs is not known where that matters."""
    if met.wavelength is None:
        return False
    return own.wavelength is None or abs(own.wavelength - met.wavelength) > SAME_WAVELENGTH * met.wavelength


def _with_rows(dataset: xr.Dataset, rows: Array, left: Situation, lines: list[str]) -> xr.Dataset:
    """Return the samples with other intensities, maybe on another axis, and more lines in their history."""
    old = spectra.axis_name(dataset)
    fresh = dataset.drop_vars(["intensity", old])
    fresh = fresh.assign_coords({left.axis: (left.axis, left.points, {"units": AXES[left.axis][0]})})
    fresh["intensity"] = (("sample", left.axis), rows, dict(dataset["intensity"].attrs))
    if left.wavelength is not None:
        fresh.attrs["wavelength"] = left.wavelength
    for line in lines:
        fresh = remember(fresh, line)
    return spectra.check(fresh)
