"""Other people's tools beside ours on the same mixtures, in one run: errors and times of docs/mixtures.md.

Needs an environment of its own beside the package (xraylarch is 2 GB):

    pip install xraylarch==2026.3.1 pyMCR==0.5.1 diffpy.stretched-nmf==0.2.1
    PEAKSCAPE_DATA=../shared/data python -m benchmarks.mixture_peers [edges] [blind]

Known parts: measured edges of chromium and arsenic standards, mixed with offsets, leaking beam and noise. Blind: powder
patterns of three phases, with and without cells of their own in every mixture.
"""

import contextlib
import io
import logging
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
from scipy.ndimage import shift as moved_by
from scipy.optimize import linear_sum_assignment, nnls
from sklearn.decomposition import NMF, non_negative_factorization
from threadpoolctl import threadpool_limits

from benchmarks.mixtures import edge_of, mixed_edges
from peakscape import datasets, structures
from peakscape.analysis import BlindParts, Unmix
from peakscape.diffraction import simulate

N_EDGES, N_SERIES, N_PATTERNS = 20, 3, 15
PHASES = ("anatase", "zincite", "calcite")
STRETCHED_ROUNDS = 10
"""Of diffpy's stretched NMF, which takes two seconds a round; on the first series only."""
LARGEST_STRETCH = 0.002
Array = np.ndarray


def larch_fits(parts: Array, grid: Array, every: bool) -> Callable[[Array], Array]:
    """Larch's linear combination fit, one energy offset for all; of all parts, or the best of all combinations."""
    from larch import Group
    from larch.math.lincombo_fitting import lincombo_fit, lincombo_fitall

    groups = [Group(energy=grid, norm=row, filename=str(k)) for k, row in enumerate(parts)]
    options = {"sum_to_one": False, "vary_e0": True, "arrayname": "norm"}

    def fit(row: Array) -> Array:
        told = Group(energy=grid, norm=row, filename="unknown")
        low, high = [0.0] * len(parts), [2.0] * len(parts)
        with contextlib.redirect_stdout(io.StringIO()):
            if every:
                found = lincombo_fitall(told, groups, minvals=low, maxvals=high, max_ncomps=3, **options)
                best = min(found, key=lambda one: one.redchi)
            else:
                best = lincombo_fit(told, groups, minvals=low, maxvals=high, **options)
        amounts = np.array([best.weights.get(str(k), 0.0) for k in range(len(parts))])
        return amounts / max(amounts.sum(), 1e-9)

    return fit


def edges() -> None:
    grids = {"chromium": np.arange(5960.0, 6080.0, 0.3), "arsenic": np.arange(11840.0, 11960.0, 0.3)}
    for element, grid in grids.items():
        data = datasets.load_measured(element)
        kept, firsts = np.unique(data["compound"].values.astype(str), return_index=True)
        parts = np.array([np.interp(grid, *edge_of(data.isel(sample=k))) for k in firsts])
        ours = Unmix(axis=grid, max_shift=0.6, max_parts=3, saturation="leakage").fit(parts, list(kept))
        plain = Unmix(axis=grid, max_shift=0.6, max_parts=3).fit(parts, list(kept))

        def by_nmf(row: Array, parts: Array = parts) -> Array:
            start = {"W": np.full((1, len(parts)), 0.2), "H": np.maximum(parts, 0.0), "init": "custom"}
            amounts = non_negative_factorization(
                np.maximum(row, 0.0)[None], n_components=len(parts), update_H=False, max_iter=2000, **start
            )[0][0]
            return amounts / amounts.sum()

        def by_nnls(row: Array, parts: Array = parts) -> Array:
            amounts = nnls(parts.T, row)[0]
            return amounts / amounts.sum()

        methods = {
            "scipy NNLS": by_nnls,
            "scikit-learn NMF, parts held": by_nmf,
            "Larch, all references": larch_fits(parts, grid, every=False),
            "Larch, best of all combinations": larch_fits(parts, grid, every=True),
            "Unmix, shifts only": lambda row, one=plain: one.explain(row).fractions,
            'Unmix, saturation="leakage"': lambda row, one=ours: one.explain(row).fractions,
        }
        rng = np.random.default_rng(0)
        mixed = [mixed_edges(parts, grid, rng) for _ in range(N_EDGES)]
        print(
            f"\n{element}: {N_EDGES} mixtures of {len(parts)} references\n"
            "| method | rms error | ms each |\n|---|---|---|"
        )
        for name, fit in methods.items():
            begin = time.process_time()
            errors = [fit(row) - truth for row, truth in mixed]
            each = 1e3 * (time.process_time() - begin) / len(mixed)
            print(f"| {name} | {np.sqrt(np.mean(np.square(errors))):.3f} | {each:.1f} |", flush=True)


def blind_series(rng: np.random.Generator, stretch: float) -> tuple[Array, Array, Array, Array]:
    """Patterns on an axis on which a change of all cell lengths is a translation; noise of 1 % of the maximum."""
    pure = simulate([structures.phase(name) for name in PHASES], wavelength=1.5406, two_theta=(20, 60, 0.05), fwhm=0.25)
    q = 4 * np.pi * np.sin(np.deg2rad(pure["two_theta"].values / 2)) / 1.5406
    axis = np.linspace(np.log(q[0]), np.log(q[-1]), 500)
    parts = np.array([np.interp(axis, np.log(q), row / row.max()) for row in pure["intensity"].values])
    truth = rng.dirichlet(np.full(3, 0.7), N_PATTERNS)
    moves = rng.uniform(-stretch, stretch, truth.shape) / (axis[1] - axis[0])
    moved = np.array([[moved_by(part, by, order=3) for part, by in zip(parts, row, strict=True)] for row in moves])
    mixed = np.einsum("sk,skn->sn", truth, moved)
    return axis, parts, truth, np.maximum(mixed + rng.normal(0, 0.01, mixed.shape), 0.0)


def least_alike(mixed: Array) -> Array:
    """Three spectra of the series to begin with, each the one that those before explain least."""
    chosen = [int(np.argmax(np.linalg.norm(mixed - mixed.mean(axis=0), axis=1)))]
    while len(chosen) < 3:
        basis = np.linalg.qr(mixed[chosen].T)[0]
        chosen.append(int(np.argmax(np.linalg.norm(mixed - (mixed @ basis) @ basis.T, axis=1))))
    return mixed[chosen]


def by_mcr(mixed: Array) -> tuple[Array, Array]:
    from pymcr.mcr import McrAR
    from pymcr.regressors import NNLS

    logging.getLogger("pymcr").setLevel(logging.ERROR)
    tool = McrAR(c_regr=NNLS(), st_regr=NNLS(), c_constraints=[], st_constraints=[], max_iter=200, tol_increase=1.0)
    tool.fit(mixed, ST=least_alike(mixed))
    return tool.ST_opt_, tool.C_opt_


def by_stretched(mixed: Array, axis: Array) -> tuple[Array, Array]:
    """It stretches about the first point of an even axis; resampled to q from 0, so that a cell's change is that."""
    from diffpy.stretched_nmf.snmf_class import SNMFOptimizer

    q = np.linspace(0.0, np.exp(axis[-1]), 600)
    seen = q >= np.exp(axis[0])
    rows = np.zeros((len(mixed), len(q)))
    rows[:, seen] = [np.interp(np.log(q[seen]), axis, row) for row in mixed]
    tool = SNMFOptimizer(n_components=3, rho=1e3, eta=0.0, max_iter=STRETCHED_ROUNDS, random_state=0)
    with contextlib.redirect_stdout(io.StringIO()):
        tool.fit(rows.T)
    parts = np.array([np.interp(np.exp(axis), q, row) for row in tool.components_.T])
    return parts, tool.weights_.T


def judged(parts: Array, found: Array, truth: Array, amounts: Array, reach: int) -> tuple[float, float]:
    """Least cosine of a part with the true one, moved as suits it; rms error of shares with each part's best scale."""
    unit = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    size = np.linalg.norm(found, axis=1, keepdims=True)
    found = found / np.maximum(size, 1e-300)
    cosines = np.max([unit @ np.roll(found, by, axis=1).T for by in range(-reach, reach + 1)], axis=0)
    order = linear_sum_assignment(-cosines)[1]
    matched = (amounts * size.T)[:, order]
    scale = [truth[:, k] @ matched[:, k] / max(float(matched[:, k] @ matched[:, k]), 1e-300) for k in range(3)]
    shares = matched * scale
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    return float(cosines[np.arange(3), order].min()), float(np.sqrt(np.mean((shares - truth) ** 2)))


def blind() -> None:
    for stretch in (0.0, LARGEST_STRETCH):
        told: dict[str, list[tuple[float, float, float]]] = {}
        for seed in range(N_SERIES):
            axis, parts, truth, mixed = blind_series(np.random.default_rng(seed), stretch)

            def ours(reach: float, mixed: Array = mixed, axis: Array = axis) -> tuple[Array, Array]:
                one = BlindParts(3, axis=axis, max_shift=reach, max_rounds=100).fit(mixed)
                return one.parts_, one.amounts_

            def by_nmf(mixed: Array = mixed) -> tuple[Array, Array]:
                tool = NMF(3, init="nndsvda", max_iter=2000)
                amounts = tool.fit_transform(mixed)
                return tool.components_, amounts

            methods = {
                "scikit-learn NMF": by_nmf,
                "pyMCR, NNLS both ways": lambda mixed=mixed: by_mcr(mixed),
                "diffpy stretched NMF, first series": lambda mixed=mixed, axis=axis: by_stretched(mixed, axis),
                "BlindParts": lambda: ours(0.0),
                "BlindParts, max_shift=0.004": lambda: ours(0.004),
            }
            if seed:
                methods.pop("diffpy stretched NMF, first series")
            for name, fit in methods.items():
                begin = time.process_time()
                found, amounts = fit()
                seconds = time.process_time() - begin
                told.setdefault(name, []).append((*judged(parts, found, truth, amounts, 4), seconds))
        print(f"\nblind, {N_SERIES} series of {N_PATTERNS} patterns, cells off by up to {100 * stretch:g} %")
        print("| method | cosine of the worst part, median (least) | rms of shares, median (largest) | s a series |")
        print("|---|---|---|---|")
        for name, rows in told.items():
            cosine, error, seconds = np.array(rows).T
            print(f"| {name} | {np.median(cosine):.3f} ({cosine.min():.3f})", end=" | ")
            print(f"{np.median(error):.3f} ({error.max():.3f}) | {np.median(seconds):.2f} |", flush=True)


WORK = {"edges": edges, "blind": blind}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        for work in sys.argv[1:] or list(WORK):
            WORK[work]()
