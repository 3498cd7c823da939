"""The parts of the nitride study: each takes the spectra and returns what the summary and the report tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.base import clone

from peakscape import analysis, maps
from peakscape.analysis.validation.class_accuracy import classifier_namer, map_namer, neighbor_namer
from peakscape.analysis.validation.splits import group_folds
from peakscape.studies import nitride_spectra as material
from peakscape.studies.nitride_spectra import Measured, Nitride

Array = NDArray[np.float64]
NOISE = (0.05, 0.1, 0.2, 0.4)
"""Standard deviation of the noise in each point, share of the spectrum's maximum."""
SHIFTS = (0.25, 0.5, 1.0, 2.0)
"""eV, up or down."""
TRANSFER = ("noise_0.2", "blurred", "shift_0.5")
"""What the transfer accuracy is the mean over: 20 % noise, one more Gaussian of 1.8 eV, half an eV up or down."""
SEARCH = analysis.Search(max_shift=1.0, step=0.1, stretches=(0.94, 0.97, 1.0), pivot=material.PI_STAR)
"""How a measured spectrum may be moved: 1 eV, and together by up to 6 %, as empty bands of PBE lie too close."""
OFFSETS = np.arange(-4.0, 4.01, 0.5)
"""Errors of the energy scale that are tried on the measured spectra, eV."""
TAUGHT = ("LDA", "KDA")
"""Maps that learn the phases of their training spectra; the others know no labels."""
N_TRIALS = 2
"""Disturbed copies of each absorber for the calibration of the probability."""


@dataclass(frozen=True)
class NitrideSettings:
    """What the nitride study computes.

    Attributes
    ----------
    seed
        Of maps, folds and disturbances.
    n_seeds, n_folds
        Of the comparison of maps.
    every
        Take every so many-th spectrum only: a quick look.
    measured
        Folder of the measured spectra; None looks at the usual place.
    maps
        Which maps, of "PCA", "MDS", "t-SNE", "autoencoder", "UMAP" (where umap-learn is installed), and `TAUGHT`.
    """

    seed: int = 0
    n_seeds: int = 3
    n_folds: int = 6
    every: int = 1
    measured: str | None = None
    maps: tuple[str, ...] = ("PCA", "MDS", "t-SNE", "autoencoder", "UMAP", *TAUGHT)


def spaces(settings: NitrideSettings) -> dict[str, Any]:
    """Return the maps, unfitted; UMAP where umap-learn is installed, `TAUGHT` to be taught."""
    found: dict[str, Any] = {
        "PCA": maps.PCA(),
        "MDS": maps.MDS(random_state=settings.seed),
        "t-SNE": maps.TSNE(start="random", random_state=settings.seed),
        "LDA": maps.LDA(),
        "KDA": maps.KDA(),
        "autoencoder": maps.Autoencoder(n_members=2, n_epochs=200, random_state=settings.seed),
    }
    if find_spec("umap") is not None:
        found["UMAP"] = maps.UMAP(random_state=settings.seed)
    return {name: space for name, space in found.items() if name in settings.maps}


def disturbances(nitride: Nitride) -> dict[str, Callable[[Array, np.random.Generator], Array]]:
    """Disturb the spectra before they are prepared; what is given stays unused, for it is prepared already."""
    raw, n_rows = nitride.raw, len(nitride.raw)

    def noise(share: float) -> Callable[[Array, np.random.Generator], Array]:
        return lambda _, chance: nitride.prepare(material.with_noise(raw, share, chance))

    def shift(size: float) -> Callable[[Array, np.random.Generator], Array]:
        return lambda _, chance: nitride.prepare(material.moved(raw, size * chance.choice([-1.0, 1.0], n_rows)))

    found = {f"noise_{share:g}": noise(share) for share in NOISE}
    found |= {f"shift_{size:g}": shift(size) for size in SHIFTS}
    return found | {"blurred": lambda _, chance: nitride.prepare(material.more_blurred(raw, 1.8))}


def compare(nitride: Nitride, settings: NitrideSettings) -> pd.DataFrame:
    """Score all maps and what needs no map, whole structures left out; one row a method."""
    trials = analysis.Trials(n_folds=settings.n_folds, n_seeds=settings.n_seeds, random_state=settings.seed)
    return analysis.compare_maps(
        spaces(settings),
        nitride.prepared,
        {"phase": nitride.label("phase"), "family": family(nitride)},
        groups=nitride.label("structure"),
        references=nitride.label("kind") == "pristine",
        disturbances=disturbances(nitride),
        taught="phase",
        trials=trials,
    )


def family(nitride: Nitride) -> NDArray[np.str_]:
    """Phases of all variants, h-BN and r-BN, which differ in the stacking of the same layers only, taken as one."""
    return np.where(nitride.label("layered"), "h/r-BN", nitride.label("phase"))


def defects_by_site(nitride: Nitride, settings: NitrideSettings) -> pd.DataFrame:
    """Name the defect from the spectrum of one absorber, by how far the absorber lies from it.

    Columns: ``site``, ``n``, ``most_frequent`` (the baseline), ``raw_neighbor``, ``classifier`` and an accuracy a map.
    A defect of one phase is left out with all its absorbers; the same defect in other phases is known.
    """
    values = nitride.first_variant
    site, kind = nitride.label("site", variants=False), nitride.label("kind", variants=False)
    chosen_maps = {name: space for name, space in spaces(settings).items() if name in ("PCA", "UMAP", "KDA")}
    rows = []
    for name in ("all", *dict.fromkeys(site[kind == "defect"])):
        chosen = (kind == "defect") & ((site == name) | (name == "all"))
        defect = nitride.label("defect", variants=False)[chosen]
        if chosen.sum() < 8 or len(np.unique(defect)) < 2:
            continue
        table = analysis.compare_maps(
            chosen_maps,
            values[chosen],
            {"defect": defect},
            groups=nitride.label("structure", variants=False)[chosen],
            taught="defect",
            trials=analysis.Trials(n_folds=None, n_seeds=1, n_neighbors=5, random_state=settings.seed),
        )
        accuracy = table["accuracy_defect"]
        counted = int(table["n_scored_defect"].iloc[0])
        kept = ["most_frequent", "raw_neighbor", "classifier", *chosen_maps]
        rows.append({"site": name, "n": counted} | {one: float(accuracy[one]) for one in kept})
    return pd.DataFrame(rows)


def accuracy_by_kind(nitride: Nitride, settings: NitrideSettings) -> pd.DataFrame:
    """Share of phases and families named rightly, whole structures left out, by kind of structure and site.

    Columns: ``kind``, ``n``, and for the nearest spectrum, support vectors, UMAP and KDA ``<method>, phase`` and
    ``<method>, family``.
    """
    site = np.char.add("defect, ", nitride.label("site").astype(str))
    kind = np.where(nitride.label("kind") == "defect", site, nitride.label("kind"))
    table: dict[str, Any] = {"kind": list(dict.fromkeys(kind))}
    table["n"] = [int((kind == one).sum()) // len(material.VARIANTS) for one in table["kind"]]
    for (method, label), hits in _hits(nitride, settings, nitride.label("structure")).items():
        table[f"{method}, {label}"] = [float(hits[kind == one].mean()) for one in table["kind"]]
    return pd.DataFrame(table)


def without_twins(nitride: Nitride, settings: NitrideSettings) -> pd.DataFrame:
    """Share named rightly where the same defect, strain or snapshot of all phases is left out together.

    Columns: ``method``, ``phase``, ``family``. A defect in h-BN has a twin in r-BN that is nearer to it than most of
    its own phase; a sample from elsewhere has none.
    """
    found = _hits(nitride, settings, nitride.twins())
    methods = list(dict.fromkeys(method for method, _ in found))
    shares = {label: [float(found[method, label].mean()) for method in methods] for label in ("phase", "family")}
    return pd.DataFrame({"method": methods} | shares)


def _hits(
    nitride: Nitride, settings: NitrideSettings, groups: NDArray[np.str_]
) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Which variants are named rightly by method and label, with their group left out."""
    values, labels = nitride.prepared, {"phase": nitride.label("phase"), "family": family(nitride)}
    namers = {
        "nearest spectrum": neighbor_namer(values, labels),
        "support vectors": classifier_namer(values, labels),
    }
    for name, space in spaces(settings).items():
        if name in ("UMAP", "KDA"):
            namers[name] = map_namer(partial(clone, space), values, labels, taught="phase")
    hits = {(method, label): np.zeros(len(values), dtype=bool) for method in namers for label in labels}
    for train, test in group_folds(groups, n_folds=settings.n_folds, random_state=settings.seed):
        for method, answer_by in namers.items():
            for label, answer in answer_by(train, [values[test]])[0].items():
                hits[method, label][test] = answer == labels[label][test]
    return hits


def fit_maps(nitride: Nitride, settings: NitrideSettings) -> dict[str, Any]:
    """Fit each map to all variants."""
    values = nitride.prepared
    return {name: clone(space).fit(values, nitride.label("phase")) for name, space in spaces(settings).items()}


def alone_and_together(fitted: Mapping[str, Any], values: Array) -> dict[str, float]:
    """Largest distance between the points of a spectrum alone and in a batch, over the map's size."""
    found = {}
    for name, space in fitted.items():
        together = np.asarray(space.transform(values))
        alone = np.vstack([space.transform(row[np.newaxis]) for row in values[::7]])
        size = float(np.sqrt(np.mean((together - together.mean(axis=0)) ** 2)))
        found[name] = float(np.abs(alone - together[::7]).max() / size)
    return found


def trials(nitride: Nitride, settings: NitrideSettings) -> Array:
    """Prepared copies of all samples, `N_TRIALS` times, disturbed as measured spectra are."""
    chance = np.random.default_rng(settings.seed)
    return nitride.prepare(np.vstack([material.like_measured(nitride, chance) for _ in range(N_TRIALS)]))


def identifier(nitride: Nitride, tried: Array) -> analysis.Identifier:
    """Learn to name phases, calibrated on the disturbed copies of `trials`, structures left out."""
    labels, groups = (np.tile(nitride.label(name, variants=False), N_TRIALS) for name in ("phase", "structure"))
    finder = analysis.Identifier(axis=material.AXIS, search=SEARCH)
    return finder.fit(
        nitride.prepared,
        nitride.label("phase"),
        nitride.label("structure"),
        trials=tried,
        trial_labels=labels,
        trial_groups=groups,
    )


def usual_distances(nitride: Nitride, tried: Array) -> Array:
    """Root mean square distance of each disturbed copy to the nearest sample of another structure, not aligned."""
    known = nitride.first_variant
    structure = nitride.label("structure", variants=False)
    other = np.tile(structure, N_TRIALS)[:, np.newaxis] != structure
    return np.asarray(np.where(other, cdist(tried, known), np.inf).min(axis=1) / np.sqrt(known.shape[1]))


def place_measured(
    nitride: Nitride, finder: analysis.Identifier, fitted: Mapping[str, Any], measured: list[Measured]
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, Array]]:
    """Name measured spectra and place them on all maps.

    Returns
    -------
    answers : dict
        By true phase what `Identifier.identify` says, and ``layered`` (probability of h-BN or r-BN).
    by_map : DataFrame
        ``measured``, ``map``, ``phase`` of the nearest point, ``margin`` (distance to the next phase over that).
    points : dict
        By map, shape (n_measured, 2), at the alignment that the identifier found.
    """
    answers, rows, points = {}, [], {name: np.empty((len(measured), 2)) for name in fitted}
    phases, layered = nitride.label("phase"), sorted(set(nitride.label("phase")[nitride.label("layered")]))
    known = nitride.prepared
    for number, one in enumerate(measured):
        answer = finder.identify(nitride.prepare(material.on_axis(one)[np.newaxis])).iloc[0].to_dict()
        answers[one.phase] = answer | {
            "layered": sum(float(answer[f"probability_{name}"]) for name in layered),
            "nearest": nitride.found[int(answer["nearest"]) % nitride.n_samples].name,
            "correction": one.correction,
        }
        aligned = nitride.prepare(material.on_axis(one, shift=answer["shift"], stretch=answer["stretch"])[np.newaxis])
        for name, space in fitted.items():
            points[name][number] = space.transform(aligned)[0]
            apart = np.linalg.norm(np.asarray(space.transform(known)) - points[name][number], axis=1)
            nearest = pd.Series(apart).groupby(phases).min().sort_values()
            row = {"measured": one.phase, "map": name, "phase": str(nearest.index[0]), "second": str(nearest.index[1])}
            rows.append(row | {"margin": float(nearest.iloc[1] / max(nearest.iloc[0], 1e-12))})
    return answers, pd.DataFrame(rows), points


def calibration_errors(nitride: Nitride, finder: analysis.Identifier, measured: list[Measured]) -> pd.DataFrame:
    """What measured spectra are called when their energy scale is wrong by `OFFSETS`, which the search may mend."""
    rows = []
    for one in measured:
        for offset in OFFSETS:
            answer = finder.identify(nitride.prepare(material.on_axis(one, shift=float(offset))[np.newaxis])).iloc[0]
            rows.append({"measured": one.phase, "offset": float(offset)} | answer.to_dict())
    return pd.DataFrame(rows)


def name_foreign(nitride: Nitride, finder: analysis.Identifier) -> pd.DataFrame:
    """What boron materials that are no nitride are called."""
    names, values = material.load_foreign(nitride)
    found = finder.identify(nitride.prepare(values))
    kept = ["label", "probability", "unexplained", "p_value", "foreign"]
    return found[kept].assign(material=names)[["material", *kept]]
