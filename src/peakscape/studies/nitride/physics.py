"""From the map to the physics: clusters and their names, axes, energy windows, spectra in between."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from peakscape import analysis
from peakscape.analysis.clusters import ClusterDescriptions, cluster_agreement, dense_groups
from peakscape.analysis.distances import map_distances
from peakscape.analysis.generation import InterpolatedSpectra
from peakscape.studies.nitride import spectra as material
from peakscape.studies.nitride.compute import NitrideSettings
from peakscape.studies.nitride.spectra import Array, Nitride

FEATURES = (
    *("pi_star_energy", "pi_star_height", "sigma_star_distance", "anisotropy", "onset", "p_dos_edge", "s_dos_edge"),
    *("gap", "lowest_excitation", "n_in_gap_states", "moment", "strain"),
)
"""Numbers that the map is asked about."""
CLASSES = ("phase", "layered", "kind", "defect", "site")
P_STATES, N_STATES = "absorber_p", 600
"""The channel of the densities of states that is drawn, and its points."""
WINDOW = 3.0
"""Width of the windows whose importance is measured, eV."""
ENDS = ("h-BN.pristine.B0", "c-BN.pristine.B0")
"""Between these the spectra in between are made."""


@dataclass(frozen=True)
class Clusters:
    """Clusters of a map found without labels, each sample once.

    `points` (n_samples, 2), the cluster of each in `labels` (-1 for none), what the members share, and the adjusted
    Rand index with the phases, samples in no cluster left out.
    """

    points: Array
    labels: NDArray[np.intp]
    described: ClusterDescriptions
    agreement: float


def quantities(nitride: Nitride) -> dict[str, NDArray[Any]]:
    """Features and classes of the samples once each, those that take more than one value."""
    found = {name: nitride.label(name, variants=False) for name in (*FEATURES, *CLASSES)}
    return {name: values for name, values in found.items() if len(np.unique(values[values == values])) > 1}


def clusters(nitride: Nitride, space: Any, settings: NitrideSettings) -> Clusters:
    """Find clusters on a map without labels, and name them by what their members share."""
    points = np.asarray(space.transform(nitride.first_variant))
    labels = dense_groups(map_distances(points))
    structure = nitride.label("structure", variants=False)
    described = analysis.describe_clusters(labels, quantities(nitride), groups=structure, random_state=settings.seed)
    return Clusters(points, labels, described, cluster_agreement(labels, nitride.label("phase", variants=False)))


def typical(nitride: Nitride, found: Clusters) -> dict[int, int]:
    """Return of each cluster the number of the sample most typical of it: the nearest to the others, as spectra."""
    chosen = {}
    for one in sorted(int(label) for label in set(found.labels[found.labels >= 0])):
        members = np.flatnonzero(found.labels == one)
        rows = nitride.first_variant[members]
        chosen[one] = int(members[cdist(rows, rows).sum(axis=1).argmin()])
    return chosen


def densities_of_states(nitride: Nitride, numbers: list[int]) -> tuple[Array, Array]:
    """Return the p states of the absorbers of some samples (n_samples, n_energies), on one axis of energies in eV."""
    chosen = [nitride.found[number] for number in numbers]
    low = max(one.dos_energy[0] for one in chosen)
    high = min(one.dos_energy[-1] for one in chosen)
    energy = np.linspace(low, high, N_STATES)
    rows = [np.interp(energy, one.dos_energy, one.dos[one.dos_channels.index(P_STATES)]) for one in chosen]
    return energy, np.array(rows)


def associations(nitride: Nitride, found: Clusters, settings: NitrideSettings) -> pd.DataFrame:
    """Relate axes, plane and clusters to all quantities, by permutations of whole structures."""
    structure = nitride.label("structure", variants=False)
    return analysis.associate(
        found.points, quantities(nitride), clusters=found.labels, groups=structure, random_state=settings.seed
    )


def asked_windows(nitride: Nitride) -> dict[str, tuple[NDArray[np.bool_], NDArray[Any]]]:
    """Name what windows of the energy are to keep apart: layered phases or not, c-BN and w-BN, h-BN and r-BN."""
    phase, layered = (nitride.label(name, variants=False) for name in ("phase", "layered"))
    everything = np.ones(nitride.n_samples, dtype=bool)
    return {"layered": (everything, layered), "c-BN or w-BN": (~layered, phase), "h-BN or r-BN": (layered, phase)}


def windows(nitride: Nitride, space: Any, asked: str) -> pd.DataFrame:
    """Tell which windows of the energy keep classes apart on the map.

    A structure is classified without its twins, each of which is of another phase and nearer than most of its own.
    """
    kept, classes = asked_windows(nitride)[asked]
    found = analysis.window_importance(
        space, nitride.first_variant[kept], classes[kept].astype(str), axis=material.AXIS, width=WINDOW,
        groups=nitride.twins(variants=False)[kept],
    )  # fmt: skip
    counts = np.unique(classes[kept].astype(str), return_counts=True)[1]
    n_groups = len(np.unique(nitride.twins(variants=False)[kept]))
    return found.assign(chance=counts.max() / counts.sum(), n_groups=n_groups)


def between(nitride: Nitride, space: Any) -> InterpolatedSpectra:
    """Spectra on the straight line from perfect h-BN to perfect c-BN, judged by all other spectra."""
    values = nitride.first_variant
    names = [one.name for one in nitride.found]
    start, stop = (names.index(name) for name in ENDS)
    known = np.array([number for number in range(len(values)) if number not in (start, stop)])
    return analysis.interpolate_spectra(space, values[start], values[stop], known=values[known])
