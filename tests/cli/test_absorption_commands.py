"""Absorption scans on the command line: read, normalised, labelled; what is wrong in one line."""

import json

import numpy as np
import pytest

from peakscape import absorption, spectra
from peakscape.absorption.scans import normalize_scan

ENERGY = np.concatenate(
    [np.arange(5800.0, 5970.0, 5.0), np.arange(5970.0, 6040.0, 0.5), np.arange(6040.0, 6600.0, 3.0)]
)


def write(folder, name, *, place=5989.0, element="Cr", energy=ENERGY, compound="Cr2O3"):
    behind = 1e5 * np.exp(-(0.5 + 0.8 * (0.5 + np.arctan((ENERGY - place) / 2) / np.pi)))
    foil = behind * np.exp(-np.arctan((ENERGY - place + 1.5) / 2))
    head = ["# XDI/1.0", "# Column.1: energy eV", "# Column.2: i0", "# Column.3: itrans", "# Column.4: irefer"]
    head += [f"# Element.symbol: {element}", "# Element.edge: K", f"# Sample.formula: {compound}", "# ---"]
    rows = [f"{e:.4f} 100000.0 {b:.6f} {f:.6f}" for e, b, f in zip(energy, behind, foil, strict=True)]
    (folder / name).write_text("\n".join([*head, *rows, ""]))


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        write(tmp_path, f"s{number}.xdi", place=5989.0 + number)
    return tmp_path


def test_read_normalises_and_labels(run, folder):
    result = run("read", folder, "-o", folder / "out.zarr", "--json")
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert told["element"] == "Cr"
    assert told["edge"] == "K"
    read = spectra.open(folder / "out.zarr")
    assert read.attrs["kind"] == "absorption"
    assert "absorption from transmission, flattened" in read.attrs["history"]
    assert read.edge_energy.values == pytest.approx([5989, 5990, 5991], abs=0.1)
    assert read.intensity.values[:, -50:].mean() == pytest.approx(1, abs=0.01)
    assert read.compound.values.tolist() == ["Cr2O3"] * 3


@pytest.mark.parametrize(("how", "last"), [("raw", 1.3), ("normalized", 1.0)])
def test_read_otherwise(run, folder, how, last):
    assert run("read", folder, "-o", folder / "out.zarr", "--absorption", how).code == 0
    read = spectra.open(folder / "out.zarr")
    assert read.intensity.values[0, -1] == pytest.approx(last, abs=0.02)
    assert ("edge_energy" in read.coords) == (how != "raw")


def test_calibrated_by_the_reference(run, folder):
    assert run("read", folder, "-o", folder / "out.zarr", "--calibrate", "5989", "--resample").code == 0
    read = spectra.open(folder / "out.zarr")
    assert read.energy_shift.values == pytest.approx([1.5, 0.5, -0.5], abs=0.1)
    assert read.edge_energy.values == pytest.approx([5990.5] * 3, abs=0.1)
    assert run("read", folder, "-o", folder / "b.zarr", "--calibrate", "5989", "--absorption", "raw").code == 1


def test_what_is_wrong_is_told_in_one_line_each_and_the_rest_is_read(run, folder):
    write(folder, "kev.xdi", energy=ENERGY / 1000)
    write(folder, "angle.xdi", energy=np.degrees(np.arcsin(12398.42 / (2 * 3.1355 * ENERGY))))
    write(folder, "other.xdi", element="Fe")
    write(folder, "none.xdi", element="V", energy=ENERGY - 550)
    result = run("read", folder, "-o", folder / "out.zarr", "--json")
    assert result.code == 0
    reasons = {skipped["file"].rsplit("/", 1)[-1]: skipped["reason"] for skipped in json.loads(result.out)["skipped"]}
    assert "look like keV" in reasons["kev.xdi"]
    assert "angles" in reasons["angle.xdi"]
    assert "no edge near 7112 eV" in reasons["other.xdi"]
    assert set(reasons) == {"kev.xdi", "angle.xdi", "other.xdi", "none.xdi"}
    assert json.loads(result.out)["n_samples"] == 3
    assert all("\n" not in reason for reason in reasons.values())


def test_a_space_places_raw_scans_as_it_was_fitted(run, folder):
    """From raw files to the map: the same numbers as through the stored set."""
    assert run("read", folder, "-o", folder / "out.zarr").code == 0
    words = ["--map", "pca", "--prepare", "none", "--no-novelty", "-o", folder / "cr.space"]
    assert run("fit", folder / "out.zarr", *words).code == 0
    stored = run("place", folder / "cr.space", folder / "out.zarr", "--json")
    files = run("place", folder / "cr.space", folder / "s1.xdi", "--json")
    assert stored.code == files.code == 0, files.err

    one, three = (json.loads(result.out)["samples"] for result in (files, stored))
    assert one[0]["coordinates"] == pytest.approx(three[1]["coordinates"], abs=1e-9)
    assert one[0]["remarks"] == []


def test_the_same_as_in_python(folder):
    from peakscape import formats

    read = formats.read(folder, each=normalize_scan)
    raw = formats.read(folder)
    known = absorption.normalize(raw.energy.values, raw.intensity.values[2], near=5989.0)
    assert np.array_equal(read.intensity.values[2], known.flattened)


def test_place_tells_that_absorption_is_on_another_scale_than_the_map(run, tmp_path):
    energy = np.arange(5800.0, 6600.0, 1.0)
    rows = [0.2 + 0.9 * (0.5 + np.arctan((energy - place) / 2) / np.pi) for place in (5985, 5988, 5991, 5994)]
    for title in ("mu", ""):
        (tmp_path / f"with{title}").mkdir()
        for number, row in enumerate(rows):
            lines = [f"{x:g},{y:.6f}" for x, y in zip(energy, row, strict=True)]
            (tmp_path / f"with{title}" / f"{number}.csv").write_text(
                "\n".join([f"energy,{title}"] * bool(title) + lines)
            )
    raw, titled = tmp_path / "with", tmp_path / "withmu"
    told = {}
    for name, folder in (("raw", raw), ("titled", titled)):
        space = tmp_path / f"{name}.space"
        fitted = run("fit", folder, "--axis", "energy", "--map", "pca", "--no-novelty", "-o", space)
        assert fitted.code == 0, fitted.err
        for other in (raw, titled):
            [sample] = json.loads(run("place", space, other / "0.csv", "--axis", "energy", "--json").out)["samples"]
            told[name, other.name] = {remark["code"]: remark["text"] for remark in sample["remarks"]}
    assert "on the scale of its edge step" in told["raw", "withmu"]["other_scale"]
    assert "--absorption raw" in told["raw", "withmu"]["other_scale"]
    assert "as it was counted" in told["titled", "with"]["other_scale"]
    for same in (told["raw", "with"], told["titled", "withmu"]):
        assert "other_scale" not in same
