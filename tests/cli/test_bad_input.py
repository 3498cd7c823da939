"""Bad input: exit 1, one clear line, nothing on stdout, nothing written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakscape import maps, spectra

OLD = Path(__file__).parents[1] / "maps" / "saved_v1" / "pca"
GOOD = "10 1\n11 5\n12 2\n13 1\n"
FILES = {
    "empty": ("", "is empty"),
    "not numeric": ("hello world\nagain and again\n", "no row of numbers"),
    "word inside": ("10 1\n11 five\n12 3\n", "line 2: '11 five' is not a row of 2 numbers"),
    "nan": ("10 1\n11 nan\n12 3\n", "line 2: intensity is nan"),
    "nan axis": ("10 1\nnan 2\n12 3\n", "line 2: two_theta is nan"),
    "infinite": ("10 1\n11 inf\n12 3\n", "line 2: intensity is inf"),
    "negative axis": ("-1 1\n0 2\n1 3\n", "line 1: two_theta is negative"),
    "unsorted": ("10 1\n12 2\n11 3\n", "line 3: two_theta falls from 12 to 11"),
    "duplicate": ("10 1\n11 2\n11 3\n", "line 3: two_theta 11 occurs twice"),
    "one column": ("10\n11\n12\n", "1 column of numbers"),
    "cut off": ("10 1\n11 2\n12", "line 3: 1 column(s)"),
    "binary": ("GSD\0\1\2", "is binary"),
    "other version": ("RAW1.01\0\1\2", "version 3; only version 4 is read"),
}


def nothing_new(folder: Path, before: set[str]) -> bool:
    return {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES)
def test_broken_file_among_good_ones(run, tmp_path, text, message):
    """Good files are read, and why the bad one is not in the set is told."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.xy").write_text(GOOD)
    (folder / "bad.xy").write_text(text)
    result = run("read", folder, "-o", tmp_path / "out.zarr", "--json")
    assert result.code == 0
    found = json.loads(result.out)
    assert found["n_samples"] == 3
    [skipped] = found["skipped"]
    assert skipped["file"] == str(folder / "bad.xy")
    assert message in skipped["reason"]
    assert f"not read: {folder / 'bad.xy'}: {skipped['reason']}" in result.err


def test_a_space_is_fitted_to_what_can_be_read(run, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.xy").write_text(GOOD.replace("5", f"{5 + number}"))
    (tmp_path / "bad.xy").write_text(FILES["nan"][0])
    words = ["--map", "pca", "--prepare", "none", "--no-novelty", "-o", tmp_path / "out.space", "--json"]
    result = run("fit", tmp_path, *words)
    assert result.code == 0, result.err
    assert json.loads(result.out)["n_samples"] == 3
    assert f"not read: {tmp_path / 'bad.xy'}: line 2: intensity is nan" in result.err


def test_placing_goes_on_after_a_bad_file(run, fails, work, tmp_path):
    (tmp_path / "bad.xy").write_text(FILES["nan"][0])
    files = [work / "raw" / "ni2_1.xy", tmp_path / "bad.xy", work / "raw" / "ni3_1.xy"]
    result = run("place", work / "pca.space", *files, "--wavelength", "1.5406", "--json")
    told = json.loads(result.out)
    assert [sample["name"] for sample in told["samples"]] == ["ni2_1", "ni3_1"]
    [skipped] = told["skipped"]
    assert skipped["file"] == str(tmp_path / "bad.xy")
    assert "line 2: intensity is nan" in skipped["reason"]
    assert f"not placed: {tmp_path / 'bad.xy'}" in result.err
    shutil.copy(tmp_path / "bad.xy", tmp_path / "worse.xy")
    bad = run("place", work / "pca.space", tmp_path / "bad.xy", tmp_path / "worse.xy")
    assert bad.code == 1
    assert "none of 2 files could be placed; the reasons stand above" in bad.error_lines[0]


def test_a_folder_of_empty_folders_names_them(fails, work, tmp_path):
    for name in ("b10", "b9"):
        (tmp_path / name).mkdir()
    line = fails("place", work / "pca.space", tmp_path)
    assert f"nor do its folders: {tmp_path / 'b9'}, {tmp_path / 'b10'}" in line
    (tmp_path / "empty").mkdir()
    assert "holds no file with a known suffix" in fails("place", work / "pca.space", tmp_path / "empty")


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES)
def test_broken_file_alone(fails, tmp_path, text, message):
    (tmp_path / "bad.xy").write_text(text)
    line = fails("read", tmp_path / "bad.xy", "-o", tmp_path / "out.zarr")
    assert message in line
    assert str(tmp_path / "bad.xy") in line
    assert nothing_new(tmp_path, {"bad.xy"})


def test_wavelength_is_asked_for(run, tmp_path):
    (tmp_path / "a.xy").write_text(GOOD)
    result = run("read", tmp_path / "a.xy", "-o", tmp_path / "a.zarr")
    assert [line for line in result.err.splitlines() if "--wavelength" in line]
    result = run("read", tmp_path / "a.xy", "--wavelength", "1.5406", "-o", tmp_path / "b.zarr")
    assert result.code == 0
    assert result.err == ""


def test_patterns_on_different_axes(run, tmp_path):
    (tmp_path / "a.xy").write_text(GOOD)
    (tmp_path / "b.xy").write_text(GOOD.replace("12 ", "12.1 "))
    files = [tmp_path / "a.xy", tmp_path / "b.xy"]
    result = run("read", *files, "-o", tmp_path / "first.zarr")
    assert result.code == 0
    assert "b.xy: is on other points" in result.err
    assert "--resample" in result.err
    result = run("read", *files, "--resample", "-o", tmp_path / "out.zarr")
    assert result.code == 0
    assert "not read" not in result.err


def test_unknown_axis_is_asked_for(fails, run, tmp_path):
    (tmp_path / "a.dat").write_text(GOOD)
    assert "--axis two_theta|q|energy" in fails("read", tmp_path / "a.dat", "-o", tmp_path / "out.zarr")
    assert run("read", tmp_path / "a.dat", "--axis", "q", "-o", tmp_path / "out.zarr").code == 0


def test_missing_file_and_unknown_format(fails, tmp_path):
    assert "no such file" in fails("read", tmp_path / "a.xy", "-o", tmp_path / "out.zarr")
    (tmp_path / "a.brml").write_bytes(b"PK\3\4")
    assert "not a whole zip file" in fails("read", tmp_path / "a.brml", "-o", tmp_path / "out.zarr")
    (tmp_path / "a.mdi").write_bytes(b"MDI\0")
    assert "see `peakscape formats`" in fails("read", tmp_path / "a.mdi", "-o", tmp_path / "out.zarr")


CIFS = {
    "without atoms": ("data_a\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n", "no atoms"),
    "empty": ("", "is empty"),
    "no CIF": ("<xml/>", "not a CIF"),
    "unknown element": (
        "data_a\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
        "_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n"
        "_atom_site_fract_y\n_atom_site_fract_z\nQq1 Qq 0 0 0\n",
        "unknown element",
    ),
}


@pytest.mark.parametrize(("text", "message"), CIFS.values(), ids=CIFS)
def test_broken_structures(fails, tmp_path, text, message):
    (tmp_path / "a.cif").write_text(text)
    line = fails("simulate", tmp_path / "a.cif", "--wavelength", "1.5", "-o", tmp_path / "out.zarr")
    assert message in line
    assert "a.cif" in line
    assert nothing_new(tmp_path, {"a.cif"})


def test_simulation_that_cannot_be(fails, work, tmp_path):
    cif = work / "structures" / "ni0_0.cif"
    words = ["simulate", cif, "--wavelength", "1.5", "-o", tmp_path / "out.zarr"]
    assert "two_theta" in fails(*words, "--two-theta", "50:10:0.1")
    assert "mixing" in fails(*words, "--mixing", "3")
    assert "atoms-per-formula" in fails(*words, "--atoms-per-formula", "0")
    assert nothing_new(tmp_path, set())


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("SmFe12", "not Sm, Fe"),
        ("Cu9Ni", "knows Cu from 0 to 4"),
        ("Xx2", "unknown element"),
        ("", "formula"),
    ],
)
def test_composition_that_the_space_does_not_know(fails, work, tmp_path, formula, message):
    line = fails("generate", work / "pca.space", f"--composition={formula}", "-o", tmp_path / "out.xy")
    assert message in line
    assert nothing_new(tmp_path, set())


def test_label_that_the_space_does_not_know(fails, work, tmp_path):
    words, output = ["generate", work / "pca.space"], ["-o", tmp_path / "out.xy"]
    assert "n_nickel from 0 to 4" in fails(*words, "--label", "n_nickel", "--value", "7", *output)
    assert "known: composition, n_nickel" in fails(*words, "--label", "T", "--value", "7", *output)
    patterns = work / "patterns.zarr"
    line = fails("fit", patterns, "--label", "T", "-o", tmp_path / "a.space")
    assert "expected a label of the spectra, got 'T'; known: composition, n_nickel" in line
    assert "expected classes to name labels" in fails("fit", patterns, "--class", "T", "-o", tmp_path / "a.space")
    assert "expected groups to name labels" in fails(
        "fit", patterns, "--map", "pca", "--groups", "T", "-o", tmp_path / "a.space"
    )
    assert nothing_new(tmp_path, set())


def test_a_space_without_labels_predicts_none(run, fails, work, bare, tmp_path):
    space = bare(work / "raw")
    told = json.loads(run("place", space, work / "raw" / "ni2_1.xy", "--json").out)["samples"][0]
    assert set(told) == {
        "name", "source", "coordinates", "spread", "shift", "nearest", "nearest_distance", "remarks"
    }  # fmt: skip
    assert "the space predicts no label; label its spectra" in run("validate", space).out
    assert json.loads(run("validate", space, "--json").out)["errors"] == []
    assert "known: none" in fails("generate", space, "--value", "2", "-o", tmp_path / "out.xy")


def test_too_few_and_constant_patterns(fails, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.xy").write_text(GOOD)
    for kind in ("pca", "autoencoder"):
        words = ["--map", kind, "--prepare", "none", "-o", tmp_path / "out.space"]
        assert "at least 3 patterns" in fails("fit", tmp_path / "a.xy", tmp_path / "b.xy", *words)
        assert "identical" in fails("fit", tmp_path, *words)
    (tmp_path / "b.xy").write_text("10 0\n11 0\n12 0\n13 0\n")
    assert "no positive maximum" in fails(
        "fit", tmp_path, "--prepare", "normalize=maximum", "-o", tmp_path / "out.space"
    )
    assert not (tmp_path / "out.space").exists()


def test_spectra_that_do_not_fit_the_space(fails, work, tmp_path):
    (tmp_path / "short.xy").write_text(GOOD)
    words = ["place", work / "pca.space"]
    line = fails(*words, tmp_path / "short.xy", "--wavelength", "1.5406")
    assert "short.xy" in line
    assert "is not covered" in line
    line = fails(*words, work / "raw" / "ni0_0.xy")
    assert "the space is of wavelength 1.5406 angstrom" in line
    assert "--wavelength" in line
    assert "is not covered" in fails(*words, work / "raw" / "ni0_0.xy", "--wavelength", "0.7")
    assert "which no angle reaches" in fails(*words, work / "raw" / "ni0_0.xy", "--axis", "q")
    assert "stored with wavelength" in fails("fit", work / "patterns.zarr", "--wavelength", "0.7", "-o", tmp_path / "m")
    line = fails("fit", work / "patterns.zarr", work / "raw", "-o", tmp_path / "m")
    assert "either stored spectra" in line


def test_hkl_need_a_wavelength(fails, work, bare):
    cif = work / "structures" / "ni0_0.cif"
    line = fails("explain", bare(work / "raw"), work / "raw" / "ni0_0.xy", "--structure", cif)
    assert "hkl need peaks on two_theta of a known wavelength" in line


def test_unknown_sample(fails, work):
    assert "no sample is called zz" in fails("explain", work / "pca.space", work / "patterns.zarr", "--sample", "zz")


def test_spaces_that_cannot_be_opened(fails, work, tmp_path):
    copy = tmp_path / "copy.space"
    shutil.copytree(work / "pca.space", copy)
    description = json.loads((copy / "space.json").read_text())
    (copy / "space.json").write_text(json.dumps(description | {"format_version": 99}))
    assert "space format 99" in fails("place", copy, work / "patterns.zarr")
    (copy / "space.json").write_text(json.dumps(description))
    arrays = bytearray((copy / "arrays.safetensors").read_bytes())
    arrays[-1] ^= 1
    (copy / "arrays.safetensors").write_bytes(arrays)
    assert "was changed after it was saved" in fails("validate", copy)
    (copy / "arrays.safetensors").unlink()
    assert "is missing" in fails("generate", copy, "--composition", "CuNi", "-o", tmp_path / "out.xy")
    for words in (["place", tmp_path / "none.space", work / "raw"], ["explain", work / "patterns.zarr", "a"]):
        assert "is not a saved space" in fails(*words)
    for words in (["add", work / "raw", work / "raw"], ["compare", work / "raw", work / "pca.space"]):
        assert "is not a saved space" in fails(*words)


def test_maps_of_the_version_before_are_spaces(run, fails, tmp_path):
    saved, expected = maps.load_saved(OLD), json.loads((OLD.parent / "expected.json").read_text())
    spectra.save(spectra.make(expected["new"], q=saved.axis["q"]), tmp_path / "known.nc")
    told = json.loads(run("place", OLD, tmp_path / "known.nc", "--json").out)["samples"]
    wanted = expected["maps"]["pca"]["coordinates"]
    np.testing.assert_allclose([one["coordinates"] for one in told], wanted, rtol=0, atol=1e-9)
    maps.save(saved.map, tmp_path / "bare.map")
    assert "fit the space anew" in fails("place", tmp_path / "bare.map", tmp_path / "known.nc")


def test_stores_that_cannot_be_opened(fails, tmp_path):
    assert "there are no spectra" in fails("fit", tmp_path / "none.zarr", "-o", tmp_path / "a.space")
    (tmp_path / "text.nc").write_text("hello")
    assert "cannot be opened" in fails("fit", tmp_path / "text.nc", "-o", tmp_path / "a.space")
    dataset = spectra.make([[0, 1, 0], [0, 2, 1]], q=[1, 2, 3])
    dataset["intensity"][1, 1] = np.nan
    dataset.to_netcdf(tmp_path / "nan.nc", engine="h5netcdf")
    assert "not finite" in fails("fit", tmp_path / "nan.nc", "-o", tmp_path / "a.space")
    xr.Dataset({"a": ("b", [1, 2])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    assert "axis" in fails("fit", tmp_path / "other.nc", "-o", tmp_path / "a.space")


def test_existing_output_is_kept_unless_forced(fails, run, tmp_path):
    (tmp_path / "a.xy").write_text(GOOD)
    output = tmp_path / "out.zarr"
    words = ["read", tmp_path / "a.xy", "-o", output]
    assert run(*words).code == 0
    (tmp_path / "a.xy").write_text(GOOD.replace("5", "7"))
    assert "--force" in fails(*words)
    assert spectra.open(output)["intensity"].values.max() == 5
    assert run(*words, "--force").code == 0
    assert spectra.open(output)["intensity"].values.max() == 7


def test_output_that_cannot_be(fails, tmp_path):
    (tmp_path / "a.xy").write_text(GOOD)
    assert ".zarr or .nc" in fails("read", tmp_path / "a.xy", "-o", tmp_path / "out.csv")
    assert "does not exist" in fails("read", tmp_path / "a.xy", "-o", tmp_path / "none" / "out.zarr")


def test_study_into_a_file(fails, tmp_path):
    (tmp_path / "report").write_text("mine")
    assert "is a file" in fails("study", "alloy", "--out", tmp_path / "report")
    assert (tmp_path / "report").read_text() == "mine"


def test_study_that_was_run_before_is_kept(fails, tmp_path):
    (tmp_path / "summary.json").write_text("{}")
    assert "no study of peakscape wrote" in fails("study", "alloy", "--out", tmp_path, "--force")
    assert (tmp_path / "summary.json").read_text() == "{}"
    (tmp_path / "summary.json").write_text('{"versions": {}, "seconds": 1}')
    assert "--force" in fails("study", "alloy", "--out", tmp_path)
    assert "--every" in fails("study", "alloy", "--out", tmp_path / "new", "--every", "0")
    assert (tmp_path / "summary.json").read_text() == '{"versions": {}, "seconds": 1}'
