"""Measure what disturbances do to maps of the alloy series, and write docs/nuisance.md.

.venv/bin/python docs/make_nuisance.py
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import gaussian_filter1d
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from peakscape import analysis, datasets, diffraction, maps, spectra
from peakscape.analysis.nuisance import Spacing, composition_spacing, nuisance_table
from peakscape.analysis.validation.regressors import BroadenedPLS, default_baselines
from peakscape.diffraction import Disturbances, Variations

HEAD = """# What instruments and specimens do to maps

Made by `python docs/make_nuisance.py` ({minutes:.0f} minutes on two cores that other work shared). ± is the standard deviation over {n_seeds} seeds, each with its own split, networks and variants.

**What it says, plainly** (FWHM {wide:g} degree; the other width below)

- *Signal*: one step of composition (0.5 Ti, 0.125 or more Zr) moves the point by 1, the unit of the tables: the median distance between neighbouring compositions on that map.
- *Nuisance, siblings known*: all disturbances at once move the point of the plain autoencoder by {auto_siblings}, of the one trained on variants by {like_siblings}; PCA-2 by {pca_siblings}.
- *Nuisance, composition left out whole*: {auto_left}, with variants {like_left}; PCA-2 {pca_left}{shift_left}.{shift_zero}
- *A zero shift of 0.02 degree partly looks like a lattice change, and training on variants takes only part of that away*: where siblings are known the map finds them again ({like_zero_siblings} of a step), where the composition is new the point still moves by {like_zero_left} ({narrow_zero_left} at FWHM {narrow:g}), less than without variants ({auto_zero_left}; {narrow_auto_zero_left} at FWHM {narrow:g}).
  On the plain maps a zero shift of some 0.04 degree is a whole step; a standard in the specimen, or a zero measured beforehand, remains worth more.
- *Composition*: under all disturbances the error for compositions left out is {auto_error}, with variants {like_error}; the clean patterns have {auto_clean} and {like_clean}. Two plain coordinates do not place a new composition well, disturbed or not: variants repair the disturbance, not that.
- *The plain rivals*: PLSR on patterns as they are is the best on clean ones ({pls_clean}) and useless with a background ({pls_error}); with a band pass before it (difference of two Gaussians) {band_error}, and trained on variants besides {band_like_error}; without the band pass, but on variants, {pls_like_error}: under disturbances too PLSR reads a new composition better than the map does, at the price of its clean reading ({pls_like_clean}). The nearest pattern keeps its answer best where siblings are known, and cannot name a new composition.
- *Variants in PCA do harm*: its two directions go to the background ({pca_variants} of a step under all disturbances, composition left out).
- *Cost*: {seconds:.0f} s for {n_members} networks without, {seconds_variants:.0f} s with {n_rounds} variants of each pattern ({drawing:.0f} s of it to draw them); {lost:.1f} % of the variants' variance lies outside the basis that the encoder sees.

**How it was measured.** The 150 CHGNet-relaxed alloy structures, 0.496 angstrom, 1 to 119.99 degree in steps of 0.01; each pattern scaled to a maximum of 1, after a disturbance again. Known: seven eighths of the patterns of seven compositions. Asked: the other eighth ("siblings"), and two compositions left out whole, other ones for each seed.
Maps: PCA-2; PCA-2 on the clean patterns and {n_rounds_plain} variants of each; `ShiftMap` where the package has it; autoencoders (residual recipe, {n_members} members, 1,000 epochs), plain and with `fit(X, variants=...)`. Compositions are read from each map by a Gaussian process on the clean known patterns. PLSR: 8 components on patterns broadened by 25 points, 20 with variants.
Variants are drawn by `diffraction.disturb` from its defaults: {defaults}. Each line of the tables is one disturbance at a fixed size (angles both ways), except the last, drawn as in training with another seed. Texture is computed from the structures (`diffraction.vary`) and never occurs in training, where a smooth factor on the heights stands for it.

**Use**

<!-- not run in tests: takes long -->
```
peakscape fit patterns.zarr --variants 40 --variations zero_shift=-0.05:0.05 counts=500:50000 -o alloy.space
```

<!-- not run in tests: takes long -->
```python
rounds = (ps.diffraction.disturb(patterns, random_state=seed).intensity for seed in range(40))
space = ps.maps.Autoencoder(random_state=0).fit(patterns.intensity, variants=rounds)
```"""

WAVELENGTH = 0.496
WIDTHS = (0.05, 0.15)
# Compositions (x, y) left out whole, one pair a seed; all lie between others.
LEFT_OUT = (((1.0, 0.0), (1.0, 0.25)), ((0.5, 0.0), (1.0, 0.375)), ((1.5, 0.0), (1.0, 0.25)))
N_ROUNDS, N_ROUNDS_PLAIN = 40, 10
N_MEMBERS = 3
NONE = Disturbances.none()
STEP, CLEAN, ALL = "one step of composition", "clean", "all at once, drawn as in training"
MAPS = ("PCA-2", "PCA-2, variants", "ShiftMap", "autoencoder", "autoencoder, variants")
PLAIN = ("PLSR", "PLSR, variants", "band pass, PLSR", "band pass, PLSR, variants", "nearest", "nearest, variants")


@dataclass(frozen=True)
class Split:
    """Samples of one seed: known, siblings of known ones, and of compositions left out whole."""

    train: np.ndarray
    siblings: np.ndarray
    left_out: np.ndarray


@dataclass(frozen=True)
class Method:
    """A way from patterns to a composition, over a map or not."""

    read: Callable[[np.ndarray], np.ndarray]
    place: Callable[[np.ndarray], np.ndarray] | None = None
    spacing: Spacing | None = None


def scaled(patterns: xr.Dataset) -> xr.Dataset:
    """Scale each pattern to a maximum of 1, as `peakscape fit` does."""
    return spectra.scale(patterns, by="maximum")


def labels(patterns: xr.Dataset) -> np.ndarray:
    """Return the amounts of Ti and Zr, shape (n_samples, 2)."""
    return np.asarray(patterns["composition"].sel(element=["Ti", "Zr"]).values)


def split(patterns: xr.Dataset, seed: int) -> Split:
    """Leave two compositions out whole, and one in eight of the others at random."""
    x, y = patterns["x"].values, patterns["y"].values
    gone = np.any([np.isclose(x, a) & np.isclose(y, b) for a, b in LEFT_OUT[seed % len(LEFT_OUT)]], axis=0)
    rest = np.random.default_rng(seed).permutation(np.flatnonzero(~gone))
    n_siblings = len(rest) // 8
    return Split(np.sort(rest[n_siblings:]), np.sort(rest[:n_siblings]), np.flatnonzero(gone))


def disturbed(patterns: xr.Dataset, atoms: list[Any], fwhm: float, seed: int) -> dict[str, np.ndarray]:
    """Draw the copies of the test patterns: one disturbance each at a fixed size, then all as in training."""

    def draw(*ranges: Disturbances) -> np.ndarray:
        parts = [diffraction.disturb(patterns, disturbances=r, random_state=1000 + seed) for r in ranges]
        return np.concatenate([scaled(part)["intensity"].values for part in parts])

    def both_ways(name: str, size: float) -> np.ndarray:
        return draw(*(replace(NONE, **{name: (s, s)}) for s in (-size, size)))

    fixed = Variations(fwhm=(fwhm, fwhm), mixing=(0, 0), zero_shift=(0, 0), march=(0.85, 0.85), background=(0, 0),
                       counts=None)  # fmt: skip
    options = {"wavelength": WAVELENGTH, "n_variants": 1, "variations": fixed, "random_state": 0}
    textured = [diffraction.vary(one, **options)["intensity"].values[0] for one in atoms]
    return {
        "zero shift of 0.005 degree": both_ways("zero_shift", 0.005),
        "zero shift of 0.02 degree": both_ways("zero_shift", 0.02),
        "displacement, 0.02 degree": both_ways("displacement", 0.02),
        "broadening by 0.1 degree": draw(replace(NONE, broadening=(0.1, 0.1))),
        "heights changed by a smooth factor, 20 %": draw(replace(NONE, modulation=(0.2, 0.2))),
        "texture (March-Dollase 0.85), not in training": np.asarray(textured),
        "background of 0.1": draw(replace(NONE, background=(0.1, 0.1))),
        "noise, 10,000 counts": draw(replace(NONE, counts=(1e4, 1e4))),
        "noise, 1,000 counts": draw(replace(NONE, counts=(1e3, 1e3))),
        "two foreign lines of 0.1": draw(replace(NONE, impurity_lines=(2, 2), impurity_height=(0.1, 0.1))),
        ALL: draw(Disturbances()),
    }


def rounds(patterns: xr.Dataset, n_rounds: int, seed: int) -> Iterator[np.ndarray]:
    """Draw variants to train on."""
    random = np.random.default_rng(seed)
    for _ in range(n_rounds):
        yield scaled(diffraction.disturb(patterns, random_state=random))["intensity"].values


def on_map(place: Callable[[np.ndarray], np.ndarray], known: np.ndarray, amounts: np.ndarray) -> Method:
    """Read compositions from a map by a Gaussian process on the clean training patterns."""
    readout = analysis.CompositionReadout(method="gaussian_process").fit(place(known), amounts)
    return Method(
        lambda X: np.median(readout.predict_members(place(X)), axis=0),
        place,
        composition_spacing(place(known), amounts),
    )


def fit_methods(train: xr.Dataset, seed: int) -> tuple[dict[str, Method], dict[str, float]]:
    """Fit every method; return them and the seconds that each took, with the share of variance lost."""
    known, amounts = train["intensity"].values, labels(train)
    stacked = np.concatenate([known.astype(np.float32), *rounds(train, N_ROUNDS_PLAIN, seed)])
    answers = np.tile(amounts, (N_ROUNDS_PLAIN + 1, 1))
    methods: dict[str, Method] = {}
    told: dict[str, float] = {}
    for name, patterns in (("PCA-2", known), ("PCA-2, variants", stacked)):
        methods[name] = on_map(PCA(2, random_state=0).fit(patterns).transform, known, amounts)
    if hasattr(maps, "ShiftMap"):
        shift_axis = np.log(np.sin(np.deg2rad(train["two_theta"].values / 2)))
        methods["ShiftMap"] = on_map(maps.ShiftMap(axis=shift_axis).fit(known).transform, known, amounts)
    for name, n_rounds in (("autoencoder", 0), ("autoencoder, variants", N_ROUNDS)):
        start = time.perf_counter()
        variants = {"variants": np.stack(list(rounds(train, n_rounds, seed)))} if n_rounds else {}
        told[f"drawing, {name}"] = time.perf_counter() - start
        space = maps.Autoencoder(n_members=N_MEMBERS, random_state=seed, device="cpu").fit(known, **variants)
        told[f"seconds, {name}"] = time.perf_counter() - start
        told[f"lost, {name}"] = space.variants_lost_
        methods[name] = on_map(space.transform, known, amounts)
    fewer, more = (BroadenedPLS(n_components=n, sigma=25.0) for n in (8, 20))
    band = FunctionTransformer(band_pass)
    nearest = default_baselines()["nearest_pattern"]
    for title, plain, wide in (
        ("PLSR", fewer, more),
        ("band pass, PLSR", make_pipeline(band, fewer), make_pipeline(band, more)),
        ("nearest", nearest, nearest),
    ):
        methods[title] = Method(clone(plain).fit(known, amounts).predict)
        methods[f"{title}, variants"] = Method(clone(wide).fit(stacked, answers).predict)
    return methods, told


def band_pass(patterns: np.ndarray) -> np.ndarray:
    """Leave out what changes over more than 100 points: the background."""
    return np.asarray(patterns - gaussian_filter1d(patterns, 100.0, axis=1, mode="nearest"))


def measure(fwhm: float, seed: int) -> tuple[pd.DataFrame, dict[str, float]]:
    """Measure one width and seed: all rows of all methods, for siblings, left-out compositions and both."""
    atoms = datasets.load_alloy_structures()
    patterns = scaled(diffraction.simulate(atoms, wavelength=WAVELENGTH, fwhm=fwhm, n_jobs=1))
    parts = split(patterns, seed)
    methods, told = fit_methods(patterns.isel(sample=parts.train), seed)
    tables = []
    for kind in ("siblings", "left_out"):
        asked = getattr(parts, kind)
        test = patterns.isel(sample=asked)
        copies = disturbed(test, [atoms[i] for i in asked], fwhm, seed)
        for name, method in methods.items():
            table = nuisance_table(
                method.read, test["intensity"].values, copies, labels(test), place=method.place, spacing=method.spacing
            )
            tables.append(table.assign(method=name, kind=kind, seed=seed, fwhm=fwhm))
    return pd.concat(tables), {"fwhm": fwhm, "seed": seed, **told}


def cells(table: pd.DataFrame, columns: tuple[str, ...], value: str, digits: int) -> str:
    """Write mean and standard deviation over the seeds as a Markdown table, disturbances down, methods across."""
    columns = tuple(name for name in columns if name in set(table.method))
    grouped = table.groupby(["disturbance", "method"], sort=False)[value].agg(["mean", "std"])
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in dict.fromkeys(table.disturbance):
        texts = []
        for column in columns:
            mean, spread = grouped.loc[(row, column)] if (row, column) in grouped.index else (np.nan, np.nan)
            texts.append(f"{mean:.{digits}f} ± {spread:.{digits}f}" if np.isfinite(mean) else "")
        lines.append(f"| {row} | {' | '.join(texts)} |")
    return "\n".join(lines)


UNIT = "Rms, atoms of Ti and Zr per formula unit."
FOLDED = '<details markdown="1">\n<summary>The table</summary>\n\n{}\n\n</details>'


def section(table: pd.DataFrame, fwhm: float) -> str:
    """Write what was found at one width."""
    here = table[table.fwhm == fwhm]
    left, near = here[here.kind == "left_out"], here[here.kind == "siblings"]
    pieces = [f"## FWHM {fwhm:g} degree"]
    for title, part in (("Siblings known", near), ("Composition left out", left)):
        wanted = part[part.disturbance != CLEAN]
        pieces += [f"### {title}: how far the point moves", "In steps between neighbouring compositions."]
        pieces += [cells(wanted, MAPS, "movement", 2)]
        pieces += [f"### {title}: change of the composition read", UNIT]
        pieces += [FOLDED.format(cells(wanted[wanted.disturbance != STEP], MAPS + PLAIN, "change", 3))]
        pieces += [f"### {title}: error of the composition read", UNIT]
        pieces += [cells(part[part.disturbance.isin([CLEAN, ALL])], MAPS + PLAIN, "rmse", 3)]
    return "\n\n".join(pieces)


def phrases(table: pd.DataFrame, wide: float, narrow: float) -> dict[str, str]:
    """Return the numbers that the head names, mean and standard deviation over the seeds."""

    def found(method: str, kind: str, row: str, value: str, fwhm: float = wide) -> str:
        there = (table.method == method) & (table.kind == kind) & (table.disturbance == row) & (table.fwhm == fwhm)
        values = table[there][value]
        return f"{values.mean():.2f} ± {values.std():.2f}"

    plain, like, zero = "autoencoder", "autoencoder, variants", "zero shift of 0.02 degree"
    shift, other = "", ""
    if "ShiftMap" in set(table.method):
        shift = f", ShiftMap {found('ShiftMap', 'left_out', ALL, 'movement')}"
        other = (
            f" ShiftMap, on patterns without any preparation, bears broadening ({found('ShiftMap', 'left_out', 'broadening by 0.1 degree', 'movement')})"
            f" and takes a zero shift of 0.02 degree for a lattice change ({found('ShiftMap', 'left_out', zero, 'movement')}), but its second coordinate runs away with"
            f" a background of 0.1 ({found('ShiftMap', 'left_out', 'background of 0.1', 'movement')} steps) and with changed heights"
            f" ({found('ShiftMap', 'left_out', 'heights changed by a smooth factor, 20 %', 'movement')}): take the background away first."
        )
    return {
        "auto_siblings": found(plain, "siblings", ALL, "movement"),
        "like_siblings": found(like, "siblings", ALL, "movement"),
        "pca_siblings": found("PCA-2", "siblings", ALL, "movement"),
        "auto_left": found(plain, "left_out", ALL, "movement"),
        "like_left": found(like, "left_out", ALL, "movement"),
        "pca_left": found("PCA-2", "left_out", ALL, "movement"),
        "shift_left": shift,
        "shift_zero": other,
        "pca_variants": found("PCA-2, variants", "left_out", ALL, "movement"),
        "like_zero_siblings": found(like, "siblings", zero, "movement"),
        "like_zero_left": found(like, "left_out", zero, "movement"),
        "auto_zero_left": found(plain, "left_out", zero, "movement"),
        "narrow_zero_left": found(like, "left_out", zero, "movement", narrow),
        "narrow_auto_zero_left": found(plain, "left_out", zero, "movement", narrow),
        "auto_error": found(plain, "left_out", ALL, "rmse"),
        "like_error": found(like, "left_out", ALL, "rmse"),
        "auto_clean": found(plain, "left_out", CLEAN, "rmse"),
        "like_clean": found(like, "left_out", CLEAN, "rmse"),
        "pls_clean": found("PLSR", "left_out", CLEAN, "rmse"),
        "pls_error": found("PLSR", "left_out", ALL, "rmse"),
        "pls_like_error": found("PLSR, variants", "left_out", ALL, "rmse"),
        "pls_like_clean": found("PLSR, variants", "left_out", CLEAN, "rmse"),
        "band_error": found("band pass, PLSR", "left_out", ALL, "rmse"),
        "band_like_error": found("band pass, PLSR, variants", "left_out", ALL, "rmse"),
    }


def main() -> None:
    """Measure all and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--fwhm", type=float, nargs="+", default=list(WIDTHS), help="narrow to wide")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "nuisance.md")
    options = parser.parse_args()
    start = time.perf_counter()
    results = [measure(fwhm, seed) for fwhm in options.fwhm for seed in range(options.seeds)]
    table, told = pd.concat([part for part, _ in results]), pd.DataFrame([facts for _, facts in results])
    ranges = ", ".join(f"{name} {value}" for name, value in asdict(Disturbances()).items())
    narrow, wide = min(options.fwhm), max(options.fwhm)
    head = HEAD.format(
        **phrases(table, wide, narrow),
        narrow=narrow,
        wide=wide,
        n_seeds=options.seeds,
        minutes=(time.perf_counter() - start) / 60,
        n_members=N_MEMBERS,
        n_rounds=N_ROUNDS,
        n_rounds_plain=N_ROUNDS_PLAIN,
        seconds=told["seconds, autoencoder"].mean(),
        drawing=told["drawing, autoencoder, variants"].mean(),
        seconds_variants=told["seconds, autoencoder, variants"].mean(),
        lost=100 * told["lost, autoencoder, variants"].mean(),
        defaults=ranges,
    )
    options.out.write_text("\n\n".join([head, *(section(table, fwhm) for fwhm in options.fwhm)]) + "\n")


if __name__ == "__main__":
    main()
