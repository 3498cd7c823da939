"""Training of the autoencoder: the only owner of jax, which is imported when a training starts.

One member is one compiled program: Adam over all mini-batches of a block of epochs in one loop on the device, without a
return to Python. Members run side by side, one thread each, and no program uses more than its thread: the numbers do
not depend on the number of cores.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from peakscape.maps.network import Weights, crop, decode, encode, pad

EPOCHS_PER_CALL = 50
"""Epochs in one call of the compiled program: the size of its table of shuffled orders."""

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Adam's constants (Kingma and Ba 2015, arXiv:1412.6980), which are also PyTorch's defaults."""


@dataclass(frozen=True)
class Schedule:
    """How to train: the numbers that do not change a compiled program.

    Attributes
    ----------
    n_epochs
        Passes over the training set.
    learning_rate
        Adam's step at the start.
    weight_decay
        L2 weight decay, added to the gradient as PyTorch's Adam does.
    cosine
        Whether the step falls to zero along half a cosine; otherwise it is constant.
    """

    n_epochs: int
    learning_rate: float
    weight_decay: float
    cosine: bool

    def steps(self) -> np.ndarray:
        """Return the learning rate of each epoch, shape (n_epochs,)."""
        if not self.cosine:
            return np.full(self.n_epochs, self.learning_rate, dtype=np.float32)
        progress = np.arange(self.n_epochs) / max(self.n_epochs, 1)
        return np.asarray(self.learning_rate * 0.5 * (1.0 + np.cos(np.pi * progress)), dtype=np.float32)


def train(
    start: list[Weights],
    seen: np.ndarray,
    wanted: np.ndarray,
    rngs: list[np.random.Generator],
    *,
    n_points: int,
    batch_size: int,
    schedule: Schedule,
) -> tuple[list[Weights], np.ndarray]:
    """Train the members of an ensemble on span coordinates.

    Parameters
    ----------
    start
        Weights of each member before training.
    seen
        Span coordinates of the training patterns that the encoder gets, shape (n_samples, rank).
    wanted
        Span coordinates that the decoder shall give, shape (n_samples, rank).
    rngs
        One source of chance per member: it shuffles the patterns.
    n_points
        Points of a pattern: the squared error is divided by it, as over the full pattern.
    batch_size
        Patterns in a mini-batch; the last one of an epoch may be smaller.
    schedule
        Epochs, learning rate and decay.

    Returns
    -------
    weights : list of dict
        Weights of each member after training, float32.
    losses : ndarray
        Mean squared error per point over each epoch while it ran, shape (n_members, n_epochs).
    """
    n_samples, rank = seen.shape
    tables = np.zeros((2, *_table_shape(n_samples, rank)), dtype=np.float32)
    tables[:, :n_samples, :rank] = seen, wanted
    _, n_rows, n_columns = tables.shape
    padded = [pad(weights, n_columns) for weights in start]
    shapes = tuple((name, array.shape) for name, array in padded[0].items())
    program = _compile(shapes, (n_rows, n_columns), min(batch_size, n_rows))
    run = partial(_run_member, program, tables, n_samples, n_points, schedule)
    with ThreadPoolExecutor(max_workers=min(len(start), _n_cores())) as threads:
        results = list(threads.map(run, padded, rngs))
    return [crop(weights, rank) for weights, _ in results], np.array([losses for _, losses in results])


def _n_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _table_shape(n_samples: int, rank: int) -> tuple[int, int]:
    """Round the size of the data up to one of few, so that similar data share a compiled program.

    Empty rows cost nothing, since no batch takes them; empty columns cost time.
    """
    rows = max(128, 1 << (n_samples - 1).bit_length())
    step = max(16, 1 << max(rank.bit_length() - 4, 0))
    return rows, -(-rank // step) * step


def _run_member(
    program: Callable[..., Any],
    tables: np.ndarray,
    n_samples: int,
    n_points: int,
    schedule: Schedule,
    weights: Weights,
    rng: np.random.Generator,
) -> tuple[Weights, np.ndarray]:
    """Train one member block by block; return its weights and losses."""
    zeros = {name: np.zeros_like(array) for name, array in weights.items()}
    state: Any = (weights, zeros, {name: np.zeros_like(array) for name, array in weights.items()}, np.int32(0))
    rates, losses = schedule.steps(), []
    for first in range(0, schedule.n_epochs, EPOCHS_PER_CALL):
        n_here = min(EPOCHS_PER_CALL, schedule.n_epochs - first)
        order = np.zeros((EPOCHS_PER_CALL, tables.shape[1]), dtype=np.int32)
        rate = np.zeros(EPOCHS_PER_CALL, dtype=np.float32)
        rate[:n_here] = rates[first : first + n_here]
        for epoch in range(n_here):
            order[epoch, :n_samples] = rng.permutation(n_samples)
        numbers = (np.int32(n_here), np.int32(n_samples), np.float32(n_points), np.float32(schedule.weight_decay))
        state, block = program(state, tables, order, rate, *numbers)
        losses.append(np.asarray(block)[:n_here])
    trained = {name: np.asarray(array) for name, array in state[0].items()}
    return trained, np.concatenate(losses).astype(np.float64)


@lru_cache(maxsize=32)
def _compile(
    shapes: tuple[tuple[str, tuple[int, ...]], ...], table_shape: tuple[int, int], batch_size: int
) -> Callable[..., Any]:
    """Compile the program of one member for arrays of these shapes, for one thread of the processor."""
    import jax

    cpu = jax.local_devices(backend="cpu")[0]
    weights = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes}
    state = (weights, weights, weights, np.int32(0))
    order = np.zeros((EPOCHS_PER_CALL, table_shape[0]), dtype=np.int32)
    rate = np.zeros(EPOCHS_PER_CALL, dtype=np.float32)
    numbers = (np.int32(0), np.int32(0), np.float32(0), np.float32(0))
    with jax.default_device(cpu), jax.enable_x64(False), jax.numpy_dtype_promotion("standard"):
        program = jax.jit(partial(_train_block, batch_size=batch_size))
        lowered = program.lower(state, np.zeros((2, *table_shape), dtype=np.float32), order, rate, *numbers)
        compiled: Callable[..., Any] = lowered.compile(compiler_options={"xla_cpu_multi_thread_eigen": False})
    return compiled


def _train_block(
    state: Any, tables: Any, order: Any, rate: Any, n_epochs: Any, n_samples: Any, n_points: Any, decay: Any, *,
    batch_size: int,
) -> Any:  # fmt: skip
    """Run a block of epochs; return the state and the loss of each epoch."""
    import jax
    import jax.numpy as jnp

    n_steps = (n_samples + batch_size - 1) // batch_size
    order = jnp.pad(order, ((0, 0), (0, batch_size)))

    def run_epoch(epoch: Any, carried: Any) -> Any:
        def run_step(step: Any, inner: Any) -> Any:
            state, total = inner
            places = step * batch_size + jnp.arange(batch_size, dtype=jnp.int32)
            counted = (places < n_samples).astype(jnp.float32)
            rows = jax.lax.dynamic_slice(order, (epoch, step * batch_size), (1, batch_size))[0]
            error, gradient = jax.value_and_grad(_squared_error)(state[0], tables[:, rows], counted / n_points)
            count = jnp.sum(counted)
            gradient = {name: gradient[name] / count + decay * state[0][name] for name in gradient}
            return _adam(state, gradient, rate[epoch]), total + error

        state, losses = carried
        state, total = jax.lax.fori_loop(0, n_steps, run_step, (state, jnp.float32(0)))
        return state, losses.at[epoch].set(total / n_samples)

    return jax.lax.fori_loop(0, n_epochs, run_epoch, (state, jnp.zeros(EPOCHS_PER_CALL, jnp.float32)))


def _squared_error(weights: Weights, batches: Any, factors: Any) -> Any:
    """Return the sum of squared errors of a batch, each pattern with its factor."""
    difference = decode(weights, encode(weights, batches[0])) - batches[1]
    return (factors[:, None] * difference * difference).sum()


def _adam(state: Any, gradient: Weights, rate: Any) -> Any:
    """Take one step of Adam with bias correction."""
    import jax.numpy as jnp

    weights, means, squares, count = state
    count = count + 1
    means = {name: BETA_1 * means[name] + (1.0 - BETA_1) * gradient[name] for name in weights}
    squares = {name: BETA_2 * squares[name] + (1.0 - BETA_2) * gradient[name] ** 2 for name in weights}
    mean_part, square_part = 1.0 - BETA_1**count, 1.0 - BETA_2**count
    weights = {
        name: weights[name] - rate * (means[name] / mean_part) / (jnp.sqrt(squares[name] / square_part) + EPSILON)
        for name in weights
    }
    return weights, means, squares, count
