"""Parts that a feature space knows: fractions in `place`, saved and opened."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakscape import spectra
from peakscape.errors import InputError, SpectraError
from peakscape.feature_space import FeatureSpace, open_space, records
from peakscape.feature_space.readouts.mixtures import KnownParts, weigh

AXIS = np.linspace(10.0, 40.0, 400)
SHARES = np.linspace(0.0, 1.0, 9)


def peak(at: float) -> np.ndarray:
    return np.exp(-(((AXIS - at) / 0.3) ** 2))


PURE = np.array([peak(15) + peak(30), peak(17) + 0.5 * peak(33)])
PARTS = spectra.make(PURE, two_theta=AXIS, wavelength=1.5406, name=["a", "b"], labels={"phase": ["one", "two"]})


@pytest.fixture(scope="module")
def series() -> xr.Dataset:
    rows = np.stack([1 - SHARES, SHARES], axis=1) @ PURE + np.random.default_rng(0).normal(0, 0.005, (9, 400))
    return spectra.make(rows, two_theta=AXIS, wavelength=1.5406, labels={"x": SHARES})


def test_place_tells_fractions_and_a_saved_space_the_same(series: xr.Dataset, tmp_path: Path) -> None:
    space = FeatureSpace("pca", preparation="none").fit(series, label="x")
    assert "fraction" not in space.place(series)
    found = space.know_parts(PARTS).place(series)
    np.testing.assert_allclose(found["fraction"].values[:, 1], SHARES, atol=0.01)
    assert found["mixture"].values[4].count("0.5") == 2
    assert records(found)[2]["fraction"].keys() == {"a", "b"}
    np.testing.assert_allclose(found["mixture_coordinates"].values[:, 0], found["fraction"].values[:, 1])
    again = open_space(space.save(tmp_path / "parts.space")).place(series)
    np.testing.assert_array_equal(again["fraction_upper"].values, found["fraction_upper"].values)
    np.testing.assert_array_equal(
        space.place(series.isel(sample=[3]))["fraction"].values, found["fraction"].values[3:4]
    )


def test_parts_are_means_of_classes(series: xr.Dataset) -> None:
    assert KnownParts(spectra.concatenate([PARTS, PARTS]), label="phase").names == ("one", "two")
    with pytest.raises(InputError, match="a label of the parts"):
        KnownParts(PARTS, label="colour")


def test_the_map_of_mixtures_of_a_space(series: xr.Dataset) -> None:
    space = FeatureSpace("pca", preparation="none").fit(series, label="x")
    with pytest.raises(InputError, match="know_parts first"):
        space.mixture_map(series)
    drawn = space.know_parts(PARTS).mixture_map(series)
    np.testing.assert_allclose(drawn.coordinates[:, 0], SHARES, atol=0.01)
    inside = [one[:, 0].min() <= share <= one[:, 0].max() for one, share in zip(drawn.regions, SHARES, strict=True)]
    assert np.mean(inside) > 0.7


def test_parts_saved_with_other_defaults_answer_as_they_did() -> None:
    edges = spectra.make(PURE, energy=AXIS, kind="absorption", name=["a", "b"])
    told, arrays = KnownParts(edges).state()
    again = KnownParts.restore(told, arrays).unmix
    assert (again.max_shift, again.max_own_shift, again.saturation) == (2.0, 0.3, 0)
    earlier = KnownParts.restore(told | {"options": {}}, arrays).unmix
    assert (earlier.max_shift, earlier.max_own_shift, earlier.saturation) == (1.0, None, 1)


def test_other_axes_are_refused_in_one_line(series: xr.Dataset) -> None:
    parts = KnownParts(PARTS)
    with pytest.raises(SpectraError, match=r"and the parts on two_theta at 1\.5406"):
        parts.explain(series.assign_attrs(wavelength=0.7))
    with pytest.raises(SpectraError, match="wavelength"):
        weigh(spectra.make(PURE, q=AXIS), {})


def test_finer_spectra_are_brought_to_the_points_of_the_parts(series: xr.Dataset) -> None:
    fine = spectra.resample(series, np.linspace(10.0, 40.0, 1200))
    np.testing.assert_allclose(KnownParts(PARTS).answer(fine)["fraction"].values[:, 1], SHARES, atol=0.02)
