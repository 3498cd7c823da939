"""Simulated experiments of absorption: made-up K edges that are mixed, moved and spoilt as beamlines spoil them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from peakscape.datasets.experiment_plan import Plan, Rng, between, spread

Array = NDArray[np.float64]
AXIS = np.linspace(7080.0, 7220.0, 281)


@dataclass(frozen=True)
class _Compound:
    """A made-up edge: its energy, width and heights of peaks above it (n_peaks, 3: place, height, width), and waves."""

    edge: float
    peaks: Array
    waves: tuple[float, float, float]

    def absorption(self, energy: Array) -> Array:
        """Normalised absorption: an arctan step, Gaussian peaks and waves behind the edge."""
        above = energy - self.edge
        curve = 0.5 + np.arctan(above / 1.2) / np.pi
        for place, height, width in self.peaks:
            curve = curve + height * np.exp(-0.5 * ((above - place) / width) ** 2)
        size, phase, distance = self.waves
        wave = np.sqrt(np.maximum(above - 8.0, 0.0) / 3.81)
        fading = np.where(above > 8.0, 1.0 - np.exp(-np.maximum(above - 8.0, 0.0) / 10.0), 0.0)
        return np.asarray(curve + size * fading * np.sin(2.0 * distance * wave + phase) * np.exp(-0.05 * wave**2))


def _compound(rng: Rng, edge: float | None = None) -> _Compound:
    """Draw a compound: a pre-edge peak, a white line and a shape resonance."""
    edge = rng.uniform(7116.0, 7126.0) if edge is None else edge
    peaks = [
        (-8.0 + rng.uniform(-2.0, 2.0), rng.uniform(0.0, 0.12), rng.uniform(0.9, 1.6)),
        (rng.uniform(2.0, 5.0), rng.uniform(0.1, 0.8), rng.uniform(1.5, 3.0)),
        (rng.uniform(10.0, 20.0), rng.uniform(-0.15, 0.25), rng.uniform(3.0, 6.0)),
    ]
    return _Compound(edge, np.array(peaks), (rng.uniform(0.03, 0.12), rng.uniform(0.0, 6.0), rng.uniform(1.7, 2.4)))


def _strangers(rng: Rng, known: _Compound, nearness: str, n_spectra: int, noise: float) -> Array:
    """Other compounds: near ones have nearly the same edge and another shape, far ones another edge or one bump."""
    rows = []
    for number in range(n_spectra):
        if nearness == "near":
            row = _compound(rng, known.edge + rng.normal(0.0, 1.0)).absorption(AXIS)
        elif number % 2:
            row = np.exp(-0.5 * ((AXIS - rng.uniform(7105.0, 7160.0)) / rng.uniform(2.0, 10.0)) ** 2)
        else:
            row = _compound(rng, known.edge + rng.choice([-1.0, 1.0]) * rng.uniform(12.0, 30.0)).absorption(AXIS)
        rows.append(row + rng.normal(0.0, noise, len(AXIS)))
    return np.array(rows)


def _mixtures(
    rng: Rng, *, drift: float = 0.0, glitches: bool = False, self_absorbed: bool = False, references_only: bool = False
) -> Plan:
    first = _compound(rng)
    second, noise = _compound(rng, first.edge + rng.uniform(-3.0, 3.0)), float(rng.choice([0.002, 0.005, 0.015]))
    places = rng.uniform(7090.0, 7215.0, 4)

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for share in labels["fraction"]:
            energy = AXIS - rng.normal(0.0, drift)
            row = (1.0 - share) * first.absorption(energy) + share * second.absorption(energy)
            if self_absorbed:
                thin = rng.uniform(0.5, 4.0)  # everything else that absorbs, over the edge step
                row = row * (1.0 + thin) / (row + thin)
            if glitches:
                for place in places[rng.random(4) < 0.5]:
                    depth = rng.normal(0.0, 0.3)
                    row = row + depth * np.exp(-0.5 * ((AXIS - place - rng.normal(0.0, 1.0)) / 0.5) ** 2)
            rows.append(row + rng.normal(0.0, noise, len(AXIS)))
        return np.array(rows)

    known = spread(rng, 0.0, 1.0, int(rng.integers(8, 15)), uneven=0.5)
    if references_only:
        known = np.repeat([0.0, 1.0], 3)
    return Plan(
        {"fraction": known}, {"fraction": between(rng, 0.0, 1.0)}, measure,
        lambda nearness, n: _strangers(rng, first, nearness, n, noise), bounds=(0.0, 1.0),
    )  # fmt: skip


def _oxidation(rng: Rng) -> Plan:
    reduced, noise = _compound(rng), float(rng.choice([0.002, 0.005, 0.015]))
    shift, other = rng.uniform(2.0, 4.5), _compound(rng, reduced.edge)

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for valence in labels["valence"]:
            share = (valence - 2.0) / 2.0
            peaks = (1.0 - share) * reduced.peaks + share * other.peaks
            one = replace(reduced, edge=reduced.edge + shift * share, peaks=peaks)
            rows.append(one.absorption(AXIS) + rng.normal(0.0, noise, len(AXIS)))
        return np.array(rows)

    return Plan(
        {"valence": spread(rng, 2.0, 4.0, int(rng.integers(8, 15)))}, {"valence": between(rng, 2.0, 4.0)}, measure,
        lambda nearness, n: _strangers(rng, reduced, nearness, n, noise),
    )  # fmt: skip


PLANNERS = {
    "absorption_mixtures": _mixtures,
    "two_references": lambda rng: _mixtures(rng, references_only=True),
    "oxidation": _oxidation,
    "energy_drift": lambda rng: _mixtures(rng, drift=0.4),
    "glitches": lambda rng: _mixtures(rng, glitches=True),
    "self_absorption": lambda rng: _mixtures(rng, self_absorbed=True),
}
"""How each kind is planned, given a generator of random numbers."""
