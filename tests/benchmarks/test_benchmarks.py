"""The benchmark suite counts, compares and writes what it says. Nothing here is timed."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import gemmi
import numpy as np
import pytest

from benchmarks import exact, growth, limits, report, series, targets, timing

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results.json"


def test_pairs_alternate_and_ratios_are_per_unit() -> None:
    calls: list[str] = []
    seconds = {"ours": 2.0, "peer": 30.0}

    def clock(work: timing.Work) -> float:
        work()
        return seconds[calls[-1]]

    pair = timing.paired_ratio(
        lambda: calls.append("ours"), lambda: calls.append("peer"), n_pairs=3, our_units=4, peer_units=2, clock=clock
    )
    assert calls == ["ours", "peer"] * 3
    assert pair["median"] == pytest.approx((30.0 / 2) / (2.0 / 4))


def test_exponent_of_a_power_law() -> None:
    sizes = [1.0, 2.0, 5.0, 10.0, 100.0]
    assert growth.exponent(sizes, [3.0 * size**1.7 for size in sizes]) == pytest.approx(1.7)


def test_exact_sum_meets_gemmi() -> None:
    atoms = series.random_cell(6)
    atoms.symbols = "C2N2O2"  # so light that f'', which gemmi's sum does not take, is below 1e-3 of f0
    hkl, s = exact.reflections(atoms, 0.5, 18.0)
    cell = gemmi.UnitCell(*atoms.cell.cellpar())
    d_min = 0.5 / (2.0 * np.sin(np.radians(9.0)))
    assert len(hkl) == 2 * len(gemmi.make_miller_array(cell, gemmi.SpaceGroup("P 1"), d_min))
    assert 0.5 / s == pytest.approx([cell.calculate_d(list(map(int, index))) for index in hkl])
    small = gemmi.SmallStructure()
    small.cell, small.spacegroup_hm = cell, "P 1"
    for symbol, position in zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(), strict=True):
        site = gemmi.SmallStructure.Site()
        site.type_symbol, site.element, site.occ = symbol, gemmi.Element(symbol), 1.0
        site.fract = gemmi.Fractional(*position)
        small.add_site(site)
    calculator = gemmi.StructureFactorCalculatorX(cell)
    for symbol in set(atoms.get_chemical_symbols()):
        element = gemmi.Element(symbol)
        calculator.addends.set(element, gemmi.cromer_liberman(element.atomic_number, gemmi.hc / 0.5)[0])
    summed = [abs(calculator.calculate_sf_from_small_structure(small, list(map(int, index)))) ** 2 for index in hkl]
    assert exact.intensities(atoms, hkl, s, 0.5) == pytest.approx(summed, rel=1e-3, abs=0.05)


def test_gaussians_keep_their_area_and_place() -> None:
    axis = np.arange(10.0, 20.0, 0.01)
    summed = exact.gaussians(axis, np.array([15.003]), np.array([2.0]), 0.1)
    peak = np.exp(-4.0 * np.log(2.0) * ((axis - 15.003) / 0.1) ** 2)
    assert summed == pytest.approx(2.0 * peak, abs=1e-12)


def test_operations_of_training_are_those_of_its_layers() -> None:
    ends = [20, 128, 64, 12, 2, 12, 64, 128, 20]
    forward = sum(2 * n_in * n_out for n_in, n_out in pairwise(ends))
    backward = 2 * forward - 2 * ends[0] * ends[1]
    weights = forward // 2
    assert limits.train_operations(20, 30, 5) == 5 * (30 * (forward + backward) + 3 * 12 * weights)


def test_targets_judge_both_ways() -> None:
    results = {"simulate": {"52": {"patterns_per_s": 999.0}}, "startup": {"import_s": 0.2}}
    rows = {row["key"]: row["reached"] for row in targets.judge(results)}
    assert rows == {"simulate.52.patterns_per_s": False, "startup.import_s": True}


@pytest.mark.slow
def test_a_quick_run_writes_results(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks.run", "--quick", "--parts", "limits", "startup", "--out", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["quick"] is True
    assert results["limits"]["float32"]["large"] > 0
    assert min(results["startup"]["import_s"], results["startup"]["python_s"]) > 0
    assert {row["key"] for row in results["targets"]} >= {"startup.import_s", "startup.help_s"}


@pytest.mark.skipif(not RESULTS.exists(), reason="benchmarks/results.json is not here: run `make bench`")
def test_the_page_is_that_of_the_results() -> None:
    results = json.loads(RESULTS.read_text())
    assert (ROOT / "docs" / "performance.md").read_text() == report.page(results)
    wanted = (
        *("simulate.52.patterns_per_s", "simulate.104.patterns_per_s", "simulate.52.ratio.pymatgen"),
        *("simulate.52.max_error", "train.ten_members_s", "train.compile_s", "train.ratio.torch_eager"),
        *("train.ratio.torch_fused", "relevance.ms_per_pattern", "relevance.ratio.masked_copies", "startup.import_s"),
    )
    assert [key for key in wanted if targets.lookup(results, key) is None] == []
    assert not results["quick"]
