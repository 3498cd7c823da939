"""The nearest of many stored spectra: in their leading components, by an index that need not look at all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape.cluster.landmarks import N_COMPONENTS, ROWS, located, recipe_of, sketched
from peakscape.cluster.regions import divided, ledger
from peakscape.cluster.sources import Source, source_of
from peakscape.errors import InputError, MissingExtra
from peakscape.preparation import Recipe

INDEX, PLACES, COMPONENTS = "index.usearch", "places.npy", "components.npz"
CANDIDATES = 4
"""So many times the neighbours wanted are taken from the index; the nearest of them by exact distances are told."""
LINKS, BREADTH_OF_BUILD, BREADTH_OF_SEARCH = 32, 128, 256
"""Of the index (hierarchical navigable small worlds, arXiv:1603.09320): what costs memory and time, and finds more."""


def index(source: str | os.PathLike[str] | Source, out: str | os.PathLike[str], *, client: Any = None) -> Path:
    """Make an index of many spectra, in which `neighbours` finds the nearest ones.

    Two passes over all spectra, region by region, for their 30 leading components (as in `fit`), kept in single
    precision: 120 bytes a spectrum. They are indexed by usearch, on one thread and in the order of the spectra.

    Parameters
    ----------
    source
        The path of stored spectra, or `SimulatedSpectra`; at least 10.
    out
        Where to write, a path that ends in .index.
    client
        Of Dask (see `connect`); None: this process.

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    InputError
        If there are too few spectra, `out` cannot be written, or an unfinished one is of another job.
    MissingExtra
        If usearch is not installed.
    """
    fresh = _usearch_index()
    spectra, target = source_of(source), Path(out)
    if target.suffix != ".index" or (target.exists() and not (target / INDEX).is_file()):
        raise InputError(f"expected a path that ends in .index, free or of an index, got {out}")
    if spectra.n_samples < 10:
        raise InputError(f"expected 10 spectra or more, got {spectra.n_samples}")
    job = {"work": "index", "source": spectra.described(), "rows": ROWS}
    with ledger(target, job) as unfinished:
        few = np.sort(np.random.default_rng(0).choice(spectra.n_samples, min(200, spectra.n_samples), False))
        recipe, regions = recipe_of("default", spectra, few), divided(spectra.n_samples, ROWS)
        whole = sketched(unfinished, spectra, recipe, regions, client)
        basis = whole.axes[:N_COMPONENTS] / np.linalg.norm(whole.axes[:N_COMPONENTS], axis=1, keepdims=True)
        places = located(unfinished, spectra, recipe, regions, whole.mean, basis, client)
        fresh.add(np.arange(len(places)), places, threads=1)
        unfinished.store.mkdir(exist_ok=True)
        fresh.save(str(unfinished.store / INDEX))
        np.save(unfinished.store / PLACES, places)
        explained = np.sum(whole.axes[:N_COMPONENTS] ** 2) / whole.total
        told = json.dumps(recipe.to_dict())
        np.savez(unfinished.store / COMPONENTS, mean=whole.mean, basis=basis, recipe=told, explained=explained)
        unfinished.finish()
    return target


def neighbours(
    path: str | os.PathLike[str], spectra: xr.Dataset, n_neighbours: int = 10
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the nearest of the spectra of an index.

    Parameters
    ----------
    path
        What `index` wrote.
    spectra
        Spectra on the axis of the indexed ones.
    n_neighbours
        How many, 1 to the number of indexed spectra.

    Returns
    -------
    numbers : ndarray of shape (n_samples, n_neighbours)
        Of the indexed spectra, from 0, the nearest first.
    distances : ndarray of shape (n_samples, n_neighbours)
        Between their 30 leading components, in the units of prepared intensity.

    Raises
    ------
    InputError
        If there is no index, or the spectra do not fit it.
    MissingExtra
        If usearch is not installed.
    """
    folder, found = Path(path), _usearch_index()
    try:
        with np.load(folder / COMPONENTS) as saved:
            mean, basis, recipe = saved["mean"], saved["basis"], Recipe.from_dict(json.loads(str(saved["recipe"])))
        places = np.load(folder / PLACES, mmap_mode="r")
        found.view(str(folder / INDEX))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(f"{path} is not an index that peakscape wrote ({type(error).__name__})") from error
    if not 1 <= n_neighbours <= len(places):
        raise InputError(f"expected 1 to {len(places)} neighbours, got {n_neighbours}")
    rows = np.asarray(recipe.apply(spectra)["intensity"].values, dtype=np.float64)
    if rows.shape[1] != len(mean):
        raise InputError(f"{path} is of spectra of {len(mean)} points, these have {rows.shape[1]}")
    asked = ((rows - mean) @ basis.T).astype(np.float32)
    n_candidates = min(len(places), max(CANDIDATES * n_neighbours, 32))
    keys = found.search(asked, n_candidates, threads=1).keys.reshape(len(asked), -1).astype(np.int64)
    apart = np.linalg.norm(places[keys].astype(np.float64) - asked[:, np.newaxis], axis=2)
    nearest = np.argsort(apart, axis=1, kind="stable")[:, :n_neighbours]
    return np.take_along_axis(keys, nearest, axis=1), np.take_along_axis(apart, nearest, axis=1)


def _usearch_index() -> Any:
    """Return an index with nothing in it."""
    try:
        from usearch.index import Index
    except ImportError as error:
        raise MissingExtra("usearch", "cluster") from error
    return Index(
        ndim=N_COMPONENTS, metric="l2sq", dtype="f32",
        connectivity=LINKS, expansion_add=BREADTH_OF_BUILD, expansion_search=BREADTH_OF_SEARCH,
    )  # fmt: skip
