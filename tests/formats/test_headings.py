"""Column titles of the programs that write such files."""

import numpy as np
import pytest

from peakscape.formats.columns import axis_from_header


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
        ("", None, 1),
    ],
)
def test_titles(line: str, axis: str | None, factor: float) -> None:
    found, times = axis_from_header([line])
    assert found == axis
    assert times == pytest.approx(factor)


def test_nearest_title_to_the_numbers_counts() -> None:
    assert axis_from_header(["Q I", "# 2theta I"])[0] == "two_theta"
