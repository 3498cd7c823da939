"""Commands on more spectra than memory holds: region by region, by the workers of a cluster."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.cli.inputs import label_names, ranges_of
from peakscape.cli.output import check_output, emit
from peakscape.errors import InputError
from peakscape.files import STORES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms

    from peakscape.feature_space import FeatureSpace


def add_many_options(command: argparse.ArgumentParser) -> Any:
    """Add --cluster; return the group for what else belongs there."""
    many = command.add_argument_group("many spectra (docs/cluster.md)")
    many.add_argument(
        "--cluster",
        metavar="WHERE",
        help="who does the work: local (one worker a core), local:N, the address of a Dask scheduler (tcp://HOST:PORT)"
        " or its file (FILE.json); interrupted work goes on with the same command",
    )
    return many


@contextmanager
def hands(options: argparse.Namespace) -> Iterator[Any]:
    """Yield the client that --cluster names, None without it."""
    if options.cluster is None:
        yield None
        return
    from peakscape.cluster import connect

    with connect(options.cluster) as client:
        yield client


def place_many(options: argparse.Namespace) -> None:
    """Write the answers about a store of spectra into another store."""
    from peakscape import cluster

    if len(options.spectra) != 1 or Path(options.spectra[0]).suffix not in STORES:
        raise InputError("with -o, one store of spectra is placed (.zarr, .nc); `peakscape read` makes one of files")
    if options.refuse:
        raise InputError(
            "--refuse is for spectra whose answers are printed; with -o they are written, foreign ones too"
        )
    path = Path(options.output)
    if path.exists() and not options.force:
        raise InputError(f"{path} is there already; add --force to replace it, or choose another name")
    with hands(options) as client:
        cluster.place(options.space, options.spectra[0], path, only=options.only, client=client)
    emit(options, {"space": options.space, "output": path}, [str(path)])


def fit_many(options: argparse.Namespace, space: "FeatureSpace") -> "FeatureSpace":
    """Fit a space to landmarks of a store of spectra, and save it."""
    from peakscape import cluster

    if len(options.spectra) != 1 or Path(options.spectra[0]).suffix not in STORES:
        raise InputError("--landmarks are chosen from one store of spectra (.zarr, .nc); `peakscape read` makes one")
    if options.variants or options.classes or options.groups or options.bounds:
        raise InputError("--landmarks does not go with --variants, --class, --groups or --bounds")
    with hands(options) as client:
        return cluster.fit(
            options.spectra[0],
            options.output,
            label_names(options) or None,
            space=space,
            n_landmarks=options.landmarks,
            client=client,
        )


def simulate_many(structures: "Sequence[Atoms]", options: argparse.Namespace, given: dict[str, Any]) -> None:
    """Simulate patterns, or variants of each, straight into a store."""
    from peakscape import cluster, diffraction

    path = check_output(options, ".zarr")
    if options.label or options.pattern or options.labels:
        raise InputError("--label, --pattern and --labels do not go with --variants and --cluster")
    if options.variants is not None:
        given["variations"] = ranges_of(options.variations, diffraction.Variations())
    source = cluster.SimulatedSpectra(structures, n_variants=options.variants, random_state=options.seed, options=given)
    with hands(options) as client:
        cluster.simulate(source, path, client=client)
    emit(options, {"output": path, "n_samples": source.n_samples}, [f"{path}: {source.n_samples} patterns"])
