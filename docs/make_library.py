"""Write docs/library.md from four runs of the study of a library, calibrated and not.

peakscape study library $PEAKSCAPE_DATA/xas-library/Cr --label compound --also temperature --calibrate 5989 --out results/library/cr
peakscape study library $PEAKSCAPE_DATA/xas-library/Cr --label compound --also temperature --out results/library/cr-as-measured
peakscape study library $PEAKSCAPE_DATA/xas-library/As --label compound --also temperature --calibrate 11867 --out results/library/as
peakscape study library $PEAKSCAPE_DATA/xas-library/As --label compound --also temperature --out results/library/as-as-measured
.venv/bin/python docs/make_library.py results/library
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from peakscape.studies.library.report import NUMBER_NAMES, method_names

RUNS = {
    "cr": "chromium, calibrated",
    "cr-as-measured": "chromium, as measured",
    "as": "arsenic, calibrated",
    "as-as-measured": "arsenic, as measured",
}
HEAD = """# A library of measured spectra

What `peakscape study library` says of the 75 K-edge scans of chromium and arsenic compounds of the XAS Data Library (CC0). Made by `python docs/make_library.py` from the `summary.json` of four runs.

<!-- not run in tests: takes long -->
```
peakscape study library data/chromium --label compound --also temperature --calibrate 5989 --out results
# names a new scan, or says that it is unlike all
peakscape place results/library.space new.xdi --calibrate 5989
```

Scans of one compound and temperature are repeats: they are left out together, each map is fitted anew without them, and they take the name of the nearest point. A compound that was measured in one group only (GaAs) cannot be named then and is not counted. Scans are compared from 20 eV below to 100 eV above their edge on even steps, and one that is left out is moved by up to 1 eV to where it is most like a known one, before any method sees it (defaults for measured absorption; docs/decisions.md has what each adds, measured on these files). All maps have the settings that they have by themselves.

## Which compound it is

Scans named rightly, and in brackets groups (of one compound and temperature) of which most scans are. Over three seeds where the map depends on them.

"""
CALIBRATION = """
- **No map that knows no classes names more than the plain nearest spectrum**, but where all are right: on the calibrated scans every method but UMAP, the autoencoder (one seed of three errs on one group) and the shift map, made for peaks that move together, is. UMAP lies differently with each seed.
- **As measured LDA, which is taught the compounds, names {lda_cr} (chromium) and {lda_as} (arsenic), the nearest spectrum {raw_cr} and {as_raw}.** It learns to look past the errors of the energy scale. KDA names {kda_cr} and {kda_as} of the calibrated ones. Asked by beam line (below) LDA names chromium 15 of 19 and arsenic 18 of 18, the nearest spectrum 16 and 18; over all four runs LDA names {lda_all}, KDA {kda_all}, the nearest spectrum {raw_all} of 142.
- **Calibration still counts.** Arsenic: {as_raw} become {as_cal} with the foil's edge at 11867 eV, on the same scans. As measured AsS is called As2S3: the energy scales of its groups differ by up to 2 eV, the alignment moves by 1.
- **Before the window and the alignment** (whole scans, nothing moved) the nearest spectrum named 37, 40, 28 and 18, PCA 37, 40, 28 and 15, KDA 37, 30, 31 and 25, LDA 34, 43, 26 and 29 in the order of the table. What they cost: one scan in chromium as measured by LDA, a third of a scan by the autoencoder, five by the shift map (calibrated chromium); and scans of some compounds left out whole are nearer to others (CrO2 calibrated, below).
- The price of calibration: six scans (Cr2S3 and Cr2O3 of one beam line) have no foil beside them and are left out by `--calibrate`; the study tells them.
- With 11 to 15 groups the 90 % interval (Wilson) of a share of 1 still begins at {low:.2f}.
- Were single scans left out instead of groups, the nearest spectrum would name {single_cr:.2f} and {single_as:.2f} of the scans as measured: repeats know one another.
- Asked more strictly, by `--groups compound,beamline` (only compounds measured at two beam lines count): arsenic calibrated 18 of 18, as measured 18 of 18 by the nearest spectrum and 15 by PCA; chromium as measured 16 of 19 (Cr2O3 of one beam line becomes CrO2). Calibrated, no chromium compound is left from two beam lines.
- Nearly every compound is one sample: what is named may in part be the sample (its thickness, its background). Only the runs by beam line above can tell the two apart, and they have four groups each.

![the maps of the chromium scans](images/library-cr-maps.png)

## What the library does not hold

Each compound is left out whole; its scans should be farther from all known spectra than a known group is from the nearest of another. Called so where no, or hardly any, known group is as far.

{unlike}

By their distance, compounds that are like no other in the library are told; those that have a near relative in it (K2CrO4 has K2Cr2O7, AsS has As2S3) are taken for it. `peakscape place` asks instead what known spectra leave of a scan, with a bar for each compound, and tells all of them; the price on arsenic, where two of eleven groups are unlike the rest of their compound, stands in [foreign spectra](novelty.md).

## The temperature

Each group left out, rms error in K:

{numbers}

**The temperature is not read**, neither by maps nor otherwise, compound known or not: nothing beats one constant. There are two or three temperatures a compound, so that one left out is mostly an extrapolation. With single scans left out the nearest spectrum errs by {single_number} K: it finds the repeat, and no temperature. The mean of the compound loses to one constant because without the value that is asked for it points the wrong way.

## Diffraction

The same command on the twelve patterns of `weighed-mixtures` (six mixtures, a scan of 2 and one of 8 minutes; `--groups scan`, for nothing tells repeats apart): the nearest pattern and PCA name 12 of 12, the shift map 11; of mixtures left out whole 12 of 12 are called unlike all, by the distance and by `Novelty`.

## Time

Eight maps with three seeds: minutes by the clock on two cores that many others used. With `--maps pca,kda,lda` some 10 s of processor time a run.
"""


def main(folder: Path) -> None:
    """Write the page and copy a figure."""
    docs = Path(__file__).parent
    runs = {name: json.loads((folder / name / "summary.json").read_text()) for name in RUNS}
    raw = {name: run["raw_neighbor"] for name, run in runs.items()}
    page = HEAD + naming(runs)
    page += CALIBRATION.format(
        as_raw=of(raw["as-as-measured"]),
        as_cal=of(raw["as"]),
        raw_cr=of(raw["cr-as-measured"]),
        **taught(runs),
        low=raw["cr"]["group_lower"],
        single_cr=raw["cr-as-measured"]["accuracy_single_scans"],
        single_as=raw["as-as-measured"]["accuracy_single_scans"],
        unlike=unlike(runs),
        numbers=numbers(runs),
        single_number=" to ".join(
            f"{value:.0f}"
            for value in (
                min(run["number"]["nearest_single_scans"] for run in runs.values()),
                max(run["number"]["nearest_single_scans"] for run in runs.values()),
            )
        ),
    )
    shutil.copy(folder / "cr" / "figures" / "maps.png", docs / "images" / "library-cr-maps.png")
    (docs / "library.md").write_text(page)


def taught(runs: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What the taught maps name."""
    rows = {name: {key: run["maps"][name] for key, run in runs.items()} for name in ("lda", "kda")}
    sums = rows | {"raw": {key: run["raw_neighbor"] for key, run in runs.items()}}
    return {
        "lda_cr": of(rows["lda"]["cr-as-measured"]),
        "lda_as": of(rows["lda"]["as-as-measured"]),
        "kda_cr": of(rows["kda"]["cr"]),
        "kda_as": of(rows["kda"]["as"]),
        **{f"{name}_all": f"{sum(row['n_right'] for row in of_runs.values()):.0f}" for name, of_runs in sums.items()},
    }


def of(row: dict[str, float]) -> str:
    """How many of how many."""
    return f"{row['n_right']:.3g} of {row['n_counted']:.0f}"


def lines(rows: dict[str, list[str]], first: str) -> str:
    """A table with a column for each run."""
    head = [f"| {first} | " + " | ".join(RUNS.values()) + " |", "|---" * (1 + len(RUNS)) + "|"]
    return "\n".join(head + [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()])


def naming(runs: dict[str, dict[str, Any]]) -> str:
    """Scans and groups named rightly by every method."""
    rows: dict[str, list[str]] = {}
    for run in runs.values():
        every = run["maps"] | {"raw_neighbor": run["raw_neighbor"]} | run["similarity_baseline"]
        for name, row in (every | {"most_frequent": run["most_frequent"]}).items():
            cell = f"{of(row)} ({row['groups_right']:.3g} of {row['groups_counted']:.0f})"
            rows.setdefault(method_names()[name], []).append(cell)
    return lines(rows, "") + "\n"


def unlike(runs: dict[str, dict[str, Any]]) -> str:
    """What is said of compounds that were left out whole."""
    found = [run["unlike"] for run in runs.values()]
    kinds = [
        ", ".join(f"{row['compound']} {row['called unlike']}/{row['scans']}" for row in each["classes"])
        for each in found
    ]
    rows = {
        "scans called unlike all": [f"{each['called']} of {each['n_scans']}" for each in found],
        "by compound": kinds,
        "known groups called so": [f"{each['false_alarms']} of {each['n_groups']}" for each in found],
        "AUROC of the distance": [f"{each['auroc']:.2f}" for each in found],
        "called foreign by `place`": [f"{each['called_by_novelty']} of {each['n_scans']}" for each in found],
    }
    return lines(rows, "")


def numbers(runs: dict[str, dict[str, Any]]) -> str:
    """Errors of the temperature by every method."""
    rows = {
        title: [f"{run['number']['methods'][name]['rmse']:.0f}" for run in runs.values()]
        for name, title in NUMBER_NAMES.items()
    }
    return lines(rows, "")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
