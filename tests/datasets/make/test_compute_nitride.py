import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from peakscape.absorption import open_spectra
from peakscape.absorption.spectrum import example
from peakscape.datasets.make import compute_nitride
from peakscape.datasets.make.nitride_jobs import jobs
from peakscape.structures.nitride import LATTICE_CONSTANTS


@pytest.fixture(scope="module")
def listed():
    return jobs()


@pytest.fixture
def without_gpaw(monkeypatch):
    """What was computed, in order, with stand-ins for the three calculations."""
    asked = []

    def core_hole(atoms, absorber, settings, *, folder, name, ground, labels):
        asked.append(name)
        stored = {"ground_state": ground, "reported": {"code": "none"}}
        return replace(example(), name=name, atoms=atoms, absorber=absorber, settings=stored, labels=labels)

    def ground_state(atoms, settings, *, folder, name):
        asked.append(f"{name} ground")
        return {"energy": -1.0}

    def relaxed(job, logs, settings):
        asked.append(f"{job.labels['structure']} relaxed")
        atoms = job.atoms.copy()
        atoms.positions += 0.01
        return atoms, {"converged": True}

    monkeypatch.setattr(compute_nitride, "core_hole", core_hole)
    monkeypatch.setattr(compute_nitride, "ground_state", ground_state)
    monkeypatch.setattr(compute_nitride, "_relaxed", relaxed)
    return asked


def test_the_list_is_what_was_promised(listed):
    names = [job.name for job in listed]
    assert len(set(names)) == len(names)
    elements = Counter(job.labels["element"] for job in listed)
    assert elements["B"] >= 150
    assert elements["N"] == 4
    for phase in LATTICE_CONSTANTS:
        mine = [job.labels for job in listed if job.labels["phase"] == phase]
        assert {label["defect"] for label in mine} == {"none", "V_N", "V_B", "C_B", "C_N", "O_N", "B_N", "N_B"}
        assert {label["strain"] for label in mine} == {-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0}
        assert sum(label["kind"] == "snapshot" for label in mine) == 12


def test_all_jobs_have_the_same_labels_and_kind_of_cell(listed):
    assert len({tuple(job.labels) for job in listed}) == 1
    for job in listed:
        assert 15 <= len(job.atoms) <= 16
        assert job.atoms.symbols[job.absorber] == job.labels["element"]
        json.dumps(dict(job.labels))


def test_the_first_part_covers_every_phase_and_defect(listed):
    early = listed[:64]
    assert {job.labels["phase"] for job in listed[:4]} == set(LATTICE_CONSTANTS)
    assert len({(job.labels["phase"], job.labels["defect"]) for job in early}) == 4 * 8


def test_the_list_repeats(listed):
    for first, second in zip(listed, jobs(), strict=True):
        assert first.name == second.name
        np.testing.assert_array_equal(first.atoms.positions, second.atoms.positions)


def test_absorbers_of_a_defect_share_its_relaxation(listed, tmp_path, without_gpaw):
    chosen = [job for job in listed if job.labels["structure"] == "h-BN.V_N"]
    compute_nitride.compute_all(chosen, tmp_path, packed=[])
    assert without_gpaw[:2] == ["h-BN.V_N relaxed", "h-BN.V_N ground"]
    assert without_gpaw[2:] == [job.name for job in chosen]
    found = open_spectra(tmp_path / f"{chosen[-1].name}.npz")[0]
    np.testing.assert_allclose(found.atoms.positions, chosen[-1].atoms.positions + 0.01)
    assert found.labels["relaxation"] == {"converged": True}


def test_a_run_goes_on_from_the_packed_results_alone(listed, tmp_path, without_gpaw):
    work, store, fresh = (tmp_path / name for name in ("work", "store", "fresh"))
    work.mkdir(), fresh.mkdir()
    chosen = [job for job in listed if job.labels["structure"] == "h-BN.V_N"]
    compute_nitride.compute_all(chosen[:2], work, packed=[])
    compute_nitride.pack(work, store)
    without_gpaw.clear()
    compute_nitride.compute_all(chosen, fresh, packed=compute_nitride.stored(store))
    assert without_gpaw == [job.name for job in chosen[2:]]
    compute_nitride.pack(fresh, store)
    assert [spectrum.name for spectrum in open_spectra(store / "spectra.npz")] == [job.name for job in chosen]
    text = json.loads((store / "provenance.json").read_text())
    assert text["n_spectra"] == len(chosen)
    assert len(text["missing"]) == len(listed) - len(chosen)


def test_a_skewed_cell_is_changed_for_an_equal_one(listed):
    # r-BN only: the other cells are as short as can be
    for job in listed:
        changed, settings = compute_nitride._compact(job)
        if job.labels["phase"] == "r-BN" and job.labels["kind"] in ("defect", "snapshot"):
            assert not settings.point_group
            np.testing.assert_allclose(changed.atoms.get_volume(), job.atoms.get_volume(), rtol=1e-9)
            turns = changed.atoms.cell.array @ np.linalg.inv(job.atoms.cell.array)
            np.testing.assert_allclose(turns, np.round(turns), atol=1e-9)
            np.testing.assert_array_equal(changed.atoms.positions, job.atoms.positions)
        else:
            assert changed is job
            assert settings.point_group
