"""Explain an absorption spectrum by known ones: moved, mixed, on a line, glitches and noise left out of account."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from peakscape.analysis.mixtures.noise import NORMAL_DEVIATION, point_noise
from peakscape.analysis.novelty.decision import bar_of, conformal_p_value
from peakscape.analysis.novelty.two_classes import LEAST_SHARE, TwoClasses, explain_by_two
from peakscape.signal.interpolation import move
from peakscape.signal.nonnegative import nonnegative_least_squares

Texts = NDArray[np.str_]
Array = NDArray[np.float64]
MAX_SHIFT, N_SHIFTS = 1.0, 4
"""eV, and steps either way: energy scales of two scans differ by so much."""
REACH = 5.0
"""The same where a scale is suspected to be off by more."""
LEAST, MOST = 7e-4, 0.05
"""Shares of the variance: a spectrum of which less remains is never foreign, one of which more remains always is. The
step, which all share, is nearly all of the variance."""
_GLITCH = 7  # points of the median that takes out what is narrower than a core hole lets through
_GLITCH_NOISE = 0.47  # standard deviation of that median of normal noise of 1
_CUT = 4.0  # robust standard deviations from which a point is a glitch
_ROUNDS = 3
_MOST_PARTS = 30  # known spectra, the most similar ones, that may mix
_MOST_LEFT_OUT = 200
_WELL = 0.3  # share of the bar that two classes may leave; other compounds are mixed from known ones, but worse
_MARGIN = 1.5  # larger shifts than those by which known scales differ
_FEWEST_GROUPS = 4  # of fewer groups single spectra are left out: what lies between two references is no third one


@dataclass(frozen=True)
class EdgeExplanation:
    """What known spectra explain of one.

    Attributes
    ----------
    unexplained : float
        Share of the variance that remains, noise and glitches taken off.
    noise : float
        Share of the variance that noise makes.
    shift : float
        By which the spectrum was moved, eV.
    amounts : ndarray of shape (n_known,)
        Of the known spectra, zero or more.
    left : ndarray of shape (n_points,)
        What remains.
    """

    unexplained: float
    noise: float
    shift: float
    amounts: Array
    left: Array


class EdgeExplainer:
    """Known absorption spectra, ready to explain others.

    A spectrum is explained by amounts of zero or more of known spectra and a constant, at the best of some shifts of
    up to `MAX_SHIFT`. Points where it departs by more than noise over less than a few points are glitches and do not
    count.

    Parameters
    ----------
    known
        Shape (n_known, n_points).
    axis
        Energies in eV, shape (n_points,).
    mixed
        Whether several known spectra may mix, as where a number changes from one to the next; else one at a time
        explains, as where each is of a class.

    Examples
    --------
    >>> energy = np.linspace(0.0, 60.0, 241)
    >>> edge = lambda at: 0.5 + np.arctan((energy - at) / 1.5) / np.pi + np.exp(-(((energy - at - 4) / 2) ** 2))
    >>> explainer = EdgeExplainer(np.array([edge(20.0), edge(24.0)]), energy, mixed=True)
    >>> found = explainer.explain(0.3 * edge(20.0) + 0.7 * edge(24.0))
    >>> found.amounts.round(2).tolist(), found.unexplained < 1e-6
    ([0.3, 0.7], True)
    >>> bool(explainer.explain(edge(22.0)).unexplained > 0.02)
    True
    """

    def __init__(self, known: Array, axis: Array, *, mixed: bool) -> None:
        self.known, self.axis, self.mixed = known, axis, mixed
        centred = known - known.mean(axis=1, keepdims=True)
        self._standard = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), np.finfo(float).tiny)

    def explain(
        self,
        row: Array,
        *,
        allowed: NDArray[np.bool_] | None = None,
        noise: float | None = None,
        reach: float = MAX_SHIFT,
    ) -> EdgeExplanation:
        """Explain one spectrum (n_points,) by the known ones that are allowed, all by default.

        `noise` is the standard deviation of a point; None estimates it. Shifts of up to `reach` either way are tried,
        eV.
        """
        total = float(((row - row.mean()) ** 2).sum())
        deviation = point_noise(row) if noise is None else noise
        if total <= 1e-24 * max(float(np.abs(row).max()), 1.0) ** 2:
            return EdgeExplanation(1.0, 0.0, 0.0, np.zeros(len(self.known)), row - row.mean())
        share = min(deviation**2 * len(row) / total, 1.0)
        shifts = _shifts(reach)
        tried = [self._fit(move(row, self.axis, shift), allowed, None)[0] for shift in shifts]
        shift = shifts[int(np.argmin(tried))]
        moved = move(row, self.axis, shift)
        kept = np.ones(len(row), dtype=bool)
        for _ in range(_ROUNDS):
            _, amounts, left = self._fit(moved, allowed, kept)
            fresh = ~_glitches(left)
            if np.array_equal(fresh, kept) or fresh.sum() < len(row) // 2:
                break
            kept = fresh
        smooth = _without_glitches(left, kept)
        expected = (_GLITCH_NOISE * deviation) ** 2 * len(row)
        remains = max(float(smooth @ smooth) - expected, 0.0) / total
        return EdgeExplanation(min(remains, 1.0), share, float(shift), amounts, smooth)

    def left_out(self, groups: NDArray[np.intp], reach: float = MAX_SHIFT) -> tuple[Array, NDArray[np.intp]]:
        """Return what remains of known spectra with their whole group left out: the median of each group.

        And the number of a spectrum of each group. Of fewer than four groups single spectra are left out.
        """
        numbers = groups if len(np.unique(groups)) >= _FEWEST_GROUPS else np.arange(len(self.known))
        chosen = self.tried()
        found = np.array([self.explain(self.known[k], allowed=numbers != numbers[k], reach=reach).unexplained
                          for k in chosen])  # fmt: skip
        of_chosen = numbers[chosen]
        first = np.array([chosen[of_chosen == one][0] for one in np.unique(of_chosen)])
        return np.array([np.median(found[of_chosen == numbers[k]]) for k in first]), first

    def tried(self) -> NDArray[np.intp]:
        """Return the numbers of the known spectra that are left out: all, or so many evenly chosen ones."""
        return np.unique(np.linspace(0, len(self.known) - 1, _MOST_LEFT_OUT).round().astype(int))

    def _fit(
        self, row: Array, allowed: NDArray[np.bool_] | None, kept: NDArray[np.bool_] | None
    ) -> tuple[float, Array, Array]:
        """Squared error on the points that are kept, amounts (n_known,), and what remains on all points."""
        points = slice(None) if kept is None else kept
        chosen = self._most_alike(row, allowed)
        columns, aim = self.known[chosen][:, points], row[points]
        means, middle = columns.mean(axis=1), aim.mean()
        if self.mixed:
            found = nonnegative_least_squares((columns - means[:, np.newaxis]).T, aim - middle)
        else:
            found = _best_alone(columns - means[:, np.newaxis], aim - middle)
        amounts = np.zeros(len(self.known))
        amounts[chosen] = found
        left = row - middle - found @ (self.known[chosen] - means[:, np.newaxis])
        inner = left[points]
        return float(inner @ inner), amounts, left

    def _most_alike(self, row: Array, allowed: NDArray[np.bool_] | None) -> NDArray[np.intp]:
        """Numbers of the known spectra most like one, of those allowed."""
        numbers = np.arange(len(self.known)) if allowed is None else np.flatnonzero(allowed)
        if len(numbers) <= _MOST_PARTS:
            return numbers
        alike = self._standard[numbers] @ (row - row.mean())
        return np.sort(numbers[np.argsort(-alike, kind="stable")[:_MOST_PARTS]])


def _shifts(reach: float) -> Array:
    """Shifts that are tried, up to `reach` either way, eV."""
    count = round(reach * N_SHIFTS / MAX_SHIFT)
    return np.linspace(-reach, reach, 2 * count + 1)


def _best_alone(columns: Array, aim: Array) -> Array:
    """The one column, at an amount of zero or more, that leaves least: amounts (n_columns,)."""
    sizes = np.maximum((columns**2).sum(axis=1), np.finfo(float).tiny)
    products = np.maximum(columns @ aim, 0.0)
    found = np.zeros(len(columns))
    best = int(np.argmax(products**2 / sizes))
    found[best] = products[best] / sizes[best]
    return found


def _glitches(left: Array) -> NDArray[np.bool_]:
    """Points that stand out of their neighbours by more than noise, and those beside them."""
    spike = left - median_filter(left, size=_GLITCH, mode="nearest")
    deviation = NORMAL_DEVIATION * float(np.median(np.abs(spike)))
    out = np.abs(spike) > max(_CUT * deviation, 1e-12)
    return np.asarray(np.convolve(out, np.ones(3), mode="same") > 0)


def _without_glitches(left: Array, kept: NDArray[np.bool_]) -> Array:
    """What remains, straight across glitches, and without what is narrower than a few points."""
    numbers = np.arange(len(left))
    across = np.interp(numbers, numbers[kept], left[kept])
    return np.asarray(median_filter(across, size=_GLITCH, mode="nearest"))


@dataclass(frozen=True)
class EdgeNovelty:
    """Whether absorption spectra are of what is known: one owner for every door.

    Parameters
    ----------
    explainer
        Of the known spectra.
    left_out
        What remained of known groups that were left out (`EdgeExplainer.left_out`), shape (n_groups,).
    bars
        Share of the variance above which what remains is foreign, by the known spectrum that explains most, (n_known,):
        compounds differ in how alike their scans are.
    reach
        By how much energy scales differ at most, eV.

    Examples
    --------
    >>> energy = np.linspace(0.0, 60.0, 241)
    >>> edge = lambda at: 0.5 + np.arctan((energy - at) / 1.5) / np.pi + np.exp(-(((energy - at - 4) / 2) ** 2))
    >>> known = np.array([edge(20.0 + 0.5 * k) for k in range(8)])
    >>> novelty = EdgeNovelty.learn(known, energy, np.arange(8), mixed=True)
    >>> [novelty.assess(row).foreign for row in (edge(21.3), edge(40.0))]
    [False, True]
    """

    explainer: EdgeExplainer
    left_out: Array
    bars: Array
    reach: float = MAX_SHIFT

    @classmethod
    def learn(
        cls, known: Array, axis: Array, groups: NDArray[np.intp], *, mixed: bool, classes: Texts | None = None
    ) -> "EdgeNovelty":
        """Learn from known spectra (n_known, n_points) how much of them remains when their group is left out.

        `classes` tell what each is of, (n_known,): each class then has a bar of its own, and the energy scales of all
        may differ by as much as those of one class do.
        """
        explainer = EdgeExplainer(known, axis, mixed=mixed)
        left_out, first = explainer.left_out(groups)
        bars = np.full(len(known), _bar(left_out))
        if classes is None or mixed:
            return cls(explainer, left_out, bars)
        reach = _reach(explainer, groups, classes, bars[0])
        if reach > MAX_SHIFT:
            left_out, first = explainer.left_out(groups, reach)
        for one in np.unique(classes):
            own = left_out[classes[first] == one]
            alone = len(own) < 2
            bars[classes == one] = _bar(left_out if alone else own)
        return cls(explainer, left_out, bars, reach)

    def assess(self, row: Array, noise: float | None = None) -> "EdgeJudgement":
        """Judge one spectrum (n_points,); `noise` is the standard deviation of a point, None estimates it."""
        found = self.explainer.explain(row, noise=noise, reach=self.reach)
        bar = self._bar_of(found)
        foreign = found.unexplained > bar
        further = None
        if foreign:
            far = self.explainer.explain(row, noise=noise, reach=REACH)
            further = far.shift if far.unexplained <= self._bar_of(far) else None
        elif abs(found.shift) >= self.reach - 1e-9:
            unmoved = self.explainer.explain(row, noise=noise, reach=0.0)
            further = 0.0 if unmoved.unexplained > bar else None
        p_value = float(conformal_p_value([found.unexplained], self.left_out)[0])
        return EdgeJudgement(found, bool(foreign), p_value, bar, further)

    def suspect_mixture(self, row: Array, classes: Texts) -> TwoClasses | None:
        """Tell a mixture of two classes, which explains a spectrum (n_points,) that no one does; None where it is none.

        `classes` are those of the known spectra, (n_known,).
        """
        known = self.explainer.known - self.explainer.known.mean(axis=1, keepdims=True)
        moved = [move(row, self.explainer.axis, shift) for shift in _shifts(self.reach)]
        tried = [explain_by_two(one - one.mean(), known, classes) for one in moved]
        found = min((one for one in tried if one is not None), key=lambda one: one.unexplained, default=None)
        if found is None or min(found.shares) < LEAST_SHARE:
            return None
        numbers = list(found.numbers)
        both = EdgeExplainer(self.explainer.known[numbers], self.explainer.axis, mixed=True)
        again = both.explain(row, reach=self.reach)
        bar = _WELL * float(self.bars[numbers].min()) + _GLITCH_NOISE**2 * again.noise
        return replace(found, unexplained=again.unexplained) if again.unexplained <= bar else None

    def _bar_of(self, found: EdgeExplanation) -> float:
        """The bar of the known spectrum that explains most; what noise leaves is not known better than that."""
        return float(self.bars[int(np.argmax(found.amounts))]) + _GLITCH_NOISE**2 * found.noise

    def place_of(self, found: EdgeExplanation) -> float:
        """Return the energy, eV, at which most remains."""
        return float(self.explainer.axis[int(np.abs(found.left).argmax())])


def _bar(left_out: Array) -> float:
    return bar_of(left_out, least=LEAST, most=MOST)


def _reach(explainer: EdgeExplainer, groups: NDArray[np.intp], classes: Texts, bar: float) -> float:
    """By how much energy scales differ: somewhat more than those of one class, where that explains twice as well."""
    shifts = [MAX_SHIFT]
    for k in explainer.tried():
        same = (classes == classes[k]) & (groups != groups[k])
        if not same.any():
            continue
        near = explainer.explain(explainer.known[k], allowed=same).unexplained
        if near > LEAST:
            far = explainer.explain(explainer.known[k], allowed=same, reach=REACH)
            if far.unexplained <= min(bar, near / 2):
                shifts.append(_MARGIN * abs(far.shift))
    return float(min(max(shifts), REACH))


@dataclass(frozen=True)
class EdgeJudgement:
    """What `EdgeNovelty.assess` found.

    Attributes
    ----------
    found : EdgeExplanation
        What known spectra explain.
    foreign : bool
        Whether more remains than of known spectra.
    p_value : float
        Conformal p-value of being known.
    bar : float
        Share of the variance above which what remains is foreign.
    further : float or None
        A larger shift, eV, at which known spectra explain it, or 0 where it is explained at the bound: its energy
        scale is suspect. None: it is not.
    """

    found: EdgeExplanation
    foreign: bool
    p_value: float
    bar: float
    further: float | None
