"""What the report on a library needs beside its template: the names of methods, the verdict, and tables for readers."""

from pathlib import Path
from typing import Any

import pandas as pd

from peakscape.maps import registry
from peakscape.studies.library.classify import RAW
from peakscape.studies.runner import Outcome

PLAIN_NAMES = {
    RAW: "nearest spectrum",
    "pearson": "similarity, Pearson",
    "cosine": "similarity, cosine",
    "euclid": "similarity, Euclid",
    "most_frequent": "most frequent class",
}


NUMBER_NAMES = {
    "mean": "one constant",
    "class_mean": "mean of its class",
    "nearest_spectrum": "nearest spectrum",
    "pls": "PLSR",
    "pls_within_class": "PLSR on the difference from its class",
    "map_neighbors": "map, nearest neighbours",
}


def method_names() -> dict[str, str]:
    """Return the names of all methods, by key: the maps of the registry, and what needs no map."""
    maps = {kind.key: f"{kind.title} (supervised)" if kind.supervised else kind.title for kind in registry.known()}
    return maps | PLAIN_NAMES


COLUMNS = {
    "method": "method",
    "accuracy": "accuracy, scans",
    "lower": "from",
    "upper": "to",
    "group_accuracy": "accuracy, groups",
    "group_lower": "from ",
    "group_upper": "to ",
    "trustworthiness": "trustworthiness",
    "silhouette": "silhouette",
    "seed_disparity": "disparity of seeds",
    "seconds": "seconds of a fit",
}


def verdict(table: pd.DataFrame, best: str, lead: dict[str, Any]) -> str:
    """Say plainly whether the best map is more accurate than the best without a map, and by more than chance."""
    rows, names = table.set_index("method")["accuracy"], method_names()
    ours, plain, name, other = float(rows[best]), float(rows[lead["plain"]]), names[best], names[lead["plain"]]
    ends = "" if lead["lower"] is None else f" ({lead['lower']:+.3f} to {lead['upper']:+.3f} over groups)"
    apart = f"a difference of {lead['difference']:+.3f}{ends}"
    if lead["lower"] is not None and lead["lower"] > 0.0:
        won = f"The best map, {name}, classifies {ours:.3f} correctly"
        return f"{won}, the best without a map, {other}, {plain:.3f}: {apart}."
    if ours > plain + 1e-9:
        return f"No map is surely more accurate than {other} ({plain:.3f}): {name} has {ours:.3f}, {apart}."
    if ours > plain - 1e-9:
        return f"No map is more accurate than {other} ({plain:.3f}); {name} is as accurate."
    return f"Every map loses to {other}: {plain:.3f} against {ours:.3f} of the best, {name}, {apart}."


def outcome(summary: dict[str, Any], parts: dict[str, Any], figures: dict[str, Path]) -> Outcome:
    """Put together what the template tells."""
    table = parts["naming"].rename(columns={f"silhouette_{summary['label']}": "silhouette"})
    table = table[[name for name in COLUMNS if name in table]].rename(columns=COLUMNS).round(3)
    tables = {
        "not read": pd.DataFrame(summary["not_read"]),
        "groups": parts["groups"],
        "methods": table.assign(method=[method_names()[name] for name in table["method"]]),
        "wrong": parts["wrong"].rename(columns=method_names()),
        "unlike": parts["unlike"],
    }
    words: dict[str, Any] = {"names": method_names(), "number_names": NUMBER_NAMES, "raw": summary[RAW]}
    if summary["number"] is not None:
        by_class = {NUMBER_NAMES[name]: row["by_class"] for name, row in summary["number"]["methods"].items()}
        tables["by class"] = pd.DataFrame(by_class).rename_axis(summary["label"]).reset_index()
        tables["numbers"] = parts["numbers"].assign(method=[NUMBER_NAMES[name] for name in parts["numbers"]["method"]])
        words["because"] = with_names(summary["number"]["trusted_because"])
    return Outcome(summary, figures, tables, {"left_out": parts["answers"]}, words)


def with_names(text: str) -> str:
    """Write the methods' keys for readers, and begin with a capital."""
    for name in sorted(NUMBER_NAMES, key=len, reverse=True):
        text = text if name == "mean" else text.replace(name, NUMBER_NAMES[name])
    return text[0].upper() + text[1:]
