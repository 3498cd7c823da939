"""The words of the report on a series."""

import os
from typing import Any

import pandas as pd

from peakscape import report
from peakscape.report import Section, format_number
from peakscape.studies.series_figures import METHOD_NAMES


def write(path: str | os.PathLike[str], summary: dict[str, Any], parts: dict[str, Any]) -> None:
    """Write the report from the summary, the figures and the tables of the study."""
    versions = ", ".join(f"{package} {number}" for package, number in summary["versions"].items())
    report.write(
        path,
        title=f"A measured series: {summary['label']} of {summary['n_samples']} spectra",
        lead=_lead(summary),
        sections=[
            _preparation(summary, parts),
            _map(summary, parts),
            _left_out(summary, parts),
            _novelty(summary, parts),
            _groups(summary, parts),
            _relevance(summary, parts),
        ],
        footer=f"{summary['seconds']:g} seconds. {versions}",
    )


def _lead(summary: dict[str, Any]) -> list[str]:
    trusted, scores = summary["trusted_method"], summary["leave_one_out"]
    map_error, interval = scores[summary["best_on_map"]], summary["interval"]
    lines = [
        f"{summary['n_samples']} spectra, {summary['values']} different values of {summary['label']}, each value left "
        f"out once with all its repeats. To trust here: {_name(trusted)}; {_words(summary['trusted_because'])}.",
        f"The map errs by {format_number(_inner(map_error))} (rms, inner values), a line through one peak by "
        f"{format_number(_inner(scores['peak_line']))}, PLSR by {format_number(_inner(scores['pls']))}, the nearest raw pattern "
        f"by {format_number(_inner(scores['nearest_pattern']))}.",
        f"Intervals at {interval['level']:.0%} of {_name(trusted)}: mean width {_width(interval['mean_width'])}, they cover "
        f"{_share(interval['coverage'])} of the left-out samples.",
    ]
    jumps = summary["path"]["transitions"]
    if jumps:
        at = ", ".join(f"{jump['at']:.4g} ({jump['start']:.4g} to {jump['stop']:.4g})" for jump in jumps)
        lines.append(f"The path over the map jumps at {summary['label']} = {at}.")
    return lines


def _preparation(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    return Section(
        "The spectra",
        [
            f"Prepared by: {summary['preparation']}. The recipe, with all it learned, is saved in series.map and done again, "
            "identically, on every spectrum that is placed on the map later.",
        ],
        figures=[(parts["figures"]["spectra"], "The spectra as they came and as they were prepared.")],
    )


def _map(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["path"]
    text = [
        "The first axis is one number a spectrum: how far all its peaks are shifted together, found by correlation, without "
        "indexing and without labels. The second is the leading change of what remains once that is taken out. "
        f"Shift and {summary['label']} correlate by {found['correlation_of_shift']:.3f}; the worst match of a spectrum with "
        f"another is {found['lowest_match_quality']:.3f} (1 is perfect; low means that its shift is not to be trusted).",
    ]
    tables = []
    if found["transitions"]:
        text.append(
            "Where the path is faster than around it by more than five robust standard deviations, it jumps: a candidate for a "
            "phase transition, at the labels as the files give them."
        )
        tables.append((pd.DataFrame(found["transitions"]), "Jumps of the path; excess in robust standard deviations."))
    elif parts["steps"] is not None:
        text.append("The path has no jump above five robust standard deviations.")
    return Section(
        "The map", text, figures=[(parts["figures"]["map"], "The map, and its path's speed.")], tables=tables
    )


def _left_out(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    table = parts["left_out"].assign(method=[_name(name) for name in parts["left_out"]["method"]])
    table = table.drop(columns=["excess", "excess_error"])
    return Section(
        f"Reading {summary['label']}",
        [
            "Every method is fitted anew without the value that it is asked for, map and registration included. Inner values are "
            "those that others enclose: no method that interpolates can reach a corner that is left out. "
            "The trusted method is the simplest whose error is within one standard error of the best.",
            f"Intervals by the rule '{summary['interval']['rule']}' at {summary['interval']['level']:.0%}, of {_name(summary['trusted_method'])} "
            "and of the map from models that never saw the sample; those of the other methods, where there are many samples, from "
            "residuals of samples that were left out.",
        ],
        tables=[(table, "All methods on the same left-out samples.")],
        figures=[(parts["figures"]["left_out"], "Errors, and what was read against what is known.")],
    )


def _novelty(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["novelty"]
    strange = ", ".join(found["strange"]) or "none"
    table = parts["novelty"].sort_values("not_explained", ascending=False).head(10)
    return Section(
        "What does not belong",
        [
            f"Left out, a sample of this series leaves {_share(found['median_not_explained'])} of its variance unexplained "
            f"(median), at most {_share(found['largest_not_explained'])}. More than three times the median: {strange}.",
            "A new spectrum is judged against these numbers: peakscape place series.map FILE.",
        ],
        tables=[
            (table, "The strangest samples: share of the variance not explained, distance on the map in typical steps.")
        ],
    )


def _groups(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["groups"]
    if found["suggested"] > 1:
        text = f"The spectra suggest {found['suggested']} groups; in their middle: {', '.join(found['medoids'])}."
    else:
        text = (
            "The spectra suggest no division into groups: no number of groups is stable with a silhouette above 0.25."
        )
    outliers = ", ".join(found["outliers"]) or "none"
    return Section(
        "Groups",
        [text, f"Outliers (far from their nearest neighbours): {outliers}."],
        tables=[(parts["grouping"].scores, "Silhouette and stability by number of groups.")],
        figures=[(parts["figures"]["grouping"], "Tree and middle spectra; medoids in bold.")],
    )


def _relevance(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["relevance"]
    return Section(
        "Which peaks matter",
        [
            f"Windows of {found['window']:.3g} of {found['sample']} are masked one after another. The point moves for two reasons: the "
            "pattern is registered elsewhere, and a part of it is missing. Most of all it moves for the window at "
            f"{found['strongest']:.4g}; by the registration at {found['strongest_by_shift']:.4g}, by what is missing at "
            f"{found['strongest_by_remainder']:.4g}.",
        ],
        figures=[(parts["figures"]["relevance"], "How far the point moves (down) when each window is masked.")],
    )


def _name(method: str) -> str:
    return METHOD_NAMES.get(method, method)


def _words(sentence: str) -> str:
    for name in sorted(METHOD_NAMES, key=len, reverse=True):
        sentence = sentence.replace(name, METHOD_NAMES[name]) if name != "mean" else sentence
    return sentence


def _inner(scores: dict[str, float | None]) -> float:
    value = scores["rmse_inner"] if scores["rmse_inner"] is not None else scores["rmse"]
    return float("nan") if value is None else value


def _share(value: float | None) -> str:
    return "an unknown share" if value is None else f"{100 * value:.3g} %"


def _width(value: float | None) -> str:
    return "without bound" if value is None else format_number(value)
