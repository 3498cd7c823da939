"""Column titles of the programs that write such files."""

from pathlib import Path

import numpy as np
import pytest

from peakscape.errors import FormatError
from peakscape.formats.absorption.roles import role_of
from peakscape.formats.column_titles import axis_from_header, wavelength_from_header
from peakscape.formats.registry import scans_of


@pytest.mark.parametrize(
    ("line", "axis", "factor"),
    [
        ("2theta I", "two_theta", 1),
        ("2Theta (deg), Intensity (counts)", "two_theta", 1),
        ("# 2-theta  counts", "two_theta", 1),
        ("#       2th_deg             I", "two_theta", 1),
        ("two_theta,intensity", "two_theta", 1),
        ("2 Theta;Imp", "two_theta", 1),
        ("2θ / °\tI", "two_theta", 1),
        ("tth I", "two_theta", 1),
        ("# 2th_rad I", "two_theta", np.degrees(1)),
        ("# q_A^-1 I sigma", "q", 1),
        ("# q_nm^-1 I sigma", "q", 0.1),
        ("Q (1/nm)\tI(Q)", "q", 0.1),
        ("Q [1/Å], I", "q", 1),
        ("Q I", "q", 1),
        ("energy,mu", "energy", 1),
        ("Energy (keV); mu", "energy", 1000),
        ("eV  absorption", "energy", 1),
        ("# energy_eV,counts (EELSDB cubic-boron-nitride; digitised from a plot)", "energy", 1),
        ("# energy_eV_as_plotted,counts_1e6 (EELSDB #100; digitised)", "energy", 1),
        ("Energy: 60 keV", None, 1),
        ("# energy = 12", None, 1),
        ("Energy 8047 eV", None, 1),
        ("energy dispersive run of May", None, 1),
        ("quartz standard", None, 1),
        ("events I", None, 1),
        ("Angle Counts", None, 1),
        ("Pos. [°2Th.];Int. [cts]", "two_theta", 1),
        ("Position [°2θ] (Copper (Cu)),Intensity", "two_theta", 1),
        ("°2Theta,counts", "two_theta", 1),
        ("Beugungswinkel 2Theta (°);Intensität", "two_theta", 1),
        ("Bragg angle 2θ (rad), I", "two_theta", np.degrees(1)),
        ("Diffraction angle (deg)\tIntensity", "two_theta", 1),
        ("回折角 (deg),強度", "two_theta", 1),
        ("2𝜃 (°),I", "two_theta", 1),
        ("Scattering vector Q (nm^-1)\tI", "q", 0.1),
        ("Momentum transfer Q (1/Å),I", "q", 1),
        ("|Q| (1/A),I", "q", 1),
        ("Energie (keV);Intensität", "energy", 1000),
        ("Énergie (eV);I", "energy", 1),
        ("omega at 2theta = 20", None, 1),
        ("range of 2theta: 5 to 90", None, 1),
        ("measured at a scattering angle of ninety degrees in the second hutch, by night", None, 1),
        ("x2theta,y", None, 1),
        ("", None, 1),
    ],
)
def test_titles(line: str, axis: str | None, factor: float) -> None:
    found, times = axis_from_header([line])
    assert found == axis
    assert times == pytest.approx(factor)


def test_nearest_title_to_the_numbers_counts() -> None:
    assert axis_from_header(["Q I", "# 2theta I"])[0] == "two_theta"


def test_a_name_within_a_title_counts_in_the_last_line_alone() -> None:
    assert axis_from_header(["Omega scan, 2theta at rest", "omega,counts"])[0] is None
    assert axis_from_header(["[Scan points]", "Angle,Intensity"])[0] == "two_theta"


@pytest.mark.parametrize(
    ("lines", "wavelength"),
    [
        (["# Wavelength: 4.1e-11 m"], 0.41),
        (["# wavelength = 0.4127"], 0.4127),
        (["Wavelength (nm) 0.15406"], 1.5406),
        (["Cu K-alpha, λ = 1.5406 Å"], 1.5406),
        (['#  "wavelength": 1.0e-10, "detector": "P2M"'], 1.0),
        (["K-Alpha1 wavelength,1.54060", "K-Alpha2 wavelength,1.54443", "Ratio K-Alpha2/K-Alpha1,0.50000"], 1.5406),
        (["*HW_XG_WAVE_LENGTH_ALPHA1 1.540593", "*HW_XG_WAVE_LENGTH_ALPHA2 1.544414"], 1.540593),
        (["wavelength 1.5406", "second wavelength 0.7093"], None),
        (["smoothed with lambda = 10.0"], None),
        (["Raman, excitation wavelength 532.0 nm"], None),
        (["wavelength 0.0"], None),
        (["wavelength of tube 2"], None),
        ([], None),
    ],
)
def test_wavelengths(lines: list[str], wavelength: float | None) -> None:
    found, _ = wavelength_from_header(lines)
    assert found == (None if wavelength is None else pytest.approx(wavelength))


def test_a_wavelength_above_the_numbers_is_kept_and_not_contradicted(tmp_path: Path) -> None:
    path = tmp_path / "a.xy"
    path.write_text("# Wavelength: 4.1e-11 m\n# 2th_deg I\n" + "\n".join(f"{10 + k} {k}" for k in range(9)))
    assert scans_of(path)[0].wavelength == pytest.approx(0.41)
    with pytest.raises(FormatError, match=r"gives its own wavelength, 0\.41 angstrom, not 1\.54"):
        scans_of(path, wavelength=1.54)


def test_titles_of_absorption_in_other_languages_and_letters() -> None:
    assert [role_of(name).kind for name in ("Énergie", "Energía", "エネルギー", "Photon energy")] == ["energy"] * 4
    assert [role_of(name).kind for name in ("μ(E)", "µ", "xμ")] == ["absorption"] * 3
