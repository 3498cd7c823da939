"""`study library` on files of known materials, and the saved map that names new ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from peakscape import spectra


def write_scan(path: Path, *, element: str, kind: int, temperature: float, seed: int) -> None:
    """A raw transmission scan as XDI, one white line a kind."""
    edge = {"Cr": 5989.0, "As": 11867.0}[element]
    energy = np.arange(edge - 150.0, edge + 300.0, 1.0)
    mu = 0.1 + 0.5 + np.arctan((energy - edge) / 2.0) / np.pi
    mu += 0.5 * np.exp(-(((energy - edge - 6.0 - 8.0 * kind) / 5.0) ** 2))
    mu += temperature * 1e-4 * np.exp(-(((energy - edge - 60.0) / 20.0) ** 2))
    mu += 1e-3 * np.random.default_rng(seed).standard_normal(len(energy))
    lines = [
        "# XDI/1.0", "# Column.1: energy eV", "# Column.2: i0", "# Column.3: itrans", f"# Element.symbol: {element}",
        "# Element.edge: K", f"# Sample.formula: {element}{kind + 1}O3", f"# Sample.temperature: {temperature:g} K",
        "# Mono.d_spacing: 3.13550", "#-------------", "# energy i0 itrans",
    ]  # fmt: skip
    rows = [f"{e:.3f} 100000.0 {1e5 * np.exp(-m):.4f}" for e, m in zip(energy, mu, strict=True)]
    path.write_text("\n".join([*lines, *rows]) + "\n")


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three kinds at two temperatures, two scans each, of chromium; four scans of arsenic; one foreign of chromium."""
    folder = tmp_path_factory.mktemp("scans")
    for name in ("Cr", "As", "new"):
        (folder / name).mkdir()
    for kind in range(3):
        for number, temperature in enumerate((10.0, 10.0, 295.0, 295.0)):
            seed = 10 * kind + number
            path = folder / "Cr" / f"kind{kind}_{temperature:g}K_{number}.xdi"
            write_scan(path, element="Cr", kind=kind, temperature=temperature, seed=seed)
    for number in range(4):
        write_scan(folder / "As" / f"as_{number}.xdi", element="As", kind=0, temperature=10.0, seed=number)
    write_scan(folder / "new" / "known.xdi", element="Cr", kind=1, temperature=100.0, seed=77)
    write_scan(folder / "new" / "foreign.xdi", element="Cr", kind=8, temperature=100.0, seed=78)
    return folder


@pytest.fixture(scope="module")
def study(scans: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from peakscape.cli import main

    out = tmp_path_factory.mktemp("study") / "out"
    words = ["--label", "compound", "--also", "temperature", "--maps", "pca", "--out", str(out)]
    assert main(["study", "library", str(scans / "Cr"), *words]) == 0
    return out


def test_raw_scans_become_a_report(study: Path) -> None:
    summary = json.loads((study / "summary.json").read_text())
    assert (summary["n_spectra"], summary["n_classes"], summary["n_groups"]) == (12, 3, 6)
    assert summary["raw_neighbor"]["accuracy"] == 1.0
    assert (study / "report.html").exists()


def test_the_saved_map_names_new_scans(run, fails, scans: Path, study: Path) -> None:
    new = [scans / "new" / "known.xdi", scans / "new" / "foreign.xdi"]
    result = run("place", study / "library.space", *new, "--json")
    assert result.code == 0, result.err
    known, foreign = json.loads(result.out)["samples"]
    assert (known["compound"], known["compound_on_map"]) == ("Cr2O3", "Cr2O3")
    assert foreign["compound"] == "unlike all"
    assert foreign["nearest_distance"] > 3 * known["nearest_distance"]
    assert [remark["code"] for remark in foreign["remarks"]] == ["foreign"]
    assert "foreign: unlike all known spectra" in run("place", study / "library.space", *new).out
    assert "unlike all known" in fails("place", study / "library.space", new[1], "--refuse")
    assert run("place", study / "library.space", new[0], "--refuse").code == 0


def test_added_scans_bring_their_class(run, scans: Path, study: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "library.space"
    shutil.copytree(study / "library.space", copy)
    told = json.loads(run("add", copy, scans / "new" / "known.xdi", "--json").out)
    assert (told["added"], told["n_known"]) == (["known"], 13)
    [row] = json.loads(run("place", copy, scans / "new" / "known.xdi", "--json").out)["samples"]
    assert (row["nearest"], row["compound"]) == ("known", "Cr2O3")
    assert row["nearest_distance"] < 1e-6


def test_several_elements_ask_for_one(run, fails, scans: Path, tmp_path: Path) -> None:
    words = ["study", "library", scans / "Cr", scans / "As", "--label", "compound", "--out", tmp_path / "out"]
    assert "As (4), Cr (12); choose one, as --element Cr" in fails(*words)
    assert "no scan is of Ni" in fails(*words, "--element", "Ni")
    assert run(*words, "--element", "Cr", "--maps", "pca").code == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["n_spectra"] == 12
    assert summary["not_read"] == []


def test_what_is_wrong_is_said_in_one_line(fails, scans: Path, tmp_path: Path) -> None:
    words = ["study", "library", scans / "Cr", "--out", tmp_path / "out"]
    assert "known: temperature, compound" in fails(*words, "--label", "phase")
    assert "expected maps of" in fails(*words, "--label", "compound", "--maps", "som")
    assert "holds no reference" in fails(*words, "--label", "compound", "--calibrate", "5989")
    assert "two or more different" in fails("study", "library", scans / "As", *words[3:], "--label", "compound")


def test_stored_spectra_of_another_element(fails, study: Path, tmp_path: Path) -> None:
    stored = tmp_path / "cr.zarr"
    spectra.save(spectra.open(study / "spectra.zarr"), stored)
    words = ["study", "library", stored, "--label", "compound", "--out", tmp_path / "out", "--element", "As"]
    assert "the stored spectra are of Cr" in fails(*words)
