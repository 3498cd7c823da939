"""Densities of states of computed edges, on the axis of a space: areas beside a spectrum, as lines beside a pattern."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.errors import InputError
from peakscape.explorer.packing import Rounded

if TYPE_CHECKING:
    from peakscape.absorption import CoreHoleSpectrum
    from peakscape.feature_space import FeatureSpace

CHANNELS = ("absorber_s", "absorber_p", "absorber_d")
"""Those of the absorbing atom: its edge is made of them."""


def states_of(
    space: "FeatureSpace", computed: "Sequence[CoreHoleSpectrum]", *, offset: float = 0.0
) -> list[dict[str, Any]]:
    """Return the absorber's densities of states of known samples, where calculations of the same name hold them.

    Parameters
    ----------
    space
        Of absorption spectra.
    computed
        Calculations, found by the names of the samples; others are left out.
    offset
        Added to computed energies, in eV, as to the spectra that the space was fitted to.

    Returns
    -------
    list of dict
        ``name``; ``channels``, the letters of the angular momenta; ``first`` and ``step`` of the energies in eV, on the
        axis of the space; and ``values`` (n_channels, n_energies), states per eV, spin and cell with the core hole.

    Raises
    ------
    InputError
        If the space is not of absorption spectra, or no calculation is one of its samples.
    """
    if not computed:
        return []
    if space.axis_name != "energy":
        raise InputError(f"densities of states stand beside absorption spectra; this space is on {space.axis_name}")
    names, first, last = set(space.names), float(space._axis[0]), float(space._axis[-1])
    told = []
    for one in computed:
        chosen = [channel for channel in CHANNELS if channel in one.dos_channels]
        energy = one.edge_energy + offset + one.dos_energy
        seen = np.flatnonzero((energy >= first) & (energy <= last))
        if one.name not in names or not chosen or len(seen) < 2:
            continue
        rows = np.array([one.dos[one.dos_channels.index(channel)][seen] for channel in chosen])
        told.append(
            {
                "name": one.name,
                "channels": [channel.removeprefix("absorber_") for channel in chosen],
                "first": float(energy[seen[0]]),
                "step": float(energy[seen[-1]] - energy[seen[0]]) / (len(seen) - 1),
                "values": Rounded(rows),
            }
        )
    if not told:
        raise InputError("none of the calculations is a sample of this space and holds states of its absorber")
    return told
