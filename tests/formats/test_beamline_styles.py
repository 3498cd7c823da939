"""Absorption scans in the styles of beamlines: names of columns, energies, the detector that saw an edge."""

from pathlib import Path

import numpy as np
import pytest

from peakscape.errors import FormatError
from peakscape.formats.absorption.request import Request
from peakscape.formats.registry import scans_of

ENERGY = np.concatenate(
    [np.arange(6900.0, 7090.0, 5.0), np.arange(7090.0, 7160.0, 0.5), np.arange(7160.0, 7600.0, 3.0)]
)
MU = 0.8 + 0.6 * (0.5 + np.arctan((ENERGY - 7120.0) / 1.5) / np.pi)
I0 = 1e5 * (1 + 0.05 * np.sin(ENERGY / 40.0))
IT = I0 * np.exp(-MU)
DEAD = np.full(len(ENERGY), 5e4)
FLUO = I0 * (MU - 0.7) * 0.01
ANGLE = np.degrees(np.arcsin(12398.41984 / (2 * 3.13551 * ENERGY)))


def rows(*columns: np.ndarray, separator: str = " ") -> str:
    return "\n".join(separator.join(f"{value:.6f}" for value in row) for row in zip(*columns, strict=True)) + "\n"


FIXED = "#" + "".join(f"{title:21s}" for title in ("Mono Energy *", "Preset time *", "I0", "I1", "If")) + "\n"
STYLES = {
    "fixed widths": FIXED + rows(ENERGY, DEAD, I0, IT, DEAD),
    "titles in a list": "Data:\nReal time clock\nRequested Energy\nI0\nI1\n\n" + rows(DEAD, ENERGY, I0, IT),
    "weights above": "Weights:\n 1.0 1.0 1.0\nData:\nEnergy\nI0\nI1\n" + rows(ENERGY, I0, IT),
    "numbered": "# 1: energy (eV)\n# 2: I0\n# 3: I1\n# ----\n" + rows(ENERGY, I0, IT),
    "SPEC": "#S 1 energy scan\n#N 3\n#L Energy  I0  I1\n" + rows(ENERGY, I0, IT),
    "keV, semicolons": "energy (keV);i0;it\n" + rows(ENERGY / 1000, I0, IT, separator=";"),
    "commas": "time,energy,i0,it\n" + rows(DEAD, ENERGY, I0, IT, separator=","),
    "angles and crystal": "# Mono: Si(111)\n# angle i0 it\n" + rows(ANGLE, I0, IT),
    "steps": "# HC/2D= 1977.260 STPDEG=6400.\n# steps i0 it\n"
    + rows(np.degrees(np.arcsin(1977.26 / ENERGY)) * 6400.0, I0, IT),
    "no titles": rows(ENERGY, I0, IT),
    "control-Z": "energy i0 it\n" + rows(ENERGY, I0, IT) + "\n\x1a\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_transmission(tmp_path: Path, style: str) -> None:
    path = tmp_path / "scan.001"
    path.write_text(STYLES[style])
    [scan] = scans_of(path)
    assert scan.metadata["signal"] == "transmission"
    assert np.allclose(scan.points, ENERGY, atol=0.3)
    assert np.allclose(scan.intensity, MU, atol=1e-4)


def test_a_dead_transmission_gives_way_to_the_channels_of_fluorescence(tmp_path: Path) -> None:
    live, factor = FLUO / 2.0, 1.25
    titles = "energy i0 it roi1 roi2 icr1 icr2 ocr1 ocr2\n"
    path = tmp_path / "scan.dat"
    path.write_text(titles + rows(ENERGY, I0, DEAD, live / factor, live / factor, *[DEAD * factor] * 2, *[DEAD] * 2))
    [scan] = scans_of(path)
    assert scan.metadata["signal"] == "fluorescence"
    assert np.allclose(scan.intensity, FLUO / I0, rtol=1e-3)
    assert "no edge in ln(i0 / it)" in str(scan.metadata["reading"])
    assert "corrected for dead time" in str(scan.metadata["reading"])
    [asked] = scans_of(path, request=Request.of(None, "energy=1,i0=2,if=4"))
    assert np.allclose(asked.intensity, FLUO / 2 / I0, rtol=1e-3)
    with pytest.raises(FormatError, match="has no reference signal"):
        scans_of(path, request=Request.of("reference", None))


def test_repeated_energies_are_merged_and_negative_counts_told(tmp_path: Path) -> None:
    path = tmp_path / "scan.dat"
    again = np.repeat(np.arange(len(ENERGY)), np.where(ENERGY == 7090.0, 2, 1))
    path.write_text("energy i0 if\n" + rows(*(values[again] for values in (ENERGY, I0, FLUO - 2e3))))
    [scan] = scans_of(path)
    assert np.allclose(scan.points, ENERGY)
    assert "1 repeated energy merged" in str(scan.metadata["reading"])
    assert "an offset was not subtracted" in str(scan.metadata["reading"])


def test_q_in_reciprocal_nanometres_is_asked_about(tmp_path: Path) -> None:
    q = np.linspace(5.0, 60.0, 500)
    pattern = np.exp(-(((q - 25.0) / 0.2) ** 2))
    (tmp_path / "a.ioq").write_text(rows(q, pattern))
    with pytest.raises(FormatError, match="is q in 1/nm"):
        scans_of(tmp_path / "a.ioq")


def test_a_fluorescence_without_an_edge_is_told(tmp_path: Path) -> None:
    path = tmp_path / "scan.dat"
    path.write_text("energy i0 it if\n" + rows(ENERGY, I0, IT, 0.01 * I0))
    [scan] = scans_of(path)
    assert scan.metadata["signal"] == "transmission"
    assert str(scan.metadata["reading"]) == "transmission by ln(i0 / it); no edge in if / i0"


def test_q_that_was_asked_for_is_believed(tmp_path: Path) -> None:
    q = np.linspace(5.0, 60.0, 500)
    (tmp_path / "a.ioq").write_text(rows(q, np.exp(-(((q - 25.0) / 0.2) ** 2))))
    [scan] = scans_of(tmp_path / "a.ioq", axis="q")
    assert scan.points[-1] == 60.0
