"""Bad absorption on the command line: one line that says what was expected, what came and what to do; nothing lost."""

import json
from pathlib import Path

import numpy as np
import pytest

from peakscape import datasets, spectra

ENERGY = np.concatenate(
    [np.arange(5800.0, 5970.0, 5.0), np.arange(5970.0, 6040.0, 0.5), np.arange(6040.0, 6600.0, 3.0)]
)
ANGLE = np.degrees(np.arcsin(12398.42 / (2 * 3.1355 * ENERGY)))
MU = 1.2 - 1e-4 * (ENERGY - 6000) + 0.5 + np.arctan((ENERGY - 5989) / 2) / np.pi
I0 = np.full(len(ENERGY), 1e5)
BEHIND = I0 * np.exp(-MU)
TWO_THETA = np.arange(5.0, 90.0, 0.05)
PATTERN = 100 + 1000 * np.exp(-(((TWO_THETA - 30) / 0.1) ** 2))


def table(title, *columns):
    rows = [" ".join(f"{value:.6f}" for value in row) for row in zip(*columns, strict=True)]
    return "\n".join([title, *rows, ""])


def with_value(values, place, value):
    changed = values.copy()
    changed[place] = value
    return changed


def edge_at(place):
    return 1.2 + np.arctan((ENERGY - place) / 2) / np.pi


BEFORE, AFTER = ENERGY < 5960, ENERGY > 6060
MU_TITLES, COUNTS = "energy mu", "energy i0 itrans"
# What is wrong: the file, and in the line what came (with its value) and what to do.
FILES = {
    "keV": (table(MU_TITLES, ENERGY / 1000, MU), ["energies of 5.8 to 6.598", "keV, expected eV", "multiply them"]),
    "angles": (
        table(MU_TITLES, ANGLE, MU),
        [f"fall from {ANGLE[0]:g} to {ANGLE[-1]:g}", "degree, expected eV", "hc/(2 d sin(angle))"],
    ),
    "angles rising": (
        table(MU_TITLES, ANGLE[::-1], MU[::-1]),
        [f"energies of {ANGLE[-1]:g} to {ANGLE[0]:g}", "expected eV", "if they are angles in degree: hc/(2 d sin"],
    ),
    "diffraction": (
        table(MU_TITLES, TWO_THETA, PATTERN),
        ["energies of 5 to 89.95", "angles of a diffraction pattern in degree, expected eV", "--axis two_theta"],
    ),
    "ends before the edge": (
        table(MU_TITLES, ENERGY[BEFORE], MU[BEFORE]),
        ["expected a scan that begins below the edge and ends above it"],
    ),
    "begins after the edge": (
        table(MU_TITLES, ENERGY[AFTER], MU[AFTER]),
        ["expected a scan that begins below the edge and ends above it|columns of incoming and transmitted"],
    ),
    "second edge": (
        table(MU_TITLES, ENERGY, MU + 0.5 + np.arctan((ENERGY - 6300) / 2) / np.pi),
        ["second edge stands at about 6300 eV|second edge stands at about 629", "two absorbers", "--prepare edge=5989"],
    ),
    "negative": (table(MU_TITLES, ENERGY, -MU), ["falls at 5989", " by ", "expected it to rise", "swapped"]),
    "swapped": (table(COUNTS, ENERGY, BEHIND, I0), ["falls at 5989", "expected it to rise", "swapped"]),
    "upside down": (table("energy i0 ifluor", ENERGY, I0, I0 * (3 - MU)), ["falls at 5989", "the sign reversed"]),
    "counts below zero": (
        table(COUNTS, ENERGY, I0, with_value(BEHIND, 50, -3.0)),
        ["point 51: the transmitted intensity is -3; expected a positive number", "dark current subtracted twice"],
    ),
    "constant": (table(MU_TITLES, ENERGY, 0 * MU + 1), ["is 1 at all 361 points", "expected one that rises", "column"]),
    "dead detector": (table(COUNTS, ENERGY, I0, I0), ["is 0 at all 361 points", "was the detector on"]),
    "nan": (table(MU_TITLES, ENERGY, with_value(MU, 20, np.nan)), ["line 22: intensity is nan; expected a finite"]),
    "all nan": (table(MU_TITLES, ENERGY, MU * np.nan), ["line 2: intensity is nan; expected a finite number"]),
    "nan energy": (table(MU_TITLES, with_value(ENERGY, 9, np.nan), MU), ["line 11: energy is nan; expected a finite"]),
    "another absorber": (
        table(MU_TITLES, ENERGY, edge_at(6300.0)),
        ["(edge at 6300 eV) and most are of an unknown absorber (edge at 5989 eV); read it separately"],
    ),
}
OF_A_SET = {"another absorber"}
"""A good file in itself; it does not belong to the others."""


def tells(line, parts):
    return all(any(each in line for each in part.split("|")) for part in parts)


@pytest.fixture
def folder(tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(3):
        (scans / f"good{number}.dat").write_text(table(MU_TITLES, ENERGY, edge_at(5989.0 + number)))
    return scans


@pytest.mark.parametrize(("text", "parts"), FILES.values(), ids=FILES)
def test_among_good_ones(run, folder, tmp_path, text, parts):
    bad = folder / "bad.dat"
    bad.write_text(text)
    result = run("read", folder, "-o", tmp_path / "out.zarr", "--json")
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert told["n_samples"] == 3
    [skipped] = told["skipped"]
    assert skipped["file"] == str(bad)
    assert tells(skipped["reason"], parts), skipped["reason"]
    assert "\n" not in skipped["reason"]
    assert spectra.open(tmp_path / "out.zarr").name.values.tolist() == ["good0", "good1", "good2"]
    fitted = run("fit", folder, "--map", "pca", "--no-novelty", "-o", tmp_path / "out.space", "--json")
    assert fitted.code == 0, fitted.err
    assert json.loads(fitted.out)["n_samples"] == 3
    assert f"not read: {bad}: {skipped['reason']}" in fitted.err


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind not in OF_A_SET])
def test_alone(fails, run, folder, tmp_path, kind):
    text, parts = FILES[kind]
    bad = tmp_path / "bad.dat"
    bad.write_text(text)
    for words in (["read", bad], ["prepare", bad, "--prepare", "resample=energy:step=0.25"]):
        line = fails(*words, "-o", tmp_path / "out.zarr")
        assert str(bad) in line
        assert tells(line, parts), line
    assert run("fit", folder, "--map", "pca", "--no-novelty", "-o", tmp_path / "good.space").code == 0
    line = fails("place", tmp_path / "good.space", bad)
    assert str(bad) in line
    assert tells(line, parts), line
    assert {path.name for path in tmp_path.iterdir()} == {"scans", "bad.dat", "good.space"}


@pytest.mark.parametrize("kind", ["keV", "angles", "angles rising", "diffraction"])
def test_an_axis_that_is_called_energy_on_the_command_line(fails, tmp_path, kind):
    text, parts = FILES[kind]
    (tmp_path / "bare.dat").write_text(text.split("\n", 1)[1])
    line = fails("read", tmp_path / "bare.dat", "--axis", "energy", "-o", tmp_path / "out.zarr")
    assert tells(line, [str(tmp_path / "bare.dat"), *parts]), line


def test_a_diffraction_file_given_as_absorption(fails, tmp_path):
    np.savetxt(tmp_path / "a.xy", np.column_stack([TWO_THETA, PATTERN]))
    line = fails("read", tmp_path / "a.xy", "--axis", "energy", "-o", tmp_path / "out.zarr")
    assert tells(line, [str(tmp_path / "a.xy"), *FILES["diffraction"][1]]), line


@pytest.mark.parametrize(
    ("step", "parts"),
    [
        (
            "edge=7112",
            ["good0: no edge near 7112 eV", "runs from 5800 to 6598 eV", "expected a scan that begins below"],
        ),
        ("edge=5.989", ["good0: no edge near 5.989 eV", "5.989 looks like keV, expected eV"]),
    ],
)
def test_an_edge_that_is_asked_for_and_not_there(fails, folder, tmp_path, step, parts):
    line = fails("prepare", folder, "--absorption", "raw", "--prepare", step, "-o", tmp_path / "out.zarr")
    assert tells(line, parts), line


def test_bad_spectra_that_were_stored_raw(fails, run, folder, tmp_path):
    for kind, part in (("negative", "expected it to rise"), ("constant", "is 1 at all 361 points")):
        (folder / "bad.dat").write_text(FILES[kind][0])
        assert run("read", folder, "--absorption", "raw", "-o", tmp_path / "raw.zarr", "--force").code == 0
        line = fails("prepare", tmp_path / "raw.zarr", "--prepare", "edge", "-o", tmp_path / "out.zarr")
        assert tells(line, ["the step edge cannot be done: bad: ", part]), line


def test_a_file_whose_suffix_misleads_is_told_how_to_say_its_axis(fails, run, folder, tmp_path):
    for number, place in enumerate((5985.0, 5988.0, 5991.0, 5994.0)):
        (folder / f"{number}.dat").write_text(table(MU_TITLES, ENERGY, edge_at(place)))
    files = sorted(folder.glob("*.dat"))
    assert run("fit", *files, "--map", "pca", "--no-novelty", "-o", tmp_path / "a.space").code == 0
    (folder / "low.xy").write_text("\n".join(f"{x:g} {y:g}" for x, y in zip(TWO_THETA, PATTERN, strict=True)))
    line = fails("place", tmp_path / "a.space", folder / "low.xy")
    assert tells(line, ["low.xy cannot be brought onto the space's axis", "--axis energy"]), line


def test_two_absorbers_that_were_measured(fails, run, tmp_path):
    every = [
        *datasets.write_measured("chromium", tmp_path / "Cr"),
        *datasets.write_measured("arsenic", tmp_path / "As"),
    ]
    chromium = sorted(file for file in every if file.name.startswith("cr2o3_"))[:4]
    arsenic = sorted(file for file in every if file.suffix == ".xdi" and file.parent.name == "As")[0]
    result = run("read", *chromium, arsenic, "--resample", "-o", tmp_path / "cr.zarr", "--json")
    told = json.loads(result.out)
    assert told["n_samples"] == 4
    assert [Path(each["file"]).name for each in told["skipped"]] == [arsenic.name]
    assert told["skipped"][0]["reason"].startswith("is of As K (edge at 118")
    assert "and most are of Cr K (edge at 60" in told["skipped"][0]["reason"]
    assert "read it separately" in told["skipped"][0]["reason"]
    words = ["--map", "pca", "--no-novelty", "--label", "compound"]
    fitted = run("fit", *chromium, arsenic, "--resample", *words[:3], "-o", tmp_path / "cr.space")
    assert fitted.code == 0, fitted.err
    assert f"not read: {arsenic}" in fitted.err
    line = fails("place", tmp_path / "cr.space", arsenic)
    assert tells(line, [f"{arsenic.name} cannot be brought onto the space's axis", "energy 11", "onto 5"]), line


def test_counts_of_energy_loss(run, tmp_path):
    """They stay as they are, which is told; a line through a background that falls by a power is told too."""
    [measured] = [file for file in datasets.write_measured("bn", tmp_path / "bn") if "hBN" in file.name]
    result = run("read", measured, "-o", tmp_path / "out.zarr")
    assert result.code == 0
    assert "1 of 1 spectra (exp_hBN_eels_digitised) stay as they were counted" in result.err
    assert "--absorption all" in result.err
    counts = spectra.open(tmp_path / "out.zarr").intensity.values[0]
    assert 4.5 < counts[0] < 5.0

    result = run("read", measured, "--absorption", "all", "-o", tmp_path / "out.zarr", "--force")
    assert result.code == 0
    [line] = [line for line in result.err.splitlines() if "falls below zero at 215 eV" in line]
    assert tells(line, [str(measured), "the edge step of 5.4", "--prepare edge=200:victoreen=3"])

    words = ["--absorption", "raw", "--prepare", "edge=200:victoreen=3", "-o", tmp_path / "ready.zarr"]
    assert run("prepare", measured, *words).code == 0
    # The background that numpy fits to the same counts before the edge, as a power of the energy.
    energy = spectra.open(tmp_path / "out.zarr").energy.values
    before, after = energy < 185.5, energy > 215.5
    power, height = np.polyfit(np.log(energy[before]), np.log(counts[before]), 1)
    step = np.mean(counts[after] - np.exp(height) * energy[after] ** power)
    found = spectra.open(tmp_path / "ready.zarr").attrs["history"]
    assert float(found.split("steps ")[1].split()[0]) == pytest.approx(step, rel=0.15)
