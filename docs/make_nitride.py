"""Write docs/nitride.md from a run of the study of boron nitride.

peakscape study nitride --out results/nitride
.venv/bin/python docs/make_nitride.py results/nitride
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from peakscape.report import format_number
from peakscape.studies.nitride.compute import ENDS, PREPARATIONS
from peakscape.studies.nitride.report import METHODS, choices_in_words, methods_table

HEAD = """# Boron nitride: computed and measured B-K edges

What `peakscape study nitride` says, after Hasegawa et al., Sci. Rep. 15 (2025), [doi:10.1038/s41598-025-18580-z](https://doi.org/10.1038/s41598-025-18580-z). Made by `python docs/make_nitride.py` from its `summary.json`.

<!-- not run in tests: takes long -->
```
# report.html, figures, tables and nitride.space; {seconds:.0f} s here
peakscape study nitride --out results/nitride
# names a measured edge with a probability, or says "unlike all"
peakscape place results/nitride/nitride.space new.csv
```

The energy scale of a measured edge must be right within 1 eV.

**{n_spectra} absorbers of {n_structures} structures** ({kinds}), computed by this project with GPAW: full core hole, 16 sites, 3x3x3 k points, 400 eV, PBE ([absorption spectra](absorption.md), `datasets/nitride/provenance.json`). All computed energies are moved by {offset:.2f} eV, so that the pi* of h-BN lies at 192.0 eV. Each absorber comes in {n_variants} variants of instrument width and polarisation. All spectra are prepared by `{preparation}`. Whole structures are left out with all their absorbers and variants, and every map is fitted anew without them.

## Maps, and none

{table}

*Family*: h-BN and r-BN, which are the same layers stacked otherwise, as one. *Disturbed*: mean over noise of 20 % of the maximum in each point, one more Gaussian of 1.8 eV, and half an eV of energy error. *Disparity*: Procrustes, over three seeds.

{verdict}

<details markdown="1">
<summary>By kind of structure and by site</summary>

By kind of structure, and by the site of the absorber in it:

{kinds_table}

</details>

Without its own structure the nearest relative of an absorber in h-BN is often the same defect in r-BN, and the other way round: the phase is then missed, the family is not. With the twins of a structure (the same defect, strain or snapshot in the other phases) left out too, as for a sample from elsewhere:

{twins}

![measured spectra on the map](images/nitride-map.png)

![the maps](images/nitride-maps.png)

<details markdown="1">
<summary>Noise and energy errors, method by method</summary>

Noise and energy errors (share of families named rightly):

{curves}

</details>

## Which defect

The defect named from the spectrum of one absorber, the defect of one phase left out (so that it has to be known from other phases). Each row is a comparison of its own, of the absorbers of one site and fitted to these alone; the rows do not add up to the first:

{defects}

## What the {chosen} map has to do with structure and electrons

{n_clusters} clusters found by density without labels (adjusted Rand index with the phases {agreement}):

<details markdown="1">
<summary>What the members of each cluster share</summary>

{clusters}

</details>

![typical spectra and states](images/nitride-typical.png)

What the place on the map tells of most (mutual information in nats; permutations of whole structures, corrected by Benjamini and Hochberg):

{associations}

{windows}

{between}

## Measured spectra

{measured}

Probabilities are calibrated on {n_trials} disturbed computed spectra whose structures were left out ({accuracy:.0%} named rightly, mean probability {probability:.2f}).

{stacking}

Boron materials that are no nitride, computed alike:

{foreign}

![an error of the energy scale](images/nitride-calibration.png)
"""
STACKING = """- **h-BN or r-BN cannot be told apart for certain** from a B-K edge: the two probabilities are {h:.2f} and {r:.2f}. Layered it is with a probability of {layered:.2f}.
{choices}
- Tried were comparisons up to {ends} eV, the preparation "{preparations}", with a stretch and without (`choices.csv`).
- The range, the preparation and the stretch were chosen while looking at these two spectra; there are no others. What was not: the temperature of the probabilities, the maps, the left-out scores.
"""
TITLES = {
    "mutual_information": "mutual information",
    "adjusted_mutual_information": "p (corrected)",
    "most_frequent": "most frequent",
    "raw_neighbor": "nearest spectrum",
    "classifier": "support vectors",
    "label": "called",
    "unexplained": "not explained",
    "p_value": "p",
}


def main(folder: Path) -> None:
    """Write the page and copy four figures."""
    summary = json.loads((folder / "summary.json").read_text())
    page = Path(__file__).with_name("nitride.md")
    page.write_text(HEAD.format(**_words(summary)))
    for name in ("map", "maps", "typical", "calibration"):
        if (folder / "figures" / f"{name}.png").exists():
            shutil.copy(folder / "figures" / f"{name}.png", page.parent / "images" / f"nitride-{name}.png")


def _words(summary: dict[str, Any]) -> dict[str, Any]:
    rule, clusters, answers = summary["identification"], summary["clusters"], summary["measured"]
    layered = answers["h-BN"]
    return summary | {
        "kinds": ", ".join(f"{count} {kind}" for kind, count in summary["n_by_kind"].items()),
        "offset": summary["computed_energies_moved_by"],
        "table": table(methods_table(summary)),
        "verdict": _verdict(summary),
        "curves": _curves(summary),
        "kinds_table": table(pd.DataFrame(summary["by_kind"])),
        "twins": table(pd.DataFrame(summary["without_twins"])),
        "defects": table(pd.DataFrame(summary["defects"]).rename(columns=TITLES)),
        "chosen": summary["chosen_map"],
        "n_clusters": clusters["n"],
        "agreement": format_number(clusters["agreement_with_phases"]),
        "clusters": "\n".join(f"- {name}: {words}" for name, words in clusters["words"].items()),
        "associations": table(pd.DataFrame(summary["strongest_associations"]).rename(columns=TITLES)),
        "windows": _windows(summary["windows"]),
        "between": _between(summary["between"]),
        "measured": _measured(answers),
        "n_trials": rule["n_trials"],
        "accuracy": rule["left_out_accuracy"],
        "probability": rule["mean_probability"],
        "stacking": STACKING.format(
            h=layered["probabilities"]["h-BN"],
            r=layered["probabilities"]["r-BN"],
            layered=layered["layered"],
            choices="\n".join(
                f"- {name}: {choices_in_words(name, found)}" for name, found in summary["choices"].items()
            ),
            ends=", ".join(f"{end:g}" for end in ENDS),
            preparations=" / ".join(PREPARATIONS),
        ),
        "foreign": table(pd.DataFrame(summary["foreign"]).rename(columns=TITLES)),
    }


def _verdict(summary: dict[str, Any]) -> str:
    maps, raw = summary["maps"], summary["raw_neighbour"]
    untaught = {name: scores for name, scores in maps.items() if name not in ("lda", "kda")}
    lines = ["Of the maps that know no labels:", ""]
    for column, what in (
        ("trustworthiness", "keeps neighbours best"),
        ("silhouette_phase", "shows phases most apart"),
        ("three_phases_left_out", "names c-, h- and w-BN, the phases of the article, most often"),
        ("phase_accuracy_left_out", "names the phase most often, r-BN among them"),
        ("family_accuracy_left_out", "names the family most often"),
        ("family_transfer_accuracy", "names the family most often when disturbed"),
    ):
        best = max(untaught, key=lambda name: untaught[name][column])
        plain = f"; the nearest spectrum: {format_number(raw[column])}" if column in raw else ""
        umap = f"; UMAP: {format_number(maps['umap'][column])}" if "umap" in maps and best != "umap" else ""
        lines.append(f"- {METHODS[best]} {what}: {format_number(untaught[best][column])}{umap}{plain}.")
    lines += ["", "Of methods that are taught the phases:", ""]
    for name, what in (("lda", "LDA,"), ("kda", "KDA, which may bend,")):
        taught = maps[name]
        lines.append(
            f"- {what} taught the phases of what is not left out, names {taught['phase_accuracy_left_out']:.3f} of the phases "
            f"({taught['transfer_accuracy']:.3f} disturbed) and {taught['family_accuracy_left_out']:.3f} of the families "
            f"({taught['family_transfer_accuracy']:.3f})."
        )
    best = summary["classifier"]
    lines.append(
        f"- A support vector machine on the spectra, no map at all, taught phases and families each on their own, names {best['phase_accuracy_left_out']:.3f} of the "
        f"phases ({best['transfer_accuracy']:.3f} disturbed) and {best['family_accuracy_left_out']:.3f} of the families "
        f"({best['family_transfer_accuracy']:.3f}): what the spectra tell a method that draws nothing."
    )
    return "\n".join(lines)


def _curves(summary: dict[str, Any]) -> str:
    columns: dict[str, list[Any]] = {}
    noise, shift = summary["noise_curve_family"], summary["shift_curve_family"]
    methods = [name for name in noise if name != "at"]
    columns["method"] = [METHODS.get(name.replace("neighbor", "neighbour"), name) for name in methods]
    for number, share in enumerate(noise["at"]):
        columns["undisturbed" if share == 0 else f"noise {share:.0%}"] = [noise[name][number] for name in methods]
    for number, size in enumerate(shift["at"]):
        if size > 0:
            columns[f"{size:g} eV"] = [shift[name][number] for name in methods]
    return table(pd.DataFrame(columns))


def _windows(windows: dict[str, Any]) -> str:
    lines = ["Windows of 3 eV, all else replaced by the mean spectrum:", ""]
    for asked, found in windows.items():
        if not found["told"]:
            lines.append(
                f"- {asked}: not told. The best window alone names {found['accuracy_alone']:.0%} rightly, the most frequent class "
                f"{found['chance']:.0%}; with so few structures and so many windows that may be chance "
                f"({found['accuracy_whole']:.0%} by the whole spectrum)."
            )
            continue
        lines.append(
            f"- {asked}: best told by the window from {found['best_alone']:.1f} eV on ({found['accuracy_alone']:.0%} by it alone, "
            f"{found['accuracy_whole']:.0%} by the whole spectrum, {found['accuracy_pi_star']:.0%} by the pi* at 192 eV alone; own structure and its twins left out)."
        )
    return "\n".join(lines)


def _between(between: dict[str, float]) -> str:
    return (
        "Spectra in between: on the straight line from h-BN to c-BN those that the map makes up stay within "
        f"{between['largest_distance']:.2f} of a real one (relative root-mean-square), mixtures of the ends within "
        f"{between['largest_distance_of_mixture']:.2f}. No phase lies there; both numbers are large."
    )


def _measured(answers: dict[str, Any]) -> str:
    rows = [
        {
            "measured": name,
            "called": answer["phase"],
            "probability": answer["probability"],
            "next": answer["second"],
            "times as unlike": answer["margin"],
            "not explained": answer["distance"],
            "most like": answer["nearest"],
            "moved by (eV)": answer["shift"],
            "stretched by": answer["stretch"],
            "energy corrected before (eV)": answer["energy_corrected_by"],
        }
        for name, answer in answers.items()
    ]
    return table(pd.DataFrame(rows))


def table(frame: pd.DataFrame) -> str:
    """Write a table in Markdown."""
    lines = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * len(frame.columns)]
    lines += ["| " + " | ".join(format_number(value) for value in row) + " |" for row in frame.itertuples(index=False)]
    return "\n".join(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
