"""What the report on a series needs beside its template: the names of methods, and tables for readers."""

from pathlib import Path
from typing import Any

import pandas as pd

from peakscape.report import format_number
from peakscape.studies.runner import Outcome

METHOD_NAMES = {
    "mean": "mean of the labels",
    "nearest_pattern": "nearest raw pattern",
    "peak_line": "line through one peak (Vegard)",
    "pls": "PLSR",
    "pls_broadened": "PLSR, broadened patterns",
    "pls_prepared": "PLSR, well prepared patterns",
    "pca2_neighbors": "PCA-2, nearest neighbours",
    "pls_registered": "PLSR, registered patterns",
    "shift_map": "shift map, plane",
    "shift_map_gp": "shift map, Gaussian process",
    "shift_map_path": "shift map, along its path",
}


def method_name(method: str) -> str:
    """Write a method's key for readers."""
    return METHOD_NAMES.get(method, method)


def with_names(sentence: str) -> str:
    """Write the methods' keys in a sentence for readers.

    Examples
    --------
    >>> with_names("pls errs least")
    'PLSR errs least'
    """
    for name in sorted(METHOD_NAMES, key=len, reverse=True):
        sentence = sentence.replace(name, METHOD_NAMES[name]) if name != "mean" else sentence
    return sentence


def outcome(summary: dict[str, Any], parts: dict[str, Any], figures: dict[str, Path]) -> Outcome:
    """Put together what the template tells."""
    table = parts["left_out"].assign(method=[method_name(name) for name in parts["left_out"]["method"]])
    tables = {
        "left out": table.drop(columns=["excess", "excess_error"]),
        "novelty": parts["novelty"].sort_values("not_explained", ascending=False).head(10),
        "groups": parts["grouping"].scores,
        "jumps": pd.DataFrame(summary["path"]["transitions"]),
        "claims": _upright(parts["claims"]),
    }
    trusted, map_error = summary["trusted_method"], summary["leave_one_out"][summary["best_on_map"]]
    asked = {name: summary["leave_one_out"][name] for name in ("peak_line", "pls", "nearest_pattern")}
    words = {
        "trusted": method_name(trusted),
        "because": with_names(summary["trusted_because"]),
        "errors": {name: _both(row) for name, row in {"map": map_error, **asked}.items()},
        "with_speed": parts["steps"] is not None,
    }
    return Outcome(summary, figures, tables, {"leave_one_out": parts["left_out_samples"]}, words)


def _upright(claims: pd.DataFrame) -> pd.DataFrame:
    """Claims, a line a question."""
    rows = [(key.replace("_", " "), row[key]) for row in claims.to_dict("records") for key in claims.columns[1:]]
    return pd.DataFrame(rows, columns=["asked", "answer"])


def _both(scores: dict[str, float | None]) -> str:
    """Error on all values, and in brackets on inner ones where there are such."""
    every, inner = (float("nan") if scores[key] is None else scores[key] for key in ("rmse", "rmse_inner"))
    return format_number(every) + ("" if scores["rmse_inner"] is None else f" ({format_number(inner)})")
