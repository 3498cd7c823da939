"""The check itself: every spectrum of a set alone, then against the others."""

import xarray as xr
from ase import Atoms

from peakscape import spectra
from peakscape.errors import InputError
from peakscape.quality import absorption, diffraction, series
from peakscape.quality.against_structure import against_structure
from peakscape.quality.alerts import Alert, Level

ORDER = "ABC"


def check(dataset: xr.Dataset, *, structure: Atoms | None = None, level: Level = "C") -> list[Alert]:
    """Check measured spectra as a referee would, before anything is read from them.

    Diffraction: step against peak width, counts, saturation, background and halo, K-alpha2, spikes, cut peaks, the
    range, whether numbers are counts, displacement against the other patterns and, with a `structure`, against it.
    Absorption: energy scale, edge step, noise, glitches, ranges before and after the edge, steps at the edge, jumps,
    saturation, self-absorption, changes and drift over repeats. Limits and how often each alert catches what it should
    and cries wolf: docs/check.md.

    Parameters
    ----------
    dataset
        Spectra as they were measured, from `peakscape.read`; absorption not yet normalised.
    structure
        Crystal structure of the phase, for `displaced`, `unlike_structure` and `not_the_structure`.
    level
        The mildest that is wanted; for "A" alone only what can be as grave is looked for.

    Returns
    -------
    list of Alert
        The gravest first, then in the order of the samples.

    Raises
    ------
    InputError
        If a structure is given for absorption spectra or for patterns without a wavelength.

    Examples
    --------
    >>> from peakscape import datasets
    >>> found = check(datasets.load_measured("fapbi3-mapbbr3").isel(sample=[0]))
    >>> [one.code for one in found if one.level == "A"]
    []
    """
    spectra.check(dataset)
    axis = spectra.axis_name(dataset)
    alerts: list[Alert] = []
    for number in range(dataset.sizes["sample"]):
        one = dataset.isel(sample=number)
        alerts += absorption.check_scan(one, level) if axis == "energy" else diffraction.check_pattern(one, axis)
    if axis == "energy":
        if structure is not None:
            raise InputError("a structure is compared with powder patterns; these are absorption spectra")
        alerts += [] if level == "A" else series.check_scans(dataset)
    else:
        alerts += [] if level == "A" else series.check_patterns(dataset, axis)
        if structure is not None:
            alerts += against_structure(dataset, structure)
    order = {str(name): number for number, name in enumerate(dataset["name"].values)}
    kept = [one for one in alerts if one.level <= level]
    return sorted(kept, key=lambda one: (ORDER.index(one.level), order.get(one.sample, 0)))
