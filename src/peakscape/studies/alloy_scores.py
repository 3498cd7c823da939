"""The parts of the alloy study's report that score methods: reconstruction, composition, the full evaluation."""

from typing import Any

import pandas as pd

from peakscape.report import Section

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


def reconstruction_section(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    """Tell how well patterns come back."""
    rows = []
    for fwhm, width in summary["widths"].items():
        for name, scores in width["reconstruction"]["maps"].items():
            rows.append(
                {
                    "FWHM (degree)": fwhm,
                    "map": NAMES[name],
                    "median R2": scores["r2_median"],
                    "worst R2": scores["r2_worst"],
                    "median R2 about the mean pattern": scores["r2_about_mean_median"],
                    "worst R2 about the mean pattern": scores["r2_about_mean_worst"],
                }
            )
    table = pd.DataFrame(rows).round(4)
    return Section(
        "Reconstruction (Fig. 2)",
        [
            "How well test patterns come back from their point. R2 about the mean pattern asks for what tells patterns "
            "apart, so it is the stricter number: the mean training pattern alone would score 0."
        ],
        figures=[(parts["figures"]["reconstruction"], "Fig. 2: best, median and worst test pattern of the ensemble.")],
        tables=[(table, "Test patterns, both widths.")],
    )


def composition_section(summary: dict[str, Any], parts: dict[str, Any]) -> Section:
    """Tell how well compositions are read, by every method."""
    tables = [
        (table, f"Table II at FWHM {fwhm} degree: the ten worst test samples of the ensemble with the triangle rule.")
        for fwhm, table in parts["tables"].items()
    ]
    for fwhm, width in summary["widths"].items():
        scores = pd.DataFrame(width["table2"]).T.sort_values("worst")
        scores.insert(0, "method", [method_name(name) for name in scores.index])
        scores = scores.rename(columns={"share_above_5e-3": "share above 5e-3"})
        tables.append((scores, f"Every method on the same test samples, FWHM {fwhm} degree, errors by eq. (3)."))
    confounder = pd.DataFrame(summary["confounder"]).T.sort_values("rmse_zr")
    confounder.insert(0, "method", [method_name(name) for name in confounder.index])
    tables.append(
        (
            confounder.rename(columns={"rmse_ti": "rms error Ti", "rmse_zr": "rms error Zr"}),
            "The Zr series on a Ti pattern that no map saw: has a map learned Zr, or the Ti pattern of its Zr samples?",
        )
    )
    outside = "; ".join(
        f"FWHM {fwhm}: " + ", ".join(f"{NAMES[name]} {share:.0%}" for name, share in width["outside_triangles"].items())
        for fwhm, width in summary["widths"].items()
    )
    return Section(
        "Composition from the map (Fig. 4, Table II)",
        [
            "The paper's rule: the three nearest known points, or if they differ a near triangle that holds the sample; outside all triangles the nearest known point. With an ensemble each member has its own readout and the answer is the median.",
            "An error of 0 means that the three nearest known points all have the sample's own composition: with siblings among the known samples the rule names the right one, and so does the nearest raw pattern. Delaunay interpolation is the same equation in every triangle, without that step.",
            f"Test samples outside all triangles of known points: {outside}.",
            "Lowest first. A random split leaves siblings of the same composition among the known samples; the next part "
            "leaves whole compositions out.",
        ],
        figures=[
            (parts["figures"]["painted"], "Fig. 4: concentration maps; points are the known samples. White: outside.")
        ],
        tables=tables,
    )


def left_out_section(summary: dict[str, Any]) -> Section:
    """Tell what is known of compositions that were left out whole."""
    rows = []
    for fwhm, width in summary["widths"].items():
        for name, scores in width["leave_composition_out"].items():
            rows.append({"FWHM (degree)": fwhm, "method": method_name(name), **scores})
    table = pd.DataFrame(rows).sort_values(["FWHM (degree)", "rmse_ti"])
    return Section(
        "Whole compositions left out",
        [
            "The test that means something for an unknown sample: no known sample has its composition. Here the methods "
            "that train in seconds; the networks are in the full evaluation (--evaluate). x = 0 has one pattern and lies "
            "at the end of the series, so every method must extrapolate there."
        ],
        tables=[
            (
                table.rename(columns={"rmse_ti": "rms error Ti", "rmse_zr": "rms error Zr"}),
                "Root-mean-square error in atoms per formula unit: Ti over samples without Zr, Zr over samples with it.",
            )
        ],
    )


def evaluation_section(parts: dict[str, Any]) -> Section:
    """Tell the full evaluation."""
    tables = []
    for fwhm, part in parts["evaluation"].items():
        random = pd.DataFrame(part["random"]).T
        left = pd.DataFrame(part["leave_composition_out"]).T
        table = random[
            [
                "median_worst",
                "worst_quartile_low",
                "worst_quartile_high",
                "median_worst_with_siblings",
                "share_above_5e-3",
            ]
        ].join(left)
        table = table.sort_values("median_worst")
        table.insert(0, "method", [method_name(name) for name in table.index])
        table.columns = [
            "method", "median worst", "quartile", "quartile", "median worst, lone samples aside", "share above 5e-3",
            "Ti left out", "Zr left out", "Ti, lone compositions aside", "Zr, lone compositions aside",
        ]  # fmt: skip
        caption = (
            f"FWHM {fwhm} degree, {part['n_splits']} random 90/10 splits: median over splits of the worst error (eq. 3); then "
            "rms errors with whole compositions left out. The paper's single split: worst 0.143."
        )
        tables.append((table, caption))
    single = ", ".join(next(iter(parts["evaluation"].values()))["single_compositions"])
    return Section(
        "Full evaluation",
        [
            "Every method on the same splits. A lone sample is the only one of its composition "
            f"({single}): nothing can know it when it is left out, so the numbers are given with and without.",
        ],
        figures=[(parts["figures"]["evaluation"], "Every method; lower is better. Dotted: the paper's worst error.")],
        tables=tables,
    )
