"""The figures of the nitride study."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakscape import figures
from peakscape.analysis.generation import InterpolatedSpectra
from peakscape.figures.canvas import INK
from peakscape.figures.maps import map_quantity
from peakscape.figures.scores import score_curves, window_scores
from peakscape.figures.spectra import stacked_curves
from peakscape.studies.nitride import compute, physics
from peakscape.studies.nitride import spectra as material
from peakscape.studies.nitride.physics import Clusters
from peakscape.studies.nitride.spectra import Array, Measured, Nitride

PLAIN = {
    "raw_neighbor": "nearest spectrum",
    "classifier": "support vectors (supervised)",
    "pearson": "Pearson to the perfect phases",
}
"""Methods without a map that are drawn beside the maps."""
MARKS = dict(zip(material.MEASURED, ("P", "X"), strict=True))


def draw(
    folder: Path, nitride: Nitride, measured: list[Measured], parts: dict[str, Any], summary: dict[str, Any]
) -> dict[str, Path]:
    """Draw and save all figures; return the PNG files by name. Without a cluster there is nothing typical of one."""
    chosen = parts["chosen"]
    drawn = {
        "spectra": draw_spectra(folder, nitride, measured, parts["answers"]),
        "map": draw_map(folder, nitride, parts, measured, summary),
        "maps": draw_maps(folder, nitride, parts["fitted"], measured, parts["points"]),
        "robustness": draw_robustness(folder, summary, summary["n_structures"]),
        "clusters": draw_clusters(folder, nitride, parts["clusters"], chosen),
        "windows": draw_windows(folder, nitride, parts["windows"], chosen),
        "between": draw_between(folder, parts["between"], chosen),
        "calibration": draw_measured(folder, parts["errors"]),
    }
    if (parts["clusters"].labels >= 0).any():
        drawn["typical"] = draw_typical(folder, nitride, parts["clusters"])
    return drawn


def draw_spectra(folder: Path, nitride: Nitride, measured: list[Measured], answers: Mapping[str, Any]) -> Path:
    """Draw the perfect phases as computed, and prepared, with the measured ones on their own."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=4.6)
    names = [one.name for one in nitride.found]
    phases = list(dict.fromkeys(nitride.label("phase", variants=False)))
    rows = {phase: names.index(f"{phase}.pristine.B0") for phase in phases}
    raw = {one.phase: material.on_axis(one) for one in measured}
    ready = {}
    for one in measured:
        answer = answers[one.phase]
        aligned = material.on_axis(one, shift=answer["shift"], stretch=answer["stretch"])
        ready[one.phase] = nitride.prepare(aligned[np.newaxis])[0]
    stacked_curves(
        axes[0],
        material.AXIS,
        {phase: nitride.raw[row] for phase, row in rows.items()},
        pairs=raw,
        title="computed (colour) and as measured (dashed)",
    )
    stacked_curves(
        axes[1],
        material.AXIS,
        {phase: nitride.first_variant[row] for phase, row in rows.items()},
        pairs=ready,
        title="prepared, measured ones at the bounded alignment",
    )
    return figures.save(figure, folder / "spectra")[0]


def draw_map(
    folder: Path, nitride: Nitride, parts: dict[str, Any], measured: list[Measured], summary: Mapping[str, Any]
) -> Path:
    """Draw the study's map with its phases, and the measured spectra on it with the classes they are given."""
    figure, axes = figures.new(width=6.2, height=5.0)
    name = parts["chosen"]
    points = parts["fitted"][name].transform(nitride.prepared)
    figures.feature_space(axes[0], points, nitride.label("phase").tolist(), title=f"{name}: computed and measured")
    for place, one in zip(parts["points"][name], measured, strict=True):
        answer = summary["measured"][one.phase]
        told = "unlike all" if answer["foreign"] else answer["phase"]
        axes[0].scatter(
            place[0], place[1], marker=MARKS[one.phase], s=150, color="white", edgecolor=INK, linewidth=1.3, zorder=5
        )
        text = f"measured {one.phase}: {told} ({answer['probability']:.2f})"
        axes[0].annotate(text, place, xytext=(8, 8), textcoords="offset points", fontsize=8, zorder=6)
    return figures.save(figure, folder / "map")[0]


def draw_typical(folder: Path, nitride: Nitride, found: Clusters) -> Path:
    """Draw the most typical spectrum of each cluster, prepared, and its absorber's p density of states beside it."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=4.6)
    numbers = physics.typical(nitride, found)
    names = {one: f"{one}: {nitride.found[number].name}" for one, number in numbers.items()}
    curves = {names[one]: nitride.first_variant[number] for one, number in numbers.items()}
    stacked_curves(axes[0], material.AXIS, curves, title="typical spectrum of each cluster, prepared")
    energy, states = physics.densities_of_states(nitride, list(numbers.values()))
    given = {names[one]: row for one, row in zip(numbers, states, strict=True)}
    stacked_curves(axes[1], energy, given, title="p states of its absorber", label="energy above the Fermi level (eV)")
    return figures.save(figure, folder / "typical")[0]


def draw_maps(
    folder: Path, nitride: Nitride, fitted: Mapping[str, Any], measured: list[Measured], points: Mapping[str, Array]
) -> Path:
    """Draw all maps with their phases, and the measured spectra on them as white marks."""
    n_rows = len(fitted) // 3 + 1  # one panel more than maps, for the legend
    figure, axes = figures.new(n_columns=3, n_rows=n_rows, width=10.5, height=3.3 * n_rows)
    values, phase = nitride.prepared, nitride.label("phase")
    for number, (name, space) in enumerate(fitted.items()):
        drawn = figures.feature_space(axes[number], space.transform(values), phase.tolist(), title=name, legend=False)
        for place, one in zip(points[name], measured, strict=True):
            mark = MARKS[one.phase]
            drawn.scatter(place[0], place[1], marker=mark, s=110, color="white", edgecolor=INK, linewidth=1.2, zorder=5)
            drawn.annotate(
                f"measured {one.phase}", place, xytext=(6, 6), textcoords="offset points", fontsize=7.5, zorder=6
            )
    for panel in axes[len(fitted) :]:
        panel.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    axes[len(fitted)].legend(handles, labels, loc="upper left", frameon=False)
    return figures.save(figure, folder / "maps")[0]


def draw_robustness(folder: Path, curves: Mapping[str, Any], n_structures: int) -> Path:
    """Draw how naming phases suffers from noise and from an error of the energy, bars by the number of structures."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=3.6)
    labels = {"noise_curve": "noise, share of the maximum", "shift_curve": "energy error up or down (eV)"}
    for panel, (name, label) in zip(axes, labels.items(), strict=True):
        scores: dict[str, Any] = dict(curves[name])
        positions = scores.pop("at")
        named = {PLAIN.get(method, method): values for method, values in scores.items()}
        score_curves(
            panel, positions, named, plain=list(PLAIN.values()), label=label, legend=name == "shift_curve",
            title="phase, with whole structures left out", n_independent=n_structures,
        )  # fmt: skip
    return figures.save(figure, folder / "robustness")[0]


def draw_clusters(folder: Path, nitride: Nitride, found: Clusters, name: str) -> Path:
    """Draw the map with its clusters, phases, defects and three quantities."""
    figure, axes = figures.new(n_columns=3, n_rows=2, width=11.5, height=6.2)
    names = found.described.names
    groups = ["no cluster" if one < 0 else f"{one}: {names[one]}" for one in found.labels]
    figures.feature_space(axes[0], found.points, groups, title=f"{name}: clusters found without labels", legend=False)
    for one in sorted(set(found.labels[found.labels >= 0])):
        middle = np.median(found.points[found.labels == one], axis=0)
        axes[0].annotate(str(one), middle, fontsize=10, fontweight="bold", zorder=6)
    figures.feature_space(axes[1], found.points, nitride.label("phase", variants=False).tolist(), title="phase")
    figures.feature_space(axes[2], found.points, nitride.label("defect", variants=False).tolist(), title="defect")
    for panel, quantity in zip(axes[3:], ("pi_star_height", "anisotropy", "onset"), strict=True):
        values = nitride.label(quantity, variants=False)
        unit = nitride.dataset[quantity].attrs.get("units", "")
        label = quantity.replace("_", " ") + (f" ({unit})" if unit not in ("", "1") else "")
        map_quantity(panel, found.points, values, title=quantity.replace("_", " "), label=label)
    return figures.save(figure, folder / "clusters")[0]


def draw_windows(folder: Path, nitride: Nitride, windows: Mapping[str, pd.DataFrame], name: str) -> Path:
    """Draw what each window of the energy alone tells of layers and of phases."""
    figure, axes = figures.new(n_columns=len(windows), width=10.5, height=3.6)
    values = nitride.first_variant
    phase = nitride.label("phase", variants=False)
    layered = np.where(nitride.label("layered", variants=False), "h/r-BN", "c/w-BN")
    for panel, (asked, table) in zip(axes, windows.items(), strict=True):
        classes = layered if asked == "layered" else phase
        kept = ["h/r-BN", "c/w-BN"] if asked == "layered" else asked.split(" or ")
        window_scores(
            panel,
            material.AXIS,
            {one: values[classes == one].mean(axis=0) for one in kept},
            (table["start"] + table["stop"]) / 2,
            np.maximum(table["accuracy_alone"], 0.0),
            title=f"{' or '.join(kept)} ({name})",
            score="accuracy by this window alone",
        )
    return figures.save(figure, folder / "windows")[0]


def draw_measured(folder: Path, errors: pd.DataFrame) -> Path:
    """Draw what an error of the energy scale does to the answer on measured spectra."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=3.4)
    for panel, column, score in (
        (axes[0], "right", "probability of the right family"),
        (axes[1], "unexplained", "share not explained"),
    ):
        curves = {str(phase): part[column].tolist() for phase, part in errors.groupby("measured", sort=False)}
        score_curves(
            panel, compute.OFFSETS, curves, label="error of the energy scale (eV)", score=score,
            title="measured spectra, search within 1 eV",
        )  # fmt: skip
    return figures.save(figure, folder / "calibration")[0]


def draw_between(folder: Path, between: InterpolatedSpectra, name: str) -> Path:
    """Draw the spectra on the line from h-BN to c-BN, and how near real ones are."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=4.2)
    start, stop = (end.split(".")[0] for end in physics.ENDS)
    stacked_curves(
        axes[0],
        material.AXIS,
        {f"{share:.2f}": curve for share, curve in zip(between.share, between.intensity, strict=True)},
        pairs={f"{share:.2f}": curve for share, curve in zip(between.share, between.mixture, strict=True)},
        title=f"from {start} (0) to {stop} (1) on the {name} map; dashed: mixtures",
    )
    score_curves(
        axes[1],
        between.share,
        {"decoded from the map": between.distance, "mixture of the ends": between.mixture_distance},
        plain=["mixture of the ends"],
        label=f"way from {start} to {stop}",
        score="distance to the nearest real spectrum",
    )
    return figures.save(figure, folder / "between")[0]
