"""The shipped spectra against measured facts and against independent calculations."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from peakscape import datasets
from peakscape import spectra as containers
from peakscape.absorption.broadening import spectrum_from_sticks
from peakscape.errors import InputError

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
REFERENCE = DATA / "reference" / "nitride"
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"no reference spectra at {REFERENCE}")
PROVENANCE = Path(datasets.__file__).parent / "nitride" / "provenance.json"
AXIS = np.arange(180.0, 225.0, 0.02)


@pytest.fixture(scope="module")
def spectra():
    return {spectrum.name: spectrum for spectrum in datasets.load_nitride_spectra()}


def strongest(spectrum, *, direction=None, above=0.0):
    intensity = spectrum_from_sticks(spectrum, AXIS, direction=direction)
    return AXIS[np.where(above <= AXIS, intensity, 0).argmax()]


def test_provenance_counts_what_is_there(spectra):
    text = json.loads(PROVENANCE.read_text())
    nitrogen = datasets.load_nitride_spectra(element="N")
    assert text["n_spectra"] == len(spectra) + len(nitrogen)
    assert text["n_planned"] == text["n_spectra"] + len(text["missing"])
    assert {spectrum.element for spectrum in nitrogen} <= {"N"}


def test_one_set_of_settings_and_one_core_hole(spectra):
    chosen = json.loads(PROVENANCE.read_text())["settings"]
    for spectrum in spectra.values():
        # symmetry is left out in skewed cells: how it is computed, not what
        assert {**spectrum.settings["chosen"], "point_group": True} == {**chosen, "point_group": True}
        ground, reported = spectrum.settings["ground_state"], spectrum.settings["reported"]
        # the core level has lost one electron, which is in the bands now
        assert reported["n_electrons"] == ground["n_electrons"] + 1
        assert 180 < spectrum.edge_energy < 200


@pytest.mark.parametrize("phase", ["h-BN", "r-BN"])
def test_layers_show_one_sharp_pi_resonance_along_z(spectra, phase):
    # measured: pi* at 192 eV, all of it for fields along c, sigma* near 198-199 eV
    spectrum = spectra[f"{phase}.pristine.B0"]
    early = spectrum.energy < 3
    assert spectrum.strength[early, 2].sum() > 0.97 * spectrum.strength[early].sum()
    resonance = strongest(spectrum)
    assert 190.3 < resonance < 192.5
    assert 5.8 < strongest(spectrum, direction=[1, 0, 0], above=resonance) - resonance < 7.5


def test_cubic_phase_has_no_direction_and_begins_later(spectra):
    cubic, layered = spectra["c-BN.pristine.B0"], spectra["h-BN.pristine.B0"]
    for axis in (0, 1):
        np.testing.assert_allclose(cubic.strength[:, axis], cubic.strength[:, 2], atol=1e-3 * cubic.strength.max())
    intensity = spectrum_from_sticks(cubic, AXIS)
    onset = AXIS[np.argmax(intensity > 0.15 * intensity.max())]
    # measured onsets against the pi* of h-BN: about 2.1 eV
    assert onset - strongest(layered) == pytest.approx(2.1, abs=0.4)


@pytest.fixture(scope="module")
def container():
    return datasets.load_nitride_dataset()


def pristine(container, phase, name):
    return container[name].values[container.name.values == f"{phase}.pristine.B0"].item()


def test_container_holds_every_spectrum_of_an_element(spectra, container, tmp_path):
    assert container.name.values.tolist() == list(spectra)
    assert datasets.load_nitride_dataset(element="N").attrs["element"] == "N"
    with pytest.raises(InputError, match="no spectra of 'C'"):
        datasets.load_nitride_dataset(element="C")
    containers.save(container, tmp_path / "nitride.zarr")
    assert containers.open(tmp_path / "nitride.zarr").sizes == container.sizes


def test_no_line_lies_below_the_axis(spectra, container):
    assert min(spectrum.edge_energy + spectrum.energy[0] for spectrum in spectra.values()) > container.energy[0]


@pytest.mark.parametrize(("phase", "gap"), [("c-BN", 4.5), ("h-BN", 4.3), ("w-BN", 5.2), ("r-BN", 4.2)])
def test_gaps_of_perfect_phases(container, phase, gap):
    # usual values with PBE; at 400 eV the valence bands lie too high, up to 0.6 eV (docs/absorption.md)
    assert gap - 0.7 < pristine(container, phase, "gap") < gap + 0.3
    assert pristine(container, phase, "n_in_gap_states") == 0
    assert pristine(container, phase, "lowest_excitation") == pytest.approx(pristine(container, phase, "gap"), abs=2e-3)


@pytest.mark.parametrize("phase", ["h-BN", "r-BN"])
def test_features_of_layers(container, phase):
    # measured: pi* along c only at 192 eV, sigma* 6.5 to 7 eV above it
    assert 190.3 < pristine(container, phase, "pi_star_energy") < 192.5
    assert pristine(container, phase, "anisotropy") > 0.97
    assert 5.8 < pristine(container, phase, "sigma_star_distance") < 7.5


def test_features_of_dense_phases(container):
    assert pristine(container, "c-BN", "anisotropy") < 1e-3
    assert pristine(container, "w-BN", "anisotropy") < 0.3
    onset = pristine(container, "c-BN", "onset") - pristine(container, "h-BN", "pi_star_energy")
    assert onset == pytest.approx(2.1, abs=0.4)
    heights = [pristine(container, phase, "pi_star_height") for phase in ("h-BN", "r-BN", "c-BN", "w-BN")]
    assert min(heights[:2]) > 1.3 * max(heights[2:])


def test_nitrogen_vacancy_in_a_layer_has_three_levels(container):
    # one for each dangling bond of boron, with one electron in them
    vacancy = container.sel(sample=container.structure == "h-BN.V_N")
    assert (vacancy.n_in_gap_states == 3).all()
    assert (vacancy.lowest_excitation == 0).all()
    assert (vacancy.moment == 1).all()


@needs_reference
@pytest.mark.parametrize("phase", ["c-BN", "h-BN", "w-BN"])
def test_perfect_phases_agree_with_an_independent_program(spectra, phase):
    path = REFERENCE / f"{phase.replace('-', '')}_pristine_B_bulk.npz"
    with np.load(path) as archive:
        fields = {key: archive[key] for key in ("eps", "w", "sig", "n", "nocc", "meta")}
    zero = json.loads(fields["meta"].item())["eavg"]
    free = fields["n"] >= fields["nocc"]
    ours = spectra[f"{phase}.pristine.B0"]
    reference = replace(
        ours, energy=fields["eps"][free] - zero, strength=(fields["sig"] * fields["w"])[:, free].T, edge_energy=190.0
    )
    axis = np.arange(188.0, 212.0, 0.05)
    expected = spectrum_from_sticks(reference, axis, gaussian=1.0)
    # the reference has another cutoff and, in its density, a coarser mesh: its zero may lie elsewhere
    shifts = np.arange(-0.7, 0.71, 0.1)
    ours = replace(ours, edge_energy=190.0)
    found = [spectrum_from_sticks(ours, axis, gaussian=1.0, shift=shift) for shift in shifts]
    correlations = [np.corrcoef(expected, curve)[0, 1] for curve in found]
    assert max(correlations) > 0.97
    # strengths as such: the reference leaves out the energy in front and the 1 / 3 of the angular integral
    scale = 2 * 190 / 27.211386 / 3
    assert found[np.argmax(correlations)].sum() == pytest.approx(scale * expected.sum(), rel=0.1)
