"""Simulated experiments with known truth: series of patterns and edges in which everything occurs that misleads."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.datasets import simulated_absorption, simulated_diffraction
from peakscape.datasets.experiment_plan import N_FOREIGN, Array, Plan, Rng
from peakscape.errors import InputError


@dataclass(frozen=True)
class SimulatedSeries:
    """One simulated experiment.

    Attributes
    ----------
    kind : str
        Of `simulated_kinds`.
    label : str
        What is to be read; `known` and `new` hold its true values. Mixtures have further labels.
    known : xarray.Dataset
        Spectra to make a feature space of.
    new : xarray.Dataset
        Spectra of the same kind of sample at values that no known one has.
    foreign : xarray.Dataset
        Spectra of something else; ``nearness`` says "near" (much alike) or "far".
    transitions : tuple of float
        Values of the label at which something happens; empty where all changes are gradual.
    """

    kind: str
    label: str
    known: xr.Dataset
    new: xr.Dataset
    foreign: xr.Dataset
    transitions: tuple[float, ...] = ()

    @property
    def inner(self) -> NDArray[np.bool_]:
        """Which new spectra lie strictly between known values of the label, shape (n_new,)."""
        known, new = self.known[self.label].values, self.new[self.label].values
        return np.asarray((new > known.min()) & (new < known.max()))


def simulated_kinds() -> list[str]:
    """Return the kinds of experiments that `simulated_series` makes.

    Examples
    --------
    >>> len(simulated_kinds()), simulated_kinds()[:3]
    (17, ['solid_solution', 'impurity', 'isothermal_reaction'])
    """
    return [*_planners()]


def simulated_series(kind: str, random_state: int = 0) -> SimulatedSeries:
    """Simulate one experiment with known truth for every label.

    Diffraction patterns are of made-up tetragonal phases on two_theta at 1.5406 angstrom, with background and counting
    noise; absorption spectra are normalised K edges of made-up compounds near 7,120 eV. The kinds:

    - ``solid_solution``: peaks move and change with x; one end or both are missing among the known.
    - ``impurity``: the same with a second phase whose strong low-angle peak does not move, in two samples the largest.
    - ``isothermal_reaction``: one phase becomes another, no peak moves.
    - ``thermal_ramp``: a tetragonal cell becomes cubic; repeats, uneven labels, two of them 0.001 apart.
    - ``expansion``: a thermal ramp without any transition; anything else as ``thermal_ramp``.
    - ``melting``: peaks vanish, a halo comes.
    - ``mixtures``: 2 to 4 phases, many fractions zero.
    - ``anisotropic_expansion``: one axis grows, the other shrinks.
    - ``texture``: a solid solution with preferred orientation of its own in each sample.
    - ``instruments``: a solid solution on three instruments of other widths, zeros and backgrounds.
    - ``few_samples``: 5 to 9 samples of a solid solution.
    - ``absorption_mixtures``: two references mixed. ``two_references``: the same, known by the references alone.
    - ``oxidation``: an edge that moves with the valence.
    - ``energy_drift``, ``glitches``, ``self_absorption``: mixtures whose energy scale drifts from scan to scan, with
      glitches of the monochromator, or in fluorescence with self-absorption.

    Every kind has foreign spectra, near (a like cell or edge) and far.

    Parameters
    ----------
    kind
        One of `simulated_kinds`.
    random_state
        Seed; another one is another experiment of that kind.

    Returns
    -------
    SimulatedSeries

    Raises
    ------
    InputError
        If there is no such kind.

    Examples
    --------
    >>> series = simulated_series("melting", random_state=1)
    >>> series.label, dict(series.known.sizes), len(series.transitions)
    ('temperature', {'sample': 21, 'two_theta': 1201}, 1)
    """
    planners = _planners()
    if kind not in planners:
        raise InputError(f"expected a kind of simulated experiment, one of {', '.join(planners)}; got {kind!r}")
    rng = np.random.default_rng([random_state, *kind.encode()])
    axis, planner = planners[kind]
    plan = planner(rng)
    label = next(iter(plan.known))

    def container(rows: Array, labels: dict[str, Array], name: str) -> xr.Dataset:
        points = {"two_theta": axis, "wavelength": 1.5406} if axis[0] < 180 else {"energy": axis, "kind": "absorption"}
        made = spectra.make(
            rows, labels=labels, name=[f"{name} {k + 1}" for k in range(len(rows))],
            history=[f"experiment of the kind {kind}, random_state={random_state}"], **points,  # type: ignore[arg-type]
        )  # fmt: skip
        if plan.bounds is not None and name != "foreign":
            for one in labels:
                made[one].attrs["bounds"] = list(plan.bounds)
        return made

    foreign = np.concatenate([plan.strangers(nearness, N_FOREIGN) for nearness in ("near", "far")])
    nearness = {"nearness": np.repeat(["near", "far"], N_FOREIGN)}
    return SimulatedSeries(
        kind,
        label,
        container(plan.measure(plan.known), plan.known, "known"),
        container(plan.measure(plan.new), plan.new, "new"),
        container(foreign, nearness, "foreign"),
        plan.transitions,
    )


def _planners() -> dict[str, tuple[Array, Callable[[Rng], Plan]]]:
    return {
        kind: (part.AXIS, planner)
        for part in (simulated_diffraction, simulated_absorption)
        for kind, planner in part.PLANNERS.items()
    }
