"""Weight fractions of crystalline phases in a powder, from their structures alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from ase import Atoms
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter

from peakscape.diffraction.form_factors import Scattering, check_wavelength
from peakscape.diffraction.grains import absorption_factors, radius_at, warn_of_contrast
from peakscape.diffraction.instrument import Polarization
from peakscape.diffraction.phase_curves import N_SHARED, Beam, BentPhase, Phase
from peakscape.errors import InputError
from peakscape.signal.interpolation import checked_axis
from peakscape.signal.projection import (
    Freedom,
    ProjectedFit,
    Projection,
    Shapes,
    amounts_covariance,
    fit_projected,
    nonnegative_amounts,
    smooth_curves,
)
from peakscape.threads import one_thread

Array = NDArray[np.float64]
N_BACKGROUND = 8
MODEL_ERROR = 0.15
"""Relative error of a peak's height that structures, grains and profiles make: it weighs against counting noise."""
SEARCH_WIDTH = 0.25
"""Broadening in degree while displacement and cells are searched."""
DISPLACEMENTS = np.linspace(-0.3, 0.3, 25)
STRAINS = np.linspace(-0.0075, 0.0075, 31)
MOST_CANDIDATES = 16
"""Phases that are fitted together; of more, those that explain most, and their rivals."""
NEEDLESS = 0.02
"""A phase whose removal raises the weighted residual by less is not told."""
N_DRAWS = 1024
"""Mixtures drawn for the ends of an interval, the same ones for every pattern."""
REACH = 2.0
"""Peak widths over which neighbouring residuals go together, for the errors of the amounts."""
DETECTION = 3.29
"""Standard deviations of a detection limit with 5 % false positives and negatives (doi:10.1021/ac60259a007)."""
DEFAULT_SCATTERING = Scattering(b_iso=0.5)


@dataclass(frozen=True)
class WeightFractions:
    """What a powder consists of.

    Attributes
    ----------
    names : tuple of str
        Of the phases.
    fractions, lower, upper : ndarray of shape (n_phases,)
        Weight fractions of the crystalline share, or of the whole sample where a standard was given.
    detection_limit : ndarray of shape (n_phases,)
        Fraction that would have been seen in 95 of 100 patterns.
    amorphous, amorphous_lower, amorphous_upper : float
        What lacks to 1 by the internal standard, and the ends of its interval, below 0 where more is seen than there
        can be; NaN without one. Of the sample as measured: over 1 minus the standard's fraction, of the sample before.
    strain, width : ndarray of shape (n_phases,)
        Relative change of the cell's lengths, and peak width in degree in the middle of the pattern; NaN for a phase
        that is not there.
    texture : tuple of ndarray
        March and Dollase's parameter about each principal axis, by phase; 1 for none.
    displacement : float
        Shift of all peaks in degree: zero and displacement together at the middle of the pattern.
    alternatives : tuple of tuple
        What was left out and by how much its removal raised the weighted residual: (name, relative increase).
    fitted, background, remainder : ndarray of shape (n_points,)
        In the units of the pattern.
    unexplained : float
        Weighted share of the pattern beside the background that the phases do not explain.
    """

    names: tuple[str, ...]
    fractions: Array
    lower: Array
    upper: Array
    detection_limit: Array
    amorphous: float
    amorphous_lower: float
    amorphous_upper: float
    strain: Array
    width: Array
    texture: tuple[Array, ...]
    displacement: float
    alternatives: tuple[tuple[str, float], ...]
    fitted: Array
    background: Array
    remainder: Array
    unexplained: float


class PhaseMixture:
    """Weighs phases by their reference intensities, computed on the absolute scale of `simulate`.

    The intensity of a phase is s m |F|^2 LP / V^2 with s its volume, so that its weight is s times its density. Of each
    phase the cell, peak widths and texture follow the pattern within what is known beforehand, of the instrument zero,
    displacement and a common envelope; amounts and background are solved for at each step (variable projection).
    Absorption contrast is corrected after G. W. Brindley, Phil. Mag. 36, 347 (1945), doi:10.1080/14786444508520918.

    Parameters
    ----------
    phases
        Structures by name, or structures alone; or prepared ones (`Phase`).
    wavelength
        In angstrom.
    second_wavelength, second_share
        Of K-alpha2, and its intensity over that of K-alpha1; None for none.
    scattering
        Form factors and displacement parameters; the default has B = 0.5 angstrom^2.
    polarization
        See `lorentz_polarization`.
    full_from
        two_theta in degree below which the beam is longer than the sample; 0: never.
    grain_radius
        Of the grains, in micrometre, for the correction of absorption contrast, known to 30 %; 0: none. None: unknown,
        half-normal of the scale `radius_error`; the fractions are those of its middle, 0.67 micrometre.
    ratios
        By name, factors by which the intensity of a phase is larger than computed, such as those learned from a known
        mixture by `calibrate`.
    standard
        Name and weight fraction of an internal standard: fractions are then of the whole sample.
    ratio_error
        Standard deviation of the logarithm of each phase's intensity that no fit shows: structure, texture beyond the
        model, extinction.
    radius_error
        Scale in micrometre of the grain radius where none is given: by the contrast of absorption it enters fractions
        and intervals; 0: grains are so fine that they do not matter.
    model_error
        Relative error of a peak's height that structures, grains and profiles make: it weighs against counting noise;
        0 for patterns that the model describes perfectly.
    level
        Share of the intervals that should hold the truth.
    two_theta_max
        Largest angle in degree that patterns have.

    Raises
    ------
    InputError
        If a phase comes twice or a parameter cannot be used.
    StructureError
        If a structure cannot be used.

    Examples
    --------
    >>> from ase.build import bulk
    >>> from peakscape.diffraction import simulate
    >>> two = {"Cu": bulk("Cu"), "Si": bulk("Si")}
    >>> pure = simulate(list(two.values()), wavelength=1.5406, two_theta=(20, 100, 0.04), fwhm=0.2, scale=None)
    >>> volumes = [0.25, 0.75]  # of Cu and Si, of densities 8.93 and 2.33
    >>> mixed = volumes @ pure.intensity.values + 0.01
    >>> fine = PhaseMixture(two, wavelength=1.5406, scattering=Scattering(), grain_radius=0)  # simulate knows no grains
    >>> found = fine.weigh(pure.two_theta.values, mixed)
    >>> dict(zip(found.names, found.fractions.round(2).tolist()))
    {'Cu': 0.56, 'Si': 0.44}
    """

    def __init__(
        self,
        phases: Mapping[str, Atoms] | Sequence[Atoms | Phase],
        *,
        wavelength: float,
        second_wavelength: float | None = None,
        second_share: float = 0.5,
        scattering: Scattering = DEFAULT_SCATTERING,
        polarization: Polarization | None = "unpolarized",
        full_from: float = 0.0,
        grain_radius: float | None = None,
        ratios: Mapping[str, float] | None = None,
        standard: tuple[str, float] | None = None,
        ratio_error: float = 0.05,
        radius_error: float = 1.0,
        model_error: float = MODEL_ERROR,
        level: float = 0.9,
        two_theta_max: float = 120.0,
    ) -> None:
        self.wavelength = check_wavelength(wavelength)
        self.phases = _phases(phases, self.wavelength, two_theta_max, scattering)
        self.names = tuple(phase.name for phase in self.phases)
        waves, shares = np.array([self.wavelength]), np.ones(1)
        if second_wavelength is not None:
            waves = np.array([self.wavelength, check_wavelength(second_wavelength)])
            shares = np.array([1.0, second_share]) / (1.0 + second_share)
        self._beam = Beam(waves, shares, polarization, full_from)
        self.grain_radius, self.level, self.standard = grain_radius, level, standard
        self.ratio_error, self.radius_error, self.model_error = ratio_error, radius_error, model_error
        self.ratios = dict(ratios or {})
        unknown = set(self.ratios) - set(self.names) | ({standard[0]} if standard else set()) - set(self.names)
        if unknown:
            raise InputError(f"{', '.join(sorted(unknown))} is none of the phases {', '.join(self.names)}")
        if not (min(grain_radius or 0.0, ratio_error, radius_error, model_error) >= 0 and 0 < level < 1):
            raise InputError("expected grain_radius and errors of zero or more, and a level between 0 and 1")
        if not 0 <= full_from < 180:
            raise InputError(f"expected full_from in degree, from 0 to 180, got {full_from}")
        if standard is not None and not 0 < standard[1] < 1:
            raise InputError(f"expected a weight fraction of the standard between 0 and 1, got {standard[1]}")

    def weigh(self, two_theta: ArrayLike, intensity: ArrayLike, *, counts: bool = False) -> WeightFractions:
        """Find the weight fractions of one pattern.

        Parameters
        ----------
        two_theta
            In degree, ascending, shape (n_points,).
        intensity
            Shape (n_points,).
        counts
            Whether the intensity is counts, so that its noise is their root; else the noise is taken to be small.

        Returns
        -------
        WeightFractions

        Raises
        ------
        InputError
            If the pattern cannot be used.
        StructureError
            If a phase has no reflection in its range.
        """
        measured = np.asarray(intensity, dtype=np.float64)
        axis = checked_axis(two_theta, len(measured), name="two_theta")
        if len(axis) < 50 or not np.isfinite(measured).all() or np.ptp(measured) == 0.0:
            raise InputError("expected a pattern of 50 points or more, finite and not the same everywhere")
        with one_thread():
            return _Weighing(self, axis, measured, counts).answer()

    def calibrate(self, two_theta: ArrayLike, intensity: ArrayLike, known: Mapping[str, float]) -> "PhaseMixture":
        """Learn intensity ratios from one mixture of known weight fractions.

        Parameters
        ----------
        two_theta, intensity
            Of its pattern (n_points,).
        known
            Weight fractions by name, of two phases or more; all must be phases of this mixture.

        Returns
        -------
        PhaseMixture
            A new one with the ratios, whose logarithms have the mean 0 over the phases of the mixture.
        """
        unknown = set(known) - set(self.names)
        if unknown:
            raise InputError(f"{', '.join(sorted(unknown))} is none of the phases {', '.join(self.names)}")
        found = self.weigh(two_theta, intensity)
        seen = dict(zip(found.names, found.fractions, strict=True))
        logs = {name: float(np.log(max(seen[name], 1e-6) / share)) for name, share in known.items() if share > 0}
        if len(logs) < 2:
            raise InputError("expected a mixture with known fractions of two phases or more")
        mean = sum(logs.values()) / len(logs)
        larger = {name: self.ratios.get(name, 1.0) * float(np.exp(one - mean)) for name, one in logs.items()}
        return self.with_ratios(self.ratios | larger)

    def with_ratios(self, ratios: Mapping[str, float]) -> "PhaseMixture":
        """Return the same with other intensity ratios by name."""
        made = object.__new__(PhaseMixture)
        made.__dict__.update(self.__dict__)
        made.ratios = dict(ratios)
        return made


def _phases(
    given: Mapping[str, Atoms] | Sequence[Atoms | Phase],
    wavelength: float,
    two_theta_max: float,
    scattering: Scattering,
) -> tuple[Phase, ...]:
    """Compute what is not prepared yet, and refuse a phase that comes twice."""
    pairs = list(given.items()) if isinstance(given, Mapping) else [("", one) for one in given]
    made = tuple(
        (replace(one, name=name or one.name))
        if isinstance(one, Phase)
        else Phase.from_atoms(one, wavelength=wavelength, two_theta_max=two_theta_max, scattering=scattering, name=name)
        for name, one in pairs
    )
    if not made:
        raise InputError("expected at least one phase, got none")
    for number, one in enumerate(made):
        for other in made[:number]:
            if one.name == other.name:
                raise InputError(f"two phases are called {one.name!r}; give each a name of its own")
            same = one.d_spacing.shape == other.d_spacing.shape and np.allclose(one.d_spacing, other.d_spacing, 1e-6)
            if same and np.allclose(one.strength, other.strength, 1e-4):
                raise InputError(f"{other.name} and {one.name} are the same phase; leave one out")
    return made


class _Weighing:
    """One pattern on its way to weight fractions."""

    def __init__(self, mixture: PhaseMixture, axis: Array, measured: Array, counts: bool) -> None:
        self.mixture, self.axis, self.measured = mixture, axis, measured
        self.bent = [BentPhase(phase, axis, mixture._beam) for phase in mixture.phases]
        self.unit = np.median([float(np.abs(one.phase.strength).max()) for one in self.bent])
        points_per_peak = max(int(5.0 * len(axis) / np.ptp(axis)), 5)
        low = percentile_filter(measured, 10, size=points_per_peak)
        expected = gaussian_filter1d(measured, 1.0, mode="nearest")  # weights by single counts would favour low ones
        floor = np.maximum(expected, 1.0) if counts else np.maximum(expected, 1e-3 * measured.max())
        self.weights = 1.0 / np.sqrt(floor + (mixture.model_error * np.maximum(expected - low, 0.0)) ** 2)
        smooth = np.vstack([smooth_curves(axis, N_BACKGROUND), 1.0 / axis])
        self.projection = Projection(self.weights, smooth)
        self.wanted = self.projection(measured)

    def answer(self) -> WeightFractions:
        """Search, leave out what is not needed, and tell the rest."""
        candidates = self._screened()
        strains, displacement = self._searched(candidates)
        fit, freedom = self._fit(candidates, self._freedom(candidates, strains, displacement))
        kept, left_out = candidates, []
        while len(kept) > 1:
            number, increase = self._least_needed(fit)
            if increase >= NEEDLESS:
                break
            left_out.append((self.mixture.names[kept[number]], increase))
            start = fit.parameters
            kept = np.delete(kept, number)
            fit, freedom = self._fit(kept, self._freedom(kept, strains, displacement, after=(start, number)))
        return self._told(kept, fit, freedom, left_out)

    def _broad(self, chosen: NDArray[np.intp]) -> Array:
        """Patterns of phases, broadened so that they meet the measured peaks before they are brought there."""
        shared = np.array([0.0, 0.0, 0.0, SEARCH_WIDTH, 0.0])
        return np.array([self.bent[one].curve(shared, np.zeros(self.bent[one].n_own))[0] for one in chosen])

    def _moved(self, broad: Array, displacement: float, strains: Array) -> Array:
        """Broadened patterns moved by interpolation, weighed and without what the background explains."""
        cosine, tangent = np.cos(np.deg2rad(self.axis / 2)), np.tan(np.deg2rad(self.axis / 2))
        places = self.axis - displacement * cosine + np.rad2deg(2 * tangent) * strains[:, None]
        return self.projection(np.array([np.interp(x, self.axis, y) for x, y in zip(places, broad, strict=True)]))

    def _screened(self) -> NDArray[np.intp]:
        """Choose candidates one after another, those that explain most of what is left first, then their rivals."""
        every = np.arange(len(self.bent))
        if len(every) <= MOST_CANDIDATES:
            return every
        broad = self._broad(every)
        bank = np.array([self._moved(broad, 0.0, np.full(len(every), strain)) for strain in STRAINS])
        bank /= np.maximum(np.linalg.norm(bank, axis=2, keepdims=True), 1e-300)
        chosen: list[int] = []
        columns: list[Array] = []
        rivals, left = np.zeros(len(every)), self.wanted
        while len(chosen) < MOST_CANDIDATES // 2:
            match = bank @ left / max(float(np.linalg.norm(left)), 1e-300)  # by strain and phase
            best = match.max(axis=0)
            best[chosen] = 0.0
            part = int(best.argmax())
            if best[part] <= 0:
                break
            chosen.append(part)
            columns.append(bank[int(match[:, part].argmax()), part])
            rivals = np.maximum(rivals, best)
            left = self.wanted - nonnegative_amounts(np.array(columns), self.wanted) @ np.array(columns)
        rivals[chosen] = 0.0
        more = [int(one) for one in np.argsort(-rivals, kind="stable")[: MOST_CANDIDATES - len(chosen)]]
        return np.array(sorted(chosen + more))

    def _searched(self, candidates: NDArray[np.intp]) -> tuple[Array, float]:
        """Scan the displacement, then each candidate's strain, on broadened patterns; strains are of all phases."""
        broad = self._broad(candidates)

        def cost(displacement: float, strains: Array) -> float:
            made = self._moved(broad, displacement, strains)
            return float(np.sum((self.wanted - nonnegative_amounts(made, self.wanted) @ made) ** 2))

        strains = np.zeros(len(candidates))
        displacement = min(DISPLACEMENTS, key=lambda one: cost(one, strains) * (1 + 0.02 * one**2))
        for _ in range(2 if len(candidates) > 1 else 1):
            for phase in range(len(candidates)):
                trials = np.tile(strains, (len(STRAINS), 1))
                trials[:, phase] = STRAINS
                costs = [cost(displacement, one) * (1.0 + (one[phase] / 0.01) ** 2 * 0.02) for one in trials]
                strains = trials[int(np.argmin(costs))]
        found = np.zeros(len(self.bent))
        found[candidates] = strains
        return found, float(displacement)

    def _freedom(
        self, kept: NDArray[np.intp], strains: Array, displacement: float, after: tuple[Array, int] | None = None
    ) -> Freedom:
        """What is known of all parameters beforehand; they start there, or where an earlier fit with one more ended."""
        #         zero, displacement, envelope, Gaussian width, roughness
        rows = [[0.0, 0.0, 0.0, 0.1, 0.0], [-0.3, -0.6, -1.5, 0.03, 0.0], [0.3, 0.6, 3.0, 1.0, 0.3],
                [0.05, 0.1, 0.5, 0.1, 0.05]]  # fmt: skip
        starts, lower, upper, spread = ([np.array(row)] for row in rows)
        expected = [starts[0].copy()]
        starts[0] = starts[0] + np.array([0.0, displacement, 0.0, 0.0, 0.0])
        for number in kept:
            k = self.bent[number].n_axes
            first = np.concatenate([[strains[number]], np.zeros(k), [0.05, 0.05], np.zeros(k)])
            starts.append(first)
            expected.append(np.concatenate([[0.0], np.zeros(k), [0.0, 0.0], np.zeros(k)]))
            lower.append(np.concatenate([[-0.02], np.full(k, -0.01), [0.0, 0.0], np.full(k, -0.7)]))
            upper.append(np.concatenate([[0.02], np.full(k, 0.01), [1.0, 2.0], np.full(k, 0.7)]))
            spread.append(np.concatenate([[0.01], np.full(k, 0.002), [0.15, 0.3], np.full(k, 0.1)]))
        start = np.concatenate(starts)
        if after is not None:
            earlier, number = after
            sizes = [len(one) for one in starts[1:]]
            gone = len(earlier) - N_SHARED - sum(sizes)
            begin = N_SHARED + sum(sizes[:number])
            start = np.delete(earlier, slice(begin, begin + gone))
        bounds = np.concatenate(lower), np.concatenate(upper)
        return Freedom(np.clip(start, *bounds), *bounds, np.concatenate(expected), np.concatenate(spread))

    def _fit(self, kept: NDArray[np.intp], freedom: Freedom) -> tuple[ProjectedFit, Freedom]:
        begins = np.cumsum([N_SHARED, *(self.bent[number].n_own for number in kept)])

        def shapes(parameters: Array) -> Shapes:
            made = [
                self.bent[number].curve(parameters[:N_SHARED], parameters[begin:end])
                for number, begin, end in zip(kept, begins[:-1], begins[1:], strict=True)
            ]

            def slopes(amounts: Array) -> Array:
                by = [(amount * shared, amount * own) for amount, one in zip(amounts, made, strict=True)
                      for shared, own in [one[1]()]]  # fmt: skip
                return np.vstack([sum(shared for shared, _ in by), *(own for _, own in by)])

            return Shapes(np.array([one[0] for one in made]), slopes)

        return fit_projected(self.measured, self.projection, shapes, freedom), freedom

    def _least_needed(self, fit: ProjectedFit) -> tuple[int, float]:
        """Return the phase whose removal raises the residual least at the shapes that were found, and by how much."""
        now = float(fit.residual @ fit.residual)
        increases = []
        for number in range(len(fit.amounts)):
            columns = np.delete(fit.columns, number, axis=0)
            left = self.wanted - nonnegative_amounts(columns, self.wanted) @ columns
            increases.append(float(left @ left) / now - 1.0)
        return int(np.argmin(increases)), min(increases)

    def _told(
        self, kept: NDArray[np.intp], fit: ProjectedFit, freedom: Freedom, left_out: list[tuple[str, float]]
    ) -> WeightFractions:
        mixture, n_phases = self.mixture, len(self.bent)
        volumes = np.zeros(n_phases)
        volumes[kept] = fit.amounts
        weigh = self._weights_of(volumes, np.zeros(()))
        fractions = volumes * weigh / max(float(volumes @ weigh), 1e-300)
        covariance, limits = self._errors(kept, fit, freedom, volumes, weigh)
        drawn, rest = self._drawn(volumes, covariance), np.full(3, np.nan)
        if mixture.standard is not None:
            fractions, drawn, limits, rest = self._by_standard(*mixture.standard, fractions, drawn, limits)
        lower, upper = _intervals(fractions, drawn, limits, mixture.level)
        strain, width = np.full((2, n_phases), np.nan)
        texture = [np.ones(one.n_axes) for one in self.bent]
        begin = N_SHARED
        for number in kept:
            k, own = self.bent[number].n_axes, fit.parameters[begin:]
            strain[number], texture[number] = own[0], np.exp(own[3 + k : 3 + 2 * k])
            width[number] = fit.parameters[3] + own[1 + k] + own[2 + k] * np.tan(np.deg2rad(self.axis.mean() / 2))
            begin += self.bent[number].n_own
        fitted, background = self._curves(kept, fit)
        if mixture.grain_radius is None and mixture.radius_error > 0:
            warn_of_contrast(mixture.phases, fractions)
        return WeightFractions(
            mixture.names, fractions, lower, upper, limits, float(rest[0]), float(rest[1]), float(rest[2]), strain,
            width, tuple(texture),
            float(fit.parameters[0] + fit.parameters[1] * np.cos(np.deg2rad(self.axis.mean() / 2))),
            tuple(left_out), fitted, background, self.measured - fitted,
            float(fit.residual @ fit.residual / (self.wanted @ self.wanted)),
        )  # fmt: skip

    def _by_standard(
        self, name: str, share: float, fractions: Array, drawn: Array, limits: Array
    ) -> tuple[Array, Array, Array, Array]:
        """Fractions of the whole sample, as drawn too, limits, and the amorphous rest with the ends of its interval."""
        number = self.mixture.names.index(name)
        if fractions[number] <= 0:
            raise InputError(f"the internal standard {name} is not seen in the pattern")
        scale, scales = share / fractions[number], share / drawn[:, number]
        ends = np.quantile(1.0 - scales, [0.5 - self.mixture.level / 2, 0.5 + self.mixture.level / 2])
        rest = np.array([1.0 - scale, min(ends[0], 1.0 - scale), max(ends[1], 1.0 - scale)])
        return scale * fractions, scales[:, None] * drawn, scale * limits, rest

    def _weights_of(self, volumes: Array, deviates: Array) -> Array:
        """Weight for each volume that was seen, by grains of a size told by a normal deviate, (..., n_phases)."""
        mixture = self.mixture
        weigh = np.array([one.density / mixture.ratios.get(one.name, 1.0) for one in mixture.phases])
        radius = radius_at(deviates, mixture.grain_radius, mixture.radius_error)
        absorption = np.array([one.absorption for one in mixture.phases])
        return np.asarray(weigh / absorption_factors(absorption, volumes, radius))

    def _drawn(self, volumes: Array, covariance: Array) -> Array:
        """Fractions as they may be by the errors of amounts and intensity ratios and the size of grains."""
        normal = np.random.default_rng(0).standard_normal((N_DRAWS // 2, len(volumes) + 1))
        normal = np.vstack([normal, -normal])
        values, vectors = np.linalg.eigh(covariance)
        logs = (normal[:, 1:] * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        amounts = volumes * np.exp(np.clip(logs, -5.0, 5.0))
        weights = amounts * self._weights_of(amounts, normal[:, 0])
        return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300))

    def _curves(self, kept: NDArray[np.intp], fit: ProjectedFit) -> tuple[Array, Array]:
        begins = np.cumsum([N_SHARED, *(self.bent[number].n_own for number in kept)])
        made = [
            self.bent[number].curve(fit.parameters[:N_SHARED], fit.parameters[begin:end])[0]
            for number, begin, end in zip(kept, begins[:-1], begins[1:], strict=True)
        ]
        phases = fit.amounts @ np.array(made)
        background = self.projection.background_of(self.measured - phases)
        return phases + background, background

    def _errors(
        self, kept: NDArray[np.intp], fit: ProjectedFit, freedom: Freedom, volumes: Array, weigh: Array
    ) -> tuple[Array, Array]:
        """Return the covariance of the logarithms of the amounts, (n_phases, n_phases), and the detection limits."""
        there = fit.amounts > 0
        if not there.any():
            return np.zeros((len(volumes), len(volumes))), np.ones(len(volumes))
        excess = max(float(fit.residual @ fit.residual) / len(self.axis), 1e-12)
        covariance = np.diag(np.full(len(volumes), self.mixture.ratio_error**2))
        points = int(np.ceil(REACH * fit.parameters[3] * len(self.axis) / np.ptp(self.axis)))
        # weights of counts alone are the variances; others, and models that err, have errors as the residuals are
        reach = int(np.clip(points, 2, len(self.axis) // 8)) if self.mixture.model_error else 0
        errors = amounts_covariance(fit, freedom, there, reach=reach) * (1.0 if reach else max(excess, 1.0))
        covariance[np.ix_(kept[there], kept[there])] += errors / np.outer(fit.amounts[there], fit.amounts[there])
        columns = self.projection(
            np.array([one.curve(fit.parameters[:N_SHARED], np.zeros(one.n_own))[0] for one in self.bent])
        )
        columns[kept[there]] = fit.columns[there]
        own = np.empty(len(volumes))
        for number, column in enumerate(columns):
            others = columns[[one for one in kept[there] if one != number]]
            basis = np.linalg.qr(others.T)[0]
            own[number] = np.linalg.norm(column - basis @ (basis.T @ column))
        # the noise, and what makes a phase be told at all
        seen = max(DETECTION * np.sqrt(excess), np.sqrt(NEEDLESS * float(fit.residual @ fit.residual)))
        limits = seen / np.maximum(own, 1e-300) * weigh / max(float(volumes @ weigh), 1e-300)
        return covariance, np.minimum(limits, 1.0)


def _intervals(fractions: Array, drawn: Array, limits: Array, level: float) -> tuple[Array, Array]:
    """Ends of the fractions by what was drawn (n_draws, n_phases); what is not seen may be there up to its limit."""
    lower, upper = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    upper = np.where(fractions > 0, np.maximum(upper, fractions), limits)
    return np.clip(np.minimum(lower, fractions), 0.0, 1.0), np.clip(upper, 0.0, 1.0)
