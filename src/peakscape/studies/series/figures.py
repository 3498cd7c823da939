"""The figures of the study of a series."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakscape import figures, spectra
from peakscape.analysis.clusters import Grouping
from peakscape.analysis.readout.transitions import path_steps
from peakscape.figures.grouping import dendrogram, medoid_spectra
from peakscape.figures.maps import series_path
from peakscape.figures.scores import dots, path_speed, read_against_known
from peakscape.studies.series.compute import ENOUGH, REMAINDER, SHIFT, Series
from peakscape.studies.series.report import METHOD_NAMES


def draw(
    folder: Path, series: Series, raw: xr.Dataset, parts: dict[str, Any], summary: dict[str, Any]
) -> dict[str, Path]:
    """Draw and save all figures; return the PNG files by name."""
    return {
        "spectra": draw_spectra(folder, series, raw),
        "map": draw_map(folder, series, summary),
        "left_out": draw_left_out(folder, series, parts, summary),
        "grouping": draw_grouping(folder, series, parts["grouping"]),
        "relevance": draw_relevance(folder, series, parts["relevance"]),
    }


def draw_spectra(folder: Path, series: Series, raw: xr.Dataset) -> Path:
    """Draw the spectra as they came and as they were prepared."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=4.6)
    name = spectra.axis_name(raw)
    measured = raw["intensity"].values / np.abs(raw["intensity"].values).max(axis=1, keepdims=True)
    figures.stacked_spectra(
        axes[0], raw[name].values, measured, series.order, title="as measured, each to its maximum", label=name
    )
    figures.stacked_spectra(
        axes[1], series.axis, series.intensity, series.order, title="prepared", label=series.axis_label
    )
    return figures.save(figure, folder / "spectra")[0]


def draw_map(folder: Path, series: Series, summary: dict[str, Any]) -> Path:
    """Draw the map, and how fast the path goes along it."""
    points, order = series.space.transform(series.intensity), series.order
    found = summary["path"]
    with_speed = series.target.values.ndim == 1 and len(np.unique(order)) >= ENOUGH
    figure, axes = figures.new(n_columns=2 if with_speed else 1, width=10.5 if with_speed else 6.0, height=3.8)
    label = series.target.name
    series_path(axes[0], points, order, title="the series on its map", label=label, names=(SHIFT, REMAINDER))
    if with_speed:
        steps = path_steps(points, order)
        path_speed(
            axes[1],
            steps["start"],
            steps["stop"],
            steps["speed"],
            [jump["at"] for jump in found["transitions"]],
            label=label,
        )
    return figures.save(figure, folder / "map")[0]


def draw_left_out(folder: Path, series: Series, parts: dict[str, Any], summary: dict[str, Any]) -> Path:
    """Draw the errors of all methods, and what the trusted one and the map read from what was left out."""
    table: pd.DataFrame = parts["left_out"]
    samples: pd.DataFrame = parts["left_out_samples"]
    drawn = list(dict.fromkeys((summary["trusted_method"], summary["best_on_map"])))
    figure, axes = figures.new(n_columns=1 + len(drawn), width=4.0 + 3.6 * len(drawn), height=3.8)
    column = "rmse_inner" if table["rmse_inner"].notna().all() else "rmse"
    ranked = table.sort_values(column)
    dots(
        axes[0],
        [METHOD_NAMES.get(name, name) for name in ranked["method"]],
        {"rms error, left out": ranked[column]},
        title="all methods, the same samples left out",
        label=f"rms error in {series.target.name}" + (" (inner values)" if column == "rmse_inner" else ""),
        legend=False,
    )
    name = series.target.columns[int(np.argmax(np.ptp(series.target.values.reshape(series.n_samples, -1), axis=0)))]
    for panel, method in zip(axes[1:], drawn, strict=True):
        ends = np.stack([samples[f"{name}_{method}_lower"], samples[f"{name}_{method}_upper"]])
        read_against_known(
            panel,
            samples[name],
            samples[f"{name}_{method}"],
            ends,
            title=METHOD_NAMES.get(method, method),
            label=name,
            legend=panel is axes[1],
        )
    return figures.save(figure, folder / "left-out")[0]


def draw_grouping(folder: Path, series: Series, grouping: Grouping) -> Path:
    """Draw the tree of the groups and the spectra in their middle."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=3.8)
    dendrogram(
        axes[0],
        grouping.linkage,
        grouping.labels,
        names=series.names,
        medoids=grouping.medoids,
        outliers=grouping.outliers,
        title="groups by distances that allow for shifts",
        label="1 - cosine",
    )
    medoid_spectra(
        axes[1],
        series.axis,
        series.intensity[grouping.medoids],
        names=[series.names[k] for k in grouping.medoids],
        counts=np.bincount(grouping.labels),
        title="the spectrum in the middle of each group",
        label=series.axis_label,
    )
    return figures.save(figure, folder / "groups")[0]


def draw_relevance(folder: Path, series: Series, parts: dict[str, Any]) -> Path:
    """Draw what masking each window does, by the registration and by the remainder."""
    figure, axes = figures.new(n_columns=2, width=10.5, height=3.6)
    titles = {"registration": "movement by the registration", "residual": "movement by what is missing"}
    for panel, (part, title) in zip(axes, titles.items(), strict=True):
        figures.relevance(
            panel,
            series.axis,
            np.maximum(series.intensity[parts["sample"]], 0.0),
            parts[part],
            np.zeros_like(parts[part]),
            title=f"{series.names[parts['sample']]}: {title}",
            label=series.axis_label,
            legend=panel is axes[0],
        )
    return figures.save(figure, folder / "relevance")[0]
