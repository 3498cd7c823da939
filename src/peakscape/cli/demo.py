"""The command that shows everything on the shipped data: demo."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.output import emit, remark
from peakscape.cli.study import folder_of

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace

Tell = Callable[[str], None]
INDEX = "index.html"


@dataclass(frozen=True)
class _Part:
    """A part of the demonstration: folder, words, how many steps it tells, and the picture that stands for it."""

    folder: str
    title: str
    text: str
    n_steps: int
    picture: str


PARTS = (
    _Part(
        "first",
        "A first map: eleven measured patterns",
        "Powder patterns of (FAPbI3)x(MAPbBr3)1-x as their authors published them (PV-Lab/autoXRD, Apache-2.0). Ten"
        " make the map; x of the eleventh, which it has not seen, is read from it.",
        4,
        "map.png",
    ),
    _Part(
        "series",
        "The same series from raw files to a report",
        "Which method reads x best from patterns that it has not seen, with what interval, by which peaks.",
        11,
        "figures/map.png",
    ),
    _Part(
        "alloy",
        "An alloy series: 150 computed patterns, ten networks",
        "After Utimula et al., Adv. Theory Simul. 2022, doi:10.1002/adts.202200613, on structures relaxed by CHGNet.",
        14,
        "figures/figure-1-feature-space.png",
    ),
    _Part(
        "nitride",
        "Boron nitride: 169 computed edges, and two measured ones",
        "Five maps of phases and defects, and the measured spectra of c-BN and h-BN named on them, after"
        " doi:10.1038/s41598-025-18580-z.",
        7,
        "figures/maps.png",
    ),
)


def add_commands(commands: Any) -> None:
    """Add the command to the program."""
    demo = commands.add_parser(
        "demo",
        help="a first map within a minute, then both published studies, and a page that leads to everything",
        description="Runs on data that the package ships and needs nothing else. The page is there from the first part"
        " on, and grows.",
    )
    demo.add_argument("--out", default="results", metavar="DIR", help="default: results")
    demo.add_argument("--first", action="store_true", help="end after the first map")
    demo.add_argument("--force", action="store_true", help="write over an earlier demonstration in DIR")
    demo.add_argument("--json", action="store_true", help="print what was written as JSON")
    demo.set_defaults(run=run_demo)


def run_demo(options: argparse.Namespace) -> None:
    """Run the parts one after another and renew the page after each."""
    from peakscape.progress import steps

    out = folder_of(options)
    chosen = PARTS[:1] if options.first else PARTS
    found: dict[str, dict[str, str]] = {}
    for part in chosen:
        with steps(part.n_steps, part.title) as tell:
            found[part.folder] = _RUNS[part.folder](out / part.folder, options.force, tell)
        _write_index(out, chosen, found)
        if part is chosen[0]:
            remark(f"first picture: {out / part.folder / part.picture}; the page {out / INDEX} grows from now on")
    emit(options, {"output": out, "index": out / INDEX, "links": found}, [f"Done. Open {out / INDEX} in a browser."])


def _first(folder: Path, force: bool, tell: Tell) -> dict[str, str]:
    """Ten patterns to a map, the eleventh placed, the page to walk in."""
    from peakscape import datasets, explorer
    from peakscape.feature_space import FeatureSpace
    from peakscape.studies.runner import start

    with start(folder, force=force, report=tell, expected=UserWarning) as run:
        run.step("fitting a map to ten measured patterns")
        series = datasets.load_measured("fapbi3-mapbbr3")
        unseen = series["name"].values == "x0.4"
        space = FeatureSpace().fit(series.isel(sample=~unseen), label="x")
        run.step("placing the eleventh")
        placed = space.place(series.isel(sample=unseen))
        run.step("drawing the map")
        _draw(space, placed, run.folder / "map")
        run.step("writing a page to walk in")
        space.save(run.folder / "series.space")
        explorer.export(space, run.folder / "map.html", title="FAPbI3-MAPbBr3")
    x, low, high = (float(placed[name].values[0]) for name in ("x", "x_lower", "x_upper"))
    return {
        "told": f"Read of the pattern that was left out, x = 0.4: {x:.2f}, between {low:.2f} and {high:.2f}.",
        "first/map.html": "walk in the map",
    }


def _draw(space: "FeatureSpace", placed: Any, stem: Path) -> None:
    import numpy as np

    from peakscape import figures
    from peakscape.figures.maps import map_quantity

    figure, axes = figures.new(width=5.2, height=3.8)
    known = np.median(space.coordinates_, axis=0)
    map_quantity(axes[0], known, space.known_["x"].values, label="x", title="ten known patterns, and a new one")
    point = placed["coordinates"].values[0]
    axes[0].plot(point[0], point[1], marker="*", markersize=15, color="black", zorder=5)
    axes[0].annotate("x = 0.4, unseen", point, xytext=(8, 8), textcoords="offset points")
    figures.save(figure, stem)


def _series(folder: Path, force: bool, tell: Tell) -> dict[str, str]:
    from peakscape import datasets
    from peakscape.studies import series

    summary = series.run(datasets.load_measured("fapbi3-mapbbr3"), folder, label="x", force=force, report=tell)
    return _of_study(folder, f"To trust: {summary['trusted_because']}.")


def _alloy(folder: Path, force: bool, tell: Tell) -> dict[str, str]:
    from peakscape.studies import alloy

    alloy.run(folder, force=force, report=tell)
    return _of_study(folder, "")


def _nitride(folder: Path, force: bool, tell: Tell) -> dict[str, str]:
    from peakscape.studies import nitride

    summary = nitride.run(folder, force=force, report=tell)
    named = [f"{name} is named {one['phase']} ({one['probability']:.2f})" for name, one in summary["measured"].items()]
    return _of_study(folder, "Measured " + ", ".join(named) + "." if named else "")


def _of_study(folder: Path, told: str) -> dict[str, str]:
    return {
        "told": told,
        f"{folder.name}/report.html": "the report",
        f"{folder.name}/summary.json": "its numbers",
        f"{folder.name}/figures": "its pictures",
    }


_RUNS: dict[str, Callable[[Path, bool, Tell], dict[str, str]]] = {
    "first": _first,
    "series": _series,
    "alloy": _alloy,
    "nitride": _nitride,
}


def _write_index(out: Path, parts: tuple[_Part, ...], found: dict[str, dict[str, str]]) -> None:
    """The page that leads to everything; parts that are still to come are named."""
    from peakscape import report

    shown = [
        {
            "title": part.title,
            "text": part.text,
            "told": found.get(part.folder, {}).get("told", ""),
            "links": [(to, text) for to, text in found.get(part.folder, {}).items() if to != "told"],
            "picture": f"{part.folder}/{part.picture}",
            "done": part.folder in found,
        }
        for part in parts
    ]
    template = package_files("peakscape.cli").joinpath("demo.html.j2").read_text(encoding="utf-8")
    report.write(out / INDEX, template, {"parts": shown})
