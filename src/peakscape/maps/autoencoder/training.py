"""Training of the autoencoder: members side by side, one thread each, on the processor or all at once elsewhere.

On the processor a member is trained by `kernel`, on one thread whatever the number of cores: the numbers do not depend
on it. On a graphics processor all members run at once (`accelerator`).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from peakscape.maps.autoencoder.network import Layout, Weights, layout_of
from peakscape.maps.autoencoder.variants import draw_order

EPOCHS_PER_CALL = 50
"""Epochs in one call of the compiled program: between two calls a training can be interrupted."""

Device = Literal["auto", "cpu", "gpu"]


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
    device: Device = "cpu",
) -> tuple[list[Weights], np.ndarray]:
    """Train the members of an ensemble on span coordinates.

    Parameters
    ----------
    start
        Weights of each member before training.
    seen
        Span coordinates of the training patterns that the encoder gets, shape (n_samples, rank), or of several
        versions of each, shape (n_versions, n_samples, rank): each epoch takes every pattern in a version drawn anew.
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
    device
        Where to train; "auto" takes a graphics processor where jax has one.

    Returns
    -------
    weights : list of dict
        Weights of each member after training, float32.
    losses : ndarray
        Mean squared error per point over each epoch while it ran, shape (n_members, n_epochs).
    """
    if device != "cpu":
        from peakscape.maps.autoencoder.accelerator import find_gpu, train_together

        if device == "gpu" or find_gpu():
            return train_together(
                start,
                np.stack([seen, np.broadcast_to(wanted, seen.shape)]),
                rngs,
                schedule.steps(),
                n_points=n_points,
                batch_size=batch_size,
                weight_decay=schedule.weight_decay,
            )
    layout = layout_of(start[0])
    versions = seen[None] if seen.ndim == 2 else seen
    tables = _pad(np.concatenate(versions), layout), np.tile(_pad(wanted, layout), (len(versions), 1))
    run = partial(_run_member, layout, tables, len(versions), n_points, batch_size, schedule)
    with ThreadPoolExecutor(max_workers=min(len(start), n_cores())) as threads:
        results = list(threads.map(run, [layout.pack(weights) for weights in start], rngs))
    return [layout.unpack(flat) for flat, _ in results], np.array([losses for _, losses in results])


def n_cores() -> int:
    """Count the cores that this process may use.

    Examples
    --------
    >>> n_cores() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pad(coordinates: np.ndarray, layout: Layout) -> np.ndarray:
    """Return span coordinates as float32, with zeros up to the width of the first node."""
    table = np.zeros((len(coordinates), layout.nodes[0, 0]), dtype=np.float32)
    table[:, : coordinates.shape[1]] = coordinates
    return table


def _run_member(
    layout: Layout,
    tables: tuple[np.ndarray, np.ndarray],
    n_versions: int,
    n_points: int,
    batch_size: int,
    schedule: Schedule,
    parameters: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Train one member in place, block by block; return its weights and losses."""
    from peakscape.maps.autoencoder.kernel import descend

    n_samples, rates = len(tables[0]) // n_versions, schedule.steps()
    state: Any = parameters, np.zeros_like(parameters), np.zeros_like(parameters), layout.links, layout.nodes
    numbers = batch_size, n_points, np.float32(schedule.weight_decay)
    losses, n_steps = [], -(-n_samples // batch_size)
    for first in range(0, schedule.n_epochs, EPOCHS_PER_CALL):
        here = rates[first : first + EPOCHS_PER_CALL]
        orders = np.array([draw_order(rng, n_samples, n_versions) for _ in here])
        losses.append(descend(*state, tables, orders, here, first * n_steps, numbers))
    return parameters, np.concatenate(losses)
