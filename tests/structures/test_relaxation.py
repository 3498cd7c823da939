import json
import sys

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT

from peakscape.errors import InputError, MissingExtra, PeakscapeWarning
from peakscape.structures import relax
from peakscape.structures.relaxation import load_calculator, relax_all, torch_threads


class CountingEMT(EMT):
    """EMT that counts its evaluations."""

    n_calls = 0

    def calculate(self, *arguments, **options):
        type(self).n_calls += 1
        super().calculate(*arguments, **options)


@pytest.fixture
def displaced():
    atoms = bulk("Cu", cubic=True).repeat((2, 1, 1))
    atoms.rattle(0.05, rng=np.random.default_rng(0))
    atoms.set_cell(atoms.cell.array * 0.97, scale_atoms=True)
    atoms.info["name"] = "copper"
    return atoms


def test_copper_finds_its_lattice(displaced):
    before = displaced.positions.copy()
    relaxed = relax(displaced, fmax=0.005, calculator=EMT())
    # Minimum of the energy along the lattice parameter, by plain search with the same potential.
    energies = {a: _energy(a) for a in np.arange(3.57, 3.61, 0.001)}
    assert (relaxed.get_volume() / 8 * 4) ** (1 / 3) == pytest.approx(min(energies, key=energies.get), abs=0.002)
    assert relaxed.info["converged"]
    assert relaxed.info["fmax_reached"] <= 0.005
    assert relaxed.info["stress_reached"] < 0.1
    assert relaxed.info["name"] == "copper"
    assert relaxed.calc is None
    np.testing.assert_array_equal(displaced.positions, before)


def _energy(a):
    atoms = bulk("Cu", a=a)
    atoms.calc = EMT()
    return atoms.get_potential_energy()


def test_stress_is_small_in_a_large_cell():
    # With ASE's default cell factor this start would count as relaxed: -1.1 GPa in 108 atoms, largest "force" 0.08.
    start = bulk("Cu", a=3.58, cubic=True).repeat((3, 3, 3))
    relaxed = relax(start, fmax=0.1, calculator=EMT())
    assert relaxed.info["n_steps"] > 0
    assert relaxed.info["stress_reached"] < 0.2


def test_fixed_cell(displaced):
    relaxed = relax(displaced, relax_cell=False, calculator=EMT())
    np.testing.assert_array_equal(relaxed.cell.array, displaced.cell.array)
    assert relaxed.info["fmax_reached"] <= 0.02


def test_unfinished_relaxation_warns(displaced):
    with pytest.warns(PeakscapeWarning, match="not relaxed after 1 steps"):
        assert not relax(displaced, max_steps=1, calculator=EMT()).info["converged"]


@pytest.mark.parametrize("bad", [{"fmax": 0.0}, {"max_steps": 0}])
def test_bad_settings(displaced, bad):
    with pytest.raises(InputError, match="expected fmax > 0"):
        relax(displaced, calculator=EMT(), **bad)


def test_batch_goes_on_where_it_was_killed(tmp_path, displaced):
    path = tmp_path / "relaxed.jsonl"
    copper, silver = displaced, bulk("Ag", a=4.0)
    first = relax_all([copper, silver], path, calculator=CountingEMT(), progress=False)
    lines = path.read_text().splitlines(keepends=True)
    assert [json.loads(line)["energy"] for line in lines] == [atoms.info["energy"] for atoms in first]
    path.write_text(lines[0] + lines[1][:100])  # as a kill in the middle of a write leaves it

    CountingEMT.n_calls = 0
    second = relax_all([silver, copper], path, calculator=CountingEMT(), progress=False)
    for one, other in zip(first, second[::-1], strict=True):
        np.testing.assert_allclose(one.positions, other.positions)
        np.testing.assert_allclose(one.cell.array, other.cell.array)
    assert 0 < CountingEMT.n_calls <= first[1].info["n_steps"] + 2  # silver only

    CountingEMT.n_calls = 0
    relax_all([silver, copper], path, calculator=CountingEMT(), progress=False)
    assert CountingEMT.n_calls == 0
    assert second[1].info["name"] == "copper"


def test_other_files_are_refused(tmp_path, displaced):
    path = tmp_path / "notes.txt"
    path.write_text("two theta\n")
    with pytest.raises(InputError, match="not a file of relaxation results"):
        relax_all([displaced], path, calculator=EMT(), progress=False)
    assert path.read_text() == "two theta\n"


def test_missing_chgnet_gives_the_install_line(monkeypatch, displaced):
    monkeypatch.setitem(sys.modules, "chgnet", None)
    monkeypatch.setitem(sys.modules, "chgnet.model", None)
    load_calculator.cache_clear()
    with pytest.raises(MissingExtra, match=r"peakscape\[relax\]"):
        relax(displaced)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"peakscape\[relax\]"), torch_threads(1):
        pass
