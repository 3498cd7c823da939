"""Edges with known answers: found, normalised, refused in one line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape import absorption, formats
from peakscape.absorption.scans import normalize_scan
from peakscape.errors import FormatError, InputError
from peakscape.formats import Scan

ENERGY = np.concatenate(
    [np.arange(6900.0, 7090.0, 5.0), np.arange(7090.0, 7160.0, 0.5), np.arange(7160.0, 7700.0, 3.0)]
)


def edge(energy, place=7112.0, width=2.0):
    return 0.5 + np.arctan((energy - place) / width) / np.pi


def raw(step=0.8, place=7112.0, slope=-2e-4, bend=3e-7):
    distance = ENERGY - place
    line = 2.0 + slope * distance
    return line + step * edge(ENERGY, place) * (1 + bend * np.clip(distance, 0, None) ** 2)


def scan(values, *, energy=ENERGY, element="Fe", signal="transmission", reference=None):
    notes = {"signal": signal} if signal else {}
    return Scan("energy", energy, values, "a", "a.xdi", metadata=notes, element=element, edge="K", reference=reference)


@settings(max_examples=30, deadline=None)
@given(place=st.floats(7100, 7150), step=st.floats(0.01, 5), offset=st.floats(-5, 5), slope=st.floats(-1e-3, 1e-3))
def test_known_edge(place, step, offset, slope):
    measured = offset + slope * (ENERGY - 7000) + step * edge(ENERGY, place)
    found = absorption.normalize(ENERGY, measured)
    assert found.edge_energy == pytest.approx(place, abs=0.1)
    assert found.edge_step == pytest.approx(step, rel=0.03)  # the arctangent is not yet 1 where the fit begins
    assert found.flattened[-1] == pytest.approx(1, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(1e-3, 1e3), offset=st.floats(-10, 10), slope=st.floats(-1e-3, 1e-3))
def test_neither_thickness_nor_background_matters(factor, offset, slope):
    plain = absorption.normalize(ENERGY, raw())
    other = absorption.normalize(ENERGY, factor * (raw() + offset + slope * ENERGY), edge_energy=plain.edge_energy)
    assert other.edge_step == pytest.approx(factor * plain.edge_step, rel=1e-6)
    assert np.allclose(other.flattened, plain.flattened, atol=1e-6)


def test_flattening_takes_the_curvature_out_above_the_edge_only():
    found = absorption.normalize(ENERGY, raw(bend=2e-6), edge_energy=7112.0)
    after = ENERGY > 7112 + 25
    assert np.ptp(found.normalized[after]) > 0.3
    assert np.ptp(found.flattened[after]) < 0.03
    assert np.array_equal(found.flattened[ENERGY < 7112], found.normalized[ENERGY < 7112])


def test_victoreen_takes_out_a_power_law():
    background = 3.0 * (ENERGY / 7000.0) ** -3
    plain, victoreen = (
        absorption.normalize(ENERGY, background + edge(ENERGY), edge_energy=7112.0, victoreen=power) for power in (0, 3)
    )
    below = ENERGY < 7000
    assert np.abs(victoreen.normalized[below]).max() < np.abs(plain.normalized[below]).max()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (2.0 - 1e-3 * (ENERGY - 6900), "no edge in range|falls"),
        (2.0 + 1e-3 * np.random.default_rng(0).normal(size=len(ENERGY)), "no edge in range"),
        (1e8 * ENERGY**-3.0, "no edge in range|falls|post-edge"),
        (-raw(), "falls|no edge"),
        (np.full(len(ENERGY), np.nan), "finite"),
    ],
)
def test_what_is_no_edge(values, message):
    with pytest.raises(InputError, match=message):
        absorption.normalize(ENERGY, values, near=7112.0)
    with pytest.raises(FormatError, match=r"a\.xdi: "):
        normalize_scan(scan(values))


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        (ENERGY / 1000, "no edge near 7112 eV.* looks like keV"),
        (np.linspace(15.0, 17.0, len(ENERGY)), "no edge near 7112 eV.*angles in degree"),
        (ENERGY + 2000, "no edge near 7112 eV: the scan runs from 8900 to 9"),
        (ENERGY[:3], "10 points"),
        (ENERGY[::-1], "rise"),
    ],
)
def test_axis_without_the_edge(energy, message):
    with pytest.raises(FormatError, match=message):
        normalize_scan(scan(raw()[: len(energy)], energy=energy))


def test_two_absorbers_in_one_scan():
    mixed = raw() + 0.4 * edge(ENERGY, 7400.0)
    with pytest.raises(FormatError, match=r"a\.xdi: a second edge stands at about 7(39|40)\d eV"):
        normalize_scan(scan(mixed))
    assert normalize_scan(scan(mixed), post_edge=(25, 250)).intensity[-1] > 1.2


def test_what_a_scan_keeps():
    done = normalize_scan(scan(raw()))
    assert done.metadata["edge_energy"] == pytest.approx(7112, abs=0.1)
    assert done.metadata["edge_step"] == pytest.approx(0.8, rel=0.03)
    assert done.metadata["signal"] == "transmission, flattened"
    assert done.element == "Fe"
    again = normalize_scan(done)
    assert again is done  # what is done is not done twice
    plain = scan(raw(), signal="")
    assert normalize_scan(plain) is plain
    assert normalize_scan(plain, everything=True).metadata["edge_step"] == pytest.approx(0.8, rel=0.03)


def test_calibration_of_a_scan():
    done = normalize_scan(scan(raw(place=7110.0), reference=edge(ENERGY, 7109.5)), calibrate_to=7112.0)
    assert done.metadata["energy_shift"] == pytest.approx(2.5, abs=0.1)
    assert done.metadata["edge_energy"] == pytest.approx(7112.5, abs=0.1)
    with pytest.raises(FormatError, match="no reference"):
        normalize_scan(scan(raw()), calibrate_to=7112.0)


def test_diffraction_is_left_alone():
    pattern = Scan("two_theta", np.array([5.0, 6.0]), np.array([1.0, 2.0]), "a", "a.xy")
    assert normalize_scan(pattern) is pattern


def test_reading_normalises_before_it_cuts(tmp_path):
    """A short scan bounds the common range, not the ranges of the other's fits."""
    for name, points in (("long", ENERGY), ("short", ENERGY[ENERGY < 7300])):
        rows = zip(points, raw()[: len(points)], strict=True)
        (tmp_path / f"{name}.dat").write_text("energy mu\n" + "".join(f"{e} {v}\n" for e, v in rows))
    whole = absorption.normalize(ENERGY, raw())
    read = formats.read(tmp_path, each=normalize_scan, resample=True)
    assert read.name.values.tolist() == ["long", "short"]
    assert read.energy.values[-1] < 7300
    assert np.allclose(read.intensity.values[0], whole.flattened[: read.sizes["energy"]], atol=1e-9)
    assert read.edge_energy.attrs == {"units": "eV"}
