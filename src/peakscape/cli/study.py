"""The commands that run a whole study: study alloy, nitride, series, library, mixture."""

import argparse
from pathlib import Path
from typing import Any

from peakscape.cli.inputs import add_spectra_options, label_names, open_library, open_spectra
from peakscape.cli.inputs import seed as seed_of
from peakscape.cli.mixtures import add_part_options, of_spectra, of_structures, structures_of
from peakscape.cli.output import emit, remark
from peakscape.errors import InputError


def add_commands(commands: Any) -> None:
    """Add the commands of this file to the program."""
    study = commands.add_parser(
        "study",
        help="a whole study, from structures or measured files to a report",
        description="Published studies by name, or the study of one's own measured series.",
    )
    studies = study.add_subparsers(title="studies", metavar="STUDY", required=True)
    _add_alloy(studies)
    _add_nitride(studies)
    _add_series(studies)
    _add_library(studies)
    _add_mixture(studies)


def _add_alloy(studies: Any) -> None:
    alloy = studies.add_parser("alloy", help="Sm(1-y)Zr(y)Fe(12-x)Ti(x), doi:10.1002/adts.202200613")
    _add_output(alloy)
    alloy.add_argument("--evaluate", action="store_true", help="add the full evaluation (many splits; resumable)")
    alloy.add_argument(
        "--search", action="store_true", help="vary hidden layers, mini-batch and epochs of the network (resumable)"
    )
    _add_seed_and_every(alloy, seed="of the split and of the networks", every="structure")
    alloy.set_defaults(run=run_alloy)


def _add_nitride(studies: Any) -> None:
    nitride = studies.add_parser(
        "nitride",
        help="boron nitride, its phases and defects: computed B-K edges, five maps, measured spectra on them,"
        " doi:10.1038/s41598-025-18580-z",
        description="From the shipped core-hole spectra of c-, h-, w- and r-BN to maps by five methods, scored beside"
        " what needs no map, what the maps have to do with structure and electrons, and measured spectra named with a"
        " probability. UMAP where umap-learn is installed (pip install 'peakscape[umap]').",
    )
    _add_output(nitride)
    nitride.add_argument(
        "--measured", metavar="DIR", help="folder of the measured spectra; default: bn-measured of $PEAKSCAPE_DATA"
    )
    _add_seed_and_every(nitride, seed="of maps, folds and disturbances", every="spectrum")
    nitride.set_defaults(run=run_nitride)


def _add_series(studies: Any) -> None:
    series = studies.add_parser(
        "series",
        help="measured spectra of a series: composition, temperature or any number read with an interval",
        description="Files of a series and what it runs over, from raw spectra to a report: which method reads the"
        " label best from spectra that it has not seen, with what interval, on which map, by which peaks, which spectra"
        " do not belong, and where the path over the map jumps.",
        epilog="example: peakscape study series data/*.xy --label x --pattern 'x([0-9.]+)\\.xy' --wavelength 1.5406"
        " --out results",
    )
    series.add_argument(
        "paths", nargs="+", metavar="FILES", help="raw files or folders, or stored spectra (.zarr, .nc)"
    )
    _add_output(series)
    series.add_argument("--prepare", metavar="STEPS", help="default: by kind, see peakscape prepare --help")
    series.add_argument("--level", type=float, default=0.9, metavar="P", help="share that an interval should cover")
    series.add_argument("--seed", type=seed_of, default=0, metavar="N", help="of subsamples")
    add_spectra_options(series)
    series.set_defaults(run=run_series)


def _add_library(studies: Any) -> None:
    library = studies.add_parser(
        "library",
        help="measured spectra of known materials: how surely is a new one named by them, on which map or none",
        description="Files of known materials, from raw scans to a report: which map, or the plain nearest spectrum,"
        " names a scan best when all its repeats are left out; whether a material that is not among them is told;"
        " whether a number such as the temperature can be read too. The map is saved for `peakscape place`. Files are"
        " brought onto common points.",
        epilog="example: peakscape study library scans/*.xdi --label compound --also temperature --calibrate 5989"
        " --out results",
    )
    library.add_argument(
        "paths", nargs="+", metavar="FILES", help="raw files or folders, or stored spectra (.zarr, .nc)"
    )
    _add_output(library)
    library.add_argument("--also", metavar="NAME", help="a numeric label to read too, such as temperature")
    library.add_argument(
        "--groups",
        metavar="NAMES",
        help="labels with commas between them whose values repeats share; they are left out together (default: --label,"
        " --also, temperature and sample, where known; `scan`: each scan on its own)",
    )
    library.add_argument("--element", metavar="SYMBOL", help="of scans of several elements, those of this one")
    library.add_argument("--maps", metavar="NAMES", help="of pca,mds,tsne,umap,autoencoder,shift,lda,kda; default: all")
    library.add_argument("--prepare", metavar="STEPS", help="default: by kind, see peakscape prepare --help")
    library.add_argument("--seed", type=seed_of, default=0, metavar="N", help="the first of three for each map")
    add_spectra_options(library)
    library.set_defaults(run=run_library)


def _add_mixture(studies: Any) -> None:
    mixture = studies.add_parser(
        "mixture",
        help="a series of mixtures: fractions of given parts along it, where each appears and vanishes, what is left",
        description="Files of a series and the parts that they may consist of, from raw spectra to a report: the series"
        " as a heat map, fractions with their intervals along it, onset and end of each part, fits with their"
        " remainders, and the map of mixtures.",
        epilog="example: peakscape study mixture scans/*.xy --parts calcite,lime --label temperature"
        " --pattern 'T([0-9]+)' --wavelength 1.5406 --out results",
    )
    mixture.add_argument(
        "paths", nargs="+", metavar="FILES", help="raw files or folders, or stored spectra (.zarr, .nc)"
    )
    _add_output(mixture)
    add_part_options(mixture)
    add_spectra_options(mixture)
    mixture.set_defaults(run=run_mixture)


def _add_output(study: argparse.ArgumentParser) -> None:
    study.add_argument("--out", required=True, metavar="DIR", help="folder for the report, figures and data")
    study.add_argument("--force", action="store_true", help="write over an earlier run of the study in DIR")
    study.add_argument("--json", action="store_true", help="print the summary as JSON")


def _add_seed_and_every(study: argparse.ArgumentParser, *, seed: str, every: str) -> None:
    study.add_argument("--seed", type=seed_of, default=0, metavar="N", help=seed)
    study.add_argument("--every", type=int, default=1, metavar="N", help=f"take every N-th {every} only: a quick look")


def run_alloy(options: argparse.Namespace) -> None:
    """Run the study of the alloy series and say where to look."""
    from peakscape.studies import alloy
    from peakscape.studies.alloy import Settings
    from peakscape.studies.alloy.search import Grid

    out, every = folder_of(options), _every(options)
    summary = alloy.run(
        out,
        settings=Settings(seed=options.seed, every=every),
        full_evaluation=options.evaluate,
        search=Grid() if options.search else None,
        force=options.force,
        report=remark,
    )
    _tell(options, out, summary, [_choice_of_network(width, one) for width, one in summary.get("search", {}).items()])


def _choice_of_network(width: str, found: dict[str, Any]) -> str:
    """One line on what the search found at one peak width."""
    layers, batch, epochs = found["best"]
    told = "is not among" if not found["paper_among_best"] else "is one of"
    return (
        f"FWHM {width}: least left-out error by {layers} hidden layers, mini-batches of {batch}, {epochs} epochs; the"
        f" paper's (3, 10, 1000) ranks {found['paper_rank']} of {found['n_networks']} and {told} the"
        f" {found['n_among_best']} that ten samples cannot tell from the best."
    )


def run_nitride(options: argparse.Namespace) -> None:
    """Run the study of boron nitride and say where to look."""
    from peakscape.studies import nitride
    from peakscape.studies.nitride import NitrideSettings

    out, every = folder_of(options), _every(options)
    summary = nitride.run(
        out,
        settings=NitrideSettings(seed=options.seed, every=every, measured=options.measured),
        force=options.force,
        report=remark,
    )
    named = [
        f"Measured {name}: {answer['phase']}, probability {answer['probability']:.2f}, next {answer['second']} "
        f"({answer['margin']:.2f} times as unlike)."
        for name, answer in summary["measured"].items()
    ]
    _tell(options, out, summary, named)


def run_series(options: argparse.Namespace) -> None:
    """Run the study of a measured series and say where to look."""
    from peakscape.studies import series
    from peakscape.studies.series import SeriesSettings

    out = folder_of(options)
    if not 0.5 <= options.level < 1.0:
        raise InputError(f"--level must be at least 0.5 and below 1, got {options.level:g}")
    summary = series.run(
        open_spectra(options.paths, options),
        out,
        label=_label(options),
        settings=SeriesSettings(prepare=options.prepare, level=options.level, seed=options.seed),
        force=options.force,
        report=remark,
    )
    _tell(options, out, summary, [f"To trust: {summary['trusted_because']}."])


def run_library(options: argparse.Namespace) -> None:
    """Run the study of a library and say where to look."""
    from peakscape.studies import library
    from peakscape.studies.library import MAPS, LibrarySettings

    out = folder_of(options)
    dataset, not_read = open_library(options.paths, options)
    for file, reason in not_read:
        remark(f"not read: {file}: {reason}")
    chosen = tuple(options.maps.split(",")) if options.maps else MAPS
    summary = library.run(
        dataset,
        out,
        label=_label(options),
        also=options.also,
        groups=options.groups.split(",") if options.groups else None,
        not_read=not_read,
        settings=LibrarySettings(prepare=options.prepare, maps=chosen, seed=options.seed),
        force=options.force,
        report=remark,
    )
    _tell(options, out, summary, [str(summary["verdict"])])


def run_mixture(options: argparse.Namespace) -> None:
    """Run the study of a series of mixtures and say where to look."""
    from peakscape.studies import mixture
    from peakscape.studies.mixture import MixtureSettings

    out, structures = folder_of(options), structures_of(options)
    if not 0.5 <= options.level < 1.0:
        raise InputError(f"--level must be at least 0.5 and below 1, got {options.level:g}")
    told = of_structures(options) if structures else of_spectra(options)
    summary = mixture.run(
        open_spectra(options.paths, options),
        structures or open_spectra(options.parts, options),
        out,
        label=_label(options),
        settings=MixtureSettings(level=options.level, options=told),
        force=options.force,
        report=remark,
    )
    _tell(options, out, summary, [f"{line}." for line in summary["events"]])


def _label(options: argparse.Namespace) -> str | None:
    """The one label that a study is of."""
    names = label_names(options)
    if len(names) > 1:
        raise InputError(f"a study is of one label, got --label {options.label}")
    return names[0] if names else None


def folder_of(options: argparse.Namespace) -> Path:
    """Return the folder that a study writes into; a file is refused."""
    out = Path(options.out)
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; --out needs a folder")
    return out


def _every(options: argparse.Namespace) -> int:
    if options.every < 1:
        raise InputError(f"--every must be at least 1, got {options.every}")
    return int(options.every)


def _tell(options: argparse.Namespace, out: Path, summary: dict[str, Any], lines: list[str]) -> None:
    report = out / "report.html"
    where = f"Done in {summary['seconds']:g} s. Open {report} in a browser; the numbers are in {out / 'summary.json'}."
    emit(options, {"output": out, "report": report, "summary": summary}, [*lines, where])
