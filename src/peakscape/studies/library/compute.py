"""A library of measured spectra of known materials: what is to be named, and what is left out together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import spectra
from peakscape.analysis.naming import Search
from peakscape.analysis.validation.class_accuracy import has_other_group
from peakscape.errors import InputError
from peakscape.feature_space.near_edge import measured_search
from peakscape.maps import registry
from peakscape.spectra.container import INSTRUMENT, shift_axis

Array = NDArray[np.float64]
Texts = NDArray[np.str_]
SUPERVISED = ("lda", "kda")
"""Maps that learn from the classes of the spectra that are not left out."""
MAPS = ("pca", "mds", "tsne", "umap", "autoencoder", "shift", *SUPERVISED)
"""Maps that are tried by default, the simplest first; any other of `maps.registry` can be asked for."""
SCAN = "scan"
"""Asked for as the group: each scan is a sample of its own."""
REPEAT_LABELS = ("temperature", "sample")
"""Labels that, where the files give them, tell the repeats of one class apart by default."""
LEAST_SAMPLES = 6


@dataclass(frozen=True)
class LibrarySettings:
    """What the study of a library computes.

    Attributes
    ----------
    prepare
        Steps of preparation as `Recipe.from_text` reads them; None for those that suit the kind of the spectra.
    maps
        Keys of `maps.registry`.
    n_seeds
        Fits of each map with another seed; maps that come out the same are left out once only.
    n_epochs
        Of the training of the autoencoder.
    level
        Share that intervals should cover.
    seed
        The first one.
    """

    prepare: str | None = None
    maps: tuple[str, ...] = MAPS
    n_seeds: int = 3
    n_epochs: int = 500
    level: float = 0.9
    seed: int = 0


@dataclass(frozen=True)
class Library:
    """Prepared spectra, what each is, and which are repeats of one another.

    `label` is what is to be predicted and `classes` its values as text, (n_samples,); `groups` are the values of
    `group_labels`, which repeats share, in one text, (n_samples,); `also` is a number to be read too.
    """

    dataset: xr.Dataset
    label: str
    classes: Texts
    group_labels: tuple[str, ...]
    groups: Texts
    also: str | None
    settings: LibrarySettings

    @property
    def intensity(self) -> Array:
        """Prepared spectra, shape (n_samples, n_points)."""
        return np.asarray(self.dataset["intensity"].values, dtype=np.float64)

    @property
    def names(self) -> list[str]:
        """Names of the samples."""
        return [str(name) for name in self.dataset["name"].values]

    @property
    def axis(self) -> Array:
        """Positions of the points."""
        return np.asarray(self.dataset[spectra.axis_name(self.dataset)].values, dtype=np.float64)

    @property
    def axis_label(self) -> str:
        """Name and unit of the axis."""
        return spectra.axis_label(spectra.axis_name(self.dataset))

    @property
    def search(self) -> Search:
        """How a spectrum that is left out may be moved before it is classified, as `place` moves a new one."""
        return measured_search(self.dataset)

    @property
    def nameable(self) -> NDArray[np.bool_]:
        """Which samples are of a class that another group has too: only these can be classified when left out."""
        return has_other_group(self.classes, self.groups)

    @property
    def class_names(self) -> list[str]:
        """The classes, in sorted order."""
        return [str(kind) for kind in np.unique(self.classes)]

    @property
    def numbers(self) -> Array:
        """The number that is to be read too, shape (n_samples,); not a number where it is not known."""
        return spectra.numeric_labels(self.dataset)[self.also] if self.also else np.full(len(self.classes), np.nan)


def choose(
    dataset: xr.Dataset,
    label: str | None,
    *,
    also: str | None = None,
    groups: Sequence[str] | None = None,
    settings: LibrarySettings | None = None,
) -> Library:
    """Choose what is to be named and what is left out together.

    Scans that share the values of all labels in `groups` are repeats: they are left out together. By default these
    are the label itself, `also`, and of "temperature" and "sample" those that the files give.

    Raises
    ------
    InputError
        If a label is not there or not known of every sample, there are fewer than two classes or six samples, or none
        can be named because each class has one scan or one group only.

    Examples
    --------
    >>> known = spectra.make(np.eye(6), q=np.arange(6.0), labels={"phase": list("aaabbb"), "sample": list("112112")})
    >>> choose(known, "phase").groups.tolist()
    ['a, 1', 'a, 1', 'a, 2', 'b, 1', 'b, 1', 'b, 2']
    """
    known = labels_of(dataset)
    classes = _texts(dataset, _known(label, known, "--label"))
    if also is not None and also not in spectra.numeric_labels(dataset):
        numeric = ", ".join(spectra.numeric_labels(dataset)) or "none"
        raise InputError(f"expected a numeric label to read too (--also), got {also!r}; known: {numeric}")
    _check_classes(label, classes)
    if groups is None:
        groups = [str(label), *([also] if also else []), *(name for name in REPEAT_LABELS if name in known)]
    columns = tuple(dict.fromkeys(groups))
    if columns == (SCAN,):
        rows = [f"{kind}, {name}" for kind, name in zip(classes, dataset["name"].values, strict=True)]
    else:
        every = labels_of(dataset, instrument=True)
        parts = [_texts(dataset, _known(name, every, "--groups")) for name in columns]
        rows = [", ".join(row) for row in zip(*parts, strict=True)]
    library = Library(
        dataset, str(label), classes, columns, np.array(rows, dtype=str), also, settings or LibrarySettings()
    )
    if not library.nameable.any():
        raise InputError(
            f"every {label} has one group of repeats only (those of one {', '.join(columns)}), so none can be named"
            " with its group left out; name the labels that repeats share with --groups, or give --groups scan to take"
            " each scan as a sample of its own"
        )
    return library


def labels_of(dataset: xr.Dataset, *, instrument: bool = False) -> list[str]:
    """Return the names of the labels of samples, with or without those that tell how a sample was measured.

    Examples
    --------
    >>> labels_of(spectra.make(np.eye(2), q=[1, 2], labels={"phase": ["a", "b"]}))
    ['phase']
    """
    return [
        str(name)
        for name, values in dataset.coords.items()
        if values.dims == ("sample",)
        and name not in ("name", "source")
        and (instrument or values.attrs.get("role") != INSTRUMENT)
    ]


def unfitted_maps(library: Library) -> dict[str, Any]:
    """Return the maps to try, with the settings that they have by themselves: nothing is tuned on the library.

    Raises
    ------
    InputError
        If a map is not known.
    """
    settings = library.settings
    every = [*MAPS, *(key for key in (kind.key for kind in registry.known()) if key not in MAPS)]
    unknown = [name for name in settings.maps if name not in every]
    if unknown or not settings.maps:
        raise InputError(f"expected maps of {', '.join(every)}, got {', '.join(unknown) or 'none'}")
    axis, own = shift_axis(library.dataset), {"autoencoder": {"n_members": 3, "n_epochs": settings.n_epochs}}
    return {name: registry.make(name, axis=axis, **own.get(name, {})) for name in every if name in settings.maps}


def _known(label: str | None, known: list[str], option: str) -> str:
    if label is None or label not in known:
        said = "no label" if label is None else repr(label)
        raise InputError(
            f"expected a label of the spectra for {option}, got {said}; known: {', '.join(known) or 'none'}. Label the"
            " files with --pattern (a regular expression with one group) and --label NAME, or with --labels TABLE"
        )
    return label


def _texts(dataset: xr.Dataset, label: str) -> Texts:
    """Return the values of a label as texts; each sample must have one."""
    values = dataset[label].values
    texts = [f"{value:g}" if isinstance(value, float | np.floating) else str(value) for value in values]
    empty = [str(name) for name, text in zip(dataset["name"].values, texts, strict=True) if text in ("", "nan")]
    if empty:
        raise InputError(
            f"{label} is not known of {empty[0]} ({len(empty)} in all); leave those files out or label them"
        )
    return np.array(texts, dtype=str)


def _check_classes(label: str | None, classes: Texts) -> None:
    kinds, counts = np.unique(classes, return_counts=True)
    if len(kinds) < 2:
        raise InputError(f"expected two or more different values of {label} to tell apart, got only {kinds[0]}")
    if counts.max() == 1:
        raise InputError(f"every {label} has one scan only, so none can be named with it left out; add further scans")
    if len(classes) < LEAST_SAMPLES:
        raise InputError(f"expected {LEAST_SAMPLES} spectra or more, got {len(classes)}")
