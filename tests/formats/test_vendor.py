"""PANalytical, Rigaku and Bruker files, written by the tests and real, against a reading of their XML by hand."""

import importlib
import os
import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import numpy as np
import pytest
from example_files import COUNTS, FACTORS, POINTS, brml, brml_parts, rasx, rasx_parts, raw4, xrdml, zipped

from peakscape import formats
from peakscape.errors import FormatError, MissingExtra
from peakscape.formats import radiation
from peakscape.formats.diffraction import brml as brml_reader
from peakscape.formats.diffraction import bruker_raw
from peakscape.formats.diffraction import rasx as rasx_reader
from peakscape.formats.diffraction import xrdml as xrdml_reader

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
MIXTURES = DATA / "weighed-mixtures"
needs_data = pytest.mark.skipif(not MIXTURES.is_dir(), reason=f"no measured data in {DATA}")
SPACE = "{http://www.xrdml.com/XRDMeasurement/2.3}"


def _write(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("listed", [False, True])
def test_xrdml(tmp_path: Path, listed: bool) -> None:
    scans = xrdml_reader.read(_write(tmp_path / "a.xrdml", xrdml(3, listed=listed)))
    assert [scan.name for scan in scans] == ["a#1", "a#2", "a#3"]
    for i, scan in enumerate(scans):
        np.testing.assert_allclose(scan.points, POINTS)
        np.testing.assert_allclose(scan.intensity, (COUNTS + i) * FACTORS)
    assert scans[0].wavelength == 1.540598
    notes = scans[0].metadata
    assert (notes["kalpha2_wavelength"], notes["kalpha2_ratio"], notes["attenuation"]) == (1.544426, 0.5, 10)
    assert (notes["counting_time"], notes["intensity_unit"]) == (10.5, "counts")
    assert notes["date"] == "2024-11-21T08:15:24-08:00"


def test_xrdml_intensities_are_not_attenuated_again(tmp_path: Path) -> None:
    raw = xrdml().replace(b"<counts ", b"<intensities ").replace(b"</counts>", b"</intensities>")
    [scan] = xrdml_reader.read(_write(tmp_path / "a.xrdml", raw))
    np.testing.assert_allclose(scan.intensity, COUNTS)
    raw = raw.replace(b'unit="counts"', b'unit="cps"')
    [scan] = xrdml_reader.read(_write(tmp_path / "a.xrdml", raw))
    assert scan.metadata["intensity_unit"] == "counts per second"


def test_xrdml_constant_curve_and_one_attenuated_scan_of_two(tmp_path: Path) -> None:
    """Both break the library when it reads the file as a whole."""
    constant = re.sub(rb"<counts [^<]*", b'<counts unit="counts">3 3 3 3 3 3', xrdml(attenuated=False))
    [scan] = xrdml_reader.read(_write(tmp_path / "a.xrdml", constant))
    np.testing.assert_array_equal(scan.intensity, np.full(6, 3.0))
    raw = xrdml(2)
    place = raw.index(b"<beamAttenuationFactors>")
    stop = raw.index(b"</beamAttenuationFactors>") + len(b"</beamAttenuationFactors>")
    one, two = xrdml_reader.read(_write(tmp_path / "a.xrdml", raw[:place] + raw[stop:]))
    np.testing.assert_allclose(one.intensity, COUNTS)
    np.testing.assert_allclose(two.intensity, (COUNTS + 1) * FACTORS)


@pytest.mark.parametrize(
    ("beam", "wavelength", "words"),
    [
        ("K-Alpha 1", 1.540598, radiation.DOUBLET),
        # the weighted mean by hand: (1.540598 + 0.5 * 1.544426) / 1.5
        ("K-Alpha", 1.541874, radiation.MEAN),
        ("K-Beta", 1.39225, "K-beta"),
    ],
)
def test_what_the_wavelength_is(tmp_path: Path, beam: str, wavelength: float, words: str) -> None:
    [scan] = xrdml_reader.read(_write(tmp_path / "a.xrdml", xrdml(beam=beam)))
    assert scan.wavelength == pytest.approx(wavelength, abs=1e-9)
    assert scan.metadata["radiation"] == words


def test_xrdml_over_another_axis(tmp_path: Path) -> None:
    raw = xrdml(scan_axis="Omega", listed=True).replace(b"listPositions", b"commonPosition")
    with pytest.raises(FormatError, match="is over Omega with two_theta fixed"):
        xrdml_reader.read(_write(tmp_path / "a.xrdml", raw))


def test_xrdml_without_wavelength(tmp_path: Path) -> None:
    raw = re.sub(rb"<usedWavelength.*</usedWavelength>", b"", xrdml())
    path = _write(tmp_path / "a.xrdml", raw)
    assert xrdml_reader.read(path)[0].wavelength is None
    assert xrdml_reader.read(path, wavelength=1.54)[0].wavelength == 1.54


def test_xrdml_temperature_of_a_stage(tmp_path: Path) -> None:
    stage = b'<nonAmbientPoints type="Temperature"><nonAmbientValues unit="K">299.0 301.0</nonAmbientValues>'
    raw = xrdml().replace(b"<dataPoints>", stage + b"</nonAmbientPoints><dataPoints>")
    assert xrdml_reader.read(_write(tmp_path / "a.xrdml", raw))[0].metadata["temperature"] == 300.0


def test_rasx(tmp_path: Path) -> None:
    scans = rasx_reader.read(_write(tmp_path / "a.rasx", rasx(12)))
    assert [scan.name for scan in scans][8:] == ["a#9", "a#10", "a#11", "a#12"]
    np.testing.assert_allclose(scans[0].points, POINTS)
    np.testing.assert_allclose(scans[0].intensity, COUNTS * FACTORS)
    assert scans[0].wavelength == 1.540593
    notes = scans[0].metadata
    assert (notes["temperature"], notes["counting_time"]) == (823.15, 15.0)
    assert notes["radiation"] == radiation.DOUBLET


def test_rasx_of_one_line_and_without_byte_order_mark(tmp_path: Path) -> None:
    parts = rasx_parts(wave_type="Ka1")
    parts["Data0/Profile0.txt"] = parts["Data0/Profile0.txt"].removeprefix(b"\xef\xbb\xbf")
    [scan] = rasx_reader.read(_write(tmp_path / "a.rasx", zipped(parts)))
    np.testing.assert_allclose(scan.points, POINTS)
    assert scan.metadata["radiation"] == radiation.SINGLE


def test_rasx_refusals(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is over Omega"):
        rasx_reader.read(_write(tmp_path / "a.rasx", rasx(scan_axis="Omega")))
    with pytest.raises(FormatError, match="detector images and no scan"):
        rasx_reader.read(_write(tmp_path / "b.rasx", zipped({"Data0/Image0.bin": b"1"})))
    parts = rasx_parts()
    parts["Data0/Profile0.txt"] = parts["Data0/Profile0.txt"][:40]
    with pytest.raises(FormatError, match=r"c\.rasx"):
        rasx_reader.read(_write(tmp_path / "c.rasx", zipped(parts)))


def test_brml(tmp_path: Path) -> None:
    scans = brml_reader.read(_write(tmp_path / "a.brml", brml(11)))
    assert scans[10].name == "a#11"
    np.testing.assert_allclose(scans[10].points, POINTS)
    np.testing.assert_allclose(scans[10].intensity, COUNTS + 10)
    assert scans[0].wavelength == 1.5406
    notes = scans[0].metadata
    assert (notes["temperature"], notes["counting_time"], notes["kalpha2_ratio"]) == (300.0, 96.0, 0.5)


def test_brml_refusals(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="is over Phi"):
        brml_reader.read(_write(tmp_path / "a.brml", brml(scan_axis="Phi")))
    part = brml_parts()["Experiment0/RawData0.xml"]
    broken = part.replace(b"<Datum>1,1,12.5,6.0</Datum>", b"")
    with pytest.raises(FormatError, match="declares 6 points and holds 5"):
        brml_reader.read(_write(tmp_path / "b.brml", zipped({"Experiment0/RawData0.xml": broken})))


@pytest.mark.parametrize("per_point", [1, 2])
def test_raw4(tmp_path: Path, per_point: int) -> None:
    one, two = bruker_raw.read(_write(tmp_path / "a.raw", raw4(2, per_point=per_point)))
    np.testing.assert_allclose(one.points, POINTS)
    np.testing.assert_allclose(one.intensity, COUNTS)
    np.testing.assert_allclose(two.intensity, COUNTS + 1)
    assert one.wavelength == 1.540598
    assert (one.metadata["counting_time"], one.metadata["date"]) == (96.0, "04/07/2025 20:48:56")
    assert one.metadata["kalpha2_wavelength"] == 1.544426


@pytest.mark.parametrize(
    ("head", "message"),
    [(b"RAW ", "version 1"), (b"RAW2", "version 2"), (b"RAW1.01\0", "version 3"), (b"FI\0\0", "not a Bruker RAW file")],
)
def test_other_versions_ask_for_an_export(tmp_path: Path, head: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=rf"{message}.*export it as"):
        bruker_raw.read(_write(tmp_path / "a.raw", head + bytes(2000)))


def test_raw4_of_another_scan(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="scan of type 'Phi Scan'"):
        bruker_raw.read(_write(tmp_path / "a.raw", raw4(scan_type="Phi Scan")))


@pytest.mark.parametrize("name", ["a.xrdml", "a.rasx", "a.brml"])
def test_missing_extra_gives_the_install_line(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")  # read here, not in the worker
    for module in [each for each in sys.modules if each.startswith("fairmat_readers_xrd")]:
        monkeypatch.delitem(sys.modules, module)
    original = importlib.import_module

    def refuse(module: str, *words: object, **options: object) -> object:
        if module.startswith("fairmat"):
            raise ImportError(module)
        return original(module, *words, **options)

    monkeypatch.setattr(importlib, "import_module", refuse)
    raw = {"a.xrdml": xrdml(), "a.rasx": rasx(), "a.brml": brml()}[name]
    with pytest.raises(MissingExtra, match=r"pip install 'peakscape\[vendor\]'"):
        formats.read(_write(tmp_path / name, raw))


@needs_data
def test_real_xrdml_against_xml_by_hand() -> None:
    files = sorted(MIXTURES.glob("*.xrdml"))
    assert len(files) == 12
    for path in files:
        [scan] = xrdml_reader.read(path)
        root = ET.parse(path).getroot()
        counts = np.array([float(word) for word in root.find(f".//{SPACE}counts").text.split()])
        positions = next(p for p in root.iter(f"{SPACE}positions") if p.get("axis") == "2Theta")
        ends = [float(positions.find(SPACE + tag).text) for tag in ("startPosition", "endPosition")]
        np.testing.assert_array_equal(scan.intensity, counts)
        np.testing.assert_allclose(scan.points, np.linspace(*ends, len(counts)), rtol=1e-12)
        assert scan.wavelength == float(root.find(f".//{SPACE}kAlpha1").text) == 1.540598
        assert scan.metadata["counting_time"] == float(root.find(f".//{SPACE}commonCountingTime").text)


@needs_data
def test_real_rasx_against_its_text() -> None:
    [scan] = rasx_reader.read(MIXTURES / "silicon.rasx")
    with zipfile.ZipFile(MIXTURES / "silicon.rasx") as file:
        table = np.loadtxt(file.read("Data0/Profile0.txt").decode("utf-8-sig").splitlines())
    np.testing.assert_array_equal(scan.points, table[:, 0])
    np.testing.assert_array_equal(scan.intensity, table[:, 1] * table[:, 2])
    assert scan.wavelength == 1.540593
    assert scan.metadata["date"].startswith("2022-11-10")


@needs_data
def test_short_scans_lie_closest_to_their_long_scans() -> None:
    """Cosine distances of square-rooted, plainly scaled patterns: no map yet, the floor that a map must keep."""
    files = sorted(MIXTURES.glob("*.xrdml"))
    spectra = formats.read(files, resample=True)
    rows = np.sqrt(np.clip(spectra.intensity.values, 0, None))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    distance = 1 - rows @ rows.T
    names = [path.stem for path in files]
    for i, name in enumerate(names):
        if name.endswith("2min"):
            partner = names.index(name.replace("2min", "8min"))
            others = [distance[i, j] for j in range(len(names)) if j not in (i, partner)]
            assert distance[i, partner] < 0.05 * min(others), name
