"""Write docs/measured.md from the studies of two measured series.

peakscape study series $PEAKSCAPE_DATA/fapbi3-mapbbr3/*.xy --label x --pattern 'x([0-9.]+)\\.xy' --wavelength 1.5406 --out results/fapbi3
peakscape study series $PEAKSCAPE_DATA/batio3-ramp/*.IoQ --label temperature --pattern 'BTO_([0-9]+)K' --out results/batio3
.venv/bin/python docs/make_measured.py results/fapbi3 results/batio3
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from peakscape.studies.series.report import METHOD_NAMES

HEAD = """# Measured series

What `peakscape study series` says of two public sets of measured patterns, and what else was measured on measured patterns. Measured absorption spectra, named by compound: [a library of edges](library.md). Made by `python docs/make_measured.py` from the `summary.json` of both studies.
Each value of the label is left out once with all its repeats (of more than 30 values: in 30 folds), and every method, map and registration included, is fitted anew without it.
"""
FAPBI3 = """
## A solid solution: `fapbi3-mapbbr3`

Eleven laboratory patterns of (FAPbI3)x(MAPbBr3)1-x (PV-Lab/autoXRD, Apache-2.0), with background, unequal intensities, two geometries and a foreign phase at x = 0.8 and 0.9; prepared by `{preparation}`; no peak window, no indexing.

{table}

- Trusted: {because}. A Vegard line fitted by hand to one peak has 0.0154, which is the scatter of the samples themselves.
- Its 90 % intervals are {width:.3f} wide on average and cover {coverage:.0%} of the eleven. On 100 simulated series like this one (11 samples, scatter 0.015 in x, background, noise) they cover 91 % at a mean width of 0.07.
- Where the map stands: one registered number a pattern, read by a plane. The constants of the registration were fixed while looking at cell volumes of the alloy series and at these files, so its 0.016 is not untouched; `PeakLine` was not tuned on them.
- The samples that look strangest when left out: {strange}.

![the series on its map](images/series-fapbi3-map.png)
"""
BATIO3 = """
## A temperature ramp: `batio3-ramp`

Sixty patterns of BaTiO3 from 150 K to 445 K (NSLS-II, BSD-3), prepared by `{preparation}`.

{table}

- Trusted: {because}.
- The path over the map jumps at {jumps}. Literature for BaTiO3: 183 K (rhombohedral to orthorhombic), 278 K (orthorhombic to tetragonal), 393 to 403 K (tetragonal to cubic), on cooling lower than on heating by some 10 K. The middle one agrees within 10 K.
  The first and the last stand 10 to 30 K above; both are single steps of 5 K in which every peak moves, so the files' temperature scale (a ramp) and the material are in question, not the reading: told, not corrected.
- With every second pattern in training, patterns scaled to their maximum: 2.9 K (rms) along the path of the shift map for the 29 patterns within the training range, 3.9 K with the one at 445 K, which lies outside; the same readout on PCA-2 3.0 and 4.0 K; PCA-2 with a Gaussian process 4.0 and 5.2 K; PLSR-5 5.1 K. The path readout, not the map, makes the difference here.

![the ramp on its map](images/series-batio3-map.png)
"""
TAIL = """
## Other measurements

- `weighed-mixtures`: each 2-minute scan is closer to its 8-minute scan than to any other sample, by a factor of 46 or more in the cosine distance of the raw patterns (`tests/formats`), 7 to 17 after the default preparation.
- Novelty, every ordered pair of the three measured sets, single samples left out for the calibration: AUROC 1.000, all foreign patterns called foreign, error ratios of 45 and more (`tests/analysis`). 30 % of BaTiO3 mixed into fapbi3 patterns: AUROC 0.95, 73 % called foreign.
  Against simulated crystals on the alloy map: ratio 242 and more, AUROC 1.000. The map's own reconstruction error does not reach this alone; the best-matching known spectra carry it.
- Placing a pattern of 11,900 points on a shift map: about 1 ms; masking all 11,898 windows of it: 0.1 s.
"""


def main(fapbi3: Path, batio3: Path) -> None:
    """Write the page and copy its figures."""
    docs = Path(__file__).parent
    page = HEAD
    for text, folder in ((FAPBI3, fapbi3), (BATIO3, batio3)):
        summary = json.loads((folder / "summary.json").read_text())
        jumps = ", ".join(
            f"{jump['at']:.4g} K (onset {jump['onset']:g} +- {jump['onset_error']:g}, end {jump['end']:g} +- {jump['end_error']:g})"
            for jump in summary["path"]["transitions"]
        )
        page += text.format(
            preparation=summary["preparation"],
            table=table(summary),
            because=words(summary["trusted_because"]),
            width=summary["interval"]["mean_width"],
            coverage=summary["interval"]["coverage"],
            strange=", ".join(summary["novelty"]["strange"]) or "none",
            jumps=jumps,
        )
        shutil.copy(folder / "figures" / "map.png", docs / "images" / f"series-{folder.name}-map.png")
    (docs / "measured.md").write_text(page + TAIL)


def table(summary: dict[str, Any]) -> str:
    """All methods, best first."""
    scores = sorted(summary["leave_one_out"].items(), key=lambda item: item[1]["rmse_inner"])
    lines = [
        f"| method | rms error in {summary['label']}, inner values | all values | largest | mean width of the {summary['interval']['level']:.0%} interval |",
        "|---|---|---|---|---|",
    ]
    for name, row in scores:
        width = "" if row["mean_width"] is None else f"{row['mean_width']:.3g}"
        lines.append(
            f"| {METHOD_NAMES.get(name, name)} | {row['rmse_inner']:.3g} | {row['rmse']:.3g} | {row['max_error']:.3g} | {width} |"
        )
    return "\n".join(lines)


def words(sentence: str) -> str:
    """Write methods' keys for readers."""
    for name in sorted(METHOD_NAMES, key=len, reverse=True):
        sentence = sentence.replace(name, METHOD_NAMES[name]) if name != "mean" else sentence
    return sentence


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
