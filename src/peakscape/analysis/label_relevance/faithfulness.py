"""Which ranking of peaks to believe: the label of left-out samples from the first peaks alone, and without them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from peakscape.analysis.inputs import place_members
from peakscape.analysis.label_relevance.changes import series_changes
from peakscape.analysis.label_relevance.plain import LinearReading, choose_components, correlations
from peakscape.analysis.label_relevance.windows import Windows
from peakscape.analysis.readout.composition import CompositionReadout
from peakscape.analysis.relevance import mask_displacements
from peakscape.analysis.validation.kernel_regression import pls_answers
from peakscape.analysis.validation.splits import group_folds
from peakscape.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
MOST_FOLDS, MOST_RANKED = 8, 24
"""Folds of whole groups, and known spectra by which a map's ranking is made in each."""
RANDOM = "random"
READERS = ("pls", "map")


def rank_windows(
    space: Any,
    readout: CompositionReadout,
    spectra: Array,
    values: Array,
    groups: Indices,
    windows: Windows,
    column: int,
) -> dict[str, Array]:
    """Tell by every way how much each window matters: ways by name, each of shape (n_windows,), larger for more.

    ``label_change`` (root mean square over samples of the change of the label read from the map when the window
    becomes the mean spectrum), ``movement`` (of the point on the map, the window being emptied), ``pls_change`` (as the
    first, of partial least squares), ``vip``, ``correlation`` and ``intensity``.
    """
    few = np.unique(np.linspace(0, len(spectra) - 1, MOST_RANKED).round().astype(int))
    some = spectra[np.argsort(values, kind="stable")[few]]
    mean = spectra.mean(axis=0)
    changes = series_changes(space, readout, some, windows, column=column, fill=mean).mean(axis=0)
    moved = [mask_displacements(space, row, windows.starts, windows.stops).mean(axis=0) for row in some]
    linear = LinearReading.of(spectra, values, groups)
    return {
        "label_change": np.sqrt((changes**2).mean(axis=0)),
        "movement": np.mean(moved, axis=0),
        "pls_change": np.sqrt((linear.changes(spectra, windows, mean) ** 2).mean(axis=0)),
        "vip": linear.largest_vip(windows),
        "correlation": np.abs(correlations(spectra, values, windows)),
        "intensity": mean[windows.tops],
    }


def faithfulness(
    space: Any,
    readout: CompositionReadout,
    spectra: Array,
    labels: Array,
    windows: Windows,
    groups: Indices,
    *,
    column: int = 0,
    n_peaks: Sequence[int] = (1, 2, 4, 8),
    n_random: int = 10,
    random_state: int = 0,
) -> pd.DataFrame:
    """Read a label of left-out samples from the first peaks of each ranking alone, and from all but these.

    Each fold of groups is left out: the map is fitted and the rankings are made without it. Two readers answer for it.
    ``pls``: partial least squares, fitted anew to what is left of the spectra, for a spectrum with masks is none that
    a reader knows (S. Hooker et al., NeurIPS 2019, arXiv:1806.10758). ``map``: the map as it is, of spectra whose other
    points are the mean of the known ones.

    Parameters
    ----------
    space
        An unfitted map, or one that `sklearn.base.clone` makes unfitted.
    readout
        Unfitted, of all labels.
    spectra
        Known spectra, shape (n_samples, n_points).
    labels
        Shape (n_samples, n_labels); `column` is the one that counts.
    windows
        Of the peaks.
    groups
        What is left out together, shape (n_samples,).
    column
        Which label.
    n_peaks
        How many of the first peaks; more than there are count as all.
    n_random
        Random orders of the peaks to compare with.
    random_state
        Seed of these.

    Returns
    -------
    pandas.DataFrame
        One row a ranking, reader and number of peaks: ``ranking`` (of `rank_windows`, and ``random``), ``reader``,
        ``n_peaks``, ``alone`` and ``without`` (root mean square errors of the label over left-out samples; of
        ``random`` the root mean square over the orders), and ``alone_better``, the share of random orders that it
        beats alone, ``without_worse``, the share whose error without the peaks is smaller.

    Raises
    ------
    InputError
        If there are fewer than three groups.
    """
    values = labels[:, column]
    if len(np.unique(groups)) < 3:
        raise InputError("expected three different values of the label or more, to leave some out")
    counts = sorted({min(int(k), len(windows)) for k in n_peaks})
    chance = np.random.default_rng(random_state)
    orders = {f"{RANDOM} {k}": chance.permutation(len(windows)) for k in range(n_random)}
    errors: dict[tuple[str, str, int, str], list[Array]] = {}
    for train, test in group_folds(groups, n_folds=MOST_FOLDS, random_state=random_state):
        known, asked = spectra[train], spectra[test]
        fitted = clone(space).fit(known)
        reader = clone(readout).fit(place_members(fitted, known), labels[train])
        told = rank_windows(fitted, reader, known, values[train], groups[train], windows, column)
        every = {name: np.argsort(-much, kind="stable") for name, much in told.items()} | orders
        by_pls = _PLSReader(spectra, values, windows, train, test, groups)
        done: dict[tuple[bool, bytes], tuple[Array, Array]] = {}  # rankings often begin with the same peaks
        for (name, count, what), chosen in _parts(every, counts, len(windows)):
            background, kept = what == "without", (what == "without", chosen.tobytes())
            if kept not in done:
                seen = _kept(known, asked, windows, chosen, background=background)
                by_map = np.median(reader.predict_members(place_members(fitted, seen)), axis=0)[:, column]
                done[kept] = (by_pls.read(chosen, background=background), by_map)
            for which, read in zip(READERS, done[kept], strict=True):
                errors.setdefault((name, which, count, what), []).append(read - values[test])
    rms = {key: float(np.sqrt((np.concatenate(parts) ** 2).mean())) for key, parts in errors.items()}
    return _table(rms, n_random)


def mean_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Average what `faithfulness` found over the numbers of peaks: one row a ranking, the one to believe first.

    Returns
    -------
    pandas.DataFrame
        ``ranking`` and, by each reader, ``alone_<reader>`` and ``without_<reader>``; in the order of the error alone by
        the reader that errs less, which comes first.

    Examples
    --------
    >>> rows = [("vip", "pls", 1, 0.3, 0.5), ("vip", "pls", 2, 0.1, 0.9), ("random", "pls", 1, 0.4, 0.3)]
    >>> found = mean_errors(pd.DataFrame(rows, columns=["ranking", "reader", "n_peaks", "alone", "without"]))
    >>> found.round(2).values.tolist()
    [['vip', 0.2, 0.7], ['random', 0.4, 0.3]]
    """
    means = table.pivot_table(index="ranking", columns="reader", values=["alone", "without"])
    readers = sorted(set(table["reader"]), key=lambda reader: float(means["alone", reader].min()))
    pairs = [(what, reader) for reader in readers for what in ("alone", "without")]
    flat = pd.DataFrame({f"{what}_{reader}": means[what, reader] for what, reader in pairs})
    return flat.sort_values(f"alone_{readers[0]}", kind="stable").reset_index()


def _parts(
    orders: dict[str, Indices], counts: list[int], n_windows: int
) -> Iterator[tuple[tuple[str, int, str], Indices]]:
    """Every ranking, number of peaks and way, with the windows that are kept."""
    for name, order in orders.items():
        for count in counts:
            yield (name, count, "alone"), np.sort(order[:count])
            yield (name, count, "without"), np.sort(order[count:])


def _kept(known: Array, asked: Array, windows: Windows, chosen: Indices, *, background: bool) -> Array:
    """Spectra of which only the chosen windows are their own, and with the background what lies between all."""
    points = windows.inside(asked.shape[1], chosen)
    if background:
        points |= ~windows.inside(asked.shape[1])
    return np.where(points, asked, known.mean(axis=0))


class _PLSReader:
    """Partial least squares on windows alone, from the scalar products of each of them."""

    def __init__(
        self, spectra: Array, values: Array, windows: Windows, train: Indices, test: Indices, groups: Indices
    ) -> None:
        self.values, self.train, self.test, self.groups = values, train, test, groups
        ends = zip(windows.starts, windows.stops, strict=True)
        self.products = np.stack([spectra[:, a:b] @ spectra[:, a:b].T for a, b in ends])
        self.rest = spectra @ spectra.T - self.products.sum(axis=0)

    def read(self, chosen: Indices, *, background: bool) -> Array:
        """Read the label of the left-out samples from the chosen windows, and with what lies between all of them."""
        gram = self.products[chosen].sum(axis=0) + (self.rest if background else 0.0)
        own = np.ix_(self.train, self.train)
        count = choose_components(gram[own], self.values[self.train], self.groups[self.train])
        known = np.isin(np.arange(len(gram)), self.train)[np.newaxis]
        return np.asarray(pls_answers(gram, self.values, known, count)[0][0, -1][self.test])


def _table(rms: dict[tuple[str, str, int, str], float], n_random: int) -> pd.DataFrame:
    """One row a ranking, reader and number of peaks, beside what random orders give."""
    draws = [f"{RANDOM} {k}" for k in range(n_random)]
    keys = list(dict.fromkeys((name, reader, count) for name, reader, count, _ in rms))
    rows: list[dict[str, Any]] = []
    for name, reader, count in keys:
        told = np.array([rms[name, reader, count, what] for what in ("alone", "without")])
        by_chance = np.array([[rms[one, reader, count, what] for one in draws] for what in ("alone", "without")])
        row = {"ranking": name, "reader": reader, "n_peaks": count}
        if name not in draws:
            row |= dict(zip(("alone", "without"), told, strict=True))
            if draws:
                row |= {"alone_better": float((by_chance[0] > told[0]).mean())}
                row |= {"without_worse": float((by_chance[1] < told[1]).mean())}
            rows.append(row)
        elif name == draws[0]:
            mean = np.sqrt((by_chance**2).mean(axis=1))
            rows.append(row | {"ranking": RANDOM} | dict(zip(("alone", "without"), mean, strict=True)))
    return pd.DataFrame(rows).sort_values(["reader", "n_peaks", "alone"], kind="stable", ignore_index=True)
