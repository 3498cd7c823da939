"""What is saved is what is opened, wholly or not at all."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from peakscape import spectra
from peakscape.errors import SpectraError


def _some(n_samples: int = 5) -> xr.Dataset:
    return spectra.make(
        np.random.default_rng(0).uniform(size=(n_samples, 50)),
        two_theta=np.linspace(5, 60, 50),
        wavelength=1.5406,
        name=[f"sample {i} µ" for i in range(n_samples)],
        composition=["SmFe11Ti"] * n_samples,
        labels={"temperature": np.arange(n_samples), "phase": ["a"] * n_samples},
        history=["made", "for a test"],
    )


@pytest.mark.parametrize("suffix", [".zarr", ".nc"])
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    whole = _some()
    spectra.save(whole, tmp_path / f"some{suffix}")
    opened = spectra.open(tmp_path / f"some{suffix}")
    assert opened.load().equals(whole)
    assert opened.attrs == whole.attrs
    opened.close()


def test_zarr_layout_is_one_row_chunks_in_shards(tmp_path: Path) -> None:
    spectra.save(_some(1500), tmp_path / "some.zarr")
    array = zarr.open_group(tmp_path / "some.zarr", mode="r")["intensity"]
    assert array.chunks == (1, 50)
    assert array.shards == (1024, 50)
    assert array.metadata.zarr_format == 3


def test_open_is_lazy(tmp_path: Path) -> None:
    spectra.save(_some(), tmp_path / "some.zarr")
    opened = spectra.open(tmp_path / "some.zarr")
    assert not opened["intensity"].variable._in_memory


def test_saving_over_replaces(tmp_path: Path) -> None:
    for n_samples in (5, 3):
        spectra.save(_some(n_samples), tmp_path / "some.zarr")
    assert spectra.open(tmp_path / "some.zarr").sizes["sample"] == 3


@pytest.mark.parametrize("suffix", [".zarr", ".nc"])
def test_full_disk_loses_nothing(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / f"some{suffix}"
    spectra.save(_some(5), target)

    def full(self: xr.Dataset, path: Path | None = None, **options: object) -> None:
        if path is not None:
            Path(path).mkdir(exist_ok=True)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_zarr", full)
    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(OSError, match="No space"):
        spectra.save(_some(3), target)
    monkeypatch.undo()
    with spectra.open(target) as opened:
        assert opened.sizes["sample"] == 5
    assert [p.name for p in tmp_path.iterdir()] == [target.name]


def test_what_is_not_spectra_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.nc").write_text("no netCDF")
    (tmp_path / "empty.zarr").mkdir()
    xr.Dataset({"a": ("b", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    for name in ("text.nc", "empty.zarr", "other.nc", "absent.zarr"):
        with pytest.raises(SpectraError):
            spectra.open(tmp_path / name)
    with pytest.raises(SpectraError, match="ends in"):
        spectra.save(_some(), tmp_path / "some.h5")
