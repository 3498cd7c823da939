"""Absorption scans of every format: energies, absorption and labels as they were written; what is wrong in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from example_files import (
    ABSORPTION,
    ENERGY,
    INCOMING,
    athena,
    bragg,
    nexus_xas_newer,
    nexus_xas_older,
    nine809,
    titled,
    xdi,
)

from peakscape import formats
from peakscape.errors import FormatError
from peakscape.formats.registry import choose, scans_of
from peakscape.formats.scan import Scan


def read(folder: Path, name: str, raw: bytes) -> Scan:
    path = folder / name
    path.write_bytes(raw)
    [scan] = scans_of(path)
    assert scan.axis == "energy"
    return scan


def refused(folder: Path, name: str, raw: bytes, message: str, axis: str | None = None) -> None:
    path = folder / name
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=message) as told:
        scans_of(path, axis=axis)
    assert name in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("axis", ["energy eV", "energy", "energy keV", "angle degrees", "angle"])
@pytest.mark.parametrize("signal", ["itrans", "ifluor"])
def test_xdi(tmp_path: Path, axis: str, signal: str) -> None:
    scan = read(tmp_path, "a.xdi", xdi(axis=axis, signal=signal))
    assert np.allclose(scan.points, ENERGY, atol=1e-3)
    assert np.allclose(scan.intensity, ABSORPTION, atol=1e-6)
    assert (scan.element, scan.edge) == ("Cr", "K")
    assert scan.metadata["signal"] == {"itrans": "transmission", "ifluor": "fluorescence"}[signal]
    assert scan.metadata["compound"] == scan.metadata["formula"] == "Cr2O3"
    assert scan.metadata["temperature"] == 100.0
    assert scan.metadata["monochromator_d_spacing"] == 3.13551
    assert scan.metadata["beamline"] == "BL1"


@pytest.mark.parametrize(
    ("column", "signal", "factor"),
    [
        ("mutrans", "transmission", 1),
        ("mu", "absorption", 1),
        ("normtrans", "normalized", 1),
        ("iey", "electron yield", 0),
    ],
)
def test_xdi_columns_that_are_ready(tmp_path: Path, column: str, signal: str, factor: int) -> None:
    scan = read(tmp_path, "a.xdi", xdi(signal=column))
    assert scan.metadata["signal"] == signal
    assert np.allclose(scan.intensity, ABSORPTION * (INCOMING if factor else 1), rtol=1e-6)


def test_xdi_reference_behind_the_sample(tmp_path: Path) -> None:
    text = xdi().decode().replace("# Column.3: itrans", "# Column.3: itrans\n# Column.4: irefer")
    rows = [line + " 5.0" if line[:1].isdigit() else line for line in text.splitlines()]
    scan = read(tmp_path, "a.xdi", "\n".join(rows).encode())
    assert scan.reference is not None
    assert np.allclose(scan.reference, np.log(INCOMING * np.exp(-ABSORPTION) / 5.0), atol=1e-6)
    rows.insert(5, "# Sample.reference: none")
    assert read(tmp_path, "b.xdi", "\n".join(rows).encode()).reference is None


@pytest.mark.parametrize(
    ("text", "kelvin"),
    [("100K", 100.0), ("12.5 K", 12.5), ("25 C", 298.15), ("room temperature", 295.0), ("RT", 295.0)],
)
def test_temperatures(tmp_path: Path, text: str, kelvin: float) -> None:
    raw = xdi().replace(b"100K", text.encode())
    assert read(tmp_path, "a.xdi", raw).metadata["temperature"] == kelvin


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"# XDI/1.0", b"# Something", "does not begin with '# XDI"),
        (b"# Column.2: i0", b"# Columns: i0", "names columns 1, 3"),
        (b"energy eV", b"energy furlong", "in 'furlong'; expected eV or keV"),
        (b"energy eV", b"time s", "no column of energy or angle"),
        (b"# Column.3: itrans", b"# Column.3: signal", "expected itrans or ifluor"),
        (b"# Column.2: i0", b"# Column.2: beam", "expected i0"),
        (b"1010.000", b"-1010.0", "point 2: the incoming intensity is -1010"),
        (b"1010.000", b"ten", "line .*not a row of 3 numbers"),
        (b"5950.0", b"5800.0", "falls"),
        (b"energy eV", b"energy i0", "expected eV or keV|twice"),
    ],
)
def test_xdi_that_is_wrong(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    assert old in xdi()
    refused(tmp_path, "a.xdi", xdi().replace(old, new), message)


def test_angles_without_a_crystal(tmp_path: Path) -> None:
    refused(
        tmp_path, "a.xdi", xdi(axis="angle degrees").replace(b"Mono.d_spacing", b"Mono.other"), "without Mono.d_spacing"
    )


def test_units_that_a_header_gets_wrong(tmp_path: Path) -> None:
    """A column that calls itself energy in eV and holds keV, or the angles of the monochromator."""
    refused(tmp_path, "a.xdi", xdi(axis="energy keV").replace(b"keV", b"eV"), "look like keV, expected eV")
    angles = xdi(axis="angle degrees").replace(b"angle degrees", b"energy eV")
    refused(tmp_path, "a.xdi", angles, r"look like angles .* in degree \(with d 3.13551 angstrom 5900 eV\)")
    for name, values, message in (("a.dat", ENERGY / 1000, "keV"), ("b.dat", bragg(ENERGY), "angles")):
        rows = zip(values, ABSORPTION, strict=True)
        raw = "".join(f"{x} {y}\n" for x, y in rows).encode()
        refused(tmp_path, name, raw, message, axis="energy")
        refused(tmp_path, name, b"energy mu\n" + raw, message)


def test_energies_in_kev_that_say_so(tmp_path: Path) -> None:
    rows = zip(ENERGY / 1000, ABSORPTION, strict=True)
    scan = read(tmp_path, "a.dat", b"energy(keV)  mu\n" + "".join(f"{x} {y}\n" for x, y in rows).encode())
    assert np.allclose(scan.points, ENERGY)
    assert scan.metadata["signal"] == "absorption"


@pytest.mark.parametrize("fluorescence", [False, True])
@pytest.mark.parametrize("dark", [0.0, 50.0])
def test_9809(tmp_path: Path, fluorescence: bool, dark: float) -> None:
    path = tmp_path / "chromia.dat"
    path.write_bytes(nine809(fluorescence=fluorescence, dark=dark))
    assert choose(path).name.startswith("9809")
    [scan] = scans_of(path)
    assert np.allclose(scan.points, ENERGY, atol=0.01)  # angles of five digits
    assert np.allclose(scan.intensity, ABSORPTION, atol=2e-6)  # whole counts
    assert scan.metadata["signal"] == ("fluorescence" if fluorescence else "transmission")
    assert scan.metadata["compound"] == "chromia"
    assert scan.metadata["beamline"] == "SPring-8 01b1"
    assert scan.metadata["date"] == "16.11.18 11:01"


def test_9809_takes_the_commanded_angles_where_the_encoder_jitters(tmp_path: Path) -> None:
    lines = nine809().decode().split("\r\n")
    lines[-2] = lines[-2][:10] + lines[-3][10:20] + lines[-2][20:]
    scan = read(tmp_path, "a.dat", "\r\n".join(lines).encode())
    wanted = 12398.419843320026 / (2 * 3.13551 * np.sin(np.radians(bragg(ENERGY) + 1e-3)))
    assert np.allclose(scan.points, wanted, atol=0.01)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"D=", b"E=", "no d spacing"),
        (b"  Angle(c)", b"  Winkel(c)", "without its line of titles"),
        (b"      Mode         0         0         1", b"      Mode         0         0         7", "names no counter"),
        (b"      Mode", b"      Mood", "expected the line 'Mode'"),
        (b"    50.000    50.000", b" 5e9 50.000", "point 1: the incoming intensity is -"),
    ],
)
def test_9809_that_is_wrong(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    assert old in nine809()
    refused(tmp_path, "a.dat", nine809().replace(old, new), message)


def test_text_with_titles(tmp_path: Path) -> None:
    scan = read(tmp_path, "a.dat", titled())
    assert np.allclose(scan.points, ENERGY)
    assert np.allclose(scan.intensity, ABSORPTION, atol=1e-6)
    assert scan.reference is not None
    assert np.allclose(scan.reference, ABSORPTION, atol=1e-5)
    semicolons = titled().replace(b" ", b";").replace(b".", b",").replace(b"#;energy(eV);i0;itrans", b"Energy;I0;It")
    assert np.allclose(read(tmp_path, "b.csv", semicolons).intensity, ABSORPTION, atol=1e-6)
    refused(tmp_path, "c.dat", titled().replace(b"1020.000000", b"0.0"), "point 3: the incoming intensity is 0")


def test_columns_without_such_titles_stay_as_they_are(tmp_path: Path) -> None:
    scan = read(tmp_path, "a.dat", b"energy intensity error\n100 5 1\n101 6 1\n")
    assert "signal" not in scan.metadata
    assert scan.intensity.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("definition", "signal"),
    [
        ("NXxas_trans", "transmission"),
        ("NXxas_tfy", "fluorescence"),
        ("NXxas_tey", "electron yield"),
        ("NXxas", "absorption"),
    ],
)
def test_newer_nxxas(tmp_path: Path, definition: str, signal: str) -> None:
    path = tmp_path / "a.nxs"
    path.write_bytes(nexus_xas_newer(2, definition=definition))
    scans = scans_of(path)
    assert [scan.name for scan in scans] == ["a#1", "a#2"]
    for number, scan in enumerate(scans):
        assert np.allclose(scan.points, ENERGY)
        assert np.allclose(scan.intensity, ABSORPTION + number)
        assert (scan.element, scan.edge) == ("Cr", "K")
        assert scan.metadata["signal"] == signal
        assert scan.metadata["compound"] == "chromia"


@pytest.mark.parametrize(
    ("mode", "signal"),
    [
        ("Transmission", "transmission"),
        ("Fluorescence Yield", "fluorescence"),
        ("Total Electron Yield", "electron yield"),
        ("Partial Electron Yield", "electron yield"),
    ],
)
def test_older_nxxas(tmp_path: Path, mode: str, signal: str) -> None:
    scan = read(tmp_path, "a.nxs", nexus_xas_older(mode=mode))
    assert np.allclose(scan.points, ENERGY)
    assert np.allclose(scan.intensity, ABSORPTION)
    assert scan.metadata["signal"] == signal


def test_nxxas_that_does_not_keep_to_it(tmp_path: Path) -> None:
    import h5py

    refused(tmp_path, "a.nxs", nexus_xas_older(mode=""), "does not give its mode")
    (tmp_path / "b.nxs").write_bytes(nexus_xas_older())
    with h5py.File(tmp_path / "b.nxs", "a") as file:
        del file["entry/instrument/absorbed_beam"], file["entry/data/absorbed_beam"]
    refused(tmp_path, "b.nxs", (tmp_path / "b.nxs").read_bytes(), "holds no absorbed_beam")
    (tmp_path / "c.nxs").write_bytes(nexus_xas_newer())
    with h5py.File(tmp_path / "c.nxs", "a") as file:
        file["entry0/energy"].attrs["units"] = "degree"
    refused(tmp_path, "c.nxs", (tmp_path / "c.nxs").read_bytes(), "energies are in 'degree'")


def athena_of(energy: np.ndarray, values: np.ndarray, more: str = "") -> str:
    """A project as Data::Dumper writes it, with what it escapes and what must not be run."""
    args = f"'atsym','','bkg_z','Cr','fft_edge','k','bkg_eshift','-1.5','label',\"chrom\\x{{ed}}a\"{more}"
    titles = "'titles',['it\\'s', 'a; [record]'],'detectors',[],'epsk',undef,'line',-1"
    lists = "\n".join(
        f"@{name} = ({','.join(repr(str(x)) for x in row)});" for name, row in (("x", energy), ("y", values))
    )
    journal = "@journal = system('touch /nowhere');\n%plot = ('a' => 'b','c' => undef);"
    return f"# Athena project file -- Demeter version 0.9.26\n\n$old_group = 'abcde';\n@args = ({args},{titles});\n{lists}\n[record]   # x\n\n{journal}\n1;\n"


def test_athena_projects_are_read_as_data(tmp_path: Path) -> None:
    packed = read(tmp_path, "a.prj", athena())
    assert np.allclose(packed.points, ENERGY)
    assert np.allclose(packed.intensity, ABSORPTION)
    assert (packed.element, packed.edge, packed.name) == ("Cr", "K", "a: chromia")
    scan = read(tmp_path, "b.prj", athena_of(ENERGY, ABSORPTION).encode())
    assert np.allclose(scan.points, ENERGY - 1.5)
    assert "energies shifted by -1.5 eV" in str(scan.metadata["reading"])
    assert (scan.element, scan.edge, scan.name) == ("Cr", "K", "b: chromía")
    refused(tmp_path, "c.prj", athena()[:60], "cannot be unpacked")
    refused(tmp_path, "d.prj", b"\x1f\x8b" + bytes(50), "cannot be unpacked")


def test_athena_projects_in_json(tmp_path: Path) -> None:
    group = {"args": {"label": "chromia", "bkg_z": "Cr"}, "x": [f"{x}" for x in ENERGY], "y": ABSORPTION.tolist()}
    curve = {"args": {"datatype": "chi"}, "x": [0.0, 0.05], "y": [0.0, 0.0]}
    project = {"_____header1": "# Athena project file -- x", "b": group, "a": curve, "_____order": ["a", "b"]}
    scan = read(tmp_path, "a.prj", json.dumps(project).encode())
    assert np.allclose(scan.intensity, ABSORPTION)
    assert scan.element == "Cr"
    project["b"] = {**group, "y": ["1", "2"]}
    refused(tmp_path, "b.prj", json.dumps(project).encode(), "holds chi.k., no absorption over energy")
    refused(tmp_path, "c.prj", json.dumps(project).encode()[:-9], "damaged Athena project in JSON")


def test_two_absorbers_are_no_set(tmp_path: Path) -> None:
    (tmp_path / "a.xdi").write_bytes(xdi())
    (tmp_path / "b.xdi").write_bytes(xdi())
    (tmp_path / "c.xdi").write_bytes(xdi().replace(b"symbol: Cr", b"symbol: V"))
    with pytest.raises(FormatError, match=r"c\.xdi is of V K and .*a\.xdi of Cr K; a set has one absorber"):
        formats.read(tmp_path)
    found = formats.read_mixed(tmp_path)
    assert found.dataset.attrs["element"] == "Cr"
    assert found.dataset.attrs["edge"] == "K"
    assert found.skipped["reason"].tolist() == ["is of V K and most are of Cr K; read it separately"]


def test_labels_of_a_set(tmp_path: Path) -> None:
    (tmp_path / "a.xdi").write_bytes(xdi())
    (tmp_path / "b.xdi").write_bytes(xdi().replace(b"100K", b"15K"))
    read = formats.read(tmp_path)
    assert read.temperature.values.tolist() == [100, 15]
    assert read.compound.values.tolist() == ["Cr2O3", "Cr2O3"]
    assert {name for name in ("temperature", "compound", "formula") if "role" in read[name].attrs} == set()
    assert read.beamline.attrs["role"] == "instrument"
    assert read.monochromator_d_spacing.attrs == {"units": "angstrom", "role": "instrument"}
