"""Operations on containers as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape import spectra
from peakscape.errors import SpectraError


def _some(n_samples: int = 7, n_points: int = 11) -> "spectra.container.xr.Dataset":
    values = np.random.default_rng(0).uniform(0.1, 1.0, (n_samples, n_points))
    return spectra.make(
        values,
        q=np.linspace(1, 2, n_points),
        name=[f"s{i}" for i in range(n_samples)],
        composition=[f"Na{i + 1}Cl" for i in range(n_samples)],
        labels={"temperature": np.arange(n_samples, dtype=float)},
    )


@given(st.integers(2, 60), st.floats(0.05, 0.9), st.integers(0, 5))
def test_split_is_a_partition_and_repeats(n_samples: int, test_size: float, seed: int) -> None:
    whole = spectra.make(np.arange(n_samples * 2.0).reshape(-1, 2), q=[1, 2])
    if not 0 < int(np.ceil(round(test_size * n_samples, 9))) < n_samples:
        with pytest.raises(SpectraError):
            spectra.split(whole, test_size=test_size, random_state=seed)
        return
    train, test = spectra.split(whole, test_size=test_size, random_state=seed)
    both = sorted(train["name"].values.tolist() + test["name"].values.tolist(), key=int)
    assert both == whole["name"].values.tolist()
    again, _ = spectra.split(whole, test_size=test_size, random_state=seed)
    assert again.identical(train)


def test_ninety_ten_of_150_is_the_papers_split() -> None:
    train, test = spectra.split(spectra.make(np.zeros((150, 2)), q=[1, 2]), test_size=0.1, random_state=0)
    assert (train.sizes["sample"], test.sizes["sample"]) == (135, 15)


def test_select_by_name_number_mask_and_range() -> None:
    whole = _some()
    mask = np.zeros(7, dtype=bool)
    mask[[2, 5]] = True
    for samples in (["s2", "s5"], [2, 5], mask):
        assert spectra.select(whole, samples=samples)["name"].values.tolist() == ["s2", "s5"]
    assert spectra.select(whole, axis_range=(1.2, 1.5)).sizes["q"] == 4
    with pytest.raises(SpectraError, match="nothing"):
        spectra.select(whole, samples=["nothing"])
    with pytest.raises(SpectraError):
        spectra.select(whole, samples=[7])
    with pytest.raises(SpectraError):
        spectra.select(whole, axis_range=(5, 6))


def test_resample_keeps_points_it_knows_and_stays_between_neighbours() -> None:
    whole = _some()
    old = whole["q"].values
    np.testing.assert_allclose(spectra.resample(whole, old[::2]).intensity, whole.intensity[:, ::2], atol=1e-14)
    middle = spectra.resample(whole, (old[1:] + old[:-1]) / 2).intensity.values
    values = whole.intensity.values
    assert (middle <= np.maximum(values[:, 1:], values[:, :-1]) + 1e-12).all()
    assert (middle >= np.minimum(values[:, 1:], values[:, :-1]) - 1e-12).all()
    with pytest.raises(SpectraError, match="within the old one"):
        spectra.resample(whole, [0.5, 1.5])


def test_scale() -> None:
    whole = _some()
    np.testing.assert_allclose(spectra.scale(whole).intensity.max("q"), 1)
    area = np.trapezoid(spectra.scale(whole, by="area").intensity.values, whole["q"].values, axis=1)
    np.testing.assert_allclose(area, 1)
    with pytest.raises(SpectraError, match="no positive maximum"):
        spectra.scale(spectra.make([[0, 0]], q=[1, 2]))
    with pytest.raises(SpectraError, match="expected by="):
        spectra.scale(whole, by="median")


def test_concatenate_takes_apart_what_select_took() -> None:
    whole = _some()
    parts = [spectra.select(whole, samples=[i]) for i in range(7)]
    joined = spectra.concatenate(parts)
    np.testing.assert_array_equal(joined.intensity, whole.intensity)
    np.testing.assert_array_equal(joined.composition, whole.composition)
    np.testing.assert_array_equal(joined.temperature, whole.temperature)


def test_concatenate_refuses_other_axes_and_wavelengths() -> None:
    one = spectra.make([[0, 1]], two_theta=[1, 2], wavelength=1.0)
    with pytest.raises(SpectraError, match="different two_theta axes"):
        spectra.concatenate([one, spectra.make([[0, 1]], two_theta=[1, 3], wavelength=1.0)])
    with pytest.raises(SpectraError, match="different wavelength"):
        spectra.concatenate([one, spectra.make([[0, 1]], two_theta=[1, 2])])
    with pytest.raises(SpectraError, match="none"):
        spectra.concatenate([])
