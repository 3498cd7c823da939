"""What the alloy study's report needs beside its template: the names of methods, and tables for readers."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakscape import datasets
from peakscape.report import format_number
from peakscape.studies.alloy.compute import Settings
from peakscape.studies.runner import Outcome

NAMES = {
    "autoencoder": "autoencoder (ensemble)",
    "autoencoder_sharp": "autoencoder (ensemble, unsmoothed)",
    "paper_network": "paper's network (median of the ensemble)",
    "paper_single": "paper's network (one network)",
    "pca": "PCA-2",
    "shift": "shift map",
    "shift_labels": "shift map that knows the training labels",
    "pls_registered": "PLSR, 8 components, registered patterns and their shift",
    "pls_broader": "PLSR, 8 components, patterns broadened twice as much",
    "pls_broadened": "PLSR, 8 components, broadened patterns",
    "nearest_pattern": "nearest neighbour on the raw pattern",
    "mean": "mean composition",
}
READOUTS = {
    "triangle": "triangle",
    "delaunay": "Delaunay",
    "neighbors": "neighbours",
    "gaussian_process": "Gaussian process",
    "plane": "plane",
}
ERRORS = {"rmse_ti": "rms error Ti", "rmse_zr": "rms error Zr", "share_above_5e-3": "share above 5e-3"}
EVALUATION = (
    "method", "median worst", "quartile", "quartile", "median worst, lone samples aside", "share above 5e-3",
    "Ti left out", "Zr left out", "Ti, lone compositions aside", "Zr, lone compositions aside",
)  # fmt: skip


def method_name(key: str) -> str:
    """Write a method's key for readers.

    Examples
    --------
    >>> method_name("pca_gaussian_process"), method_name("mean")
    ('PCA-2, Gaussian process', 'mean composition')
    """
    for readout, text in READOUTS.items():
        if key.endswith(f"_{readout}"):
            return f"{NAMES[key.removesuffix(f'_{readout}')]}, {text}"
    return NAMES.get(key, key)


def header(n_patterns: int, settings: Settings) -> dict[str, Any]:
    """Begin the summary: what was computed."""
    first, last, step = settings.two_theta
    return {
        "n_patterns": n_patterns,
        "n_points": len(np.arange(first, last + 1e-9, step)),
        "fwhm": settings.main_fwhm,
        "n_members": settings.n_members,
        "n_epochs": settings.n_epochs,
        "seed": settings.seed,
        "table1": datasets.alloy_table().to_dict("records"),
    }


def outcome(
    summary: dict[str, Any],
    worst: dict[str, pd.DataFrame],
    found: dict[str, Any],
    figures: dict[str, Path],
    evaluation: dict[str, Any] | None,
) -> Outcome:
    """Put together what the template tells: numbers, figures and tables, and which method is best at what."""
    left = summary["leave_composition_out"]
    plain = min(left, key=lambda name: left[name]["rmse_ti"] + left[name]["rmse_zr"])
    words = {
        "n_test": max(1, round(0.1 * int(summary["n_patterns"]))),
        "best_left_out": left[plain] | {"name": method_name(plain)},
        "names": NAMES,
        "cell": found["ranking"]["cell"].iloc[0] if len(found["ranking"]) else "",
        "evaluation": evaluation or {},
    }
    tables = _tables(summary, found) | {f"worst {fwhm}": table for fwhm, table in worst.items()}
    for fwhm, part in (evaluation or {}).items():
        tables[f"evaluation {fwhm}"] = _of_evaluation(part)
    for fwhm, part in summary.get("search", {}).items():
        tables[f"search {fwhm}"] = networks_tried(part)
    words["search"] = summary.get("search", {})
    return Outcome(summary, figures, tables, words=words)


SEARCHED = {
    "layers": "hidden layers", "batch": "mini-batch", "epochs": "epochs", "left_out": "left-out error",
    "std": "standard deviation", "worst": "worst", "trained": "error in training", "composition": "composition (eq. 3)",
    "collapsed": "collapsed", "difference": "above the best", "p_value": "p", "among_best": "among the best",
}  # fmt: skip


def networks_tried(part: dict[str, Any]) -> pd.DataFrame:
    """List the networks of a search for readers, the best first."""
    table = pd.DataFrame(part["networks"]).rename(columns=SEARCHED)
    table["among the best"] = np.where(table["among the best"], "yes", "")
    return table


def _tables(summary: dict[str, Any], found: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Make the tables of the study itself."""
    columns = ["two_theta", "intensity", "relevance", "relevance_error", "hkl"]
    strong = pd.DataFrame(summary["relevance"]["strong_irrelevant"], columns=[*columns, "cell"])
    titles = {"complete": "inequivalent, complete", "used": "used here", "paper": "paper's Table I"}
    rebuilt, left = [], []
    for fwhm, width in summary["widths"].items():
        rebuilt += [_reconstruction_row(fwhm, name, row) for name, row in width["reconstruction"]["maps"].items()]
        rows = width["leave_composition_out"].items()
        left += [{"FWHM (degree)": fwhm, "method": method_name(name), **scores} for name, scores in rows]
    return {
        "table 1": pd.DataFrame(summary["table1"]).rename(columns=titles),
        "reconstruction": pd.DataFrame(rebuilt).round(4),
        "left out": pd.DataFrame(left).sort_values(["FWHM (degree)", "rmse_ti"]).rename(columns=ERRORS),
        "confounder": _by_method(summary["confounder"], "rmse_zr"),
        **{f"methods {fwhm}": _by_method(width["table2"], "worst") for fwhm, width in summary["widths"].items()},
        "peaks": found["ranking"].sort_values("relevance", ascending=False)[columns].head(15),
        "strong": strong[columns],
        "generation": pd.DataFrame([_generation_row(*item) for item in summary["generation"].items()]),
        "correlations": found["correlations"].round(3),
        "directions": found["directions"].round(3),
    }


def _by_method(scores: dict[str, dict[str, float]], order: str) -> pd.DataFrame:
    """List the scores of all methods, the best first."""
    table = pd.DataFrame(scores).T.sort_values(order)
    table.insert(0, "method", [method_name(str(name)) for name in table.index])
    return table.rename(columns=ERRORS)


def _reconstruction_row(fwhm: str, name: str, scores: dict[str, float]) -> dict[str, Any]:
    """Tell how well one map brings patterns back."""
    titles = {"r2": "R2", "r2_about_mean": "R2 about the mean pattern"}
    told = {f"{kind} {title}": scores[f"{key}_{kind}"] for key, title in titles.items() for kind in ("median", "worst")}
    return {"FWHM (degree)": fwhm, "map": NAMES[name], **told}


def _generation_row(name: str, score: dict[str, Any]) -> dict[str, Any]:
    """Tell how well one left-out composition was generated."""

    def pair(first: str, second: str) -> str:
        return f"{format_number(score[first])} ({format_number(score[second])})" if first in score else ""

    return {
        "left out": name,
        "R2": "refused" if score["r2"] is None else score["r2"],
        "R2 of the shift map that knows labels": "refused"
        if score["r2_shift_labels"] is None
        else score["r2_shift_labels"],
        "R2 of a linear mixture": score["r2_linear_mix"],
        "R2 of stretch and mix": score["r2_stretch_and_mix"],
        "R2 of one half of the truth on the other": score["r2_halves"] or float("nan"),
        "reconstruction error (known patterns)": pair("reconstruction_error", "reconstruction_error_known"),
        "distance to known (spacing)": pair("distance_to_known", "typical_spacing"),
        "peaks found": f"{score['n_peaks_found']} of {score['n_peaks_expected']}" if "n_peaks_found" in score else "",
        "peak position off (true pattern), degree": pair("position_error_generated", "position_error_true"),
    }


def _of_evaluation(part: dict[str, Any]) -> pd.DataFrame:
    """List every method over the splits of the full evaluation."""
    kept = [
        "median_worst",
        "worst_quartile_low",
        "worst_quartile_high",
        "median_worst_with_siblings",
        "share_above_5e-3",
    ]
    table = pd.DataFrame(part["random"]).T[kept].join(pd.DataFrame(part["leave_composition_out"]).T)
    table = table.sort_values("median_worst")
    table.insert(0, "method", [method_name(str(name)) for name in table.index])
    table.columns = pd.Index(EVALUATION)
    return table
