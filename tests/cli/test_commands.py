"""Every command on a small alloy series, from structures and from raw files."""

import json
import os
from pathlib import Path

import ase.io
import numpy as np
import pytest

from peakscape import diffraction, formats, maps, spectra

GRID = "30:60:0.1"
DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no measured data at {DATA} (set PEAKSCAPE_DATA)")


def test_simulate_is_the_public_call(work):
    patterns = spectra.open(work / "patterns.zarr")
    assert patterns.attrs["wavelength"] == 1.5406
    assert dict(patterns.sizes) == {"sample": 15, "two_theta": 701, "element": 2}
    np.testing.assert_array_equal(patterns["n_nickel"], np.repeat(np.arange(5), 3))
    atoms = ase.io.read(work / "structures" / "ni2_0.cif")
    expected = diffraction.simulate(atoms, wavelength=1.5406, two_theta=(30, 100, 0.1), fwhm=1.0)
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
    assert (told["n_samples"], told["n_points"], told["axis"], told["labels"]) == (15, 701, "two_theta", ["n"])
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
    saved = maps.load_saved(work / "auto.map")
    patterns = spectra.open(work / "patterns.zarr")
    assert saved.extras["coordinates"].shape[1:] == (15, 2)
    np.testing.assert_array_equal(saved.extras["composition"], patterns["composition"])
    np.testing.assert_array_equal(saved.extras["label_n_nickel"], patterns["n_nickel"])
    np.testing.assert_array_equal(saved.axis["two_theta"], patterns["two_theta"])
    assert saved.provenance["element"] == ["Cu", "Ni"]
    assert saved.provenance["wavelength"] == 1.5406
    assert saved.preparation["recipe"] == "normalize=maximum"
    assert saved.preparation["points"] == patterns["two_theta"].values.tolist()


@pytest.mark.parametrize("name", ["pca.map", "auto.map"])
def test_place_gives_the_same_from_store_and_raw_files(run, work, name):
    stored = json.loads(run("place", work / name, work / "patterns.zarr", "--json").out)["samples"]
    raw = json.loads(run("place", work / name, work / "raw", "--wavelength", "1.5406", "--json").out)["samples"]
    assert [row["name"] for row in raw] == [row["name"] for row in stored]
    for one, other in zip(stored, raw, strict=True):
        assert one["coordinate_1"] == pytest.approx(other["coordinate_1"], abs=1e-6)
        assert one["coordinate_2"] == pytest.approx(other["coordinate_2"], abs=1e-6)
    patterns = spectra.scale(spectra.open(work / "patterns.zarr"))
    expected = maps.load(work / name).transform(patterns["intensity"].values)
    np.testing.assert_allclose([row["coordinate_1"] for row in stored], expected[:, 0])


def test_spectra_on_another_axis_are_brought_onto_the_maps(run, work, tmp_path):
    fine = np.arange(25, 110, 0.05)
    atoms = ase.io.read(work / "structures" / "ni2_1.cif")
    pattern = diffraction.simulate(atoms, wavelength=1.5406, two_theta=(25, 110, 0.05), fwhm=1.0)["intensity"].values[0]
    np.savetxt(tmp_path / "fine.xy", np.column_stack([fine, pattern[: len(fine)]]))
    words = ["--wavelength", "1.5406", "--json"]
    result = run("place", work / "pca.map", tmp_path / "fine.xy", work / "raw" / "ni2_1.xy", *words)
    one, other = json.loads(result.out)["samples"]
    assert "1 spectra were resampled" in result.err
    assert one["coordinate_1"] == pytest.approx(other["coordinate_1"], abs=0.02)


def test_compose_reads_composition_and_label(run, work):
    rows = json.loads(run("compose", work / "pca.map", work / "patterns.zarr", "--json").out)
    assert (rows["target"], rows["method"]) == ("composition", "triangle")
    # Delaunay's triangles have the known points as corners: there the answer is what is known
    words = ["--method", "delaunay", "--json"]
    rows = json.loads(run("compose", work / "pca.map", work / "patterns.zarr", *words).out)
    nickel = np.repeat(np.arange(5), 3)
    for row, n in zip(rows["samples"], nickel, strict=True):
        assert row["Ni"] == pytest.approx(n, abs=1e-6)
        assert row["Ni_lower"] <= row["Ni"] <= row["Ni_upper"]
    words = ["--label", "n_nickel", "--method", "gaussian_process", "--json"]
    rows = json.loads(run("compose", work / "pca.map", work / "patterns.zarr", *words).out)
    assert rows["target"] == "n_nickel"
    np.testing.assert_allclose([row["n_nickel"] for row in rows["samples"]], nickel, atol=0.5)


def test_plain_methods_stand_beside_the_answer_of_a_map(run, work):
    files = [work / "raw" / f"ni{n}_1.xy" for n in (1, 3)]
    words = ["--wavelength", "1.5406", "--label", "n_nickel", "--json"]
    told = json.loads(run("compose", work / "pca.map", *files, *words).out)
    answers = {(row["name"], row["method"]): row["n_nickel"] for row in told["others"]}
    # by Vegard's rule, three samples at each n, strained by -0.002, 0, 0.002: the unstrained ones lie on the line
    assert answers["ni3_1", "peak_line"] == pytest.approx(3.0, abs=0.2)
    assert answers["ni3_1", "nearest_pattern"] == 3.0
    assert answers["ni3_1", "mean"] == 2.0
    errors = {row["method"]: row["rmse_inner"] for row in told["errors"]}
    assert "map" in errors
    assert told["trusted_method"] in errors
    shown = run("compose", work / "pca.map", *files, *words[:-1])
    assert f"trust {told['trusted_method']}: " in shown.out
    alone = json.loads(run("compose", work / "pca.map", *files, *words, "--alone").out)
    assert "others" not in alone
    assert alone["samples"] == told["samples"]


def test_networks_are_fitted_anew_beside_an_answer_only_where_asked(run, work):
    words = [work / "raw" / "ni1_1.xy", "--wavelength", "1.5406", "--label", "n_nickel", "--json"]
    result = run("compose", work / "auto.map", *words)
    assert "--refit" in result.err
    assert "map" not in {row["method"] for row in json.loads(result.out)["errors"]}


def test_few_known_spectra_give_no_finite_interval(run, work, tmp_path):
    few = tmp_path / "few.map"
    assert run("fit", work / "raw" / "ni0_0.xy", work / "raw" / "ni2_0.xy", work / "raw" / "ni4_0.xy", "--map", "pca",
               "--pattern", r"ni(\d)", "--label", "n", "-o", few).code == 0  # fmt: skip
    result = run("compose", few, work / "raw" / "ni1_0.xy", "--json")
    assert "too few for an interval" in result.err
    assert json.loads(result.out)["samples"][0]["n_upper"] is None


def test_leave_one_out_beside_plain_methods(run, work):
    result = run("compose", work / "patterns.zarr", "--leave-one-out", "--map", "pca", "--label", "n_nickel", "--json")
    told = json.loads(result.out)
    errors = {row["method"]: row for row in told["errors"]}
    plain = {"mean", "nearest_pattern", "peak_line", "pls", "pls_broadened", "pls_prepared", "pca2_neighbors"}
    assert {*plain, "pca2_gaussian_process", "map"} == set(errors)
    assert told["trusted_method"] in errors
    assert told["why"].startswith(told["trusted_method"])
    # by hand: leaving one of 15 out, the mean of the others misses n by 15/14 (n - 2)
    n = np.repeat(np.arange(5), 3)
    assert errors["mean"]["rmse"] == pytest.approx(15 / 14 * np.sqrt(np.mean((n - 2.0) ** 2)))
    # a map of two principal components read by the same method is the same thing twice
    assert errors["map"]["rmse"] == pytest.approx(errors["pca2_gaussian_process"]["rmse"], abs=1e-6)
    assert len(told["samples"]) == 15


def test_leave_one_out_fits_the_saved_kind_of_map_anew(run, work, monkeypatch):
    fitted = []
    fit = maps.Autoencoder.fit
    monkeypatch.setattr(maps.Autoencoder, "fit", lambda self, X, y=None: fitted.append(len(X)) or fit(self, X, y))
    files = [work / "raw" / f"ni{n}_1.xy" for n in range(5)]
    words = ["--wavelength", "1.5406", "--pattern", r"ni(\d)_", "--label", "n", "--leave-one-out"]
    result = run("compose", work / "auto.map", *files, *words)
    assert result.code == 0, result.err
    assert fitted == [5] + [4] * 5
    assert "Autoencoder with gaussian_process" in result.out


def test_relevance_with_labels_of_a_structure(run, work):
    cif = work / "structures" / "ni0_1.cif"
    words = ["--sample", "ni0_1", "--mask", "peak", "--structure", cif, "--json"]
    told = json.loads(run("relevance", work / "auto.map", work / "patterns.zarr", *words).out)
    assert told["sample"] == "ni0_1"
    # copper, Cu K-alpha: PDF 4-836
    found = {peak["hkl"]: peak["two_theta"] for peak in told["peaks"]}
    for hkl, two_theta in {"(1 1 1)": 43.3, "(2 0 0)": 50.4, "(2 2 0)": 74.1, "(3 1 1)": 89.9}.items():
        assert found[hkl] == pytest.approx(two_theta, abs=0.15)
    ranks = [peak["rank"] for peak in told["peaks"]]
    assert ranks == sorted(ranks)


def test_relevance_takes_the_first_and_says_so(run, work):
    result = run("relevance", work / "pca.map", work / "patterns.zarr", "--top", "2")
    assert "the first is taken" in result.err
    assert result.out.startswith("ni0_0: ")


@pytest.mark.parametrize("suffix", [".xy", ".xye", ".zarr", ".nc"])
def test_generate_a_composition(run, work, tmp_path, suffix):
    output = tmp_path / f"out{suffix}"
    result = run("generate", work / "pca.map", "--composition", "Cu2Ni2", "-o", output, "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["reconstruction_error"] < 0.2
    dataset = spectra.open(output) if suffix in (".zarr", ".nc") else formats.read(output)
    patterns = spectra.open(work / "patterns.zarr")
    like = [np.corrcoef(dataset["intensity"].values[0], row)[0, 1] for row in patterns["intensity"].values[1::3]]
    assert np.argmax(like) == 2  # of the five unstrained patterns, that of Cu2Ni2
    assert like[2] > 0.95


def test_generate_a_label(run, work, tmp_path):
    words = ["--label", "n_nickel", "--value", "2", "-o", tmp_path / "out.zarr"]
    assert run("generate", work / "pca.map", *words).code == 0
    assert spectra.open(tmp_path / "out.zarr")["n_nickel"].values.tolist() == [2]


def test_study_is_the_public_call(run, tmp_path, monkeypatch):
    from peakscape.studies import alloy

    asked = {}

    def study(out, *, settings, full_evaluation, force, report):
        asked.update(out=out, seed=settings.seed, every=settings.every, full=full_evaluation, force=force)
        report("half way")
        return {"seconds": 1.5, "seed": settings.seed}

    monkeypatch.setattr(alloy, "run", study)
    result = run("study", "alloy", "--out", tmp_path / "r", "--seed", "3", "--every", "4", "--evaluate", "--json")
    assert asked == {"out": tmp_path / "r", "seed": 3, "every": 4, "full": True, "force": False}
    assert json.loads(result.out)["summary"] == {"seconds": 1.5, "seed": 3}
    assert result.err == "peakscape: half way\n"
    assert "report.html" in run("study", "alloy", "--out", tmp_path / "r").out


@needs_data
def test_measured_perovskites_without_special_code(run, tmp_path):
    """The scientist's way: read, fit, compose, and the honest error beside plain methods."""
    measured, space = tmp_path / "measured.zarr", tmp_path / "perovskites.map"
    words = ["--wavelength", "1.5406", "--pattern", r"x([0-9.]+)\.xy", "--label", "x"]
    assert run("read", DATA / "fapbi3-mapbbr3", *words, "-o", measured).code == 0
    assert run("fit", measured, "--map", "pca", "-o", space).code == 0
    assert run("compose", space, DATA / "fapbi3-mapbbr3" / "x0.5.xy", "--wavelength", "1.5406").code == 0
    told = json.loads(run("compose", space, measured, "--leave-one-out", "--json").out)
    errors = {row["method"]: row["rmse_inner"] for row in told["errors"]}
    # shared/numerics.md: PLSR with five components 0.063 on the inner nine
    assert errors["pls"] == pytest.approx(0.063, abs=0.01)
    # the line on one peak, fitted by hand, has 0.0154
    assert errors["peak_line"] == pytest.approx(0.0154, abs=0.001)
    assert told["trusted_method"] == "peak_line"
