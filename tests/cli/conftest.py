"""A small alloy series, Cu(4-n)Ni(n) with lattices by Vegard's rule, as structures, patterns, raw files and maps."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase.build import bulk

from peakscape.cli import main

GRID = "30:100:0.2"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("peakscape: error:")]


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: object) -> Result:
        capsys.readouterr()
        code = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def fails(run: Run) -> Run:
    """Run a command that must fail with exit 1, one line and nothing on stdout; return the line."""

    def call(*argv: object) -> str:
        result = run(*argv)
        assert result.code == 1, (result.out, result.err)
        assert result.out == ""
        assert len(result.error_lines) == 1
        assert "Traceback" not in result.err
        remarks = [line for line in result.err.splitlines() if not line.startswith("peakscape:")]
        assert remarks == []
        return result.error_lines[0]

    return call


def write_structures(folder: Path) -> list[Path]:
    files = []
    for n_nickel in range(5):
        for variant, strain in enumerate((-0.002, 0.0, 0.002)):
            atoms = bulk("Cu", "fcc", a=(3.615 - 0.0228 * n_nickel) * (1 + strain), cubic=True)
            atoms.symbols[:n_nickel] = "Ni"
            files.append(folder / f"ni{n_nickel}_{variant}.cif")
            ase.io.write(files[-1], atoms)
    return files


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with structures/, patterns.zarr, raw/ (.xy), and two spaces of the patterns: pca.space and auto.space."""
    folder = tmp_path_factory.mktemp("alloy")
    (folder / "structures").mkdir()
    (folder / "raw").mkdir()
    files = write_structures(folder / "structures")
    words = ["--wavelength", "1.5406", "--two-theta", GRID, "--fwhm", "1.0", "--atoms-per-formula", "4"]
    words += ["--pattern", r"ni(?P<n_nickel>\d)_", "-o", str(folder / "patterns.zarr")]
    assert main(["simulate", *map(str, files), *words]) == 0
    from peakscape import spectra

    patterns = spectra.open(folder / "patterns.zarr")
    for name, row in zip(patterns.name.values, patterns.intensity.values, strict=True):
        np.savetxt(folder / "raw" / f"{name}.xy", np.column_stack([patterns.two_theta.values, 1000 * row]))
    scaled = ["--prepare", "normalize=maximum"]
    fit = ["fit", str(folder / "patterns.zarr"), *scaled, "--map"]
    few = ["--map-option", "n_members=2", "--map-option", "n_epochs=40", "--label", "n_nickel"]
    assert main([*fit, "pca", "-o", str(folder / "pca.space")]) == 0
    assert main([*fit, "autoencoder", *few, "-o", str(folder / "auto.space")]) == 0
    return folder


@pytest.fixture
def bare(run: Run, work: Path, tmp_path: Path) -> Callable[..., Path]:
    """Fit a space that predicts nothing and judges nothing, in no time."""

    def fit(*words: object, name: str = "bare.space", map_key: str = "pca") -> Path:
        result = run("fit", *words, "--map", map_key, "--no-novelty", "-o", tmp_path / name)
        assert result.code == 0, result.err
        return tmp_path / name

    return fit
