"""Weight fractions from structures: known mixtures computed by other code, measured ones, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal
from numpy.typing import NDArray

from peakscape import datasets, structures
from peakscape.diffraction import Instrument, PhaseMixture, Scattering, simulate
from peakscape.diffraction.grains import grain_factor
from peakscape.diffraction.phase_curves import Beam, BentPhase, Phase, Profiles, voigt_width
from peakscape.errors import InputError, PeakscapeWarning, StructureError

SCATTERING = Scattering(b_iso=0.5)
WAVELENGTH = 1.5406
# zincite: E. H. Kisi and M. M. Elcombe, Acta Cryst. C 45, 1867 (1989), doi:10.1107/S0108270189004269
ZINCITE = crystal(
    ["Zn", "O"],
    [(1 / 3, 2 / 3, 0), (1 / 3, 2 / 3, 0.3821)],
    spacegroup=186,
    cellpar=[3.2498, 3.2498, 5.2066, 90, 90, 120],
)
# rutile: E. P. Meagher and G. A. Lager, Canad. Mineral. 17, 77 (1979)
RUTILE = crystal(
    ["Ti", "O"], [(0, 0, 0), (0.3051, 0.3051, 0)], spacegroup=136, cellpar=[4.594, 4.594, 2.959, 90, 90, 90]
)
PHASES = {"zincite": ZINCITE, "rutile": RUTILE, "periclase": bulk("MgO", "rocksalt", a=4.2117)}
POINTS = np.arange(20.0, 100.0, 0.04)
PROFILE = Instrument(profile="pseudo_voigt", mixing=0.5)


def phase(atoms: Atoms, name: str = "") -> Phase:
    return Phase.from_atoms(atoms, wavelength=WAVELENGTH, two_theta_max=102, scattering=SCATTERING, name=name)


def mixed(shares: dict[str, float], fwhm: float = 0.2) -> NDArray[np.float64]:
    """Computed by `simulate`, whose sums and profiles are other code."""
    pure = simulate(
        [PHASES[name] for name in shares], wavelength=WAVELENGTH, two_theta=(20.0, 99.96, 0.04), fwhm=fwhm, scale=None,
        instrument=PROFILE, scattering=SCATTERING,
    )  # fmt: skip
    volumes = [share / phase(PHASES[name]).density for name, share in shares.items()]
    return np.asarray(volumes @ pure.intensity.values)


def test_absolute_scale_is_that_of_simulate() -> None:
    pattern = simulate(
        ZINCITE, wavelength=WAVELENGTH, two_theta=(20, 100, 0.02), fwhm=0.2, scale=None, scattering=SCATTERING
    )
    bent = BentPhase(
        phase(ZINCITE), pattern.two_theta.values, Beam(np.array([WAVELENGTH]), np.ones(1), "unpolarized", 0)
    )
    curve, _ = bent.curve(np.array([0.0, 0.0, 0.0, 0.2, 0.0]), np.zeros(bent.n_own))
    np.testing.assert_allclose(curve, pattern.intensity.values[0], atol=2e-3 * curve.max())


def test_densities_are_those_of_handbooks() -> None:
    # D. R. Lide (ed.), CRC Handbook of Chemistry and Physics, 84th ed. (2003), section 4
    for name, density in (("zincite", 5.67), ("rutile", 4.25), ("periclase", 3.58)):
        assert phase(PHASES[name]).density == pytest.approx(density, rel=0.01)


def test_absorption_is_that_of_tables() -> None:
    # J. H. Hubbell and S. M. Seltzer, NISTIR 5632 (1995), doi:10.18434/T4D01F: total attenuation at 8 keV in cm2/g
    for element, mass in (("Cu", 52.55), ("Si", 64.68)):
        one = Phase.from_atoms(bulk(element), wavelength=12.39842 / 8.0, two_theta_max=100, scattering=SCATTERING)
        assert one.absorption * 1e4 / one.density == pytest.approx(mass, rel=0.08)


def test_derivatives_are_those_of_the_pattern() -> None:
    for atoms in PHASES.values():
        bent = BentPhase(
            phase(atoms), POINTS, Beam(np.array([1.5406, 1.5444]), np.array([0.66, 0.34]), "unpolarized", 24)
        )
        k = bent.n_axes
        shared = np.array([0.02, 0.05, 0.3, 0.08, 0.05])
        own = np.concatenate([[0.001], np.full(k, 0.001), [0.05, 0.05], np.full(k, 0.1)])
        curve, slopes = bent.curve(shared, own)
        by_shared, by_own = slopes()
        for vector, told in ((shared, by_shared), (own, by_own)):
            for number in range(len(vector)):
                vector[number] += 1e-7
                moved = bent.curve(shared, own)[0]
                vector[number] -= 1e-7
                # strain changes the Lorentz factor too, which is left out: 1 %
                np.testing.assert_allclose((moved - curve) / 1e-7, told[number], atol=0.02 * np.abs(told[number]).max())


def test_profiles_have_unit_area_and_the_width_that_was_asked() -> None:
    axis = np.arange(-20.0, 20.0, 0.01)
    made = Profiles(axis, np.zeros(1), np.array([0.5]), np.array([0.0]))
    curve = made.sum(made.height, np.ones(1))
    assert curve.sum() * 0.01 == pytest.approx(1.0, abs=1e-3)
    assert np.ptp(axis[curve >= curve.max() / 2]) == pytest.approx(0.5, abs=0.02)
    assert voigt_width(0.3, np.zeros(1))[0] == pytest.approx(0.3)


@pytest.mark.parametrize("shares", [{"zincite": 0.5, "rutile": 0.5}, {"zincite": 0.1, "rutile": 0.3, "periclase": 0.6}])
def test_mixtures_of_other_code_are_weighed(shares: dict[str, float]) -> None:
    pattern = mixed(shares)
    counts = np.random.default_rng(0).poisson(1e4 * pattern / pattern.max() + 200.0 + 5 * (100 - POINTS)).astype(float)
    found = PhaseMixture(PHASES, wavelength=WAVELENGTH).weigh(POINTS, counts, counts=True)
    told = dict(zip(found.names, found.fractions, strict=True))
    for name in PHASES:
        assert told[name] == pytest.approx(shares.get(name, 0.0), abs=0.015)
    truth = np.array([shares.get(name, 0.0) for name in found.names])
    assert (found.lower <= truth).all()
    assert (truth <= found.upper).all()


def test_an_internal_standard_tells_the_amorphous_share() -> None:
    pattern = mixed({"zincite": 0.6, "periclase": 0.4})  # of a sample of which half is glass: 0.3, 0.2 and 0.5
    two = {name: PHASES[name] for name in ("zincite", "periclase")}
    found = PhaseMixture(two, wavelength=WAVELENGTH, standard=("periclase", 0.2)).weigh(POINTS, pattern)
    np.testing.assert_allclose(found.fractions, [0.3, 0.2], atol=0.01)
    assert found.amorphous == pytest.approx(0.5, abs=0.02)
    assert 0.3 < found.amorphous_lower < 0.5 < found.amorphous_upper < 0.7
    np.testing.assert_allclose([found.lower[1], found.upper[1]], 0.2)  # as it was told
    with pytest.raises(InputError, match="rutile is not seen"):
        PhaseMixture(PHASES, wavelength=WAVELENGTH, standard=("rutile", 0.2)).weigh(POINTS, pattern)


def test_all_known_phases_as_candidates() -> None:
    known = {name: structures.phase(name) for name in structures.phase_names()}
    pattern = mixed({"zincite": 0.5, "rutile": 0.35, "periclase": 0.15})
    counts = np.random.default_rng(0).poisson(5e3 * pattern / pattern.max() + 100.0).astype(float)
    found = PhaseMixture(known, wavelength=WAVELENGTH).weigh(POINTS, counts, counts=True)
    told = {name: share for name, share in zip(found.names, found.fractions, strict=True) if share > 0}
    assert told == pytest.approx({"zincite": 0.5, "rutile": 0.35, "periclase": 0.15}, abs=0.04)
    assert (found.detection_limit > 0).all()


def test_ratios_are_learned_from_a_known_mixture() -> None:
    two = {name: PHASES[name] for name in ("zincite", "rutile")}
    wrong = mixed({"zincite": 0.5 * 1.3, "rutile": 0.5})  # zincite shines 1.3 times as strong as it should
    learned = PhaseMixture(two, wavelength=WAVELENGTH).calibrate(POINTS, wrong, {"zincite": 0.5, "rutile": 0.5})
    found = learned.weigh(POINTS, mixed({"zincite": 0.2 * 1.3, "rutile": 0.8}))
    np.testing.assert_allclose(found.fractions, [0.2, 0.8], atol=0.01)
    with pytest.raises(InputError, match="none of the phases"):
        learned.calibrate(POINTS, wrong, {"glass": 0.5, "rutile": 0.5})


def test_grains_that_absorb_are_underrated_and_corrected() -> None:
    assert grain_factor(0.0) == 1.0
    assert grain_factor(0.1) == pytest.approx(1 - 1.5 * 0.1, abs=0.02)
    lead = bulk("Pb")
    phases = {"lead": lead, "periclase": PHASES["periclase"]}
    pure = simulate(list(phases.values()), wavelength=WAVELENGTH, two_theta=(20, 99.96, 0.04), fwhm=0.2, scale=None)
    with pytest.warns(PeakscapeWarning, match="lead absorbs much more than periclase"):
        fine = PhaseMixture(phases, wavelength=WAVELENGTH).weigh(POINTS, pure.intensity.values.sum(axis=0))
    coarse = PhaseMixture(phases, wavelength=WAVELENGTH, grain_radius=1.0).weigh(
        POINTS, pure.intensity.values.sum(axis=0)
    )
    assert coarse.fractions[0] > fine.fractions[0] + 0.01


def test_what_cannot_be_weighed() -> None:
    with pytest.raises(InputError, match="are the same phase"):
        PhaseMixture({"a": ZINCITE, "b": ZINCITE.copy()}, wavelength=WAVELENGTH)
    with pytest.raises(InputError, match="at least one phase"):
        PhaseMixture({}, wavelength=WAVELENGTH)
    with pytest.raises(InputError, match="glass is none of the phases"):
        PhaseMixture(PHASES, wavelength=WAVELENGTH, standard=("glass", 0.2))
    mixture = PhaseMixture(PHASES, wavelength=WAVELENGTH)
    for pattern in (np.zeros(len(POINTS)), np.full(len(POINTS), np.nan), np.ones(3)):
        with pytest.raises(InputError):
            mixture.weigh(POINTS[: len(pattern)], pattern)
    with pytest.raises(StructureError, match="no reflection"):
        PhaseMixture({"zincite": ZINCITE}, wavelength=WAVELENGTH).weigh(np.linspace(1, 10, 200), np.arange(200.0))
    noise = PhaseMixture(PHASES, wavelength=WAVELENGTH).weigh(
        POINTS, np.random.default_rng(0).normal(5, 1, len(POINTS))
    )
    assert np.isfinite(noise.fractions).all()


def test_weighed_mixtures_from_structures_alone() -> None:
    folder = Path(os.environ.get("PEAKSCAPE_DATA", "../shared/data")) / "structures"
    if not folder.is_dir():
        pytest.skip(f"needs the structures in {folder} (PEAKSCAPE_DATA)")
    data = datasets.load_measured("weighed-mixtures", files="TiO2*2min*")
    two = {"ZnO": structures.read(folder / "ZnO.cif"), "TiO2": structures.read(folder / "anatase.cif")}
    found = PhaseMixture(two, wavelength=1.540598, second_wavelength=1.544426).weigh(
        data.two_theta.values, data.intensity.values[0], counts=True
    )
    np.testing.assert_allclose(found.fractions, np.array([0.601, 0.4009]) / 1.0019, atol=0.025)
