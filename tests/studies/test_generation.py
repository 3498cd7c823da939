"""Left-out compositions: mixtures by hand, the lattice by Vegard's line, refusal in words."""

import numpy as np
import pytest
import xarray as xr

from peakscape import datasets, maps, spectra
from peakscape.studies.alloy import Settings, compute, generation


def _series() -> xr.Dataset:
    """Patterns that are linear in x: four compositions, two samples each."""
    x = np.repeat([0.0, 0.5, 1.0, 2.0], 2)
    patterns = np.outer(1 - x / 4, [0.0, 1.0, 0.0, 0.5]) + np.outer(x / 4, [1.0, 0.0, 0.2, 0.5])
    return spectra.make(
        patterns,
        two_theta=[10, 20, 30, 40],
        composition=[f"SmFe{12 - v:g}Ti{v:g}" for v in x],
        labels={"x": x, "y": np.zeros(8)},
    )


@pytest.mark.parametrize("target", [0.5, 1.0])
def test_linear_mix_is_exact_where_the_patterns_are_linear(target: float) -> None:
    series = _series()
    truth = series["intensity"].values[series["x"].values == target].mean(axis=0)
    np.testing.assert_allclose(generation.linear_mix(series, (target, 0.0)), truth, atol=1e-12)


def test_linear_mix_does_not_look_at_what_was_left_out() -> None:
    series = _series()
    before = generation.linear_mix(series, (0.5, 0.0))
    changed = series.assign(intensity=series["intensity"].where(series["x"] != 0.5, 9.0))
    np.testing.assert_array_equal(generation.linear_mix(changed, (0.5, 0.0)), before)


def test_a_composition_beyond_the_known_ones_is_refused_in_words() -> None:
    series = _series()
    rng = np.random.default_rng(0)
    noisy = series.assign(intensity=series["intensity"] + 0.01 * rng.normal(size=series["intensity"].shape))
    left = generation.samples_of(noisy, (2.0, 0.0))
    space = maps.PCA().fit(noisy["intensity"].values[~left])
    with pytest.raises(ValueError, match="zero-size"):
        generation.linear_mix(noisy, (2.0, 0.0))
    known = noisy.isel(sample=np.flatnonzero(~left))
    wide = spectra.concatenate([known, noisy.isel(sample=np.flatnonzero(left))])
    readout_refuses(space, wide)


def readout_refuses(space: maps.PCA, patterns: xr.Dataset) -> None:
    from peakscape import analysis
    from peakscape.errors import OutsideMapError

    known = patterns["x"].values < 2
    readout = analysis.CompositionReadout().fit(
        space.transform(patterns["intensity"].values[known]), patterns["composition"][known]
    )
    with pytest.raises(OutsideMapError, match="from"):
        analysis.generate(space, readout, composition="SmFe10Ti2")


def test_expected_peaks_of_a_left_out_composition_lie_where_the_true_ones_do() -> None:
    structures = datasets.load_alloy_structures()
    labels = {key: np.array([atoms.info[key] for atoms in structures]) for key in ("x", "y")}
    patterns = spectra.make(np.zeros((len(structures), 2)), two_theta=[1, 2], labels=labels)
    settings = Settings(two_theta=(1.0, 40.0, 0.01))
    expected = generation.expected_positions(structures, patterns, (1.0, 0.0), settings)
    from peakscape import diffraction
    from peakscape import structures as rooms

    chosen = next(a for a in structures if a.info["x"] == 1.0 and a.info["y"] == 0.0)
    true = diffraction.reflections(rooms.parent_cell(chosen), wavelength=0.496, two_theta_max=40.0).two_theta
    nearest = np.abs(expected[:, None] - true).min(axis=1)
    # a and c scatter by about 0.02 angstrom within one composition, which is 0.1 degree at 40 degree
    assert np.median(nearest) < 0.05
    assert nearest.max() < 0.2


def test_formulas_are_written_in_the_papers_order() -> None:
    one = spectra.make([[0, 1]], two_theta=[1, 2], composition=["Fe11Sm0.75TiZr0.25"])
    assert compute.formulas(one) == ["Sm0.75Zr0.25Fe11Ti"]
