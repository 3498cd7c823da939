"""The maps that there are, one row a map: ours, and those that other packages add by an entry point.

A map is one file with a class derived from `FeatureMap` and one row here. Another package names its row, a `MapKind`,
in the entry point group ``peakscape.maps``; its map is then fitted, placed, saved, opened and asked for by name as ours
are. Rows are plain data: to list them loads no map.
"""

import functools
import importlib
import importlib.metadata
import inspect
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from peakscape.errors import InputError, PeakscapeWarning

if TYPE_CHECKING:
    from peakscape.maps.feature_map import FeatureMap

ENTRY_POINTS = "peakscape.maps"


@dataclass(frozen=True)
class Option:
    """A parameter of a map that a command or a page offers.

    Attributes
    ----------
    name : str
        Of the parameter of the class.
    type : type
        What it is: ``int``, ``float``, ``str``.
    default : Any
        As in the class.
    help : str
        One line.
    choices : tuple
        What it may be; empty for anything of the type.
    in_axis_units : bool
        Whether it is given in units of the axis, while the class takes points.
    """

    name: str
    type: type
    default: Any
    help: str
    choices: tuple[Any, ...] = ()
    in_axis_units: bool = False

    def parse(self, text: str) -> Any:
        """Return the value that a text stands for.

        Raises
        ------
        InputError
            If it is none.

        Examples
        --------
        >>> Option("n_members", int, 10, "networks").parse("4")
        4
        """
        try:
            value = self.type(text)
        except ValueError as error:
            kind = {int: "a whole number", float: "a number"}.get(self.type, f"a {self.type.__name__}")
            raise InputError(f"expected {kind} for {self.name}, got {text!r}") from error
        if self.choices and value not in self.choices:
            raise InputError(f"expected {self.name} to be one of {', '.join(map(str, self.choices))}, got {text!r}")
        return value


@dataclass(frozen=True)
class MapKind:
    """One row of the registry: what is known of a map before it is made.

    Attributes
    ----------
    key : str
        Short name, as in ``peakscape fit --map key``.
    where : str
        Where the class is: ``"package.module:Class"``.
    title : str
        Name for tables, figures and pages.
    summary : str
        What the map does, in one line.
    labels : str
        ``"none"`` where `fit` uses no labels, ``"numbers"`` where it can use them, ``"classes"`` where it needs the
        class of each pattern.
    with_labels : mapping
        Parameters that make it use labels where it can.
    needs_shift_axis : bool
        Whether the parameter ``axis`` is the axis on which a uniform change moves all peaks by the same amount.
    cost : str
        Of a fit of some hundred patterns: ``"instant"``, ``"quick"`` (seconds) or ``"slow"``.
    variants : bool
        Whether `fit` takes augmented copies of the patterns.
    extra : str
        The extra of the package that it needs; empty for none.
    options : tuple of Option
        Parameters to offer, the common ones first.
    """

    key: str
    where: str
    title: str
    summary: str
    labels: Literal["none", "numbers", "classes"] = "none"
    with_labels: Mapping[str, Any] = field(default_factory=dict)
    needs_shift_axis: bool = False
    cost: Literal["instant", "quick", "slow"] = "quick"
    variants: bool = False
    extra: str = ""
    options: tuple[Option, ...] = ()

    @property
    def class_name(self) -> str:
        """Name of the class, by which a saved map is found again."""
        return self.where.rpartition(":")[2]

    @property
    def supervised(self) -> bool:
        """Whether `fit` needs the class of each pattern."""
        return self.labels == "classes"

    def load(self) -> "type[FeatureMap]":
        """Import the class.

        Raises
        ------
        InputError
            If it is not there, or is no `FeatureMap`.
        """
        from peakscape.maps.feature_map import FeatureMap

        module, _, name = self.where.partition(":")
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise InputError(f"the map {self.key!r} cannot be loaded from {self.where}: {error}") from error
        if not (isinstance(found, type) and issubclass(found, FeatureMap)):
            raise InputError(f"{self.where}, which the map {self.key!r} names, is not a class derived from FeatureMap")
        return found

    def make(
        self,
        *,
        random_state: int | None = None,
        axis: ArrayLike | None = None,
        step: float = 1.0,
        labelled: bool = False,
        **parameters: Any,
    ) -> "FeatureMap":
        """Return an unfitted map.

        Parameters
        ----------
        random_state
            Source of chance.
        axis
            The shift axis, shape (n_points,), for a map that needs one; see `peakscape.spectra.shift_axis`.
        step
            Step of the axis, by which options in units of the axis are divided to give points.
        labelled
            Whether `fit` will get numbers as labels.
        **parameters
            Any parameters of the class; what is not named, or None, keeps its default.

        Raises
        ------
        InputError
            If the class has no such parameter.
        """
        made = self.load()
        expected = [name for name in inspect.signature(made).parameters if name not in ("axis", "random_state")]
        unknown = [name for name in parameters if name not in expected]
        if unknown:
            raise InputError(
                f"the map {self.key!r} has no parameter {unknown[0]!r}; expected {', '.join(expected) or 'none'}"
            )
        given = {name: value for name, value in parameters.items() if value is not None}
        for option in self.options:
            if option.in_axis_units and option.name in given:
                given[option.name] = given[option.name] / step
        given = (dict(self.with_labels) if labelled else {}) | given
        if self.needs_shift_axis and axis is not None:
            given["axis"] = np.asarray(axis, dtype=np.float64)
        return made(random_state=random_state, **given)

    def parse(self, words: Iterable[str]) -> dict[str, Any]:
        """Return parameters for `make` from words ``name=value``.

        Raises
        ------
        InputError
            If a word is of another form, or its name or value is wrong.

        Examples
        --------
        >>> find("umap").parse(["n_neighbors=8", "start=random"])
        {'n_neighbors': 8, 'start': 'random'}
        """
        options = {option.name: option for option in self.options}
        parsed = {}
        for word in words:
            name, sign, text = word.partition("=")
            if not sign or name not in options:
                raise InputError(
                    f"expected options of the map {self.key!r} as name=value, with names of "
                    f"{', '.join(options) or 'none'}; got {word!r}"
                )
            parsed[name] = options[name].parse(text)
        return parsed


MAPS: tuple[MapKind, ...] = (
    MapKind(
        "autoencoder",
        "peakscape.maps.autoencoder.autoencoder:Autoencoder",
        "autoencoder",
        "an ensemble of small networks",
        cost="slow",
        variants=True,
        options=(
            Option("n_members", int, 10, "networks in the ensemble"),
            Option("n_epochs", int, 1000, "passes over the training spectra"),
            Option(
                "smoothing",
                float,
                0.0,
                "standard deviation, in units of the axis, of the Gaussian through which the encoder sees spectra",
                in_axis_units=True,
            ),
            Option("recipe", str, "residual", "how the networks start and train", choices=("residual", "paper")),
            Option("learning_rate", float, 1e-3, "step of the training"),
            Option("weight_decay", float, 1e-8, "L2 weight decay"),
            Option("batch_size", int, 10, "spectra in a mini-batch"),
            Option("device", str, "auto", "where the networks train", choices=("auto", "cpu", "gpu")),
        ),
    ),
    MapKind(
        "kda",
        "peakscape.maps.kda:KDA",
        "KDA",
        "known classes told apart by more than straight lines (kernel discriminant analysis)",
        labels="classes",
        options=(Option("penalty", float, 0.1, "of the regression: more makes a smoother map"),),
    ),
    MapKind(
        "lda",
        "peakscape.maps.lda:LDA",
        "LDA",
        "the plane in which known classes lie farthest apart (linear discriminant analysis)",
        labels="classes",
        options=(Option("n_components", int, 15, "principal components that are looked at"),),
    ),
    MapKind(
        "mds",
        "peakscape.maps.embedding.mds:MDS",
        "MDS",
        "distances between spectra, kept as well as a plane can (multidimensional scaling)",
        options=(Option("n_iterations", int, 1000, "steps at most"),),
    ),
    MapKind(
        "pca",
        "peakscape.maps.pca:PCA",
        "PCA",
        "the two leading principal components",
        cost="instant",
    ),
    MapKind(
        "shift",
        "peakscape.maps.shift_map:ShiftMap",
        "shift map",
        "how far the peaks have moved, and the leading change of what remains",
        labels="numbers",
        with_labels={"component": "labels"},
        needs_shift_axis=True,
        options=(
            Option("max_shift", float, None, "largest shift on the shift axis; default: an eighth of the axis"),
            Option("residual_width", float, 24.0, "broadening of what remains, in peak widths"),
            Option(
                "template",
                str,
                "auto",
                "what spectra are registered against",
                choices=("auto", "medoid", "chain"),
            ),
        ),
    ),
    MapKind(
        "tsne",
        "peakscape.maps.embedding.tsne:TSNE",
        "t-SNE",
        "neighbours kept together (t-distributed stochastic neighbour embedding)",
        options=(
            Option("perplexity", float, 30.0, "effective number of neighbours"),
            Option("start", str, "pca", "where the descent starts", choices=("pca", "random")),
            Option("n_iterations", int, 1000, "steps of the descent"),
        ),
    ),
    MapKind(
        "umap",
        "peakscape.maps.embedding.umap:UMAP",
        "UMAP",
        "neighbours kept together (uniform manifold approximation and projection)",
        extra="umap",
        options=(
            Option("n_neighbors", int, 15, "neighbours to which a spectrum is tied"),
            Option("min_dist", float, 0.1, "how close points may lie, from 0 to 1"),
            Option("start", str, "pca", "where the descent starts", choices=("pca", "spectral", "random")),
            Option("n_epochs", int, 500, "passes of the descent"),
        ),
    ),
)
"""The maps of this package."""


def known() -> tuple[MapKind, ...]:
    """Return all maps: ours, then those of other packages.

    Examples
    --------
    >>> [kind.key for kind in known()][:4]
    ['autoencoder', 'kda', 'lda', 'mds']
    """
    return (*MAPS, *_added())


@functools.cache
def _added() -> tuple[MapKind, ...]:
    """Load the rows of other packages; a broken one is told once and left out."""
    added: list[MapKind] = []
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            row = point.load()
            if not isinstance(row, MapKind):
                raise TypeError(f"is a {type(row).__name__}, not a peakscape.maps.registry.MapKind")
            taken = {name for kind in (*MAPS, *added) for name in (kind.key, kind.class_name)}
            if taken & {row.key, row.class_name}:
                raise ValueError(f"has a name that is taken: {row.key}, {row.class_name}")
        except Exception as error:
            reason = " ".join(str(error).split())[:150]
            warnings.warn(
                f"the map {point.name!r} of another package ({point.value}) is left out: {reason}",
                PeakscapeWarning,
                stacklevel=3,
            )
            continue
        added.append(row)
    return tuple(added)


def find(key: str) -> MapKind:
    """Return the row of a key.

    Raises
    ------
    InputError
        If there is no such map.

    Examples
    --------
    >>> find("tsne").title
    't-SNE'
    """
    for kind in known():
        if kind.key == key:
            return kind
    raise InputError(f"expected a map of {', '.join(kind.key for kind in known())}, got {key!r}")


def find_by_class(name: str) -> MapKind | None:
    """Return the row whose class has a name, None where there is none.

    Examples
    --------
    >>> find_by_class("ShiftMap").key
    'shift'
    """
    return next((kind for kind in known() if kind.class_name == name), None)


def kind_of(map: object) -> MapKind | None:
    """Return the row that a map belongs to, None where its class is not in the registry.

    Examples
    --------
    >>> from peakscape.maps import PCA
    >>> kind_of(PCA()).key
    'pca'
    """
    kind = find_by_class(type(map).__name__)
    return kind if kind is not None and kind.load() is type(map) else None


def keys() -> list[str]:
    """Return the keys of all maps.

    Examples
    --------
    >>> "pca" in keys()
    True
    """
    return [kind.key for kind in known()]


def make(key: str, **parameters: Any) -> "FeatureMap":
    """Return an unfitted map by its key; parameters as in `MapKind.make`.

    Examples
    --------
    >>> make("lda", n_components=5)
    LDA(n_components=5)
    """
    return find(key).make(**parameters)


def is_slow(map: object) -> bool:
    """Say whether a map takes long to fit, so that it is fitted anew only a few times; unknown ones are taken to.

    Examples
    --------
    >>> from peakscape.maps import PCA
    >>> is_slow(PCA())
    False
    """
    kind = kind_of(map)
    return kind is None or kind.cost == "slow"


def help_text() -> str:
    """Return all maps and their options in words, for the help of a command.

    Examples
    --------
    >>> print(help_text().splitlines()[0])
    maps and their options (name=default):
    """
    lines = ["maps and their options (name=default):"]
    for kind in known():
        needs = {"classes": "; supervised: learns from classes", "numbers": "; may learn from a number"}
        lines.append(f"  {kind.key:<13}{kind.summary}{needs.get(kind.labels, '')}")
        for option in kind.options:
            default = "" if option.default is None else option.default
            choices = f" ({', '.join(map(str, option.choices))})" if option.choices else ""
            lines.append(f"    {f'{option.name}={default}':<23} {option.help}{choices}")
    return "\n".join(lines)
