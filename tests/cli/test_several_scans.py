"""Files that hold several scans on different points: commands that need no common axis take each as it is."""

import json

import numpy as np
import pytest

from peakscape.feature_space.reading import read_apart

FIRST, SECOND = np.arange(20.0, 60.0, 0.02), np.arange(25.0, 50.0, 0.05)


def bank(number: int, angles: np.ndarray) -> str:
    intensity = 100.0 + 5000.0 * np.exp(-(((angles - 38.4) / 0.1) ** 2))
    centidegrees = 100.0 * angles
    rows = "\n".join(
        f"{at:.2f} {count:.2f} {count**0.5:.2f}" for at, count in zip(centidegrees, intensity, strict=True)
    )
    n, step = len(angles), centidegrees[1] - centidegrees[0]
    return f"BANK {number} {n} {n} CONST {centidegrees[0]:.2f} {step:.2f} 0 0 FXYE\n{rows}"


@pytest.fixture
def two_banks(tmp_path):
    path = tmp_path / "two.fxye"
    path.write_text("two banks\n" + bank(1, FIRST) + "\n" + bank(2, SECOND) + "\n")
    return path


def test_scans_of_one_file_lie_apart(two_banks) -> None:
    parts = read_apart(two_banks, wavelength=1.5406)
    assert [part.sizes["two_theta"] for part in parts] == [len(FIRST), len(SECOND)]
    assert [str(name) for part in parts for name in part["name"].values] == ["two#1", "two#2"]


def test_check_judges_each_on_its_own_points(two_banks, run) -> None:
    told = json.loads(run("check", two_banks, "--wavelength", "1.5406", "--json").out)
    assert told["n_spectra"] == 2


def test_place_and_explain_take_them(two_banks, run, tmp_path) -> None:
    for k in range(4):
        (tmp_path / f"x{k}.xy").write_text(
            "\n".join(f"{at:.2f} {100 + 5000 * np.exp(-(((at - 38.3 - 0.1 * k) / 0.1) ** 2)):.2f}" for at in FIRST)
        )
    words = ["--label", "x", "--pattern", r"x(\d)\.xy", "--wavelength", "1.5406", "--no-novelty", "--map", "pca"]
    known = [tmp_path / f"x{k}.xy" for k in range(4)]
    run("fit", *known, *words, "--prepare", "resample=two_theta:first=30:last=45:step=0.05", "-o", tmp_path / "a.space")
    placed = json.loads(run("place", tmp_path / "a.space", two_banks, "--wavelength", "1.5406", "--json").out)
    assert [one["name"] for one in placed["samples"]] == ["two#1", "two#2"]
    words = ["--wavelength", "1.5406", "--sample", "two#2", "--json"]
    why = json.loads(run("explain", tmp_path / "a.space", two_banks, *words).out)
    assert "two#2" in why.values()
