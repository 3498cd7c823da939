"""From the map to the physics: clusters and their names, axes, energy windows, spectra in between."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from peakscape import analysis
from peakscape.studies import nitride_spectra as material
from peakscape.studies.nitride_parts import NitrideSettings
from peakscape.studies.nitride_spectra import Nitride

Array = NDArray[np.float64]
FEATURES = (
    *("pi_star_energy", "pi_star_height", "sigma_star_distance", "anisotropy", "onset", "p_dos_edge", "s_dos_edge"),
    *("gap", "lowest_excitation", "n_in_gap_states", "moment", "strain"),
)
"""Numbers that the map is asked about."""
CLASSES = ("phase", "layered", "kind", "defect", "site")
WINDOW = 3.0
"""Width of the windows whose importance is measured, eV."""
ENDS = ("h-BN.pristine.B0", "c-BN.pristine.B0")
"""Between these the spectra in between are made."""


@dataclass(frozen=True)
class Clusters:
    """Clusters of a map found without labels.

    Attributes
    ----------
    points
        The samples on the map, once each (n_samples, 2).
    labels
        Cluster of each, -1 for none.
    described
        What the members share.
    agreement
        Adjusted Rand index of the clusters with the phases, samples in no cluster left out.
    """

    points: Array
    labels: NDArray[np.intp]
    described: analysis.ClusterDescriptions
    agreement: float


def quantities(nitride: Nitride) -> dict[str, NDArray[Any]]:
    """Features and classes of the samples once each, those that take more than one value."""
    found = {name: nitride.label(name, variants=False) for name in (*FEATURES, *CLASSES)}
    return {name: values for name, values in found.items() if len(np.unique(values[values == values])) > 1}


def clusters(nitride: Nitride, space: Any, settings: NitrideSettings) -> Clusters:
    """Find clusters on a map without labels, and name them by what their members share."""
    points = np.asarray(space.transform(nitride.first_variant))
    labels = analysis.dense_groups(analysis.map_distances(points))
    described = analysis.describe_clusters(
        labels,
        quantities(nitride),
        groups=nitride.label("structure", variants=False),
        random_state=settings.seed,
    )
    return Clusters(points, labels, described, _agreement(labels, nitride.label("phase", variants=False)))


def associations(nitride: Nitride, found: Clusters, settings: NitrideSettings) -> pd.DataFrame:
    """Relate axes, plane and clusters to all quantities, by permutations of whole structures."""
    return analysis.associate(
        found.points,
        quantities(nitride),
        clusters=found.labels,
        groups=nitride.label("structure", variants=False),
        random_state=settings.seed,
    )


def windows(nitride: Nitride, space: Any) -> dict[str, pd.DataFrame]:
    """Which windows of the energy keep layered phases, c-BN and w-BN, and h-BN and r-BN apart on the map.

    A structure is named without its twins, each of which is of another phase and nearer than most of its own.
    """
    values = nitride.first_variant
    phase, layered = (nitride.label(name, variants=False) for name in ("phase", "layered"))
    twins = nitride.twins(variants=False)
    asked = {
        "layered": (np.ones(len(values), dtype=bool), layered),
        "c-BN or w-BN": (~layered, phase),
        "h-BN or r-BN": (layered, phase),
    }
    return {
        name: analysis.window_importance(
            space, values[kept], classes[kept].astype(str), axis=material.AXIS, width=WINDOW, groups=twins[kept]
        )
        for name, (kept, classes) in asked.items()
    }


def between(nitride: Nitride, space: Any) -> analysis.InterpolatedSpectra:
    """Spectra on the straight line from perfect h-BN to perfect c-BN, judged by all other spectra."""
    values = nitride.first_variant
    names = [one.name for one in nitride.found]
    start, stop = (names.index(name) for name in ENDS)
    known = np.array([number for number in range(len(values)) if number not in (start, stop)])
    return analysis.interpolate_spectra(space, values[start], values[stop], known=values[known])


def _agreement(labels: NDArray[np.intp], phases: NDArray[Any]) -> float:
    inside = labels >= 0
    return float(adjusted_rand_score(phases[inside], labels[inside])) if inside.any() else float("nan")
