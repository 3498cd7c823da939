"""Whether a spectrum is foreign, and why: p-values, the rules, remarks as codes with words."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import OutsideMapError

Array = NDArray[np.float64]
SMALL_SHARE, LARGE_SHARE = 0.02, 0.5
"""A pattern of which less of the variance remains is never called foreign, however well the known ones agree; one of
which more remains always is, however odd they are."""
TYPICAL, BEYOND_TYPICAL, BEYOND_MEDIAN = 0.8, 1.5, 3.0
"""What remains of the typical left-out sample: this quantile, so that a few odd ones do not count. More than so many
times that, and than so many times the median, is foreign."""
NOISY = 0.5
"""Share of the variance made by noise from which a pattern is too noisy to be judged by what remains of it."""
KNOWN, FOREIGN, FAR, COLLAPSED, TOO_NOISY = "known", "foreign", "far_on_map", "collapsed_map", "too_noisy"
"""Codes of remarks: explained; not explained; explained but far from known points; the map has one known point only; as
noisy as to tell nothing."""
NO_NOVELTY = "no_novelty"
"""Code of the remark that novelty could not be calibrated."""
UNLIKE = "unlike_known"
"""Code of the remark that the nearest known spectrum is farther than known groups are from one another."""
_FAR = 3.0  # known spacings on the map beyond which a place is called far away


@dataclass(frozen=True)
class Remark:
    """What is to be said of one spectrum.

    Attributes
    ----------
    code : str
        What it is about, for programs: one of `KNOWN`, `FOREIGN`, `FAR`, `COLLAPSED`, `TOO_NOISY`, `UNLIKE`.
    text : str
        The same in words, for people.
    """

    code: str
    text: str


@dataclass(frozen=True)
class NoveltyReport:
    """What `Novelty.assess` found.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a spectrum: ``unexplained`` (share of the variance that remains, noise taken off), ``ratio`` (to the
        median left-out known sample), ``p_value``, ``foreign``, ``noise`` (share of the variance that noise makes),
        ``unexplained_intensity`` (share of the peaks' area that remains),
        ``reconstruction_error`` (share of the variance that the map's answer alone leaves; NaN where it gives none),
        ``mismatch`` (that the most similar known spectrum alone leaves), ``nearest`` (its number), ``shift`` (how far
        it was moved), ``map_distance`` (to the nearest known point, in known spacings), ``map_p_value``, ``outside``
        (explained, and foreign only because it lies so far outside the known points).
    left : ndarray of shape (n_samples, n_points)
        The unexplained part, peaks at the resolution of the comparison: negative where expected intensity is missing.
    peaks : pandas.DataFrame
        Its peaks, the strongest of each spectrum first: ``sample``, ``position``, ``height`` (relative to the highest
        peak of the spectrum) and ``share`` (of the area of all its peaks).
    words : list of str
        One sentence a spectrum.
    codes : list of str
        What each sentence says: "known", "foreign", "too_noisy", "far_on_map" (explained, but far from all known
        points) or "collapsed_map" (explained, but not at the one point where all known spectra lie).

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from peakscape.analysis import Novelty
    >>> axis = np.arange(200.0)
    >>> known = np.exp(-(((axis - 100 - np.arange(8.0)[:, None]) / 5) ** 2))
    >>> report = Novelty().fit(PCA(2).fit(known), known).assess(known[3:4])
    >>> report.codes, report.words
    (['known'], ['known: 100 % of the intensity is explained'])
    """

    table: pd.DataFrame
    left: Array
    peaks: pd.DataFrame
    words: list[str]
    codes: list[str] = field(default_factory=list)

    @property
    def remarks(self) -> list[Remark]:
        """Codes and words joined, one a spectrum."""
        return [Remark(code, text) for code, text in zip(self.codes, self.words, strict=True)]

    def require_known(self) -> None:
        """Raise OutsideMapError if a spectrum is foreign, with the words about the one that is explained least.

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


def conformal_p_value(scores: ArrayLike, known: ArrayLike) -> Array:
    """Return the share of known scores that are at least as large, corrected for their finite number.

    (1 + number of known scores >= score) / (1 + number of known scores): among exchangeable samples at most a share p
    has a value of p or less (Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2005, chapter 2,
    DOI 10.1007/b106715).

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


def is_rare(p_values: ArrayLike, n_known: int, *, level: float) -> NDArray[np.bool_]:
    """Tell which p-values are at most `level`, or the smallest possible where so few known scores cannot reach it.

    Examples
    --------
    >>> is_rare([0.05, 0.25, 0.5], 3, level=0.05).tolist()
    [True, True, False]
    """
    # The slack is for rounding: a p-value at the level counts.
    return np.asarray(np.asarray(p_values, dtype=np.float64) <= max(level, 1.0 / (1 + n_known)) + 1e-12)


def bar_of(left_out: ArrayLike, *, least: float, most: float, ratio: float = BEYOND_MEDIAN) -> float:
    """Return the share of the variance above which what remains of a spectrum makes it foreign.

    A p-value alone cannot tell: one odd sample among ten known ones, and nothing is rarer than that. So the bar stands
    above what remains of typical left-out samples, and within bounds.

    Parameters
    ----------
    left_out
        What remained of known samples that were left out, shape (n_known,).
    least, most
        Bounds of the bar.
    ratio
        How many times as much as of the median left-out sample remains of a foreign spectrum at least.

    Examples
    --------
    >>> usual = [0.01, 0.02, 0.02, 0.03, 0.03, 0.03, 0.04, 0.04, 0.04]
    >>> [round(bar_of([*usual, odd], least=0.02, most=0.5), 3) for odd in (0.04, 0.9)]
    [0.09, 0.09]
    """
    known = np.asarray(left_out, dtype=np.float64)
    typical = float(np.quantile(known, TYPICAL, method="lower"))
    return float(np.clip(max(ratio * float(np.median(known)), BEYOND_TYPICAL * typical), least, most))


def judge_unexplained(
    unexplained: Array, left_out: Array, *, min_ratio: float
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Compare shares of variance that are not explained with those of left-out known samples, by the rule of `Novelty`.

    Returns p-values, ratios to the median of the left-out ones, and which spectra are foreign, each of shape
    (n_samples,).

    Examples
    --------
    >>> judge_unexplained(np.array([0.011, 0.3]), np.full(19, 0.01), min_ratio=3.0)[2].tolist()
    [False, True]
    """
    p_value = conformal_p_value(unexplained, left_out)
    ratio = unexplained / max(float(np.median(left_out)), np.finfo(float).tiny)
    bar = bar_of(left_out, least=SMALL_SHARE, most=LARGE_SHARE, ratio=min_ratio)
    return p_value, ratio, np.asarray(unexplained > bar)


def judge_as_before(
    unexplained: Array, left_out: Array, *, level: float, min_ratio: float
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Judge as versions did that kept no noise: foreign is what is rare by its p-value, too.

    Examples
    --------
    >>> judge_as_before(np.array([0.011, 0.3]), np.full(19, 0.01), level=0.05, min_ratio=3.0)[2].tolist()
    [False, True]
    """
    p_value, ratio, _ = judge_unexplained(unexplained, left_out, min_ratio=min_ratio)
    rare = is_rare(p_value, len(left_out), level=level)
    return p_value, ratio, np.asarray(rare & (ratio >= min_ratio) & (unexplained > SMALL_SHARE))


def is_outside(distance: ArrayLike, widest: float) -> NDArray[np.bool_]:
    """Tell which points lie farther from all known ones than any two known ones from one another.

    What is read there is no interpolation: the peaks of a series that moved by 0.5 % may be known moved by 7 %, too.

    Parameters
    ----------
    distance
        To the nearest known point, in known spacings, shape (n_samples,).
    widest
        Largest distance of two known points, in the same unit.

    Examples
    --------
    >>> is_outside([2.0, 12.0, 764.0, np.inf], 10.0).tolist()
    [False, True, True, False]
    """
    far = np.asarray(distance, dtype=np.float64)
    return np.asarray(np.isfinite(far) & (far > max(_FAR, widest)))


def noise_off(unexplained: Array, noise: Array) -> Array:
    """Take the share of the variance that noise makes off what remains and off what there is; not where it is large.

    Examples
    --------
    >>> noise_off(np.array([0.30, 0.01, 0.95]), np.array([0.10, 0.02, 0.90])).round(3).tolist()
    [0.222, 0.0, 0.95]
    """
    calm = noise < NOISY
    inner = np.where(calm, noise, 0.0)
    return np.asarray(np.maximum(unexplained - inner, 0.0) / (1.0 - inner))


def remarks_of(table: pd.DataFrame, peaks: pd.DataFrame, unit: str) -> list[Remark]:
    """Say one sentence about each row of `NoveltyReport.table`, with its code.

    Examples
    --------
    >>> row = {"foreign": False, "unexplained_intensity": 0.01, "map_distance": 0.5, "p_value": 0.4, "ratio": 1.0}
    >>> remarks_of(pd.DataFrame([row]), pd.DataFrame({"sample": [], "position": []}), "degree")
    [Remark(code='known', text='known: 99 % of the intensity is explained')]
    """
    rows = table.to_dict("records")
    return [_remark(row, peaks[peaks["sample"] == number], unit) for number, row in enumerate(rows)]


def _remark(row: Mapping[Hashable, float], peaks: pd.DataFrame, unit: str) -> Remark:
    share = row["unexplained_intensity"]
    if row.get("outside", False):
        where = f"{row['map_distance']:.3g} known spacings away from the nearest known point of the map"
        return Remark(FOREIGN, f"unlike anything this map knows: {where}, farther than known ones from one another")
    if row["foreign"]:
        much = f"{100 * share:.0f} % of the intensity"
        if share < 0.005:  # no peaks, as a constant or a slope has none
            much = f"{100 * row['unexplained']:.0f} % of the variance"
        text = f"unlike anything this map knows: {much} is not explained"
        if len(peaks):
            text += f", strongest unexplained peak at {peaks['position'].iloc[0]:.1f} {unit}".rstrip()
        return Remark(FOREIGN, text)
    explained = f"{100 * (1 - share):.0f} % of the intensity is explained"
    if row.get("noise", 0.0) >= NOISY:
        return Remark(TOO_NOISY, f"too noisy to tell what it is: {100 * row['noise']:.0f} % of its peaks is noise")
    if np.isinf(row["map_distance"]):
        where = "but not at the one point of the map where the known spectra lie on one another"
        return Remark(COLLAPSED, f"{explained}, {where}")
    if row["map_distance"] > _FAR:
        where = f"but {row['map_distance']:.1f} known spacings away from the nearest known point of the map"
        return Remark(FAR, f"{explained}, {where}")
    return Remark(KNOWN, f"known: {explained}")


def unlike_remark(distance: float, p_value: float, *, by_variance: bool = False) -> Remark:
    """Say that a spectrum is unlike all known ones, from its distance (rms, or a share of the variance) and p-value."""
    what = "of the variance not explained by any" if by_variance else "(rms) from the nearest"
    text = f"unlike all known spectra: {distance:.3g} {what}, farther than known ones are from others"
    return Remark(UNLIKE, f"{text} (p = {p_value:.2g})")
