"""Bad input: exit 1, one clear line, nothing on stdout, nothing written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakscape import maps, spectra

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
    "duplicate": ("10 1\n11 2\n11 3\n", "line 3: two_theta 11 stands twice"),
    "one column": ("10\n11\n12\n", "1 column of numbers"),
    "cut off": ("10 1\n11 2\n12", "line 3: 1 column(s)"),
    "binary": ("GSD\0\1\2", "is binary"),
    "other version": ("RAW1.01\0\1\2", "version 3; only version 4 is read"),
}


def nothing_new(folder: Path, before: set[str]) -> bool:
    return {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES)
def test_broken_file_among_good_ones(fails, run, tmp_path, text, message):
    """`fit` refuses the set; `read` reads the good files and tells why the bad one is not in the set."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / f"{name}.xy").write_text(GOOD)
    (folder / "bad.xy").write_text(text)
    before = {path.name for path in tmp_path.iterdir()}
    line = fails("fit", folder, "-o", tmp_path / "out.map")
    assert message in line
    assert str(folder / "bad.xy") in line
    assert nothing_new(tmp_path, before)
    result = run("read", folder, "-o", tmp_path / "out.zarr", "--json")
    assert result.code == 0
    found = json.loads(result.out)
    assert found["n_samples"] == 3
    [skipped] = found["skipped"]
    assert skipped["file"] == str(folder / "bad.xy")
    assert message in skipped["reason"]
    assert f"not read: {folder / 'bad.xy'}: {skipped['reason']}" in result.err


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


def test_patterns_on_different_axes(fails, run, tmp_path):
    (tmp_path / "a.xy").write_text(GOOD)
    (tmp_path / "b.xy").write_text(GOOD.replace("12 ", "12.1 "))
    line = fails("fit", tmp_path, "-o", tmp_path / "out.map")
    assert "1 of 2 files are not on the points of a.xy" in line
    assert "b.xy" in line
    assert "--resample" in line
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
def test_composition_that_the_map_does_not_know(fails, work, tmp_path, formula, message):
    line = fails("generate", work / "pca.map", f"--composition={formula}", "-o", tmp_path / "out.xy")
    assert message in line
    assert nothing_new(tmp_path, set())


def test_label_that_the_map_does_not_know(fails, work, tmp_path):
    output = ["-o", tmp_path / "out.xy"]
    assert "n_nickel from 0 to 4" in fails("generate", work / "pca.map", "--label", "n_nickel", "--value", "7", *output)
    assert "known: composition, n_nickel" in fails(
        "generate", work / "pca.map", "--label", "T", "--value", "7", *output
    )
    assert "--label" in fails("generate", work / "pca.map", "--value", "2", *output)
    assert "'T' is not known" in fails("compose", work / "pca.map", work / "patterns.zarr", "--label", "T")
    assert nothing_new(tmp_path, set())


def test_unlabelled_map_cannot_compose(fails, run, work, tmp_path):
    assert run("fit", work / "raw", "--map", "pca", "-o", tmp_path / "a.map").code == 0
    assert "known: none" in fails("compose", tmp_path / "a.map", work / "raw")


def test_too_few_and_constant_patterns(fails, tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.xy").write_text(GOOD)
    for kind in ("pca", "autoencoder"):
        words = ["--map", kind, "-o", tmp_path / "out.map"]
        assert "minimum of 3" in fails("fit", tmp_path / "a.xy", tmp_path / "b.xy", *words)
        assert "identical" in fails("fit", tmp_path, *words)
    (tmp_path / "b.xy").write_text("10 0\n11 0\n12 0\n13 0\n")
    assert "no positive maximum" in fails("fit", tmp_path, "-o", tmp_path / "out.map")
    assert not (tmp_path / "out.map").exists()
    line = fails("compose", tmp_path / "a.xy", tmp_path / "c.xy", "--leave-one-out", "--map", "pca")
    assert "at least five" in line


def test_spectra_that_do_not_fit_the_map(fails, work, tmp_path):
    (tmp_path / "short.xy").write_text(GOOD)
    words = ["place", work / "pca.map"]
    line = fails(*words, tmp_path / "short.xy", "--wavelength", "1.5406")
    assert "short.xy" in line
    assert "is not covered" in line
    assert "--wavelength" in fails(*words, work / "raw" / "ni0_0.xy")
    assert "cannot be compared" in fails(*words, work / "raw" / "ni0_0.xy", "--wavelength", "0.7")
    assert "the spectra are on q" in fails(*words, work / "raw" / "ni0_0.xy", "--axis", "q")
    assert "stored with wavelength" in fails("fit", work / "patterns.zarr", "--wavelength", "0.7", "-o", tmp_path / "m")
    line = fails("fit", work / "patterns.zarr", work / "raw", "-o", tmp_path / "m")
    assert "either stored spectra" in line


def test_hkl_need_a_wavelength(fails, run, work, tmp_path):
    assert run("fit", work / "raw", "--map", "pca", "-o", tmp_path / "a.map").code == 0
    cif = work / "structures" / "ni0_0.cif"
    line = fails("relevance", tmp_path / "a.map", work / "raw" / "ni0_0.xy", "--structure", cif)
    assert "give --wavelength" in line


def test_unknown_sample(fails, work):
    assert "no sample is called zz" in fails("relevance", work / "pca.map", work / "patterns.zarr", "--sample", "zz")


def test_maps_that_cannot_be_opened(fails, work, tmp_path):
    copy = tmp_path / "copy.map"
    shutil.copytree(work / "pca.map", copy)
    description = json.loads((copy / "map.json").read_text())
    (copy / "map.json").write_text(json.dumps(description | {"format_version": 99}))
    assert "map format 99" in fails("place", copy, work / "patterns.zarr")
    (copy / "map.json").write_text(json.dumps(description))
    arrays = bytearray((copy / "arrays.safetensors").read_bytes())
    arrays[-1] ^= 1
    (copy / "arrays.safetensors").write_bytes(arrays)
    assert "was changed after the map was saved" in fails("compose", copy, work / "patterns.zarr")
    (copy / "arrays.safetensors").unlink()
    assert "cannot be read" in fails("generate", copy, "--composition", "CuNi", "-o", tmp_path / "out.xy")
    assert "is not a saved map" in fails("place", tmp_path / "none.map", work / "patterns.zarr")
    assert "give the spectra too" in fails("compose", work / "pca.map")
    assert "is not a map" in fails("compose", work / "patterns.zarr")


def test_map_saved_without_known_points(fails, work, tmp_path):
    maps.save(maps.load(work / "pca.map"), tmp_path / "bare.map")
    assert "no known axis" in fails("place", tmp_path / "bare.map", work / "patterns.zarr")
    assert "known: none" in fails("compose", tmp_path / "bare.map", work / "patterns.zarr")
    saved = maps.load_saved(work / "pca.map")
    maps.save(saved.map, tmp_path / "nameless.map", axis=saved.axis, extras=saved.extras)
    assert "names of its elements" in fails("compose", tmp_path / "nameless.map", work / "patterns.zarr")
    extras = {"composition": saved.extras["composition"]}
    maps.save(saved.map, tmp_path / "pointless.map", axis=saved.axis, provenance=saved.provenance, extras=extras)
    assert "training coordinates" in fails("compose", tmp_path / "pointless.map", work / "patterns.zarr")


def test_stores_that_cannot_be_opened(fails, tmp_path):
    assert "there are no spectra" in fails("fit", tmp_path / "none.zarr", "-o", tmp_path / "a.map")
    (tmp_path / "text.nc").write_text("hello")
    assert "cannot be opened" in fails("fit", tmp_path / "text.nc", "-o", tmp_path / "a.map")
    dataset = spectra.make([[0, 1, 0], [0, 2, 1]], q=[1, 2, 3])
    dataset["intensity"][1, 1] = np.nan
    dataset.to_netcdf(tmp_path / "nan.nc", engine="h5netcdf")
    assert "not finite" in fails("fit", tmp_path / "nan.nc", "-o", tmp_path / "a.map")
    xr.Dataset({"a": ("b", [1, 2])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    assert "axis" in fails("fit", tmp_path / "other.nc", "-o", tmp_path / "a.map")


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
    assert "--force" in fails("study", "alloy", "--out", tmp_path)
    assert "--every" in fails("study", "alloy", "--out", tmp_path / "new", "--every", "0")
    assert (tmp_path / "summary.json").read_text() == "{}"
