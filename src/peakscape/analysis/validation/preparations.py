"""Preparations of spectra from which a regression may learn: each is tried, and the best is found by leaving out."""

from collections.abc import Callable
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import median_filter

from peakscape.signal.interpolation import shift_back
from peakscape.signal.peak_motion import register_together
from peakscape.signal.peaks import autocorrelation_width, common_width, sharpen
from peakscape.signal.registration import Registration
from peakscape.signal.smoothing import SIGMA_OF_FWHM, gaussian

Array = NDArray[np.float64]
REGISTERED = ("registered", "registered_root", "registered_broadened")
ABSOLUTE = ("raw", "raw_root", "raw_smoothed")
"""Preparations that read the exposure too, and so are wrong where it is another."""
EXPOSURE = 1.25
"""Factor beyond the known totals at which an exposure counts as another."""
MEDIAN = 7
"""Points of the running median that takes glitches away."""
MOST_NUMBERS = 40_000_000
"""Numbers kept of prepared known spectra (320 MB); what is more is prepared again."""
WIDEST = 40.0
"""Broadening by more than the axis over this leaves few numbers of a spectrum: that fits anything."""
MOST_TEMPLATES = 24
"""Known spectra that new ones are registered against; of more, evenly chosen ones."""


class Preparations:
    """Prepare spectra in every way of `names`, with what the known spectra show of peak widths and shifts.

    No label is looked at. What was prepared of a known spectrum is kept, and copies share it.

    Parameters
    ----------
    known
        Known spectra, shape (n_samples, n_points).
    shift_axis
        Axis on which a common change of all peaks is a translation, shape (n_points,); None leaves registration out.
    groups
        What is left out together, shape (n_samples,); None: what has one value of the label.
    n_raw
        How many of the last points are those of the same spectra as they were recorded, with background and exposure:
        what a preparation takes away may be what tells samples apart, such as the halo of a melt.

    Attributes
    ----------
    names, registered_names : tuple of str
        Of the preparations, and of those that take the common shift of all peaks out and put it beside.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 60)
    >>> rows = np.exp(-(((axis - np.array([[0.4], [0.5], [0.6]])) / 0.05) ** 2))
    >>> ways = Preparations(rows, axis)
    >>> ways.apply("plain", rows).shape, ways.apply("registered", rows).shape
    ((3, 60), (3, 61))
    """

    def __init__(
        self,
        known: Array,
        shift_axis: ArrayLike | None = None,
        groups: NDArray[np.intp] | None = None,
        *,
        n_raw: int = 0,
    ) -> None:
        self.known = np.asarray(known, dtype=np.float64)
        self.groups = groups
        self._n_seen = self.known.shape[1] - n_raw
        self._numbers = {row.tobytes(): number for number, row in reversed(list(enumerate(self.known)))}
        self._kept: dict[str, Array] = {}
        self._n_kept = 0
        self._products: dict[str, Array] = {}
        self._last: tuple[bytes, dict[str, Array]] = (b"", {})
        seen = self.known[:, : self._n_seen]
        self.fwhm = common_width(seen)
        self._ways: dict[str, Callable[[Array], Array]] = {
            "plain": lambda rows: rows,
            "area": unit_area,
            "root": lambda rows: np.sqrt(np.maximum(rows, 0.0)),
            "variate": standard_variate,
            "smoothed": lambda rows: gaussian(rows, self._sigma(1.0)),
            "broadened": lambda rows: gaussian(rows, self._sigma(3.0)),
            "widely_broadened": lambda rows: gaussian(rows, self._sigma(9.0)),
            "derivative": lambda rows: np.gradient(gaussian(rows, self._sigma(0.7)), axis=1),
            "without_spikes": lambda rows: gaussian(median_filter(rows, (1, MEDIAN)), 1.0),
            "sharpened": lambda rows: sharpen(rows, self.fwhm),
            "sharpened_root": self._sharpened_root,
            "root_broadened": lambda rows: gaussian(self._sharpened_root(rows), self._sigma(3.0)),
        }
        for name, n_widths in (("broadened", 3.0), ("root_broadened", 3.0), ("widely_broadened", 9.0)):
            if self._sigma(n_widths) > self._n_seen / WIDEST:
                del self._ways[name]
        self._raw_ways: dict[str, Callable[[Array], Array]] = self._ways_of_raw() if n_raw else {}
        self.names = (*self._ways, *self._raw_ways)
        self.registered_names: tuple[str, ...] = ()
        if shift_axis is not None and len(seen) > 2:
            self._shifts = _Shifts(np.asarray(shift_axis, dtype=np.float64), seen)
            self.registered_names = REGISTERED if self._shifts.tell else ()

    def has_usual_exposure(self, rows: Array) -> NDArray[np.bool_]:
        """Tell of which spectra the recorded total lies among those of the known ones, or near."""
        if not self._raw_ways:
            return np.ones(len(rows), dtype=bool)
        totals = np.abs(rows[:, self._n_seen :]).sum(axis=1)
        return np.asarray((totals >= self._usual[0]) & (totals <= self._usual[1]))

    def numbers_of(self, rows: Array) -> NDArray[np.intp] | None:
        """Return which known spectra these are; None where one is not known."""
        found = [self._numbers.get(row.tobytes(), -1) for row in np.asarray(rows, dtype=np.float64)]
        return None if -1 in found else np.array(found, dtype=np.intp)

    def of_known(self, name: str) -> Array:
        """Return all known spectra prepared."""
        if name in self._kept:
            return self._kept[name]
        rows = self._prepare(name, self.known)
        if self._n_kept + rows.size <= MOST_NUMBERS or name in REGISTERED:
            self._kept[name] = rows
            self._n_kept += rows.size
        return rows

    def gram(self, name: str) -> Array:
        """Return the scalar products of all known spectra, prepared and less their mean."""
        if name not in self._products:
            rows = self.of_known(name)
            rows = rows - rows.mean(axis=0)
            self._products[name] = rows @ rows.T
        return self._products[name]

    def apply(self, name: str, rows: Array) -> Array:
        """Prepare spectra (n_samples, n_points)."""
        numbers = self.numbers_of(rows)
        if numbers is not None and (name in self._kept or self._n_kept + self.known.size <= MOST_NUMBERS):
            return self.of_known(name)[numbers]
        if len(rows) > 1:
            return self._prepare(name, rows)
        last, key = self._last, rows.tobytes()  # several methods ask for one spectrum, one after the other
        if last[0] != key:
            last = self._last = (key, {})
        if name not in last[1]:
            last[1][name] = self._prepare(name, rows)
        return last[1][name]

    def __deepcopy__(self, memo: object) -> Self:
        """Copies share what was prepared."""
        return self

    def __sklearn_clone__(self) -> Self:
        """Copies share what was prepared."""
        return self

    def _prepare(self, name: str, rows: Array) -> Array:
        seen = rows[:, : self._n_seen]
        if name in self._raw_ways:
            return self._raw_ways[name](rows[:, self._n_seen :])
        if name in self._ways:
            return self._ways[name](seen)
        return self._registered(name, seen)

    def _ways_of_raw(self) -> dict[str, Callable[[Array], Array]]:
        """Ways in which spectra as they were recorded are prepared, and the exposures that are usual."""
        recorded = self.known[:, self._n_seen :]
        size = float(np.abs(recorded).max()) or 1.0
        totals = np.abs(recorded).sum(axis=1)
        self._usual = totals.min() / EXPOSURE, totals.max() * EXPOSURE
        return {
            "raw": lambda rows: rows / size,
            "raw_root": lambda rows: np.sqrt(np.maximum(rows, 0.0) / size),
            "raw_area": lambda rows: unit_area(rows),
            "raw_smoothed": lambda rows: gaussian(rows / size, self._sigma(1.0)),
        }

    def _sigma(self, n_widths: float) -> float:
        return n_widths * self.fwhm * SIGMA_OF_FWHM

    def _sharpened_root(self, rows: Array) -> Array:
        roots = np.sqrt(np.clip(sharpen(rows, self.fwhm), 0.0, None))
        return np.asarray(roots / np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), np.finfo(float).tiny))

    def _registered(self, name: str, rows: Array) -> Array:
        """Spectra with their shift taken out, and the shift, as heavy as all that remains varies."""
        if name not in self._shifts.sizes:
            moved = shift_back(self._shown(name, self.known[:, : self._n_seen]), self._shifts.axis, self._shifts.known)
            self._shifts.sizes[name] = float(np.sqrt(moved.var(axis=0).sum())) / float(self._shifts.known.std())
        shifts = self._shifts.of(rows)
        moved = shift_back(self._shown(name, rows), self._shifts.axis, shifts)
        return np.hstack([moved, self._shifts.sizes[name] * shifts[:, np.newaxis]])

    def _shown(self, name: str, rows: Array) -> Array:
        if name == "registered_root":
            return self._sharpened_root(rows)
        return gaussian(rows, self._sigma(2.0)) if name == "registered_broadened" else rows


class _Shifts:
    """Shifts of spectra against known ones, which are registered with one another along their best matches."""

    def __init__(self, axis: Array, known: Array) -> None:
        self.axis = axis
        width = autocorrelation_width(axis, known)
        self._registration = Registration(axis, width, float(np.ptp(axis)) / 8.0)
        chosen = np.unique(np.linspace(0, len(known) - 1, MOST_TEMPLATES).astype(int))
        self._registration, chained = register_together(self._registration, known[chosen])
        modes = self._registration.modes(self._registration.prepare(known))
        self._templates, self._template_shifts = modes[chosen], chained.shift
        self.sizes: dict[str, float] = {}
        self.known = self._of_modes(modes)
        self.tell = bool(np.ptp(self.known) > 1e-6 * width)
        self._last: tuple[bytes, Array] = (b"", np.empty(0))

    def of(self, rows: Array) -> Array:
        """Shifts of spectra (n_samples, n_points); those asked for last are kept."""
        last, key = self._last, rows.tobytes()
        if last[0] != key:
            last = self._last = (key, self._of_modes(self._registration.modes(self._registration.prepare(rows))))
        return last[1]

    def _of_modes(self, modes: NDArray[np.complex128]) -> Array:
        found = np.empty(len(modes))
        for number, row in enumerate(modes):
            shifts, quality = self._registration.align(row[np.newaxis], self._templates)
            best = int(np.argmax(quality))
            found[number] = shifts[best] + self._template_shifts[best]
        return found


def unit_area(rows: Array) -> Array:
    """Divide each spectrum by its sum: amounts of phases of one scattering power then mix in proportion.

    Examples
    --------
    >>> unit_area(np.array([[1.0, 3.0]])).tolist()
    [[0.25, 0.75]]
    """
    return np.asarray(rows / np.maximum(np.abs(rows.sum(axis=1, keepdims=True)), np.finfo(float).tiny))


def standard_variate(rows: Array) -> Array:
    """Take the mean off each spectrum and divide by its standard deviation.

    R. J. Barnes, M. S. Dhanoa and S. J. Lister, Appl. Spectrosc. 43, 772 (1989), DOI 10.1366/0003702894202201.

    Examples
    --------
    >>> standard_variate(np.array([[1.0, 3.0]])).tolist()
    [[-1.0, 1.0]]
    """
    deviation = rows.std(axis=1, keepdims=True)
    return np.asarray((rows - rows.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1.0))
