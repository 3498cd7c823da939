"""The figures of the study of a series of mixtures."""

from pathlib import Path

import numpy as np

from peakscape import figures, spectra
from peakscape.analysis.mixtures.presence import Presence
from peakscape.figures.mixtures import fit_with_remainder, fraction_bands, heat_map
from peakscape.studies.mixture.compute import Unmixed, chosen_fits


def draw(folder: Path, series: Unmixed, presence: tuple[Presence, ...]) -> dict[str, Path]:
    """Draw and save all figures; return the PNG files by name."""
    events = sorted({round(0.5 * sum(edge), 9) for one in presence for edge in (one.onset, one.end) if edge})
    drawn = {
        "series": draw_series(folder, series, events),
        "fractions": draw_fractions(folder, series, events),
        "fits": draw_fits(folder, series),
    }
    return drawn if series.drawn is None else drawn | {"map": draw_map(folder, series)}


def draw_series(folder: Path, series: Unmixed, events: list[float]) -> Path:
    """Draw the series as a heat map."""
    figure, axes = figures.new(width=9.0, height=4.2)
    name = spectra.axis_name(series.dataset)
    heat_map(
        axes[0], series.dataset[name].values, series.dataset["intensity"].values, series.along, events=events,
        label=spectra.axis_label(name), along_label=series.label,
    )  # fmt: skip
    return figures.save(figure, folder / "series")[0]


def draw_fractions(folder: Path, series: Unmixed, events: list[float]) -> Path:
    """Draw the fractions along the series with their intervals, and what is not explained."""
    figure, axes = figures.new(n_rows=2, width=9.0, height=5.4)
    value, low, high = (series.table(name) for name in ("fractions", "lower", "upper"))
    names = list(series.parts)
    if series.amorphous is not None:
        pairs = zip((value, low, high), series.amorphous, strict=True)
        value, low, high = (np.hstack([one, rest[:, None]]) for one, rest in pairs)
        names.append("amorphous")
    quantity = "weight fraction" if series.weights else "share"
    fraction_bands(axes[0], series.along, value, low, high, names, events=events, quantity=quantity)
    left = series.unexplained[:, None]
    fraction_bands(
        axes[1], series.along, left, left, left, ["not explained"], events=events, label=series.label,
        quantity="share left",
    )  # fmt: skip
    axes[1].set_ylim(0.0, 1.1 * max(float(left.max()), 1e-6))
    return figures.save(figure, folder / "fractions")[0]


def draw_fits(folder: Path, series: Unmixed) -> Path:
    """Draw the first and the last spectrum, the worst fit and the one after the largest change."""
    chosen = chosen_fits(series)
    figure, axes = figures.new(n_columns=2 if len(chosen) > 1 else 1, n_rows=(len(chosen) + 1) // 2, width=11.0,
                               height=3.3 * ((len(chosen) + 1) // 2))  # fmt: skip
    label = spectra.axis_label(spectra.axis_name(series.dataset))
    left = series.unexplained
    for panel, number in zip(axes, chosen, strict=False):
        one = series.found[number]
        title = f"{series.names[number]} ({series.label} {series.along[number]:.4g}): {100 * left[number]:.2g} % left"
        fit_with_remainder(
            panel, series.axis, one.fitted + one.remainder, one.fitted, one.background, title=title, label=label,
            legend=panel is axes[0],
        )  # fmt: skip
    for panel in axes[len(chosen) :]:
        panel.set_axis_off()
    return figures.save(figure, folder / "fits")[0]


def draw_map(folder: Path, series: Unmixed) -> Path:
    """Draw the map of mixtures: intervals as regions, the series as a path, what is left as colour."""
    drawn = series.drawn
    assert drawn is not None
    figure, axes = figures.new(width=6.6, height=2.6 if len(series.shown) == 2 else 5.2)
    order = np.argsort(series.along, kind="stable")
    named = {int(order[0]), int(order[len(order) // 2]), int(order[-1])}
    labels = [f"{place:.4g}" if number in named else "" for number, place in enumerate(series.along)]
    figures.mixture_map(
        axes[0], drawn.coordinates, drawn.ends, [series.parts[one] for one in series.shown], regions=drawn.regions,
        along=series.along, remainder=series.unexplained, labels=labels,
    )  # fmt: skip
    return figures.save(figure, folder / "map")[0]
