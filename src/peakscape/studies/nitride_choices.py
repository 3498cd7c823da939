"""What the answers on measured boron nitride owe to choices that were made with the measured spectra in sight."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from peakscape import analysis
from peakscape.preparation import Recipe
from peakscape.studies import nitride_parts
from peakscape.studies import nitride_spectra as material
from peakscape.studies.nitride_spectra import Array, Measured, Nitride

ENDS = (208.0, 211.0, float(material.AXIS[-1]))
"""Up to where spectra are compared, eV."""
PREPARATIONS = {
    "none": "normalize=norm",
    "band-pass, 1 eV": material.PREPARE,
    "band-pass, 2 eV": material.PREPARE.replace("bandpass=1", "bandpass=2"),
}
STRETCHES = {"none": (1.0,), f"to {min(nitride_parts.SEARCH.stretches):g}": nitride_parts.SEARCH.stretches}


def vary(nitride: Nitride, measured: list[Measured]) -> pd.DataFrame:
    """Name measured spectra by each range, preparation and stretch that could as well have been chosen.

    Returns
    -------
    DataFrame
        One row a combination and spectrum: ``measured``, ``up_to`` (eV), ``preparation``, ``stretch``, ``called``,
        ``second``, ``margin`` and ``unexplained`` as `analysis.Identifier` gives them. No probabilities: these are
        calibrated for the choice that was made only.
    """
    rows = []
    for end, (name, steps) in product(ENDS, PREPARATIONS.items()):
        recipe = Recipe.from_text(steps).fit(material.container(nitride.raw).sel(energy=slice(None, end)))
        known = material.apply(recipe, nitride.raw)
        for allowed, stretches in STRETCHES.items():
            finder = _finder(nitride, known, stretches)
            for one in measured:
                answer = finder.identify(material.apply(recipe, material.on_axis(one)[np.newaxis])).iloc[0]
                told = {"called": answer["label"], **answer[["second", "margin", "unexplained"]].to_dict()}
                rows.append({"measured": one.phase, "up_to": end, "preparation": name, "stretch": allowed} | told)
    return pd.DataFrame(rows)


def _finder(nitride: Nitride, known: Array, stretches: Sequence[float]) -> analysis.Identifier:
    """Learn the phases; the perfect crystals stand in for a calibration, for no probability is asked."""
    phase, structure = nitride.label("phase"), nitride.label("structure")
    perfect = np.flatnonzero(nitride.label("kind", variants=False) == "pristine")
    finder = analysis.Identifier(
        axis=material.AXIS[: known.shape[1]], search=replace(nitride_parts.SEARCH, stretches=stretches)
    )
    return finder.fit(
        known, phase, structure,
        trials=known[perfect], trial_labels=phase[perfect], trial_groups=structure[perfect],
    )  # fmt: skip
