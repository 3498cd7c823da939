"""NeXus and HDF5, checked against the arrays that were written."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from example_files import COUNTS, POINTS, nexus

from peakscape import formats
from peakscape.errors import FormatError
from peakscape.formats import nexus as reader


def _write(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


def test_entries_are_samples(tmp_path: Path) -> None:
    one, two = reader.read(_write(tmp_path / "a.nxs", nexus(2)))
    np.testing.assert_array_equal(one.points, POINTS)
    np.testing.assert_array_equal(one.intensity, COUNTS)
    np.testing.assert_array_equal(two.intensity, COUNTS + 1)
    assert (one.axis, one.name, two.name) == ("two_theta", "a#1", "a#2")
    assert one.wavelength == pytest.approx(0.4)  # 0.04 nm
    assert one.metadata["temperature"] == pytest.approx(293.15)
    assert one.metadata["date"] == "2024-01-01T10:00:00"


def test_rows_of_a_map_are_samples(tmp_path: Path) -> None:
    spectra = formats.read(_write(tmp_path / "a.h5", nexus(rows=3)))
    np.testing.assert_array_equal(spectra.intensity, np.add.outer(np.arange(3), COUNTS))
    assert spectra.name.values.tolist() == ["a#1", "a#2", "a#3"]


@pytest.mark.parametrize(
    ("name", "units", "axis", "factor"),
    [
        ("tth", "rad", "two_theta", np.degrees(1)),
        ("polar_angle", "degree", "two_theta", 1),
        ("two_theta", "", "two_theta", 1),
        ("q", "1/nm", "q", 0.1),
        ("q", "A^-1", "q", 1),
        ("Q", "Å^-1", "q", 1),
        ("x", "nm^-1", "q", 0.1),
        ("energy", "keV", "energy", 1000),
    ],
)
def test_axis_by_units_and_name(tmp_path: Path, name: str, units: str, axis: str, factor: float) -> None:
    path = _write(tmp_path / "a.h5", nexus(name=name, units=units))
    if units == "rad":
        with h5py.File(path, "a") as file:
            file["entry1/data/tth"][...] = np.radians(POINTS)
    [scan] = reader.read(path)
    assert scan.axis == axis
    np.testing.assert_allclose(scan.points, POINTS if units == "rad" else POINTS * factor)


def test_unknown_axis_is_asked_for(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.h5", nexus(name="motor", units="deg"))
    with pytest.raises(FormatError, match=r"cannot tell what its axis 'motor'.*--axis"):
        reader.read(path)
    assert reader.read(path, axis="two_theta")[0].axis == "two_theta"
    with pytest.raises(FormatError, match="not a unit of q"):
        reader.read(path, axis="q")


def test_older_marks_edges_and_falling_axis(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        data = file.create_group("entry/data")
        data.attrs["NX_class"] = "NXdata"
        data["I"], data["q"] = [3.0, 2.0, 1.0], [4.0, 3.0, 2.0, 1.0]
        data["I"].attrs.update({"signal": 1, "axes": "q"})
    [scan] = reader.read(path)
    np.testing.assert_array_equal(scan.points, [1.5, 2.5, 3.5])
    np.testing.assert_array_equal(scan.intensity, [1, 2, 3])


def test_energy_of_the_beam_gives_the_wavelength(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.nxs", nexus())
    with h5py.File(path, "a") as file:
        del file["entry1/instrument/beam/incident_wavelength"]
        file["entry1/instrument/beam/incident_energy"] = 12.39841984
        file["entry1/instrument/beam/incident_energy"].attrs["units"] = "keV"
    assert reader.read(path)[0].wavelength == pytest.approx(1.0, abs=1e-8)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a whole HDF5 file"):
        reader.read(_write(tmp_path / "a.h5", b"\x89HDF\r\n\x1a\n" + bytes(100)))
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["I"] = [1.0, 2.0]
    with pytest.raises(FormatError, match="holds no plot"):
        reader.read(tmp_path / "b.h5")
    raw = nexus()
    with pytest.raises(FormatError, match="cut off"):
        reader.read(_write(tmp_path / "c.h5", raw[: len(raw) // 2]))
