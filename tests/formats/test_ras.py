"""Rigaku .ras, checked against a plain reading of its rows."""

from pathlib import Path

import numpy as np
import pytest
from example_files import COUNTS, FACTORS, POINTS, ras

from peakscape import formats
from peakscape.errors import FormatError
from peakscape.formats.diffraction import ras as reader


def test_two_scans_with_attenuation(tmp_path: Path) -> None:
    path = tmp_path / "si.ras"
    path.write_bytes(ras(2))
    scans = reader.read(path)
    # numpy's own reader as the second program
    rows = [line for line in path.read_text().splitlines() if line[:1].isdigit()]
    table = np.loadtxt(rows).reshape(2, len(POINTS), 3)
    for scan, expected in zip(scans, table, strict=True):
        np.testing.assert_array_equal(scan.points, expected[:, 0])
        np.testing.assert_allclose(scan.intensity, expected[:, 1] * expected[:, 2])
    assert [scan.name for scan in scans] == ["si#1", "si#2"]
    assert scans[0].wavelength == 1.540593
    assert scans[0].metadata["kalpha2_wavelength"] == 1.544414
    assert scans[0].metadata["attenuation"] == 10
    assert [scan.metadata["temperature"] for scan in scans] == [298.15, 299.15]
    assert scans[0].metadata["counting_time"] == pytest.approx(15.0)  # 0.5 degrees at 2 degrees a minute
    assert scans[0].metadata["date"] == "06/11/26 13:59:11"


def test_counts_per_second_stay(tmp_path: Path) -> None:
    (tmp_path / "si.ras").write_bytes(ras(unit="cps"))
    [scan] = reader.read(tmp_path / "si.ras")
    assert scan.metadata["intensity_unit"] == "counts per second"
    np.testing.assert_allclose(scan.intensity, COUNTS * FACTORS)


def test_container_has_a_sample_for_each_scan(tmp_path: Path) -> None:
    (tmp_path / "si.ras").write_bytes(ras(3))
    spectra = formats.read(tmp_path / "si.ras")
    assert spectra.name.values.tolist() == ["si#1", "si#2", "si#3"]
    np.testing.assert_allclose(spectra.temperature, [298.15, 299.15, 300.15])
    assert spectra.temperature.attrs["units"] == "K"
    assert spectra.attrs["wavelength"] == 1.540593
    np.testing.assert_array_equal(spectra.sample_wavelength, 1.540593)


def test_wavelength_is_asked_for_and_never_contradicted(tmp_path: Path) -> None:
    (tmp_path / "a.ras").write_bytes(ras(wavelength=False))
    assert reader.read(tmp_path / "a.ras")[0].wavelength is None
    assert reader.read(tmp_path / "a.ras", wavelength=0.7)[0].wavelength == 0.7
    (tmp_path / "b.ras").write_bytes(ras())
    with pytest.raises(FormatError, match=r"gives its own wavelength, 1\.54059 angstrom, not 0\.7"):
        reader.read(tmp_path / "b.ras", wavelength=0.7)


@pytest.mark.parametrize(("scan_axis", "works"), [("2-Theta/Omega", True), ("TwoTheta", True), ("Omega", False)])
def test_scan_axis(tmp_path: Path, scan_axis: str, works: bool) -> None:
    (tmp_path / "a.ras").write_bytes(ras(scan_axis=scan_axis))
    if works:
        assert len(reader.read(tmp_path / "a.ras")) == 1
    else:
        with pytest.raises(FormatError, match="is over Omega, not over two_theta"):
            reader.read(tmp_path / "a.ras")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"*RAS_INT_END", b"", "cut off"),
        (b"12.5000 6.0000 1.0000\r\n", b"", "declares 6 points and holds 5"),
        (b"100.0000", b"hundred", "line 21: '11.0000 hundred 1.0000' is not a row"),
        (b"2500.0000 10.0000", b"2500.0000 0", "attenuation factor is 0"),
        (b"2500.0000", b"nan", "line 22: intensity is nan"),
        (b"*RAS_INT_START", b"*OTHER", "holds no scan"),
    ],
)
def test_damage(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    raw = ras()
    assert old in raw
    (tmp_path / "a.ras").write_bytes(raw.replace(old, new))
    with pytest.raises(FormatError, match=message):
        reader.read(tmp_path / "a.ras")
