"""Simulated experiments of diffraction: made-up tetragonal phases whose cells, amounts and textures change."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from peakscape.datasets.experiment_plan import Plan, Rng, between, spread

Array = NDArray[np.float64]
AXIS = np.linspace(10.0, 70.0, 1201)
WAVELENGTH = 1.5406
LORENTZ_SHARE = 0.4
"""Share of the Lorentzian in the profile of a peak."""


@dataclass(frozen=True)
class _Phase:
    """A made-up phase: indices of its reflections (n, 3), their strengths (n,), and its cell in angstrom."""

    hkl: NDArray[np.intp]
    strength: Array
    a: float
    c: float

    def peaks(self, scale_a: float = 1.0, scale_c: float = 1.0, texture: float = 1.0) -> tuple[Array, Array]:
        """Positions in two_theta and areas; texture is the March-Dollase coefficient along c (DOI
        10.1107/S0021889886089458)."""
        h, k, l = self.hkl.T  # noqa: E741  the indices' names
        in_plane, along = (h**2 + k**2) / (self.a * scale_a) ** 2, (l / (self.c * scale_c)) ** 2
        sine = np.clip(WAVELENGTH * np.sqrt(in_plane + along) / 2.0, 0.0, 0.99)
        theta = np.arcsin(sine)
        lorentz = (1.0 + np.cos(2.0 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
        cosine = along / (in_plane + along)
        oriented = (texture**2 * cosine + (1.0 - cosine) / texture) ** -1.5
        return np.degrees(2.0 * theta), self.strength * lorentz * oriented


def _phase(rng: Rng, *, a: float | None = None, ratio: float | None = None, share: float = 0.6) -> _Phase:
    """Draw a phase: a share of all reflections up to index 4 is not extinct, their strengths are log-normal."""
    a = rng.uniform(3.8, 5.6) if a is None else a
    c = a * (rng.uniform(1.05, 1.5) if ratio is None else ratio)
    every = np.array([hkl for hkl in product(range(5), repeat=3) if hkl[0] >= hkl[1] and any(hkl)])
    kept = every[rng.random(len(every)) < share]
    kept = kept if len(kept) > 3 else every[:8]
    return _Phase(kept, rng.lognormal(0.0, 0.8, len(kept)), a, c)


@dataclass(frozen=True)
class _Instrument:
    """Width of peaks in degrees, error of the zero, background over the highest peak, counts of the highest peak."""

    fwhm: float = 0.18
    zero: float = 0.0
    background: float = 0.05
    counts: float = 5_000.0

    def record(self, rng: Rng, positions: Array, areas: Array, halo: tuple[float, float] = (0.0, 28.0)) -> Array:
        """Count one pattern of peaks, with a halo (height over the highest usual peak, position)."""
        apart = AXIS[:, np.newaxis] - positions - self.zero
        width = self.fwhm * (0.8 + 0.4 * positions / 70.0)
        gauss = np.exp(-4.0 * np.log(2.0) * (apart / width) ** 2) / width
        lorentz = 0.64 / (1.0 + 4.0 * (apart / width) ** 2) / width
        curve = ((1.0 - LORENTZ_SHARE) * gauss + LORENTZ_SHARE * lorentz) @ areas
        ground = self.background * (0.5 + np.exp(-(AXIS - 10.0) / 25.0))
        ground = ground + halo[0] * np.exp(-(((AXIS - halo[1]) / 5.0) ** 2))
        scaled = curve + ground
        return np.asarray(rng.poisson(self.counts * np.maximum(scaled, 0.0)), dtype=np.float64)


def _unit(phase: _Phase, instrument: _Instrument) -> float:
    """By what areas are divided so that the highest peak of a pure phase is about 1."""
    positions, areas = phase.peaks()
    seen = (positions > AXIS[0]) & (positions < AXIS[-1])
    return float(areas[seen].max() / instrument.fwhm) if seen.any() else 1.0


def _instrument(rng: Rng) -> _Instrument:
    return _Instrument(rng.uniform(0.12, 0.28), 0.0, rng.uniform(0.02, 0.15), float(rng.choice([1e3, 4e3, 2e4])))


@dataclass(frozen=True)
class _Solution:
    """A solid solution between two phases of one structure: cell and strengths change with x, nearly in proportion."""

    first: _Phase
    growth_a: float
    growth_c: float
    last_strength: Array
    bowing: float

    @classmethod
    def draw(cls, rng: Rng) -> "_Solution":
        first = _phase(rng)
        growth = rng.uniform(0.008, 0.045) * rng.choice([-1.0, 1.0])
        last = first.strength * rng.lognormal(0.0, 0.25, len(first.strength))
        return cls(first, growth, growth * rng.uniform(0.5, 1.5), last, rng.uniform(-0.1, 0.1))

    def peaks(self, x: float, texture: float = 1.0) -> tuple[Array, Array]:
        """Positions and areas at x."""
        bent = x + self.bowing * x * (1.0 - x)
        mixed = replace(self.first, strength=(1.0 - x) * self.first.strength + x * self.last_strength)
        return mixed.peaks(1.0 + self.growth_a * bent, 1.0 + self.growth_c * bent, texture)


def _strangers(rng: Rng, phase: _Phase, instrument: _Instrument, nearness: str, n_spectra: int) -> Array:
    """Patterns of other phases: near ones are of a like cell, a tenth larger or smaller, with other strengths."""
    rows = []
    for _ in range(n_spectra):
        if nearness == "near":
            size = 1.0 + rng.choice([-1.0, 1.0]) * rng.uniform(0.08, 0.14)
            other = replace(phase, a=phase.a * size, c=phase.c * size * rng.uniform(0.97, 1.03),
                            strength=rng.permutation(phase.strength))  # fmt: skip
        else:
            other = _phase(rng)
        positions, areas = other.peaks()
        rows.append(instrument.record(rng, positions, areas / _unit(other, instrument)))
    return np.array(rows)


def _ends(rng: Rng) -> tuple[float, float]:
    """From where to where a solid solution is known: one end or both are missing."""
    which = rng.integers(3)
    return (0.0 if which == 0 else 0.15, 1.0 if which == 1 else 0.85)


def _solid_solution(rng: Rng, *, n_known: int | None = None, textured: bool = False, impure: bool = False) -> Plan:
    solution, instrument = _Solution.draw(rng), _instrument(rng)
    unit, (low, high) = _unit(solution.first, instrument), _ends(rng)
    foreign_angle = rng.uniform(11.5, 15.0)
    known = spread(rng, low, high, int(rng.integers(10, 17)) if n_known is None else n_known)
    largest = known[rng.choice(len(known), 2, replace=False)] if impure else np.empty(0)

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for x in labels["x"]:
            positions, areas = solution.peaks(x, np.exp(rng.normal(0.0, 0.25)) if textured else 1.0)
            areas = areas / unit
            if impure:
                amount = rng.uniform(1.2, 2.0) if x in largest else rng.choice([0.0, rng.uniform(0.02, 0.5)])
                positions = np.r_[positions, foreign_angle, 2.02 * foreign_angle]
                areas = np.r_[areas, amount * instrument.fwhm * np.array([1.0, 0.2])]
            rows.append(instrument.record(rng, positions, areas))
        return np.array(rows)

    return Plan(
        {"x": known}, {"x": between(rng, 0.0, 1.0)}, measure,
        lambda nearness, n: _strangers(rng, solution.first, instrument, nearness, n), bounds=(0.0, 1.0),
    )  # fmt: skip


def _instruments(rng: Rng) -> Plan:
    solution = _Solution.draw(rng)
    machines = [
        _Instrument(fwhm, zero, background, counts)
        for fwhm, zero, background, counts in zip(
            rng.uniform(0.1, 0.35, 3), rng.normal(0.0, 0.03, 3), rng.uniform(0.02, 0.3, 3), (1e3, 4e3, 2e4), strict=True
        )
    ]

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for x in labels["x"]:
            machine = machines[rng.integers(3)]
            positions, areas = solution.peaks(x)
            rows.append(machine.record(rng, positions, areas / _unit(solution.first, machines[0])))
        return np.array(rows)

    return Plan(
        {"x": spread(rng, 0.0, 1.0, int(rng.integers(15, 22)))}, {"x": between(rng, 0.0, 1.0)}, measure,
        lambda nearness, n: _strangers(rng, solution.first, machines[1], nearness, n), bounds=(0.0, 1.0),
    )  # fmt: skip


def _isothermal_reaction(rng: Rng) -> Plan:
    before, after, instrument = _phase(rng), _phase(rng), _instrument(rng)
    units = _unit(before, instrument), _unit(after, instrument) / rng.uniform(0.5, 2.0)

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for share in labels["converted"]:
            drawn = 1.0 + rng.normal(0.0, 2e-4)
            (p, areas), (p_after, areas_after) = before.peaks(drawn, drawn), after.peaks(drawn, drawn)
            both = np.r_[(1.0 - share) * areas / units[0], share * areas_after / units[1]]
            rows.append(
                replace(instrument, counts=instrument.counts * rng.uniform(0.6, 1.4)).record(
                    rng, np.r_[p, p_after], both
                )
            )
        return np.array(rows)  # fmt: skip

    return Plan(
        {"converted": spread(rng, 0.0, 1.0, int(rng.integers(12, 25)), uneven=0.6)},
        {"converted": between(rng, 0.0, 1.0)}, measure,
        lambda nearness, n: _strangers(rng, before, instrument, nearness, n), bounds=(0.0, 1.0),
    )  # fmt: skip


def _ramp(rng: Rng, *, transition: bool) -> Plan:
    instrument = _instrument(rng)
    phase = _phase(rng, ratio=rng.uniform(1.008, 1.03) if transition else None)
    unit, at = _unit(phase, instrument), rng.uniform(380.0, 460.0)
    expansion, jump = rng.uniform(1e-5, 3e-5), rng.uniform(0.4, 0.8)
    split = phase.c / phase.a - 1.0

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for kelvin in labels["temperature"]:
            left = 0.0 if kelvin >= at else jump + (1.0 - jump) * np.sqrt(1.0 - kelvin / at)
            strain = split * (left - 1.0) if transition else 0.0
            grown = 1.0 + expansion * (kelvin - 300.0) + rng.normal(0.0, 3e-5)
            positions, areas = phase.peaks(grown * (1.0 - strain / 3.0), grown * (1.0 + 2.0 * strain / 3.0))
            rows.append(instrument.record(rng, positions, areas / unit * (1.0 - 3e-4 * (kelvin - 300.0))))
        return np.array(rows)

    values = spread(rng, 300.0, 540.0, int(rng.integers(20, 30)), uneven=0.8)
    repeated = rng.choice(values[1:-1], 3, replace=False)
    known = np.sort(np.r_[values, repeated, repeated, rng.choice(values[1:-1], 2, replace=False) + 0.001])
    return Plan(
        {"temperature": known}, {"temperature": between(rng, 300.0, 540.0)}, measure,
        lambda nearness, n: _strangers(rng, phase, instrument, nearness, n), (float(at),) if transition else (),
    )  # fmt: skip


def _melting(rng: Rng) -> Plan:
    phase, instrument = _phase(rng), _instrument(rng)
    unit, at, width = _unit(phase, instrument), rng.uniform(400.0, 470.0), rng.uniform(2.0, 8.0)
    expansion, halo_angle = rng.uniform(2e-5, 6e-5), rng.uniform(18.0, 30.0)

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for kelvin in labels["temperature"]:
            solid = 1.0 / (1.0 + np.exp((kelvin - at) / width))
            grown = 1.0 + expansion * (kelvin - 300.0)
            positions, areas = phase.peaks(grown, grown)
            halo = 0.02 + 0.25 * (1.0 - solid), halo_angle - 0.01 * (kelvin - at)
            areas = solid * areas / unit * (1.0 - 5e-4 * (kelvin - 300.0))
            rows.append(instrument.record(rng, positions, areas, halo))
        return np.array(rows)

    return Plan(
        {"temperature": spread(rng, 300.0, 540.0, 21, uneven=0.5)}, {"temperature": between(rng, 300.0, 540.0)},
        measure, lambda nearness, n: _strangers(rng, phase, instrument, nearness, n), (float(at),),
    )  # fmt: skip


def _mixtures(rng: Rng) -> Plan:
    n_phases, instrument = int(rng.integers(2, 5)), _instrument(rng)
    phases = [_phase(rng) for _ in range(n_phases)]
    units = [_unit(phase, instrument) / rng.uniform(0.5, 2.0) for phase in phases]
    names = [f"fraction_{letter}" for letter in "abcd"[:n_phases]]

    def draw(n_samples: int) -> dict[str, Array]:
        shares = rng.dirichlet(np.full(n_phases, 0.8), n_samples)
        for row in shares:
            row[rng.choice(n_phases, rng.integers(0, n_phases), replace=False)] = 0.0
            row[:] = row / row.sum() if row.sum() > 0 else np.eye(n_phases)[rng.integers(n_phases)]
        return dict(zip(names, np.round(shares, 4).T, strict=True))

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for shares in np.stack(list(labels.values()), axis=1):
            lines = [phase.peaks() for phase in phases]
            areas = [share * line[1] / unit for share, line, unit in zip(shares, lines, units, strict=True)]
            rows.append(instrument.record(rng, np.concatenate([line[0] for line in lines]), np.concatenate(areas)))
        return np.array(rows)

    known = draw(int(rng.integers(12, 25)))
    while len(np.unique(known[names[0]])) < 4:
        known = draw(len(known[names[0]]))
    return Plan(
        known, draw(N_MIXED), measure,
        lambda nearness, n: _strangers(rng, phases[0], instrument, nearness, n), bounds=(0.0, 1.0),
    )  # fmt: skip


N_MIXED = 40
"""New mixtures: many of their fractions are zero."""


def _anisotropic(rng: Rng) -> Plan:
    phase, instrument = _phase(rng), _instrument(rng)
    unit, grow, shrink = _unit(phase, instrument), rng.uniform(0.01, 0.03), -rng.uniform(0.005, 0.03)

    def measure(labels: dict[str, Array]) -> Array:
        rows = []
        for x in labels["x"]:
            positions, areas = phase.peaks(1.0 + grow * x, 1.0 + shrink * x)
            rows.append(instrument.record(rng, positions, areas / unit))
        return np.array(rows)

    return Plan(
        {"x": spread(rng, 0.0, 1.0, int(rng.integers(10, 17)))}, {"x": between(rng, 0.0, 1.0)}, measure,
        lambda nearness, n: _strangers(rng, phase, instrument, nearness, n), bounds=(0.0, 1.0),
    )  # fmt: skip


PLANNERS = {
    "solid_solution": _solid_solution,
    "impurity": lambda rng: _solid_solution(rng, impure=True),
    "isothermal_reaction": _isothermal_reaction,
    "thermal_ramp": lambda rng: _ramp(rng, transition=True),
    "expansion": lambda rng: _ramp(rng, transition=False),
    "melting": _melting,
    "mixtures": _mixtures,
    "anisotropic_expansion": _anisotropic,
    "texture": lambda rng: _solid_solution(rng, textured=True),
    "instruments": _instruments,
    "few_samples": lambda rng: _solid_solution(rng, n_known=int(rng.integers(5, 10))),
}
"""How each kind is planned, given a generator of random numbers."""
