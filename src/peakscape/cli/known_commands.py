"""Commands about maps and their known samples: compare, add, group."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape.cli.inputs import add_spectra_options, open_for_map, open_spectra
from peakscape.cli.map_commands import known_coordinates
from peakscape.cli.novelty import shift_axis_of
from peakscape.cli.output import add_output_options, emit, lines_of
from peakscape.errors import InputError, MapError

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.analysis import Grouping

METRICS = ("cosine", "pearson", "jensen_shannon", "dynamic_time_warping")


def add_commands(commands: Any) -> None:
    """Add the commands of this file to the program."""
    compare = commands.add_parser("compare", help="lay one map on another by the samples that both know")
    compare.add_argument("first", metavar="MAP")
    compare.add_argument("second", metavar="MAP")
    add_output_options(compare)
    compare.set_defaults(run=run_compare)

    add = commands.add_parser("add", help="add spectra to what a map knows, without moving anything on it")
    add.add_argument("map", metavar="MAP")
    add.add_argument("spectra", nargs="+", metavar="SPECTRA")
    add_spectra_options(add)
    add_output_options(add)
    add.set_defaults(run=run_add)

    group = commands.add_parser("group", help="groups of spectra, how many and how firmly, medoids, outliers")
    group.add_argument("spectra", nargs="+", metavar="SPECTRA")
    group.add_argument("--metric", choices=METRICS, default="cosine", help="distance between raw spectra")
    group.add_argument("--on", metavar="MAP", help="distances on this map instead")
    group.add_argument(
        "--max-shift",
        type=float,
        default=0.0,
        metavar="S",
        help="forgive moves of all peaks together by up to S: relative in q (0.01 is 1 %% of strain), in eV for energy",
    )
    group.add_argument("--groups", type=int, metavar="N", help="how many; default: as many as the spectra suggest")
    group.add_argument("--figure", metavar="PATH.png", help="draw the tree and the medoids")
    group.add_argument("--force", action="store_true", help="replace the figure if it exists")
    add_spectra_options(group)
    add_output_options(group)
    group.set_defaults(run=run_group)


def run_compare(options: argparse.Namespace) -> None:
    """Print how well one map lies on another."""
    from peakscape import analysis, maps

    points, names = [], []
    for path in (options.first, options.second):
        saved = maps.load_saved(path)
        if "name" not in saved.provenance:
            raise MapError(f"{path} does not know the names of its samples; make it with `peakscape fit`")
        points.append(np.median(known_coordinates(saved), axis=0))
        names.append(saved.provenance["name"])
    found = analysis.overlay_maps(*points, names=names[0], reference_names=names[1])
    result = {
        "disparity": found.disparity, "scale": found.scale, "mirrored": found.mirrored, "n_shared": len(found.samples),
        "matrix": found.matrix, "offset": found.offset, "samples": found.samples,
    }  # fmt: skip
    how = f"stretched by {found.scale:.4g}{', mirrored' if found.mirrored else ''}, turned and moved"
    lines = [
        f"{len(found.samples)} samples in both; {options.first} laid on {options.second}: {how}",
        f"disparity {found.disparity:.4g} (0: the same map, 1: nothing in common)",
        "",
        *lines_of(found.samples.head(20)),
    ]
    emit(options, result, lines)


def run_add(options: argparse.Namespace) -> None:
    """Add spectra to the known ones of a map."""
    from peakscape import maps

    saved = maps.load_saved(options.map)
    dataset = open_for_map(options.spectra, saved, options)
    larger = maps.add_samples(options.map, dataset)
    names = [str(name) for name in dataset["name"].values]
    n_known = known_coordinates(larger).shape[1]
    text = f"{options.map}: {len(names)} spectra added, {n_known} known now; the map itself is unchanged"
    emit(options, {"map": options.map, "added": names, "n_known": n_known}, [text])


def run_group(options: argparse.Namespace) -> None:
    """Group spectra and draw the tree."""
    import pandas as pd

    from peakscape import analysis, maps

    stem = _figure_stem(options)
    if options.on:
        saved = maps.load_saved(options.on)
        dataset = open_for_map(options.spectra, saved, options)
        distances = analysis.map_distances(saved.map.transform(dataset["intensity"].values))
    else:
        dataset = open_spectra(options.spectra, options)
        shift_axis = shift_axis_of(dataset)
        distances = analysis.spectrum_distances(
            dataset["intensity"].values, metric=options.metric, shift_axis=shift_axis, max_shift=options.max_shift
        )
    found = analysis.group_samples(distances, n_groups=options.groups)
    table = pd.DataFrame({"name": dataset["name"].values, "group": found.labels})
    table["medoid"] = np.isin(np.arange(len(table)), found.medoids)
    table["outlier"] = np.isin(np.arange(len(table)), found.outliers)
    if stem is not None:
        _draw(stem, found, dataset, "distance on the map" if options.on else options.metric.replace("_", " "))
    result = {"n_groups": found.n_groups, "suggested": found.suggested, "scores": found.scores, "samples": table}
    emit(options, result, _lines_of_groups(found, table))


def _figure_stem(options: argparse.Namespace) -> Path | None:
    if not options.figure:
        return None
    path = Path(options.figure)
    if path.suffix != ".png":
        raise InputError(f"{path}: the figure must end in .png; an .svg comes beside it")
    if not options.force and (path.exists() or path.with_suffix(".svg").exists()):
        raise InputError(f"{path} is there already; add --force to replace it, or choose another name")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; create it first")
    return path.with_suffix("")


def _draw(stem: Path, found: "Grouping", dataset: "xr.Dataset", distance: str) -> None:
    from peakscape import figures, spectra

    names = [str(name) for name in dataset["name"].values]
    axis = spectra.axis_name(dataset)
    figure, (left, right) = figures.new(n_columns=2, width=9.0, height=max(3.6, 0.5 * found.n_groups))
    figures.dendrogram(
        left, found.linkage, found.labels, names=names, medoids=found.medoids, outliers=found.outliers, label=distance
    )
    figures.medoid_spectra(
        right,
        dataset[axis].values,
        dataset["intensity"].values[found.medoids],
        names=[names[k] for k in found.medoids],
        counts=np.bincount(found.labels),
        label=spectra.axis_label(axis),
    )
    figures.save(figure, stem)


def _lines_of_groups(found: "Grouping", table: Any) -> list[str]:
    firm = found.scores.set_index("n_groups")
    text = f"{len(table)} spectra; they suggest {found.suggested} groups"
    if found.suggested == 1:
        text = f"{len(table)} spectra; they suggest no groups: none that is stable and has a silhouette above 0.5"
    if found.n_groups in firm.index:
        row = firm.loc[found.n_groups]
        text += f"; {found.n_groups} groups: silhouette {row['silhouette']:.2f}, stability {row['stability']:.2f}"
    lines = [text, ""]
    for group in range(found.n_groups):
        members = table[table["group"] == group]
        medoid = members.loc[members["medoid"], "name"].iloc[0]
        lines.append(f"group {group}: {len(members)} around {medoid}: {', '.join(members['name'])}")
    outliers = [str(table["name"].iloc[k]) for k in found.outliers]
    return [*lines, *([f"outliers: {', '.join(outliers)}"] if outliers else [])]
