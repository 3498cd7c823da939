"""What a step did to the spectra at hand, or why it cannot be done, in words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from peakscape.errors import InputError, SpectraError
from peakscape.preparation.edge_normalizing import NormalizeEdge
from peakscape.preparation.k_alpha import StripKAlpha2
from peakscape.preparation.normalizing import Normalize
from peakscape.preparation.resampling import Resample
from peakscape.preparation.rows import Array, RowTransformer
from peakscape.preparation.shifts import Displacement, ZeroShift
from peakscape.preparation.spikes import Despike
from peakscape.preparation.steps import text_of_step

MOST_NAMED = 8


def remark_on(step: RowTransformer, rows: Array, names: list[str], axis: str) -> str:
    """Say what a fitted step does to patterns, beyond its name; nothing where there is nothing to say.

    Parameters
    ----------
    step
        The fitted step.
    rows
        Patterns that it meets, shape (n_samples, n_points).
    names
        Of the samples.
    axis
        Name of the axis.

    Raises
    ------
    InputError
        If a pattern would have to move further than the step may, or has no positive value and cannot be normalised.

    Examples
    --------
    >>> pattern = np.sin(np.arange(100.0) / 9.0) + 50.0 * (np.arange(100) == 40)
    >>> remark_on(Despike().fit([pattern]), pattern[None], ["x0.5"], "two_theta")
    ' (1 points removed: x0.5 at 40)'
    """
    if isinstance(step, Despike):
        found = step.spikes(rows)
        places = [f"{names[i]} at {step.points_[j]:g}" for i, j in np.argwhere(found)[:MOST_NAMED]]
        more = " ..." if found.sum() > MOST_NAMED else ""
        return f" ({int(found.sum())} points removed{': ' if places else ''}{', '.join(places)}{more})"
    if isinstance(step, ZeroShift | Displacement):
        amounts = step.amounts(rows)
        wrong = np.flatnonzero(step.at_limit(amounts))
        if len(wrong):
            raise InputError(
                f"pattern {wrong[0]}: it would have to move by {step.limit:g} or more; raise the limit, or leave the"
                " step out if its lattice differs from the reference's"
            )
        return f" (moved back by {amounts.min():.4g} to {amounts.max():.4g})"
    if isinstance(step, NormalizeEdge):
        edges = step.edges(rows)
        energies, heights = [each.edge_energy for each in edges], [each.edge_step for each in edges]
        return (
            f" (edges at {min(energies):.2f} to {max(energies):.2f} eV, steps {min(heights):.4g} to {max(heights):.4g})"
        )
    if isinstance(step, Normalize):
        wrong = np.flatnonzero(rows.max(axis=1) <= 0)
        if len(wrong):
            raise InputError(f"pattern {wrong[0]}: it has no positive maximum, so there is nothing to normalise by")
    if isinstance(step, StripKAlpha2):
        return f" (lines of {step.anode}, ratio {step.ratio:g})"
    if isinstance(step, Resample):
        return f" ({len(step.onto_)} points, {step.onto_[0]:g} to {step.onto_[-1]:g})"
    return ""


@contextmanager
def telling(name: str, parameters: Mapping[str, Any], names: list[str]) -> Iterator[None]:
    """Let errors of a step name the step and, where they are about one pattern, its sample.

    Raises
    ------
    SpectraError
        Instead of the InputError of the step.

    Examples
    --------
    >>> with telling("scale", {}, ["a", "b"]):
    ...     raise InputError("pattern 1: nothing there")
    Traceback (most recent call last):
    ...
    peakscape.errors.SpectraError: the step scale cannot be done: b: nothing there
    """
    try:
        yield
    except InputError as error:
        text = str(error)
        if text.startswith("pattern "):
            number, _, rest = text.removeprefix("pattern ").partition(": ")
            text = f"{names[int(number)]}: {rest}"
        raise SpectraError(f"the step {text_of_step(name, parameters)} cannot be done: {text}") from error
