"""The figures of the alloy study, after those of the paper."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakscape import analysis, figures
from peakscape.analysis.axes import Trajectory
from peakscape.analysis.generation import r2_per_spectrum
from peakscape.analysis.inputs import place_members
from peakscape.figures.canvas import INK, Figure
from peakscape.figures.maps import trajectories
from peakscape.figures.scores import dots
from peakscape.figures.spectra import generated, reconstruction
from peakscape.studies.alloy.compute import Width, formulas
from peakscape.studies.alloy.report import method_name

AXIS = "two_theta (degree)"
ZOOM = (11.0, 20.0)
"""The range of a wavelength of 0.496 angstrom in which the strongest peaks lie."""
DRAWN = (1.0, 60.0)


def draw(
    folder: Path, width: Width, found: dict[str, Any], curves: dict[str, Any], summary: dict[str, Any], evaluation: Any
) -> dict[str, Path]:
    """Draw and save all figures; return the PNG files by name."""
    spaces = found["spaces"]
    made: dict[str, tuple[str, Callable[[], Figure]]] = {
        "feature_space": ("figure-1-feature-space", lambda: _feature_space(width, spaces)),
        "reconstruction": ("figure-2-reconstruction", lambda: _reconstruction(width, spaces["autoencoder"])),
        "painted": ("figure-4-painted-map", lambda: _painted(width, spaces["autoencoder"])),
        "relevance": ("figure-5-relevance", lambda: _relevance(width, found)),
        "generation": ("figure-generation", lambda: _generation(width, curves, summary["generation"])),
        "axes": ("figure-axes", lambda: _axes(width, spaces["autoencoder"], found["paths"])),
    }
    if evaluation:
        made["evaluation"] = ("figure-evaluation", lambda: _evaluation(evaluation))
    return {name: figures.save(make(), folder / stem)[0] for name, (stem, make) in made.items()}


def _feature_space(width: Width, spaces: dict[str, Any]) -> Figure:
    """Draw Fig. 1: one network of the paper's recipe before and after training, and our ensemble's median."""
    paper, ours = spaces["paper_network"], spaces["autoencoder"]
    order = np.lexsort((width.patterns["x"].values, width.patterns["y"].values))
    intensity, groups = width.intensity[order], np.array(formulas(width.patterns))[order].tolist()
    figure, axes = figures.new(n_columns=3, width=10.5, height=3.2)
    member = int(np.argmin(paper.losses_))
    panels = {
        "(a) before training": paper.initial_coordinates(intensity)[member],
        "(b) the paper's network, trained": paper.transform_members(intensity)[member],
        "(c) median of the ensemble": ours.transform(intensity),
    }
    for panel, (title, points) in zip(axes, panels.items(), strict=True):
        figures.feature_space(panel, points, groups, title=title, legend=panel is axes[-1])
    return figure


def _reconstruction(width: Width, space: Any) -> Figure:
    """Draw Fig. 2: the best, median and worst reconstructed test pattern, whole and in detail."""
    axis, names = width.patterns["two_theta"].values, formulas(width.patterns)
    true = width.intensity[width.test]
    rebuilt = analysis.reconstruct(space, true)
    scores = r2_per_spectrum(true, rebuilt)
    order = np.argsort(scores)
    figure, axes = figures.new(n_columns=2, n_rows=3, width=9.5, height=7.0)
    for row, (name, sample) in enumerate(
        zip(("best", "median", "worst"), order[[-1, len(order) // 2, 0]], strict=True)
    ):
        title = f"{name} test pattern: {names[width.test[sample]]}, R2 = {scores[sample]:.4f}"
        for column, limits in enumerate((DRAWN, ZOOM)):
            inside = (axis >= limits[0]) & (axis <= limits[1])
            reconstruction(
                axes[2 * row + column], axis[inside], true[sample][inside], rebuilt[sample][inside],
                title="detail" if column else title, label=AXIS if row == 2 else "", legend=row == column == 0,
            )  # fmt: skip
    return figure


def _painted(width: Width, space: Any) -> Figure:
    """Draw Fig. 4: the map painted with the Ti and the Zr concentration."""
    known = np.median(place_members(space, width.intensity[width.train]), axis=0)
    readout = analysis.CompositionReadout().fit(known, width.patterns["composition"][width.train])
    painted = analysis.paint(readout)
    figure, axes = figures.new(n_columns=2, width=9.0, height=3.4)
    for panel, element in zip(axes, ("Ti", "Zr"), strict=True):
        column = list(painted.elements or ()).index(element)
        amounts = np.where(painted.outside, np.nan, painted.composition[:, :, column])
        figures.painted_map(
            panel, (painted.axis_0, painted.axis_1), amounts, known,
            width.amounts[width.train, column], title=f"{element} by the triangle rule",
            label=f"{element} atoms per formula unit",
        )  # fmt: skip
    return figure


def _relevance(width: Width, found: dict[str, Any]) -> Figure:
    """Draw Fig. 5: every window's relevance over a test pattern, and the indices of its strong peaks."""
    axis, sample, scan, ranking = width.patterns["two_theta"].values, found["sample"], found["scan"], found["ranking"]
    figure, axes = figures.new(n_columns=2, width=10.5, height=3.8)
    title = f"{formulas(width.patterns)[sample]}, windows of {scan.width:g} degree"
    for panel, limits, head in zip(axes, (DRAWN, ZOOM), (title, "detail"), strict=True):
        figures.relevance(
            panel, axis, width.intensity[sample], scan.mean, np.nan_to_num(scan.spread), title=head, label=AXIS,
            legend=panel is axes[0],
        )  # fmt: skip
        panel.set_xlim(*limits)
    strong = ranking[(ranking["intensity"] >= 0.1) & ranking["two_theta"].between(*ZOOM)]
    for peak in strong.itertuples():
        place = (peak.two_theta, peak.intensity)
        axes[1].annotate(str(peak.hkl), place, fontsize=6, rotation=90, ha="center", va="bottom")
    return figure


def _generation(width: Width, curves: dict[str, Any], scores: dict[str, Any]) -> Figure:
    """Draw the generated patterns of the left-out compositions over the mean of the true ones, in detail."""
    axis = width.patterns["two_theta"].values
    inside = (axis >= ZOOM[0]) & (axis <= ZOOM[1])
    figure, axes = figures.new(n_columns=2, n_rows=2, width=10.0, height=5.6)
    first = next((name for name, drawn in curves.items() if drawn), None)
    for panel in axes[len(scores) :]:
        panel.set_axis_off()
    for panel, (name, score) in zip(axes, scores.items(), strict=False):
        if not curves[name]:
            panel.set_axis_off()
            panel.text(0, 1, f"{name}: refused\n{textwrap.fill(score['refused'], 60)}", va="top")
            continue
        title = f"{name}: R2 = {score['r2']:.3f}, plain mixture {score['r2_linear_mix']:.3f}"
        drawn = (curves[name][key][inside] for key in ("pattern", "spread", "truth"))
        generated(panel, axis[inside], *drawn, title=title, label=AXIS, legend=name == first)
    return figure


def _axes(width: Width, space: Any, paths: dict[str, Trajectory]) -> Figure:
    """Draw the arrows of the artificial changes over the map, whole and in detail."""
    known, arrows = space.transform(width.intensity), {name: path.coordinates for name, path in paths.items()}
    figure, axes = figures.new(n_columns=2, width=10.0, height=3.6)
    trajectories(axes[0], known, arrows, title="all known points", legend=False)
    trajectories(axes[1], known, arrows, title="detail", zoom=True)
    return figure


def _evaluation(evaluation: dict[str, Any]) -> Figure:
    """Draw the full evaluation: every method at every width, random splits and whole compositions left out."""
    order = pd.DataFrame(evaluation[max(evaluation)]["random"]).T["median_worst"].sort_values().index
    figure, axes = figures.new(n_columns=3, width=13.0, height=1.2 + 0.2 * len(order))
    asked = {
        ("random", "median_worst"): ("random splits", "median of the worst error, eq. (3); left edge: zero"),
        **{
            ("leave_composition_out", f"rmse_{element.lower()}"): (
                f"whole composition left out: {element}", f"rms error in {element} (atoms per formula unit)"
            )
            for element in ("Ti", "Zr")
        },
    }  # fmt: skip
    for panel, ((part, key), (title, label)) in zip(axes, asked.items(), strict=True):
        values = {f"FWHM {fwhm} degree": pd.DataFrame(one[part]).T.loc[order, key] for fwhm, one in evaluation.items()}
        names = [method_name(str(name)) for name in order]
        dots(panel, names, values, title=title, label=label, legend=panel is axes[0])
        if panel is not axes[0]:
            panel.set_yticklabels([])
    axes[0].axvline(0.143, color=INK, linewidth=0.8, linestyle=":")
    return figure
