"""The figures of the alloy study, after those of the paper."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peakscape import analysis, figures
from peakscape.studies.alloy_parts import Width
from peakscape.studies.alloy_scores import method_name

AXIS = "two_theta (degree)"
# The range of a wavelength of 0.496 angstrom in which the strongest peaks lie.
ZOOM = (11.0, 20.0)
DRAWN = (1.0, 60.0)


def draw_feature_space(folder: Path, width: Width) -> Path:
    """Draw Fig. 1: one network of the paper's recipe before and after training, and our ensemble's median."""
    paper, ours = width.spaces["paper_network"], width.spaces["autoencoder"]
    order = np.lexsort((width.patterns["x"].values, width.patterns["y"].values))
    intensity, groups = width.intensity[order], [width.formulas()[sample] for sample in order]
    figure, axes = figures.new(n_columns=3, width=10.5, height=3.2)
    member = int(np.argmin(paper.losses_))
    figures.feature_space(
        axes[0], paper.initial_coordinates(intensity)[member], groups, title="(a) before training", legend=False
    )
    figures.feature_space(
        axes[1],
        paper.transform_members(intensity)[member],
        groups,
        title="(b) the paper's network, trained",
        legend=False,
    )
    figures.feature_space(axes[2], ours.transform(intensity), groups, title="(c) median of the ensemble")
    return figures.save(figure, folder / "figure-1-feature-space")[0]


def draw_reconstruction(folder: Path, width: Width) -> Path:
    """Draw Fig. 2: the best, median and worst reconstructed test pattern, whole and in detail."""
    space, axis = width.spaces["autoencoder"], width.patterns["two_theta"].values
    true = width.intensity[width.test]
    rebuilt = analysis.reconstruct(space, true)
    scores = analysis.r2_per_spectrum(true, rebuilt)
    order = np.argsort(scores)
    chosen = {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}
    figure, axes = figures.new(n_columns=2, n_rows=3, width=9.5, height=7.0)
    formulas = width.formulas()
    for row, (name, sample) in enumerate(chosen.items()):
        title = f"{name} test pattern: {formulas[width.test[sample]]}, R2 = {scores[sample]:.4f}"
        for column, limits in enumerate((DRAWN, ZOOM)):
            panel = axes[2 * row + column]
            inside = (axis >= limits[0]) & (axis <= limits[1])
            figures.reconstruction(
                panel,
                axis[inside],
                true[sample][inside],
                rebuilt[sample][inside],
                title=title if column == 0 else "detail",
                label=AXIS if row == 2 else "",
                legend=row == column == 0,
            )
    return figures.save(figure, folder / "figure-2-reconstruction")[0]


def draw_painted(folder: Path, width: Width) -> Path:
    """Draw Fig. 4: the map painted with the Ti and the Zr concentration."""
    space = width.spaces["autoencoder"]
    known = np.median(analysis.place_members(space, width.intensity[width.train]), axis=0)
    readout = analysis.CompositionReadout().fit(known, width.patterns["composition"][width.train])
    painted = analysis.paint(readout)
    figure, axes = figures.new(n_columns=2, width=9.0, height=3.4)
    for axes_here, element in zip(axes, ("Ti", "Zr"), strict=True):
        column = list(painted.elements or ()).index(element)
        amounts = np.where(painted.outside, np.nan, painted.composition[:, :, column])
        figures.painted_map(
            axes_here,
            (painted.axis_0, painted.axis_1),
            amounts,
            known,
            width.amounts[width.train, column],
            title=f"{element} by the triangle rule",
            label=f"{element} atoms per formula unit",
        )
    return figures.save(figure, folder / "figure-4-painted-map")[0]


def draw_relevance(folder: Path, width: Width, sample: int, scan: analysis.Relevance, ranking: pd.DataFrame) -> Path:
    """Draw Fig. 5: every window's relevance over a test pattern, and the whole-peak relevance with error bars."""
    axis = width.patterns["two_theta"].values
    figure, axes = figures.new(n_columns=2, width=10.5, height=3.8)
    title = f"{width.formulas()[sample]}, windows of {scan.width:g} degree"
    for panel, limits, head in zip(axes, (DRAWN, ZOOM), (title, "detail"), strict=True):
        figures.relevance(
            panel,
            axis,
            width.intensity[sample],
            scan.mean,
            np.nan_to_num(scan.spread),
            title=head,
            label=AXIS,
            legend=panel is axes[0],
        )
        panel.set_xlim(*limits)
    strong = ranking[(ranking["intensity"] >= 0.1) & ranking["two_theta"].between(*ZOOM)]
    for peak in strong.itertuples():
        axes[1].annotate(
            str(peak.hkl), (peak.two_theta, peak.intensity), fontsize=6, rotation=90, ha="center", va="bottom"
        )
    return figures.save(figure, folder / "figure-5-relevance")[0]


def draw_generation(
    folder: Path, width: Width, curves: dict[str, dict[str, NDArray[np.float64]]], scores: dict[str, Any]
) -> Path:
    """Draw the generated patterns of the left-out compositions over the mean of the true ones, in detail."""
    axis = width.patterns["two_theta"].values
    inside = (axis >= ZOOM[0]) & (axis <= ZOOM[1])
    figure, axes = figures.new(n_columns=2, n_rows=2, width=10.0, height=5.6)
    for panel in axes[len(scores) :]:
        panel.set_axis_off()
    for panel, (name, score) in zip(axes, scores.items(), strict=False):
        drawn = curves[name]
        if not drawn:
            panel.set_axis_off()
            panel.text(0, 1, f"{name}: refused\n{textwrap.fill(score['refused'], 60)}", va="top")
            continue
        figures.generated(
            panel,
            axis[inside],
            drawn["pattern"][inside],
            drawn["spread"][inside],
            drawn["truth"][inside],
            title=f"{name}: R2 = {score['r2']:.3f}, plain mixture {score['r2_linear_mix']:.3f}",
            label=AXIS,
            legend=name == next(key for key, curve in curves.items() if curve),
        )
    return figures.save(figure, folder / "figure-generation")[0]


def draw_axes(folder: Path, width: Width, paths: dict[str, analysis.Trajectory]) -> Path:
    """Draw the arrows of the artificial changes over the map, whole and in detail."""
    known = width.spaces["autoencoder"].transform(width.intensity)
    arrows = {name: path.coordinates for name, path in paths.items()}
    figure, axes = figures.new(n_columns=2, width=10.0, height=3.6)
    figures.trajectories(axes[0], known, arrows, title="all known points", legend=False)
    figures.trajectories(axes[1], known, arrows, title="detail", zoom=True)
    return figures.save(figure, folder / "figure-axes")[0]


def draw_evaluation(folder: Path, evaluation: dict[str, Any]) -> Path:
    """Draw the full evaluation: every method at every width, random splits and whole compositions left out."""
    tables = {fwhm: pd.DataFrame(part["random"]).T for fwhm, part in evaluation.items()}
    n_methods = max(len(table) for table in tables.values())
    figure, axes = figures.new(n_columns=3, width=13.0, height=1.2 + 0.2 * n_methods)
    order = tables[max(tables)]["median_worst"].sort_values().index
    names = [method_name(str(name)) for name in order]
    figures.dots(
        axes[0],
        names,
        {f"FWHM {fwhm} degree": table.loc[order, "median_worst"] for fwhm, table in tables.items()},
        title="random splits",
        label="median of the worst error, eq. (3); left edge: zero",
    )
    axes[0].axvline(0.143, color=figures.INK, linewidth=0.8, linestyle=":")
    for panel, key, element in ((axes[1], "rmse_ti", "Ti"), (axes[2], "rmse_zr", "Zr")):
        left = {fwhm: pd.DataFrame(part["leave_composition_out"]).T for fwhm, part in evaluation.items()}
        figures.dots(
            panel,
            names,
            {f"FWHM {fwhm} degree": table.loc[order, key] for fwhm, table in left.items()},
            title=f"whole composition left out: {element}",
            label=f"rms error in {element} (atoms per formula unit)",
            legend=False,
        )
        panel.set_yticklabels([])
    return figures.save(figure, folder / "figure-evaluation")[0]
