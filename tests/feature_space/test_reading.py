"""`peakscape.read` of what lies in folders: bad files, tables and folders among the files stop nothing and are told."""

from pathlib import Path

import pytest

from peakscape.errors import FormatError, InputError, PeakscapeWarning
from peakscape.feature_space import read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for x in (0, 1, 2):
        (tmp_path / f"x{x}.xy").write_text(f"10 {x}\n11 2\n12 3\n")
    return tmp_path


def test_one_bad_file_does_not_stop_the_others(folder: Path) -> None:
    (folder / "broken.xy").write_text("10 1\n11 one\n")
    (folder / "README.txt").write_text("measured on a Friday\n")
    with pytest.warns(PeakscapeWarning, match="not read: .*(broken|README)") as told:
        found = read(folder, wavelength=1.54, label="x", pattern=r"x(\d)\.xy")
    assert found["x"].values.tolist() == [0, 1, 2]
    assert len(told) == 2
    with pytest.raises(FormatError, match="is not a row of 2 numbers"):
        read(folder / "broken.xy")


def test_a_sample_without_a_row_is_left_out(folder: Path) -> None:
    table = folder / "labels.csv"
    table.write_text("file,x\nx0.xy,0.5\nx2.xy,0.7\n")
    with pytest.warns(PeakscapeWarning, match=r"left out: .*no row for the file 'x1\.xy'"):
        found = read(f"{folder}/*", wavelength=1.54, labels=table)
    assert found["name"].values.tolist() == ["x0", "x2"]
    table.write_text("file,x\nothers.xy,0.5\n")
    with pytest.raises(InputError, match=r"no row for the file 'x0\.xy'"):
        read(folder, wavelength=1.54, labels=table)


def test_folders_are_entered_or_told(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "a.xy").write_text("10 1\n11 2\n12 3\n")
    (folder / "notes").mkdir()
    with pytest.warns(PeakscapeWarning, match="its folders are not entered; .*old$"):
        assert read(folder, wavelength=1.54).sizes["sample"] == 3
    for file in folder.glob("*.xy"):
        file.rename(folder / "notes" / file.name)
    assert read(folder, wavelength=1.54)["name"].values.tolist() == ["x0", "x1", "x2", "a"]
