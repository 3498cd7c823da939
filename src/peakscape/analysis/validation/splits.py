"""Ways to hold samples back: random splits and whole groups left out."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull, QhullError

from peakscape.errors import InputError

Indices = NDArray[np.intp]
_SAME_AMOUNT = 6  # decimals: compositions that agree to these are one


@dataclass(frozen=True)
class LeftOut:
    """One group left out.

    Attributes
    ----------
    group : object
        Label of the group; for compositions the row of amounts, shape (n_elements,).
    train : ndarray of int, shape (n_train,)
        Indices of all other samples.
    test : ndarray of int, shape (n_test,)
        Indices of the samples of the group.
    single : bool
        Whether the group has one sample only, so that a random split that tests it has no sibling left to learn from.
    """

    group: object
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    single: bool


def number_groups(groups: ArrayLike) -> NDArray[np.intp]:
    """Number the groups of samples in sorted order: labels, or compositions equal to six decimals."""
    labels = np.asarray(groups)
    if labels.dtype.kind == "f":
        labels = np.round(labels, _SAME_AMOUNT) + 0.0
    return np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)


def random_splits(
    n_samples: int, *, n_splits: int = 20, test_size: float = 0.1, random_state: int | None = None
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Draw random splits into training and test samples.

    Parameters
    ----------
    n_samples
        Number of samples, at least two.
    n_splits
        Number of splits; four prove nothing, take twenty or more.
    test_size
        Share of samples held back; at least one is.
    random_state
        Seed; the same one gives the same splits.

    Yields
    ------
    train, test : ndarrays of int
        Sorted indices.

    Raises
    ------
    InputError
        If the sizes leave no sample to train or to test with.

    Examples
    --------
    >>> [(len(train), len(test)) for train, test in random_splits(150, n_splits=2, random_state=0)]
    [(135, 15), (135, 15)]
    """
    if n_samples < 2 or not 0 < test_size < 1 or n_splits < 1:
        raise InputError(
            "expected two samples or more, a test_size between 0 and 1 and one split or more, "
            f"got {n_samples}, {test_size} and {n_splits}"
        )
    n_test = min(max(1, round(n_samples * test_size)), n_samples - 1)
    return _draw(n_samples, n_test, n_splits, np.random.default_rng(random_state))


def _draw(
    n_samples: int, n_test: int, n_splits: int, generator: np.random.Generator
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for _ in range(n_splits):
        order = generator.permutation(n_samples)
        yield np.sort(order[n_test:]), np.sort(order[:n_test])


def leave_group_out(groups: ArrayLike) -> Iterator[LeftOut]:
    """Leave out one whole group (composition) after the other.

    Parameters
    ----------
    groups
        Labels of shape (n_samples,), or compositions of shape (n_samples, n_elements).

    Yields
    ------
    LeftOut
        With ``train``, ``test``, the ``group`` and whether it is ``single``.

    Raises
    ------
    InputError
        If there are fewer than two groups, or labels are not finite.

    Examples
    --------
    >>> [(str(left.group), left.test.tolist(), left.single) for left in leave_group_out(["a", "b", "a"])]
    [('a', [0, 2], False), ('b', [1], True)]
    """
    labels = np.asarray(groups)
    if labels.ndim not in (1, 2):
        raise InputError(f"expected groups of shape (n_samples,) or (n_samples, n_elements), got {labels.shape}")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise InputError("the groups hold values that are not finite; leave out samples without a composition")
    numbers = number_groups(labels)
    if len(np.unique(numbers)) < 2:
        raise InputError("expected samples of two groups or more; with one group nothing can be left out")
    return _each_group(labels, numbers)


def _each_group(labels: NDArray[np.generic], numbers: NDArray[np.intp]) -> Iterator[LeftOut]:
    for number in np.unique(numbers):
        test, train = np.flatnonzero(numbers == number), np.flatnonzero(numbers != number)
        yield LeftOut(group=labels[test[0]], train=train, test=test, single=len(test) == 1)


def group_folds(groups: ArrayLike, *, n_folds: int | None, random_state: int) -> Iterator[tuple[Indices, Indices]]:
    """Divide samples into folds of whole groups, each left out in turn: indices to train with and to test.

    The folds are drawn at random; with `n_folds` None, or as many as there are groups, each group is left out on its
    own. InputError if there are fewer than two groups or folds.

    Examples
    --------
    >>> [test.tolist() for _, test in group_folds(["a", "b", "a", "c"], n_folds=None, random_state=0)]
    [[0, 2], [1], [3]]
    """
    numbers = number_groups(groups)
    n_groups = len(np.unique(numbers))
    n_parts = n_groups if n_folds is None else min(n_folds, n_groups)
    if n_parts < 2:
        raise InputError(f"expected two groups and two folds or more, got {n_groups} groups and n_folds={n_folds}")
    part = np.arange(n_groups)
    if n_parts < n_groups:
        part = np.random.default_rng(random_state).permutation(n_groups) % n_parts
    for number in range(n_parts):
        left = part[numbers] == number
        yield np.flatnonzero(~left), np.flatnonzero(left)


def inner_samples(labels: ArrayLike) -> NDArray[np.bool_]:
    """Tell which samples are no corner of the hull of all labels, so that they can be interpolated when left out."""
    values = np.asarray(labels, dtype=np.float64)
    values = values.reshape(len(values), -1)
    different, which = np.unique(np.round(values, 6), axis=0, return_inverse=True)
    centered = different - different.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centered, full_matrices=False)
    rank = int((sizes > 1e-9 * max(sizes[0], np.finfo(float).tiny)).sum())
    points = left[:, :rank] * sizes[:rank]
    corner = np.ones(len(points), dtype=bool)
    if rank == 1:
        corner = (points[:, 0] == points.min()) | (points[:, 0] == points.max())
    elif 1 < rank < len(points) - 1:
        try:
            corner[:] = False
            corner[ConvexHull(points).vertices] = True
        except QhullError:
            corner[:] = True
    return np.asarray(~corner[which.reshape(-1)])
