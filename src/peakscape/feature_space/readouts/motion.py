"""What a space knows of how peaks move: whether together, which do not take part, and which spectrum matches worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.feature_space.remarks import Remark
from peakscape.signal.peak_motion import FixedPeak, evenly, explained_by_shift, peak_motion, register_together
from peakscape.signal.peaks import autocorrelation_width
from peakscape.signal.registration import Registration
from peakscape.spectra.container import AXES, shift_axis

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace

Array = NDArray[np.float64]
FEWEST = 4
"""Patterns from which it is asked how their peaks move."""
LEAST_EXPLAINED = 0.25
"""Share of the variance that a common shift explains at least where peaks are said to move together."""
NOTHING = 0.1
"""Share of the variance below which a common shift explains nothing of what differs."""
MATCHES, CORRELATES, MOST_UNMATCHED = 0.25, 0.6, 0.1
"""Share of its peaks that a pattern has in common with the others, or its correlation with one of them, from which it
matches; and the share of patterns that need not."""
USUAL, POOR = 0.75, 0.6
"""Shares of their peaks that patterns of a series usually have in common, and below which one is named."""
STILL = 0.35
"""Peak widths by which peaks that do not move may seem to."""
MOST_NAMED = 6
"""Spectra that a remark names; of more, their number is told."""


@dataclass(frozen=True)
class Motion:
    """How the peaks of the known samples move.

    Attributes
    ----------
    names : list of str
        Of the samples that were looked at.
    explained : float
        Share of the variance of the patterns, without peaks that do not take part, that their common shift explains.
    shift_in_widths : float
        Range of the shift that most peaks agree on, in peak widths.
    agreeing, correlation : ndarray of shape (n_samples,)
        After the shift: share of each pattern's peaks that meet those of most others, and its correlation with the
        pattern that its shift was taken from.
    fixed : tuple of (float, FixedPeak)
        Positions, in units of the axis, of peaks that do not take part, and what is known of them.
    axis : str
        Name of the axis.
    """

    names: list[str]
    explained: float
    shift_in_widths: float
    agreeing: Array
    correlation: Array
    fixed: tuple[tuple[float, FixedPeak], ...]
    axis: str

    @property
    def unmatched(self) -> int:
        """How many patterns have hardly a peak in common with the others."""
        return int((~_matched(self.agreeing, self.correlation)).sum())

    @property
    def together(self) -> bool:
        """Whether a shift of all peaks is what tells the samples apart."""
        few = self.unmatched <= MOST_UNMATCHED * len(self.names)
        return few and self.explained >= LEAST_EXPLAINED

    @property
    def amounts_alone(self) -> bool:
        """Whether patterns differ in how much there is of the same peaks: most match, and no shift explains a thing."""
        return self.unmatched <= MOST_UNMATCHED * len(self.names) and self.explained < NOTHING

    @property
    def reason(self) -> str:
        """What was found, in words."""
        share = f"a shift of all peaks explains {max(0.0, self.explained):.0%} of what differs"
        if self.together:
            return f"peaks move together: {share}; the shift map takes it out first"
        if self.unmatched > MOST_UNMATCHED * len(self.names):
            return (
                f"{self.unmatched} of {len(self.names)} patterns have hardly a peak in common with the others, so their"
                " shift cannot be told"
            )
        if self.shift_in_widths < STILL:
            return f"amounts change and no peak moves: {share}"
        return f"peaks do not move together: {share}"

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be known of all answers."""
        found = [
            Remark.of(
                "fixed_peak", position=position, axis=self.axis, unit=AXES[self.axis][0],
                samples=self._listed(peak.holders),
            )
            for position, peak in self.fixed
        ] if self.together else [Remark.of("no_common_shift", text=self.reason)]  # fmt: skip
        worst = int(self.agreeing.argmin())
        if self.agreeing[worst] < POOR and np.median(self.agreeing) >= USUAL:
            found.append(Remark.of("worst_match", name=self.names[worst], share=float(self.agreeing[worst])))
        return tuple(found)

    def _listed(self, numbers: NDArray[np.intp]) -> str:
        if len(numbers) == len(self.names):
            return f"all {len(numbers)} spectra"
        listed = ", ".join(self.names[number] for number in numbers[:MOST_NAMED])
        return f"{len(numbers)} spectra ({listed}{', ...' if len(numbers) > MOST_NAMED else ''})"

    def state(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        worst = int(self.agreeing.argmin())
        return {
            "together": self.together,
            "explained": round(self.explained, 4),
            "range_in_peak_widths": round(self.shift_in_widths, 4),
            "worst_match": {
                "name": self.names[worst],
                "share_of_peaks": round(float(self.agreeing[worst]), 4),
                "correlation": round(float(self.correlation[worst]), 4),
            },
            "fixed_peaks": [
                {"position": round(position, 5), "samples": [self.names[number] for number in peak.holders]}
                for position, peak in (self.fixed if self.together else ())
            ],
        }


def _matched(agreeing: Array, correlation: Array) -> NDArray[np.bool_]:
    """Which patterns match others, by their peaks or as a whole."""
    return (agreeing >= MATCHES) | (correlation >= CORRELATES)


def motion_of(dataset: xr.Dataset) -> Motion | None:
    """Look at how peaks move in prepared diffraction patterns; None for other spectra and for too few.

    Of more than 48 patterns, evenly chosen ones are looked at.

    Examples
    --------
    >>> axis, moved = np.linspace(10.0, 40.0, 600), np.linspace(0.0, 0.8, 7)
    >>> places = np.array([15.0, 22.0, 31.0]) + moved[:, None]
    >>> patterns = np.exp(-(((axis - places[..., None]) / 0.2) ** 2)).sum(axis=1)
    >>> motion_of(spectra.make(patterns, two_theta=axis)).together
    True
    """
    axis = spectra.axis_name(dataset)
    if dataset.attrs["kind"] != "diffraction" or axis not in ("two_theta", "q") or dataset.sizes["sample"] < FEWEST:
        return None
    rows = evenly(dataset.sizes["sample"])
    patterns = np.asarray(dataset["intensity"].values[rows], dtype=np.float64)
    if float(np.ptp(patterns, axis=0).max()) == 0.0:
        return None
    points, places = shift_axis(dataset), dataset[axis].values
    registration = Registration(points, autocorrelation_width(points, patterns), float(np.ptp(points)) / 8.0)
    registration, chained = register_together(registration, patterns)
    seen = peak_motion(points, patterns, chained.shift)
    inside = np.zeros(len(points), dtype=bool)
    for start, stop in registration.left_out:
        inside |= (points >= start) & (points <= stop)
    others = np.where(inside, 0.0, patterns)
    matched = _matched(seen.agreeing, chained.quality)  # an odd one does not keep the others from having a shift
    return Motion(
        [str(name) for name in dataset["name"].values[rows]],
        explained_by_shift(points, others[matched], chained.shift[matched]) if matched.any() else 0.0,
        float(np.ptp(seen.shift)) / seen.width,
        seen.agreeing,
        chained.quality,
        tuple((float(np.interp(one.position, points, places)), one) for one in seen.fixed),
        str(axis),
    )


def motion_remarks(motion: Motion | None, space: FeatureSpace) -> tuple[Remark, ...]:
    """Return what is to be known of all answers of a space whose map was chosen by itself or registers spectra."""
    asked = space.map_key_ == "shift" or space.map == "auto"
    return motion.remarks if motion is not None and asked else ()
