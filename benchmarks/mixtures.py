"""How well mixtures are told: weighed ones, simulated ones, and mixed absorption spectra, beside plain methods.

    PEAKSCAPE_DATA=../shared/data python -m benchmarks.mixtures [weighed] [absent] [simulated] [bound] [absorption]

The weighed mixtures need the folder `structures` of PEAKSCAPE_DATA. Prints the tables of docs/mixtures.md.
"""

import os
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr
from ase import Atoms
from scipy.optimize import nnls
from threadpoolctl import threadpool_limits

from peakscape import datasets, diffraction, structures
from peakscape.analysis.mixtures.components import count_components
from peakscape.analysis.mixtures.unmix import Unmix
from peakscape.diffraction import Instrument, Scattering
from peakscape.diffraction.grains import grain_factor
from peakscape.diffraction.phase_curves import Beam, BentPhase
from peakscape.diffraction.phase_mixture import PhaseMixture
from peakscape.signal.edge import normalize
from peakscape.signal.projection import Projection, nonnegative_amounts, smooth_curves

FILES = {"TiO2": "anatase", "ZnO": "ZnO", "In2O3": "In2O3", "V2O5": "V2O5", "NiO": "NiO", "Bi2O3": "Bi2O3",
         "MnCO3": "MnCO3"}  # fmt: skip
WAVES = {"wavelength": 1.540598, "second_wavelength": 1.544426}
FULL_FROM = 24.3
"""1 degree slit at 145 mm gives a beam of 2.53 mm; the length of the samples, 12 mm, is assumed."""
RADII = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
Shares = dict[str, float]


def atoms() -> dict[str, Atoms]:
    folder = Path(os.environ.get("PEAKSCAPE_DATA", "../shared/data")) / "structures"
    return {name: structures.read(folder / f"{file}.cif") for name, file in FILES.items()}


def truth_of(one: xr.Dataset) -> Shares:
    told = {name: float(one[name]) for name in FILES if float(one[name]) > 0}
    return {name: value / sum(told.values()) for name, value in told.items()}


def plain(one: xr.Dataset, names: list[str], known: dict[str, Atoms]) -> Shares:
    """NNLS of simulated patterns with one common offset and one width out of a few, on a spline background."""
    points = one["two_theta"].values
    project = Projection(np.ones(len(points)), np.vstack([smooth_curves(points, 8), 1 / points]))
    wanted, best = project(one["intensity"].values), (np.inf, np.zeros(1))
    for fwhm in (0.1, 0.15, 0.2, 0.3):
        pure = sum(
            share
            * diffraction.simulate(
                [known[name] for name in names], wavelength=wave, two_theta=(5, 109.98, 0.02), fwhm=fwhm, scale=None,
                instrument=Instrument(profile="pseudo_voigt"), scattering=Scattering(b_iso=0.5),
            ).intensity
            for wave, share in zip(WAVES.values(), (2 / 3, 1 / 3), strict=True)
        )  # fmt: skip
        for offset in np.arange(-0.3, 0.31, 0.02):
            columns = project(np.array([np.interp(points - offset, pure.two_theta.values, row) for row in pure.values]))
            amounts = nonnegative_amounts(columns, wanted)
            best = min(best, (float(np.sum((wanted - amounts @ columns) ** 2)), amounts), key=lambda two: two[0])
    mixture = PhaseMixture({name: known[name] for name in names}, wavelength=WAVES["wavelength"])
    weights = best[1] * [phase.density for phase in mixture.phases]
    return dict(zip(names, weights / weights.sum(), strict=True))


def weigh(one: xr.Dataset, names: list[str], known: dict[str, Atoms], **options: object):  # type: ignore[no-untyped-def]
    options = {"full_from": FULL_FROM} | options
    mixture = PhaseMixture({name: known[name] for name in names}, **WAVES, **options)  # type: ignore[arg-type]
    return mixture.weigh(one["two_theta"].values, one["intensity"].values, counts=True)


def shares_of(found) -> Shares:  # type: ignore[no-untyped-def]
    return dict(zip(found.names, found.fractions, strict=True))


def learned_ratios(found: list[Shares], truths: list[Shares]) -> Shares:
    """ln of intensity ratios by ridge regression on the log ratios of pairs; one prior of 0 with deviation 0.1."""
    rows, wanted = [], []
    for one, truth in zip(found, truths, strict=True):
        names = list(truth)
        for other in names[1:]:
            row = np.zeros(len(FILES))
            row[list(FILES).index(names[0])], row[list(FILES).index(other)] = 1.0, -1.0
            rows.append(row)
            wanted.append(np.log(one[names[0]] / one[other]) - np.log(truth[names[0]] / truth[other]))
    table = np.vstack([*rows, 0.5 * np.eye(len(FILES))])  # scatter .05 over prior .1
    logs = np.linalg.lstsq(table, np.concatenate([wanted, np.zeros(len(FILES))]), rcond=None)[0]
    return dict(zip(FILES, np.exp(logs), strict=True))


def rms(found: list[Shares], truths: list[Shares]) -> float:
    return 100 * float(
        np.sqrt(np.mean([(one[n] - truth[n]) ** 2 for one, truth in zip(found, truths, strict=True) for n in truth]))
    )


def weighed() -> None:
    known, data = atoms(), datasets.load_measured("weighed-mixtures")
    for minutes in ("2min", "8min"):
        every = [data.isel(sample=k) for k in range(data.sizes["sample"]) if minutes in str(data["name"].values[k])]
        truths = [truth_of(one) for one in every]
        table: dict[str, list[Shares]] = {
            "plain NNLS, one offset": [plain(one, list(t), known) for one, t in zip(every, truths, strict=True)]
        }
        begin = time.process_time()
        answers = [weigh(one, list(t), known) for one, t in zip(every, truths, strict=True)]
        seconds = (time.process_time() - begin) / len(every)
        table["PhaseMixture"] = [shares_of(one) for one in answers]
        table["without the footprint"] = [
            shares_of(weigh(one, list(t), known, full_from=0.0)) for one, t in zip(every, truths, strict=True)
        ]
        table["no grains"] = [
            shares_of(weigh(one, list(t), known, grain_radius=0.0)) for one, t in zip(every, truths, strict=True)
        ]
        by_radius = {
            r: [shares_of(weigh(one, list(t), known, grain_radius=r)) for one, t in zip(every, truths, strict=True)]
            for r in RADII
        }
        table["grain radius 1 um"] = by_radius[1.0]
        radius_left_out, ratio_left_out, radii = [], [], []
        for number, (one, truth) in enumerate(zip(every, truths, strict=True)):
            others = [k for k in range(len(every)) if k != number]
            radius = min(RADII, key=lambda r: rms([by_radius[r][k] for k in others], [truths[k] for k in others]))
            radii.append(radius)
            radius_left_out.append(by_radius[radius][number])
            ratios = learned_ratios([table["PhaseMixture"][k] for k in others], [truths[k] for k in others])
            ratio_left_out.append(shares_of(weigh(one, list(truth), known, ratios={n: ratios[n] for n in truth})))
        table["radius of the other mixtures"] = radius_left_out
        table["ratios of the other mixtures"] = ratio_left_out
        covered = [
            low <= t[n] <= high
            for a, t in zip(answers, truths, strict=True)
            for n, low, high in zip(a.names, a.lower, a.upper, strict=True)
        ]
        print(
            f"\n{minutes}: {seconds:.2f} s a pattern; 90 % intervals hold {sum(covered)} of {len(covered)};"
            f" radii {radii}"
        )
        print(
            "| method | rms, all fractions (wt %) | without NiO + Bi2O3 |",
            *(f" {' + '.join(t)} |" for t in truths),
            sep="",
        )
        print("|---|---|---|" + "---|" * len(truths))
        rest = [k for k, t in enumerate(truths) if "Bi2O3" not in t]
        for name, found in table.items():
            errors = [" ".join(f"{100 * (f[n] - t[n]):+.1f}" for n in t) for f, t in zip(found, truths, strict=True)]
            five = rms([found[k] for k in rest], [truths[k] for k in rest])
            print(f"| {name} | {rms(found, truths):.2f} | {five:.2f} |", *(f" {one} |" for one in errors), sep="")


def absent() -> None:
    """All known phases and two more offered for every pattern."""
    known, data = atoms(), datasets.load_measured("weighed-mixtures")
    folder = Path(os.environ.get("PEAKSCAPE_DATA", "../shared/data")) / "structures"
    known |= {name: structures.read(folder / f"{name}.cif") for name in ("Al2O3", "rutile")}
    false, limits, missed, found, truths = [], [], 0, [], []
    begin = time.process_time()
    for number in range(data.sizes["sample"]):
        one = data.isel(sample=number)
        truth, answer = truth_of(one), weigh(one, list(known), known)
        for name, share, limit in zip(answer.names, answer.fractions, answer.detection_limit, strict=True):
            if name not in truth:
                false.append(share)
                limits.append(limit)
            else:
                missed += share == 0
        found.append(shares_of(answer))
        truths.append(truth)
    print(
        f"\nabsent candidates: {np.mean(np.array(false) <= np.array(limits)):.3f} below their detection limit (median "
        f"{100 * np.median(limits):.2f} wt %), {np.mean(np.array(false) > 0):.3f} told falsely, largest "
        f"{100 * max(false):.2f} wt %; {missed} true ones missed; rms {rms(found, truths):.2f}; "
        f"{(time.process_time() - begin) / data.sizes['sample']:.1f} s a pattern of nine candidates"
    )


POINTS = np.arange(10.0, 100.0, 0.0435)
WRONG = (
    "nothing",
    "ratios off by 5 %, grains half-normal of 1 um",
    "grains of 2 um",
    "strong texture",
    "reflections off by 10 %",
    "10 wt % of a phase not offered",
    "displaced by 0.25 degree",
    "solid solutions: cells from -0.4 to +0.4 %",
)


def simulate(known: dict[str, Atoms], rng: np.random.Generator, wrong: str):  # type: ignore[no-untyped-def]
    """A mixture that differs in texture, width, displacement, cell and counts; and in what the model does not know."""
    names = list(rng.choice(list(known), rng.integers(2, 4), replace=False))
    truth = rng.dirichlet(np.full(len(names), 3.0))
    foreign = "not offered" in wrong
    every = [*names, next(name for name in known if name not in names)] if foreign else names
    shares = np.append(0.9 * truth, 0.1) if foreign else truth
    phases = PhaseMixture({n: known[n] for n in every}, **WAVES).phases  # type: ignore[arg-type]
    displaced = 0.25 if "displaced" in wrong else rng.normal(0, 0.08)
    shared = np.array([rng.normal(0, 0.03), displaced, rng.normal(0, 0.2), rng.uniform(0.06, 0.15), 0.0])
    volumes = shares / [phase.density for phase in phases]
    mean = volumes @ [phase.absorption for phase in phases] / volumes.sum()
    radius = 2.0 if "2 um" in wrong else abs(rng.normal(0, 1.0)) if "half-normal" in wrong else 0.0
    curve = np.zeros(len(POINTS))
    columns, slopes = [], []
    for phase, volume in zip(phases, volumes, strict=True):
        if "grains" in wrong:
            volume *= float(grain_factor(radius * (phase.absorption - mean)))
        if "ratios" in wrong:
            volume *= np.exp(rng.normal(0, 0.05))
        if "reflections" in wrong:
            phase = replace(phase, strength=phase.strength * np.exp(rng.normal(0, 0.1, len(phase.strength))))
        bent = BentPhase(phase, POINTS, Beam(np.array(list(WAVES.values())), np.array([2, 1]) / 3, "unpolarized", 0.0))
        k = bent.n_axes
        own = np.concatenate([[rng.normal(0, 0.002)], np.zeros(k), rng.uniform(0.02, 0.15, 2), np.zeros(k)])
        if k:
            own[-1] = rng.choice([-0.5, 0.5]) if "texture" in wrong else rng.normal(0, 0.1)
        column, bend = bent.curve(shared, own)
        if "solid" in wrong:
            cells = [np.append(own[0] + off, own[1:]) for off in np.linspace(-0.004, 0.004, 9)]
            column = np.mean([bent.curve(shared, one)[0] for one in cells], axis=0)
        by_shared, by_own = bend()
        columns.append(column)
        slopes.append((volume * by_shared, volume * by_own, np.concatenate([[0.01], np.full(k, 0.002), [0.15, 0.3],
                       np.full(k, 0.1)])))  # fmt: skip
        curve += volume * column
    scale = 10 ** rng.uniform(2.7, 4.3) / curve.max()
    mean_counts = scale * (curve + curve.max() * (0.02 + 0.05 * np.exp(-POINTS / 30)))
    counts = rng.poisson(mean_counts).astype(float)
    return names, truth, counts, least_variance(columns, slopes, volumes, scale, mean_counts, phases)


def least_variance(columns, slopes, volumes, scale, mean_counts, phases):  # type: ignore[no-untyped-def]
    """Least variance of the fractions, the shapes known as well as the fit is told."""
    shared = sum(one[0] for one in slopes)
    rows = scale * np.vstack([columns, shared, *(one[1] for one in slopes)])
    rows = np.vstack([rows, smooth_curves(POINTS, 8), 1.0 / POINTS])
    spread = np.concatenate([[0.05, 0.1, 0.5, 0.1, 0.05], *(one[2] for one in slopes)])
    known = np.concatenate([np.zeros(len(columns)), 1.0 / spread**2, np.zeros(9)])
    size = np.sqrt(((rows**2) / mean_counts).sum(axis=1) + known) + 1e-300
    unit = rows / size[:, None]
    inverse = np.linalg.inv((unit / mean_counts) @ unit.T + np.diag(known / size**2) + 1e-12 * np.eye(len(rows)))
    covariance = (inverse / np.outer(size, size))[: len(columns), : len(columns)]
    density = np.array([one.density for one in phases])
    weights = volumes * density
    fractions = weights / weights.sum()
    jacobian = (np.diag(density) - np.outer(fractions, density)) / weights.sum()
    return np.diag(jacobian @ covariance @ jacobian.T)


ALONE = {"ratio_error": 0.0, "grain_radius": 0.0}


def simulated(n_mixtures: int = 40) -> None:
    known = atoms()
    print(f"\n| what is wrong ({n_mixtures} mixtures) | rms of the fit alone, wt % | its intervals hold |", end="")
    print(" rms with the defaults | their intervals hold |\n|---|---|---|---|---|")
    for wrong in WRONG:
        rng = np.random.default_rng(0)
        errors: list[list[float]] = [[], []]
        inside: list[list[bool]] = [[], []]
        for _ in range(n_mixtures):
            names, truth, counts = simulate(known, rng, wrong)[:3]
            for number, options in enumerate((ALONE, {})):
                mixture = PhaseMixture({n: known[n] for n in names}, **WAVES, **options)  # type: ignore[arg-type]
                found = mixture.weigh(POINTS, counts, counts=True)
                inside[number] += list((found.lower <= truth) & (truth <= found.upper))
                errors[number] += list(found.fractions - truth)
        told = [
            f"{100 * np.sqrt(np.mean(np.square(e))):.2f} | {np.mean(i):.2f}"
            for e, i in zip(errors, inside, strict=True)
        ]
        print(f"| {wrong} | {told[0]} | {told[1]} |", flush=True)


def bound(n_mixtures: int = 60) -> None:
    """Errors over those of Cramer and Rao, for counts by Poisson's law and what was drawn counting as known (van
    Trees), with the weights of the default and those of counts alone."""
    known, rng = atoms(), np.random.default_rng(1)
    errors: dict[str, list[float]] = {"default weights": [], "weights of counts": []}
    inside: dict[str, list[bool]] = {name: [] for name in errors}
    least = []
    for _ in range(n_mixtures):
        names, truth, counts, variance = simulate(known, rng, "nothing")
        least += list(variance)
        for name, options in zip(errors, ({}, {"model_error": 0.0}), strict=True):
            mixture = PhaseMixture({n: known[n] for n in names}, **WAVES, **ALONE, **options)  # type: ignore[arg-type]
            found = mixture.weigh(POINTS, counts, counts=True)
            errors[name] += list(found.fractions - truth)
            inside[name] += list((found.lower <= truth) & (truth <= found.upper))
    for name, told in errors.items():
        squares = np.square(told)
        print(
            f"{name}: rms {100 * np.sqrt(squares.mean()):.3f} wt %, bound {100 * np.sqrt(np.mean(least)):.3f};", end=""
        )
        print(f" error over bound, rms {np.sqrt(np.mean(squares / least)):.3f};", end="")
        print(f" intervals hold {np.mean(inside[name]):.3f}")


def mixed_edges(parts: np.ndarray, grid: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One to three parts with offsets of +-0.5 eV, leakage of up to 10 % through a thick sample, and noise."""
    chosen = rng.choice(len(parts), rng.integers(1, 4), replace=False)
    truth = np.zeros(len(parts))
    truth[chosen] = rng.dirichlet(np.full(len(chosen), 3.0))
    mixed = truth @ np.array([np.interp(grid - rng.uniform(-0.5, 0.5), grid, row) for row in parts])
    leaked = rng.uniform(0.0, 0.1)
    mixed = np.log1p(leaked) - np.log(np.exp(-mixed) + leaked)
    mixed = mixed / mixed[-60:].mean() * (truth @ parts)[-60:].mean()
    return mixed + rng.normal(0, 0.003, len(grid)), truth


def absorption(n_mixtures: int = 100) -> None:
    """Chromium and arsenic standards mixed at known fractions, with noise, offsets and thickness effects."""
    for name, grid in (("chromium", np.arange(5960.0, 6080.0, 0.3)), ("arsenic", np.arange(11840.0, 11960.0, 0.3))):
        data = datasets.load_measured(name)
        compounds = data["compound"].values.astype(str)
        kept, firsts = np.unique(compounds, return_index=True)
        parts = np.array([np.interp(grid, *edge_of(data.isel(sample=k))) for k in firsts])
        edges_told(name, parts, list(kept), grid, n_mixtures)


def edge_of(one: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    energy, row = one["energy"].values, one["intensity"].values
    there = np.isfinite(row)
    return energy[there], normalize(energy[there], row[there]).flattened


def edges_told(element: str, parts: np.ndarray, kept: list[str], grid: np.ndarray, n_mixtures: int) -> None:
    rng = np.random.default_rng(0)
    methods = {
        "Unmix": Unmix(axis=grid, max_shift=0.6, max_parts=3, saturation="leakage"),
        "Unmix, self-absorption": Unmix(axis=grid, max_shift=0.6, max_parts=3, saturation="self_absorption"),
        "Unmix, two powers": Unmix(axis=grid, max_shift=0.6, max_parts=3, saturation=2),
        "Unmix, no saturation": Unmix(axis=grid, max_shift=0.6, max_parts=3),
        "Unmix, no shifts": Unmix(axis=grid, max_parts=3),
    }
    for one in methods.values():
        one.fit(parts, kept)
    errors: dict[str, list[float]] = {name: [] for name in [*methods, "NNLS"]}
    right, seconds, answers = 0, 0.0, []
    for _ in range(n_mixtures):
        mixed, truth = mixed_edges(parts, grid, rng)
        for name, one in methods.items():
            begin = time.process_time()
            found = one.explain(mixed)
            if name == "Unmix":
                seconds += time.process_time() - begin
                right += set(np.flatnonzero(found.fractions > 0)) == set(np.flatnonzero(truth))
                answers.append((mixed, truth, found))
            errors[name] += list(found.fractions - truth)
        amounts = nnls(parts.T, mixed)[0]
        errors["NNLS"] += list(amounts / amounts.sum() - truth)
    told = "; ".join(f"{name} {np.sqrt(np.mean(np.square(one))):.3f}" for name, one in errors.items())
    learned = [mixed_edges(parts, grid, rng) for _ in range(40)]
    methods["Unmix"].calibrate([row for row, _ in learned], [truth for _, truth in learned])
    after = [methods["Unmix"].explain(row) for row, _, _ in answers]
    print(
        f"\nabsorption: {len(parts)} references of {element}, {n_mixtures} mixtures: rms {told}; right set of parts"
        f" {right / n_mixtures:.2f}; 90 % intervals of the fit hold {held([a for *_, a in answers], answers):.2f},"
        f" calibrated on 40 others {held(after, answers):.2f}; {1e3 * seconds / n_mixtures:.0f} ms each"
    )
    counted = 0
    for _ in range(100):
        n_parts = rng.integers(1, min(5, len(parts)))
        series = rng.dirichlet(np.ones(n_parts), 20) @ parts[rng.choice(len(parts), n_parts, replace=False)]
        counted += count_components(series + rng.normal(0, 0.003, series.shape)).n_components == n_parts
    print(f"number of components right in {counted} of 100 series of 20 spectra")


REPEATS = {
    "as feature spaces and the command do": {"max_shift": 2.0, "max_own_shift": 0.3},
    "each part moves by itself": {"max_shift": 2.0},
    "with the law of leakage": {"max_shift": 2.0, "max_own_shift": 0.3, "saturation": "leakage"},
    "the square left out of account, 1 eV": {"max_shift": 1.0, "saturation": 1},
}


def repeats() -> None:
    """Other scans of the standards themselves, at other temperatures and energy offsets: each is one part alone."""
    for element, grid in (("chromium", np.arange(5960.0, 6080.0, 0.5)), ("arsenic", np.arange(11840.0, 11960.0, 0.5))):
        data = datasets.load_measured(element)
        compounds = data["compound"].values.astype(str)
        kept, firsts = np.unique(compounds, return_index=True)
        rows = np.array([np.interp(grid, *edge_of(data.isel(sample=k))) for k in range(len(compounds))])
        rest = [k for k in range(len(compounds)) if k not in firsts][::2]
        for name, options in REPEATS.items():
            unmix = Unmix(axis=grid, max_parts=3, **options).fit(rows[firsts], list(kept))  # type: ignore[arg-type]
            own = np.array([unmix.explain(rows[k]).fractions[list(kept).index(compounds[k])] for k in rest])
            print(f"{len(rest)} scans of {element}, {name}: rms of 1 - own {np.sqrt(np.mean((1 - own) ** 2)):.3f},"
                  f" {np.mean(own > 0.9):.2f} above 0.9", flush=True)  # fmt: skip


def held(found: list, answers: list) -> float:  # type: ignore[type-arg]
    told = []
    for one, (_, truth, _) in zip(found, answers, strict=True):
        there = (truth > 0) | (one.fractions > 0)
        told += list(((one.lower <= truth) & (truth <= one.upper))[there])
    return float(np.mean(told))


PARTS = {"weighed": weighed, "absent": absent, "simulated": simulated, "bound": bound, "absorption": absorption,
         "repeats": repeats}  # fmt: skip

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    chosen_parts = sys.argv[1:] or list(PARTS)
    with threadpool_limits(1):
        for part in chosen_parts:
            PARTS[part]()
