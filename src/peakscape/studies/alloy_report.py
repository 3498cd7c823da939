"""The words of the alloy study's report: each part says what was asked, what came out, and beside what it stands."""

import os
from typing import Any

import pandas as pd

from peakscape import report
from peakscape.report import Section, format_number
from peakscape.studies import alloy_scores


def write(path: str | os.PathLike[str], summary: dict[str, Any], parts: dict[str, Any]) -> None:
    """Write the report from the summary, the figures and the tables of the study."""
    sections = [
        _structures(summary),
        _maps(summary, parts),
        alloy_scores.reconstruction_section(summary, parts),
        alloy_scores.composition_section(summary, parts),
        alloy_scores.left_out_section(summary),
        _relevance(summary, parts),
        _generation(summary, parts),
        _axes(parts),
    ]
    if "evaluation" in parts:
        sections.insert(4, alloy_scores.evaluation_section(parts))
    versions = ", ".join(f"{package} {number}" for package, number in summary["versions"].items())
    report.write(
        path,
        title="A feature space of XRD patterns: Sm(1-y)Zr(y)Fe(12-x)Ti(x)",
        lead=_lead(summary),
        sections=sections,
        footer=f"Repeat with: peakscape study alloy --out DIR --seed {summary['seed']}\n{versions}\n"
        f"{summary['seconds']:g} seconds. The structures are CHGNet-relaxed, not DFT.",
    )


def _lead(summary: dict[str, Any]) -> list[str]:
    scores = summary["table2"]
    ours, pca = scores["autoencoder_triangle"], scores["pca_triangle"]
    n_exact = sum(score["worst"] < 1e-6 for score in scores.values())
    left = summary["leave_composition_out"]
    plain = min(left, key=lambda name: left[name]["rmse_ti"] + left[name]["rmse_zr"])
    rebuilt = summary["reconstruction"]
    relevance = summary["relevance"]
    n_strong = len(relevance["strong_irrelevant"])
    return [
        f"{summary['n_patterns']} powder patterns of {summary['n_points']} points, computed from structures that this "
        f"project relaxed, become points of a map; the figures are at a peak width of {summary['fwhm']:g} degree. "
        f"Test patterns come back with a median R2 of {rebuilt['r2_median']:.4f} (worst {rebuilt['r2_worst']:.4f}).",
        f"Composition of the {_n_test(summary)} test samples of one random split: worst error (eq. 3) {format_number(ours['worst'])} for the ensemble with the paper's triangle rule (the paper: 0.143), {format_number(pca['worst'])} for plain PCA. {n_exact} of {len(scores)} methods make no error above 1e-6, {'also' if scores['nearest_pattern']['worst'] < 1e-6 else 'not'} the nearest raw pattern: siblings of every composition are known, and one split proves little. The full evaluation (--evaluate) has many.",
        f"Of compositions left out whole, of which nothing is known, the quick methods are wrong by "
        f"{left[plain]['rmse_ti']:.2f} in Ti and {left[plain]['rmse_zr']:.2f} in Zr at best ({alloy_scores.method_name(plain)}).",
        f"Strong peaks whose irrelevance survives the ensemble's error bars: {n_strong}. Two halves of the ensemble agree on the ranking to a Spearman correlation of "
        f"{relevance['spearman_between_halves']:.2f}.",
    ]


def _n_test(summary: dict[str, Any]) -> int:
    return max(1, round(0.1 * int(summary["n_patterns"])))


def _structures(summary: dict[str, Any]) -> Section:
    table = pd.DataFrame(summary["table1"]).rename(
        columns={"complete": "inequivalent, complete", "used": "used here", "paper": "paper's Table I"}
    )
    return Section(
        "Structures (Table I)",
        [
            "Ti replaces Fe on 8i of the ThMn12 type, Zr replaces Sm on 2a. The supercells are multiples of the 13-atom "
            "primitive cell. The first column of counts is complete: the sum of the degeneracies is the binomial "
            "coefficient. The paper has fewer for most cells, by a rule that it does not state; here seeded subsets of "
            "its sizes are drawn, every structure keeps its degeneracy and the complete count, and nothing else is "
            "left out.",
            "x = 1, y = 0 appears in both supercells, so the ten cells are nine compositions. All structures are "
            "CHGNet-relaxed (cell and positions); a second Zr series stands on another Ti pattern, against "
            "mistaking the pattern for Zr.",
        ],
        tables=[(table, "Table I: cells, our complete counts, the number used, the paper's number.")],
    )


def _maps(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    collapsed = summary["collapsed_members"]
    return Section(
        "The feature space (Fig. 1)",
        [
            "Each pattern is a point. (a) and (b) are one network of the paper's recipe before and after training; (c) "
            f"is the median of {summary['n_members']} networks that start at the two leading principal components, "
            "aligned to one another.",
            f"Collapsed networks, whose code is a point or a curve: {collapsed['paper_network']} of "
            f"{summary['n_members']} by the paper's recipe, {collapsed['autoencoder']} of {summary['n_members']} in the "
            "default ensemble; the medians leave them out.",
        ],
        figures=[
            (parts["figures"]["feature_space"], "Fig. 1: the map before and after training; one symbol a composition.")
        ],
    )


def _relevance(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    scores = summary["relevance"]
    ranking = parts["ranking"]
    cell = ranking["cell"].iloc[0] if len(ranking) else ""
    columns = ["two_theta", "intensity", "relevance", "relevance_error", "hkl"]
    strong = pd.DataFrame(scores["strong_irrelevant"])
    text = [
        "A window of the pattern is masked and the point moves: the paper's Dev. Every window is scanned exactly; the "
        "table masks whole peaks, since 0.03 degree covers only part of one. Error bars are over the ensemble: one "
        "network alone proves nothing about a single peak.",
        f"Relevance follows intensity with a Spearman correlation of {scores['spearman_intensity']:.2f} over "
        f"{scores['n_peaks']} peaks. All hkl refer to this cell: {cell}.",
        f"Strong but irrelevant, so that the statement survives the error bars: {len(strong)} peaks.",
    ]
    tables = [(ranking.sort_values("relevance", ascending=False)[columns].head(15), "The fifteen most relevant peaks.")]
    if len(strong):
        tables.append((strong[columns], "Strong peaks (at least a tenth of the strongest) with little relevance."))
    return Section(
        "Relevant peaks (Fig. 5)",
        text,
        figures=[(parts["figures"]["relevance"], "Fig. 5: a test pattern and, mirrored, the relevance of each window; grey: spread of the ensemble.")],
        tables=tables,
    )  # fmt: skip


def _generation(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    rows = []
    for name, score in summary["generation"].items():
        rows.append(
            {
                "left out": name,
                "R2": score["r2"] if score["r2"] is not None else "refused",
                "R2 of the shift map that knows labels": score["r2_shift_labels"]
                if score["r2_shift_labels"] is not None
                else "refused",
                "R2 of a linear mixture": score["r2_linear_mix"],
                "R2 of stretch and mix": score["r2_stretch_and_mix"],
                "R2 of one half of the truth on the other": score["r2_halves"] if score["r2_halves"] else float("nan"),
                "reconstruction error (known patterns)": _pair(
                    score, "reconstruction_error", "reconstruction_error_known"
                ),
                "distance to known (spacing)": _pair(score, "distance_to_known", "typical_spacing"),
                "peaks found": f"{score['n_peaks_found']} of {score['n_peaks_expected']}"
                if "n_peaks_found" in score
                else "",
                "peak position off (true pattern), degree": _pair(
                    score, "position_error_generated", "position_error_true"
                ),
            }
        )
    refusals = [f"{name}: {score['refused']}" for name, score in summary["generation"].items() if "refused" in score]
    return Section(
        "Patterns of compositions that were left out",
        [
            "For each composition a map is trained without it; the patterns at its contour points are decoded. R2 is "
            "against the mean of its true patterns. A linear mixture of the mean patterns of the two neighbouring "
            "compositions is the plain alternative; the agreement of one half of the true patterns with the other is "
            "what could be reached. Peak positions are compared with those of the lattice that a line through the "
            "other compositions lets expect.",
            *refusals,
        ],
        figures=[(parts["figures"]["generation"], "Generated patterns over the mean of the true ones, in detail.")],
        tables=[(pd.DataFrame(rows), "Each composition left out in turn.")],
    )


def _pair(score: dict[str, Any], first: str, second: str) -> str:
    return f"{format_number(score[first])} ({format_number(score[second])})" if first in score else ""


def _axes(parts: dict[str, Any]) -> Section:
    return Section(
        "What the axes mean",
        [
            "One structure is changed artificially, one thing at a time, and its point followed: c/a at constant volume, "
            "volume, and Ti or Zr put in at a frozen lattice. The tables correlate the map's axes with what is known of "
            "the structures; a map may be turned, so the second one gives the direction in which each quantity grows "
            "fastest, with the share of it that the plane explains."
        ],
        figures=[(parts["figures"]["axes"], "Arrows of the artificial changes over the known points.")],
        tables=[
            (parts["correlations"].round(3), "Correlation of each axis, with bootstrap 95 % intervals over samples."),
            (parts["directions"].round(3), "Direction (degree from the first axis) of fastest growth."),
        ],
    )
