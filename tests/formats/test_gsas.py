"""GSAS banks, checked against numbers laid out by the format's own columns."""

from pathlib import Path

import numpy as np
import pytest
from example_files import COUNTS, POINTS, gsas

from peakscape.errors import FormatError
from peakscape.formats.diffraction import gsas as reader
from peakscape.formats.registry import choose


@pytest.mark.parametrize("record", ["FXYE", "FXY", "ESD", "STD"])
@pytest.mark.parametrize("name", ["a.fxye", "a.gsas", "a.raw", "a.dat"])
def test_records(tmp_path: Path, record: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gsas(record))
    assert choose(path).name == "GSAS, constant wavelength"
    [scan] = reader.read(path, wavelength=0.41)
    np.testing.assert_allclose(scan.points, POINTS)
    np.testing.assert_allclose(scan.intensity, COUNTS)
    assert (scan.axis, scan.wavelength) == ("two_theta", 0.41)


def test_std_of_eighty_columns(tmp_path: Path) -> None:
    """Written by hand after LAUR 86-748: ten pairs of (I2, F6.0) a line; a blank count of detectors is 1."""
    text = "quartz".ljust(80) + "\n" + "BANK 1 12 2 CONST 2000.00 4.00 0 0".ljust(80) + "\n"
    text += (
        "".join(f"{'':2}{100 + i:6d}" for i in range(10)) + "\n" + "".join(f" 2{200 + i:6d}" for i in range(2)) + "\n"
    )
    (tmp_path / "a.gsa").write_text(text)
    [scan] = reader.read(tmp_path / "a.gsa")
    np.testing.assert_allclose(scan.points, 20 + 0.04 * np.arange(12))
    np.testing.assert_array_equal(scan.intensity, [*range(100, 110), 200, 201])


def test_banks_and_comments(tmp_path: Path) -> None:
    (tmp_path / "a.fxye").write_bytes(gsas(comments=("# Temp (K) = 295.5", "# wavelength = 0.413909"), n_banks=2))
    one, two = reader.read(tmp_path / "a.fxye")
    assert (one.name, two.name) == ("a#1", "a#2")
    assert (one.wavelength, one.metadata["temperature"]) == (0.413909, 295.5)


def test_header_as_11_bm_writes_it(tmp_path: Path) -> None:
    """The comments of a file of beamline 11-BM (GSAS-II's exercises, sucrose, 11bmb_8716.fxye)."""
    comments = (
        "# Temp (K) =              100.0 ",
        "# 2theta step (deg) =     0.001 ",
        "# Time per step (sec) =   0.2 ",
    )
    comments += ("# 2Theta correction subtracted ", "# Calibrated wavelength = 0.413259 ")
    (tmp_path / "a.fxye").write_bytes(gsas(comments=comments))
    [scan] = reader.read(tmp_path / "a.fxye")
    assert scan.wavelength == 0.413259
    assert (scan.metadata["temperature"], scan.metadata["counting_time"]) == (100.0, 0.2)
    (tmp_path / "a.fxye").write_bytes(gsas(comments=("# Temperature (C) = 20",)))
    assert reader.read(tmp_path / "a.fxye")[0].metadata["temperature"] == 293.15


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"CONS 1000.0", b"RALF 1000.0", "time-of-flight"),
        (b"CONS 1000.0", b"SLOG 1000.0", "time-of-flight"),
        (b"BANK 1 6", b"BANK 1 7", "declares 7 points and holds 6"),
        (b" FXYE", b" ALT", "records of type ALT are not read"),
        (b"1000.00 5.000", b"90000.00 5.000", "time of flight"),
        (b"BANK 1", b"TANK 1", "holds no BANK line"),
        (b"1050.00 7.000", b"1050.00 seven", "line 4: '1050.00 seven"),
        (b"CONS 1000.0", b"CONQ 1000.0", "not a BANK line of constant wavelength"),
    ],
)
def test_refusals(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    raw = gsas()
    assert old in raw
    (tmp_path / "a.fxye").write_bytes(raw.replace(old, new))
    with pytest.raises(FormatError, match=message):
        reader.read(tmp_path / "a.fxye")


def test_time_map(tmp_path: Path) -> None:
    (tmp_path / "a.gsas").write_bytes(b"title\nTIME_MAP 1 2 3 TIME_MAP 100\nBANK 1 2 2 TIME_MAP 1 STD\n")
    with pytest.raises(FormatError, match="time-of-flight"):
        reader.read(tmp_path / "a.gsas")
