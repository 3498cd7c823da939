"""What a saved map that knows the classes of its samples calls a new spectrum."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import MapError, OutsideMapError
from peakscape.studies.runner import IDENTIFIER, of_prefix

if TYPE_CHECKING:
    import pandas as pd

    from peakscape.maps import SavedMap

UNLIKE = "unlike all"
LEVEL = 0.1  # share of known groups, left out, that may be called unlike all


def name_by_known(
    saved: "SavedMap", intensity: NDArray[np.float64], coordinates: NDArray[np.float64]
) -> "pd.DataFrame | None":
    """Name spectra by the nearest known spectrum and by the nearest known point; None where the map knows no classes.

    Parameters
    ----------
    saved
        The map; `studies.library` saves such ones.
    intensity
        Prepared for the map, shape (n_samples, n_points).
    coordinates
        Their places on it, shape (n_samples, 2).

    Returns
    -------
    pandas.DataFrame
        ``<label>``: the class of the nearest known spectrum, or "unlike all" where it is farther than known groups are
        from one another, up to the share of 0.1 of them or as near to it as their number allows;
        ``<label>_on_map``; ``distance``, the root mean square difference from that spectrum; ``distance_p``, its
        conformal p-value among the known groups when left out, NaN where the map keeps no distances of these. Where it
        keeps no spectra, ``<label>_on_map`` only. Where the map was saved with an `Identifier`, its name and
        ``probability``, the ``next`` class and ``margin`` (how many times as unlike it is), the ``shift`` that was
        searched, and as ``distance`` the share of the variance that nothing known explains.

    Raises
    ------
    MapError
        If the map holds classes but not for each of its known spectra.
    """
    if "classes" not in saved.provenance:
        return None
    import pandas as pd
    from scipy.spatial.distance import cdist

    from peakscape.analysis.novelty.decision import conformal_p_value

    classes, label = np.array(saved.provenance["classes"], dtype=str), str(saved.provenance["class_label"])
    points = saved.extras["coordinates"]
    points = np.median(points, axis=0) if points.ndim == 3 else points
    known = saved.extras.get("spectra", points)
    if len(known) != len(classes) or points.shape != (len(classes), 2):
        raise MapError(
            f"the map holds {len(known)} spectra, {len(points)} points and {len(classes)} names; make it anew"
        )
    on_map = classes[cdist(coordinates, points).argmin(axis=1)]
    identified = _identified(saved, intensity, label, on_map)
    if identified is not None:
        return identified
    if "spectra" not in saved.extras:
        return pd.DataFrame({f"{label}_on_map": on_map})
    apart = cdist(intensity, known) / np.sqrt(known.shape[1])
    distance = apart.min(axis=1)
    usual = saved.extras.get("known_distance", np.empty(0))
    p_value = conformal_p_value(distance, usual) if len(usual) else np.full(len(distance), np.nan)
    is_unlike = (p_value <= max(LEVEL, 1.0 / (1.0 + len(usual))) + 1e-12) & (len(usual) > 0)
    return pd.DataFrame(
        {
            label: np.where(is_unlike, UNLIKE, classes[apart.argmin(axis=1)]),
            f"{label}_on_map": on_map,
            "distance": distance,
            "distance_p": p_value,
        }
    )


def _identified(
    saved: "SavedMap", intensity: NDArray[np.float64], label: str, on_map: NDArray[np.str_]
) -> "pd.DataFrame | None":
    """Name spectra by the Identifier that the map was saved with, if any."""
    state = of_prefix(IDENTIFIER, saved.extras)
    if not state:
        return None
    import pandas as pd

    from peakscape.analysis import restore_identifier

    found = restore_identifier(state, sorted(set(map(str, saved.provenance["classes"])))).identify(intensity)
    return pd.DataFrame(
        {
            label: np.where(found["foreign"], UNLIKE, found["label"]),
            f"{label}_on_map": on_map,
            "probability": found["probability"],
            "next": found["second"],
            "margin": found["margin"],
            "shift": found["shift"],
            "distance": found["unexplained"],
            "distance_p": found["p_value"],
        }
    )


def unlike_sentences(names: NDArray[np.str_], named: "pd.DataFrame | None") -> list[str]:
    """Return one line a spectrum that is unlike all known ones.

    Examples
    --------
    >>> import pandas as pd
    >>> named = pd.DataFrame({"phase": ["a", UNLIKE], "distance": [0.01, 0.2], "distance_p": [0.5, 0.07]})
    >>> unlike_sentences(np.array(["one", "two"]), named)
    ['two: unlike all known spectra: 0.2 (rms) from the nearest, farther than known ones are from others (p = 0.07)']
    """
    if named is None or "distance" not in named:
        return []
    rows = zip(names, named.iloc[:, 0], named["distance"], named["distance_p"], strict=True)
    what = "of the variance not explained by any" if "probability" in named else "(rms) from the nearest"
    return [
        f"{name}: unlike all known spectra: {distance:.3g} {what}, farther than known ones are from others"
        f" (p = {p_value:.2g})"
        for name, kind, distance, p_value in rows
        if kind == UNLIKE
    ]


def without_names_of_foreign(
    saved: "SavedMap", named: "pd.DataFrame | None", foreign: NDArray[np.bool_]
) -> "pd.DataFrame | None":
    """Take the names of foreign spectra back where the map keeps no usual distances by which to judge names itself."""
    if named is None or "distance_p" not in named or "known_distance" in saved.extras:
        return named
    label = str(named.columns[0])
    return named.assign(**{label: np.where(foreign, UNLIKE, named[label])})


def require_known(sentences: list[str]) -> None:
    """Refuse what is unlike all known spectra.

    Raises
    ------
    OutsideMapError
        With the sentences, if there are any.

    Examples
    --------
    >>> require_known([])
    """
    if sentences:
        raise OutsideMapError("; ".join(sentences))
