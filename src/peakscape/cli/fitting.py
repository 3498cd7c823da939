"""The command that makes a feature space: fit."""

import argparse
from typing import TYPE_CHECKING, Any

from peakscape.cli.check import tell_grave
from peakscape.cli.inputs import (
    add_prepare_option,
    add_spectra_options,
    add_variant_options,
    label_names,
    open_all,
    seed,
    variants_of,
)
from peakscape.cli.many import add_many_options, fit_many
from peakscape.cli.output import add_output_options, check_output, emit
from peakscape.errors import InputError

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace


def add_commands(commands: Any) -> None:
    """Add the command of this file to the program."""
    from peakscape.maps import registry

    fit = commands.add_parser(
        "fit",
        help="make a feature space of spectra",
        description="Prepare spectra, fit a map, and learn to predict their labels, with what is erred on spectra that"
        " were left out. A folder of raw files is enough.",
        epilog=registry.help_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fit.add_argument("spectra", nargs="+", metavar="SPECTRA", help="raw files or folders, or spectra.zarr, .nc")
    _add_learned(fit.add_argument_group("what is learned"))
    _add_map_options(fit)
    add_spectra_options(fit, label="what is predicted, with commas between several; also names --pattern's only group")
    add_variant_options(fit)
    add_many_options(fit).add_argument(
        "--landmarks", type=int, metavar="N", help="fit to N spectra of a store that stand for the rest"
    )
    add_output_options(fit, writes="series.space (a folder)")
    fit.set_defaults(run=run_fit)


def _add_learned(learned: Any) -> None:
    """Options that say what of the labels is learned, and what besides."""
    learned.add_argument(
        "--class", dest="classes", default="", metavar="NAMES", help="labels that are classes, not numbers"
    )
    learned.add_argument("--groups", metavar="NAMES", help="labels whose values repeats share: left out together")
    learned.add_argument(
        "--bounds",
        action="append",
        default=[],
        type=_bounds,
        metavar="NAME=LOW,HIGH",
        help="what a number can be at least and at most, such as x=0,1; may be given several times",
    )
    learned.add_argument("--level", type=float, default=0.9, metavar="P", help="share that an interval should cover")
    learned.add_argument("--no-novelty", action="store_true", help="do not learn what is foreign")
    learned.add_argument(
        "--max-shift",
        type=float,
        metavar="S",
        help="let a new spectrum move along its axis by up to S, in its unit, to fit the known ones (default: 0; of"
        " measured absorption of which only classes are predicted 1 eV)",
    )


def _add_map_options(fit: argparse.ArgumentParser) -> None:
    from peakscape.maps import registry

    chosen = fit.add_argument_group("map")
    chosen.add_argument("--map", default="auto", choices=["auto", *registry.keys()], help="default: by kind and labels")
    chosen.add_argument(
        "--map-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the map, listed below; may be given several times",
    )
    chosen.add_argument("--seed", type=seed, default=0, metavar="N")
    add_prepare_option(chosen)


def _bounds(text: str) -> tuple[str, tuple[float, float]]:
    """The name of a number, and the least and largest value that it can have."""
    name, _, ends = text.partition("=")
    try:
        low, high = (float(end) for end in ends.split(","))
    except ValueError:
        low = high = 0.0
    if not name or not low < high:
        raise argparse.ArgumentTypeError(f"expected NAME=LOW,HIGH with LOW below HIGH, such as x=0,1, got {text!r}")
    return name, (low, high)


def run_fit(options: argparse.Namespace) -> None:
    """Fit a feature space and save it."""
    from peakscape.analysis.naming import Search
    from peakscape.feature_space import FeatureSpace
    from peakscape.maps import registry

    path = check_output(options)
    space = FeatureSpace(
        options.map,
        preparation=options.prepare,
        map_options=registry.find(options.map).parse(options.map_option) if options.map != "auto" else _none(options),
        search=None if options.max_shift is None else Search(max_shift=options.max_shift),
        level=options.level,
        novelty=not options.no_novelty,
        random_state=options.seed,
    )
    if options.landmarks is not None:
        space = fit_many(options, space)
    elif options.cluster is not None:
        raise InputError("--cluster needs --landmarks N: so many spectra stand for all of the store")
    else:
        dataset = open_all(options.spectra, options)
        tell_grave(dataset, options.spectra)
        space.fit(
            dataset,
            label_names(options) or None,
            classes=[name for name in options.classes.split(",") if name],
            groups=options.groups.split(",") if options.groups else None,
            bounds=dict(options.bounds),
            variants=variants_of(dataset, options),
        )
        space.save(path)
    _tell_fitted(options, space)


def _tell_fitted(options: argparse.Namespace, space: "FeatureSpace") -> None:
    landmarks = space.provenance_.get("landmarks")
    result = {
        "output": options.output,
        "map": space.map_key_,
        "map_reason": space.map_reason_,
        "n_samples": space.provenance_["n_fitted"],
        "n_points": space.known_.sizes[space.axis_name],
        "prepared": space.recipe_.text,
        "labels": [*space.label_readouts_, *space.class_readouts_],
        "novelty": None if space.novelty_ is None else space.novelty_.rule,
        "remarks": [{"code": one.code, "text": one.text} for one in space.remarks_],
        "peak_motion": space.provenance_.get("peak_motion"),
        "validation": space.validate(),
    }
    lines = [f"{options.output}:", *str(space).splitlines()[1:]]
    if landmarks is not None:
        result["landmarks"] = landmarks
        lines += [
            f"landmarks: {landmarks['n_landmarks']} stand for {landmarks['n_samples']} spectra; 95 % of the others lie"
            f" within {landmarks['distance_95']:.2g} typical distances between neighbouring landmarks from one"
        ]
    emit(options, result, lines)


def _none(options: argparse.Namespace) -> dict[str, Any]:
    """No options where the map is chosen by the program."""
    if options.map_option:
        raise InputError(f"--map-option {options.map_option[0]} needs the --map that it is of")
    return {}
