"""The autoencoder: an ensemble of small networks that place a pattern in a plane and bring it back."""

import warnings
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter1d
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits

from peakscape.errors import CollapseWarning, InputError
from peakscape.maps.alignment import similarity
from peakscape.maps.collapse import SPREAD_LIMIT, code_spread, local_spread
from peakscape.maps.feature_map import FeatureMap
from peakscape.maps.network import Weights, decode, encode, initial_weights
from peakscape.maps.projections import check_not_constant, principal_axes
from peakscape.maps.training import Schedule, train

RANK_TOLERANCE = 1e-6
"""Directions of the training patterns with a smaller share of the largest singular value are left out: float32 training
cannot see them."""


class Autoencoder(FeatureMap):
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
    random_state
        Source of chance: an integer repeats the fit bit by bit, on any number of cores of one kind of machine.

    Attributes
    ----------
    scale_ : float
        The largest size of a training intensity: all patterns are divided by this one number.
    mean_ : ndarray of shape (n_points,)
        What is subtracted from the scaled patterns: their training mean (residual) or zeros (paper).
    basis_ : ndarray of shape (n_points, rank)
        Orthonormal basis of the scaled, centred training patterns.
    encoder_basis_ : ndarray of shape (n_points, rank) or None
        With smoothing, the directions along which the encoder looks at a pattern.
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
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Train the ensemble and align its members.

        Parameters
        ----------
        X
            Training patterns, shape (n_samples, n_points); at least three, not all the same.
        y
            Not used.

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
        self._check_parameters()
        patterns = self._check_patterns(X, training=True)
        check_not_constant(patterns)
        with threadpool_limits(limits=1, user_api="blas"):  # the same bits on any number of cores
            wanted = self._fit_span(patterns)
            seen = self._project(patterns)
            self._train(seen, wanted)
            self._judge(seen, wanted)
        return self

    def _check_parameters(self) -> None:
        """Raise InputError for a parameter out of range."""
        if self.recipe not in ("residual", "paper"):
            raise InputError(f"recipe must be 'residual' or 'paper', got {self.recipe!r}")
        if not self.hidden or min(self.hidden) < 1:
            raise InputError(f"hidden must name at least one layer of at least one unit, got {self.hidden!r}")
        for name in ("n_members", "n_epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)!r}")
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate must be positive, got {self.learning_rate!r}")
        if not self.smoothing >= 0 or (self.smoothing and self.recipe == "paper"):
            raise InputError(f"smoothing must not be negative, and 0 in the paper's recipe; got {self.smoothing!r}")
        if not self.weight_decay >= 0:
            raise InputError(f"weight_decay must not be negative, got {self.weight_decay!r}")

    def _fit_span(self, patterns: np.ndarray) -> np.ndarray:
        """Learn scale, mean and bases; return the span coordinates of the training patterns."""
        self.scale_ = float(np.abs(patterns).max())
        centered = patterns / self.scale_
        self.mean_ = centered.mean(axis=0) if self.recipe == "residual" else np.zeros(centered.shape[1])
        centered = centered - self.mean_
        values, axes = principal_axes(centered)
        self.basis_ = np.ascontiguousarray(axes[:, values > RANK_TOLERANCE * values[0]])
        self.encoder_basis_ = self._smooth_basis(centered) if self.smoothing else None
        return np.asarray(centered @ self.basis_)

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

    def _train(self, seen: np.ndarray, wanted: np.ndarray) -> None:
        """Draw the members' weights and train them."""
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
            start, seen, wanted, rngs, n_points=n_points, batch_size=self.batch_size, schedule=schedule
        )
        self.initial_weights_, self.weights_ = _stack(start), _stack(trained)

    def _judge(self, seen: np.ndarray, wanted: np.ndarray) -> None:
        """Measure the members' losses and spreads, find the collapsed and align all to the best."""
        code = encode(_in_double(self.weights_), seen)
        errors = decode(_in_double(self.weights_), code) - wanted
        self.losses_ = np.sum(errors**2, axis=(1, 2)) / (len(seen) * len(self.basis_))
        self.code_spread_ = np.array([code_spread(points) for points in code])
        self.local_spread_ = np.array([local_spread(_member(self.weights_, k), seen) for k in range(len(code))])
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
        code = np.array([encode(_member(self.weights_, k), span) for k in range(len(self.collapsed_))])
        return np.asarray(code @ self.alignment_matrix_ + self.alignment_shift_[:, None, :])

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


def _stack(members: list[Weights]) -> dict[str, np.ndarray]:
    """Return the weights of all members with a leading axis of members."""
    return {name: np.stack([weights[name] for weights in members]) for name in members[0]}


def _in_double(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return weights as float64: fitted maps are used in double precision."""
    return {name: array.astype(np.float64) for name, array in weights.items()}


def _member(weights: dict[str, np.ndarray], member: int) -> dict[str, np.ndarray]:
    """Return the weights of one member as float64."""
    return {name: array[member].astype(np.float64) for name, array in weights.items()}
