from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakscape import maps, spectra
from peakscape.errors import InputError


@pytest.fixture
def known() -> xr.Dataset:
    rows = np.random.default_rng(0).uniform(size=(6, 12))
    return spectra.make(
        rows, q=np.arange(1.0, 13.0), name=list("abcdef"), labels={"phase": list("uuvvww"), "t": np.arange(6.0)}
    )


def test_classes_are_kept_and_grow(known: xr.Dataset, tmp_path: Path) -> None:
    folder, first = tmp_path / "known.map", known.isel(sample=slice(0, 4))
    maps.save_with_samples(maps.PCA().fit(first.intensity.values), folder, first, class_label="phase")
    assert maps.load_saved(folder).provenance["classes"] == ["u", "u", "v", "v"]
    larger = maps.add_samples(folder, known.isel(sample=[4, 5]))
    assert larger.provenance["classes"] == maps.load_saved(folder).provenance["classes"] == list("uuvvww")
    with pytest.raises(InputError, match="phase"):
        maps.add_samples(folder, known.isel(sample=[4]).assign_coords(name=("sample", ["z"])).drop_vars("phase"))


def test_numbers_are_classes_too_and_none_are_kept_unasked(known: xr.Dataset, tmp_path: Path) -> None:
    space = maps.PCA().fit(known.intensity.values)
    maps.save_with_samples(space, tmp_path / "a.map", known, class_label="t")
    assert maps.load_saved(tmp_path / "a.map").provenance["classes"][:2] == ["0", "1"]
    maps.save_with_samples(space, tmp_path / "b.map", known)
    assert "classes" not in maps.load_saved(tmp_path / "b.map").provenance
    with pytest.raises(InputError, match="colour"):
        maps.save_with_samples(space, tmp_path / "c.map", known, class_label="colour")
