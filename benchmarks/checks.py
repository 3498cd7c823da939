"""What `peakscape check` catches and what it cries wolf at: simulated measurements, good ones and spoilt ones.

Run `python -m benchmarks.checks [--seeds 60] [--first 100]`; it prints the table of docs/check.md. Limits were chosen
on seeds 0 to 59; the table is of others.
"""

import argparse
from collections.abc import Callable

import numpy as np
import xarray as xr
from ase import Atoms
from ase.spacegroup import crystal
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from peakscape import diffraction, spectra
from peakscape.absorption import edge_energy
from peakscape.quality import check
from peakscape.signal.smoothing import gaussian

Array = NDArray[np.float64]
Rng = np.random.Generator
STEP = 0.02
AXIS = (15.0, 90.0, STEP)
CRYSTALS: list[Callable[[], Atoms]] = [
    lambda: crystal("Si", [(0, 0, 0)], spacegroup=227, cellpar=[5.431, 5.431, 5.431, 90, 90, 90]),
    lambda: crystal(["Na", "Cl"], [(0, 0, 0), (0.5, 0.5, 0.5)], spacegroup=225, cellpar=[5.64, 5.64, 5.64, 90, 90, 90]),
    lambda: crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136,
                    cellpar=[4.594, 4.594, 2.959, 90, 90, 90]),
    lambda: crystal(["Zn", "O"], [(1 / 3, 2 / 3, 0), (1 / 3, 2 / 3, 0.382)], spacegroup=186,
                    cellpar=[3.25, 3.25, 5.207, 90, 90, 120]),
    lambda: crystal(["Al", "O"], [(0, 0, 0.3522), (0.3063, 0, 0.25)], spacegroup=167,
                    cellpar=[4.759, 4.759, 12.991, 90, 90, 120]),
    lambda: crystal(["Ca", "F"], [(0, 0, 0), (0.25, 0.25, 0.25)], spacegroup=225, cellpar=[5.463] * 3 + [90] * 3),
]  # fmt: skip


def pattern(
    rng: Rng, which: int, *, counts: float | None = None, fwhm: float | None = None, ground: float | None = None
) -> Array:
    """Expected counts of a pure phase on a smooth ground, before they are drawn."""
    fwhm = rng.uniform(0.12, 0.25) if fwhm is None else fwhm
    clean = diffraction.simulate(
        [CRYSTALS[which]()], wavelength=1.5406, two_theta=AXIS, fwhm=fwhm,
        instrument=diffraction.Instrument(profile="pseudo_voigt"),
    )["intensity"].values[0].astype(float)  # fmt: skip
    two_theta = np.arange(len(clean)) * STEP + AXIS[0]
    level = rng.uniform(0.01, 0.15) if ground is None else ground
    below = level * (0.4 + np.exp(-(two_theta - AXIS[0]) / rng.uniform(15.0, 40.0)))
    size = float(rng.choice([5e3, 2e4, 1e5])) if counts is None else counts
    return np.asarray(size * (clean / clean.max() + below))


def container(row: Array, step: float = STEP) -> xr.Dataset:
    """One pattern of copper radiation."""
    rows = np.atleast_2d(row)
    two_theta = AXIS[0] + step * np.arange(rows.shape[1])
    return spectra.make(rows, two_theta=two_theta, wavelength=1.5406, name=[f"p{i}" for i in range(len(rows))])


def good_pattern(rng: Rng) -> xr.Dataset:
    """Nothing is wrong with it."""
    return container(rng.poisson(pattern(rng, int(rng.integers(len(CRYSTALS))))).astype(float))


def spoilt_patterns(rng: Rng) -> dict[str, xr.Dataset]:
    """One pattern for each alert that should be raised."""
    which = int(rng.integers(len(CRYSTALS)))
    two_theta = AXIS[0] + STEP * np.arange(len(pattern(rng, which)))

    def drawn(expected: Array) -> Array:
        return rng.poisson(np.maximum(expected, 0.0)).astype(float)

    usual = pattern(rng, which)
    one = drawn(usual)
    spiked = one.copy()
    spiked[rng.integers(100, len(one) - 100, 3)] += one.max() * rng.uniform(0.1, 0.6, 3)
    second = diffraction.disturbances.add_second_line(usual[None].astype(np.float32), two_theta, [0.5], 1.5406)[0]
    sharp = pattern(rng, which, fwhm=rng.uniform(0.08, 0.14))
    second_sharp = diffraction.disturbances.add_second_line(sharp[None].astype(np.float32), two_theta, [0.5], 1.5406)[0]
    moved = diffraction.disturbances.displace(
        usual[None].astype(np.float32), two_theta, [rng.choice([-1, 1]) * rng.uniform(0.12, 0.3)]
    )[0]  # fmt: skip
    hump = usual + usual.max() * rng.uniform(0.2, 0.5) * np.exp(-(((two_theta - rng.uniform(20, 30)) / 5.0) ** 2))
    top = int(np.argmax(usual))
    dead = one.copy()
    start = int(rng.integers(500, len(one) - 900))
    dead[start : start + 60] = np.round(one[start])
    peak = int(np.argmax(usual))
    cut = one[max(peak - int(rng.integers(0, 4)), 0) :]
    coarse = drawn(pattern(rng, which, fwhm=0.12))[:: int(rng.integers(3, 5))]
    out = {
        "few_points": container(coarse, STEP * round(len(one) / len(coarse))),
        "weak": container(drawn(pattern(rng, which, counts=rng.uniform(20.0, 250.0), ground=rng.uniform(0.05, 0.3)))),
        "saturated": container(np.minimum(one, np.floor(usual[top] * rng.uniform(0.4, 0.8)))),
        "high_background": container(drawn(pattern(rng, which, counts=2e4, ground=rng.uniform(1.5, 4.0)))),
        "halo": container(drawn(hump)),
        "k_alpha2": container(drawn(second_sharp)),
        "k_alpha2 (any width)": container(drawn(second)),
        "spikes": container(spiked),
        "cut_peak": container(cut),
        "below_zero": container(one - np.median(one) - 3.0),
        "dead_stretch": container(dead),
        "smoothed": container(gaussian(one[None], rng.uniform(0.8, 2.0))[0]),
        "smoothed (moving average)": container(uniform_filter1d(one, int(rng.integers(3, 8)))),
        "not_counts": container(one * rng.choice([0.01, 12.0, 50.0]) + 20.0),
        "displaced": container(drawn(moved)),
    }
    for dataset in out.values():
        dataset.attrs["which"] = which
    return out


def beside_structure(rng: Rng, seed: int) -> dict[str, tuple[xr.Dataset, Atoms]]:
    """Patterns that are not what their structure says: plates that lie flat, needles, and a second phase."""
    which = 2 + seed % 3  # not cubic, where a texture along one axis is none
    out = {}
    for name, march in (("plates", rng.uniform(0.35, 0.6)), ("needles", rng.uniform(1.8, 3.0))):
        steady = diffraction.Variations(
            fwhm=(0.15, 0.15), mixing=(0.5, 0.5), zero_shift=(0.0, 0.0), march=(march, march), background=(0.0, 0.0),
            counts=None,
        )  # fmt: skip
        lying = diffraction.vary(
            CRYSTALS[which](), wavelength=1.5406, n_variants=1, two_theta=AXIS, variations=steady,
            random_state=int(rng.integers(2**31)),
        )["intensity"].values[0].astype(float)  # fmt: skip
        expected = 2e4 * (lying / lying.max() + 0.05)
        out[f"unlike_structure ({name})"] = container(rng.poisson(expected).astype(float)), CRYSTALS[which]()
    other = (which + 1 + int(rng.integers(len(CRYSTALS) - 1))) % len(CRYSTALS)
    share = rng.uniform(0.25, 0.6)
    mixed = (1.0 - share) * pattern(rng, which, counts=2e4) + share * pattern(rng, other, counts=2e4)
    out["not_the_structure (a second phase)"] = container(rng.poisson(mixed).astype(float)), CRYSTALS[which]()
    return out


def scan(rng: Rng, *, noise: float | None = None, step: float = 0.5, before: float = 120.0, after: float = 350.0,
         offset: float = 0.0) -> tuple[Array, Array, float]:  # fmt: skip
    """An iron K edge in transmission: energy, absorption, height of the step."""
    edge = edge_energy("Fe") + rng.uniform(0.0, 9.0) + offset
    near = np.arange(edge - 25.0, edge + 45.0, step)
    energy = np.concatenate([
        np.arange(edge - before, edge - 25.0, 5.0), near, np.arange(edge + 45.0, edge + after, 2.5)
    ])  # fmt: skip
    energy = energy[(energy >= edge - before) & (energy <= edge + after)]
    above = energy - edge
    height = rng.uniform(0.4, 1.6)
    curve = 0.5 + np.arctan(above / 1.3) / np.pi
    curve += rng.uniform(0.0, 0.5) * np.exp(-0.5 * ((above - rng.uniform(3.0, 8.0)) / rng.uniform(1.5, 3.0)) ** 2)
    wave = np.sqrt(np.maximum(above - 10.0, 0.0) * 0.2625)
    curve += (
        rng.uniform(0.03, 0.12) * np.sin(2.0 * rng.uniform(1.7, 2.2) * wave) * np.exp(-0.01 * wave**2) * (above > 10)
    )
    fall = (energy / edge) ** -3.0
    total = height * curve * fall + rng.uniform(0.2, 1.0) * fall
    noise = rng.uniform(2e-4, 2e-3) if noise is None else noise
    return energy, total + rng.normal(0.0, noise * height, len(energy)), height


def scans(
    rows: list[Array], energy: Array, names: list[str] | None = None, signals: list[str] | None = None
) -> xr.Dataset:
    """A container of raw iron scans."""
    made = spectra.make(
        np.array(rows), energy=energy, kind="absorption",
        name=names or [f"scan{chr(97 + i)}" for i in range(len(rows))],
        labels={"signal": signals or ["transmission"] * len(rows)},
    )  # fmt: skip
    return made.assign_attrs(element="Fe", edge="K")


def good_scan(rng: Rng) -> xr.Dataset:
    """Nothing is wrong with it."""
    energy, row, _ = scan(rng)
    return scans([row], energy)


def spoilt_scans(rng: Rng) -> dict[str, xr.Dataset]:
    """One set of scans for each alert that should be raised."""
    energy, row, height = scan(rng, noise=1e-3)
    away = np.flatnonzero(energy > energy[0] + 120.0 + 80.0)[20:-20]
    glitched = row.copy()
    glitched[rng.choice(away, 2, replace=False)] += height * rng.uniform(0.03, 0.2)
    jumped = row + height * rng.uniform(0.03, 0.1) * (np.arange(len(row)) > rng.choice(away))
    flat = np.minimum(row, np.sort(row)[-6])
    noisy = scan(rng, noise=rng.uniform(0.01, 0.05))
    wrong = scan(rng, offset=float(rng.choice([-1.0, 1.0]) * rng.uniform(25.0, 45.0)))
    short_before, short_after = scan(rng, before=rng.uniform(12.0, 40.0)), scan(rng, after=rng.uniform(30.0, 90.0))
    coarse = scan(rng, step=rng.uniform(2.0, 5.0))
    thick = row / height * rng.uniform(2.2, 4.0)
    clean = scan(rng, noise=0.0)
    repeats = [clean[1] + rng.normal(0.0, 1e-3 * clean[2], len(clean[0])) for _ in range(6)]
    reduced = [np.interp(clean[0], clean[0] - 0.12 * k, one) for k, one in enumerate(repeats)]
    drifting = [np.interp(clean[0], clean[0] - rng.normal(0.0, 0.5), one) for one in repeats]
    edge_of = clean[0][np.argmax(np.gradient(clean[1], clean[0]))]
    above = np.clip(clean[1] - np.interp(edge_of - 30.0, *clean[:2]), 0.0, None) / clean[2]
    thin = rng.uniform(0.5, 2.0)
    damped = above * (1.0 + thin) / (above + thin)
    return {
        "energy_scale": scans([wrong[1]], wrong[0]),
        "too_thick": scans([thick], energy),
        "noise": scans([noisy[1]], noisy[0]),
        "glitches": scans([glitched], energy),
        "short_before": scans([short_before[1]], short_before[0]),
        "short_after": scans([short_after[1]], short_after[0]),
        "coarse_edge": scans([coarse[1]], coarse[0]),
        "jump": scans([jumped], energy),
        "flat_top": scans([flat], energy),
        "damped": scans([damped + rng.normal(0, 1e-3, len(damped)), repeats[0]], clean[0],
                        signals=["fluorescence", "transmission"]),
        "changes_over_repeats": scans(reduced, clean[0], names=[f"fe_{k}" for k in range(6)]),
        "energy_drift": scans(drifting, clean[0], names=[f"fe_{k}" for k in range(6)]),
    }  # fmt: skip


def good_set(rng: Rng) -> xr.Dataset:
    """Six repeats of one scan: nothing changes but noise."""
    clean = scan(rng, noise=0.0)
    rows = [clean[1] + rng.normal(0.0, 1e-3 * clean[2], len(clean[0])) for _ in range(6)]
    return scans(rows, clean[0], names=[f"fe_{k}" for k in range(6)])


def patterns_set(rng: Rng, displaced: bool) -> xr.Dataset:
    """Eight patterns of one phase whose cell grows; one of them may be displaced."""
    which = int(rng.integers(len(CRYSTALS)))
    atoms = []
    for k in range(8):
        one = CRYSTALS[which]()
        one.set_cell(one.cell * (1.0 + 0.0006 * k), scale_atoms=True)
        atoms.append(one)
    clean = diffraction.simulate(atoms, wavelength=1.5406, two_theta=AXIS, fwhm=rng.uniform(0.12, 0.2),
                                 instrument=diffraction.Instrument(profile="pseudo_voigt"))  # fmt: skip
    rows = clean["intensity"].values.astype(float)
    rows = 2e4 * (rows / rows.max() + 0.03)
    if displaced:
        moves = np.zeros(8)
        moves[int(rng.integers(8))] = rng.choice([-1, 1]) * rng.uniform(0.1, 0.2)
        two_theta = AXIS[0] + STEP * np.arange(rows.shape[1])
        rows = diffraction.disturbances.displace(rows.astype(np.float32), two_theta, moves).astype(float)
    return container(rng.poisson(np.maximum(rows, 0.0)).astype(float))


def count(seeds: range) -> tuple[dict[str, list[bool]], dict[str, list[bool]]]:
    """For each alert: whether it was raised where it should be, and where nothing is wrong."""
    caught: dict[str, list[bool]] = {}
    wolf: dict[str, list[bool]] = {}
    for seed in seeds:
        rng = np.random.default_rng([seed, 20])
        spoilt = {**spoilt_patterns(rng), **spoilt_scans(rng)}
        spoilt["moved_against_others"] = patterns_set(rng, True)
        for code, dataset in spoilt.items():
            plain = code.split(" ")[0]
            structure = CRYSTALS[dataset.attrs.pop("which")]() if plain == "displaced" else None
            caught.setdefault(code, []).append(plain in {one.code for one in check(dataset, structure=structure)})
        for code, (dataset, structure) in beside_structure(np.random.default_rng([seed, 22]), seed).items():
            found = {one.code for one in check(dataset, structure=structure)}
            caught.setdefault(code, []).append(code.split(" ")[0] in found)
        which = int(rng.integers(len(CRYSTALS)))
        for kind, dataset, structure in (
            ("pattern", good_pattern(rng), None), ("scan", good_scan(rng), None), ("repeats", good_set(rng), None),
            ("series", patterns_set(rng, False), None),
            ("beside its structure", container(rng.poisson(pattern(rng, which)).astype(float)), CRYSTALS[which]()),
        ):  # fmt: skip
            found = {one.code for one in check(dataset, structure=structure)}
            wolf.setdefault(f"any ({kind})", []).append(bool(found))
            for code in found:
                wolf.setdefault(f"{code} ({kind})", []).append(True)
    return caught, wolf


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=60)
    options.add_argument("--first", type=int, default=100)
    options.add_argument("--structures", action="store_true", help="only what is compared with a structure")
    given = options.parse_args()
    if given.structures:
        for seed in range(given.first, given.first + given.seeds):
            for code, (dataset, structure) in beside_structure(np.random.default_rng([seed, 22]), seed).items():
                print(seed, code, [(one.code, round(one.value, 2)) for one in check(dataset, structure=structure)])
        return
    caught, wolf = count(range(given.first, given.first + given.seeds))
    print("| alert | caught |\n|---|---|")
    for code, yes in caught.items():
        print(f"| {code} | {sum(yes)} of {len(yes)} |")
    print(f"\n| raised where nothing is wrong | of {given.seeds} |\n|---|---|")
    for code, yes in sorted(wolf.items()):
        print(f"| {code} | {sum(yes)} |")


if __name__ == "__main__":
    main()
