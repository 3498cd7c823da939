"""The pictures of docs/performance.md, in the package's style: ratios to the peers, and curves of growth."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from peakscape import figures
from peakscape.figures.canvas import ERROR, INK, MEASURED, MODEL, STYLE

TITLES = {
    "simulate_atoms": "Simulator: atoms",
    "simulate_reflections": "Simulator: reflections",
    "simulate_patterns": "Simulator: patterns",
    "simulate_points": "Simulator: points",
    "train_members": "Trainer: members",
    "train_patterns": "Trainer: patterns",
    "train_points": "Trainer: points",
    "relevance_members": "Relevance: members",
}
NAMES = {
    "pymatgen": "pymatgen",
    "xrayutilities": "xrayutilities",
    "gemmi": "gemmi (amplitudes only)",
    "dans_diffraction": "Dans_Diffraction",
    "torch_eager": "PyTorch, default Adam",
    "torch_fused": "PyTorch, fused Adam",
    "torch_compiled": "PyTorch, compiled, fused Adam",
    "torch_span": "PyTorch on span coordinates, fused Adam",
    "masked_copies": "masked copies, float32",
}


def draw_ratios(results: dict[str, Any], folder: Path) -> Path:
    """How many times longer each peer takes, as the median of pairs with the range; one row a peer."""
    groups = {f"simulate, {n} atoms": results["simulate"].get(n, {}).get("pairs", {}) for n in ("104", "52")}
    groups = {"relevance": results["relevance"]["pairs"], "train": results["train"]["pairs"], **groups}
    rows = [(group, name, pair) for group, pairs in groups.items() for name, pair in reversed(pairs.items())]
    figure, (axes,) = figures.new(width=7.2, height=0.9 + 0.24 * len(rows))
    with rc_context(STYLE):
        shades = dict(zip(groups, (MODEL, INK, ERROR, MEASURED), strict=True))
        for place, (group, _, pair) in enumerate(rows):
            axes.plot([pair["min"], pair["max"]], [place, place], color=shades[group], linewidth=2.0)
            axes.plot(pair["median"], place, "o", color=shades[group], markersize=5)
            axes.annotate(
                f"{pair['median']:,.3g}" if pair["median"] < 1000 else f"{pair['median']:,.0f}",
                (pair["max"], place), xytext=(6, 0), textcoords="offset points", va="center", fontsize=7.5,
            )  # fmt: skip
        labels = [f"{group}: {NAMES[name]}" for group, name, _ in rows]
        axes.set_yticks(range(len(rows)), labels=labels)
        axes.set_xscale("log")
        axes.set_xlim(right=4 * max(pair["max"] for _, _, pair in rows))
        axes.axvline(1.0, color=INK, linewidth=0.7)
        axes.grid(axis="x", color="#e3e3e3", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.set(xlabel="time of the peer over ours, one core (1: as fast)", title="Median of pairs, and their range")
    return figures.save(figure, folder / "performance-ratios")[0]


def draw_growth(results: dict[str, Any], folder: Path) -> Path:
    """One panel a curve, both axes logarithmic, with the fitted power over the upper half."""
    curves = results["growth"]
    n_rows = -(-len(curves) // 4)
    figure, panels = figures.new(n_columns=4, n_rows=n_rows, width=10.4, height=2.7 * n_rows)
    for axes, (name, curve) in zip(panels, curves.items(), strict=True):
        with rc_context(STYLE):
            _one_curve(axes, TITLES[name], curve)
    return figures.save(figure, folder / "performance-growth")[0]


def _one_curve(axes: Axes, title: str, curve: dict[str, Any]) -> None:
    sizes, seconds, power = np.array(curve["sizes"]), np.array(curve["seconds"]), curve["exponent"]
    axes.plot(sizes, seconds, "o", color=MEASURED, markersize=4)
    first = (len(sizes) - 1) // 2
    height = np.exp(np.mean(np.log(seconds[first:]) - power * np.log(sizes[first:])))
    axes.plot(sizes[first:], height * sizes[first:] ** power, color=MODEL, linewidth=1.2, label=f"power {power:.2f}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    # at least a decade and a half, so that all panels read alike
    axes.set_ylim(10 ** np.floor(np.log10(seconds.min())), max(30 * seconds.min(), 3 * seconds.max()))
    for side in (axes.xaxis, axes.yaxis):
        side.set_minor_formatter(NullFormatter())
    axes.set(title=title, xlabel=curve["label"].split(",")[0], ylabel="CPU seconds")
    axes.legend(loc="upper left")
