"""Every command on a small alloy series, from structures and from raw files."""

import json

import ase.io
import numpy as np
import pytest

from peakscape import datasets, diffraction, formats, spectra
from peakscape.feature_space import FeatureSpace, open_space, records

GRID = "30:60:0.1"
PLAIN = {"mean", "nearest_pattern", "peak_line", "pls", "process"}


def test_simulate_is_the_public_call(work):
    patterns = spectra.open(work / "patterns.zarr")
    assert patterns.attrs["wavelength"] == 1.5406
    assert dict(patterns.sizes) == {"sample": 15, "two_theta": 351, "element": 2}
    np.testing.assert_array_equal(patterns["n_nickel"], np.repeat(np.arange(5), 3))
    atoms = ase.io.read(work / "structures" / "ni2_0.cif")
    expected = diffraction.simulate(atoms, wavelength=1.5406, two_theta=(30, 100, 0.2), fwhm=1.0)
    np.testing.assert_allclose(patterns["intensity"][6], expected["intensity"][0], atol=1e-9)
    assert str(patterns["name"][6].values) == "ni2_0"


def test_simulate_options(run, work, tmp_path):
    cif = work / "structures" / "ni0_0.cif"
    words = ["--fwhm", "0.01,-0.004,0.3", "--profile", "pseudo_voigt", "--polarization", "none"]
    result = run("simulate", cif, "--wavelength", "1,5406", "--two-theta", "30:60:0.1", *words, "-o", tmp_path / "a.nc")
    assert result.code == 0, result.err
    assert spectra.open(tmp_path / "a.nc").sizes["two_theta"] == 301


def test_compositions_refer_to_one_formula_unit(run, work, tmp_path):
    files = [work / "structures" / f"ni{n}_1.cif" for n in (1, 2)]
    for words, expected in (([], [[1.5, 0.5], [1, 1]]), (["--atoms-per-formula", "4"], [[3, 1], [2, 2]])):
        output = tmp_path / f"{len(words)}.zarr"
        assert (
            run(
                "simulate", *files, "--wavelength", "1.5", "--two-theta", GRID, "--fwhm", "0.2", *words, "-o", output
            ).code
            == 0
        )
        found = spectra.open(output).set_index(element="element")["composition"].sel(element=["Cu", "Ni"])
        np.testing.assert_allclose(found, expected)


def test_read_reports_what_it_read(run, work, tmp_path):
    words = [work / "raw", "--wavelength", "1.5406", "--pattern", r"ni(\d)_", "--label", "n", "--json"]
    result = run("read", *words, "-o", tmp_path / "m.zarr")
    told = json.loads(result.out)
    assert (told["n_samples"], told["n_points"], told["axis"], told["labels"]) == (15, 351, "two_theta", ["n"])
    assert (result.code, result.err) == (0, "")
    measured = spectra.open(tmp_path / "m.zarr")
    np.testing.assert_array_equal(measured["n"], np.repeat(np.arange(5), 3))


def test_read_with_table_of_formulas(run, work, tmp_path):
    table = tmp_path / "samples.csv"
    rows = [f"ni{n}_{v}.xy,Cu{4 - n}Ni{n}" for n in range(5) for v in range(3)]
    table.write_text("\n".join(["file,formula", *rows]))
    assert run("read", work / "raw", "--labels", table, "-o", tmp_path / "m.nc").code == 0
    measured = spectra.open(tmp_path / "m.nc")
    np.testing.assert_array_equal(measured["composition"].sel(sample=14), [0, 4])
    assert "wavelength" not in measured.attrs


def test_fit_keeps_what_later_commands_need(work):
    space = open_space(work / "auto.space")
    patterns = spectra.open(work / "patterns.zarr")
    assert space.coordinates_.shape[1:] == (15, 2)
    np.testing.assert_array_equal(space.known_["composition"], patterns["composition"])
    np.testing.assert_array_equal(space.known_["n_nickel"], patterns["n_nickel"])
    np.testing.assert_array_equal(space.known_["two_theta"], patterns["two_theta"])
    assert space.known_["element"].values.tolist() == ["Cu", "Ni"]
    assert space.known_.attrs["wavelength"] == 1.5406
    assert space.recipe_.text == "normalize=maximum"
    assert (list(space.label_readouts_), space.map_.n_members) == (["n_nickel"], 2)
    assert list(open_space(work / "pca.space").label_readouts_) == ["composition", "n_nickel"]


def test_fit_is_the_public_call(run, work, tmp_path):
    words = ["--label", "n_nickel", "--map", "pca", "--no-novelty", "-o", tmp_path / "a.space"]
    told = json.loads(run("fit", work / "patterns.zarr", *words, "--json").out)
    patterns = spectra.open(work / "patterns.zarr")
    space = FeatureSpace("pca", novelty=False).fit(patterns, "n_nickel")
    assert (told["map"], told["map_reason"], told["labels"]) == ("pca", "as given", ["n_nickel"])
    assert (told["n_samples"], told["n_points"], told["novelty"]) == (15, 351, None)
    assert [row["method"] for row in told["validation"]] == space.validate()["method"].tolist()
    found = json.loads(run("place", tmp_path / "a.space", work / "patterns.zarr", "--json").out)["samples"]
    assert found == json.loads(json.dumps(records(space.place(patterns))))


def test_fit_by_itself_says_why(run, work, tmp_path):
    result = run("fit", work / "raw", "--pattern", r"ni(\d)_", "--label", "n", "-o", tmp_path / "a.space")
    assert result.code == 0, result.err
    assert "ShiftMap: peaks move together" in result.out
    assert "predicts n" in result.out
    assert "prepared by" in result.out


@pytest.mark.parametrize("name", ["pca.space", "auto.space"])
def test_place_gives_the_same_from_store_and_raw_files(run, work, name):
    stored = json.loads(run("place", work / name, work / "patterns.zarr", "--json").out)["samples"]
    raw = json.loads(run("place", work / name, work / "raw", "--wavelength", "1.5406", "--json").out)["samples"]
    assert [row["name"] for row in raw] == [row["name"] for row in stored]
    for one, other in zip(stored, raw, strict=True):
        assert one["coordinates"] == pytest.approx(other["coordinates"], abs=1e-6)
    patterns = spectra.scale(spectra.open(work / "patterns.zarr"))
    expected = open_space(work / name).map_.transform(patterns["intensity"].values)
    np.testing.assert_allclose([row["coordinates"] for row in stored], expected)


def test_spectra_on_another_axis_are_brought_onto_the_spaces(run, work, tmp_path):
    fine = np.arange(25, 110, 0.05)
    atoms = ase.io.read(work / "structures" / "ni2_1.cif")
    pattern = diffraction.simulate(atoms, wavelength=1.5406, two_theta=(25, 110, 0.05), fwhm=1.0)["intensity"].values[0]
    np.savetxt(tmp_path / "fine.xy", np.column_stack([fine, pattern[: len(fine)]]))
    words = ["--wavelength", "1.5406"]
    result = run("place", work / "pca.space", tmp_path / "fine.xy", work / "raw" / "ni2_1.xy", *words, "--json")
    one, other = json.loads(result.out)["samples"]
    assert [remark["code"] for remark in one["remarks"]] == ["resampled"]
    assert one["coordinates"] == pytest.approx(other["coordinates"], abs=0.02)
    assert "fine: interpolated onto the points" in run("place", work / "pca.space", tmp_path / "fine.xy", *words).out


def test_place_reads_composition_and_label(run, work):
    rows = json.loads(run("place", work / "pca.space", work / "patterns.zarr", "--json").out)["samples"]
    nickel = np.repeat(np.arange(5), 3)
    for row, n in zip(rows, nickel, strict=True):
        assert row["composition_lower"]["Ni"] <= row["composition"]["Ni"] <= row["composition_upper"]["Ni"]
        assert row["composition_by_method"][row["composition_method"]] == row["composition"]
        assert row["composition"]["Ni"] + row["composition"]["Cu"] == pytest.approx(4.0, abs=1e-6)
        # strains of 0.2 % are a third of the step from one composition to the next
        assert row["composition"]["Ni"] == pytest.approx(n, abs=0.7)
        assert row["n_nickel"] == pytest.approx(n, abs=0.7)
        assert row["n_nickel_by_method"]["map"] == pytest.approx(n, abs=0.7)
        assert row["formula"].startswith(("Cu", "Ni"))


def test_plain_methods_stand_beside_the_answer_of_a_map(run, work):
    files = [work / "raw" / f"ni{n}_1.xy" for n in (1, 3)]
    told = json.loads(run("place", work / "pca.space", *files, "--wavelength", "1.5406", "--json").out)["samples"]
    answers = told[1]["n_nickel_by_method"]
    assert PLAIN | {"map", "map_plane", "blend"} <= set(answers)
    # by Vegard's rule, three samples at each n, strained by -0.002, 0, 0.002: the unstrained ones lie on the line
    assert answers["peak_line"] == pytest.approx(3.0, abs=0.2)
    assert answers["nearest_pattern"] == 3.0
    assert answers["mean"] == 2.0
    errors = json.loads(run("validate", work / "pca.space", "--json").out)
    own = {row["method"]: row for row in errors["errors"] if row["label"] == "n_nickel"}
    assert own[told[0]["n_nickel_method"]]["trusted"]
    assert errors["why"]["n_nickel"].startswith(told[0]["n_nickel_method"])
    shown = run("place", work / "pca.space", *files, "--wavelength", "1.5406")
    assert told[0]["n_nickel_method"] in shown.out
    assert "n_nickel_lower" in shown.out.splitlines()[0]


def test_few_known_spectra_give_no_finite_interval(run, work, tmp_path):
    few = tmp_path / "few.space"
    files = [work / "raw" / f"ni{n}_0.xy" for n in (0, 2, 4)]
    assert run("fit", *files, "--map", "pca", "--pattern", r"ni(\d)", "--label", "n", "-o", few).code == 0
    result = run("place", few, work / "raw" / "ni1_0.xy", "--json")
    [sample] = json.loads(result.out)["samples"]
    assert (sample["n_lower"], sample["n_upper"], sample["n_method"]) == (None, None, "map")
    assert "no_interval" in [remark["code"] for remark in sample["remarks"]]
    assert "cannot tell what is foreign" in result.err


def test_validate_beside_plain_methods(run, work):
    told = json.loads(run("validate", work / "pca.space", "--samples", "--json").out)
    errors = {row["method"]: row for row in told["errors"] if row["label"] == "n_nickel"}
    assert PLAIN | {"map", "map_plane", "blend"} <= set(errors)
    assert told["why"]["n_nickel"].split()[0] in errors
    # by hand: leaving the three of one n out, the mean of the others misses n by 15/12 (n - 2)
    n = np.arange(5)
    assert errors["mean"]["rmse"] == pytest.approx(15 / 12 * np.sqrt(np.mean((n - 2.0) ** 2)))
    assert all(row["n_samples"] == 15 for row in told["errors"])
    own = [row for row in told["samples"] if row["label"] == "n_nickel"]
    assert len(own) == 15
    miss = np.array([row["known"] - row["map"] for row in own])
    assert np.sqrt(np.mean(miss**2)) == pytest.approx(errors["map"]["rmse"])
    assert "n_nickel: " in run("validate", work / "pca.space").out


def test_validate_fits_nothing_anew(run, work, monkeypatch):
    from peakscape.maps import Autoencoder

    monkeypatch.setattr(Autoencoder, "fit", lambda *_: pytest.fail("fitted anew"))
    told = json.loads(run("validate", work / "auto.space", "--json").out)
    assert "map" in {row["method"] for row in told["errors"]}


def test_explain_with_labels_of_a_structure(run, work):
    cif = work / "structures" / "ni0_1.cif"
    words = ["--sample", "ni0_1", "--mask", "peak", "--structure", cif, "--tolerance", "0.15", "--json"]
    told = json.loads(run("explain", work / "auto.space", work / "patterns.zarr", *words).out)
    assert told["sample"] == "ni0_1"
    # copper, Cu K-alpha: PDF 4-836
    found = {peak["hkl"]: peak["two_theta"] for peak in told["peaks"]}
    for hkl, two_theta in {"(1 1 1)": 43.3, "(2 0 0)": 50.4, "(2 2 0)": 74.1, "(3 1 1)": 89.9}.items():
        assert found[hkl] == pytest.approx(two_theta, abs=0.15)
    ranks = [peak["rank"] for peak in told["peaks"]]
    assert ranks == sorted(ranks)
    shown = run("explain", work / "auto.space", "ni0_1", "--structure", cif)
    assert "hkl refer to" in shown.out


def test_explain_takes_a_known_name_or_the_first_and_says_so(run, work):
    result = run("explain", work / "pca.space", work / "patterns.zarr", "--top", "2")
    assert "the first is taken" in result.err
    assert result.out.startswith("ni0_0: ")
    known = run("explain", work / "pca.space", "ni0_0", "--top", "2")
    assert known.err == ""
    assert known.out.startswith("ni0_0: ")


@pytest.mark.parametrize("suffix", [".xy", ".xye", ".zarr", ".nc"])
def test_generate_a_composition(run, work, tmp_path, suffix):
    output = tmp_path / f"out{suffix}"
    result = run("generate", work / "pca.space", "--composition", "Cu2Ni2", "-o", output, "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["reconstruction_error"] < 0.2
    dataset = spectra.open(output) if suffix in (".zarr", ".nc") else formats.read(output)
    patterns = spectra.open(work / "patterns.zarr")
    like = [np.corrcoef(dataset["intensity"].values[0], row)[0, 1] for row in patterns["intensity"].values[1::3]]
    assert np.argmax(like) == 2  # of the five unstrained patterns, that of Cu2Ni2
    assert like[2] > 0.95


def test_generate_a_label(run, work, tmp_path):
    words = ["--label", "n_nickel", "--value", "2", "-o", tmp_path / "out.zarr"]
    assert run("generate", work / "pca.space", *words).code == 0
    assert spectra.open(tmp_path / "out.zarr")["n_nickel"].values.tolist() == [2]


def test_study_is_the_public_call(run, tmp_path, monkeypatch):
    from peakscape.studies import alloy

    asked = {}

    def study(out, *, settings, full_evaluation, search, force, report):
        asked.update(out=out, seed=settings.seed, every=settings.every, full=full_evaluation, force=force)
        assert search is None
        report("half way")
        return {"seconds": 1.5, "seed": settings.seed}

    monkeypatch.setattr(alloy, "run", study)
    result = run("study", "alloy", "--out", tmp_path / "r", "--seed", "3", "--every", "4", "--evaluate", "--json")
    assert asked == {"out": tmp_path / "r", "seed": 3, "every": 4, "full": True, "force": False}
    assert json.loads(result.out)["summary"] == {"seconds": 1.5, "seed": 3}
    assert result.err == "peakscape: half way\n"
    assert "report.html" in run("study", "alloy", "--out", tmp_path / "r").out


def test_generate_the_only_number_without_its_name(run, work, tmp_path):
    words = ["--value", "2", "-o", tmp_path / "out.nc"]
    assert run("generate", work / "pca.space", *words).code == 0
    assert spectra.open(tmp_path / "out.nc")["n_nickel"].values.tolist() == [2]


def test_generate_between_two_samples(run, fails, work, tmp_path):
    words = ["--between", "ni0_1", "ni4_1", "--n-spectra", "5"]
    result = run("generate", work / "pca.space", *words, "-o", tmp_path / "line.zarr", "--json")
    rows = json.loads(result.out)["samples"]
    assert [row["name"] for row in rows] == [f"between {k}" for k in range(1, 6)]
    nickel = [row["n_nickel"] for row in rows]
    assert nickel == sorted(nickel)
    assert rows[0]["known_spacings"] == 0
    assert {"Cu", "Ni"} <= set(rows[0])
    assert spectra.open(tmp_path / "line.zarr").sizes["sample"] == 5
    assert "must end in .zarr or .nc" in fails("generate", work / "pca.space", *words, "-o", tmp_path / "line.xy")


def test_shipped_data_are_written_and_read(run, tmp_path):
    told = json.loads(run("demo-data", tmp_path / "demo", "--json").out)
    assert set(told["n_files"]) == set(datasets.measured_names())
    assert len(list((tmp_path / "demo" / "fapbi3-mapbbr3").glob("*.xy"))) == told["n_files"]["fapbi3-mapbbr3"]


def test_measured_perovskites_without_special_code(run, tmp_path):
    """The scientist's way: a folder of raw files is fitted, one is placed, errors stand beside plain methods."""
    space = tmp_path / "perovskites.space"
    folder = datasets.write_measured("fapbi3-mapbbr3", tmp_path / "raw")[0].parent
    words = ["--wavelength", "1.5406", "--pattern", r"x([0-9.]+)\.xy", "--label", "x", "--map", "pca"]
    words += ["--prepare", "normalize=maximum"]
    assert run("fit", folder, *words, "-o", space).code == 0
    [sample] = json.loads(
        run("place", space, folder / "x0.5.xy", "--wavelength", "1.5406", "--json").out
    )["samples"]  # fmt: skip
    assert sample["x"] == pytest.approx(0.5, abs=0.05)
    told = json.loads(run("validate", space, "--json").out)
    errors = {row["method"]: row["rmse_inner"] for row in told["errors"]}
    # the line on one peak, fitted by hand, has 0.0154
    assert errors["peak_line"] == pytest.approx(0.0154, abs=0.001)
    assert sample["x_method"] == "blend"
    assert errors["blend"] == pytest.approx(0.0155, abs=0.0015)
