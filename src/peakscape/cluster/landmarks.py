"""Feature spaces of more spectra than a map can be fitted to: of landmarks that stand for the rest, and how well."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sklearn.base import clone

from peakscape import spectra as containers
from peakscape.cluster.regions import Ledger, Region, divided, ledger
from peakscape.cluster.sketch import MORE, Sketch, merged, sketch
from peakscape.cluster.sources import Source, source_of
from peakscape.errors import InputError
from peakscape.feature_space import FeatureSpace
from peakscape.feature_space.grouping import MOST_KNOWN
from peakscape.preparation import Recipe

Array = NDArray[np.float64]
ROWS = 1024
N_COMPONENTS = 30
"""Components in which samples are compared: more than a map has, far fewer than points."""
LOOKED_AT = 100_000
"""Landmarks are chosen among at most so many samples, drawn at random."""
TESTED = 256
"""So many of the rest are placed, to measure what is read of them."""


def fit(
    source: str | os.PathLike[str] | Source,
    out: str | os.PathLike[str],
    label: str | list[str] | None = None,
    *,
    space: FeatureSpace | None = None,
    n_landmarks: int = 1000,
    client: Any = None,
) -> FeatureSpace:
    """Fit a feature space to landmarks of many spectra, save it, and measure how well they stand for the rest.

    Two passes over all spectra, region by region: their 30 leading components, and where each lies along them. There
    landmarks are chosen so that those far from all chosen ones are the likeliest next (k-means++, Arthur and
    Vassilvitskii 2007). The rest is placed on the frozen map by `place`.

    Parameters
    ----------
    source
        The path of stored spectra, or `SimulatedSpectra`.
    out
        Where the space is saved.
    label
        As for `FeatureSpace.fit`.
    space
        Not fitted, with the map and preparation that are wanted; its ``random_state`` chooses the landmarks too. None:
        ``FeatureSpace()``.
    n_landmarks
        How many spectra the space is fitted to.
    client
        Of Dask (see `connect`); None: this process.

    Returns
    -------
    FeatureSpace
        With ``provenance_["landmarks"]``: ``n_samples``, ``n_landmarks``, ``explained`` (share of the variance of all
        spectra within the components), ``distance_median``, ``distance_95`` and ``distance_max`` of the others from the
        nearest landmark, in typical distances between neighbouring landmarks, and for each numeric label that was not
        fitted ``rmse``, ``coverage`` and ``n`` over 256 of the others, drawn at random.

    Raises
    ------
    InputError
        If there are no more spectra than landmarks, or anything cannot be used.
    """
    spectra = source_of(source)
    if not 10 <= n_landmarks < min(spectra.n_samples, MOST_KNOWN + 1):
        raise InputError(
            f"expected 10 to {MOST_KNOWN} landmarks, and fewer than the {spectra.n_samples} spectra, got {n_landmarks};"
            " for few spectra FeatureSpace.fit is the way"
        )
    space = FeatureSpace() if space is None else clone(space)
    job = {"work": "fit", "source": spectra.described(), "rows": ROWS, "space": repr(space.get_params())}
    random = np.random.default_rng(space.random_state)
    with ledger(out, job) as unfinished:
        recipe = recipe_of(
            space.preparation, spectra, np.sort(random.choice(spectra.n_samples, min(200, spectra.n_samples), False))
        )
        regions = divided(spectra.n_samples, ROWS)
        whole = sketched(unfinished, spectra, recipe, regions, client)
        basis = whole.axes[:N_COMPONENTS] / np.linalg.norm(whole.axes[:N_COMPONENTS], axis=1, keepdims=True)
        places = located(unfinished, spectra, recipe, regions, whole.mean, basis, client)
        looked_at = np.sort(random.choice(len(places), min(LOOKED_AT, len(places)), False))
        chosen = np.sort(looked_at[_scattered(places[looked_at], n_landmarks, random)])
        space.fit(_rows(spectra, chosen), label)
        others = np.setdiff1d(looked_at, chosen)
        told: dict[str, float] = {"n_samples": len(places), "n_landmarks": n_landmarks}
        told["explained"] = float(np.sum(whole.axes[:N_COMPONENTS] ** 2) / whole.total)
        told |= _distances(places[chosen], places[others])
        tested = np.sort(random.choice(others, min(TESTED, len(others)), False))
        space.provenance_ = space.provenance_ | {"landmarks": told | _read(space, _rows(spectra, tested))}
        space.save(unfinished.store)
        unfinished.finish()
    return space


def recipe_of(preparation: str, spectra: Source, some: NDArray[np.intp]) -> Recipe:
    """Return the preparation, learned from a few, for the comparison of all."""
    few = _rows(spectra, some)
    recipe = Recipe.default(few) if preparation == "default" else Recipe.from_text(preparation)
    return recipe.fit(few)


def _rows(spectra: Source, numbers: NDArray[np.intp]) -> xr.Dataset:
    """Single samples, read region by region."""
    parts = []
    for region in divided(spectra.n_samples, ROWS):
        inside = numbers[(numbers >= region.first) & (numbers < region.stop)]
        if len(inside):
            parts.append(spectra.read(region.first, region.stop).isel(sample=inside - region.first))
    return parts[0] if len(parts) == 1 else containers.concatenate(parts)


def sketched(unfinished: Ledger, spectra: Source, recipe: Recipe, regions: list[Region], client: Any) -> Sketch:
    """Return the leading components of all samples, sketched region by region."""
    work = partial(_sketch_region, spectra, recipe.to_dict(), unfinished.folder)
    unfinished.run(work, regions, stage="sketched", client=client, text="finding components")
    rank = N_COMPONENTS + MORE
    return merged((_sketch_at(unfinished.folder, region) for region in regions), rank)


def _sketch_at(folder: Path, region: Region) -> Sketch:
    with np.load(folder / f"sketch-{region.number}.npz") as saved:
        return Sketch(int(saved["n_rows"]), saved["mean"], saved["axes"], float(saved["total"]))


def _prepared(spectra: Source, recipe: dict[str, Any], region: Region) -> Array:
    rows = Recipe.from_dict(recipe).apply(spectra.read(region.first, region.stop))
    return np.asarray(rows["intensity"].values, dtype=np.float64)


def _sketch_region(spectra: Source, recipe: dict[str, Any], folder: Path, region: Region) -> None:
    one = sketch(_prepared(spectra, recipe, region), N_COMPONENTS + MORE)
    np.savez(folder / f"sketch-{region.number}.npz", n_rows=one.n_rows, mean=one.mean, axes=one.axes, total=one.total)


def located(
    unfinished: Ledger, spectra: Source, recipe: Recipe, regions: list[Region], mean: Array, basis: Array, client: Any
) -> NDArray[np.float32]:
    """Return where every sample lies along the components, (n_samples, n_components)."""
    work = partial(_locate_region, spectra, recipe.to_dict(), mean, basis, unfinished.folder)
    unfinished.run(work, regions, stage="located", client=client, text="locating samples")
    parts = [np.load(unfinished.folder / f"place-{region.number}.npy") for region in regions]
    return np.concatenate(parts)


def _locate_region(
    spectra: Source, recipe: dict[str, Any], mean: Array, basis: Array, folder: Path, region: Region
) -> None:
    places = (_prepared(spectra, recipe, region) - mean) @ basis.T
    np.save(folder / f"place-{region.number}.npy", places.astype(np.float32))


def _scattered(places: NDArray[np.float32], n_chosen: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Choose samples by k-means++: each next one with a chance that grows with the square of its distance."""
    chosen = np.empty(n_chosen, dtype=np.intp)
    chosen[0] = random.integers(len(places))
    squares = np.sum((places - places[chosen[0]]) ** 2, axis=1, dtype=np.float64)
    for number in range(1, n_chosen):
        total = np.cumsum(squares)
        if total[-1] <= 0:  # all the rest are repeats of chosen ones
            rest = np.setdiff1d(np.arange(len(places)), chosen[:number])
            chosen[number:] = random.choice(rest, n_chosen - number, replace=False)
            break
        chosen[number] = min(int(np.searchsorted(total, random.random() * total[-1], side="right")), len(places) - 1)
        fresh = np.sum((places - places[chosen[number]]) ** 2, axis=1, dtype=np.float64)
        squares = np.minimum(squares, fresh)
    return np.unique(chosen)


def _distances(landmarks: NDArray[np.float32], others: NDArray[np.float32]) -> dict[str, float]:
    """How far the others lie from the nearest landmark, in typical distances between neighbouring landmarks."""
    tree = cKDTree(landmarks)
    spacing = max(float(np.median(tree.query(landmarks, k=2)[0][:, 1])), np.finfo(np.float32).tiny)
    far = tree.query(others)[0] / spacing
    return {
        "distance_median": float(np.median(far)),
        "distance_95": float(np.quantile(far, 0.95)),
        "distance_max": float(far.max()),
    }


def _read(space: FeatureSpace, rows: xr.Dataset) -> dict[str, Any]:
    """What the space errs on samples that it was not fitted to."""
    if not space.label_readouts_:
        return {}
    found = space.place(rows)
    told = {}
    for name, readout in space.label_readouts_.items():
        if readout.label.is_composition:
            continue
        truth = np.asarray(rows[name].values, dtype=np.float64)
        inside = (truth >= found[f"{name}_lower"].values) & (truth <= found[f"{name}_upper"].values)
        told[name] = {
            "rmse": float(np.sqrt(np.mean((found[name].values - truth) ** 2))),
            "coverage": float(inside.mean()),
            "n": len(truth),
        }
    return told
