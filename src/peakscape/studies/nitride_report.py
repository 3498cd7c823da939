"""The words of the report on boron nitride."""

import os
from typing import Any

import pandas as pd

from peakscape import report
from peakscape.report import Section, format_number
from peakscape.studies import nitride_spectra as material
from peakscape.studies.nitride_parts import SEARCH
from peakscape.studies.nitride_physics import WINDOW
from peakscape.studies.nitride_summary import KEYS

METHODS = {
    **{key: name for name, key in KEYS.items()},
    "lda": "LDA (taught the phases)",
    "kda": "KDA (taught the phases)",
    "raw_neighbour": "nearest spectrum, no map",
    "pearson": "Pearson to perfect phases",
    "cosine": "cosine to perfect phases",
    "euclid": "Euclid to perfect phases",
    "classifier": "support vectors, no map (taught)",
    "most_frequent": "most frequent class",
}
COLUMNS = {
    "trustworthiness": "trustworthiness",
    "silhouette_phase": "silhouette, phase",
    "phase_accuracy_left_out": "phase, left out",
    "transfer_accuracy": "phase, disturbed",
    "family_accuracy_left_out": "family, left out",
    "family_transfer_accuracy": "family, disturbed",
    "seed_disparity": "disparity of seeds",
    "seconds": "fit (s)",
    "milliseconds_placed": "place one (ms)",
}


def write(path: str | os.PathLike[str], summary: dict[str, Any], parts: dict[str, Any]) -> None:
    """Write the report from the summary, the figures and the tables of the study."""
    versions = ", ".join(f"{package} {number}" for package, number in summary["versions"].items())
    report.write(
        path,
        title=f"Boron nitride: {summary['n_spectra']} computed B-K edges on a map",
        lead=_lead(summary),
        sections=[
            _spectra(summary, parts),
            _maps(summary, parts),
            _robustness(parts),
            _physics(summary, parts),
            _windows(summary, parts),
            _between(summary, parts),
            _measured(summary, parts),
        ],
        footer=f"{summary['seconds']:g} seconds; peakscape study nitride. {versions}",
    )


def methods_table(summary: dict[str, Any]) -> pd.DataFrame:
    """All methods side by side, one row each."""
    rows = summary["maps"] | {"raw_neighbour": summary["raw_neighbour"]} | summary["similarity_baseline"]
    rows |= {name: summary[name] for name in ("classifier", "most_frequent")}
    table = [
        {"method": METHODS[name]} | {title: scores.get(column, float("nan")) for column, title in COLUMNS.items()}
        for name, scores in rows.items()
    ]
    return pd.DataFrame(table)


def _lead(summary: dict[str, Any]) -> list[str]:
    maps, raw = summary["maps"], summary["raw_neighbour"]
    best = max(maps, key=lambda name: maps[name]["phase_accuracy_left_out"])
    lines = [
        f"{summary['n_spectra']} absorbers of {summary['n_structures']} structures, whole structures left out. The best map for naming "
        f"the phase is {METHODS[best]} ({_share(maps[best]['phase_accuracy_left_out'])}; families c, w and layered: "
        f"{_share(maps[best]['family_accuracy_left_out'])}); the nearest spectrum without any map gets "
        f"{_share(raw['phase_accuracy_left_out'])} and {_share(raw['family_accuracy_left_out'])}.",
    ]
    for phase, answer in summary["measured"].items():
        lines.append(
            f"Measured {phase}: called {answer['phase']} with probability {answer['probability']:.2f}; the next is {answer['second']}, "
            f"{answer['margin']:.2f} times as unlike. {_share(answer['distance'])} of the variance is not explained by the spectrum "
            f"most like it ({answer['nearest']}). Layered with probability {answer['layered']:.2f}."
        )
    if not summary["measured"]:
        lines.append(
            "The measured spectra were not found (folder bn-measured below that named by PEAKSCAPE_DATA; --measured)."
        )
    if "umap" not in maps:
        lines.append("UMAP is missing: umap-learn is not installed (pip install 'peakscape[umap]').")
    return lines


def _spectra(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    kinds = ", ".join(f"{count} {kind}" for kind, count in summary["n_by_kind"].items())
    return Section(
        "The spectra",
        [
            f"Computed with GPAW and a full core hole: {kinds}. One number, {summary['computed_energies_moved_by']:g} eV, puts all "
            f"computed energies onto the measured scale (pi* of h-BN at {material.PI_STAR:g} eV, Jimenez et al. 1997). Every absorber "
            f"comes in {summary['n_variants']} variants of instrument width and polarisation, which are left out together.",
            f"All spectra, computed and measured, are prepared by {summary['preparation']}: the difference of two Gaussians takes "
            "away noise and the continuum, in which a computed edge and one measured by energy loss differ most.",
        ],
        figures=[(parts["figures"]["spectra"], "Perfect phases and measured spectra, as they are and prepared.")],
    )


def _maps(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    worst = max(summary["placed_alone_or_in_batch"].values())
    return Section(
        "Maps, and none",
        [
            "Phase and family are named by the nearest known point, with whole structures left out and the map fitted anew without "
            "them. Family takes h-BN and r-BN, stackings of the same layers, as one. Disturbed: mean over 20 % noise, one more "
            "Gaussian of 1.8 eV, and half an eV of energy error. LDA and KDA, linear and with a kernel, are taught the phases of their "
            "training spectra; their silhouette is that of what they were taught. Disparity of seeds: 0 where all seeds give the same map up to "
            "rotation and scale, 1 where nothing agrees.",
            f"A spectrum placed alone and in a batch lies at the same point, to {worst:.0e} of the map's size, on every map.",
            "The defect is named from one absorber's spectrum, the defect of one phase left out, so that it "
            "has to be known from other phases (last table; each row is a comparison of its own, fitted to these absorbers alone). "
            "Without its own structure the nearest relative of an absorber in h-BN is often the same defect in r-BN: the phase is "
            "then missed, the family is not.",
        ],
        figures=[(parts["figures"]["maps"], "All maps, all variants; measured spectra as white marks.")],
        tables=[
            (
                methods_table(summary),
                "Maps, the nearest spectrum, and similarity to the perfect phases, on the same folds.",
            ),
            (parts["kinds"], "The same by kind of structure, and by site of the absorber in it."),
            (
                parts["twins"],
                "The same where the twins of a structure in the other phases are left out with it: as a sample from elsewhere.",
            ),
            (
                parts["defects"],
                "Share of defects named rightly, by site of the absorber; most frequent: the plainest baseline.",
            ),
        ],
    )


def _robustness(parts: dict[str, Any]) -> Section:
    return Section(
        "Noise and energy errors",
        ["Without any alignment: an energy error of one or two eV is what spoils a map, noise is not."],
        figures=[(parts["figures"]["robustness"], "Share of phases named rightly; methods without a map dashed.")],
    )


def _physics(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["clusters"]
    words = pd.DataFrame({"cluster": list(found["words"]), "what its members share": list(found["words"].values())})
    table = parts["associations"]
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
    return Section(
        f"What the {summary['chosen_map']} map has to do with structure and electrons",
        [
            f"{found['n']} clusters found by density, without labels ({found['in_none']} spectra in none); adjusted Rand index with "
            f"the phases {format_number(found['agreement_with_phases'])}.",
            "Mutual information in nats, tested by permutations of whole structures and corrected for the number of tests "
            "(Benjamini and Hochberg): below 0.05 it is not chance.",
        ],
        figures=[(parts["figures"]["clusters"], "Clusters, phases, defects, and three features of the spectra.")],
        tables=[(words, "The clusters in words."), (plane[columns].head(20), "What place and cluster tell of.")],
    )


def _windows(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    lines = []
    for asked, found in summary["windows"].items():
        lines.append(
            f"{asked}: the window of {WINDOW:g} eV that tells them apart best on its own begins at {found['best_alone']:.1f} eV "
            f"({_share(found['accuracy_alone'])} named rightly by it alone, {_share(found['accuracy_whole'])} by the whole; by the pi* at "
            f"{material.PI_STAR:g} eV alone {_share(found['accuracy_pi_star'])}); the one "
            f"that is missed most begins at {found['most_missed']:.1f} eV (silhouette less by {found['silhouette_lost']:.2f})."
        )
    return Section(
        "Which energies matter",
        [
            "All but one window is replaced by the mean spectrum, and all spectra are placed again. Named without their own structure "
            "and its twins in the other phases.",
            *lines,
        ],
        figures=[
            (parts["figures"]["windows"], "Mean prepared spectra of the classes, and what each window tells alone.")
        ],
    )


def _between(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    found = summary["between"]
    return Section(
        "Spectra in between",
        [
            "On the straight line from perfect h-BN to perfect c-BN the map's own spectra stay within "
            f"{format_number(found['largest_distance'])} of a real one (root-mean-square, relative), mixtures of the two ends within "
            f"{format_number(found['largest_distance_of_mixture'])}. No phase lies between the two: this shows what a map makes up.",
        ],
        figures=[(parts["figures"]["between"], "Decoded spectra and mixtures; distance to the nearest real spectrum.")],
    )


def _measured(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    rule = summary["identification"]
    text = [
        f"A measured spectrum is compared with all computed ones at shifts of up to {SEARCH.max_shift:g} eV and stretches down to "
        f"{min(SEARCH.stretches):g}. Probabilities are calibrated on {rule['n_trials']} computed spectra, disturbed as measured ones are, "
        f"with their structures left out: {_share(rule['left_out_accuracy'])} named rightly, mean probability "
        f"{rule['mean_probability']:.2f}. Foreign: a smaller share of those than 5 % is as unlike everything known.",
        "h-BN and r-BN are the same layers stacked otherwise. Where their probabilities are alike, the honest answer is: layered.",
    ]
    tables = [
        (parts["foreign"], "Boron materials that are no nitride (computed): what they are called, and whether foreign.")
    ]
    figures = []
    if summary["measured"]:
        rows = [{"measured": name} | answer["probabilities"] for name, answer in summary["measured"].items()]
        tables = [
            (pd.DataFrame(rows), "Probability of each phase."),
            (parts["by_map"], "The same spectra on the maps."),
            (
                parts["choices"].sort_values("measured", kind="stable"),
                "The same with other ranges, preparations and stretches.",
            ),
            *tables,
        ]
        for name, found in summary["choices"].items():
            text.append(f"{name}: {choices_in_words(name, found)}")
        text.append(
            "The energy scale matters: the published axis of h-BN is known to be 3 eV too high and was corrected. The figure shows the "
            "answer for further errors; the search mends 1 eV."
        )
        figures = [(parts["figures"]["calibration"], "Answer on measured spectra over an error of the energy scale.")]
    return Section("Measured spectra", text, figures=figures, tables=tables)


def choices_in_words(phase: str, found: dict[str, Any]) -> str:
    """Say what the answer on a measured spectrum owes to the range, the preparation and the stretch."""
    bare = " to ".join(f"{value:.2g}" for value in found["unexplained"]["none"])
    if not found["named_so"]:
        return f"by none of {found['tried']} choices of range, preparation and stretch is it called {phase}."
    smallest, largest = (f"{found[name]:.3g}" for name in ("smallest_margin", "largest_margin"))
    other = f" (else {' or '.join(found['otherwise'])})" if found["otherwise"] else ""
    return (
        f"{found['named_so']} of {found['tried']} choices of range, preparation and stretch call it {phase}{other}, the next "
        f"phase being {smallest} to {largest} times as unlike; without the preparation {bare} of the variance is not explained."
    )


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"
