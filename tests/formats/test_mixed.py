"""Folders of all kinds of files, formats of other packages, and the table in the docs."""

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from example_files import EXAMPLES, POINTS, pdcif, ras, xrdml

from peakscape import formats, spectra
from peakscape.errors import FormatError, InputError, PeakscapeWarning
from peakscape.formats import registry
from peakscape.formats.reading import MixedFiles

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"


def _folder(tmp_path: Path, **files: bytes) -> Path:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name, raw in files.items():
        (folder / name.replace("__", ".")).write_bytes(raw)
    return folder


def _reasons(found: MixedFiles) -> dict[str, str]:
    return {Path(file).name: reason for file, reason in found.skipped.itertuples(index=False)}


def test_what_can_be_read_is_read_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        good__xrdml=xrdml(2),
        also__ras=ras(),
        broken__ras=ras()[:-40],
        structure__cif=b"data_a\nloop_\n_atom_site_label\n_atom_site_fract_x\nA 0\nB .5\n",
        other__IoQ=b"1 2\n2 3\n",
        beam__cif=pdcif().replace(b"1.540593", b"0.7"),
        LICENSE=b"MIT",
        unknown__xy=b"".join(b"%g 5\n" % x for x in POINTS),
        empty__dat=b"",
    )
    (folder / "inner").mkdir()
    found = formats.read_mixed(folder)
    assert found.dataset.name.values.tolist() == ["also", "good#1", "good#2"]
    reasons = _reasons(found)
    assert set(reasons) == {p.name for p in folder.iterdir()} - {"good.xrdml", "also.ras"}
    assert "cut off" in reasons["broken.ras"]
    assert "crystal structure" in reasons["structure.cif"]
    assert "is on q and most are on two_theta" in reasons["other.IoQ"]
    assert "has wavelength 0.7 angstrom and most have wavelength 1.54" in reasons["beam.cif"]
    assert "no known wavelength" in reasons["unknown.xy"]
    assert "--wavelength" in reasons["unknown.xy"]
    assert "not a format that is read" in reasons["LICENSE"]
    assert "is empty" in reasons["empty.dat"]
    assert "folder within a folder" in reasons["inner"]
    assert all("\n" not in reason and str(folder) not in reason for reason in reasons.values())
    # given, the wavelength takes the file in
    again = formats.read_mixed([folder, folder / "unknown.xy"], wavelength=1.5406)
    assert "unknown" in again.dataset.name.values
    spectra.check(again.dataset)


def test_labels_that_only_some_files_tell(tmp_path: Path) -> None:
    folder = _folder(tmp_path, a__ras=ras(), b__xrdml=xrdml())
    measured = formats.read_mixed(folder).dataset
    np.testing.assert_array_equal(np.isnan(measured.temperature), [False, True])
    assert spectra.numeric_labels(measured) == {}
    alone = formats.read(folder / "a.ras")
    assert list(spectra.numeric_labels(alone)) == ["temperature"]
    spectra.save(measured, tmp_path / "a.zarr")
    stored = spectra.open(tmp_path / "a.zarr")
    assert stored.intensity_unit.values.tolist() == ["counts", "counts"]
    assert spectra.numeric_labels(stored) == {}


def test_files_of_two_formats_can_be_joined_later(tmp_path: Path) -> None:
    folder = _folder(tmp_path, a__ras=ras(), b__xrdml=xrdml(2))
    one, two = formats.read(folder / "a.ras"), formats.read(folder / "b.xrdml")
    both = spectra.concatenate([one, two])  # 1.540593 and 1.540598 angstrom are one wavelength
    assert both.name.values.tolist() == ["a", "b#1", "b#2"]
    np.testing.assert_allclose(both.sample_wavelength, [1.540593, 1.540598, 1.540598], rtol=1e-9)
    assert spectra.numeric_labels(both) == {}


def test_other_points_need_resampling(tmp_path: Path) -> None:
    shifted = b"".join(b"%g 5\n" % (x + 0.1) for x in POINTS)
    far = b"90 1\n91 2\n"
    same = b"".join(b"%g 5\n" % x for x in POINTS)
    folder = _folder(tmp_path, a__xy=same, b__xy=same, c__xy=shifted, d__xy=far)
    found = formats.read_mixed(folder)
    assert found.dataset.name.values.tolist() == ["a", "b"]
    assert "--resample" in _reasons(found)["c.xy"]
    found = formats.read_mixed(folder, resample=True)
    assert found.dataset.name.values.tolist() == ["a", "b", "c"]
    assert "shares no range" in _reasons(found)["d.xy"]
    assert found.remark == ""
    (folder / "narrow.xy").write_bytes(b"10 1\n10.2 3\n11.1 2\n")
    remark = formats.read_mixed(folder, resample=True).remark
    assert "narrow.xy (two_theta 10 to 11.1, 3 points) leaves of the others only two_theta 10.1 to 11.1" in remark


def test_nothing_read_is_an_error(tmp_path: Path) -> None:
    folder = _folder(tmp_path, a__xy=b"five six\n", b__ras=b"*RAS")
    with pytest.raises(FormatError, match=r"none of 2 files could be read; .*a\.xy: line 1"):
        formats.read_mixed(folder)
    with pytest.raises(FormatError, match=r"a\.xy, line 1"):
        formats.read_mixed(folder / "a.xy")
    with pytest.raises(InputError, match="no files"):
        formats.read_mixed([])
    (tmp_path / "none").mkdir()
    with pytest.raises(FormatError, match="the folder is empty"):
        formats.read_mixed(tmp_path / "none")


def test_two_wavelengths_in_a_strict_set(tmp_path: Path) -> None:
    folder = _folder(tmp_path, a__ras=ras(), b__cif=pdcif().replace(b"1.540593", b"0.7"))
    with pytest.raises(
        FormatError, match=r"b\.cif has wavelength 0\.7 .*a\.ras wavelength 1\.54.*set has one wavelength"
    ):
        formats.read(folder)


def test_structures_beside_patterns_are_left_alone(tmp_path: Path) -> None:
    folder = _folder(tmp_path, a__xy=b"10 1\n11 2\n", structure__cif=b"data_a\n_cell_length_a 5\n")
    assert [path.name for path in formats.files_of(folder)] == ["a.xy"]


def test_a_folder_with_xmu_is_read(tmp_path: Path) -> None:
    folder = _folder(tmp_path, a__xmu=b"# energy mu\n7100 0.1\n7101 0.2\n7102 0.4\n", notes__md=b"# good")
    assert [path.name for path in formats.files_of(folder)] == ["a.xmu"]


def test_files_passed_over_that_look_like_spectra_are_told(tmp_path: Path) -> None:
    """By what is in them: notes, a table of one column and stored spectra are no news."""
    rows = b"10 1\n11 2\n12 3\n"
    folder = _folder(
        tmp_path, a__xy=rows, b__chi=rows, c__chi=rows, d__060=rows, notes__md=b"# 1\n", one__lst=b"1\n2\n"
    )
    (folder / "stored.nc").write_bytes(b"\x89HDF\r\n\x1a\n")
    words = r"3 files look like spectra but have a suffix that is not known: \.chi \(2\), \.060 \(1\); to read them"
    with pytest.warns(PeakscapeWarning, match=words):
        assert [path.name for path in formats.files_of(folder)] == ["a.xy"]
    (folder / "a.xy").unlink()
    with pytest.raises(FormatError, match=r"no file with a known suffix .*; 3 files look like spectra"):
        formats.files_of(folder)


def _read_fake(path: Path, *, axis: str | None = None, wavelength: float | None = None) -> list[formats.Scan]:
    text = path.read_text()
    if "bad" in text:
        raise ZeroDivisionError("inside")
    return [formats.Scan("q", np.array([1.0, 2.0]), np.array([3.0, 4.0]), path.stem, str(path), wavelength)]


FAKE = formats.Format(
    "fake", (".fake",), ("q",), "two points", "", lambda path, head: path.suffix == ".fake", _read_fake
)
BROKEN = "not a format"


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = [
        importlib.metadata.EntryPoint("fake", f"{__name__}:FAKE", registry.ENTRY_POINTS),
        importlib.metadata.EntryPoint("broken", f"{__name__}:BROKEN", registry.ENTRY_POINTS),
        importlib.metadata.EntryPoint("missing", "no.such.module:FORMAT", registry.ENTRY_POINTS),
    ]
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda *, group: points if group == registry.ENTRY_POINTS else []
    )
    registry._added.cache_clear()
    yield
    registry._added.cache_clear()


def test_formats_of_other_packages(tmp_path: Path, others: None) -> None:
    with pytest.warns(PeakscapeWarning) as told:
        assert ".fake" in set(formats.table()["suffix"])
    assert [str(each.message).split("'")[1] for each in told] == ["broken", "missing"]
    (tmp_path / "a.fake").write_text("good")
    assert formats.read(tmp_path).intensity.values.tolist() == [[3, 4]]
    (tmp_path / "a.fake").write_text("bad")
    with pytest.raises(FormatError, match=r"a\.fake: the reader of 'fake', of another package, failed \(ZeroDivision"):
        formats.read(tmp_path / "a.fake")


def test_table_in_the_docs_is_current() -> None:
    """docs/formats.md holds the table; `python tests/formats/test_mixed.py` renews it."""
    assert _table() in DOCS.read_text(), "run: python tests/formats/test_mixed.py"


def test_every_example_is_in_the_table() -> None:
    known = set(formats.table()["suffix"])
    assert {Path(name).suffix for name in EXAMPLES} <= known


def _table() -> str:
    table = formats.table()
    grouped = table.groupby(["format", "axis", "reads", "extra"], sort=False)["suffix"].agg(" ".join).reset_index()
    rows = ["| suffix | format | axis | what is read | extra |", "|---|---|---|---|---|"]
    rows += [f"| `{r.suffix}` | {r.format} | {r.axis} | {r.reads} | {r.extra} |" for r in grouped.itertuples()]
    return "\n".join(rows)


if __name__ == "__main__":
    start, stop = "<!-- table -->\n", "\n<!-- end of table -->"
    text = DOCS.read_text()
    before, after = text.split(start)[0], text.split(stop)[1]
    DOCS.write_text(before + start + _table() + stop + after)
