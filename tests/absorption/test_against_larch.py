"""Normalisation against Larch's numbers on 75 measured scans (made by benchmarks/compare_larch.py)."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from peakscape import absorption, formats
from peakscape.absorption.scans import normalize_scan

REFERENCE = json.loads((Path(__file__).parent / "larch_reference.json").read_text())["files"]
DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[2] / "../shared/data")) / "xas-library"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"measured scans are not there: {DATA}")


@pytest.fixture(scope="module")
def scans():
    return {name: formats.read(DATA / name) for name in REFERENCE}


def curve(dataset):
    return dataset.energy.values, dataset.intensity.values[0]


def test_same_points_give_the_same_numbers(scans):
    """With the points that Larch's ranges choose, all but rounding agrees."""
    for name, known in REFERENCE.items():
        energy, measured = curve(scans[name])
        edge = known["edge_energy"]
        ranges = {key: tuple(np.array(known[key]) - edge + [-1e-6, 1e-6]) for key in ("pre_edge", "post_edge")}
        found = absorption.normalize(energy, measured, edge_energy=edge, degree=known["degree"], **ranges)
        assert found.edge_step == pytest.approx(known["edge_step"], rel=1e-6), name
        assert np.abs(found.flattened[known["points"]] - known["flattened"]).max() < 1e-6, name


def test_on_our_own(scans):
    """Edge, ranges and all found by ourselves; the edge is refined between points, and counted from the nearest."""
    edges, steps, curves = [], [], []
    for name, known in REFERENCE.items():
        found = absorption.normalize(*curve(scans[name]))
        edges.append(abs(found.edge_energy - known["edge_energy"]))
        steps.append(abs(found.edge_step / known["edge_step"] - 1))
        curves.append(np.abs(found.flattened[known["points"]] - known["flattened"]).max())
    assert np.median(edges) < 0.2
    assert max(edges) < 0.55  # the steps of the scans are 0.5 and 0.6 eV there
    assert np.median(steps) < 1e-6
    assert max(steps) < 0.003
    assert max(curves) < 0.003


def test_glitches_are_seen_where_there_are_some(scans):
    """Three scans of one beam line have spikes at 6718 eV and above, to be seen by eye; the other 72 have none."""
    for name, dataset in scans.items():
        energy, measured = curve(dataset)
        removed = absorption.deglitch(energy, measured, edge_energy=REFERENCE[name]["edge_energy"]).removed
        if "ssrl4_1" in name:
            assert 6717.946 in removed["energy"].tolist(), name
            assert removed["energy"].min() > 6600
        else:
            assert removed.empty, name


def test_all_pass_as_scans_of_one_edge():
    read = formats.read(DATA / "Cr", each=normalize_scan, resample=True)
    assert read.sizes["sample"] == 43
    assert read.attrs["element"] == "Cr"
    assert set(read.temperature.values.tolist()) == {15.0, 100.0, 295.0}
    after = read.intensity.values[:, read.energy.values > 6300]
    assert np.abs(after.mean(axis=1) - 1).max() < 0.02
    before = read.intensity.values[:, read.energy.values < 5940]
    assert np.abs(before).max() < 0.05


def test_calibration_by_the_foil_brings_repeats_together():
    """The chromium foil measured beside each sample is the same: calibrated, its edge lies at one energy."""
    kept = [DATA / "Cr" / f"cr2o3_{name}.xdi" for name in ("100K_001", "100K_002", "15K_001", "rt_001")]
    for path in kept:
        [scan] = formats.registry.scans_of(path)
        shift = absorption.calibrate(scan.points, scan.reference, known_energy=5989.0)
        assert abs(shift) < 5
        moved = absorption.find_edge_energy(scan.points + shift, scan.reference, near=5989.0, smoothing="gauss")
        assert moved == pytest.approx(5989.0, abs=0.02)
