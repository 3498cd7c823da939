"""The numbers of the nitride study as plain JSON, and what its report needs beside the template."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakscape.analysis.validation.class_accuracy import wilson_interval
from peakscape.studies.nitride import spectra as material
from peakscape.studies.nitride.compute import NOISE, SEARCH, SHIFTS, TRANSFER, NitrideSettings
from peakscape.studies.nitride.physics import WINDOW
from peakscape.studies.nitride.spectra import Nitride
from peakscape.studies.runner import Outcome, number_or_none, records

KEYS = {
    "PCA": "pca", "MDS": "mds", "t-SNE": "tsne", "UMAP": "umap", "autoencoder": "autoencoder", "LDA": "lda",
    "KDA": "kda",
}  # fmt: skip
"""Names of the maps in the summary."""
SIMILARITIES = ("pearson", "cosine", "euclid")
METHODS = {
    **{key: name for name, key in KEYS.items()},
    "lda": "LDA (supervised by the phases)",
    "kda": "KDA (supervised by the phases)",
    "raw_neighbour": "nearest spectrum, no map",
    "pearson": "Pearson to perfect phases",
    "cosine": "cosine to perfect phases",
    "euclid": "Euclid to perfect phases",
    "classifier": "support vectors, no map (supervised)",
    "most_frequent": "most frequent class",
}
COLUMNS = {
    "trustworthiness": "trustworthiness",
    "silhouette_phase": "silhouette, phase",
    "three_phases_left_out": "c-, h- or w-BN, left out",
    "phase_accuracy_left_out": "phase with r-BN, left out",
    "transfer_accuracy": "phase, disturbed",
    "family_accuracy_left_out": "family, left out",
    "family_transfer_accuracy": "family, disturbed",
    "seed_disparity": "disparity of seeds",
    "seconds": "fit (s)",
    "milliseconds_placed": "place one (ms)",
}


def outcome(summary: dict[str, Any], parts: dict[str, Any], figures: dict[str, Path]) -> Outcome:
    """Put together what the template tells."""
    maps, found, table = summary["maps"], summary["clusters"], parts["associations"]
    plane = table[table["target"].isin(["plane", "clusters"])].sort_values("mutual_information", ascending=False)
    columns = [
        "quantity",
        "target",
        "correlation",
        "mutual_information",
        "adjusted_mutual_information",
        "n",
        "n_groups",
    ]
    words = {
        "best": max(maps, key=lambda name: maps[name]["three_phases_left_out"]),
        "methods": METHODS,
        "pi_star": material.PI_STAR,
        "window": WINDOW,
        "search": SEARCH,
        "choices_in_words": choices_in_words,
    }
    shares = [{"measured": name} | answer["probabilities"] for name, answer in summary["measured"].items()]
    told = {"cluster": list(found["words"]), "what its members share": list(found["words"].values())}
    tables = {
        "methods": methods_table(summary),
        **{name: parts[name] for name in ("kinds", "twins", "defects", "foreign")},
        "words": pd.DataFrame(told),
        "plane": plane[columns].head(20),
        "shares": pd.DataFrame(shares),
        "choices by phase": parts["choices"].sort_values("measured", kind="stable"),
    }
    kept = {name: parts[name] for name in ("compared", "associations", "by_map", "errors", "choices")}
    return Outcome(summary, figures, tables, kept, words)


def methods_table(summary: dict[str, Any]) -> pd.DataFrame:
    """List all methods side by side, one row each."""
    rows = summary["maps"] | {"raw_neighbour": summary["raw_neighbour"]} | summary["similarity_baseline"]
    rows |= {name: summary[name] for name in ("classifier", "most_frequent")}
    return pd.DataFrame(
        {"method": METHODS[name]} | {title: scores.get(column, float("nan")) for column, title in COLUMNS.items()}
        for name, scores in rows.items()
    )


def choices_in_words(phase: str, found: dict[str, Any]) -> str:
    """Say what the answer on a measured spectrum owes to the range, the preparation and the stretch."""
    bare = " to ".join(f"{value:.2g}" for value in found["unexplained"]["none"])
    if not found["named_so"]:
        return f"none of {found['tried']} choices of range, preparation and stretch classify it as {phase}."
    smallest, largest = (f"{found[name]:.3g}" for name in ("smallest_margin", "largest_margin"))
    other = f" (the others: {' or '.join(found['otherwise'])})" if found["otherwise"] else ""
    return (
        f"{found['named_so']} of {found['tried']} choices of range, preparation and stretch classify it as {phase}"
        f"{other}, the next phase being {smallest} to {largest} times as unlike; without the preparation {bare} of the"
        " variance is not explained."
    )


def summarize(nitride: Nitride, parts: dict[str, Any], settings: NitrideSettings) -> dict[str, Any]:
    """Collect the numbers of all parts."""
    kinds, counts = np.unique(nitride.label("kind", variants=False), return_counts=True)
    begun = {
        "n_spectra": nitride.n_samples,
        "n_structures": len(set(nitride.label("structure", variants=False))),
        "n_by_kind": {str(kind): int(count) for kind, count in zip(kinds, counts, strict=True)},
        "n_variants": len(material.VARIANTS),
        "computed_energies_moved_by": round(nitride.offset, 3),
        "preparation": material.PREPARE,
        "seed": settings.seed,
    }
    return begun | _of_maps(parts) | _of_physics(parts) | _of_answers(parts)


def _of_maps(parts: dict[str, Any]) -> dict[str, Any]:
    """Scores of the maps and of what needs none."""
    compared: pd.DataFrame = parts["compared"]
    table = dict(zip(map(str, compared.index), records(compared), strict=True))
    steps = {"noise": NOISE, "shift": SHIFTS}

    def scores(name: str) -> dict[str, Any]:
        return {"three_phases_left_out": parts["article"][name]} | _scores(table[name])

    curves = {
        f"{kind}_curve{'_family' if label == 'family' else ''}": _curve(table, kind, sizes, label)
        for label in ("phase", "family")
        for kind, sizes in steps.items()
    }
    return {
        "chosen_map": parts["chosen"],
        "maps": {KEYS[name]: scores(name) for name in parts["fitted"]},
        "raw_neighbour": scores("raw_neighbor"),
        "similarity_baseline": {name: scores(name) for name in SIMILARITIES},
        "classifier": scores("classifier"),
        "most_frequent": scores("most_frequent"),
        "placed_alone_or_in_batch": {KEYS[name]: value for name, value in parts["alone"].items()},
        **curves,
        "by_kind": records(parts["kinds"]),
        "without_twins": records(parts["twins"]),
        "defects": records(parts["defects"]),
    }


def _of_physics(parts: dict[str, Any]) -> dict[str, Any]:
    """What the map has to do with structure and electrons."""
    clusters, between, table = parts["clusters"], parts["between"], parts["associations"]
    plane = table[(table["target"] == "plane") & (table["adjusted_mutual_information"] <= 0.05)]
    kept = ["quantity", "correlation", "mutual_information", "adjusted_mutual_information", "n"]
    return {
        "clusters": {
            "n": int(clusters.labels.max()) + 1,
            "in_none": int((clusters.labels < 0).sum()),
            "agreement_with_phases": number_or_none(clusters.agreement),
            "words": {str(one): words for one, words in clusters.described.words.items()},
        },
        "strongest_associations": records(plane.sort_values("mutual_information", ascending=False)[kept].head(8)),
        "windows": {name: _windows(found) for name, found in parts["windows"].items()},
        "between": {
            "largest_distance": float(between.distance.max()),
            "largest_distance_of_mixture": float(between.mixture_distance.max()),
        },
    }


def _of_answers(parts: dict[str, Any]) -> dict[str, Any]:
    """What measured and foreign spectra are called."""
    left_out = parts["finder"].left_out_
    return {
        "identification": {
            "temperature": parts["finder"].temperature_,
            "left_out_accuracy": float(left_out["right"].mean()),
            "mean_probability": float(left_out["probability"].mean()),
            "n_trials": len(left_out),
        },
        "measured": {phase: _answer(answer) for phase, answer in parts["answers"].items()},
        "measured_on_maps": records(parts["by_map"]),
        "choices": {
            str(phase): _choices(str(phase), part) for phase, part in parts["choices"].groupby("measured", sort=False)
        },
        "foreign": records(parts["foreign"]),
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


def _curve(table: dict[str, dict[str, Any]], kind: str, sizes: Sequence[float], label: str) -> dict[str, list[float]]:
    """Accuracy of each method over the strength of a disturbance, undisturbed first."""
    methods = [name for name in table if name in (*KEYS, "raw_neighbor", "classifier", "pearson")]
    columns = [f"accuracy_{label}", *(f"accuracy_{label}_{kind}_{size:g}" for size in sizes)]
    found = {name: [float(table[name][column]) for column in columns] for name in methods}
    return {"at": [0.0, *sizes]} | found


def _windows(table: pd.DataFrame) -> dict[str, float | bool]:
    """Return the window that alone tells classes apart best, and the one whose loss costs most.

    `told` is whether the best window names better than the most frequent class by more than chance, given that it is
    the best of all windows and that structures, not absorbers, are independent (Wilson's interval, Bonferroni).
    """
    rows = records(table)
    best = max(rows, key=lambda row: (float(row["accuracy_alone"]), float(row["separation_alone"])))
    lost = max(rows, key=lambda row: float(row["separation_loss"]))
    pi_star = min(rows, key=lambda row: abs((float(row["start"]) + float(row["stop"])) / 2 - material.PI_STAR))
    chance, n_groups = float(best["chance"]), int(best["n_groups"])
    low, _ = wilson_interval(round(float(best["accuracy_alone"]) * n_groups), n_groups, level=1.0 - 0.1 / len(rows))
    return {
        "told": bool(low > chance),
        "chance": chance,
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
    kept = ("probability", "second", "margin", "nearest", "shift", "stretch", "p_value", "foreign", "layered")
    told = {name: answer[name].item() if hasattr(answer[name], "item") else answer[name] for name in kept}
    begins = "probability_"
    shares = {name.removeprefix(begins): float(value) for name, value in answer.items() if name.startswith(begins)}
    named = {"phase": str(answer["label"]), "distance": float(answer["unexplained"])}
    return named | told | {"probabilities": shares, "energy_corrected_by": float(answer["correction"])}


def _choices(phase: str, part: pd.DataFrame) -> dict[str, Any]:
    """Count the choices tried and how many of them agree with the phase, with the smallest and largest margin."""
    right, given = part[part["called"] == phase], part.groupby("preparation", sort=False)["unexplained"]
    return {
        "tried": len(part),
        "named_so": len(right),
        "smallest_margin": number_or_none(right["margin"].min()),
        "largest_margin": number_or_none(right["margin"].max()),
        "otherwise": sorted(set(part["called"]) - {phase}),
        "unexplained": {str(name): [float(rows.min()), float(rows.max())] for name, rows in given},
    }
