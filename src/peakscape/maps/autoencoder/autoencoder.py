"""The autoencoder: an ensemble of small networks that place a pattern in a plane and bring it back."""

import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d
from sklearn.utils import check_random_state

from peakscape.errors import CollapseWarning, InputError
from peakscape.maps.autoencoder.network import Weights, decode, encode, encode_members, initial_weights, joined
from peakscape.maps.autoencoder.training import Device, Schedule, train
from peakscape.maps.autoencoder.variants import rounds_of, see, sight_of, take_pool
from peakscape.maps.span import check_not_constant, is_large, leading_span, principal_axes, scale_and_mean
from peakscape.maps.span_map import SpanMap
from peakscape.signal.procrustes import similarity
from peakscape.threads import one_blas_thread

if TYPE_CHECKING:
    from peakscape.maps.autoencoder.windows import MaskedEncoder

RANK_TOLERANCE = 1e-6
"""Directions of the training patterns with a smaller share of the largest singular value are left out: float32 training
cannot see them."""

SPREAD_LIMIT = 0.02
"""Below this, a code counts as collapsed. Ten members on each of six sets of 135 alloy patterns (FWHM 0.05 and 0.15
degree, both recipes): healthy members lie above 0.28 in both measures; two of the paper's recipe ended on a bent curve,
with a local spread below 1e-3, an error two to four times the others' and a code spread of up to 0.5."""

MOST_SAMPLES = 200
"""Training patterns at which the slope of the code is looked at."""


class Autoencoder(SpanMap):
    """Map of patterns by an ensemble of autoencoders with two-dimensional code.

    The network of the paper: n_points-128-64-12-2 and mirrored, ReLU between, tanh on the code, linear output; mean
    squared error, Adam, L2 weight decay, mini-batches of 10, 1,000 epochs.

    ``recipe="paper"`` is that and nothing else. The paper gives no learning rate, decay, scaling or start: the values
    here, patterns divided by the largest training intensity, and PyTorch's start are this package's choice.

    ``recipe="residual"`` adds a straight path around each half: code = tanh(linear + network), output = linear +
    network, the linear parts starting at the two leading principal components of the centred training patterns and
    the last layers near zero; the learning rate falls to zero along half a cosine. It starts at PCA and ends with a
    smaller error.

    Training runs on the coordinates of the patterns in an orthonormal basis of the training set, which leaves the
    squared error as it is and takes 1/90 of the numbers; the first layer is drawn as over all points and the loss is
    per point. The basis is the first and last step of the fitted map, shared by all members. What a new pattern has
    outside the span of the training set does not move its point.

    Parameters
    ----------
    recipe
        "residual" or "paper".
    hidden
        Units of the hidden layers of the encoder; the decoder mirrors them.
    n_members
        Networks in the ensemble.
    n_epochs
        Passes over the training set.
    batch_size
        Patterns in a mini-batch.
    learning_rate
        Adam's step (at the start, for the residual recipe); 1e-3 is Adam's own default.
    weight_decay
        L2 weight decay, added to the gradient.
    smoothing
        Standard deviation, in points, of the Gaussian through which the encoder sees a pattern; the decoder still gives
        the pattern as it is. Peaks that move by more than their width make the map ragged: let the smoothed peak be
        about as wide as the peaks move. Not part of the paper's recipe, where it must be 0.
    device
        Where the members train: "cpu", one after another on each core; "gpu", all at once by jax; "auto", on a
        graphics processor where jax has one. The use of a fitted map never needs one.
    random_state
        Source of chance: an integer repeats the fit bit by bit, on any number of cores of one kind of machine.

    Attributes
    ----------
    scale_ : float
        The largest size of a training intensity: all patterns are divided by this one number.
    mean_ : ndarray of shape (n_points,)
        What is subtracted from the scaled patterns: their training mean (residual) or zeros (paper).
    basis_ : ndarray of shape (n_points, rank)
        Orthonormal basis of the scaled, centred training patterns; after them the directions added for variants.
    encoder_basis_ : ndarray of shape (n_points, rank) or None
        With smoothing, the directions along which the encoder looks at a pattern.
    left_out_ : float
        Mean squared error per point that no member can take away, as the pattern lies outside the basis: 0 unless the
        set was so large that it was read by blocks.
    variants_lost_ : float
        Share of the variants' variance outside the basis, which the encoder does not see: 0 without variants.
    weights_, initial_weights_ : dict of ndarray
        Weights of all members after and before training; leading axis n_members, float32.
    loss_history_ : ndarray of shape (n_members, n_epochs)
        Mean squared error per point of the scaled training patterns in each epoch, while it ran.
    losses_ : ndarray of shape (n_members,)
        The same at the end, with the final weights.
    code_spread_ : ndarray of shape (n_members,)
        How two-dimensional each member's training code is: ratio of its singular values, 0 for a point or a line.
    local_spread_ : ndarray of shape (n_members,)
        The same for the code's derivative at the training patterns (median): 0 for a curve, however bent.
    collapsed_ : ndarray of shape (n_members,), bool
        Members with either spread below 0.02; the median leaves them out unless all are.
    alignment_matrix_ : ndarray of shape (n_members, 2, 2)
        Rotation or reflection times scale that brings each member's code onto that of the best member.
    alignment_shift_ : ndarray of shape (n_members, 2)
        The shift that belongs to it.
    n_features_in_ : int
        Points of a pattern.

    Examples
    --------
    >>> axis = np.linspace(0.0, 1.0, 40)
    >>> patterns = np.array([np.exp(-(((axis - 0.5 - 0.02 * k) / 0.05) ** 2)) for k in range(8)])
    >>> space = Autoencoder(hidden=(8, 4), n_members=2, n_epochs=30, random_state=0).fit(patterns)
    >>> space.transform(patterns).shape
    (8, 2)
    >>> space.inverse_transform([[0.0, 0.0]]).shape
    (1, 40)
    """

    weights_: dict[str, np.ndarray]
    initial_weights_: dict[str, np.ndarray]
    collapsed_: np.ndarray
    alignment_matrix_: np.ndarray
    alignment_shift_: np.ndarray
    _prepared: tuple[dict[str, np.ndarray], dict[str, Any]]

    def __init__(
        self,
        *,
        recipe: Literal["residual", "paper"] = "residual",
        hidden: tuple[int, ...] = (128, 64, 12),
        n_members: int = 10,
        n_epochs: int = 1000,
        batch_size: int = 10,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-8,
        smoothing: float = 0.0,
        device: Device = "auto",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.recipe = recipe
        self.hidden = hidden
        self.n_members = n_members
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.smoothing = smoothing
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None, *, variants: Iterable[ArrayLike] | None = None) -> Self:
        """Train the ensemble and align its members.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points); at least three, not all the same. More than 128 MiB of them
            in double precision are read by blocks of rows, several times, and need not fit into memory: an array on
            disk (Zarr, HDF5, a memory map, a DataArray from `spectra.open`) is passed as it is. Their basis keeps all
            but 1e-6 of the variance, by at most 512 directions.
        y
            Not used.
        variants
            Patterns to see in the place of the training patterns, which remain what is to be given back: gives arrays
            of shape (n_samples, n_points), each an augmented copy of every training pattern, in order. An array
            (n_rounds, n_samples, n_points) works, or a generator that draws each round on demand. Each epoch
            takes every pattern as it is or in one of its variants, drawn anew. What is kept of them:
            `peakscape.maps.autoencoder.variants`.

        Returns
        -------
        Autoencoder
            This map.

        Raises
        ------
        InputError
            If a parameter is out of range, there are fewer than three patterns or two points, a value is not finite, or
            all patterns are the same.

        Warns
        -----
        CollapseWarning
            If members ended with their code on a point or a curve.
        """
        _check_parameters(self)
        with one_blas_thread():  # the same bits on any number of cores
            if is_large(X):
                seen, wanted = self._fit_large_span(X)
            else:
                patterns = self._check_patterns(X, training=True)
                check_not_constant(patterns)
                wanted = self._fit_span(patterns)
                seen = np.asarray((patterns / self.scale_ - self.mean_) @ self._sight())
            self.variants_lost_, versions = 0.0, seen
            if variants is not None:
                versions, wanted = self._fit_variants(X if is_large(X) else patterns, wanted, variants)
                seen = versions[0]
            self._train(seen, wanted, versions)
            self._judge(seen, wanted)
        self._joined()
        return self

    def _fit_span(self, patterns: np.ndarray) -> np.ndarray:
        """Learn scale, mean and bases; return the span coordinates of the training patterns."""
        self.scale_ = float(np.abs(patterns).max())
        centered = patterns / self.scale_
        self.mean_ = centered.mean(axis=0) if self.recipe == "residual" else np.zeros(centered.shape[1])
        centered = centered - self.mean_
        values, axes = principal_axes(centered)
        self.basis_ = np.ascontiguousarray(axes[:, values > RANK_TOLERANCE * values[0]])
        self.encoder_basis_ = self._smooth_basis(centered) if self.smoothing else None
        self.left_out_ = 0.0
        return np.asarray(centered @ self.basis_)

    def _fit_large_span(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Learn scale, mean and bases by blocks; return the span coordinates that are seen and that are wanted."""
        self._check_patterns(X[:3], training=True)
        self.scale_, mean = scale_and_mean(X)
        self.mean_ = mean if self.recipe == "residual" else np.zeros_like(mean)
        span = leading_span(X, self.scale_, self.mean_)
        self.basis_, self.encoder_basis_ = span.basis, None
        self.left_out_ = span.left_out / (X.shape[0] * X.shape[1])
        if not self.smoothing:
            return span.coordinates, span.coordinates
        smooth = leading_span(X, self.scale_, self.mean_, smoothing=self.smoothing, rank=span.basis.shape[1])
        gain = np.sqrt(span.total / smooth.total)
        self.encoder_basis_ = gain * gaussian_filter1d(smooth.basis, self.smoothing, axis=0, mode="constant")
        return smooth.coordinates * np.float32(gain), span.coordinates

    def _fit_variants(self, X: Any, wanted: np.ndarray, variants: Iterable[ArrayLike]) -> tuple[np.ndarray, np.ndarray]:
        """Widen the bases; return the span coordinates of all versions, the clean first, and those that are wanted."""
        rounds = rounds_of(variants, X.shape)
        pool = take_pool(rounds)
        sight = sight_of(pool, self.scale_, self.mean_, self.basis_, self.encoder_basis_, self.smoothing)
        self.basis_, self.encoder_basis_, self.variants_lost_ = sight.basis, sight.encoder_basis, sight.lost
        numbers = self.scale_, self.mean_, self._sight()
        versions = [see(X, *numbers), *(see(part, *numbers) for part in pool)]
        del pool
        versions += [see(part, *numbers) for part in rounds]
        return np.stack(versions), np.pad(wanted, ((0, 0), (0, sight.basis.shape[1] - wanted.shape[1])))

    def _smooth_basis(self, centered: np.ndarray) -> np.ndarray:
        """Return directions whose products with a pattern are span coordinates of the smoothed pattern.

        The filter is symmetric, so it may stand before the basis as well as before the pattern. The coordinates are
        brought to the size that they have without smoothing.
        """
        smoothed = gaussian_filter1d(centered, self.smoothing, axis=1, mode="constant")
        _, axes = principal_axes(smoothed)
        axes = gaussian_filter1d(axes[:, : self.basis_.shape[1]], self.smoothing, axis=0, mode="constant")
        return np.asarray(axes * (np.linalg.norm(centered) / np.linalg.norm(smoothed)))

    def _sight(self) -> np.ndarray:
        return self.basis_ if self.encoder_basis_ is None else self.encoder_basis_

    def _train(self, seen: np.ndarray, wanted: np.ndarray, versions: np.ndarray) -> None:
        """Draw the members' weights and train them: to give what is wanted for any version of what is seen."""
        seeds = check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=self.n_members)
        rngs = [np.random.default_rng(int(seed)) for seed in seeds]
        n_points, rank = self.basis_.shape
        spread = seen.std(axis=0)[:2] if self.recipe == "residual" else None
        start = [
            initial_weights(rng, rank=rank, n_points=n_points, hidden=tuple(self.hidden), spread=spread) for rng in rngs
        ]
        if self.smoothing:
            for weights in start:
                code = seen @ weights["encoder.linear.weight"]
                weights["decoder.linear.weight"] = np.linalg.lstsq(code, wanted)[0].astype(np.float32)
        schedule = Schedule(self.n_epochs, self.learning_rate, self.weight_decay, cosine=self.recipe == "residual")
        trained, self.loss_history_ = train(
            start, versions, wanted, rngs, n_points=n_points, batch_size=self.batch_size, schedule=schedule,
            device=self.device,
        )  # fmt: skip
        self.initial_weights_, self.weights_ = _stack(start), _stack(trained)

    def _judge(self, seen: np.ndarray, wanted: np.ndarray) -> None:
        """Measure the members' losses and spreads, find the collapsed and align all to the best."""
        code = encode(_in_double(self.weights_), seen)
        errors = decode(_in_double(self.weights_), code) - wanted
        self.losses_ = np.sum(errors**2, axis=(1, 2)) / (len(seen) * len(self.basis_)) + self.left_out_
        self.code_spread_ = np.array([code_spread(points) for points in code])
        self.local_spread_ = np.array([local_spread(_member_of(self.weights_, k), seen) for k in range(len(code))])
        self.collapsed_ = np.minimum(self.code_spread_, self.local_spread_) < SPREAD_LIMIT
        best = code[np.argmin(np.where(self._trusted(), self.losses_, np.inf))]
        fits = [similarity(points, best) for points in code]
        self.alignment_matrix_ = np.array([matrix for matrix, _ in fits])
        self.alignment_shift_ = np.array([shift for _, shift in fits])
        if self.collapsed_.any():
            warnings.warn(
                f"{self.collapsed_.sum()} of {self.n_members} members collapsed: their code is a point or a curve. "
                "The median leaves them out unless all did. Train longer, with less weight_decay, or with "
                "recipe='residual'.",
                CollapseWarning,
                stacklevel=3,
            )

    def _trusted(self) -> np.ndarray:
        """Return the members that did not collapse, or all if all did, shape (n_members,)."""
        return np.ones_like(self.collapsed_) if self.collapsed_.all() else ~self.collapsed_

    def _place(self, span: np.ndarray) -> np.ndarray:
        code = encode_members(*self._joined(), span)
        return np.asarray(code @ self.alignment_matrix_ + self.alignment_shift_[:, None, :])

    def _place_masked(self, span: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        from peakscape.maps.autoencoder.windows import LONGEST_WINDOW, place_windows  # numba takes a while to load

        long = stops - starts > LONGEST_WINDOW
        some = ~long if long.any() else slice(None)
        code = place_windows(self._masked_encoders(), span[0], removed, starts[some], stops[some])
        placed = code @ self.alignment_matrix_ + self.alignment_shift_[:, None, :]
        if not long.any():
            return np.asarray(placed)
        everything = np.empty((len(placed), len(starts), 2))
        everything[:, ~long] = placed
        everything[:, long] = super()._place_masked(span, removed, starts[long], stops[long])
        return everything

    def _joined(self) -> tuple[np.ndarray, list[Weights]]:
        """Return the members' encoders side by side."""
        wide, members = self._from_weights("joined", lambda: joined(self.weights_))
        return wide, members

    def _masked_encoders(self) -> "list[MaskedEncoder]":
        """Return the members' encoders for masked windows."""
        from peakscape.maps.autoencoder.windows import masked_encoder

        def make() -> "list[MaskedEncoder]":
            sight = self._sight() / self.scale_
            return [masked_encoder(sight, _member_of(self.weights_, k)) for k in range(len(self.collapsed_))]

        return list(self._from_weights("masked", make))

    def _from_weights(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what is made of the weights at the first call and kept."""
        kept: tuple[Any, dict[str, Any]] | None = vars(self).get("_prepared")
        if kept is None or kept[0] is not self.weights_:
            kept = self._prepared = (self.weights_, {})
        if name not in kept[1]:
            kept[1][name] = make()
        return kept[1][name]

    def __getstate__(self) -> dict[str, Any]:
        """Return what to pickle: all but what is made of the weights."""
        return {name: value for name, value in super().__getstate__().items() if name != "_prepared"}

    def _bring_back(self, points: np.ndarray) -> np.ndarray:
        code = (points - self.alignment_shift_[:, None, :]) @ np.linalg.inv(self.alignment_matrix_)
        return np.asarray(decode(_in_double(self.weights_), code))

    def initial_coordinates(self, X: ArrayLike) -> np.ndarray:
        """Place patterns by each member as it was before training (Fig. 1a of the paper).

        Parameters
        ----------
        X
            Patterns, shape (n_samples, n_points).

        Returns
        -------
        ndarray
            Codes, shape (n_members, n_samples, 2), not aligned: what the untrained networks give.

        Raises
        ------
        InputError
            If a value is not finite or the number of points is not that of the training patterns.
        """
        span = self._project(self._check_patterns(X))
        return np.asarray(encode(_in_double(self.initial_weights_), span))


def _check_parameters(space: Any) -> None:
    """Raise InputError for a parameter of an autoencoder that is out of range."""
    if space.recipe not in ("residual", "paper"):
        raise InputError(f"recipe must be 'residual' or 'paper', got {space.recipe!r}")
    if not space.hidden or min(space.hidden) < 1:
        raise InputError(f"hidden must name at least one layer of at least one unit, got {space.hidden!r}")
    if space.device not in ("auto", "cpu", "gpu"):
        raise InputError(f"device must be 'auto', 'cpu' or 'gpu', got {space.device!r}")
    for name in ("n_members", "n_epochs", "batch_size"):
        if getattr(space, name) < 1:
            raise InputError(f"{name} must be at least 1, got {getattr(space, name)!r}")
    if not space.learning_rate > 0:
        raise InputError(f"learning_rate must be positive, got {space.learning_rate!r}")
    if not space.smoothing >= 0 or (space.smoothing and space.recipe == "paper"):
        raise InputError(f"smoothing must not be negative, and 0 in the paper's recipe; got {space.smoothing!r}")
    if not space.weight_decay >= 0:
        raise InputError(f"weight_decay must not be negative, got {space.weight_decay!r}")


def _in_double(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return weights as float64: fitted maps are used in double precision."""
    return {name: array.astype(np.float64) for name, array in weights.items()}


def _member_of(weights: dict[str, np.ndarray], member: int) -> dict[str, np.ndarray]:
    """Return the weights of one member as float64."""
    return {name: array[member].astype(np.float64) for name, array in weights.items()}


def _stack(members: list[Weights]) -> dict[str, np.ndarray]:
    """Return the weights of all members with a leading axis of members."""
    return {name: np.stack([weights[name] for weights in members]) for name in members[0]}


def code_spread(code: np.ndarray) -> float:
    """Return how two-dimensional points (n_samples, 2) are: smaller over larger singular value, after centring.

    1 for a round cloud, 0 for points on a straight line or a single point (all within 1e-6 of each other).
    """
    larger, smaller = np.linalg.svd(code - code.mean(axis=0), compute_uv=False)
    return float(smaller / larger) if larger > 1e-6 * np.sqrt(len(code)) else 0.0


def local_spread(weights: Weights, span: np.ndarray) -> float:
    """Return how two-dimensional the code of one member is around its training patterns (n_samples, rank).

    At each pattern the derivative of the code by the pattern has two singular values. A code that lies on a curve,
    however bent, can move in one direction only: the smaller value is 0. The median over the patterns of smaller over
    larger; at most 200 of them, evenly spaced, are looked at.
    """
    if span.shape[1] < 2:
        return 0.0
    chosen = span[np.unique(np.linspace(0, len(span) - 1, MOST_SAMPLES).astype(int))]
    values = np.linalg.svd(_slopes(weights, chosen), compute_uv=False)
    ratios = np.divide(values[:, 1], values[:, 0], out=np.zeros(len(values)), where=values[:, 0] > 0.0)
    return float(np.median(ratios))


def _slopes(weights: Weights, span: np.ndarray) -> np.ndarray:
    """Return the derivative of the code before its tanh, shape (n_samples, 2, rank).

    The tanh multiplies each row by a factor; where it saturates both are small, and their directions still count.
    """
    layers = sum(name.startswith("encoder.") and name.endswith(".bias") for name in weights)
    values, alive = span, []
    for layer in range(layers - 1):
        values = values @ weights[f"encoder.{layer}.weight"] + weights[f"encoder.{layer}.bias"]
        alive.append(values > 0.0)
        values = np.maximum(values, 0.0)
    slopes = np.broadcast_to(weights[f"encoder.{layers - 1}.weight"].T, (len(span), 2, values.shape[1]))
    for layer in reversed(range(layers - 1)):
        slopes = (slopes * alive[layer][:, None, :]) @ weights[f"encoder.{layer}.weight"].T
    return slopes + weights["encoder.linear.weight"].T if "encoder.linear.weight" in weights else slopes
