"""What the commands ask of novelty: calibrate it when a map is made, judge spectra when they are placed."""

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peakscape.cli.output import remark, working
from peakscape.studies.runner import NOVELTY, of_prefix, with_prefix

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.analysis import Novelty, NoveltyReport
    from peakscape.maps import FeatureMap, SavedMap

MOST_KNOWN = 2_000  # spectra that are kept with a map
QUICK_FOLDS, SLOW_FOLDS = 20, 5  # a map that takes seconds to fit is fitted anew fewer times
FEW = 60  # so many spectra are fitted in a moment by all maps but networks


def add_novelty_option(command: argparse.ArgumentParser) -> None:
    """Add the option that leaves the calibration out."""
    command.add_argument(
        "--no-novelty",
        action="store_true",
        help="do not fit anew without parts of the spectra to learn what is strange",
    )


def shift_axis_of(dataset: "xr.Dataset") -> NDArray[np.float64]:
    """Return the axis on which a lattice change is a translation: the logarithm of q up to a constant; energy itself.

    Examples
    --------
    >>> from peakscape import spectra
    >>> shift_axis_of(spectra.make([[0, 1]], q=[1.0, np.e])).tolist()
    [0.0, 1.0]
    """
    from peakscape import spectra

    name = spectra.axis_name(dataset)
    values = np.asarray(dataset[name].values, dtype=np.float64)
    if name == "energy":
        return values
    q = values if name == "q" else np.sin(np.radians(values / 2))
    return np.asarray(np.log(np.maximum(q, 1e-6 * q[1] * (1 + np.arange(len(q))))))  # zero has no logarithm


def calibration(
    space: "FeatureMap",
    dataset: "xr.Dataset",
    options: argparse.Namespace,
    *,
    taught: NDArray[Any] | None = None,
) -> dict[str, NDArray[Any]]:
    """Return the arrays to keep with a map: its known spectra and how strange they look when left out.

    Parameters
    ----------
    space
        The fitted map.
    dataset
        Its training spectra, prepared; whole compositions are left out where there are some.
    options
        With `no_novelty`.
    taught
        Labels that the map learned from, one row a sample.

    Returns
    -------
    dict
        Empty if it was not asked for or the spectra are too few or too many.
    """
    from peakscape import maps, spectra
    from peakscape.analysis import Novelty
    from peakscape.errors import InputError

    n_samples = dataset.sizes["sample"]
    if options.no_novelty:
        return {}
    if not 4 <= n_samples <= MOST_KNOWN:
        remark(f"{n_samples} spectra: strangeness is learned from 4 to {MOST_KNOWN}; the map will not tell it")
        return {}
    is_quick = isinstance(space, maps.PCA) or (n_samples <= FEW and not isinstance(space, maps.Autoencoder))
    n_folds = QUICK_FOLDS if is_quick else SLOW_FOLDS
    known = dataset["intensity"].values
    novelty = Novelty(
        axis=dataset[spectra.axis_name(dataset)].values, shift_axis=shift_axis_of(dataset), n_folds=n_folds
    )
    groups = dataset["composition"].values if "composition" in dataset.coords else None
    try:
        with working(f"fitting anew without each of {n_folds} parts, to learn what is strange"):
            novelty.fit(space, known, groups, targets=taught)
    except InputError as error:
        remark(f"the map will not tell what is strange: {error}")
        return {}
    return {"spectra": known.astype(np.float32), **with_prefix(NOVELTY, novelty.state())}


def novelty_of(saved: "SavedMap") -> "Novelty | None":
    """Return the novelty of a saved map, or None where it was saved without."""
    from peakscape import spectra
    from peakscape.analysis import Novelty

    state = of_prefix(NOVELTY, saved.extras)
    if not state or "spectra" not in saved.extras:
        return None
    unit = spectra.AXES.get(next(iter(saved.axis), ""), ("",))[0]
    return Novelty.restore(saved.map, saved.extras["spectra"], state, unit=unit)


def judge(saved: "SavedMap", dataset: "xr.Dataset") -> "NoveltyReport | None":
    """Judge spectra that were prepared for a map; None where the map cannot tell.

    Parameters
    ----------
    saved
        The map.
    dataset
        What `open_for_map` returned.
    """
    novelty = novelty_of(saved)
    return None if novelty is None else novelty.assess(dataset["intensity"].values)


def sentences(names: NDArray[np.str_], report: "NoveltyReport") -> list[str]:
    """Return one line a spectrum that is not plainly known.

    Examples
    --------
    >>> import pandas as pd
    >>> from peakscape.analysis import NoveltyReport
    >>> report = NoveltyReport(pd.DataFrame(), np.zeros((2, 3)), pd.DataFrame(), ["known: all", "unlike anything"])
    >>> sentences(np.array(["a", "b"]), report)
    ['b: unlike anything']
    """
    return [f"{name}: {text}" for name, text in zip(names, report.words, strict=True) if not text.startswith("known")]
