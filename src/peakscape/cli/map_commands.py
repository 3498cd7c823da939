"""Commands that make a map and place spectra on it: fit, place."""

import argparse
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from peakscape.cli.inputs import add_prepare_option, add_spectra_options, asked_recipe, open_for_map, open_spectra
from peakscape.cli.measured_like import add_variant_options, rounds
from peakscape.cli.naming import name_by_known, require_known, unlike_sentences, without_names_of_foreign
from peakscape.cli.novelty import MOST_KNOWN, add_novelty_option, calibration, judge, sentences
from peakscape.cli.output import add_output_options, check_output, emit, lines_of, remark, working
from peakscape.cli.teaching import CLASSIFIERS, add_teach_option, taught_labels
from peakscape.errors import MapError

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.maps import FeatureMap, SavedMap

KINDS = ("autoencoder", "kda", "lda", "mds", "pca", "shift", "tsne", "umap")
"""The maps that can be asked for."""


def add_commands(commands: Any) -> None:
    """Add the commands of this file to the program."""
    fit = commands.add_parser("fit", help="make a map of spectra")
    fit.add_argument("spectra", nargs="+", metavar="SPECTRA", help="patterns.zarr, .nc, or raw files")
    add_map_options(fit)
    add_variant_options(fit)
    add_spectra_options(fit)
    add_novelty_option(fit)
    add_output_options(fit, writes="alloy.map (a folder)")
    fit.set_defaults(run=run_fit)

    place = commands.add_parser("place", help="coordinates of spectra on a map")
    place.add_argument("map", metavar="MAP")
    place.add_argument("spectra", nargs="+", metavar="SPECTRA")
    place.add_argument("--refuse", action="store_true", help="stop with an error if a spectrum is foreign to the map")
    add_spectra_options(place)
    add_output_options(place)
    place.set_defaults(run=run_place)


def add_map_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say what map to make."""
    options = command.add_argument_group("map")
    options.add_argument("--map", dest="kind", choices=KINDS, default="autoencoder")
    add_teach_option(options)
    options.add_argument("--recipe", choices=("residual", "paper"), default="residual", help="of the autoencoder")
    options.add_argument("--n-members", type=int, default=10, metavar="N", help="networks of the autoencoder")
    options.add_argument("--n-epochs", type=int, default=1000, metavar="N", help="of the autoencoder's training")
    options.add_argument(
        "--smoothing",
        type=float,
        default=0.0,
        metavar="WIDTH",
        help="let the autoencoder's encoder see spectra through a Gaussian of this standard deviation, in axis units; "
        "about twice the peak width helps where peaks are sharp and move",
    )
    options.add_argument(
        "--n-neighbors", type=int, metavar="N", help="of umap (default: 15); of tsne, its perplexity (default: 30)"
    )
    options.add_argument("--seed", type=int, default=0, metavar="N")
    options.add_argument("--scale", choices=("maximum", "area", "none"), help="of each spectrum; default: maximum")
    add_prepare_option(options)


def new_map(options: argparse.Namespace, dataset: "xr.Dataset") -> "FeatureMap":
    """Return the unfitted map that the options describe, for spectra on the axis of `dataset`."""
    from peakscape import maps, spectra

    space: FeatureMap
    if options.kind == "pca":
        space = maps.PCA()
    elif options.kind == "mds":
        space = maps.MDS()
    elif options.kind == "tsne":
        space = maps.TSNE(perplexity=options.n_neighbors or 30, random_state=options.seed)
    elif options.kind == "umap":
        space = maps.UMAP(n_neighbors=options.n_neighbors or 15, random_state=options.seed)
    elif options.kind == "shift":
        component: Literal["principal", "labels"] = "principal" if options.teach is None else "labels"
        space = maps.ShiftMap(axis=spectra.shift_axis(dataset), component=component)
    elif options.kind == "lda":
        space = maps.LDA()
    elif options.kind == "kda":
        space = maps.KDA()
    else:
        step = float(np.median(np.diff(dataset[spectra.axis_name(dataset)].values)))
        space = maps.Autoencoder(
            recipe=options.recipe,
            n_members=options.n_members,
            n_epochs=options.n_epochs,
            smoothing=options.smoothing / step,
            random_state=options.seed,
        )
    return space


def known_coordinates(saved: "SavedMap") -> np.ndarray:
    """Return the training coordinates stored with a map, (n_members, n_samples, 2)."""
    if "coordinates" not in saved.extras:
        raise MapError("the map was saved without its training coordinates; make it with `peakscape fit`")
    coordinates = saved.extras["coordinates"]
    return coordinates if coordinates.ndim == 3 else coordinates[np.newaxis]


def run_fit(options: argparse.Namespace) -> None:
    """Fit a map and save it with all that later commands need."""
    from peakscape import maps, spectra

    path = check_output(options)
    maps.check_free(path)
    raw = open_spectra(options.spectra, options)
    recipe = asked_recipe(options, raw)
    dataset = recipe.apply(raw)
    intensity, taught = dataset["intensity"].values, taught_labels(options, dataset)
    with working(f"fitting the map ({options.kind}) to {len(intensity)} spectra"):
        variants = rounds(raw, recipe, options)
        space: Any = new_map(options, dataset)
        space = space.fit(intensity, taught) if variants is None else space.fit(intensity, variants=variants)
    novelty = calibration(space, dataset, options, taught=taught)
    named = options.teach if options.kind in CLASSIFIERS else None
    names_by_spectra = named is not None and len(intensity) <= MOST_KNOWN
    extras = ({"spectra": intensity.astype(np.float32)} if names_by_spectra else {}) | novelty
    maps.save_with_samples(space, path, dataset, preparation=recipe.to_dict(), extras=extras, class_label=named)
    result = {"output": path, "map": type(space).__name__, "n_samples": len(intensity), "n_points": intensity.shape[1]}
    result["prepared"] = recipe.text
    result |= {
        "n_variants": options.variants,
        "variants_lost": float(getattr(space, "variants_lost_", 0.0)),
        "n_collapsed": int(np.sum(getattr(space, "collapsed_", 0))),
        "labels": sorted(spectra.numeric_labels(dataset)),
        "novelty": bool(novelty),
    }
    known = [*([named] if named else []), *(label for label in result["labels"] if label != named)]
    known += ["composition"] if "composition" in dataset.coords else []
    emit(
        options,
        result,
        [f"{path}: {result['map']} of {len(intensity)} spectra; knows {', '.join(known) or 'no labels'}"],
    )


def run_place(options: argparse.Namespace) -> None:
    """Print where spectra lie on a map."""
    import pandas as pd

    from peakscape import maps
    from peakscape.analysis import place_members

    saved = maps.load_saved(options.map)
    dataset = open_for_map(options.spectra, saved, options)
    members = place_members(saved.map, dataset["intensity"].values)
    coordinates = saved.map.transform(dataset["intensity"].values)
    table = pd.DataFrame(
        {
            "name": dataset["name"].values,
            "coordinate_1": coordinates[:, 0],
            "coordinate_2": coordinates[:, 1],
            "spread": np.sqrt(members.var(axis=0).sum(axis=1)) if len(members) > 1 else np.nan,
        }
    )
    named = name_by_known(saved, dataset["intensity"].values, coordinates)
    unlike = unlike_sentences(dataset["name"].values, named)
    if options.refuse:
        require_known(unlike)
    report = judge(saved, dataset)
    if report is not None:
        named = without_names_of_foreign(saved, named, report.table["foreign"].to_numpy())
    table = table if named is None else pd.concat([table, named], axis=1)
    if report is None:
        emit(options, {"map": options.map, "samples": table}, [*lines_of(table, digits=5), *unlike])
        if "known_distance" not in saved.extras:
            remark("this map cannot tell foreign spectra: it was made without what that is learned from")
        return
    if options.refuse:
        report.require_known()
    columns = ["unexplained", "p_value", "foreign"]
    table = pd.concat([table, report.table[columns]], axis=1)
    details = {"words": report.words, "novelty": report.table, "unexplained_peaks": report.peaks}
    strange = [*unlike, *sentences(dataset["name"].values, report)]
    shown = [*lines_of(table, digits=5), *([""] if strange else []), *strange]
    emit(options, {"map": options.map, "samples": table, **details}, shown)
