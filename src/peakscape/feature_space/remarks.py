"""The words of a feature space: every remark that it makes about a spectrum or about itself, by its code."""

from dataclasses import dataclass

WORDS = {
    # about a spectrum
    "foreign": "{text}",
    "far_on_map": "{text}",
    "collapsed_map": "{text}",
    "too_noisy": "{text}",
    "outside_known": "{label} lies outside the known values by {steps:.1f} steps: its interval is wider for that",
    "no_interval": "{label}: no finite interval is honest: {text}",
    "mixture": "may be a mixture of {parts}: together they leave {left:.2g} %, the best one class {alone:.2g} %",
    "not_told": "{label}: not told, for the spectrum is foreign; what single methods guess is no answer",
    "trust_none": "{label}: no method beats the mean of the known values; trust none",
    "resampled": "interpolated onto the points of the space's axis",
    "common_part": "covers {axis} {low:g} to {high:g} of the space's {start:g} to {end:g} and is compared on that part:"
    " the rest is taken from the known spectrum nearest there",
    "converted": "brought from {own} to {wanted} of the space; intensities are not corrected for polarisation",
    "shift_at_bound": "{axis} scale suspect: best at {shift:+.2g} {unit}, the bound{more}",
    "other_scale": "{text}",
    "other_edge": "edge at {own:.0f} eV{of_own}, the space's at {known:.0f} eV{of_known}",
    # about the space
    "fixed_peak": "the peak at {position:.4g} {unit} does not move with the others, in {samples}: of another phase or"
    " the holder? It is left out of the registration",
    "no_common_shift": "{text}; no number here is a shift",
    "worst_match": "{name} matches the others worst: only {share:.0%} of its peaks meet theirs after the shift",
    "too_few_for_novelty": "novelty needs {fewest} known spectra, there are {n_known}: it is not told",
    "no_novelty": "the space cannot tell what is foreign: {text}",
    "too_few_to_validate": "{label}: {n_known} known spectra are too few to compare methods on; {fewest} needed",
    "map_kept": "{label}: errors were measured on the map as it is, which has seen every value: they are too small",
    "few_values": "{label} has {n_values} different values, too few to leave one out with its repeats: errors are too"
    " small, and no interval is given",
    "not_classified": "{label} is not predicted: {text}",
    "same_names": "{n_same} known spectra are named {name!r}: an answer that names the nearest cannot tell them apart",
    "label_incomplete": "{label} is not known of every spectrum and is left aside",
}
"""Templates by code. A code never changes its meaning; its words may."""


@dataclass(frozen=True)
class Remark:
    """One remark: a code that programs read, and words for people.

    Attributes
    ----------
    code : str
        One of `WORDS`.
    text : str
        The words.
    """

    code: str
    text: str

    @classmethod
    def of(cls, code: str, **values: object) -> "Remark":
        """Return the remark with this code, its words filled in: one line.

        Examples
        --------
        >>> Remark.of("resampled").text
        "interpolated onto the points of the space's axis"
        """
        return cls(code, " ".join(WORDS[code].format(**values).split()))
