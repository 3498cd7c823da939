"""What the study of boron nitride asks of maps and of what needs none: scores, defects, answers on measured spectra."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peakscape import analysis, maps
from peakscape.analysis.comparison import ScoredMap, Trials, disturbed_versions, score_map, score_without_map, with_seed
from peakscape.analysis.naming import Search
from peakscape.analysis.novelty.plain_forms import plain_curves
from peakscape.analysis.validation.class_accuracy import (
    Namer,
    Similarity,
    answers_left_out,
    classifier_namer,
    count_scored,
    frequency_namer,
    map_namer,
    neighbor_namer,
    similarity_namer,
)
from peakscape.analysis.validation.splits import group_folds
from peakscape.preparation import Recipe
from peakscape.studies.nitride import spectra as material
from peakscape.studies.nitride.spectra import Array, Measured, Nitride

NOISE = (0.05, 0.1, 0.2, 0.4)
"""Standard deviation of the noise in each point, share of the spectrum's maximum."""
SHIFTS = (0.25, 0.5, 1.0, 2.0)
"""eV, up or down."""
TRANSFER = ("noise_0.2", "blurred", "shift_0.5")
"""What the transfer accuracy is the mean over: 20 % noise, one more Gaussian of 1.8 eV, half an eV up or down."""
SEARCH = Search(max_shift=1.0, step=0.1, stretches=(0.94, 0.97, 1.0), pivot=material.PI_STAR)
"""How a measured spectrum may be moved: 1 eV, and together by up to 6 %, as empty bands of PBE lie too close."""
OFFSETS = np.arange(-4.0, 4.01, 0.5)
"""Errors of the energy scale that are tried on the measured spectra, eV."""
ARTICLE = ("c-BN", "h-BN", "w-BN")
"""The phases of the article; r-BN, the layers of h-BN in another stacking, is asked for beside them."""
SUPERVISED = ("LDA", "KDA")
"""Maps that learn the phases of their training spectra; the others know no labels."""
CLOSER = ("UMAP", "KDA")
"""Maps that are looked at by kind of structure, without twins, and for defects (these with PCA too)."""
N_TRIALS = 2
"""Augmented copies of each absorber for the calibration of the probability."""
ENDS = (208.0, 211.0, float(material.AXIS[-1]))
"""Up to where spectra are compared, eV, where the choices are varied."""
PREPARATIONS = {
    "none": "normalize=norm",
    "band-pass, 1 eV": material.PREPARE,
    "band-pass, 2 eV": material.PREPARE.replace("bandpass=1", "bandpass=2"),
}
STRETCHES = {"none": (1.0,), f"to {min(SEARCH.stretches):g}": SEARCH.stretches}
Task = Callable[[], Any]


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
        Folder of the measured spectra; None takes those that the package ships.
    maps
        Which maps, of "PCA", "MDS", "t-SNE", "autoencoder", "UMAP" (where umap-learn is installed), "LDA" and "KDA".
    """

    seed: int = 0
    n_seeds: int = 3
    n_folds: int = 6
    every: int = 1
    measured: str | None = None
    maps: tuple[str, ...] = ("PCA", "MDS", "t-SNE", "autoencoder", "UMAP", *SUPERVISED)


def spaces(settings: NitrideSettings) -> dict[str, Any]:
    """Return the maps, unfitted; UMAP where umap-learn is installed."""
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


def family(nitride: Nitride) -> NDArray[np.str_]:
    """Phases of all variants, h-BN and r-BN, which differ in the stacking of the same layers only, taken as one."""
    return np.where(nitride.label("layered"), "h/r-BN", nitride.label("phase"))


@dataclass(frozen=True)
class Comparison:
    """What all methods are tried on: spectra as they are and disturbed, classes, and folds of whole structures."""

    nitride: Nitride
    settings: NitrideSettings
    versions: dict[str, Array]
    labels: dict[str, NDArray[np.str_]]
    folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]]

    @property
    def trials(self) -> Trials:
        """How often maps are tried."""
        return Trials(n_folds=self.settings.n_folds, n_seeds=self.settings.n_seeds, random_state=self.settings.seed)

    @property
    def without_twins(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Folds in which the same defect, strain or snapshot of all phases is left out together."""
        return list(group_folds(self.nitride.twins(), n_folds=self.settings.n_folds, random_state=self.settings.seed))


def new_comparison(nitride: Nitride, settings: NitrideSettings) -> Comparison:
    """Disturb the spectra and divide them into folds."""
    values = nitride.prepared
    labels = {"phase": nitride.label("phase").astype(str), "family": family(nitride).astype(str)}
    folds = list(group_folds(nitride.label("structure"), n_folds=settings.n_folds, random_state=settings.seed))
    versions = {"": values} | disturbed_versions(values, disturbances(nitride), settings.seed)
    return Comparison(nitride, settings, versions, labels, folds)


def comparison_tasks(asked: Comparison) -> dict[str, Task]:
    """Name what can go side by side, the longest first: each map, and what needs none."""
    order = ("UMAP", "t-SNE", "autoencoder", "KDA", "MDS", "LDA", "PCA")
    given = spaces(asked.settings)
    tasks: dict[str, Task] = {name: partial(try_map, name, asked) for name in order if name in given}
    article = {f"three phases, {name}": partial(name_article, name, asked) for name in (*tasks, "no map")}
    return tasks | {"no map": partial(try_without_map, asked)} | article


def try_map(name: str, asked: Comparison) -> dict[str, Any]:
    """Try one map: its scores, and of those looked at closer, answers without twins and on defects."""
    space = spaces(asked.settings)[name]
    tried = score_map(space, asked.versions, asked.labels, asked.folds, taught="phase", trials=asked.trials)
    found: dict[str, Any] = {"scored": tried, "alone": alone_and_together(tried.fitted, asked.nitride.prepared)}
    if name in CLOSER:
        namer = map_namer(
            partial(with_seed, space, asked.settings.seed), asked.nitride.prepared, asked.labels, taught="phase"
        )
        found["twins"] = answers_left_out(namer, asked.nitride.prepared, asked.labels, asked.without_twins)
    if name in (*CLOSER, "PCA"):
        trials = defect_trials(asked.settings)
        found["defects"] = {
            site: score_map(space, {"": values}, {"defect": defect}, folds, taught="defect", trials=trials).scores
            for site, (values, defect, folds) in defect_sets(asked.nitride, asked.settings).items()
        }
    return found


def name_article(name: str, asked: Comparison) -> dict[str, float]:
    """Accuracy of the phase where the three of the article alone are known and asked for, whole structures left out."""
    nitride, settings = asked.nitride, asked.settings
    kept = np.isin(asked.labels["phase"], ARTICLE)
    values, labels = nitride.prepared[kept], {"phase": asked.labels["phase"][kept]}
    folds = list(group_folds(nitride.label("structure")[kept], n_folds=settings.n_folds, random_state=settings.seed))
    if name == "no map":
        references = (nitride.label("kind") == "pristine")[kept]
        namers = {
            "raw_neighbor": neighbor_namer(values, labels),
            "classifier": classifier_namer(values, labels),
            "most_frequent": frequency_namer(labels),
        }
        similar = get_args(Similarity)
        namers |= {measure: similarity_namer(measure, values, labels, references) for measure in similar}
    else:
        make = partial(with_seed, spaces(settings)[name], settings.seed)
        namers = {name: map_namer(make, values, labels, taught="phase")}
    answers = {key: answers_left_out(namer, values, labels, folds)["phase"] for key, namer in namers.items()}
    return {key: float((found == labels["phase"]).mean()) for key, found in answers.items()}


def try_without_map(asked: Comparison) -> dict[str, Any]:
    """Try the nearest spectrum, similarity, and support vectors: scores, answers and defects as `try_map`."""
    values, references = asked.nitride.prepared, asked.nitride.label("kind") == "pristine"
    namers: dict[str, Namer] = {
        "nearest spectrum": neighbor_namer(values, asked.labels),
        "support vectors": classifier_namer(values, asked.labels),
    }
    answers, twins = (
        {name: answers_left_out(namer, values, asked.labels, folds) for name, namer in namers.items()}
        for folds in (asked.folds, asked.without_twins)
    )
    sets = defect_sets(asked.nitride, asked.settings)
    defects = {
        site: score_without_map({"": rows}, {"defect": kinds}, folds, references=np.zeros(len(rows), dtype=bool))
        for site, (rows, kinds, folds) in sets.items()
    }
    counts = {site: count_scored({"defect": kinds}, folds) for site, (_, kinds, folds) in sets.items()}
    scored = score_without_map(asked.versions, asked.labels, asked.folds, references=references)
    return {"scored": scored, "answers": answers, "twins": twins, "defects": defects, "counts": counts}


def gather(asked: Comparison, done: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Bring together what was tried side by side: fitted maps and tables, methods in the order of the study."""
    plain, names = done["no map"], list(spaces(asked.settings))
    tried: dict[str, ScoredMap] = {name: done[name]["scored"] for name in names}
    rows = {name: one.scores for name, one in tried.items()} | plain["scored"]
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
    closer = [name for name in names if name in CLOSER]
    answers = plain["answers"] | {name: tried[name].answers for name in closer}
    twins = plain["twins"] | {name: done[name]["twins"] for name in closer}
    return {
        "fitted": {name: one.fitted for name, one in tried.items()},
        "compared": table.assign(**count_scored(asked.labels, asked.folds)),
        "kinds": _by_kind(asked, answers),
        "twins": pd.DataFrame({"method": list(twins)} | {
            label: [float((found[label] == classes).mean()) for found in twins.values()]
            for label, classes in asked.labels.items()
        }),
        "defects": _by_site(done, [name for name in names if name in (*CLOSER, "PCA")]),
        "alone": {name: done[name]["alone"] for name in names},
        "article": {key: value for name in (*names, "no map") for key, value in done[f"three phases, {name}"].items()},
    }  # fmt: skip


def _by_kind(asked: Comparison, answers: Mapping[str, Mapping[str, NDArray[np.str_]]]) -> pd.DataFrame:
    """Accuracy of phases and families by kind of structure and site, whole structures left out."""
    nitride = asked.nitride
    site = np.char.add("defect, ", nitride.label("site").astype(str))
    kind = np.where(nitride.label("kind") == "defect", site, nitride.label("kind"))
    table: dict[str, Any] = {"kind": list(dict.fromkeys(kind))}
    table["n"] = [int((kind == one).sum()) // len(material.VARIANTS) for one in table["kind"]]
    for (method, found), (label, classes) in product(answers.items(), asked.labels.items()):
        right = found[label] == classes
        table[f"{method}, {label}"] = [float(right[kind == one].mean()) for one in table["kind"]]
    return pd.DataFrame(table)


def defect_trials(settings: NitrideSettings) -> Trials:
    """How the maps of defects are tried."""
    return Trials(n_folds=None, n_seeds=1, n_neighbors=5, random_state=settings.seed)


def defect_sets(nitride: Nitride, settings: NitrideSettings) -> dict[str, tuple[Array, NDArray[np.str_], Any]]:
    """Return spectra, defects and folds of the absorbers by how far they lie from the defect; too few are left out.

    A defect of one phase is left out with all its absorbers; the same defect in other phases is known.
    """
    site, kind, defect, structure = (
        nitride.label(name, variants=False) for name in ("site", "kind", "defect", "structure")
    )
    found = {}
    for name in ("all", *dict.fromkeys(site[kind == "defect"])):
        chosen = (kind == "defect") & ((site == name) | (name == "all"))
        if chosen.sum() < 8 or len(np.unique(defect[chosen])) < 2:
            continue
        folds = list(group_folds(structure[chosen], n_folds=None, random_state=settings.seed))
        found[str(name)] = (nitride.first_variant[chosen], defect[chosen].astype(str), folds)
    return found


def _by_site(done: Mapping[str, dict[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    """Accuracy of defects by site of the absorber; ``most_frequent`` is the baseline."""
    rows = []
    for site, plain in done["no map"]["defects"].items():
        found = {name: plain[name] for name in ("most_frequent", "raw_neighbor", "classifier")}
        found |= {name: done[name]["defects"][site] for name in names}
        row = {"site": site, "n": int(done["no map"]["counts"][site]["n_scored_defect"])}
        rows.append(row | {name: float(scores["accuracy_defect"]) for name, scores in found.items()})
    return pd.DataFrame(rows)


def alone_and_together(space: Any, values: Array) -> float:
    """Return the largest distance between the points of a spectrum alone and in a batch, over the map's size."""
    together = np.asarray(space.transform(values))
    alone = np.vstack([space.transform(row[np.newaxis]) for row in values[::7]])
    size = float(np.sqrt(np.mean((together - together.mean(axis=0)) ** 2)))
    return float(np.abs(alone - together[::7]).max() / size)


def trials(nitride: Nitride, settings: NitrideSettings) -> Array:
    """Return prepared copies of all samples, `N_TRIALS` times, disturbed as measured spectra are."""
    chance = np.random.default_rng(settings.seed)
    return nitride.prepare(np.vstack([material.like_measured(nitride, chance) for _ in range(N_TRIALS)]))


def identifier(nitride: Nitride, tried: Array) -> analysis.Identifier:
    """Learn to classify phases, calibrated on the disturbed copies of `trials`, structures left out."""
    labels, groups = (np.tile(nitride.label(name, variants=False), N_TRIALS) for name in ("phase", "structure"))
    plain = nitride.prepare(plain_curves(material.AXIS))
    finder = analysis.Identifier(axis=material.AXIS, search=SEARCH, plain=plain)
    known = nitride.prepared, nitride.label("phase"), nitride.label("structure")
    return finder.fit(*known, trials=tried, trial_labels=labels, trial_groups=groups)


def place_measured(
    nitride: Nitride, finder: analysis.Identifier, fitted: Mapping[str, Any], measured: list[Measured]
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, Array]]:
    """Classify measured spectra and place them on all maps.

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
    known = {name: np.asarray(space.transform(nitride.prepared)) for name, space in fitted.items()} if measured else {}
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
            apart = np.linalg.norm(known[name] - points[name][number], axis=1)
            nearest = pd.Series(apart).groupby(phases).min().sort_values()
            row = {"measured": one.phase, "map": name, "phase": str(nearest.index[0]), "second": str(nearest.index[1])}
            rows.append(row | {"margin": float(nearest.iloc[1] / max(nearest.iloc[0], 1e-12))})
    return answers, pd.DataFrame(rows), points


def calibration_errors(nitride: Nitride, finder: analysis.Identifier, measured: list[Measured]) -> pd.DataFrame:
    """Classify measured spectra with an energy scale off by `OFFSETS`; ``right``: probability of the true family."""
    kin = dict(zip(nitride.label("phase"), family(nitride), strict=True))
    rows = []
    for one, offset in product(measured, OFFSETS):
        answer = finder.identify(nitride.prepare(material.on_axis(one, shift=float(offset))[np.newaxis])).iloc[0]
        right = sum(float(answer[f"probability_{name}"]) for name, its in kin.items() if its == kin[one.phase])
        rows.append({"measured": one.phase, "offset": float(offset)} | answer.to_dict() | {"right": right})
    return pd.DataFrame(rows)


def vary_choices(nitride: Nitride, measured: list[Measured]) -> pd.DataFrame:
    """Classify measured spectra by each range, preparation and stretch that could as well have been chosen.

    One row a combination and spectrum: ``measured``, ``up_to`` (eV), ``preparation``, ``stretch``, ``called``,
    ``second``, ``margin`` and ``unexplained`` as `analysis.Identifier` gives them. No probabilities: these are
    calibrated for the choice that was made only.
    """
    rows = []
    for end, (name, steps) in product(ENDS, PREPARATIONS.items()):
        recipe = Recipe.from_text(steps).fit(material.container(nitride.raw).sel(energy=slice(None, end)))
        known = material.apply(recipe, nitride.raw)
        for allowed, stretches in STRETCHES.items():
            finder = _finder(nitride, known, stretches)
            for one in measured:
                answer = finder.identify(material.apply(recipe, material.on_axis(one)[np.newaxis])).iloc[0]
                told = {"called": answer["label"], **answer[["second", "margin", "unexplained"]].to_dict()}
                rows.append({"measured": one.phase, "up_to": end, "preparation": name, "stretch": allowed} | told)
    return pd.DataFrame(rows)


def _finder(nitride: Nitride, known: Array, stretches: Sequence[float]) -> analysis.Identifier:
    """Learn the phases; the perfect crystals stand in for a calibration, for no probability is asked."""
    phase, structure = nitride.label("phase"), nitride.label("structure")
    perfect = np.flatnonzero(nitride.label("kind", variants=False) == "pristine")
    finder = analysis.Identifier(axis=material.AXIS[: known.shape[1]], search=replace(SEARCH, stretches=stretches))
    trial = {"trials": known[perfect], "trial_labels": phase[perfect], "trial_groups": structure[perfect]}
    return finder.fit(known, phase, structure, **trial)


def name_foreign(nitride: Nitride, finder: analysis.Identifier) -> pd.DataFrame:
    """Tell what boron materials that are no nitride are called."""
    names, values = material.load_foreign(nitride)
    found = finder.identify(nitride.prepare(values))
    kept = ["label", "probability", "unexplained", "p_value", "foreign"]
    return found[kept].assign(material=names)[["material", *kept]]
