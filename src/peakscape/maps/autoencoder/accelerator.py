"""Training on a graphics processor: the only owner of jax, which is imported when such a training starts.

All members of an ensemble are one compiled program: Adam over all mini-batches of a block of epochs in one loop on the
device, without a return to Python, the members side by side by `vmap`. On the processor `kernel` is faster; this
program runs there too, which is how it is tested.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from peakscape.errors import InputError, MissingExtra
from peakscape.maps.autoencoder.network import Weights, decode, encode
from peakscape.maps.autoencoder.variants import draw_order

EPOCHS_PER_CALL = 50
"""Epochs in one call of the compiled program: the size of its table of shuffled orders."""

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Adam's constants (Kingma and Ba 2015, arXiv:1412.6980), which are also PyTorch's defaults."""

PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin", "jax_rocm60_plugin", "jax_rocm7_plugin")
"""Packages that let jax use a graphics processor; without one of them jax is not imported."""


def find_gpu() -> bool:
    """Tell whether jax can use a graphics processor here; jax is imported only where a plug-in for one is installed.

    Examples
    --------
    >>> find_gpu() in (True, False)
    True
    """
    if not any(find_spec(name) for name in PLUGINS):
        return False
    try:
        import jax
    except ImportError:
        return False
    try:
        return bool(jax.local_devices(backend="gpu"))
    except RuntimeError:  # a plug-in without a device or driver
        return False


def train_together(
    start: list[Weights],
    tables: np.ndarray,
    rngs: list[np.random.Generator],
    rates: np.ndarray,
    *,
    n_points: int,
    batch_size: int,
    weight_decay: float,
    platform: str = "gpu",
) -> tuple[list[Weights], np.ndarray]:
    """Train all members at once on one device; parameters and result as of `training.train`.

    `tables` holds what the encoder sees and what the decoder shall give, shape (2, n_samples, rank) or, of several
    versions of each pattern, (2, n_versions, n_samples, rank); `rates` the learning rate of each epoch; `platform` is
    jax's name of the device, "gpu" or "cpu".
    """
    try:
        import jax
    except ImportError as error:
        raise MissingExtra("jax", "gpu") from error
    try:
        device = jax.local_devices(backend=platform)[0]
    except RuntimeError as error:
        raise InputError(f"jax finds no {platform!r} here ({error}); use device='cpu'") from error
    weights = {name: np.stack([member[name] for member in start]) for name in start[0]}
    zeros = {name: np.zeros_like(array) for name, array in weights.items()}
    n_versions, n_samples = (1, *tables.shape[1:-1])[-2:]
    tables, losses = tables.reshape(2, n_versions * n_samples, -1), []
    with jax.default_device(device), jax.enable_x64(False), jax.numpy_dtype_promotion("standard"):
        state: Any = (weights, zeros, zeros, np.zeros(len(start), np.int32))
        placed = jax.device_put(tables.astype(np.float32), device)
        for first in range(0, len(rates), EPOCHS_PER_CALL):
            here = rates[first : first + EPOCHS_PER_CALL]
            padded = np.zeros(EPOCHS_PER_CALL, dtype=np.float32)
            padded[: len(here)] = here
            orders = np.zeros((len(start), EPOCHS_PER_CALL, n_samples), dtype=np.int32)
            for member, rng in enumerate(rngs):
                for epoch in range(len(here)):
                    orders[member, epoch] = draw_order(rng, n_samples, n_versions)
            program = _program(min(batch_size, n_samples))
            state, block = program(
                state, placed, orders, padded, np.int32(len(here)), np.float32(n_points), np.float32(weight_decay)
            )
            losses.append(np.asarray(block, dtype=np.float64)[:, : len(here)])
    trained = {name: np.asarray(array) for name, array in state[0].items()}
    return [{name: array[k] for name, array in trained.items()} for k in range(len(start))], np.hstack(losses)


@lru_cache(maxsize=8)
def _program(batch_size: int) -> Callable[..., Any]:
    """Return the program of all members; jax compiles it for each shape."""
    import jax

    each = jax.vmap(partial(_train_block, batch_size=batch_size), in_axes=(0, None, 0, None, None, None, None))
    program: Callable[..., Any] = jax.jit(each)
    return program


def _train_block(
    state: Any, tables: Any, order: Any, rate: Any, n_epochs: Any, n_points: Any, decay: Any, *, batch_size: int
) -> Any:  # fmt: skip
    """Run a block of epochs; return the state and the loss of each epoch."""
    import jax
    import jax.numpy as jnp

    n_samples = order.shape[1]
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
