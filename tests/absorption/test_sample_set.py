from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms

from peakscape import spectra
from peakscape.absorption import dataset_from_core_holes
from peakscape.absorption.broadening import spectrum_from_sticks
from peakscape.absorption.spectrum import example
from peakscape.errors import InputError, SpectraError

AXIS = np.arange(186.0, 216.0, 0.1)


def labelled(name, **labels):
    return replace(example(), name=name, labels={"phase": "h-BN", "element": "B", **labels})


FOUND = [
    labelled("one", layered=True, distance=None, multiplicity=None, site=None, relaxation={}),
    labelled("two", layered=False, distance=1.5, multiplicity=3, site="near", relaxation={"fmax_reached": 0.01}),
]


def test_rows_are_the_broadened_sticks():
    plain = dataset_from_core_holes(FOUND, AXIS, gaussian=0.8, direction=[0, 0, 1], shift=1.5, normalize="none")
    expected = spectrum_from_sticks(FOUND[0], AXIS, gaussian=0.8, direction=[0, 0, 1], shift=1.5)
    np.testing.assert_allclose(plain.intensity[0], expected, atol=3e-4 * expected.max())
    scaled = dataset_from_core_holes(FOUND, AXIS, gaussian=0.8, direction=[0, 0, 1], shift=1.5)
    np.testing.assert_allclose(
        scaled.intensity[1], expected / expected.mean(), atol=3e-4 * expected.max() / expected.mean()
    )
    assert plain.edge_energy[0] == example().edge_energy


def test_convention_of_the_container():
    made = dataset_from_core_holes(FOUND, AXIS)
    assert (made.attrs["kind"], made.attrs["element"], made.attrs["edge"]) == ("absorption", "B", "K")
    assert made.name.values.tolist() == ["one", "two"]
    assert "divided by the mean" in made.attrs["history"]
    assert "element" not in made.coords
    assert made.gap.attrs["units"] == "eV"
    assert "complete_to" not in spectra.numeric_labels(made)
    np.testing.assert_allclose(made.complete_to, example().edge_energy + 7.0)


def test_labels_become_arrays_without_objects():
    made = dataset_from_core_holes(FOUND, AXIS)
    assert made.site.values.tolist() == ["", "near"]
    assert made.layered.dtype == bool
    np.testing.assert_array_equal(made.distance, [np.nan, 1.5])
    np.testing.assert_array_equal(made.multiplicity, [np.nan, 3])
    np.testing.assert_array_equal(made.fmax_reached, [np.nan, 0.01])
    assert all(value.dtype.kind in "bifU" for value in made.coords.values())


@pytest.mark.parametrize("suffix", [".zarr", ".nc"])
def test_saved_and_opened(tmp_path, suffix):
    made = dataset_from_core_holes(FOUND, AXIS)
    spectra.save(made, tmp_path / f"set{suffix}")
    opened = spectra.open(tmp_path / f"set{suffix}").load()
    np.testing.assert_array_equal(opened.intensity, made.intensity)
    assert opened.site.values.astype(str).tolist() == ["", "near"]
    assert opened.layered.values.tolist() == [True, False]


def test_two_elements_are_two_sets():
    nitrogen = replace(example(), atoms=Atoms("NB", positions=[[0, 0, 0], [1.4, 0, 0]], cell=[5, 5, 5], pbc=True))
    with pytest.raises(InputError, match="one absorbing element, got B, N"):
        dataset_from_core_holes([example(), nitrogen], AXIS)
    with pytest.raises(InputError, match="got no spectra"):
        dataset_from_core_holes([], AXIS)


@pytest.mark.parametrize("axis", [AXIS / 1000, AXIS + 200], ids=["keV", "another edge"])
def test_axis_off_the_edge_is_refused(axis):
    with pytest.raises(InputError, match=r"no lines from .* its edge lies at 191.50 eV"):
        dataset_from_core_holes([example()], axis)


def test_axis_and_normalisation_are_checked():
    with pytest.raises(SpectraError, match="must ascend"):
        dataset_from_core_holes([example()], AXIS[::-1])
    with pytest.raises(InputError, match="'none' or 'area', got 'max'"):
        dataset_from_core_holes([example()], AXIS, normalize="max")
