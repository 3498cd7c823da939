"""Labels from file names and from tables."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakscape import formats, spectra
from peakscape.errors import CompositionError, InputError


@pytest.fixture
def measured() -> xr.Dataset:
    sources = ["in/x0.0_300K.xy", "in/x0.5_310K.xy"]
    return spectra.make([[0, 1], [1, 0]], q=[1, 2], name=["x0.0_300K", "x0.5_310K"], source=sources)


def test_named_groups(measured: xr.Dataset) -> None:
    labelled = formats.label_by_name(measured, r"x(?P<x>[\d.]+)_(?P<unit>\d+K)")
    np.testing.assert_array_equal(labelled["x"], [0.0, 0.5])
    assert labelled["unit"].values.tolist() == ["300K", "310K"]
    assert "x" not in measured.coords


def test_decimal_p_of_file_names() -> None:
    measured = spectra.make([[0, 1], [1, 0]], q=[1, 2], name=["ZnO_0p4010", "ZnO_0p25"])
    labelled = formats.label_by_name(measured, r"_(\w+)", label="w")
    np.testing.assert_array_equal(labelled["w"], [0.401, 0.25])


def test_formula_becomes_composition() -> None:
    measured = spectra.make([[0, 1], [1, 0]], q=[1, 2], name=["a_NaCl", "b_KCl"])
    labelled = formats.label_by_name(measured, r"_(?P<formula>\w+)")
    assert labelled["element"].values.tolist() == ["Na", "Cl", "K"]
    np.testing.assert_array_equal(labelled["composition"], [[1, 1, 0], [0, 1, 1]])
    spectra.check(labelled)


@pytest.mark.parametrize(
    ("pattern", "label", "message"),
    [
        ("x([", "x", "not a regular expression"),
        (r"x[\d.]+", "x", "needs one group"),
        (r"x([\d.]+)", None, "needs one group"),
        (r"(x)([\d.]+)", "x", "needs one group"),
        (r"y([\d.]+)", "y", "does not match the file name 'x0.0_300K.xy'"),
        (r"x([\d.]+)", "intensity", "cannot be called intensity"),
    ],
)
def test_patterns_that_cannot_work(measured: xr.Dataset, pattern: str, label: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        formats.label_by_name(measured, pattern, label=label)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("suffix", ["", ".xy"])
def test_table(measured: xr.Dataset, tmp_path: Path, separator: str, suffix: str) -> None:
    path = tmp_path / "samples.csv"
    rows = [
        ["file", "x", "note"],
        ["x0.5_310K" + suffix, "0.5", "b"],
        ["x0.0_300K" + suffix, "0", "a"],
        ["y", "9", "c"],
    ]
    path.write_text("\n".join(separator.join(row) for row in rows))
    labelled = formats.label_by_table(measured, path)
    np.testing.assert_array_equal(labelled["x"], [0, 0.5])
    assert labelled["note"].values.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row of titles"),
        ("file,x\n", "row of titles"),
        ("file,x\nx0.0_300K,1\n", "no row for the file 'x0.5_310K.xy'"),
        ("file,x\nx0.0_300K,1\nx0.0_300K,2\n", "second row"),
        ("file,x\nx0.0_300K,1,2\n", "3 fields where the titles are 2"),
        ("file,x,x\na,1,2\n", "title of its own"),
    ],
)
def test_tables_that_cannot_work(measured: xr.Dataset, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "samples.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        formats.label_by_table(measured, path)


def test_missing_and_binary_table(measured: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        formats.label_by_table(measured, tmp_path / "none.csv")
    (tmp_path / "sheet.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        formats.label_by_table(measured, tmp_path / "sheet.csv")


def test_unknown_element_in_a_formula(measured: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("file,formula\nx0.0_300K,NaCl\nx0.5_310K,Qq2\n")
    with pytest.raises(CompositionError, match="Qq2"):
        formats.label_by_table(measured, path)
