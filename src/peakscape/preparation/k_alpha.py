"""Patterns without the second line of the K-alpha doublet of X-ray tubes."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from peakscape.errors import InputError, SpectraError
from peakscape.preparation.step import Array, SameAxisStep, Situation
from peakscape.signal.radiation import anode_from_wavelength, k_alpha_wavelengths
from peakscape.spectra.container import SAME_WAVELENGTH

PRECISION = 1e-12
"""Terms of the series below this share are left out."""


class StripKAlpha2(SameAxisStep):
    """Take the second line of the K-alpha doublet away.

    A measured I is I1 plus the same pattern at the longer wavelength, r times as high: with s = sin(theta),
    I(s) = I1(s) + r I1(s k), k = lambda1 / lambda2. W. A. Rachinger (J. Sci. Instrum. 25, 254 (1948),
    doi:10.1088/0950-7671/25/7/125) solves this step by step from low angles; here it is solved in closed form,
    I1(s) = I(s) - r I(s k) + r^2 I(s k^2) - ..., on one cubic spline through the pattern, so that shifts below one step
    do no harm. Before its first point the pattern is taken to go on as there. A background is divided by 1 + r.
    Taken to hold: both lines give peaks of one shape on s, of heights 1 : r. Where the instrument rules their width,
    they are of one shape on two_theta instead, and some 1e-3 of a peak's height stays at the place of its companion.

    Parameters
    ----------
    anode
        Cr, Fe, Co, Cu, Mo or Ag.
    ratio
        Intensity of K-alpha2 relative to K-alpha1: 0.5 from the quantum numbers; a monochromator may change it.
    unit
        What the axis is: ``"two_theta"`` in degree, or ``"q"``, computed with the wavelength of K-alpha1.
    axis
        Points of the patterns, shape (n_points,); None for their numbers.

    Raises
    ------
    InputError
        If a parameter cannot be used or two_theta leaves 0 to 180 degree.

    Examples
    --------
    >>> two_theta = np.arange(60.0, 80.0, 0.02)
    >>> line = lambda position: np.exp(-4 * np.log(2) * ((two_theta - position) / 0.1) ** 2)
    >>> second = 2 * np.rad2deg(np.arcsin(np.sin(np.deg2rad(35.0)) * 1.5444274 / 1.5405929))
    >>> single = StripKAlpha2(anode="Cu", axis=two_theta).fit_transform([line(70.0) + 0.5 * line(second)])
    >>> bool(np.abs(single - line(70.0)).max() < 2e-3)
    True
    """

    def __init__(
        self,
        *,
        anode: str = "Cu",
        ratio: float = 0.5,
        unit: Literal["two_theta", "q"] = "two_theta",
        axis: ArrayLike | None = None,
    ) -> None:
        self.anode = anode
        self.ratio = ratio
        self.unit = unit
        self.axis = axis

    @classmethod
    def meet(cls, parameters: Mapping[str, Any], met: Situation) -> tuple[dict[str, Any], Situation]:
        """Take the anode from the wavelength where it is not given; the wavelength is K-alpha1 afterwards."""
        anode = _anode(parameters.get("anode"), met)
        own = dict(parameters) | {"anode": anode, "unit": met.axis, "axis": met.points}
        return own, replace(met, wavelength=k_alpha_wavelengths(anode)[0])

    def remark(self, rows: Array, names: list[str]) -> str:
        """Say which lines are meant."""
        return f" (lines of {self.anode}, ratio {self.ratio:g})"

    def _learn(self, rows: Array) -> None:
        k_alpha_wavelengths(self.anode)
        if not (np.isfinite(self.ratio) and 0.0 < self.ratio < 1.0):
            raise InputError(f"expected a ratio of K-alpha2 to K-alpha1 between 0 and 1, got {self.ratio}")
        if self.unit not in ("two_theta", "q"):
            raise InputError(f"expected unit='two_theta' or 'q', got {self.unit!r}")
        if self.unit == "two_theta" and (self.points_[0] < 0.0 or self.points_[-1] > 180.0):
            raise InputError(
                f"expected two_theta between 0 and 180 degree, got {self.points_[0]:g} to {self.points_[-1]:g}"
            )

    def _row(self, row: Array) -> Array:
        if len(row) < 2:
            return row / (1.0 + self.ratio)
        spline = CubicSpline(self.points_, row)
        first, second = k_alpha_wavelengths(self.anode)
        n_terms = math.ceil(math.log(PRECISION) / math.log(self.ratio))
        single = row.copy()
        for term in range(1, n_terms):
            single += (-self.ratio) ** term * spline(self._shifted((first / second) ** term))
        # The sum of the terms left out, as if they were equal: exact for a constant.
        return np.asarray(single + (-self.ratio) ** n_terms / (1.0 + self.ratio) * row[0])

    def _shifted(self, factor: float) -> Array:
        if self.unit == "q":
            moved = self.points_ * factor
        else:
            moved = 2.0 * np.rad2deg(np.arcsin(np.sin(np.deg2rad(self.points_) / 2.0) * factor))
        return np.asarray(np.maximum(moved, self.points_[0]))


def _anode(asked: str | None, met: Situation) -> str:
    """The anode that the step strips the second line of; SpectraError where it cannot be told."""
    if met.kind != "diffraction":
        raise SpectraError(f"the step kalpha2 is for diffraction, the spectra are of {met.kind}")
    if asked is None and met.wavelength is None:
        raise SpectraError("the step kalpha2 needs a wavelength or an anode, such as kalpha2=Cu; none is known here")
    if met.wavelength is None:
        return str(asked)
    anode = anode_from_wavelength(met.wavelength)
    if asked is not None and asked != anode:
        raise SpectraError(f"the step kalpha2={asked} does not fit wavelength {met.wavelength:g} angstrom, of {anode}")
    first = k_alpha_wavelengths(anode)[0]
    if met.axis == "q" and abs(met.wavelength - first) > SAME_WAVELENGTH * first:
        raise SpectraError(
            f"on q the step kalpha2 needs q computed with K-alpha1, {first:g} angstrom, not {met.wavelength:g}"
        )
    return anode
