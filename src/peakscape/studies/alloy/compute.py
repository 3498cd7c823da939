"""What the alloy study computes at one peak width: maps, compositions read from them, relevance, axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from ase import Atoms
from numpy.typing import NDArray

from peakscape import analysis, composition, diffraction, maps, structures
from peakscape.analysis.axes import Trajectory, gradient_directions, trajectory_shifts
from peakscape.analysis.generation import r2_per_spectrum
from peakscape.analysis.inputs import place_members
from peakscape.analysis.peaks import spearman_between_halves, strong_irrelevant
from peakscape.analysis.readout.map_readers import MapReaders
from peakscape.analysis.readout.registry import Method
from peakscape.analysis.relevance import Relevance, mask_displacements
from peakscape.analysis.validation.regressors import default_baselines
from peakscape.analysis.validation.splits import leave_group_out, random_splits
from peakscape.structures.deformation import Change

Array = NDArray[np.float64]
READOUTS: tuple[Method, ...] = ("triangle", "delaunay", "neighbors", "gaussian_process", "plane")
MAPS = ("autoencoder", "autoencoder_sharp", "paper_network", "pca", "shift", "shift_labels")
BASELINES = ("pls_registered", "pls_broadened", "pls_broader", "nearest_pattern", "mean")
QUICK = ("pls_broadened", "nearest_pattern", "mean")
BROADER = 50.0  # points: standard deviation of "pls_broader", twice that of "pls_broadened"
MIXING_NOISE = 0.1  # of the shift map that knows labels, where it generates
# Utimula et al. 2022, Table II: the errors that the paper prints, worst first.
PAPER_TABLE_2 = (1.43e-1, 3.59e-3, 9.85e-4, 9.31e-4, 1.85e-4, 7.39e-5, 4.80e-5, 1.03e-5, 4.26e-6, 1.20e-6)
# The composition of the pattern in the paper's Fig. 5, (x, y).
PAPER_FIGURE_5 = (1.5, 0.0)
N_STEPS = 9  # points along each artificial change
ORDER = ("Sm", "Zr", "Fe", "Ti")  # elements in the order in which the paper writes them


@dataclass(frozen=True)
class Settings:
    """What the alloy study computes; the defaults are the published ones.

    Attributes
    ----------
    wavelength
        In angstrom (the paper's).
    two_theta
        First and last angle and step, in degree.
    fwhm
        Peak widths told apart, in degree; the last one is the one of the figures.
    n_members, n_epochs
        Size and training of each ensemble.
    smoothing
        What the encoder of the map "autoencoder" sees the patterns through: standard deviation of a Gaussian in
        degree; "autoencoder_sharp" is the same without.
    n_splits
        Random 90/10 splits of the full evaluation.
    every
        Take every such structure only (for quick looks and tests).
    seed
        Seed of the split and of the networks.
    """

    wavelength: float = 0.496
    two_theta: tuple[float, float, float] = (1.0, 119.99, 0.01)
    fwhm: tuple[float, ...] = (0.05, 0.15)
    n_members: int = 10
    n_epochs: int = 1000
    smoothing: float = 0.1
    n_splits: int = 20
    every: int = 1
    seed: int = 0

    @property
    def main_fwhm(self) -> float:
        """Width of the figures and of the top level of the summary."""
        return self.fwhm[-1]

    @property
    def shift_axis(self) -> Array:
        """Logarithm of q, up to a constant, of the points of a pattern."""
        first, last, step = self.two_theta
        two_theta = first + step * np.arange(round((last - first) / step) + 1)
        return np.asarray(np.log(np.sin(np.radians(two_theta / 2.0))))


@dataclass(frozen=True)
class Width:
    """The patterns of one peak width (degree): the paper's cells, the second Zr series, and the 90/10 split."""

    fwhm: float
    patterns: xr.Dataset
    second: xr.Dataset
    train: NDArray[np.intp]
    test: NDArray[np.intp]

    @property
    def intensity(self) -> Array:
        """All patterns, shape (n_samples, n_points)."""
        return np.asarray(self.patterns["intensity"].values)

    @property
    def amounts(self) -> Array:
        """All compositions, shape (n_samples, n_elements)."""
        return np.asarray(self.patterns["composition"].values)


def formulas(patterns: xr.Dataset, amounts: Array | None = None) -> list[str]:
    """Write compositions (those of the patterns, or given ones of the same elements) in the paper's order."""
    elements = [str(element) for element in patterns["element"].values]
    order = sorted(range(len(elements)), key=lambda column: ORDER.index(elements[column]))
    names = [elements[column] for column in order]
    rows = patterns["composition"].values if amounts is None else amounts
    return [composition.formula_from_array(row[order], names) for row in rows]


def simulate(atoms: list[Atoms], settings: Settings, fwhm: float) -> xr.Dataset:
    """Compute the patterns of structures with the settings of the study."""
    made = diffraction.simulate(
        atoms, wavelength=settings.wavelength, two_theta=settings.two_theta, fwhm=fwhm, n_jobs=-1
    )
    return made


def one_split(n_samples: int, settings: Settings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw the one 90/10 split of the study, indices of training and test samples."""
    [(train, test)] = random_splits(n_samples, n_splits=1, test_size=0.1, random_state=settings.seed)
    return train, test


def fit_map(name: str, intensity: Array, labels: Array, settings: Settings, *, seed: int) -> Any:
    """Fit one of `MAPS` on patterns of shape (n_samples, n_points); "shift_labels" alone looks at the labels."""
    if name == "pca":
        return maps.PCA().fit(intensity)
    if name == "shift":
        return maps.ShiftMap(axis=settings.shift_axis).fit(intensity)
    if name == "shift_labels":
        space = maps.ShiftMap(axis=settings.shift_axis, component="labels", noise=MIXING_NOISE)
        return space.fit(intensity, labels)
    return maps.Autoencoder(
        recipe="paper" if name == "paper_network" else "residual",
        smoothing=settings.smoothing / settings.two_theta[2] if name == "autoencoder" else 0.0,
        n_members=settings.n_members,
        n_epochs=settings.n_epochs,
        random_state=seed,
    ).fit(intensity)


def fit_maps(intensity: Array, labels: Array, settings: Settings, *, seed: int) -> dict[str, Any]:
    """Fit all of `MAPS` on patterns of shape (n_samples, n_points), with amounts of shape (n_samples, n_elements)."""
    return {name: fit_map(name, intensity, labels, settings, seed=seed) for name in MAPS}


class Readers:
    """Every way to read a composition from a pattern, fitted once on known patterns and amounts.

    Each map with each readout, one single network of the paper's recipe, and baselines that need no map.
    """

    def __init__(
        self,
        spaces: dict[str, Any],
        known: Array,
        amounts: Array,
        settings: Settings,
        baselines: Sequence[str] = BASELINES,
    ) -> None:
        self.by_map = MapReaders(spaces, known, amounts, methods=READOUTS)
        self._network = spaces.get("paper_network")
        if self._network is not None:
            points = self._network.transform_members(known)[0]
            self._single = analysis.CompositionReadout().fit(points, amounts)
        plain = default_baselines()
        plain["pls_registered"] = maps.RegisteredPLS(axis=settings.shift_axis)
        plain["pls_broader"] = default_baselines(sigma=BROADER)["pls_broadened"]
        self._plain = {name: plain[name].fit(known, amounts) for name in baselines}

    def read(self, asked: Array) -> dict[str, Array]:
        """Return the amounts of patterns (n_samples, n_points) by each method, shape (n_samples, n_elements)."""
        found = self.by_map.read(asked)
        if self._network is not None:
            found["paper_single_triangle"] = self._single.predict_members(self._network.transform_members(asked)[0])[0]
        return found | {name: np.asarray(method.predict(asked)) for name, method in self._plain.items()}


def score(estimates: dict[str, Array], true: Array) -> dict[str, dict[str, float]]:
    """Score each method by eq. (3) of the paper: worst, mean and median over the test samples, share above 5e-3."""
    errors = {name: composition.squared_error(estimated, true) for name, estimated in estimates.items()}
    return {
        name: {
            "worst": float(error.max()),
            "mean": float(error.mean()),
            "median": float(np.median(error)),
            "share_above_5e-3": float((error > 5e-3).mean()),
        }
        for name, error in errors.items()
    }


def left_out_rmse(estimates: dict[str, Array], patterns: xr.Dataset) -> dict[str, dict[str, float]]:
    """Return by method the rms error in Ti (samples with y = 0) and Zr (y > 0), compositions left out whole.

    `estimates` hold all samples, shape (n_samples, n_elements), NaN where one was never left out; atoms per formula
    unit.
    """
    elements = [str(element) for element in patterns["element"].values]
    true = patterns["composition"].values
    ti, zr = elements.index("Ti"), elements.index("Zr")
    with_zr = true[:, zr] > 0
    squares = {name: (estimated - true) ** 2 for name, estimated in estimates.items()}
    return {
        name: {
            "rmse_ti": float(np.sqrt(np.nanmean(square[~with_zr, ti]))),
            "rmse_zr": float(np.sqrt(np.nanmean(square[with_zr, zr]))),
        }
        for name, square in squares.items()
    }


def reconstruction(width: Width, spaces: dict[str, Any]) -> dict[str, Any]:
    """Score how well the test patterns come back, by each map: R2 of each pattern, plain and about the mean pattern."""
    true, mean = width.intensity[width.test], width.intensity[width.train].mean(axis=0)
    scores: dict[str, Any] = {}
    for name, space in spaces.items():
        rebuilt = analysis.reconstruct(space, true)
        for kind, about in (("r2", None), ("r2_about_mean", mean)):
            r2 = r2_per_spectrum(true, rebuilt, about=about)
            scores.setdefault(name, {}).update(
                {f"{kind}_median": float(np.median(r2)), f"{kind}_worst": float(r2.min())}
            )
    return {**scores["autoencoder"], "maps": scores}


def table_2(width: Width, estimates: dict[str, Array]) -> pd.DataFrame:
    """List the worst ten test samples of the autoencoder with the paper's triangle rule, others' errors beside."""
    true, main = width.amounts[width.test], "autoencoder_triangle"
    errors = {name: composition.squared_error(values, true) for name, values in estimates.items()}
    worst = np.argsort(-errors[main], kind="stable")[:10]
    columns = {
        "Delaunay": "autoencoder_delaunay", "paper's network": "paper_single_triangle", "PCA-2": "pca_triangle",
        "PLSR, broadened": "pls_broadened", "nearest pattern": "nearest_pattern",
    }  # fmt: skip
    told = {
        "true composition": formulas(width.patterns, true[worst]),
        "estimated": formulas(width.patterns, estimates[main][worst]),
        "error": errors[main][worst],
        "paper's, same rank": PAPER_TABLE_2[: len(worst)],
    }
    return pd.DataFrame(told | {title: errors[name][worst] for title, name in columns.items()})


def leave_composition_out(patterns: xr.Dataset, settings: Settings) -> dict[str, dict[str, float]]:
    """Leave each whole composition out, with PCA and the plain methods that are done in a moment."""
    intensity, amounts = patterns["intensity"].values, patterns["composition"].values
    estimates: dict[str, Array] = {}
    for left in leave_group_out(amounts):
        known = intensity[left.train], amounts[left.train]
        spaces = {"pca": fit_map("pca", *known, settings, seed=settings.seed)}
        for name, values in Readers(spaces, *known, settings, baselines=QUICK).read(intensity[left.test]).items():
            estimates.setdefault(name, np.full(amounts.shape, np.nan))[left.test] = values
    return left_out_rmse(estimates, patterns)


def confounder(width: Width, readers: Readers) -> dict[str, dict[str, float]]:
    """Read Ti and Zr of the Zr series on a Ti pattern that no map saw: rms errors of each method.

    A map that learned the one Ti pattern of the training series instead of Zr fails here.
    """
    elements = [str(element) for element in width.patterns["element"].values]
    true = width.second["composition"].reindex(element=elements, fill_value=0.0).values
    scores = {}
    for name, values in readers.read(width.second["intensity"].values).items():
        rms = np.sqrt(((values - true) ** 2).mean(axis=0))
        scores[name] = {f"rmse_{e.lower()}": float(rms[elements.index(e)]) for e in ("Ti", "Zr")}
    return scores


def explore(width: Width, space: Any, atoms: list[Atoms], settings: Settings) -> dict[str, Any]:
    """Ask the main map which peaks matter and what its axes mean."""
    x, y = width.patterns["x"].values[width.test], width.patterns["y"].values[width.test]
    fitting = np.flatnonzero(np.isclose(x, PAPER_FIGURE_5[0]) & np.isclose(y, PAPER_FIGURE_5[1]))
    sample = int(width.test[fitting[0] if len(fitting) else 0])  # of the paper's composition if the test part has one
    scan, ranking, scores = relevance(width, space, atoms[sample], sample, settings)
    paths, correlations, directions = axes(width, space, atoms, settings)
    meaning = {
        "correlations": correlations.to_dict("records"),
        "directions": directions.to_dict("records"),
        "shift_per_unit": {name: path.shift_per_unit for name, path in paths.items()},
    }
    return {
        "sample": sample, "scan": scan, "ranking": ranking, "paths": paths, "correlations": correlations,
        "directions": directions, "summary": {"relevance": scores, "axes": meaning},
    }  # fmt: skip


def relevance(
    width: Width, space: Any, atoms: Atoms, sample: int, settings: Settings
) -> tuple[Relevance, pd.DataFrame, dict[str, Any]]:
    """Scan all windows of one pattern, rank its peaks by whole-peak masks with indices, and sum up.

    ``strong_irrelevant`` lists peaks of which the statement holds for the upper end of the error bar.
    """
    spectrum = width.patterns["intensity"][sample]
    known = place_members(space, width.intensity[width.train])
    scan = analysis.relevance(space, spectrum, width=max(0.03, 1.5 * settings.two_theta[2]), known=known)
    labelled = diffraction.label_peaks(
        analysis.rank_peaks(space, spectrum, mask="peak"), structures.parent_cell(atoms),
        wavelength=settings.wavelength, tolerance=max(0.05, 0.5 * width.fwhm),
    )  # fmt: skip
    moved = mask_displacements(space, spectrum.values, labelled["start"], labelled["stop"])
    columns = ["two_theta", "intensity", "relevance", "relevance_error", "hkl", "cell"]
    scores = {
        "sample": str(width.patterns["name"].values[sample]),
        "n_peaks": len(labelled),
        "spearman_between_halves": spearman_between_halves(moved, random_state=settings.seed),
        "spearman_intensity": float(labelled["intensity"].corr(labelled["relevance"], method="spearman")),
        "strong_irrelevant": strong_irrelevant(labelled)[columns].to_dict("records"),
    }
    return scan, labelled, scores


def axes(
    width: Width, space: Any, atoms: list[Atoms], settings: Settings
) -> tuple[dict[str, Trajectory], pd.DataFrame, pd.DataFrame]:
    """Follow artificial changes over the map and correlate its axes with lattice and composition."""
    start = next(a for a in atoms if np.isclose(a.info["x"], 1.0) and np.isclose(a.info["y"], 0.0))
    paths = {
        name: trajectory_shifts(space, simulate(steps, settings, width.fwhm)["intensity"].values, values)
        for name, (steps, values) in _artificial_changes(start).items()
    }
    lattice = structures.lattice_parameters(atoms)
    quantities: dict[str, Any] = {"a": lattice["a"], "c": lattice["c"], "c/a": lattice["c_over_a"]}
    quantities |= {"volume": lattice["volume"]}
    quantities |= {"Ti": [one.info["x"] for one in atoms], "Zr": [one.info["y"] for one in atoms]}
    points = space.transform(width.intensity)
    correlations = analysis.axis_correlations(points, quantities, random_state=settings.seed)
    return paths, correlations, gradient_directions(points, quantities)


def _artificial_changes(atoms: Atoms) -> dict[str, tuple[list[Atoms], NDArray[Any]]]:
    """Change one thing at a time: c/a, the volume, and at a frozen lattice Ti for Fe on 8i and Zr for Sm."""
    series: dict[str, tuple[list[Atoms], NDArray[Any]]] = {}
    changes: tuple[tuple[Change, float], ...] = (("c/a", 0.5), ("volume", 1.0))  # percent: about the series' range
    for name, reach in changes:
        values = np.linspace(-reach, reach, N_STEPS)
        series[name] = (structures.axial_series(atoms, change=name, values=values), values)
    for old, new, site in (("Fe", "Ti", "8i"), ("Sm", "Zr", "2a")):
        places = [i for i in range(len(atoms)) if atoms.symbols[i] == old and atoms.arrays["site"][i] == site]
        steps = [atoms.copy()]
        for place in places[: max(1, len(places) // 2)]:
            steps.append(steps[-1].copy())
            steps[-1].symbols[place] = new
        series[f"{old} to {new}, frozen lattice"] = (steps, np.arange(len(steps)) / atoms.info["formula_units"])
    return series
