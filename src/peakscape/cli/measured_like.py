"""Measured-like variants for `fit`: the options, and the rounds that the trainer gets."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from peakscape.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    from peakscape.diffraction import Disturbances
    from peakscape.preparation import Recipe


def add_variant_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say what measured-like variants to train on."""
    options = command.add_argument_group("measured-like training (autoencoder, patterns on two_theta)")
    options.add_argument(
        "--variants",
        type=int,
        default=0,
        metavar="N",
        help="train on N disturbed copies of each pattern (20 to 100 are enough), the clean patterns being wanted",
    )
    options.add_argument(
        "--variations",
        nargs="+",
        default=[],
        metavar="NAME=LOW:HIGH",
        help="ranges to draw from, in degree where they are angles: broadening, mixing, zero_shift, displacement,"
        " modulation, k_alpha2, impurity_lines, impurity_height, impurity_fwhm, background, counts (counts=none: no"
        " noise); the others keep their defaults, see peakscape.diffraction.Disturbances",
    )


def disturbances_of(texts: list[str]) -> "Disturbances":
    """Read ranges such as ``zero_shift=-0.02:0.02``.

    Raises
    ------
    InputError
        If a text is no range of a known quantity.

    Examples
    --------
    >>> disturbances_of(["zero_shift=-0.02:0.01", "counts=none"]).zero_shift
    (-0.02, 0.01)
    """
    from peakscape.diffraction import Disturbances

    known = asdict(Disturbances())
    ranges: dict[str, Any] = {}
    for text in texts:
        name, _, limits = text.partition("=")
        if name not in known:
            raise InputError(f"unknown variation {name!r} in {text!r}; expected NAME=LOW:HIGH of {', '.join(known)}")
        if limits == "none" and name == "counts":
            ranges[name] = None
            continue
        kind = int if name == "impurity_lines" else float
        try:
            lowest, highest = (kind(part) for part in (limits if ":" in limits else f"{limits}:{limits}").split(":"))
        except ValueError as error:
            raise InputError(f"expected {name}=LOW:HIGH in numbers, got {text!r}") from error
        ranges[name] = (lowest, highest)
    return replace(Disturbances(), **ranges)


def rounds(dataset: "xr.Dataset", recipe: "Recipe", options: argparse.Namespace) -> "Iterator[np.ndarray] | None":
    """Return the rounds of variants that the options ask for, prepared by the map's recipe; None for none.

    Raises
    ------
    InputError
        If the options do not fit the map or one another.
    """
    if options.variants < 0:
        raise InputError(f"expected --variants of 0 or more, got {options.variants}")
    if not options.variants:
        if options.variations:
            raise InputError("--variations needs --variants N, the number of disturbed copies of each pattern")
        return None
    if options.kind != "autoencoder":
        raise InputError(f"--variants trains an autoencoder, not --map {options.kind}; leave one of them out")
    return _draw(dataset, recipe, disturbances_of(options.variations), options)


def _draw(
    dataset: "xr.Dataset", recipe: "Recipe", ranges: "Disturbances", options: argparse.Namespace
) -> "Iterator[np.ndarray]":
    import numpy as np

    from peakscape import diffraction

    random = np.random.default_rng(options.seed)
    for _ in range(options.variants):
        drawn = diffraction.disturb(dataset, disturbances=ranges, random_state=random)
        yield recipe.apply(drawn)["intensity"].values
