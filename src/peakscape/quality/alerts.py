"""What a check may say: every alert by its code, with what it means and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["A", "B", "C"]
"""A: what is read from it will be wrong or nothing. B: numbers suffer. C: worth knowing."""

WORDS = {
    # powder diffraction
    "no_wavelength": (
        "the file gives no wavelength: angles have no spacings",
        "give it: --wavelength W, in angstrom",
    ),
    "few_points": (
        "a peak's width at half height holds {value:.1f} points; five at least describe it",
        "measure with a smaller step (L. B. McCusker et al., J. Appl. Cryst. 32, 36 (1999))",
    ),
    "weak": (
        "the strongest peak stands {value:.0f} times above the noise",
        "count longer, or add repeats up",
    ),
    "saturated": (
        "{value:.0f} points lie at the very same highest value, {top:g}: the counter is saturated or the curve cut",
        "measure with an attenuator, or faster; heights of the strongest peaks cannot be used",
    ),
    "high_background": (
        "{value:.0%} of what was counted is background",
        "look at fluorescence (another tube or a monochromator), air scattering and the holder",
    ),
    "halo": (
        "a broad hump near {place:.4g} is {value:.0%} as high as the strongest peak",
        "amorphous material or a holder of glass: it belongs to what is measured only if the sample is amorphous",
    ),
    "k_alpha2": (
        "K-alpha2 is in it, {value:.2f} as strong as K-alpha1",
        "strip it (--prepare kalpha2), or compare only with patterns that have it too",
    ),
    "spikes": (
        "{value:.0f} points are sharper than any peak can be, the first at {place:.5g}",
        "remove them (--prepare despike): single events of the detector",
    ),
    "cut_peak": (
        "a peak is cut by the {side} of the range, at {place:.5g}",
        "measure a little further, or leave that peak out",
    ),
    "few_peaks": (
        "{value:.0f} peaks stand above the noise",
        "measure a longer range or longer; few peaks tell a shift from a change of cell badly",
    ),
    "below_zero": (
        "{value:.0%} of the points lie below zero",
        "was a background taken off before? Counts cannot be negative",
    ),
    "dead_stretch": (
        "{value:.0f} points in a row hold the same number, from {place:.5g}",
        "a dead stretch of the detector or a gap that was filled: cut it off",
    ),
    "smoothed": (
        "neighbouring points share their noise (correlation {value:.2f}): the curve was smoothed or interpolated",
        "use the counts as they were measured; noise estimated from this curve is too small",
    ),
    "not_counts": (
        "the noise is {value:.2g} times the square root of the numbers: they are not counts",
        "intervals and weights that need counts do not hold; export raw counts where you can",
    ),
    "uneven_steps": (
        "the longest step is {value:.0f} times the usual one, at {place:.5g}",
        "a gap in the scan: what lies in it is invented where curves are interpolated",
    ),
    "displaced": (
        "matched to the structure, its peaks are moved by {value:+.3f} degree x cos(theta), +- {error:.3f}",
        "a displaced specimen or a wrong zero: mount it anew, or correct it (--prepare displacement)",
    ),
    "moved_against_others": (
        "against the other patterns its peaks are moved by {value:+.3f} degree x cos(theta), +- {error:.3f}",
        "mounted higher or lower than the others, or another zero: a change of the cell goes with tan(theta)",
    ),
    "unlike_structure": (
        "intensities scatter about those of the structure by a factor of {value:.1f}",
        "texture, few grains, another structure or another phase beside it: turn or grind the sample anew",
    ),
    "not_the_structure": (
        "{value:.0%} of the intensity of the strong peaks is not the structure's, the strongest at {place:.5g}",
        "another phase, or another structure than given",
    ),
    # absorption
    "no_edge": (
        "no edge can be found: {reason}",
        "are the columns right (--signal), and is the edge in the range?",
    ),
    "energy_scale": (
        "the edge lies {value:+.1f} eV from the tabulated {place:.1f} eV of {edge}",
        "calibrate it by a reference measured beside it (--calibrate), or check which element it is",
    ),
    "too_thick": (
        "the edge step in transmission is {value:.1f}; above 2 the strongest absorption is damped by leakage",
        "a thinner sample: a step near 1, a total below 2.5 (G. Bunker, Introduction to XAFS, 2010, chapter 3)",
    ),
    "small_step": (
        "the edge step is {value:.3f}",
        "a thicker sample, or fluorescence: noise and glitches weigh more the smaller the step",
    ),
    "noise": (
        "the noise of one point is {value:.1%} of the edge step",
        "count longer or average repeats",
    ),
    "glitches": (
        "{value:.0f} points are off by what no smooth curve explains, the worst at {place:.1f} eV",
        "remove them (absorption.deglitch); are they there in I0 too?",
    ),
    "short_before": (
        "only {value:.0f} eV were measured before the edge",
        "begin 100 eV or more before it: the line under the edge is not determined",
    ),
    "short_after": (
        "only {value:.0f} eV were measured after the edge",
        "go on to 150 eV or more after it: the height of the edge is not determined",
    ),
    "coarse_edge": (
        "steps at the edge are {value:.1f} eV, the lifetime broadening is {width:.1f} eV",
        "measure the edge in steps of half of it or less",
    ),
    "jump": (
        "the curve jumps by {value:.1%} of the edge step at {place:.1f} eV",
        "a step of the monochromator, of a detector's range or of the beam: cut the scan, or repeat it",
    ),
    "flat_top": (
        "{value:.0f} points at the very same highest value, from {place:.1f} eV: a saturated detector",
        "lower the flux or the gain",
    ),
    "damped": (
        "in fluorescence its structure is {value:.2f} times that of {other} in transmission: self-absorption",
        "dilute or thin the sample, or correct it before it is compared with transmission",
    ),
    "fluorescence": (
        "measured in fluorescence: nothing in one curve shows self-absorption",
        "compare it with transmission or with a dilute sample before amounts are read",
    ),
    "changes_over_repeats": (
        "over {n} repeats of {stem} the {what} changes steadily, by {value:+.2g} {unit} in all",
        "radiation damage, a reaction or a drift: average only the first ones, measure on fresh spots",
    ),
    "energy_drift": (
        "the edge of {n} repeats of {stem} moves about by {value:.2f} eV",
        "align repeats by their reference before they are averaged",
    ),
}
"""Words and advice by code. A code never changes its meaning; its words may."""


@dataclass(frozen=True)
class Alert:
    """One thing that a check found.

    Attributes
    ----------
    sample : str
        Name of the spectrum.
    level : {"A", "B", "C"}
        A: what is read from it will be wrong or nothing; B: numbers suffer; C: worth knowing.
    code : str
        One of `WORDS`.
    value : float
        The number that was judged; NaN where there is none.
    limit : float
        What it was judged by, for this level; NaN where there is none.
    text, advice : str
        What was found, and what to do.
    """

    sample: str
    level: Level
    code: str
    value: float
    limit: float
    text: str
    advice: str

    @classmethod
    def of(
        cls,
        code: str,
        sample: str,
        level: Level,
        value: float = float("nan"),
        limit: float = float("nan"),
        **more: object,
    ) -> "Alert":
        """Return the alert with this code, its words filled in.

        Examples
        --------
        >>> Alert.of("weak", "a", "A", 4.2, 10.0).text
        'the strongest peak stands 4 times above the noise'
        """
        words, advice = WORDS[code]
        return cls(sample, level, code, float(value), float(limit), words.format(value=value, **more), advice)


def graded(
    code: str, sample: str, value: float, limits: dict[Level, float], *, above: bool = True, **more: object
) -> list[Alert]:
    """Return the gravest alert whose limit the value passes, in a list; an empty list where it passes none.

    Examples
    --------
    >>> [one.level for one in graded("weak", "a", 20.0, {"A": 10.0, "B": 30.0}, above=False)]
    ['B']
    """
    for level, limit in limits.items():
        if value > limit if above else value < limit:
            return [Alert.of(code, sample, level, value, limit, **more)]
    return []
