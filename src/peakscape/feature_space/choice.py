"""Which map suits which spectra: the rule of ``map="auto"``, and how a map is made by its name."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from peakscape import maps, spectra
from peakscape.errors import InputError
from peakscape.feature_space.known import Labels
from peakscape.feature_space.readouts.motion import Motion
from peakscape.maps import registry
from peakscape.preparation import Recipe
from peakscape.spectra.container import shift_axis

FEW = 4
"""Spectra below which no map but the plainest can be fitted."""
MEASURED_SHIFT = {"residual_width": 0.0, "normalize": False}
FOR_NEIGHBORS = 30
"""Spectra from which a map of neighbourhoods has enough neighbours."""


def choose_map(dataset: xr.Dataset, labels: Labels, motion: Motion | None) -> tuple[str, str]:
    """Return the key of the map that suits spectra and labels, and why.

    Diffraction patterns whose peaks move together get the shift map, for peaks that move by more than their width
    defeat maps that compare intensities point by point; where amounts change and no peak moves, principal components,
    which mixtures are linear in; with classes to be told apart and no number, KDA, which is supervised. Absorption
    spectra with classes get KDA; without, a map of neighbourhoods where there are enough of them, else principal
    components.

    Parameters
    ----------
    dataset
        Prepared spectra.
    labels
        What is to be predicted.
    motion
        Of `motion_of`, of the same spectra.
    """
    n_samples = dataset.sizes["sample"]
    if n_samples < FEW:
        return "pca", f"{n_samples} spectra are too few for any other map"
    if labels.classes and not labels.numbers:
        name = labels.classes[0].name
        return "kda", f"{name} is a class to be told apart, and KDA shows classes best where their spectra are known"
    if motion is not None and not motion.together:
        return "pca", f"{motion.reason}; principal components compare amounts"
    if dataset.attrs["kind"] == "diffraction" and spectra.axis_name(dataset) in ("two_theta", "q"):
        told = "in diffraction patterns peaks move; the shift map takes their common shift out first"
        return "shift", told if motion is None else motion.reason
    if labels.numbers:
        return "pca", "a number is to be read from absorption spectra, in which intensities change in proportion"
    if n_samples >= FOR_NEIGHBORS:
        return "tsne", f"no labels, and {n_samples} absorption spectra: t-SNE keeps neighbours together"
    return "pca", f"no labels, and {n_samples} absorption spectra are too few for a map of neighbourhoods"


def new_map(
    key: str, dataset: xr.Dataset, *, random_state: int, options: Mapping[str, Any], measured: bool
) -> maps.FeatureMap:
    """Return the unfitted map of a key, for spectra on the axis of `dataset`.

    Parameters
    ----------
    key
        Of `maps.registry`.
    dataset
        Prepared spectra.
    random_state
        Seed.
    options
        Parameters of the map.
    measured
        Whether the spectra were measured: a shift map then sees what remains of a pattern as it is, for its noise and
        textured peaks are not smoothed away by broadening, and its exposure was taken out before.
    """
    kind = registry.find(key)
    points = dataset[spectra.axis_name(dataset)].values
    axis = shift_axis(dataset) if kind.needs_shift_axis else None
    own = MEASURED_SHIFT if kind.key == "shift" and measured else {}
    return kind.make(random_state=random_state, axis=axis, step=float(np.median(np.diff(points))), **{**own, **options})


def targets_for(space: maps.FeatureMap, labels: Labels) -> tuple[np.ndarray | None, str | None]:
    """Return what a supervised map learns from, and the label's name; nothing for maps that look at no labels.

    Raises
    ------
    InputError
        If the map needs labels of a kind that there are none of.
    """
    kind = registry.kind_of(space)
    if kind is not None and kind.supervised:
        if not labels.classes:
            raise InputError(
                f"a map of {type(space).__name__} learns from classes; name their label (label=, --label), which must"
                " be text or be given as a class (classes=, --class)"
            )
        return labels.classes[0].values, labels.classes[0].name
    if not space.__sklearn_tags__().target_tags.required:
        return None, None
    if not labels.numbers:
        raise InputError(f"this {type(space).__name__} learns from a number; name its label (label=, --label)")
    return labels.numbers[0].target, labels.numbers[0].name


def recipe_of(text: str, dataset: xr.Dataset) -> Recipe:
    """Return the preparation that a text asks for, ``"default"`` by the kind of the spectra."""
    return Recipe.default(dataset) if text == "default" else Recipe.from_text(text)
