"""The one object that answers: a map, its preparation, its known samples, and all that can be asked of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from peakscape import analysis, spectra
from peakscape.analysis.clusters import Grouping
from peakscape.analysis.comparison import MapOverlay
from peakscape.analysis.inputs import place_members
from peakscape.analysis.mixtures.triangle import MixtureMap
from peakscape.analysis.naming import Search
from peakscape.analysis.painting import Painted
from peakscape.errors import InputError
from peakscape.feature_space import answers, asking, axes, choice, display, grouping, near_edge, saved
from peakscape.feature_space.known import Labels, checked, known_of, labels_of, name_remarks, with_bounds
from peakscape.feature_space.questions import claims, many, peak_ranking
from peakscape.feature_space.readouts.classes import ClassReadout, fit_class
from peakscape.feature_space.readouts.labels import LabelReadout, fit_label, ways_of
from peakscape.feature_space.readouts.lattice import lattice_of
from peakscape.feature_space.readouts.left_out_maps import LeftOutMaps, n_folds_of
from peakscape.feature_space.readouts.mixtures import KnownParts, map_of
from peakscape.feature_space.readouts.motion import Motion, motion_of, motion_remarks
from peakscape.feature_space.readouts.novelty import Judge, fit_novelty
from peakscape.feature_space.remarks import Remark
from peakscape.preparation import Recipe
from peakscape.preparation.recipe import MADE
from peakscape.progress import working
from peakscape.spectra.container import AXES, absorption_scales

Array = NDArray[np.float64]


class FeatureSpace(BaseEstimator):  # type: ignore[misc]
    """A set of spectra as points of a plane, and what can be read from where a new spectrum lies.

    A space holds how spectra are prepared, the map, the known samples with their labels, and what was measured when
    some of them were left out. Everything that a command, a page or a stream answers is asked of it.

    Parameters
    ----------
    map
        ``"auto"`` chooses by the kind of the spectra and their labels (`map_reason_` says why); else a key of
        `maps.registry`, such as ``"shift"`` or ``"autoencoder"``; or an unfitted map.
    preparation
        ``"default"`` chooses by the kind of the spectra (`Recipe.default`), ``"none"`` leaves them as they are; else
        steps as `Recipe.from_text` reads them.
    map_options
        Parameters of the map by name, such as ``{"n_members": 5}``.
    search
        How far a new spectrum may be moved along its axis to fit the known ones, before all else (`analysis.Search`).
        None moves nothing, for a shift of an edge or of all peaks may be what tells samples apart, but measured
        absorption of which only classes are predicted: that by up to 1 eV, as energy scales of beam lines differ.
    level
        Share of answers that a prediction interval should cover.
    novelty
        Whether to learn what is foreign, by fitting the map anew without some of the spectra.
    random_state
        Seed of everything drawn by chance.

    Attributes
    ----------
    map_ : FeatureMap
        The fitted map; ``map_key_`` and ``map_reason_``: which, and why.
    recipe_ : Recipe
        The fitted preparation.
    known_ : xarray.Dataset
        The known samples, prepared.
    raw_ : ndarray of shape (n_samples, n_points) or None
        The same as they were recorded, where their preparation takes something away.
    coordinates_ : ndarray of shape (n_members, n_samples, 2)
        Where they lie on the map, by each member that can be trusted.
    label_readouts_, class_readouts_ : dict
        By label: how numbers and classes are predicted.
    remarks_ : tuple of Remark
        What is to be known of the space itself.
    parts_ : KnownParts or None
        Pure parts of which new spectra may be mixtures: of `know_parts`.

    Examples
    --------
    >>> import peakscape as ps
    >>> axis, x = np.linspace(10.0, 40.0, 400), np.linspace(0.0, 1.0, 9)
    >>> peaks = [np.exp(-(((axis - 15 - k) / 0.3) ** 2)) + np.exp(-(((axis - 30 - 2 * k) / 0.3) ** 2)) for k in x]
    >>> series = ps.spectra.make(peaks, two_theta=axis, wavelength=1.5406, labels={"x": x})
    >>> space = FeatureSpace(preparation="none").fit(series.isel(sample=[0, 1, 2, 3, 5, 6, 7, 8]), label="x")
    >>> found = space.place(series.isel(sample=[4]))
    >>> float(found.x[0].round(2)), bool(found.x_lower[0] <= 0.5 <= found.x_upper[0]), bool(found.foreign[0])
    (0.5, True, False)
    """

    map_: Any
    map_key_: str
    map_reason_: str
    recipe_: Recipe
    known_: xr.Dataset
    raw_: Array | None
    coordinates_: Array
    search_: Search
    label_readouts_: dict[str, LabelReadout]
    class_readouts_: dict[str, ClassReadout]
    novelty_: Judge | None
    remarks_: tuple[Remark, ...]
    parts_: KnownParts | None = None
    provenance_: dict[str, Any]
    _motion: Motion | None

    def __init__(
        self,
        map: Any = "auto",
        *,
        preparation: str = "default",
        map_options: Mapping[str, Any] | None = None,
        search: Search | None = None,
        level: float = 0.9,
        novelty: bool = True,
        random_state: int = 0,
    ) -> None:
        self.map = map
        self.preparation = preparation
        self.map_options = map_options
        self.search = search
        self.level = level
        self.novelty = novelty
        self.random_state = random_state

    def fit(
        self,
        spectra: xr.Dataset,
        label: str | Sequence[str] | None = None,
        *,
        classes: str | Sequence[str] = (),
        groups: str | Sequence[str] | None = None,
        bounds: Mapping[str, tuple[float, float]] | None = None,
        variants: Any = None,
    ) -> Self:
        """Prepare spectra, fit the map, and learn to answer, with what is erred on spectra that were left out.

        Parameters
        ----------
        spectra
            Of `peakscape.read`, `diffraction.simulate` or `spectra.make`.
        label
            What is to be predicted: one label or several, numbers or classes; None: every label that is known of all
            spectra and varies.
        classes
            Labels that are classes though they are numbers, such as a batch.
        groups
            Labels whose values repeats share, such as ``"sample"``: what is equal in all of them is left out together.
            None: all spectra with one value of a number; of a class, those that share its temperature and sample too
            where these are known, else single spectra.
        bounds
            Least and largest value that a number can have, such as ``{"x": (0, 1)}``: answers and intervals stay
            within. A number within 0 and 1 of which every fourth known value is 0 or 1 is taken for a fraction.
        variants
            Rounds of augmented copies of the spectra, for maps that learn from such: arrays (n_samples, n_points) or
            containers, which are prepared as `spectra` are.

        Returns
        -------
        FeatureSpace
            This space.

        Raises
        ------
        InputError, SpectraError
            If a parameter is out of range, the spectra break the container's convention or cannot be prepared, a label
            is not there or incomplete, or the map cannot be fitted to them.
        """
        dataset = with_bounds(checked(spectra), bounds or {})
        self._check_parameters()
        labels = grouping.with_classes(dataset, labels_of(dataset, label), classes, asked=label)
        with working(f"preparing {dataset.sizes['sample']} spectra"):
            self.recipe_ = choice.recipe_of(self.preparation, dataset).fit(dataset)
            prepared = known_of(self.recipe_.apply(dataset))
        self.search_ = near_edge.default_search(dataset, labels) if self.search is None else self.search
        self._motion = motion_of(prepared) if labels.numbers or not labels.classes else None
        self._fit_map(prepared, labels, variants)
        kept = grouping.evenly(prepared.sizes["sample"])
        labels = labels if len(kept) == prepared.sizes["sample"] else grouping.subset(labels, kept)
        self.remarks_ = (*labels.remarks, *name_remarks(prepared), *motion_remarks(self._motion, self))
        self._know(prepared.isel(sample=kept), dataset)
        self.raw_ = None
        if axes.loses(self.recipe_) and len(self.search_.moves()) == 1:
            self.raw_ = dataset["intensity"].values[kept].astype(np.float32).astype(np.float64)
        numbers = None if groups is None else grouping.numbered(dataset.isel(sample=kept), groups)
        with working("leaving spectra out, to learn how far answers can be trusted"):
            self._learn(labels, numbers)
        return self

    def _check_parameters(self) -> None:
        if not 0.0 < self.level < 1.0:
            raise InputError(f"expected a level between 0 and 1, got {self.level}")
        if not 0 <= self.random_state < 2**32:
            raise InputError(f"expected a random_state from 0 to {2**32 - 1}, got {self.random_state}")
        self.search_ = self.search or Search()
        self.search_.moves()

    def _fit_map(self, prepared: xr.Dataset, labels: Labels, variants: Any) -> None:
        """Choose or take the map, and fit it."""
        self.map_key_, self.map_reason_ = "", "as given"
        if isinstance(self.map, str):
            self.map_key_ = self.map
            if self.map == "auto":
                self.map_key_, self.map_reason_ = choice.choose_map(prepared, labels, self._motion)
            space = choice.new_map(
                self.map_key_,
                prepared,
                random_state=self.random_state,
                options=self.map_options or {},
                measured=not str(prepared.attrs.get("history", "")).startswith(MADE),
            )
        else:
            space = clone(self.map)
            self.map_key_ = type(space).__name__
        targets, self.supervised_by_ = choice.targets_for(space, labels)
        self._targets = targets
        rows = prepared["intensity"].values
        with working(f"fitting {type(space).__name__} to {len(rows)} spectra"):
            if variants is None:
                self.map_ = space.fit(rows) if targets is None else space.fit(rows, targets)
            else:
                rounds = (self._prepared_variant(one) for one in variants)
                self.map_ = space.fit(rows, variants=rounds)  # type: ignore[call-arg]  # checked by the registry

    def _prepared_variant(self, variant: Any) -> Array:
        if isinstance(variant, xr.Dataset):
            return np.asarray(self.recipe_.apply(variant)["intensity"].values, dtype=np.float64)
        return np.asarray(variant, dtype=np.float64)

    def _know(self, known: xr.Dataset, raw: xr.Dataset) -> None:
        """Keep the known samples, where they lie and where they came from."""
        self.known_ = known
        self.coordinates_ = place_members(self.map_, self._known_rows)
        scales = set(absorption_scales(raw))
        self.provenance_ = {"history": str(known.attrs.get("history", "")), "n_fitted": raw.sizes["sample"]}
        if len(scales) == 1:
            self.provenance_["absorption_scale"] = scales.pop()
        if self._motion is not None:
            self.provenance_["peak_motion"] = self._motion.state()

    def _learn(self, labels: Labels, groups: NDArray[np.intp] | None) -> None:
        """Learn to predict every label, and what is foreign."""
        targets = None if self._targets is None else self._targets[grouping.evenly(len(self._targets))]
        maps = LeftOutMaps(self.map_, self._known_rows, targets)
        ways, n_folds = ways_of(self.known_, self.raw_, groups), self._n_folds()
        self.label_readouts_ = {
            label.name: fit_label(label, maps, ways, self._axis, level=self.level, groups=groups, n_folds=n_folds)
            for label in labels.numbers
        }
        self.class_readouts_ = {}
        for label in labels.classes:
            alone = grouping.repeats(self.known_, label) if groups is None else groups
            try:
                self.class_readouts_[label.name] = fit_class(
                    label, maps, self._axis, self.search_, alone, random_state=self.random_state
                )
            except InputError as error:
                self.remarks_ += (Remark.of("not_classified", label=label.name, text=error),)
        self.novelty_ = None
        if self.novelty:
            together = groups if groups is not None else grouping.groups_of(labels, self.known_)
            classes = labels.classes[0].values if labels.classes else None
            self.novelty_, remarks = fit_novelty(self.known_, maps, together, n_folds, self._motion, classes=classes)
            self.remarks_ += remarks

    def _n_folds(self) -> int:
        return n_folds_of(self.map_, len(self._known_rows))

    @property
    def _known_rows(self) -> Array:
        return np.asarray(self.known_["intensity"].values, dtype=np.float64)

    @property
    def _axis(self) -> Array:
        return np.asarray(self.known_[self.axis_name].values, dtype=np.float64)

    @property
    def axis_name(self) -> str:
        """Name of the axis of prepared spectra."""
        check_is_fitted(self, "known_")
        return spectra.axis_name(self.known_)

    @property
    def axis_unit(self) -> str:
        """Unit of that axis."""
        return str(AXES[self.axis_name][0])

    @property
    def names(self) -> list[str]:
        """Names of the known samples."""
        check_is_fitted(self, "known_")
        return [str(name) for name in self.known_["name"].values]

    def place(self, spectra: xr.Dataset, *, only: Literal["coordinates"] | None = None) -> xr.Dataset:
        """Answer everything that the space knows about spectra.

        They are brought to the space's axis, prepared and aligned as the known ones, and each is answered on its own:
        the same numbers alone and among others, bit by bit.

        Parameters
        ----------
        spectra
            Raw, as they were read; on the space's axis or one that can be brought to it.
        only
            ``"coordinates"``: no more than ``coordinates`` and ``shift``, of many at once: the same up to rounding, and
            many times as fast.

        Returns
        -------
        xarray.Dataset
            One row a spectrum. Always: ``coordinates(sample, map_axis)``, ``spread`` (over members of the map; NaN for
            one), ``shift`` (by which it was aligned, units of the axis), ``nearest`` (name of the known spectrum) and
            ``nearest_distance`` (root mean square difference), ``remarks``, one a line, and their ``remark_codes``
            with spaces between. Where the space can tell: ``foreign``, ``novelty_p`` (conformal p-value of being
            known), ``unexplained`` (share of the variance). For each number ``x``: ``x`` (not a number where it is not
            told, for the spectrum is foreign), ``x_lower``, ``x_upper``, ``x_method`` (the one trusted) and
            ``x_by_method(sample, x_methods)`` with ``_lower`` and ``_upper``; a composition has ``element`` besides,
            and ``formula``. For each class ``phase``: ``phase`` ("unlike all" if foreign), ``phase_probability``,
            ``phase_next``, ``phase_margin`` (how many times as unlike the next is), ``phase_on_map`` (of the nearest
            known point), ``phase_probabilities(sample, phase_class)``. Where parts are known:
            ``fraction(sample, part)`` and what `mixtures.dataset_of` names besides.

        Raises
        ------
        SpectraError
            If the spectra cannot be brought onto the space's axis: the message says what is missing.
        """
        check_is_fitted(self, "known_")
        if only not in (None, "coordinates"):
            raise InputError(f"expected only='coordinates' or None, got {only!r}")
        dataset = checked(spectra)
        return answers.answer(self, dataset) if only is None else many.coordinates(self, dataset)

    def know_parts(self, spectra: xr.Dataset, *, label: str | None = None, **options: Any) -> Self:
        """Take pure spectra of which new ones may be mixtures: `place` then tells ``fraction(sample, part)``.

        Parameters
        ----------
        spectra
            Raw pure spectra, of measurement or computed; mixtures are sums of raw spectra, not of prepared ones.
        label
            A label of theirs whose class means are the parts; None: each spectrum is a part.
        **options
            Of `analysis.Unmix`.

        Returns
        -------
        FeatureSpace
            This space.

        Raises
        ------
        InputError
            If two parts are the same, one is nothing, or an option cannot be used.
        """
        check_is_fitted(self, "known_")
        self.parts_ = KnownParts(checked(spectra), label=label, options=options)
        return self

    def mixture_map(self, spectra: xr.Dataset) -> MixtureMap:
        """Return where spectra lie between the parts of `know_parts`, for `figures.mixture_map`.

        Raises
        ------
        InputError
            If the space knows no parts.
        SpectraError
            As `place`.
        """
        check_is_fitted(self, "known_")
        if self.parts_ is None:
            raise InputError("the space knows no parts of mixtures; give it pure spectra by know_parts first")
        return map_of(self.parts_.answer(checked(spectra)))

    def prepared(self, spectra: xr.Dataset) -> Array:
        """Return spectra as the map sees them: on the space's axis, prepared and aligned, (n_samples, n_points).

        Raises
        ------
        SpectraError
            As `place`.
        """
        check_is_fitted(self, "known_")
        return asking.all_prepared(self, checked(spectra))

    def validate(self, *, per_sample: bool = False) -> pd.DataFrame:
        """Return what was erred on known spectra when they were left out, by every method.

        Nothing is computed anew: it was measured by `fit`.

        Parameters
        ----------
        per_sample
            Return the answers for each left-out spectrum instead.

        Returns
        -------
        pandas.DataFrame
            One row a label and method: ``label``, ``method``, ``trusted``; for numbers ``rmse`` over all values,
            ``rmse_inner`` over those that are no corner of the known ones, ``max_error``, and the ``mean_width`` of
            the interval, all in the label's units; for classes ``accuracy``; ``n_samples`` that were left out. How
            many left-out samples the intervals cover is not told: they are made to cover these. With `per_sample`, one
            row a sample and number: ``name``, ``label``, ``known`` and one column a method.
        """
        check_is_fitted(self, "known_")
        return asking.left_out_samples(self) if per_sample else asking.left_out_errors(self)

    def claims(self) -> pd.DataFrame:
        """Return what a referee asks of each label, with the sentence that may be printed.

        Returns
        -------
        pandas.DataFrame
            One row a label, all texts: ``label``, ``measurand``, ``n``, ``error``, ``coverage``, ``variance_in`` and
            ``variance_not_in`` (repeats, mounting, instrument, batch, day: as the files tell), ``confounders`` (what
            else would look the same, and other labels of the set that run with this one), ``sentence``.
        """
        check_is_fitted(self, "known_")
        return claims.claims(self)

    def rank_peaks(
        self,
        spectrum: xr.Dataset | str | None = None,
        *,
        toward: str | None = None,
        mask: Literal["window", "peak"] | None = None,
        width: float | None = None,
        fill: Literal["zero", "background", "mean"] | None = None,
        min_height: float = 0.01,
    ) -> pd.DataFrame:
        """Rank the peaks of a spectrum by how far its point moves when each is masked, or by what a label needs.

        Parameters
        ----------
        spectrum
            One raw spectrum, or the name of a known sample. None, with `toward`: all known ones.
        toward
            A number that the space predicts, or an element of the composition: peaks are ranked by how much the label
            that the map reads changes when each is masked.
        mask, fill, min_height
            As for `analysis.rank_peaks`. None: windows that are emptied; with `toward` whole peaks that become what
            the known spectra are on average, for what all have in common tells nothing of the label.
        width
            Of the window in units of the axis; None: 0.03 degree on two_theta (as doi:10.1002/adts.202200613), three
            points where they are coarser, and elsewhere.

        Returns
        -------
        pandas.DataFrame
            As of `analysis.rank_peaks`, the most relevant first, with ``strong_irrelevant``: whether the peak is strong
            and irrelevant beyond doubt. With `toward`: ``change`` (label without the peak minus with it, in its units),
            ``change_error`` and ``change_spread`` over the members of the map (NaN for one), ``rank`` by size, and
            beside them ``pls_change`` (the same by partial least squares), ``vip`` and ``correlation`` with the label;
            of a series the means over its samples, and ``change_rms``, by which it is ranked, ``label_share`` of
            the label's variation that is read there, with ``label_share_error``, and ``pls_share``.
        """
        check_is_fitted(self, "known_")
        options: dict[str, Any] = {"mask": mask, "width": width, "fill": fill, "min_height": min_height}
        return peak_ranking.rank_peaks(self, spectrum, toward=toward, **options)

    def compare_rankings(
        self, toward: str, *, n_peaks: Sequence[int] = (1, 2, 4, 8), n_random: int = 10
    ) -> pd.DataFrame:
        """Tell which ranking to believe: the label of left-out samples from the first peaks alone, and without them.

        Parameters and returns as of `analysis.label_relevance.faithfulness`; the map is fitted anew up to eight times.
        """
        check_is_fitted(self, "known_")
        return peak_ranking.compare_rankings(self, toward, n_peaks=n_peaks, n_random=n_random)

    def find_transitions(self) -> pd.DataFrame:
        """Find where the known samples change faster with a number than usual: candidates for phase transitions.

        Returns
        -------
        pandas.DataFrame
            One row a ``label`` and transition, as of `analysis.find_transitions`; none of compositions, and of numbers
            with fewer than eight different values.
        """
        check_is_fitted(self, "known_")
        return asking.transitions(self)

    lattice = lattice_of

    def generate(self, composition: str | None = None, *, tolerance: float | None = None, **label: float) -> xr.Dataset:
        """Generate the spectrum of a wanted composition or value of a label, or refuse.

        Parameters
        ----------
        composition
            A formula such as ``"SmFe10.75Ti1.25"``.
        tolerance
            Largest distance between what is read on the map and what is wanted; None: 0.05 atoms per formula unit, or
            2 % of the label's range.
        **label
            One label and its value instead, such as ``x=0.45``.

        Returns
        -------
        xarray.Dataset
            One prepared spectrum as a container, with ``spread(sample, axis)`` over the members of the map; its
            attributes tell what speaks for or against it (see `analysis.Generated`).

        Raises
        ------
        OutsideMapError
            If what is wanted lies outside what the space knows.
        InputError
            If the label is not known or the map cannot decode.
        """
        return asking.generated(self, composition, label, tolerance=tolerance)

    def between(self, first: str | Sequence[float], second: str | Sequence[float], *, n_spectra: int = 9) -> xr.Dataset:
        """Decode the spectra on the straight line between two places of the map.

        Parameters
        ----------
        first, second
            Names of known samples, or coordinates of shape (2,).
        n_spectra
            How many, both ends included.

        Returns
        -------
        xarray.Dataset
            Prepared spectra as a container, with ``coordinates(sample, map_axis)``, every number as the map reads it
            there, and ``known_spacings``: the distance to the nearest known point, in typical distances between known
            ones (far above 1, nothing is known there).
        """
        return asking.between(self, first, second, n_spectra=n_spectra)

    def paint(self, label: str, *, n_grid: int = 200) -> Painted:
        """Read a number or a composition at every point of a grid over the map: `analysis.paint`."""
        readout = self._label(label)
        painted = analysis.paint(readout.readout, n_grid=n_grid)
        return replace(painted, elements=list(readout.label.columns)) if readout.label.is_composition else painted

    def group(
        self,
        spectra: xr.Dataset | None = None,
        *,
        metric: str = "map",
        n_groups: int | None = None,
        max_shift: float = 0.0,
    ) -> Grouping:
        """Group spectra by their distances; see `analysis.group_samples`.

        Parameters
        ----------
        spectra
            Raw; None groups the known samples.
        metric
            ``"map"``: distances on the map; else one of `analysis.spectrum_distances`, between prepared spectra.
        n_groups
            How many; None: as many as the distances suggest.
        max_shift
            Moves of all peaks together that are forgiven: relative in q, in eV for energies.
        """
        return asking.grouped(self, spectra, metric=metric, n_groups=n_groups, max_shift=max_shift)

    def compare(self, other: "FeatureSpace") -> MapOverlay:
        """Lay this map on another by the samples that both know: `analysis.overlay_maps`."""
        return asking.compared(self, other)

    def add(self, spectra: xr.Dataset) -> "FeatureSpace":
        """Return the space with more known samples; nothing on the map moves, and left-out errors stay as measured.

        Parameters
        ----------
        spectra
            Raw, with every label that the space knows, and names that it does not have yet.

        Raises
        ------
        InputError
            If a label is missing or a name is taken.
        """
        return asking.added(self, spectra)

    @classmethod
    def of_map(
        cls, map: Any, recipe: Recipe, prepared: xr.Dataset, *, search: Search | None = None, **known: Any
    ) -> Self:
        """Return a space of a map that is fitted already, with what is known of its samples.

        Parameters
        ----------
        map, recipe, prepared
            Fitted map, fitted preparation, and the samples prepared by it.
        search
            As for the class.
        **known
            As for `feature_space.saved.assemble`: labels, class, novelty.
        """
        space = cls(search=search)
        saved.assemble(space, map, recipe, prepared, **known)
        return space

    def explore(self, *, others: "Sequence[FeatureSpace]" = (), title: str = "feature space", **options: Any) -> Any:
        """Walk in the space in a notebook: the page of ``peakscape explore`` as a widget (extra ``notebook``).

        Parameters
        ----------
        others, title
            Further maps of the same samples, to be seen beside the first, and the title of the page.
        **options
            ``height`` in pixels; what is marked, as for `explorer.export`: ``structures``, ``computed``, ``offset``.

        Returns
        -------
        anywidget.AnyWidget
            ``selection`` holds the numbers of the selected samples and ``selected`` their spectra; ``view`` is what is
            seen, as text. Setting ``selection`` or ``view`` changes the page.

        Raises
        ------
        MissingExtra
            If anywidget is not installed; `peakscape.explorer.show` needs none.
        """
        from peakscape.explorer.widget import widget_of

        check_is_fitted(self, "known_")
        return widget_of(self, others=others, title=title, **options)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the space as a folder, whole or not at all; `peakscape.open_space` opens it with the same answers.

        Raises
        ------
        InputError
            If something else than a saved space stands at `path`, or the map is of no registered kind.
        """
        check_is_fitted(self, "known_")
        return saved.save(self, Path(path))

    def _aligned(self, rows: Array) -> axes.Aligned:
        """Align prepared spectra within the bounds: by what predicts the first class, where there is one."""
        identifier = next((readout.identifier for readout in self.class_readouts_.values()), None)
        if identifier is None or identifier.search is None:
            identifier = axes.finder_of(self._known_rows, self._axis, self.search_)
        return axes.align(rows, self._axis, identifier)

    def _label(self, name: str) -> LabelReadout:
        check_is_fitted(self, "known_")
        if name not in self.label_readouts_:
            known = ", ".join(self.label_readouts_) or "none"
            raise InputError(f"expected a number that the space predicts, got {name!r}; known: {known}")
        return self.label_readouts_[name]

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """Say what the space is made of and how well it predicts."""
        return display.text(self) if hasattr(self, "known_") else str(super().__repr__(N_CHAR_MAX))

    def _repr_html_(self) -> str:
        """The same as a table, for notebooks."""
        return display.html(self) if hasattr(self, "known_") else f"<pre>{self!r}</pre>"


def open_space(path: str | os.PathLike[str]) -> FeatureSpace:
    """Open a saved feature space; it answers as the one that was saved, bit by bit.

    Maps saved by `peakscape fit` of versions before feature spaces (a folder with ``map.json``) are opened too: they
    place spectra at the same points, and what they did not keep is learned when they are opened.

    Parameters
    ----------
    path
        The folder that `FeatureSpace.save` wrote.

    Returns
    -------
    FeatureSpace

    Raises
    ------
    MapError
        If the folder is not a saved space, a part is missing or was changed, or its format is newer than this program.

    Warns
    -----
    DriftWarning
        If the map places the pattern that was saved with it elsewhere than it lay.

    Examples
    --------
    >>> open_space("nowhere.space")
    Traceback (most recent call last):
    peakscape.errors.MapError: nowhere.space is not a saved space: it has no space.json; give a folder that ...
    """
    return saved.opened(Path(path), FeatureSpace)
