"""The numbers of the nitride study, as plain JSON."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from peakscape.studies import nitride_parts
from peakscape.studies import nitride_spectra as material
from peakscape.studies.nitride_parts import NOISE, SHIFTS, TRANSFER, NitrideSettings
from peakscape.studies.nitride_spectra import Nitride

KEYS = {
    "PCA": "pca",
    "MDS": "mds",
    "t-SNE": "tsne",
    "UMAP": "umap",
    "autoencoder": "autoencoder",
    "LDA": "lda",
    "KDA": "kda",
}
"""Names of the maps in the summary."""
SIMILARITIES = ("pearson", "cosine", "euclid")


def summarize(nitride: Nitride, parts: dict[str, Any], settings: NitrideSettings) -> dict[str, Any]:
    """Collect the numbers of all parts."""
    kinds, counts = np.unique(nitride.label("kind", variants=False), return_counts=True)
    return (
        {
            "n_spectra": nitride.n_samples,
            "n_structures": len(set(nitride.label("structure", variants=False))),
            "n_by_kind": {str(kind): int(count) for kind, count in zip(kinds, counts, strict=True)},
            "n_variants": len(material.VARIANTS),
            "computed_energies_moved_by": round(nitride.offset, 3),
            "preparation": material.PREPARE,
            "seed": settings.seed,
        }
        | _of_maps(parts)
        | _of_physics(parts)
        | _of_naming(nitride, parts)
    )


def _of_maps(parts: dict[str, Any]) -> dict[str, Any]:
    """Scores of the maps and of what needs none."""
    compared: pd.DataFrame = parts["compared"]
    table = dict(zip(map(str, compared.index), _records(compared), strict=True))
    noise, shifts = [("noise", share) for share in NOISE], [("shift", size) for size in SHIFTS]
    return {
        "chosen_map": parts["chosen"],
        "maps": {KEYS[name]: _scores(table[name]) for name in parts["fitted"]},
        "raw_neighbour": _scores(table["raw_neighbor"]),
        "similarity_baseline": {name: _scores(table[name]) for name in SIMILARITIES},
        "classifier": _scores(table["classifier"]),
        "most_frequent": _scores(table["most_frequent"]),
        "placed_alone_or_in_batch": {KEYS[name]: value for name, value in parts["alone"].items()},
        "noise_curve": _curve(table, noise, "phase"),
        "shift_curve": _curve(table, shifts, "phase"),
        "noise_curve_family": _curve(table, noise, "family"),
        "shift_curve_family": _curve(table, shifts, "family"),
        "by_kind": _records(parts["kinds"]),
        "without_twins": _records(parts["twins"]),
        "defects": _records(parts["defects"]),
    }


def _of_physics(parts: dict[str, Any]) -> dict[str, Any]:
    """What the map has to do with structure and electrons."""
    clusters, between = parts["clusters"], parts["between"]
    return {
        "clusters": {
            "n": int(clusters.labels.max()) + 1,
            "in_none": int((clusters.labels < 0).sum()),
            "agreement_with_phases": _number(clusters.agreement),
            "words": {str(one): words for one, words in clusters.described.words.items()},
        },
        "strongest_associations": _strongest(parts["associations"]),
        "windows": {name: _windows(found) for name, found in parts["windows"].items()},
        "between": {
            "largest_distance": float(between.distance.max()),
            "largest_distance_of_mixture": float(between.mixture_distance.max()),
        },
    }


def _of_naming(nitride: Nitride, parts: dict[str, Any]) -> dict[str, Any]:
    """What measured and foreign spectra are called; the probability of the right family goes into the errors' table."""
    left_out = parts["finder"].left_out_
    if len(parts["errors"]):
        parts["errors"]["right"] = _right_family(parts["errors"], nitride)
    return {
        "identification": {
            "temperature": parts["finder"].temperature_,
            "left_out_accuracy": float(left_out["right"].mean()),
            "mean_probability": float(left_out["probability"].mean()),
            "n_trials": len(left_out),
        },
        "measured": {phase: _answer(answer) for phase, answer in parts["answers"].items()},
        "measured_on_maps": _records(parts["by_map"]),
        "choices": _of_choices(parts["choices"]),
        "foreign": _records(parts["foreign"]),
    }


def _scores(row: dict[str, Any]) -> dict[str, Any]:
    """Scores of one method under the names of the summary; absent where they have no meaning."""
    transfer = {label: [row[f"accuracy_{label}_{name}"] for name in TRANSFER] for label in ("phase", "family")}
    given = {
        "trustworthiness": row.get("trustworthiness"),
        "continuity": row.get("continuity"),
        "silhouette_phase": row.get("silhouette_phase"),
        "silhouette_family": row.get("silhouette_family"),
        "phase_accuracy_left_out": row["accuracy_phase"],
        "phase_accuracy_spread": row.get("accuracy_phase_spread"),
        "family_accuracy_left_out": row["accuracy_family"],
        "transfer_accuracy": np.mean(transfer["phase"]),
        "family_transfer_accuracy": np.mean(transfer["family"]),
        "seed_disparity": round(float(row.get("seed_disparity", np.nan)), 12),
        "seconds": row.get("seconds"),
        "milliseconds_placed": row.get("milliseconds_placed"),
    }
    return {name: float(value) for name, value in given.items() if value is not None and np.isfinite(value)}


def _curve(table: dict[str, dict[str, Any]], steps: Sequence[tuple[str, float]], label: str) -> dict[str, list[float]]:
    """Accuracy of each method over the strength of a disturbance, undisturbed first."""
    methods = [name for name in table if name in (*KEYS, "raw_neighbor", "classifier", "pearson")]
    columns = [f"accuracy_{label}", *(f"accuracy_{label}_{kind}_{size:g}" for kind, size in steps)]
    found = {name: [float(table[name][column]) for column in columns] for name in methods}
    return {"at": [0.0, *(size for _, size in steps)]} | found


def _strongest(table: pd.DataFrame) -> list[dict[str, Any]]:
    """What the plane tells most of, among what is not chance."""
    plane = table[(table["target"] == "plane") & (table["adjusted_mutual_information"] <= 0.05)]
    kept = ["quantity", "correlation", "mutual_information", "adjusted_mutual_information", "n"]
    return _records(plane.sort_values("mutual_information", ascending=False)[kept].head(8))


def _windows(table: pd.DataFrame) -> dict[str, float]:
    """The window that alone tells classes apart best, and the one whose loss costs most."""
    rows = _records(table)
    best = max(rows, key=lambda row: (float(row["accuracy_alone"]), float(row["separation_alone"])))
    lost = max(rows, key=lambda row: float(row["separation_loss"]))
    pi_star = min(rows, key=lambda row: abs((float(row["start"]) + float(row["stop"])) / 2 - material.PI_STAR))
    return {
        "accuracy_pi_star": float(pi_star["accuracy_alone"]),
        "best_alone": float(best["start"]),
        "silhouette_alone": float(best["separation_alone"]),
        "accuracy_alone": float(best["accuracy_alone"]),
        "most_missed": float(lost["start"]),
        "silhouette_lost": float(lost["separation_loss"]),
        "accuracy_whole": float(best["accuracy"] + best["accuracy_loss"]),
    }


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    """What is told of a measured spectrum; its distance is the share of variance that nothing known explains."""
    named = {"phase": str(answer["label"]), "distance": float(answer["unexplained"])}
    kept = ("probability", "second", "margin", "nearest", "shift", "stretch", "p_value", "foreign", "layered")
    told = {name: answer[name].item() if hasattr(answer[name], "item") else answer[name] for name in kept}
    shares = {
        name.removeprefix("probability_"): float(value) for name, value in answer.items() if "probability_" in name
    }
    return named | told | {"probabilities": shares, "energy_corrected_by": float(answer["correction"])}


def _of_choices(table: pd.DataFrame) -> dict[str, Any]:
    """By measured phase: the choices tried, how many of them name it so, and the smallest and largest margin."""
    found = {}
    for phase, part in table.groupby("measured", sort=False) if len(table) else ():
        right = part[part["called"] == phase]
        found[str(phase)] = {
            "tried": len(part),
            "named_so": len(right),
            "smallest_margin": _number(right["margin"].min()),
            "largest_margin": _number(right["margin"].max()),
            "otherwise": sorted(set(part["called"]) - {phase}),
            "unexplained": {
                str(name): [float(rows["unexplained"].min()), float(rows["unexplained"].max())]
                for name, rows in part.groupby("preparation", sort=False)
            },
        }
    return found


def _right_family(errors: pd.DataFrame, nitride: Nitride) -> list[float]:
    """Probability that the family of the true phase was given."""
    family = dict(zip(nitride.label("phase"), nitride_parts.family(nitride), strict=True))
    return [
        sum(float(row[f"probability_{name}"]) for name, kin in family.items() if kin == family[row["measured"]])
        for row in _records(errors)
    ]


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
