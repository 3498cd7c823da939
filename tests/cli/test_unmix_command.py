"""The command unmix."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.io import write

from peakscape.cli import main
from peakscape.diffraction import simulate
from peakscape.spectra import open as open_spectra


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    crystals = [bulk("Al", cubic=True), bulk("Si", cubic=True)]
    pure = simulate(crystals, wavelength=1.5406, two_theta=(20, 100, 0.04), fwhm=0.2, scale=None)
    rows = pure.intensity.values
    for name, atoms, row in zip(("aluminium", "silicon"), crystals, rows, strict=True):
        write(tmp_path / f"{name}.cif", atoms)
        np.savetxt(tmp_path / f"{name}.xy", np.stack([pure.two_theta.values, row], axis=1))
    mixed = 0.3 * rows[0] + 0.7 * rows[1] + 0.02 * rows.max()
    np.savetxt(tmp_path / "mixed.xy", np.stack([pure.two_theta.values, mixed], axis=1))
    return tmp_path


def test_structures_give_weights(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [str(folder / "aluminium.cif"), str(folder / "silicon.cif")]
    assert main(["unmix", str(folder / "mixed.xy"), "--parts", *parts, "--wavelength", "1.5406", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "peakscape.unmix/1"
    found = told["samples"][0]["fractions"]
    weight = 0.3 * 2.70 / (0.3 * 2.70 + 0.7 * 2.33)  # volumes times densities
    assert found["aluminium"]["value"] == pytest.approx(weight, abs=0.01)
    assert found["aluminium"]["lower"] < weight < found["aluminium"]["upper"]
    assert main(["unmix", str(folder / "mixed.xy"), "--parts", *parts, "--wavelength", "1.5406"]) == 0
    assert "silicon" in capsys.readouterr().out


def test_pure_spectra_give_shares(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [str(folder / "aluminium.xy"), str(folder / "silicon.xy")]
    assert main(["unmix", str(folder / "mixed.xy"), "--parts", *parts, "--wavelength", "1.5406", "--json"]) == 0
    sample = json.loads(capsys.readouterr().out)["samples"][0]
    assert sample["fractions"]["aluminium"]["value"] == pytest.approx(0.3, abs=0.01)
    assert {"remainder", "alternatives", "unexplained"} <= sample.keys()


def test_a_phase_that_was_not_offered_is_seen_in_the_remainder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["unmix", str(folder / "mixed.xy"), "--parts", str(folder / "aluminium.cif"), "--wavelength", "1.5406"]
    assert main([*asked, "--json"]) == 0
    told = capsys.readouterr()
    assert "something else is there" in told.err
    left = json.loads(told.out)["samples"][0]["remainder"]
    assert left["at"] == pytest.approx(28.4, abs=0.3)  # the strongest peak of silicon
    assert left["share"] > 0.3


@pytest.mark.parametrize("parts", ["cif", "xy"])
def test_zeros_are_told_and_negative_intensities_answered(
    folder: Path, capsys: pytest.CaptureFixture[str], parts: str
) -> None:
    pattern = np.loadtxt(folder / "mixed.xy")
    pattern[:, 1] -= 0.3 * pattern[:, 1].max()
    np.savetxt(folder / "negative.xy", pattern)
    np.savetxt(folder / "zero.xy", pattern * [1, 0])
    offered = [str(folder / f"{name}.{parts}") for name in ("aluminium", "silicon")]
    asked = ["unmix", str(folder / "zero.xy"), str(folder / "negative.xy"), "--parts", *offered]
    assert main([*asked, "--wavelength", "1.5406", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(one["file"]).name for one in told["skipped"]] == ["zero.xy"]
    assert told["samples"][0]["fractions"]["aluminium"]["value"] == pytest.approx(
        0.33 if parts == "cif" else 0.3, abs=0.01
    )


def test_a_law_of_compression_is_taken_from_the_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    energy = np.linspace(0.0, 60.0, 300)
    rows = [1 / (1 + np.exp(-(energy - at))) + h * np.exp(-(((energy - far) / 3) ** 2)) for at, h, far in
            ((20.0, 2.0, 24.0), (23.0, 0.4, 33.0))]  # fmt: skip
    mixed = 0.5 * rows[0] + 0.5 * rows[1]
    noise = np.random.default_rng(0).normal(0.0, 0.002, 300)
    for name, row in (("a", rows[0]), ("b", rows[1]), ("mixed", mixed / (1 + 0.8 * mixed) + noise)):
        np.savetxt(tmp_path / f"{name}.dat", np.stack([energy + 5000.0, row], axis=1), header="energy mu")
    files = [str(tmp_path / f"{name}.dat") for name in ("mixed", "a", "b")]
    asked = ["unmix", files[0], "--parts", *files[1:], "--axis", "energy", "--json"]
    told = []
    for more in ([], ["--saturation", "self_absorption"]):
        assert main([*asked, *more]) == 0
        told.append(json.loads(capsys.readouterr().out)["samples"][0]["fractions"]["a"]["value"])
    assert abs(told[0] - 0.5) > 0.05 > abs(told[1] - 0.5)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["aluminium.cif", "silicon.xy"], "all structures or all spectra"),
        (["nothing.cif"], "no such file"),
        (["silicon.xy", "copy.xy"], "are the same spectrum; leave one out"),
        (["silicon.cif", "copy.cif"], "are the same phase; leave one out"),
        (["silicon.xy", "elsewhere.xy"], "are not on the points of"),
    ],
)
def test_wrong_parts_are_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], parts: list[str], message: str
) -> None:
    for ending in ("xy", "cif"):
        (folder / f"copy.{ending}").write_text((folder / f"silicon.{ending}").read_text())
    np.savetxt(folder / "elsewhere.xy", np.loadtxt(folder / "silicon.xy") + np.array([5.0, 0.0]))
    paths = [str(folder / part) for part in parts]
    assert main(["unmix", str(folder / "mixed.xy"), "--parts", *paths, "--wavelength", "1.5406"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.fixture
def series(folder: Path) -> list[str]:
    """Files of eight mixtures of aluminium and silicon, beginning and ending with the pure ones."""
    points, first = np.loadtxt(folder / "aluminium.xy").T
    second = np.loadtxt(folder / "silicon.xy")[:, 1]
    noise = np.random.default_rng(0).normal(0.0, 2e-3, (8, len(points))) * first.max()
    files = []
    for k, (share, row) in enumerate(zip(np.linspace(1.0, 0.0, 8), noise, strict=True)):
        files.append(str(folder / f"scan{k}.xy"))
        np.savetxt(files[-1], np.stack([points, share * first + (1 - share) * second + row], axis=1))
    return files


def test_parts_are_found_from_the_series_itself(
    folder: Path, series: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["unmix", *series, "--wavelength", "1.5406", "--blind"]
    phases = [str(folder / f"{name}.cif") for name in ("aluminium", "silicon")]
    assert main([*asked, "2", "--parts", *phases, "--save-parts", str(folder / "parts.nc"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parts"] == ["part 1", "part 2"]
    like = {one["name"]: one for one in told["alike"]}
    assert like.keys() == {"aluminium", "silicon"}
    assert min(one["cosine"] - one["next_cosine"] for one in like.values()) > 0.5
    own = [np.loadtxt(folder / f"{name}.xy")[:, 1].sum() for name in ("aluminium", "silicon")]
    for share, sample in zip(np.linspace(1.0, 0.0, 8), told["samples"], strict=True):
        exact = share * own[0] / (share * own[0] + (1 - share) * own[1])
        assert sample["fractions"][like["aluminium"]["part"]]["value"] == pytest.approx(exact, abs=0.05)
        assert sample["fractions"]["part 1"]["lower"] is None
        assert sample["unexplained"] < 0.01
    found = open_spectra(folder / "parts.nc")
    assert found["name"].values.tolist() == ["part 1", "part 2"]
    # what was found can be given as parts of what comes next
    assert main(["unmix", series[3], "--parts", str(folder / "parts.nc"), "--wavelength", "1.5406", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"][0]["unexplained"] < 0.01
    assert main([*asked, "auto", "--parts", *phases]) == 0
    out, err = capsys.readouterr()
    assert "2 parts are those on which halves of the series agree" in err
    assert "is most like aluminium" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give --parts, what mixtures may consist of, or --blind N"),
        (["--blind", "9"], "from 1 to 8 parts of 8 spectra, got 9"),
        (["--parts", "{here}/silicon.xy", "--save-parts", "a.nc"], "give --blind N too"),
        (["--blind", "2", "--save-parts", "{here}/parts.txt"], "written to .zarr or .nc"),
        (["--blind", "2", "--save-parts", "{here}/no/parts.nc"], "does not exist; create it first"),
        (["--blind", "2", "--standard", "corundum=0.2"], "need known parts"),
        (["--blind", "2", "--parts", "{here}/silicon.xy"], "two known spectra or more"),
    ],
)
def test_blind_questions_that_cannot_be_answered_are_one_line(
    folder: Path, series: list[str], capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    asked = [word.format(here=folder) for word in words]
    assert main(["unmix", *series, "--wavelength", "1.5406", *asked]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
