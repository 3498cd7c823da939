"""The parts of the alloy study at one width: numbers out, nothing drawn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from ase import Atoms
from numpy.typing import NDArray

from peakscape import analysis, composition, diffraction, spectra, structures
from peakscape.structures.deformation import Change
from peakscape.studies import methods
from peakscape.studies.left_out import formula_of, write_formula
from peakscape.studies.methods import Settings

# Utimula et al. 2022, Table II: the errors that the paper prints, worst first.
PAPER_TABLE_2 = (1.43e-1, 3.59e-3, 9.85e-4, 9.31e-4, 1.85e-4, 7.39e-5, 4.80e-5, 1.03e-5, 4.26e-6, 1.20e-6)
# The composition of the pattern in the paper's Fig. 5, (x, y).
PAPER_FIGURE_5 = (1.5, 0.0)
N_STEPS = 9  # points along each artificial change


@dataclass(frozen=True)
class Width:
    """All spectra and maps of one peak width.

    Attributes
    ----------
    fwhm
        In degree.
    patterns
        The 150 patterns of the paper's cells.
    second
        Patterns of the Zr series on the second Ti pattern.
    train, test
        Indices of the 90/10 split.
    spaces
        Name to map, fitted on the training part.
    """

    fwhm: float
    patterns: xr.Dataset
    second: xr.Dataset
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    spaces: dict[str, Any]

    @property
    def intensity(self) -> NDArray[np.float64]:
        """All patterns, shape (n_samples, n_points)."""
        return np.asarray(self.patterns["intensity"].values)

    @property
    def amounts(self) -> NDArray[np.float64]:
        """All compositions, shape (n_samples, n_elements)."""
        return np.asarray(self.patterns["composition"].values)

    def formulas(self) -> list[str]:
        """Write each composition as a formula, ``n_samples`` texts."""
        known: dict[bytes, str] = {}
        for sample, amounts in enumerate(self.amounts):
            if amounts.tobytes() not in known:
                known[amounts.tobytes()] = formula_of(self.patterns, sample)
        return [known[amounts.tobytes()] for amounts in self.amounts]


def simulate(atoms: list[Atoms], settings: Settings, fwhm: float) -> xr.Dataset:
    """Compute the patterns of structures with the settings of the study."""
    patterns: xr.Dataset = diffraction.simulate(
        atoms, wavelength=settings.wavelength, two_theta=settings.two_theta, fwhm=fwhm, n_jobs=-1
    )
    return patterns


def reconstruction(width: Width) -> dict[str, Any]:
    """Score how well the test patterns come back, by each map: R2 of each pattern, plain and about the mean pattern."""
    true, mean = width.intensity[width.test], width.intensity[width.train].mean(axis=0)
    scores: dict[str, Any] = {}
    for name, space in width.spaces.items():
        rebuilt = analysis.reconstruct(space, true)
        plain = analysis.r2_per_spectrum(true, rebuilt)
        strict = analysis.r2_per_spectrum(true, rebuilt, about=mean)
        scores[name] = {
            "r2_median": float(np.median(plain)),
            "r2_worst": float(plain.min()),
            "r2_about_mean_median": float(np.median(strict)),
            "r2_about_mean_worst": float(strict.min()),
        }
    return {**scores["autoencoder"], "maps": scores}


def table_2(width: Width, estimates: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    """List the worst ten test samples of the autoencoder with the paper's triangle rule, others' errors beside."""
    true = width.amounts[width.test]
    errors = {name: composition.squared_error(values, true) for name, values in estimates.items()}
    elements = [str(element) for element in width.patterns["element"].values]
    main = "autoencoder_triangle"
    order = np.argsort(-errors[main], kind="stable")[:10]
    rows = []
    for rank, sample in enumerate(order):
        rows.append(
            {
                "true composition": write_formula(true[sample], elements),
                "estimated": write_formula(estimates[main][sample], elements),
                "error": float(errors[main][sample]),
                "paper's, same rank": PAPER_TABLE_2[rank],
                "Delaunay": float(errors["autoencoder_delaunay"][sample]),
                "paper's network": float(errors["paper_single_triangle"][sample]),
                "PCA-2": float(errors["pca_triangle"][sample]),
                "PLSR, broadened": float(errors["pls_broadened"][sample]),
                "nearest pattern": float(errors["nearest_pattern"][sample]),
            }
        )
    return pd.DataFrame(rows)


QUICK = ("pls_broadened", "nearest_pattern", "mean")


def leave_composition_out(patterns: xr.Dataset, settings: Settings) -> dict[str, dict[str, float]]:
    """Leave each whole composition out, with PCA and the plain methods that are done in a moment."""
    intensity = patterns["intensity"].values
    estimates: dict[str, NDArray[np.float64]] = {}
    for left in analysis.leave_group_out(patterns["composition"].values):
        spaces = {"pca": methods.fit_map("pca", intensity[left.train], settings, seed=settings.seed)}
        for name, values in methods.estimate(
            spaces, patterns, left.train, left.test, settings, baselines=QUICK
        ).items():
            estimates.setdefault(name, np.full(patterns["composition"].shape, np.nan))[left.test] = values
    return methods.scores_by_method(methods.left_out_rmse(estimates, patterns))


def confounder(width: Width, settings: Settings) -> dict[str, dict[str, float]]:
    """Read Ti and Zr of the Zr series on a Ti pattern that no map saw: rms errors of each method.

    A map that learned the one Ti pattern of the training series instead of Zr fails here.
    """
    both = spectra.concatenate([width.patterns, width.second])
    n_known = width.patterns.sizes["sample"]
    test = np.arange(n_known, n_known + width.second.sizes["sample"])
    estimates = methods.estimate(width.spaces, both, width.train, test, settings)
    elements = [str(element) for element in both["element"].values]
    scores = {}
    for name, values in estimates.items():
        rms = np.sqrt(((values - both["composition"].values[test]) ** 2).mean(axis=0))
        scores[name] = {f"rmse_{e.lower()}": float(rms[elements.index(e)]) for e in ("Ti", "Zr")}
    return scores


def figure_5_sample(width: Width) -> int:
    """Choose the test sample for the relevance figure: of the paper's composition if the test part has one."""
    x, y = width.patterns["x"].values[width.test], width.patterns["y"].values[width.test]
    fitting = np.flatnonzero(np.isclose(x, PAPER_FIGURE_5[0]) & np.isclose(y, PAPER_FIGURE_5[1]))
    return int(width.test[fitting[0] if len(fitting) else 0])


def relevance(
    width: Width, atoms: Atoms, sample: int, settings: Settings
) -> tuple[analysis.Relevance, pd.DataFrame, dict[str, Any]]:
    """Scan all windows of one pattern, rank its peaks by whole-peak masks with indices, and sum up.

    Returns
    -------
    scan : Relevance
        Every window of the paper's 0.03 degree.
    ranking : DataFrame
        One row a peak, with hkl and the cell they refer to.
    scores : dict
        ``spearman_between_halves``, ``n_peaks`` and ``strong_irrelevant``, the list whose statement holds for the
        upper end of the error bar.
    """
    space, spectrum = width.spaces["autoencoder"], width.patterns["intensity"][sample]
    known = analysis.place_members(space, width.intensity[width.train])
    scan = analysis.relevance(space, spectrum, width=max(0.03, 1.5 * settings.two_theta[2]), known=known)
    ranking = analysis.rank_peaks(space, spectrum, mask="peak")
    cell = structures.parent_cell(atoms)
    labelled = diffraction.label_peaks(
        ranking, cell, wavelength=settings.wavelength, tolerance=max(0.05, 0.5 * width.fwhm)
    )
    moved = analysis.mask_displacements(space, spectrum.values, labelled["start"], labelled["stop"])
    strong = analysis.strong_irrelevant(labelled)
    columns = ["two_theta", "intensity", "relevance", "relevance_error", "hkl", "cell"]
    scores = {
        "sample": str(width.patterns["name"].values[sample]),
        "n_peaks": len(labelled),
        "spearman_between_halves": analysis.spearman_between_halves(moved, random_state=settings.seed),
        "spearman_intensity": float(labelled["intensity"].corr(labelled["relevance"], method="spearman")),
        "strong_irrelevant": strong[columns].to_dict("records"),
    }
    return scan, labelled, scores


def artificial_changes(atoms: Atoms, settings: Settings, fwhm: float) -> dict[str, tuple[xr.Dataset, NDArray[Any]]]:
    """Make patterns of one structure while one thing at a time is changed.

    c/a at constant volume, volume at constant c/a, and single sites at a frozen lattice: Ti for Fe on 8i, Zr for Sm.
    """
    series: dict[str, tuple[list[Atoms], NDArray[Any]]] = {}
    changes: tuple[tuple[Change, float], ...] = (("c/a", 0.5), ("volume", 1.0))  # percent: about the series' range
    for name, reach in changes:
        values = np.linspace(-reach, reach, N_STEPS)
        series[name] = (structures.axial_series(atoms, change=name, values=values), values)
    for old, new, site in (("Fe", "Ti", "8i"), ("Sm", "Zr", "2a")):
        steps = _single_site_changes(atoms, old, new, site)
        series[f"{old} to {new}, frozen lattice"] = (steps, np.arange(len(steps)) / atoms.info["formula_units"])
    return {name: (simulate(steps, settings, fwhm), values) for name, (steps, values) in series.items()}


def _single_site_changes(atoms: Atoms, old: str, new: str, site: str) -> list[Atoms]:
    """Replace the first, then the second ... up to half of the atoms of a species on a site, nothing relaxed."""
    places = [i for i in range(len(atoms)) if atoms.symbols[i] == old and atoms.arrays["site"][i] == site]
    steps = [atoms.copy()]
    for place in places[: max(1, len(places) // 2)]:
        fresh = steps[-1].copy()
        fresh.symbols[place] = new
        steps.append(fresh)
    return steps


def axes(
    width: Width, atoms: list[Atoms], settings: Settings
) -> tuple[dict[str, analysis.Trajectory], pd.DataFrame, pd.DataFrame]:
    """Follow artificial changes over the map and correlate its axes with lattice and composition.

    Returns
    -------
    paths : dict
        Change to its trajectory.
    correlations, directions : DataFrame
        Tables of `axis_correlations` and `gradient_directions`.
    """
    space = width.spaces["autoencoder"]
    start = next(a for a in atoms if np.isclose(a.info["x"], 1.0) and np.isclose(a.info["y"], 0.0))
    changes = artificial_changes(start, settings, width.fwhm)
    paths = {
        name: analysis.trajectory_shifts(space, patterns["intensity"].values, values)
        for name, (patterns, values) in changes.items()
    }
    lattice = structures.lattice_parameters(atoms)
    quantities: dict[str, Any] = {
        "a": lattice["a"],
        "c": lattice["c"],
        "c/a": lattice["c_over_a"],
        "volume": lattice["volume"],
        "Ti": [a.info["x"] for a in atoms],
        "Zr": [a.info["y"] for a in atoms],
    }
    coordinates = space.transform(width.intensity)
    correlations = analysis.axis_correlations(coordinates, quantities, random_state=settings.seed)
    return paths, correlations, analysis.gradient_directions(coordinates, quantities)
