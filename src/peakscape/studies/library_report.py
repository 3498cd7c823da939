"""The words of the report on a library."""

import os
from typing import Any

import pandas as pd

from peakscape import report
from peakscape.report import Section, format_number
from peakscape.studies.library_naming import METHOD_NAMES, RAW
from peakscape.studies.library_numbers import NAMES

COLUMNS = {
    "method": "method",
    "accuracy": "scans named rightly",
    "lower": "from",
    "upper": "to",
    "group_accuracy": "groups named rightly",
    "group_lower": "from ",
    "group_upper": "to ",
    "trustworthiness": "trustworthiness",
    "silhouette": "silhouette",
    "seed_disparity": "disparity of seeds",
    "seconds": "seconds of a fit",
}


def write(path: str | os.PathLike[str], summary: dict[str, Any], parts: dict[str, Any]) -> None:
    """Write the report from the summary, the figures and the tables of the study."""
    versions = ", ".join(f"{package} {number}" for package, number in summary["versions"].items())
    sections = [_spectra(summary, parts), _groups(summary, parts), _naming(summary, parts), _unlike(summary, parts)]
    if summary["number"] is not None:
        sections.append(_number(summary, parts))
    report.write(
        path,
        title=f"A library of measured spectra: {summary['label']} of {summary['n_spectra']} scans",
        lead=_lead(summary),
        sections=[*sections, _use(summary)],
        footer=f"{summary['seconds']:g} seconds. {versions}",
    )


def _lead(summary: dict[str, Any]) -> list[str]:
    raw, unlike, number = summary[RAW], summary["unlike"], summary["number"]
    lines = [
        f"{summary['n_spectra']} scans of {summary['n_classes']} kinds of {summary['label']}, in {summary['n_groups']} groups of"
        f" repeats. Each group is left out once, and its scans are named by what is known of the others: by the nearest"
        f" spectrum {_of(raw['n_right'], raw['n_counted'])} rightly, by the most frequent class"
        f" {_of(summary['most_frequent']['n_right'], raw['n_counted'])}.",
        summary["verdict"],
    ]
    if unlike["n_scans"]:
        lines.append(
            f"Of the scans of a {summary['label']} that the library does not hold, {_of(unlike['called'], unlike['n_scans'])} are told by"
            f" their distance from all that is known; {_of(unlike['false_alarms'], unlike['n_groups'])} known groups would be called so too."
        )
    if number is not None:
        error = number["methods"][number["trusted_method"]]["rmse"]
        lines.append(
            f"{number['label'].capitalize()}. {_sentence(number['trusted_because'])}. Error of {NAMES[number['trusted_method']]}:"
            f" {format_number(error)} (rms, left out)."
        )
    return lines


def _spectra(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    steps = "no further step" if summary["preparation"] == "none" else summary["preparation"]
    text = [f"History: {summary['history']}. Prepared by: {steps}."]
    if summary["calibrated"] is False:
        text.append(
            "The energies are taken as the files give them. Where a reference was measured beside each sample, --calibrate with"
            " the known energy of its edge takes out what the monochromator was off, which can be as much as compounds differ by."
        )
    if summary["not_read"]:
        text.append(f"Files that could not be used, and are missing from all that follows: {len(summary['not_read'])}.")
    tables = [(pd.DataFrame(summary["not_read"]), "Not read, and why.")] if summary["not_read"] else []
    return Section(
        "The spectra",
        text,
        figures=[(parts["figures"]["spectra"], "Of each kind the scan that is nearest to all its others.")],
        tables=tables,
    )


def _groups(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    alone = ", ".join(summary["only_group"]) or "none"
    raw = summary[RAW]
    return Section(
        "What is left out together",
        [
            f"Scans that share {' and '.join(summary['group_labels'])} are repeats of one another: they are left out together, so"
            " that no repeat of a scan is known when it is named. Were single scans left out instead, the nearest spectrum"
            f" would name {raw['accuracy_single_scans']:.3f} of them: that is to know a scan by its repeat.",
            f"A {summary['label']} that one group alone has cannot be named when that group is left out; such scans are not"
            f" counted: {alone}. {raw['n_counted']:g} scans in {raw['groups_counted']:g} groups are counted.",
        ],
        tables=[(parts["groups"], "The groups.")],
    )


def _naming(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    table = parts["naming"].rename(columns={f"silhouette_{summary['label']}": "silhouette"})
    table = table[[name for name in COLUMNS if name in table]].rename(columns=COLUMNS)
    table = table.round(3).assign(method=[METHOD_NAMES[name] for name in table["method"]])
    text = [
        "Every map is fitted anew without the group, with the settings that it has by itself; scans take the name of the nearest"
        " point. LDA and KDA are taught the classes of the scans that are not left out."
        " A group counts as named rightly where most of its scans are. Intervals are Wilson's at"
        f" {summary['level']:.0%}; repeats are much alike, so that of the groups is the one to believe.",
        f"{summary['verdict']} The saved map is {METHOD_NAMES[summary['map']]}, the best of those tried on these"
        " same scans: its share is a little too kind.",
    ]
    text += [f"Not tried: {METHOD_NAMES[name]}. {why}" for name, why in summary["maps_missing"].items()]
    wrong = parts["wrong"].rename(columns=METHOD_NAMES)
    tables = [(table, "All methods on the same scans.")]
    if len(wrong):
        tables.append((wrong, "The scans that the nearest spectrum or the saved map misnames."))
    return Section(
        f"Naming {summary['label']}",
        text,
        figures=[
            (
                parts["figures"]["maps"],
                "All maps of the whole library; crosses: misnamed when their group was left out (first seed).",
            ),
            (parts["figures"]["naming"], "Shares named rightly with intervals; dashed: the most frequent class."),
        ],
        tables=tables,
    )


def _unlike(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["unlike"]
    if not found["n_scans"]:
        return Section("What the library does not hold", ["Too few groups to ask."])
    return Section(
        "What the library does not hold",
        [
            f"Each {summary['label']} is left out whole. Its scans should then be farther from all known spectra than a known scan"
            " is from the nearest one of another group. AUROC of that distance (root mean square difference):"
            f" {format_number(found['auroc'])}. Called unlike where no, or hardly any, left-out group of the known ones is as far.",
            f"By `analysis.Novelty`, which asks for the share of the spectrum that known ones explain,"
            f" {_of(found['called_by_novelty'], found['n_scans'])} are called foreign.",
        ],
        tables=[(parts["unlike"], "Each kind left out whole; distances are medians unless said otherwise.")],
    )


def _number(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["number"]
    table = parts["numbers"].assign(method=[NAMES[name] for name in parts["numbers"]["method"]])
    by_class = pd.DataFrame({NAMES[name]: row["by_class"] for name, row in found["methods"].items()})
    by_class = by_class.rename_axis(summary["label"]).reset_index()
    return Section(
        f"Reading {found['label']}",
        [
            f"{found['n_samples']} scans in {found['n_groups']} groups, each left out whole: the {found['label']} that is asked for is then"
            f" known of other kinds of {summary['label']} only. PLSR on the difference, and the mean of the class, are told which"
            f" {summary['label']} it is. Of {found['fewest_values']} to {found['most_values']} different values a kind, one is left out:"
            " mostly an extrapolation. The rule of choice: the simplest whose error is within one standard error of the best.",
            f"{_sentence(found['trusted_because'])}. Were single scans left out, the nearest spectrum would err by"
            f" {format_number(found['nearest_single_scans'])}: that is to know a scan by its repeat, not to read {found['label']}.",
        ],
        tables=[
            (table, "All methods on the same left-out groups."),
            (by_class, f"Error (rms) for each {summary['label']}."),
        ],
        figures=[(parts["figures"]["numbers"], "What was read against what is known.")],
    )


def _use(summary: dict[str, Any]) -> Section:
    return Section(
        "Naming a new spectrum",
        [
            "peakscape place library.map FILE gives its place on the map, its name by the nearest known spectrum and by the map,"
            " and whether it is unlike all that is known. Measure and read it as these were: a scan that is not calibrated does"
            " not belong on a map of scans that are (--calibrate).",
        ],
    )


def _of(count: float, total: float) -> str:
    return f"{count:.3g} of {total:.0f}"


def _sentence(text: str) -> str:
    """Write the methods' keys for readers, and begin with a capital."""
    for name in sorted(NAMES, key=len, reverse=True):
        text = text if name == "mean" else text.replace(name, NAMES[name])
    return text[0].upper() + text[1:]
