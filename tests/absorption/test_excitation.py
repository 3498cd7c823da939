"""GPAW itself, on the smallest cell, where it is installed; its absence and its logs everywhere."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peakscape.absorption import CoreHoleSettings, core_hole, excitation
from peakscape.absorption.broadening import spectrum_from_sticks
from peakscape.absorption.excitation import check_log, check_setup, excited_moments
from peakscape.errors import InputError, MissingExtra, PeakscapeError
from peakscape.structures import boron_nitride

HAS_GPAW = importlib.util.find_spec("gpaw") is not None
needs_gpaw = pytest.mark.skipif(not HAS_GPAW, reason="extra gpaw is not installed (scripts/install_gpaw.sh)")
SMALL = CoreHoleSettings(cutoff=250.0, k_points=(2, 2, 2))
CELL = boron_nitride("c-BN", supercell=(1, 1, 1))


@needs_gpaw
def test_one_small_spectrum(tmp_path):
    # the NumPy integer is the trap: given to GPAW as it is, there would be no core hole
    found = core_hole(CELL, np.int64(0), SMALL, folder=tmp_path, name="small")
    assert found.element == "B"
    # a cell of two atoms holds one hole in each: only the order of magnitude is right (measured edge: 194 eV)
    assert 180 < found.edge_energy < 210
    # the site has tetrahedral symmetry: no direction is preferred
    np.testing.assert_allclose(
        found.strength, found.strength[:, :1].repeat(3, axis=1), atol=1e-4 * found.strength.max()
    )
    assert found.settings["reported"]["n_electrons"] == 9
    assert found.settings["reported"]["moment"] == pytest.approx(1.0, abs=1e-3)
    # four filled bands and half of the fifth
    filled = found.dos[0][found.dos_energy < 0].sum() * 0.1
    assert 3.9 < filled < 5.6
    assert np.all(np.diff(found.energy) >= 0)


@needs_gpaw
def test_symmetry_changes_nothing(tmp_path, monkeypatch):
    # weights of the k points and rotations of the strengths, against the whole mesh without either
    axis = np.arange(180.0, 230.0, 0.1)
    found = {}
    for name in ("reduced", "whole"):
        spectrum = core_hole(CELL, 0, SMALL, folder=tmp_path, name=name)
        curves = [spectrum_from_sticks(spectrum, axis, direction=along, gaussian=1.0) for along in np.eye(3)]
        found[name] = (spectrum.settings["reported"]["n_irreducible_k_points"], np.array(curves), spectrum.dos)
        monkeypatch.setattr(excitation, "SYMMETRY", "off")
    assert found["reduced"][0] < found["whole"][0]
    for reduced, whole in zip(found["reduced"][1:], found["whole"][1:], strict=True):
        np.testing.assert_allclose(reduced, whole, atol=0.02 * whole.max())


@needs_gpaw
def test_a_calculation_without_a_core_hole_is_refused(tmp_path, monkeypatch):
    make = excitation.make_calculator

    def forgetful(settings, **options):
        return make(settings, **{**options, "absorber": None})

    monkeypatch.setattr(excitation, "make_calculator", forgetful)
    with pytest.raises(PeakscapeError, match=r"small.hole.log: expected one species with a full core hole.*reports 0"):
        core_hole(CELL, 0, SMALL, folder=tmp_path, name="small", ground={"energy": 0.0, "moment": 0.0})


@needs_gpaw
def test_a_missing_setup_is_named():
    with pytest.raises(InputError, match=r"no core-hole setup Xe.fch1s.PBE .* run scripts/install_gpaw.sh"):
        check_setup("Xe", SMALL)


@pytest.mark.skipif(HAS_GPAW, reason="gpaw is installed")
def test_without_gpaw_the_install_line_comes(tmp_path):
    with pytest.raises(MissingExtra, match=r"pip install 'peakscape\[gpaw\]'"):
        core_hole(CELL, 0, folder=tmp_path)


def test_an_absent_atom_is_refused_first(tmp_path):
    with pytest.raises(InputError, match="expected an atom from 0 to 1, got 2"):
        core_hole(CELL, 2, folder=tmp_path)


@pytest.mark.parametrize("count", [0, 2])
def test_logs_without_one_core_hole_are_refused(tmp_path, count):
    log = tmp_path / "gpaw.log"
    log.write_text("species:\n" + "  B:  # (1.0 core hole)\n" * count)
    with pytest.raises(PeakscapeError, match=f"gpaw.log: expected one species .* GPAW reports {count}"):
        check_log(log)


@given(st.integers(0, 5), st.sampled_from([0.0, 1.0, 2.0, 3.0]))
def test_excited_moments_sum_to_what_stays_unpaired(absorber, moment):
    moments = excited_moments(boron_nitride("h-BN"), absorber, moment)
    assert moments.sum() == pytest.approx(1 - moment)
    assert moments.argmax() == absorber


def test_settings_must_be_positive():
    with pytest.raises(InputError, match="expected positive settings"):
        CoreHoleSettings(cutoff=-1.0)
