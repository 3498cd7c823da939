"""The study of a series of mixtures: fractions, onsets, and the report."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from ase.build import bulk

from peakscape import spectra
from peakscape.cli import main
from peakscape.diffraction import simulate
from peakscape.errors import InputError
from peakscape.studies import mixture
from peakscape.studies.mixture import MixtureSettings, compute

AXIS = np.linspace(20.0, 40.0, 300)
TIMES = np.arange(0.0, 120.0, 10.0)
LATE = np.clip((TIMES - 40.0) / 50.0, 0.0, 1.0)
TRUTH = np.stack([1.0 - LATE, LATE, np.zeros(12)], axis=1)


def peaks(*places: float) -> np.ndarray:
    return np.sum([np.exp(-(((AXIS - at) / 0.25) ** 2)) for at in places], axis=0)


PURE = spectra.make(
    [peaks(22, 31), peaks(25, 36), peaks(28, 39)], two_theta=AXIS, wavelength=1.5406, name=["old", "new", "never"]
)


@pytest.fixture(scope="module")
def series() -> xr.Dataset:
    rows = TRUTH @ PURE["intensity"].values + 0.1 + np.random.default_rng(0).normal(0.0, 0.01, (12, 300))
    return spectra.make(
        rows, two_theta=AXIS, wavelength=1.5406, name=[f"t{t:.0f}" for t in TIMES], labels={"time": TIMES}
    )


@pytest.fixture(scope="module")
def done(series: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("mixture") / "out"
    return out, mixture.run(series, PURE, out)


def test_onset_and_end_lie_where_they_were_made(done: tuple[Path, dict]) -> None:
    summary = done[1]
    assert json.loads((done[0] / "summary.json").read_text()) == summary
    old, new = summary["presence"]
    assert (old["part"], old["onset"], old["end"]) == ("old", None, [80.0, 90.0])
    assert (new["part"], new["onset"], new["end"]) == ("new", [40.0, 50.0], None)
    assert summary["never_seen"] == ["never"]
    assert summary["events"][0].startswith("old is there from the start and vanishes between 80 and 90")


def test_the_fractions_are_those_that_were_mixed(done: tuple[Path, dict]) -> None:
    table = np.genfromtxt(done[0] / "fractions.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    np.testing.assert_allclose(table["new"], LATE, atol=0.02)
    assert np.mean((table["new_lower"] <= LATE) & (table["new_upper"] >= LATE)) > 0.8


def test_the_report_is_one_file_with_its_figures(done: tuple[Path, dict]) -> None:
    page = (done[0] / "report.html").read_text()
    assert page.count("data:image/png;base64") == 4
    assert "appears between 40 and 50" in page
    assert "lies on the line between its two parts" in page  # the third is never seen


def test_structures_from_files_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crystals = [bulk("Al", cubic=True), bulk("Si", cubic=True)]
    pure = simulate(crystals, wavelength=1.5406, two_theta=(25, 90, 0.05), fwhm=0.25, scale=None)
    for number, share in enumerate((0.0, 0.4, 1.0)):
        crystals[number % 2].write(tmp_path / f"{('Al', 'Si')[number % 2]}.cif")
        row = (1 - share) * pure.intensity.values[0] + share * pure.intensity.values[1] + 1.0
        np.savetxt(tmp_path / f"scan_{10 * number}.xy", np.stack([pure.two_theta.values, row], axis=1))
    files = [str(path) for path in sorted(tmp_path.glob("*.xy"))]
    parts = [str(tmp_path / "Al.cif"), str(tmp_path / "Si.cif")]
    told = ["--label", "time", "--pattern", r"scan_([0-9]+)\.xy", "--wavelength", "1.5406", "--json"]
    out = tmp_path / "results"
    assert main(["study", "mixture", *files, "--parts", *parts, *told, "--out", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)["summary"]
    assert found["weights"] is True
    assert found["label"] == "time"
    assert [one["largest"] for one in found["presence"]] == pytest.approx([1.0, 1.0], abs=0.01)
    assert found["never_seen"] == found["seen_singly"] == []
    assert (out / "report.html").exists()
    assert main(["study", "mixture", *files, "--parts", *parts, *told, "--out", str(out)]) == 1
    assert "an earlier run" in capsys.readouterr().err


def test_what_is_seen_once_is_not_called_never_seen(series: xr.Dataset) -> None:
    odd = series.isel(sample=[0, 11, 1])  # old, new, old, with nothing that they run over but their order
    told = compute.unmix(odd.drop_vars("time"), PURE, None, MixtureSettings(), lambda line: None)
    summary, tables = compute.summarize(told)
    assert summary["label"] == "number of the spectrum"
    assert (summary["never_seen"], summary["seen_singly"]) == (["never"], ["new"])
    assert tables["remainders"]["not explained"].max() < 0.01


def test_what_cannot_be_studied_is_one_line(series: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got none"):
        mixture.run(series, {}, tmp_path / "a")
    with pytest.raises(InputError, match="numeric label, got 'colour'"):
        mixture.run(series, PURE, tmp_path / "b", label="colour", settings=MixtureSettings())
    assert not any(tmp_path.iterdir())
