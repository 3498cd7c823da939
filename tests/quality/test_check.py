"""Alerts are raised where a measurement is spoilt, and not where it is good: on the simulated measurements of the benchmark."""

import json

import numpy as np
import pytest

from benchmarks import checks
from peakscape import datasets, spectra
from peakscape.errors import InputError
from peakscape.quality import check

SEEDS = (200, 201)
CODES = [*checks.spoilt_patterns(np.random.default_rng(0)), *checks.spoilt_scans(np.random.default_rng(0))]
SOMETIMES = {
    "k_alpha2 (any width)",
    "smoothed",
    "smoothed (moving average)",
    "damped",
}  # caught in most cases: docs/check.md counts them


@pytest.fixture(scope="module")
def spoilt() -> dict[str, list]:
    found: dict[str, list] = {}
    for seed in SEEDS:
        rng = np.random.default_rng([seed, 20])
        for code, dataset in {**checks.spoilt_patterns(rng), **checks.spoilt_scans(rng)}.items():
            found.setdefault(code, []).append(dataset)
    return found


@pytest.mark.parametrize("code", [code for code in CODES if code not in SOMETIMES])
def test_what_is_spoilt_is_told(code, spoilt):
    for dataset in spoilt[code]:
        which = dataset.attrs.pop("which", None)
        structure = checks.CRYSTALS[which]() if code == "displaced" else None
        assert code in {one.code for one in check(dataset, structure=structure)}


def test_good_measurements_get_no_alert():
    for seed in SEEDS:
        rng = np.random.default_rng([seed, 21])
        for dataset in (checks.good_pattern(rng), checks.good_scan(rng), checks.good_set(rng)):
            assert check(dataset) == []


def test_alerts_come_in_the_order_of_their_level_and_tell_what_to_do():
    rng = np.random.default_rng(3)
    row = checks.good_pattern(rng)["intensity"].values[0]
    bad = spectra.make(np.minimum(row, row.max() // 2)[::6], two_theta=15.0 + 0.12 * np.arange(len(row[::6])))
    found = check(bad)
    assert [one.level for one in found] == sorted(one.level for one in found)
    assert {"no_wavelength", "saturated"} <= {one.code for one in found if one.level == "A"}
    assert all(one.advice and "{" not in one.text for one in found)
    assert {one.code for one in check(bad, level="A")} == {one.code for one in found if one.level == "A"}


def test_another_structure_is_told():
    rng = np.random.default_rng(5)
    pattern = checks.container(rng.poisson(checks.pattern(rng, 0, counts=2e4)).astype(float))
    assert "not_the_structure" in {one.code for one in check(pattern, structure=checks.CRYSTALS[4]())}


def test_texture_and_a_second_phase_are_told():
    for code, (dataset, structure) in checks.beside_structure(np.random.default_rng(1), 1).items():
        assert code.split(" ")[0] in {one.code for one in check(dataset, structure=structure)}


def test_a_structure_needs_patterns_with_a_wavelength():
    with pytest.raises(InputError, match="absorption spectra"):
        check(checks.good_scan(np.random.default_rng(0)), structure=checks.CRYSTALS[0]())
    pattern = checks.good_pattern(np.random.default_rng(0))
    del pattern.attrs["wavelength"]
    with pytest.raises(InputError, match="--wavelength"):
        check(pattern, structure=checks.CRYSTALS[0]())


def test_a_constant_and_a_short_curve_are_answered():
    flat = spectra.make(np.ones((1, 30)), two_theta=np.arange(10.0, 40.0), wavelength=1.5)
    short = spectra.make(np.arange(5.0)[None], energy=np.arange(7000.0, 7005.0), kind="absorption")
    assert [one.code for one in check(flat)] == ["few_peaks"]
    assert [one.code for one in check(short)] == ["no_edge"]


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (6900.0, "ends at 7099.0 eV, before the tabulated 7112.0 eV of Fe K"),
        (7200.0, "begins at 7200.0 eV, after the tab"),
    ],
)
def test_a_scan_that_never_reaches_its_edge_is_told_so_and_not_that_its_columns_are_swapped(start, told):
    energy = start + np.arange(200.0)
    scan = spectra.make((1.5 - 1e-3 * (energy - start))[None], energy=energy, kind="absorption")
    scan.attrs.update(element="Fe", edge="K")
    [alert] = [one for one in check(scan) if one.code == "no_edge"]
    assert told in alert.text
    scan.attrs["element"] = "Co" if start > 7150 else "Mn"
    edge_of_another = [one.text for one in check(scan) if one.code == "no_edge"]
    assert told not in edge_of_another[0]


@pytest.mark.parametrize("name", datasets.measured_names())
def test_no_shipped_set_has_an_alert_of_the_gravest_kind(name):
    assert check(datasets.load_measured(name), level="A") == []


def test_weighed_mixtures_hold_k_alpha2_and_nothing_graver():
    found = check(datasets.load_measured("weighed-mixtures"))
    assert {one.code for one in found} == {"k_alpha2"}


def test_command(capsys, tmp_path):
    from peakscape.cli import main

    datasets.write_measured("weighed-mixtures", tmp_path)
    files = sorted(str(path) for path in tmp_path.rglob("*8min.xrdml"))[:2]
    assert main(["check", *files, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_spectra"] == 2
    assert told["counts"]["A"] == 0
    assert main(["check", *files]) == 0
    assert "2 spectra" in capsys.readouterr().out
