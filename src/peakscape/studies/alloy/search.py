"""The choice of the network, repeated: hidden layers, mini-batch and epochs, each over ten samples of the patterns.

The paper chooses 3 hidden layers, mini-batches of 10 and 1,000 epochs by the mean error over ten samples (Utimula et
al. 2022, doi:10.1002/adts.202200613, section II). Which values it tried it does not say.
"""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import t as student

from peakscape import analysis, composition, maps
from peakscape.analysis.validation.splits import random_splits
from peakscape.errors import CollapseWarning
from peakscape.studies.alloy.compute import Array, Settings
from peakscape.studies.alloy.evaluation import fingerprint
from peakscape.studies.runner import Run, side_by_side

LAYERS = {1: (128,), 2: (128, 12), 3: (128, 64, 12), 4: (128, 64, 32, 12), 5: (128, 96, 64, 32, 12)}
"""Units of the hidden layers; those of three are the paper's, the others keep its first and last."""
PAPER = (3, 10, 1000)
"""Hidden layers, mini-batch and epochs of the paper."""


@dataclass(frozen=True)
class Grid:
    """What is varied: numbers of hidden layers, sizes of mini-batches, epochs; and over how many samples each."""

    layers: tuple[int, ...] = (1, 2, 3, 4, 5)
    batches: tuple[int, ...] = (5, 10, 20, 40)
    epochs: tuple[int, ...] = (300, 1000, 3000)
    n_samples: int = 10


def search(study: Run, patterns: dict[float, xr.Dataset], settings: Settings, grid: Grid) -> dict[str, Any]:
    """Try every network at every width (degree): width as text to what `summarize` tells.

    What one number of layers gave with one mini-batch is kept in ``search/``, so that a stopped run goes on where it
    was.
    """
    found = {}
    for fwhm, dataset in patterns.items():
        key = f"{fingerprint(dataset, settings)} {grid.epochs} {grid.n_samples}"
        rows = []
        for n_layers, batch in product(grid.layers, grid.batches):
            name = f"search/{fwhm:g}-{n_layers}-{batch}"
            compute = partial(_try_epochs, (n_layers, batch), dataset, settings, grid)
            step = f"FWHM {fwhm:g} degree, {n_layers} hidden layers, mini-batches of {batch}"
            rows += study.kept(name, key, compute, step=step)["rows"]
        found[f"{fwhm:g}"] = summarize(pd.DataFrame(rows))
    return found


def _try_epochs(network: tuple[int, int], patterns: xr.Dataset, settings: Settings, grid: Grid) -> dict[str, Any]:
    """Train one number of layers with one mini-batch, for all epochs and samples, on all cores."""
    intensity, amounts = patterns["intensity"].values, patterns["composition"].values
    splits = list(random_splits(len(intensity), n_splits=grid.n_samples, test_size=0.1, random_state=settings.seed))
    tasks = {
        f"{epochs}, {number}": partial(
            _try_one, (*network, epochs), number, splits[number], intensity, amounts, settings
        )
        for epochs, number in product(sorted(grid.epochs, reverse=True), range(grid.n_samples))  # the longest first
    }
    return {"rows": list(side_by_side(tasks, expected=CollapseWarning).values())}


def _try_one(
    choice: tuple[int, int, int],
    number: int,
    split: tuple[NDArray[np.intp], NDArray[np.intp]],
    intensity: Array,
    amounts: Array,
    settings: Settings,
) -> dict[str, Any]:
    """Train one network of the paper's recipe on a sample of the patterns, and err on what was held back."""
    (n_layers, batch, epochs), (train, test) = choice, split
    space = maps.Autoencoder(
        recipe="paper", hidden=LAYERS[n_layers], n_members=1, n_epochs=epochs, batch_size=batch, device="cpu",
        random_state=settings.seed + number,
    ).fit(intensity[train])  # fmt: skip
    true, about = intensity[test], intensity[train].mean(axis=0)
    rebuilt = analysis.reconstruct(space, true)
    readout = analysis.CompositionReadout().fit(space.transform_members(intensity[train]), amounts[train])
    read = np.median(readout.predict_members(space.transform_members(true)), axis=0)
    return {
        "layers": n_layers,
        "batch": batch,
        "epochs": epochs,
        "sample": number,
        "n_train": len(train),
        "n_test": len(test),
        "left_out": float(((true - rebuilt) ** 2).sum() / ((true - about) ** 2).sum()),
        "trained": float(space.losses_[0] / ((intensity[train] - about) ** 2).mean() * space.scale_**2),
        "composition": float(composition.squared_error(read, amounts[test]).mean()),
        "collapsed": bool(space.collapsed_[0]),
    }


def summarize(rows: pd.DataFrame) -> dict[str, Any]:
    """Rank the networks by the mean left-out error, and tell which the samples cannot tell from the best.

    Two networks are compared on the same samples. Their differences are tested by Student's t with the variance of
    Nadeau and Bengio (2003), doi:10.1023/A:1024068626366, for samples overlap; of several comparisons each counts as
    one of them (Holm 1979, doi:10.2307/4615733).

    Returns
    -------
    dict
        ``networks``: a record each, the best first, with mean and standard deviation of the errors over the samples,
        the mean difference to the best and its p-value; ``best`` and ``paper``: hidden layers, mini-batch and epochs;
        ``paper_rank``, ``paper_among_best``, ``n_among_best``, ``scatter`` (median standard deviation over samples) and
        ``range`` of the means of those among the best.

    Examples
    --------
    >>> constant = {"batch": 10, "epochs": 1000, "n_train": 90, "n_test": 10, "trained": 0.0, "composition": 0.0}
    >>> tried = [{"layers": n, "sample": k, "left_out": 0.1 * n + 0.01 * k} for n in (2, 3) for k in range(2)]
    >>> rows = [constant | one | {"collapsed": False} for one in tried]
    >>> found = summarize(pd.DataFrame(rows))
    >>> found["best"], found["paper_rank"]
    ([2, 10, 1000], 2)
    """
    names = ["layers", "batch", "epochs"]
    errors = rows.pivot_table(index="sample", columns=names, values="left_out")
    order = errors.mean().sort_values(kind="stable").index
    best = errors[order[0]]
    overlap = float((rows["n_test"] / rows["n_train"]).iloc[0])
    table = pd.DataFrame([_row(errors[choice], best, rows, choice, overlap) for choice in order])
    table["p_value"] = _holm(table["p_value"].to_numpy())
    table["among_best"] = table["p_value"] > 0.05
    paper = table[[*names]].eq(list(PAPER)).all(axis=1)
    among = table[table["among_best"]]
    return {
        "networks": table.to_dict("records"),
        "best": [int(number) for number in order[0]],
        "paper": list(PAPER),
        "paper_rank": int(np.flatnonzero(paper)[0]) + 1 if paper.any() else None,
        "paper_among_best": bool(table.loc[paper, "among_best"].any()),
        "n_networks": len(table),
        "n_among_best": int(table["among_best"].sum()),
        "scatter": float(table["std"].median()),
        "range": [float(among["left_out"].min()), float(among["left_out"].max())],
    }


def _row(errors: pd.Series, best: pd.Series, rows: pd.DataFrame, choice: Any, overlap: float) -> dict[str, Any]:
    """One network: its errors over the samples, and how they differ from the best one's."""
    own = rows[(rows[["layers", "batch", "epochs"]] == list(choice)).all(axis=1)]
    apart = (errors - best).to_numpy()
    n_samples, spread = len(apart), float(apart.std(ddof=1))
    p_value = 1.0
    if spread > 0:
        statistic = apart.mean() / (spread * np.sqrt(1.0 / n_samples + overlap))
        p_value = float(2.0 * student.sf(abs(statistic), n_samples - 1))
    return {
        **dict(zip(("layers", "batch", "epochs"), (int(number) for number in choice), strict=True)),
        "left_out": float(errors.mean()),
        "std": float(errors.std(ddof=1)),
        "worst": float(errors.max()),
        "trained": float(own["trained"].mean()),
        "composition": float(own["composition"].mean()),
        "collapsed": int(own["collapsed"].sum()),
        "difference": float(apart.mean()),
        "p_value": p_value,
    }


def _holm(p_values: Array) -> Array:
    """Correct p-values for being several."""
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    corrected = np.empty_like(p_values)
    corrected[order] = np.minimum(raised, 1.0)
    return corrected
