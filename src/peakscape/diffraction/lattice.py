"""Cell parameters of every pattern of an indexed series, with standard errors, beside an error of the zero.

The reciprocal metric tensor that the symmetry allows gives the place of every reflection, and all places are fitted to
the whole pattern at once, each reflection with an intensity of its own (G. S. Pawley, J. Appl. Cryst. 14, 357 (1981),
doi:10.1107/S0021889881009618): so reflections that overlap, such as those of a small tetragonal splitting, need not be
resolved. A series is followed from pattern to pattern, outward from the one given.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import gemmi
import numpy as np
from ase import Atoms
from numpy.typing import ArrayLike, NDArray

from peakscape.diffraction.crystal import crystal_from_atoms, find_symmetry
from peakscape.errors import InputError
from peakscape.signal.nonnegative import nonnegative_least_squares
from peakscape.signal.peaks import common_width
from peakscape.signal.radiation import q_from_two_theta, two_theta_from_q
from peakscape.signal.smoothing import SIGMA_OF_FWHM, gaussian
from peakscape.threads import one_blas_thread

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
NAMES = ("a", "b", "c", "alpha", "beta", "gamma")
MOST_LINES = 60
"""Reflections of different spacing that are fitted at most, from the longest on."""
SEARCH = 0.05
"""Relative change of all lengths that is searched for the first pattern."""
SAME_CELL = 5e-3
"""Relative misfit between a cell and the symmetry named up to which it is made to fit."""
MOST_VOLUME = 1.5
"""Factor by which the volume may differ from that of the cell given."""
BROAD = (4.0, 2.0)
"""Peak widths by which a pattern is broadened while its cell is still far off."""
STEPS, ENOUGH = 25, 1e-4
"""Steps of Levenberg and Marquardt at most, and the relative fall of the misfit at which they end."""
FLOOR = 0.02
"""Share of the highest point that is added to the intensity for its variance: weak points are not exact."""
SURE = 4.0
"""Standard errors of its intensity from which a reflection is seen."""
N_GROUND = 8
"""Straight pieces of the background."""


@dataclass(frozen=True)
class Indexed:
    """Reflections of a cell, and how their places follow from the parameters that its symmetry leaves free.

    Attributes
    ----------
    cell : ndarray of shape (6,)
        a, b, c in angstrom, alpha, beta, gamma in degree.
    space_group : str
        Hermann and Mauguin's symbol.
    hkl : ndarray of int, shape (n_lines, 3)
        One of the reflections at each place, the longest spacing first.
    basis : ndarray of shape (n_free, 3, 3)
        Reciprocal metric tensors of which any one of this symmetry is a sum.

    Examples
    --------
    >>> Indexed.of_cell([4.0, 4.0, 4.04, 90, 90, 90], "P4mm", spacing=1.9).hkl.tolist()
    [[0, 0, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1], [0, 0, 2], [2, 0, 0]]
    """

    cell: Array
    space_group: str
    hkl: Integers
    basis: Array

    @classmethod
    def of_cell(
        cls,
        cell: ArrayLike,
        space_group: str | None = None,
        *,
        spacing: float,
        hkl: Sequence[Sequence[int]] | None = None,
    ) -> "Indexed":
        """Return the reflections of a cell down to a spacing in angstrom.

        Parameters
        ----------
        cell
            a, b, c in angstrom and alpha, beta, gamma in degree.
        space_group
            Symbol, such as ``"P4mm"``; None: the symmetry that the numbers of the cell show.
        spacing
            Shortest that is wanted.
        hkl
            Only these; None: all that are not extinct.

        Raises
        ------
        InputError
            If the cell has no volume or does not fit the space group, the group is not known, or no reflection is left.
        """
        numbers = np.asarray(cell, dtype=np.float64)
        if numbers.shape != (6,) or not np.isfinite(numbers).all() or not (numbers > 0).all():
            raise InputError(f"expected a cell as a, b, c, alpha, beta, gamma, six positive numbers, got {cell!r}")
        metric = _metric(numbers)
        if not np.linalg.det(metric) > 0:
            raise InputError(f"the angles {', '.join(f'{one:g}' for one in numbers[3:])} make no cell")
        name = str(space_group or _lattice_symmetry(numbers))
        group = gemmi.find_spacegroup_by_name(name, numbers[3], numbers[5])
        if group is None:
            raise InputError(f"expected a space group such as 'P4mm' or 'F m -3 m', got {name!r}")
        operations = group.operations()
        basis = _allowed_metrics(operations)
        wanted = np.linalg.inv(metric)
        flat = basis.reshape(len(basis), 9).T
        fitted = (flat @ np.linalg.lstsq(flat, wanted.ravel(), rcond=None)[0]).reshape(3, 3)
        if np.abs(fitted - wanted).max() > SAME_CELL * np.abs(wanted).max():
            raise InputError(
                f"the cell {', '.join(f'{one:g}' for one in numbers)} does not have the symmetry of {name};"
                " give the cell in the setting of the space group"
            )
        return cls(_cell(fitted), str(group.xhm()), _lines(fitted, basis, operations, spacing, hkl), basis)

    @classmethod
    def of_structure(cls, atoms: Atoms, *, spacing: float, symprec: float = 1e-2) -> "Indexed":
        """Return the reflections of a structure in its conventional cell.

        Raises
        ------
        InputError, StructureError
            If the structure has no cell or no symmetry, or no reflection is left.
        """
        found = find_symmetry(crystal_from_atoms(atoms), symprec)
        group = gemmi.find_spacegroup_by_number(int(found.number))
        vectors = np.asarray(found.std_lattice, dtype=np.float64)
        return cls.of_cell(
            _cell(np.asarray(np.linalg.inv(vectors @ vectors.T), dtype=np.float64)), group.xhm(), spacing=spacing
        )

    @property
    def design(self) -> Array:
        """1 / d^2 of each reflection by each free parameter, (n_lines, n_free)."""
        return np.asarray(np.einsum("li,fij,lj->lf", self.hkl, self.basis, self.hkl), dtype=np.float64)

    def free(self, cell: Array) -> Array:
        """Free parameters (n_free,) of a cell."""
        flat = self.basis.reshape(len(self.basis), 9).T
        return np.asarray(np.linalg.lstsq(flat, np.linalg.inv(_metric(cell)).ravel(), rcond=None)[0])

    def cell_of(self, free: Array) -> Array:
        """Cell (6,) of free parameters."""
        return _cell(np.tensordot(free, self.basis, 1))


def _metric(cell: Array) -> Array:
    a, b, c = cell[:3]
    ca, cb, cg = np.cos(np.radians(cell[3:]))
    return np.array([[a * a, a * b * cg, a * c * cb], [a * b * cg, b * b, b * c * ca], [a * c * cb, b * c * ca, c * c]])


def _cell(reciprocal: Array) -> Array:
    """Cell of a reciprocal metric tensor."""
    metric = np.linalg.inv(reciprocal)
    lengths = np.sqrt(np.diag(metric))
    cosines = [metric[i, j] / (lengths[i] * lengths[j]) for i, j in ((1, 2), (0, 2), (0, 1))]
    return np.concatenate([lengths, np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))])


def _lattice_symmetry(cell: Array) -> str:
    """The highest symmetry of a primitive lattice whose cell has such numbers."""
    a, b, c, alpha, beta, gamma = cell
    same = [abs(one - other) < 1e-4 * a for one, other in ((a, b), (b, c))]
    right = [abs(angle - 90.0) < 1e-3 for angle in (alpha, beta, gamma)]
    if all(right):
        return {(True, True): "Pm-3m", (True, False): "P4/mmm"}.get((same[0], same[1]), "Pmmm")
    if right[0] and right[1] and abs(gamma - 120.0) < 1e-3 and same[0]:
        return "P6/mmm"
    return "P2/m" if right[0] and right[2] else "P-1"


def _allowed_metrics(operations: Any) -> Array:
    """Independent reciprocal metric tensors that rotations (n, 3, 3) leave as they are."""
    rotations = [np.array(one.rot, dtype=np.float64) / one.DEN for one in operations.sym_ops]
    found: list[Array] = []
    for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)):
        single = np.zeros((3, 3))
        single[i, j] = single[j, i] = 1.0
        mean = np.mean([turn @ single @ turn.T for turn in rotations], axis=0)
        rest = mean.ravel()
        for one in found:
            rest = rest - (rest @ one.ravel()) / (one.ravel() @ one.ravel()) * one.ravel()
        if np.abs(rest).max() > 1e-9:
            found.append(rest.reshape(3, 3) / np.abs(rest).max())
    return np.array(found)


def _lines(
    reciprocal: Array, basis: Array, operations: Any, spacing: float, hkl: Sequence[Sequence[int]] | None
) -> Integers:
    """One of the reflections at each place, the longest spacing first."""
    if hkl is None:
        most = np.floor(np.sqrt(np.diag(np.linalg.inv(reciprocal))) / spacing).astype(int)
        every = [one for one in product(*(range(-n, n + 1) for n in most)) if any(one)]
        listed = np.array([one for one in every if not operations.is_systematically_absent(one)] or np.empty((0, 3)))
    else:
        listed = np.array(hkl, dtype=np.int64).reshape(-1, 3)
    squares = np.einsum("li,ij,lj->l", listed, reciprocal, listed)
    kept = (squares > 0) & (squares <= (1.0 + 1e-9) / spacing**2)
    listed = listed[kept]
    listed = listed[np.lexsort((-listed[:, 2], -listed[:, 1], -listed[:, 0], (listed < 0).sum(axis=1)))]
    places = np.einsum("li,fij,lj->lf", listed, basis, listed)
    _, first = np.unique(np.round(places, 9), axis=0, return_index=True)
    listed = listed[np.sort(first)]
    if not len(listed):
        raise InputError(f"no reflection of the cell has a spacing above {spacing:.3g} angstrom")
    order = np.argsort(np.einsum("li,ij,lj->l", listed, reciprocal, listed), kind="stable")
    return np.asarray(listed[order][:MOST_LINES], dtype=np.int64)


@dataclass(frozen=True)
class FittedCell:
    """The cell of one pattern.

    Attributes
    ----------
    cell, error : ndarray of shape (6,)
        a, b, c in angstrom, alpha, beta, gamma in degree, and their standard errors; 0 where symmetry fixes them.
    volume, volume_error : float
        In cubic angstrom.
    zero, zero_error : float
        By how much all reflections lie too high, in units of the axis; NaN error where it was not fitted.
    n_lines : int
        Reflections that were seen.
    misfit : float
        Weighted root mean square of what is not explained, as a share of the pattern less its background.
    """

    cell: Array
    error: Array
    volume: float
    volume_error: float
    zero: float
    zero_error: float
    n_lines: int
    misfit: float


@dataclass(frozen=True)
class _State:
    """Parameters: of the metric, zero, logarithms of the widths at both ends, logit of the Lorentzian share."""

    free: Array
    zero: float
    widths: Array
    mix: float

    @property
    def vector(self) -> Array:
        return np.concatenate([self.free, [self.zero], self.widths, [self.mix]])

    @classmethod
    def of(cls, vector: Array) -> "_State":
        return cls(vector[:-4], float(vector[-4]), vector[-3:-1], float(vector[-1]))


class LatticeFit:
    """Fits the cell of an indexed phase to patterns on one axis.

    Parameters
    ----------
    points
        two_theta in degree or q in 1/angstrom, ascending, shape (n_points,).
    indexed
        The reflections.
    wavelength
        In angstrom; None for an axis of q.
    zero
        Whether an error of the zero is fitted too.
    doublet
        Wavelength and share of a second line, such as K-alpha2 (1.5444, 0.333); None for none.

    Examples
    --------
    >>> indexed = Indexed.of_cell([4.0, 4.0, 4.1, 90, 90, 90], spacing=1.3)
    >>> q = np.linspace(1.2, 4.8, 1200)
    >>> places = 2 * np.pi * np.sqrt(indexed.design @ indexed.free(np.array([4.02, 4.02, 4.09, 90, 90, 90])))
    >>> pattern = np.exp(-(((q - places[:, None]) / 0.01) ** 2)).sum(axis=0)
    >>> fit = LatticeFit(q, indexed, zero=False)
    >>> fit.series(pattern[None], start=0)[0].cell.round(3).tolist()
    [4.02, 4.02, 4.09, 90.0, 90.0, 90.0]
    """

    def __init__(
        self,
        points: Array,
        indexed: Indexed,
        *,
        wavelength: float | None = None,
        zero: bool = True,
        doublet: tuple[float, float] | None = None,
    ) -> None:
        self.points, self.indexed, self.wavelength, self.doublet = points, indexed, wavelength, doublet
        self._design = indexed.design
        self._n_free = len(indexed.basis)
        self.zero = zero and len(indexed.hkl) > self._n_free + 1
        knots = np.linspace(points[0], points[-1], N_GROUND + 1)
        self._ground = np.array([np.interp(points, knots, row) for row in np.eye(N_GROUND + 1)]).T

    def series(self, patterns: Array, *, start: int, shifts: Array | None = None) -> list[FittedCell]:
        """Fit every pattern (n_samples, n_points) of a series; `start` is fitted first, from the cell given.

        The others follow in the order of their likeness to those fitted; `shifts`, of a registration in ln q, shape
        (n_samples,), tell where to look for their peaks.
        """
        with one_blas_thread():
            return self._series(np.asarray(patterns, dtype=np.float64), start, shifts)

    def _series(self, rows: Array, start: int, shifts: Array | None) -> list[FittedCell]:
        """As `series`."""
        moved = np.zeros(len(rows)) if shifts is None else np.asarray(shifts, dtype=np.float64)
        width = common_width(rows) * float(np.median(np.diff(self.points)))
        states: dict[int, _State] = {}
        found: list[FittedCell | None] = [None] * len(rows)
        apart = _distances(rows, moved)
        free = self.indexed.free(self.indexed.cell)
        first = _State(free, 0.0, np.full(2, np.log(width)), 0.0)
        while len(states) < len(rows):
            if states:
                done, left = list(states), [number for number in range(len(rows)) if number not in states]
                near = apart[np.ix_(left, done)]
                row, column = np.unravel_index(int(near.argmin()), near.shape)
                number, from_ = left[row], states[done[column]]
                factor = np.exp(2.0 * (moved[number] - moved[done[column]]))
                guesses = [from_, replace(from_, free=from_.free * factor)]
            else:
                number = start
                scales = np.exp(np.arange(-SEARCH, SEARCH, 0.3 * width / float(self.points.mean())))
                guesses = [first, *(replace(first, free=free * scale**2) for scale in scales)]
            pattern = _Pattern(self, rows[number])
            states[number] = pattern.refined(guesses, width)
            found[number] = told = pattern.told(states[number])
            if len(states) > 1 and told.n_lines <= self._n_free:  # nothing to follow the series by
                states[number] = from_
        return [one for one in found if one is not None]

    def is_cell(self, state: _State) -> bool:
        """Whether parameters make a cell, of no more than half again the volume given or so much less."""
        sizes = np.linalg.eigvalsh(np.tensordot(state.free, self.indexed.basis, 1))
        given = np.linalg.eigvalsh(np.linalg.inv(_metric(self.indexed.cell)))
        return bool(sizes[0] > 0) and abs(float(np.log(sizes / given).sum())) < 2.0 * np.log(MOST_VOLUME)

    def places(self, state: _State, wavelength: float | None = None) -> Array:
        """Places of the reflections on the axis."""
        q = 2.0 * np.pi * np.sqrt(np.maximum(self._design @ state.free, 1e-12))
        if self.wavelength is None:
            return q + state.zero
        wave = self.wavelength if wavelength is None else wavelength
        return two_theta_from_q(np.minimum(q, 4.0 * np.pi / wave * 0.9999), wave) + state.zero

    def columns(self, state: _State, more_width: float = 0.0) -> Array:
        """Pseudo-Voigt peaks of unit height of all reflections, (n_points, n_lines)."""
        share = 1.0 / (1.0 + np.exp(-state.mix))
        first = self._profile(self.places(state), state, share, more_width)
        if self.doublet is None:
            return first
        wave, part = self.doublet
        return (1.0 - part) * first + part * self._profile(self.places(state, wave), state, share, more_width)

    def _profile(self, places: Array, state: _State, share: float, more: float) -> Array:
        along = (places - self.points[0]) / float(np.ptp(self.points))
        width = np.exp(state.widths[0] + (state.widths[1] - state.widths[0]) * along)
        x = ((self.points[:, None] - places) / np.sqrt(width**2 + more**2)) ** 2
        return np.asarray(share / (1.0 + 4.0 * x) + (1.0 - share) * np.exp(-4.0 * np.log(2.0) * x))


def _distances(rows: Array, moved: Array) -> Array:
    """How unlike patterns are: in what remains and in their shift."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(float).tiny)
    apart = np.sqrt(np.maximum(2.0 - 2.0 * unit @ unit.T, 0.0))
    spread = float(np.ptp(moved)) or 1.0
    return np.asarray(apart + np.abs(moved[:, None] - moved) / spread)


class _Pattern:
    """One pattern, weighted, without its background."""

    def __init__(self, fit: LatticeFit, row: Array) -> None:
        self._fit = fit
        self._row = row
        height = float(np.abs(row).max()) or 1.0
        self._weight = 1.0 / np.sqrt(np.maximum(row, 0.0) + FLOOR * height)
        self._basis = np.linalg.qr(fit._ground * self._weight[:, None])[0]

    def refined(self, guesses: list[_State], width: float) -> _State:
        """The best of some guesses, then fitted: broadened at first, in the end with width and shape."""
        n_free, step = self._fit._n_free, float(np.median(np.diff(self._fit.points)))
        state = guesses[0]
        for number, times in enumerate(BROAD):
            more = times * width
            wide = gaussian(self._row, SIGMA_OF_FWHM * more / step)
            if number == 0:
                state = min(guesses, key=lambda one: self._misfit(one, wide, more))
            state = self._descend(state, wide, np.arange(n_free), more)
        state = self._descend(state, self._row, np.arange(n_free), 0.0)
        return self._descend(state, self._row, self._chosen, 0.0)

    @property
    def _chosen(self) -> Integers:
        """Numbers of the parameters that are fitted in the end."""
        n_free = self._fit._n_free
        return np.array([*range(n_free), *([n_free] if self._fit.zero else []), *range(n_free + 1, n_free + 4)])

    def _without_ground(self, values: Array) -> Array:
        weighted = values * (self._weight if values.ndim == 1 else self._weight[:, None])
        return np.asarray(weighted - self._basis @ (self._basis.T @ weighted))

    def _solve(self, state: _State, row: Array, more: float) -> tuple[Array, Array]:
        """Intensities (n_lines,) and the residual (n_points,)."""
        columns, wanted = self._without_ground(self._fit.columns(state, more)), self._without_ground(row)
        areas = nonnegative_least_squares(columns, wanted)
        return areas, wanted - columns @ areas

    def _misfit(self, state: _State, row: Array, more: float) -> float:
        return float((self._solve(state, row, more)[1] ** 2).sum())

    def _slopes(self, state: _State, areas: Array, more: float, chosen: Integers) -> Array:
        """Derivatives of the residual by the chosen parameters, what intensities can make up taken off (Kaufman)."""
        vector, seen = state.vector, areas > 0
        steps = np.concatenate([1e-6 * np.abs(state.free).max() * np.ones(len(state.free)), np.full(4, 1e-5)])
        base = self._fit.columns(state, more)
        moved = np.empty((len(base), len(chosen)))
        for column, number in enumerate(chosen):
            other = vector.copy()
            other[number] += steps[number]
            moved[:, column] = (self._fit.columns(_State.of(other), more) - base) @ areas / steps[number]
        made = np.linalg.qr(self._without_ground(base[:, seen]))[0]
        slopes = self._without_ground(moved)
        return np.asarray(slopes - made @ (made.T @ slopes))

    def _descend(self, state: _State, row: Array, chosen: Integers, more: float) -> _State:
        damping = 1e-3
        areas, rest = self._solve(state, row, more)
        misfit = float(rest @ rest)
        for _ in range(STEPS if areas.any() else 0):
            slopes = self._slopes(state, areas, more, chosen)
            normal, right = slopes.T @ slopes, slopes.T @ rest
            size = np.diag(normal) + 1e-12 * np.trace(normal)
            before = misfit
            for _ in range(8):
                vector = state.vector
                vector[chosen] += np.linalg.solve(normal + damping * np.diag(size) + 1e-300 * np.eye(len(size)), right)
                vector[-3:-1] = np.clip(vector[-3:-1], *(np.log(self._widest * part) for part in (0.003, 1.0)))
                vector[-1] = np.clip(vector[-1], -5.0, 5.0)
                other = _State.of(vector)
                fresh, left = self._solve(other, row, more) if self._fit.is_cell(other) else (areas, rest)
                if float(left @ left) < misfit:
                    state, areas, rest, misfit = other, fresh, left, float(left @ left)
                    damping = max(damping / 5.0, 1e-9)
                    break
                damping *= 5.0
            if before - misfit < ENOUGH * before:
                break
        return state

    @property
    def _widest(self) -> float:
        return 0.05 * float(np.ptp(self._fit.points))

    def _least(self, state: _State, areas: Array, rest: Array) -> Array:
        """Intensities (n_lines,) from which reflections are seen: neither weak nor noise."""
        sizes = np.linalg.norm(self._without_ground(self._fit.columns(state)), axis=0)
        noise = SURE * float(np.sqrt(np.mean(rest**2))) + 1e-9 * float(np.abs(self._row * self._weight).max())
        return np.asarray(np.maximum(FLOOR * areas.max(), noise / np.maximum(sizes, 1e-12)))

    def told(self, state: _State) -> FittedCell:
        """The cell with standard errors that allow for residuals that hang together."""
        n_free = self._fit._n_free
        areas, rest = self._solve(state, self._row, 0.0)
        chosen, n_seen = self._chosen, int((areas > self._least(state, areas, rest)).sum())
        slopes = self._slopes(state, areas, 0.0, chosen)
        if n_seen < n_free + self._fit.zero:  # fewer places than parameters
            slopes = slopes * np.nan
        reach = int(np.ceil(2.0 * np.exp(state.widths.max()) / float(np.median(np.diff(self._fit.points)))))
        spread = _covariance(slopes, rest, reach, n_lost=int((areas > 0).sum()) + N_GROUND + 1)
        values, by_free = _told(self._fit.indexed, state.free), _told_slopes(self._fit.indexed, state.free)
        variances = np.einsum("fp,fg,gp->p", by_free, spread[:n_free, :n_free], by_free)
        errors = np.sqrt(np.maximum(variances, 0.0))  # NaN stays
        errors[np.abs(by_free).max(axis=0) < 1e-6 * np.abs(by_free).max()] = 0.0
        size = float(np.sqrt((self._without_ground(self._row) ** 2).sum())) or 1.0
        return FittedCell(
            values[:6],
            errors[:6],
            float(values[6]),
            float(errors[6]),
            state.zero,
            float(np.sqrt(spread[n_free, n_free])) if self._fit.zero else float("nan"),
            n_seen,
            float(np.sqrt(rest @ rest)) / size,
        )


def _told(indexed: Indexed, free: Array) -> Array:
    """Cell and volume, (7,), of free parameters."""
    volume = 1.0 / np.sqrt(np.linalg.det(np.tensordot(free, indexed.basis, 1)))
    return np.append(indexed.cell_of(free), volume)


def _told_slopes(indexed: Indexed, free: Array) -> Array:
    """Derivatives (n_free, 7) of cell and volume by the free parameters."""
    step = 1e-5 * float(np.abs(free).max())
    moves = step * np.eye(len(free))
    return np.array([_told(indexed, free + one) - _told(indexed, free - one) for one in moves]) / (2.0 * step)


def _covariance(slopes: Array, rest: Array, reach: int, *, n_lost: int) -> Array:
    """Covariance of parameters from residuals that hang together over some points.

    W. K. Newey and K. D. West, Econometrica 55, 703 (1987), doi:10.2307/1913610; never less than of independent ones.
    """
    if np.isnan(slopes).any():
        return np.full((slopes.shape[1], slopes.shape[1]), np.nan)
    inverse = np.linalg.pinv(slopes.T @ slopes, hermitian=True)
    n_left = max(1, len(rest) - n_lost - slopes.shape[1])
    scores = slopes * rest[:, None]
    middle = scores.T @ scores
    for lag in range(1, min(reach, len(rest) - 1) + 1):
        together = scores[lag:].T @ scores[:-lag]
        middle += (1.0 - lag / (reach + 1.0)) * (together + together.T)
    plain = inverse * float(rest @ rest) / n_left
    robust = inverse @ middle @ inverse * len(rest) / n_left
    larger = np.sqrt(np.maximum(np.diag(plain), np.diag(robust)) / np.maximum(np.diag(robust), 1e-300))
    return np.asarray(robust * np.outer(larger, larger))


def q_range(points: Array, wavelength: float | None) -> tuple[float, float]:
    """First and last q of an axis.

    Examples
    --------
    >>> q_range(np.array([1.0, 5.0]), None)
    (1.0, 5.0)
    """
    ends = points[[0, -1]] if wavelength is None else q_from_two_theta(points[[0, -1]], wavelength)
    return float(ends[0]), float(ends[1])
