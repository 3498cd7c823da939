"""Where the reflections of known structures lie on the axis of a space: ticks and indices under a spectrum."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.diffraction import reflections
from peakscape.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms

    from peakscape.feature_space import FeatureSpace

LEAST_INTENSITY = 1e-3
"""Of the strongest reflection; weaker ones get no tick."""
LONGEST = 179.0
"""Degrees: no reflection lies higher."""


def lines_of(space: "FeatureSpace", structures: "Mapping[str, Atoms]") -> list[dict[str, Any]]:
    """Return the reflections of structures on the axis of a space, in ascending order.

    Parameters
    ----------
    space
        Of diffraction patterns, on two_theta or q, of a known wavelength.
    structures
        By name.

    Returns
    -------
    list of dict
        ``name``, ``positions`` and ``intensity`` (1: the strongest), each of shape (n_reflections,), and ``hkl``.

    Raises
    ------
    InputError
        If the space has no wavelength or no such axis.
    """
    if not structures:
        return []
    wavelength, axis = space.known_.attrs.get("wavelength"), space.axis_name
    if wavelength is None or axis not in ("two_theta", "q"):
        raise InputError(f"hkl need patterns on two_theta or q of a known wavelength; this space is on {axis}")
    found = []
    for name, atoms in structures.items():
        last = float(space._axis[-1])
        if axis == "q":
            last = float(2.0 * np.degrees(np.arcsin(min(last * wavelength / (4.0 * np.pi), 1.0))))
        listed = reflections(
            atoms, wavelength=wavelength, two_theta_max=min(last, LONGEST), min_intensity=LEAST_INTENSITY
        )
        positions = listed.two_theta if axis == "two_theta" else 2.0 * np.pi / listed.d_spacing
        found.append(
            {
                "name": name,
                "positions": positions.astype(np.float32),
                "intensity": (listed.intensity / listed.intensity.max()).astype(np.float32),
                "hkl": [str(one) for one in listed.table()["hkl"]],
            }
        )
    return found
