"""The figures of the study of a library."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakscape import figures
from peakscape.analysis.clusters import class_medoids
from peakscape.analysis.relevance import telling_range
from peakscape.figures.maps import named_map
from peakscape.figures.scores import read_against_known
from peakscape.figures.scores import shares as _shares
from peakscape.figures.spectra import class_spectra
from peakscape.studies.library.compute import Array, Library
from peakscape.studies.library.report import NUMBER_NAMES, method_names

ZOOM_MARGIN = 0.15


def draw(folder: Path, library: Library, summary: dict[str, Any], parts: dict[str, Any]) -> dict[str, Path]:
    """Draw and save all figures; return the PNG files by name."""
    points: dict[str, Array] = {name: space.transform(library.intensity) for name, space in parts["spaces"].items()}
    drawn = {
        "spectra": draw_spectra(folder, library),
        "maps": draw_maps(folder, library, points, parts),
        "naming": draw_naming(folder, library, parts["naming"]),
    }
    if summary["number"] is not None:
        trusted = summary["number"]["trusted_method"]
        drawn["numbers"] = draw_numbers(folder, library, parts["number_samples"], trusted, parts["numbers"])
    return drawn


def draw_spectra(folder: Path, library: Library) -> Path:
    """Draw the spectrum in the middle of each class, whole and where the classes differ."""
    chosen = class_medoids(library.intensity, library.classes)
    rows, axis = library.intensity[chosen], library.axis
    counts = [int((library.classes == kind).sum()) for kind in library.class_names]
    low, high = telling_range(library.axis, library.intensity, library.classes)
    margin = ZOOM_MARGIN * (high - low)
    near = (axis >= low - margin) & (axis <= high + margin)
    figure, panels = figures.new(n_columns=2, width=10.5, height=max(3.6, 0.55 * len(chosen) + 0.8))
    names = [f"{kind} ({count})" for kind, count in zip(library.class_names, counts, strict=True)]
    class_spectra(panels[0], axis, rows, names=[], title="whole", label=library.axis_label)
    class_spectra(
        panels[1],
        axis[near],
        rows[:, near],
        names=names,
        title="where the classes differ (90 % of the variance between them)",
        label=library.axis_label,
    )
    return figures.save(figure, folder / "spectra")[0]


def draw_maps(folder: Path, library: Library, points: dict[str, Array], parts: dict[str, Any]) -> Path:
    """Draw all maps of the library, each with what it misnamed when left out."""
    answers: pd.DataFrame = parts["answers"]
    shares = dict(zip(parts["naming"]["method"], parts["naming"]["accuracy"].to_numpy(), strict=True))
    n_columns = min(3, len(points))
    n_rows = -(-len(points) // n_columns)
    figure, panels = figures.new(n_columns=n_columns, n_rows=n_rows, width=3.3 * n_columns + 1.4, height=2.9 * n_rows)
    for number, (panel, (name, places)) in enumerate(zip(panels, points.items(), strict=False)):
        wrong = np.flatnonzero((answers[name] != answers[library.label]) & answers["counted"])
        named_map(
            panel,
            places,
            library.classes,
            wrong=wrong,
            title=f"{method_names()[name]}: accuracy {shares[name]:.2f}",
            legend=number == n_columns - 1,
        )
    for panel in panels[len(points) :]:
        panel.set_visible(False)
    return figures.save(figure, folder / "maps")[0]


def draw_naming(folder: Path, library: Library, table: pd.DataFrame) -> Path:
    """Draw the share of scans that each method names rightly, and the share of groups."""
    ranked = table.iloc[np.argsort(-table["accuracy"].to_numpy(), kind="stable")]
    ranked = ranked[ranked["method"] != "most_frequent"]
    chance = float(table["accuracy"].to_numpy()[table["method"] == "most_frequent"][0])
    names = [method_names()[name] for name in ranked["method"]]
    figure, panels = figures.new(n_columns=2, width=9.6, height=0.26 * len(names) + 1.1)
    repeats = " and ".join(library.group_labels)
    _shares(
        panels[0], names, ranked["accuracy"], ranked["lower"], ranked["upper"], reference=chance,
        title=f"{library.label} of scans", label=f"accuracy ({int(ranked['n_counted'].iloc[0])} scans)",
    )  # fmt: skip
    _shares(
        panels[1], [""] * len(names), ranked["group_accuracy"], ranked["group_lower"], ranked["group_upper"],
        title=f"groups of one {repeats}",
        label=f"accuracy ({int(ranked['groups_counted'].iloc[0])} groups)",
    )  # fmt: skip
    return figures.save(figure, folder / "naming")[0]


def draw_numbers(folder: Path, library: Library, samples: pd.DataFrame, trusted: str, table: pd.DataFrame) -> Path:
    """Draw the number as the trusted method reads it, and as the best of those that look at the spectra does."""
    looking = table[~table["method"].isin(("mean", "class_mean"))].set_index("method")["rmse"]
    shown = list(dict.fromkeys((trusted, str(looking.idxmin()))))
    figure, panels = figures.new(n_columns=len(shown), width=4.2 * len(shown), height=3.6)
    for panel, method in zip(panels, shown, strict=True):
        ends = np.stack([samples["lower"], samples["upper"]]) if method == trusted else None
        title = NUMBER_NAMES[method] + (" (to trust)" if method == trusted else " (best other)")
        read_against_known(
            panel,
            samples["known"],
            samples[method],
            ends,
            title=title,
            label=str(library.also),
            legend=method == trusted,
        )
    return figures.save(figure, folder / "numbers")[0]
