"""Small series whose peaks move and grow: their makers."""

import numpy as np
import xarray as xr

from peakscape import spectra

TWO_THETA = np.arange(20.0, 60.0, 0.2)
ENERGY = np.arange(5960.0, 6080.0, 1.0)
WAVELENGTH = 1.5406


def pattern(x: float, two_theta: np.ndarray = TWO_THETA) -> np.ndarray:
    """Four peaks that move with x; a fifth stands where x is 0.5 or more."""
    peaks = [(25.0 + x, 1.0), (33.0 + 1.5 * x, 0.5), (41.0 + 1.8 * x, 0.7), (50.0 + 2.0 * x, 0.3 + 0.2 * x)]
    peaks += [(56.0, 0.6)] if x >= 0.5 else []
    return sum(height * np.exp(-(((two_theta - at) / 0.4) ** 2)) for at, height in peaks)


def alloy(x, *, labels=("x",), name=None, two_theta=TWO_THETA, **more) -> xr.Dataset:
    """A series of patterns with the labels wanted: x, composition, phase, batch."""
    values = np.asarray(x, dtype=np.float64)
    known = {
        "x": values,
        "phase": np.where(values < 0.5, "alpha", "beta"),
        "batch": np.arange(len(values)) % 2,
    }
    given = {key: known[key] for key in labels if key in known}
    if "composition" in labels:
        more |= {"composition": np.stack([1.0 - values, values], axis=1), "elements": ["Fe", "Co"]}
    names = [f"x{value:.3f}" for value in values] if name is None else name
    rows = [pattern(value, two_theta) for value in values]
    return spectra.make(
        rows, **{"two_theta": two_theta, "wavelength": WAVELENGTH, "name": names, "labels": given} | more
    )


WIDE = np.arange(15.0, 60.0, 0.1)
AT = np.array([22.0, 27.0, 33.0, 38.0, 45.0, 51.0])


def peaks(at, height=1.0) -> np.ndarray:
    """Peaks of one height, at places (..., n_peaks)."""
    return (height * np.exp(-(((WIDE - np.asarray(at)[..., None]) / 0.25) ** 2))).sum(axis=-2)


def solution(x, strange=0.0) -> xr.Dataset:
    """A cell that shrinks by 4 %, and another phase with a peak at 29.5 degrees."""
    sines = np.sin(np.radians(AT / 2.0)) * (1.0 + 0.04 * np.asarray(x)[:, None])
    rows = peaks(2.0 * np.degrees(np.arcsin(sines))) + np.asarray(strange)[..., None] * peaks([29.5])
    names = [f"x{value:.3f}" for value in x]
    return spectra.make(rows, two_theta=WIDE, wavelength=WAVELENGTH, labels={"x": x}, name=names)


def edges(kinds, *, seed: int = 0, **more) -> xr.Dataset:
    """Absorption edges with a white line by kind, a little noise."""
    random = np.random.default_rng(seed)
    rows = [
        0.5
        + np.arctan((ENERGY - 5989.0) / 2.0) / np.pi
        + 0.6 * np.exp(-(((ENERGY - 5996.0 - 9.0 * kind) / 5.0) ** 2))
        + 2e-3 * random.standard_normal(len(ENERGY))
        for kind in kinds
    ]
    labels = {"compound": [f"kind {kind:g}" for kind in kinds]}
    names = [f"{number}" for number in range(len(rows))]
    return spectra.make(rows, **{"energy": ENERGY, "kind": "absorption", "name": names, "labels": labels} | more)


def same(one: xr.Dataset, other: xr.Dataset) -> None:
    """Two answers are the same, bit by bit."""
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        a, b = one[name].values, other[name].values
        assert a.dtype.kind == b.dtype.kind, name
        np.testing.assert_array_equal(a, b, err_msg=str(name))
