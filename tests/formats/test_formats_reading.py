"""Several files, folders, names, axes that differ, and real measured files."""

import os
from pathlib import Path

import numpy as np
import pytest

import peakscape
from peakscape import formats
from peakscape.errors import FormatError, InputError

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no measured data at {DATA} (set PEAKSCAPE_DATA)")


def _write(folder: Path, name: str, first: float = 5.0, step: float = 0.5, n_points: int = 5) -> Path:
    folder.mkdir(exist_ok=True)
    points = first + step * np.arange(n_points)
    path = folder / name
    path.write_text("\n".join(f"{p:.6f} {10 * p}" for p in points))
    return path


def test_root_has_read() -> None:
    assert peakscape.read is peakscape.feature_space.read


def test_folder_in_natural_order_without_strangers(tmp_path: Path) -> None:
    for name in ("s10.xy", "s9.xy", "s1.XY"):
        _write(tmp_path, name)
    (tmp_path / "LICENSE").write_text("free")
    spectra = formats.read(tmp_path)
    assert spectra.name.values.tolist() == ["s1", "s9", "s10"]
    assert "wavelength" not in spectra.attrs
    assert spectra.attrs["kind"] == "diffraction"


def test_wavelength_and_kind(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.dat")
    assert formats.read(path, axis="two_theta", wavelength=0.5).attrs["wavelength"] == 0.5
    assert formats.read(_write(tmp_path, "b.dat", first=50.0), axis="energy").attrs["kind"] == "absorption"


@pytest.mark.parametrize("wavelength", [0.0, -1.0, np.nan, np.inf])
def test_impossible_wavelength(tmp_path: Path, wavelength: float) -> None:
    with pytest.raises(InputError, match="wavelength"):
        formats.read(_write(tmp_path, "a.xy"), wavelength=wavelength)


def test_unknown_axis(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two_theta, q, energy"):
        formats.read(_write(tmp_path, "a.xy"), axis="tth")


def test_different_points_are_named_and_resampled_on_request(tmp_path: Path) -> None:
    files = [_write(tmp_path, "a.xy"), _write(tmp_path, "b.xy"), _write(tmp_path, "c.xy", 5.25, 0.25)]
    with pytest.raises(FormatError, match=r"1 of 3 files .* c\.xy .*--resample"):
        formats.read(files)
    spectra = formats.read(files, resample=True)
    np.testing.assert_array_equal(spectra.two_theta, [5.5, 6.0])
    np.testing.assert_allclose(spectra.intensity, np.tile([55, 60], (3, 1)))


def test_same_points_in_other_digits_are_the_same(tmp_path: Path) -> None:
    first = _write(tmp_path, "a.xy")
    second = tmp_path / "b.xy"
    second.write_text("\n".join(f"{p + 1e-7:.9f} 1" for p in 5 + 0.5 * np.arange(5)))
    assert formats.read([first, second]).sizes["sample"] == 2


def test_no_common_range(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="share no range"):
        formats.read([_write(tmp_path, "a.xy"), _write(tmp_path, "b.xy", 50.0)], resample=True)


def test_axes_of_different_kind(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"b\.IoQ is on q and .*a\.xy on two_theta"):
        formats.read([_write(tmp_path, "a.xy"), _write(tmp_path, "b.IoQ")], resample=True)


def test_equal_names_get_their_folder(tmp_path: Path) -> None:
    files = [_write(tmp_path / "one", "a.xy"), _write(tmp_path / "two", "a.xy")]
    assert formats.read(files).name.values.tolist() == ["one/a", "two/a"]
    assert len(set(formats.read([files[0], files[0]]).name.values)) == 2


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        formats.read(tmp_path / "a.xy")
    with pytest.raises(FormatError, match="no file with a known suffix"):
        formats.read(tmp_path)
    with pytest.raises(InputError, match="no files"):
        formats.read([])


def test_unknown_format(tmp_path: Path) -> None:
    path = tmp_path / "a.mdi"
    path.write_bytes(b"MDI\0\0\0")
    with pytest.raises(FormatError, match="see `peakscape formats`"):
        formats.read(path)


def test_unknown_suffix_with_plain_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.chi"
    path.write_text("# 2th_deg I\n5 1\n6 2\n7 3\n")
    assert formats.read(path).intensity.values.tolist() == [[1, 2, 3]]


def test_table_of_formats() -> None:
    table = formats.table()
    assert table.columns.tolist() == ["suffix", "format", "axis", "reads", "extra"]
    assert {".xy", ".xye", ".dat", ".csv", ".txt", ".ioq"} <= set(table["suffix"])


@needs_data
def test_measured_perovskites() -> None:
    spectra = formats.read(DATA / "fapbi3-mapbbr3", wavelength=1.5406)
    spectra = formats.label_by_name(spectra, r"x([0-9.]+)\.xy", label="x")
    np.testing.assert_allclose(spectra["x"], np.arange(11) / 10)
    assert dict(spectra.sizes) == {"sample": 11, "two_theta": 1374}
    # numpy's own reader as the second program
    expected = np.loadtxt(DATA / "fapbi3-mapbbr3" / "x0.3.xy")
    np.testing.assert_array_equal(spectra.two_theta, expected[:, 0])
    np.testing.assert_array_equal(spectra.intensity[3], expected[:, 1])


@needs_data
def test_measured_titanate_ramp() -> None:
    files = [DATA / "batio3-ramp" / f"BTO_{t}K.IoQ" for t in (150, 445)]
    spectra = formats.label_by_name(formats.read(files), r"_(?P<temperature>\d+)K")
    assert spectra["temperature"].values.tolist() == [150, 445]
    expected = np.loadtxt(files[0])
    np.testing.assert_array_equal(spectra.q, expected[:, 0])
    np.testing.assert_array_equal(spectra.intensity[0], expected[:, 1])


@needs_data
def test_measured_energy_loss_edges() -> None:
    spectra = formats.read(DATA / "bn-measured" / "exp_cBN_eels_digitised.csv")
    assert "energy" in spectra.dims
