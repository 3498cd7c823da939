"""Permutations of samples that keep groups whole, and p-values from them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control

from peakscape.analysis.splits import number_groups
from peakscape.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


def permute_groups(groups: ArrayLike, *, n_permutations: int, random_state: int | None = 0) -> Indices:
    """Draw permutations of samples in which whole groups stand in for one another.

    Samples of one group are not independent: what can be exchanged without changing anything, if nothing depends on
    anything, is a whole group (the whole-block exchange of A. M. Winkler et al., NeuroImage 123 (2015) 253,
    DOI 10.1016/j.neuroimage.2015.05.092). Each group takes the samples of a group drawn without replacement, in random
    order. Winkler's blocks are of one size; ours need not be, and that is our own rule: a larger group gives as many of
    its samples as are needed, a smaller one gives its samples several times. A value that is constant within groups is
    so in every permutation, and groups of one sample each give the plain permutations. Where values vary within groups
    of very different sizes the repeated ones make tests conservative, never too bold (measured: docs/decisions.md).

    Parameters
    ----------
    groups
        Labels of shape (n_samples,).
    n_permutations
        How many.
    random_state
        Seed.

    Returns
    -------
    ndarray of int, shape (n_permutations, n_samples)
        Which sample's value each sample takes.

    Raises
    ------
    InputError
        If `n_permutations` is not positive or there are no samples.

    Examples
    --------
    >>> permute_groups(["a", "a", "b", "b"], n_permutations=3).tolist()
    [[2, 3, 0, 1], [3, 2, 1, 0], [1, 0, 3, 2]]
    """
    numbers = number_groups(groups)
    if n_permutations < 1 or not len(numbers):
        raise InputError(f"expected a sample and a permutation or more, got {len(numbers)} and {n_permutations}")
    generator = np.random.default_rng(random_state)
    sizes = np.bincount(numbers)
    starts = np.cumsum(sizes) - sizes
    giver = np.argsort(generator.random((n_permutations, len(sizes))), axis=1)[:, numbers]
    shuffled = np.argsort(numbers + generator.random((n_permutations, len(numbers))), axis=1)
    place = np.empty(len(numbers), dtype=np.intp)
    place[np.argsort(numbers, kind="stable")] = np.arange(len(numbers))
    place -= starts[numbers]
    return np.asarray(np.take_along_axis(shuffled, starts[giver] + place % sizes[giver], axis=1))


def permutation_p_value(measured: float, permuted: ArrayLike) -> float:
    """Return the share of permutations at least as extreme, the measured one counted in: (1 + k) / (1 + n).

    Never zero: B. Phipson, G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39, DOI 10.2202/1544-6115.1585.

    Parameters
    ----------
    measured
        Statistic that is large where the association is strong; NaN gives NaN.
    permuted
        The same of each permutation, shape (n_permutations,).

    Returns
    -------
    float

    Examples
    --------
    >>> permutation_p_value(3.0, [1.0, 2.0, 4.0])
    0.5
    """
    others = np.asarray(permuted, dtype=np.float64)
    if not np.isfinite(measured):
        return float("nan")
    # Rounding: a permutation that changes nothing must count.
    as_extreme = ~(others < measured - 1e-10 * max(abs(measured), 1.0))
    return float((1 + as_extreme.sum()) / (1 + len(others)))


def adjust_p_values(p_values: ArrayLike) -> Array:
    """Correct p-values for their number so that a threshold bounds the expected share of false discoveries.

    Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289, DOI 10.1111/j.2517-6161.1995.tb02031.x; also where
    tests depend positively (Y. Benjamini, D. Yekutieli, Ann. Stat. 29 (2001) 1165, DOI 10.1214/aos/1013699998), as
    those of the axes and the plane of one map do. A bound on any false discovery (Holm) would multiply the smallest
    p-value, which permutations limit to 1 / (1 + n_permutations), by the number of tests.

    Parameters
    ----------
    p_values
        Any shape; NaN stays NaN and counts for nothing.

    Returns
    -------
    ndarray of the same shape

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, np.nan, 0.5]).round(2).tolist()
    [0.03, 0.06, nan, 0.5]
    """
    values = np.array(p_values, dtype=np.float64)
    known = np.isfinite(values)
    if known.any():
        values[known] = false_discovery_control(values[known])
    return values
