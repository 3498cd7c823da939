"""Every way to read a composition from a pattern, run on one split of the samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from peakscape import analysis, composition, maps
from peakscape.analysis.readout.registry import Method

READOUTS: tuple[Method, ...] = ("triangle", "delaunay", "neighbors", "gaussian_process", "plane")
MAPS = ("autoencoder", "autoencoder_sharp", "paper_network", "pca", "shift", "shift_labels")
BASELINES = ("pls_registered", "pls_broadened", "pls_broader", "nearest_pattern", "mean")
BROADER = 50.0  # points: standard deviation of "pls_broader", twice that of "pls_broadened"
MIXING_NOISE = 0.1  # of the shift map that knows labels, where it generates


@dataclass(frozen=True)
class Settings:
    """What a study computes; the defaults are the published ones.

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
    def shift_axis(self) -> NDArray[np.float64]:
        """Logarithm of q, up to a constant, of the points of a pattern."""
        first, last, step = self.two_theta
        two_theta = first + step * np.arange(round((last - first) / step) + 1)
        return np.asarray(np.log(np.sin(np.radians(two_theta / 2.0))))


def fit_map(
    name: str,
    intensity: NDArray[np.float64],
    settings: Settings,
    *,
    seed: int,
    labels: NDArray[np.float64] | None = None,
) -> Any:
    """Fit one of MAPS on patterns of shape (n_samples, n_points); "shift_labels" alone looks at the labels."""
    if name == "pca":
        return maps.PCA().fit(intensity)
    if name == "shift":
        return maps.ShiftMap(axis=settings.shift_axis).fit(intensity)
    if name == "shift_labels":
        space = maps.ShiftMap(axis=settings.shift_axis, component="labels", noise=MIXING_NOISE)
        return space.fit(intensity, labels)
    network = maps.Autoencoder(
        recipe="paper" if name == "paper_network" else "residual",
        smoothing=settings.smoothing / settings.two_theta[2] if name == "autoencoder" else 0.0,
        n_members=settings.n_members,
        n_epochs=settings.n_epochs,
        random_state=seed,
    )
    return network.fit(intensity)


def fit_maps(
    intensity: NDArray[np.float64], labels: NDArray[np.float64], settings: Settings, *, seed: int
) -> dict[str, Any]:
    """Fit all of MAPS on patterns of shape (n_samples, n_points), with amounts of shape (n_samples, n_elements)."""
    return {name: fit_map(name, intensity, settings, seed=seed, labels=labels) for name in MAPS}


def one_split(n_samples: int, settings: Settings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw the one 90/10 split of the study, indices of training and test samples."""
    [(train, test)] = analysis.random_splits(n_samples, n_splits=1, test_size=0.1, random_state=settings.seed)
    return train, test


def plain_methods(settings: Settings, names: Sequence[str] = BASELINES) -> dict[str, Any]:
    """Return those of the BASELINES, unfitted."""
    from_one = analysis.default_baselines()
    every = {
        "pls_registered": maps.RegisteredPLS(axis=settings.shift_axis),
        "pls_broadened": from_one["pls_broadened"],
        "pls_broader": analysis.default_baselines(sigma=BROADER)["pls_broadened"],
        "nearest_pattern": from_one["nearest_pattern"],
        "mean": from_one["mean"],
    }
    return {name: every[name] for name in names}


def estimate(
    spaces: dict[str, Any],
    patterns: xr.Dataset,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    settings: Settings,
    *,
    baselines: Sequence[str] = BASELINES,
) -> dict[str, NDArray[np.float64]]:
    """Estimate the compositions of the test samples by every method.

    Parameters
    ----------
    spaces
        Maps fitted on the training samples.
    patterns
        All samples.
    train, test
        Indices of the samples known and asked for.
    settings
        For the baselines that need an axis.
    baselines
        Those of BASELINES to run.

    Returns
    -------
    dict
        Method to estimated amounts, shape (n_test, n_elements): each map with each readout (one readout a member, the
        median over members), one single network of the paper's recipe, and the baselines that need no map.
    """
    intensity, amounts = patterns["intensity"].values, patterns["composition"].values
    known, asked, answers = intensity[train], intensity[test], amounts[train]
    estimates: dict[str, NDArray[np.float64]] = {}
    for name, space in spaces.items():
        here, there = analysis.place_members(space, known), analysis.place_members(space, asked)
        for method in READOUTS:
            readout = analysis.CompositionReadout(method=method).fit(here, answers)
            estimates[f"{name}_{method}"] = np.median(readout.predict_members(there), axis=0)
        if name == "paper_network":
            single = analysis.CompositionReadout().fit(space.transform_members(known)[0], answers)
            estimates["paper_single_triangle"] = single.predict_members(space.transform_members(asked)[0])[0]
    for name, method in plain_methods(settings, baselines).items():
        estimates[name] = np.asarray(method.fit(known, answers).predict(asked))
    return estimates


def outside_triangles(
    spaces: dict[str, Any], intensity: NDArray[np.float64], train: NDArray[np.intp], test: NDArray[np.intp]
) -> dict[str, float]:
    """Return the share of test samples that lie in no triangle of known points, by map; they get the nearest value."""
    shares = {}
    for name, space in spaces.items():
        points = analysis.place_members(space, intensity[train])
        readout = analysis.CompositionReadout().fit(points, np.zeros(len(train)))
        shares[name] = float(readout.outside(analysis.place_members(space, intensity[test])).mean())
    return shares


def score(estimates: dict[str, NDArray[np.float64]], true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """Score each method by eq. (3) of the paper: worst, mean and median over the test samples, share above 5e-3."""
    scores = {}
    for name, estimated in estimates.items():
        errors = composition.squared_error(estimated, true)
        scores[name] = {
            "worst": float(errors.max()),
            "mean": float(errors.mean()),
            "median": float(np.median(errors)),
            "share_above_5e-3": float((errors > 5e-3).mean()),
        }
    return scores


def left_out_rmse(estimates: dict[str, NDArray[np.float64]], patterns: xr.Dataset) -> pd.DataFrame:
    """Return the root mean square error in Ti and Zr over samples whose whole composition was left out.

    Parameters
    ----------
    estimates
        Method to amounts of all samples, shape (n_samples, n_elements); NaN where a sample was never left out.
    patterns
        All samples.

    Returns
    -------
    DataFrame
        Columns ``method``, ``rmse_ti`` (over samples with y = 0) and ``rmse_zr`` (over samples with y > 0), in atoms
        per formula unit.
    """
    elements = [str(element) for element in patterns["element"].values]
    true = patterns["composition"].values
    ti, zr = elements.index("Ti"), elements.index("Zr")
    with_zr = true[:, zr] > 0
    rows = []
    for name, estimated in estimates.items():
        difference = estimated - true
        rows.append(
            {
                "method": name,
                "rmse_ti": float(np.sqrt(np.nanmean(difference[~with_zr, ti] ** 2))),
                "rmse_zr": float(np.sqrt(np.nanmean(difference[with_zr, zr] ** 2))),
            }
        )
    return pd.DataFrame(rows)


def scores_by_method(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Turn a table with a column ``method`` into method to its numbers."""
    rows = table.to_dict("records")
    return {str(row["method"]): {str(k): float(v) for k, v in row.items() if k != "method"} for row in rows}
