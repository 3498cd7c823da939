"""Whether a spectrum is foreign, and why: p-values, the rules, remarks as codes with words."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.analysis.novelty.explanation import Explanation
from peakscape.analysis.peaks import find_peaks
from peakscape.errors import OutsideMapError

_LEAST_HEIGHT = 0.02  # of an unexplained peak, relative to the spectrum's highest
_FAR = 3.0  # known spacings on the map beyond which a place is called far away


def conformal_p_value(scores: ArrayLike, known: ArrayLike) -> NDArray[np.float64]:
    """Return the share of known scores that are at least as large, corrected for their finite number.

    (1 + number of known scores >= score) / (1 + number of known scores): among exchangeable samples at most a share p
    has a value of p or less.

    Parameters
    ----------
    scores
        Shape (n_samples,).
    known
        Shape (n_known,).

    Examples
    --------
    >>> conformal_p_value([0.5, 9.0], [0.1, 0.2, 0.6]).tolist()
    [0.5, 0.25]
    """
    new, old = np.asarray(scores, dtype=np.float64), np.sort(np.asarray(known, dtype=np.float64))
    n_above = len(old) - np.searchsorted(old, new, side="left")
    return np.asarray((1.0 + n_above) / (1.0 + len(old)))


@dataclass(frozen=True)
class NoveltyReport:
    """What `Novelty.assess` found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a spectrum: ``unexplained`` (share of the variance that remains), ``ratio`` (to the median left-out
        known sample), ``p_value``, ``foreign``, ``unexplained_intensity`` (share of the peaks' area that remains),
        ``reconstruction_error`` (share of the variance that the map's answer alone leaves; NaN where it gives none),
        ``mismatch`` (that the most similar known spectrum alone leaves), ``nearest`` (its number), ``shift`` (how far
        it was moved), ``map_distance`` (to the nearest known point, in known spacings), ``map_p_value``.
    left : ndarray of shape (n_samples, n_points)
        The unexplained part, peaks at the resolution of the comparison: negative where expected intensity is missing.
    peaks : pandas.DataFrame
        Its peaks, the strongest of each spectrum first: ``sample``, ``position``, ``height`` (relative to the highest
        peak of the spectrum) and ``share`` (of the area of all its peaks).
    words : list of str
        One sentence a spectrum.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.decomposition import PCA
    >>> from peakscape.analysis import Novelty
    >>> axis = np.arange(200.0)
    >>> known = np.exp(-(((axis - 100 - np.arange(8.0)[:, None]) / 5) ** 2))
    >>> Novelty().fit(PCA(2).fit(known), known).assess(known[3:4]).words
    ['known: 100 % of the intensity is explained']
    """

    table: pd.DataFrame
    left: NDArray[np.float64]
    peaks: pd.DataFrame
    words: list[str]

    def require_known(self) -> None:
        """Raise OutsideMapError if a spectrum is foreign, with the words about the strangest.

        Examples
        --------
        >>> table = pd.DataFrame({"foreign": [True], "unexplained": [0.7]})
        >>> NoveltyReport(table, np.zeros((1, 2)), pd.DataFrame(), ["unlike anything"]).require_known()
        Traceback (most recent call last):
        ...
        peakscape.errors.OutsideMapError: spectrum 0 is unlike anything
        """
        foreign = self.table[self.table["foreign"]]
        if len(foreign):
            worst = int(foreign["unexplained"].to_numpy().argmax())
            number = int(foreign.index[worst])
            raise OutsideMapError(f"spectrum {number} is {self.words[number]}")


def unexplained_peaks(found: Explanation, positions: NDArray[np.float64]) -> pd.DataFrame:
    """List the peaks of what is left of each spectrum.

    Parameters
    ----------
    found
        The explanation of n_samples spectra.
    positions
        The axis, shape (n_points,).

    Returns
    -------
    pandas.DataFrame
        See `NoveltyReport`.

    Examples
    --------
    >>> seen = np.array([[0.0, 2.0, 0.0, 1.0, 0.0]])
    >>> left = np.array([[0.0, 0.0, 0.0, 1.0, 0.0]])
    >>> found = Explanation(seen, left, np.ones(1), np.ones(1), np.ones(1), np.zeros(1, dtype=int), np.zeros(1))
    >>> unexplained_peaks(found, np.arange(5.0)).round(3).values.tolist()
    [[0.0, 3.0, 0.5, 0.333]]
    """
    rows: list[dict[str, float]] = []
    for sample, (seen, left) in enumerate(zip(found.seen, np.maximum(found.left, 0.0), strict=True)):
        top, area = float(seen.max()), float(np.maximum(seen, 0.0).sum())
        if left.max() <= 0 or top <= 0:
            continue
        peaks = find_peaks(left, axis=positions, min_height=0.05)
        heights = peaks["intensity"].to_numpy() / top
        for row in np.argsort(-heights, kind="stable"):
            if heights[row] >= _LEAST_HEIGHT:
                part = left[int(peaks["start"].iloc[row]) : int(peaks["stop"].iloc[row])]
                place = float(positions[int(peaks["index"].iloc[row])])
                rows.append({"sample": sample, "position": place, "height": heights[row], "share": part.sum() / area})
    table = pd.DataFrame(rows, columns=["sample", "position", "height", "share"])
    return table.astype({"sample": np.intp})


def words_of(table: pd.DataFrame, peaks: pd.DataFrame, unit: str) -> list[str]:
    """Say one sentence about each spectrum of `NoveltyReport.table`.

    Examples
    --------
    >>> row = {"foreign": False, "unexplained_intensity": 0.01, "map_distance": 0.5, "p_value": 0.4, "ratio": 1.0}
    >>> words_of(pd.DataFrame([row]), pd.DataFrame({"sample": [], "position": []}), "degree")
    ['known: 99 % of the intensity is explained']
    """
    rows = table.to_dict("records")
    return [_sentence(row, peaks[peaks["sample"] == number], unit) for number, row in enumerate(rows)]


def _sentence(row: Mapping[Hashable, float], peaks: pd.DataFrame, unit: str) -> str:
    share = row["unexplained_intensity"]
    if row["foreign"]:
        much = f"{100 * share:.0f} % of the intensity"
        if share < 0.005:  # no peaks, as a constant or a slope has none
            much = f"{100 * row['unexplained']:.0f} % of the variance"
        text = f"unlike anything this map knows: {much} is not explained"
        if len(peaks):
            text += f", strongest unexplained peak at {peaks['position'].iloc[0]:.1f} {unit}".rstrip()
        return text
    explained = f"{100 * (1 - share):.0f} % of the intensity is explained"
    if np.isinf(row["map_distance"]):
        return f"{explained}, but not at the one point of the map where the known spectra lie on one another"
    if row["map_distance"] > _FAR:
        return f"{explained}, but {row['map_distance']:.1f} known spacings away from the nearest known point of the map"
    return f"known: {explained}"
