"""The paper's network as a user of PyTorch would write it: one loop over mini-batches, on the full patterns."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

SIZES = (128, 64, 12, 2)
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-8

Epochs = Callable[[int], None]


def network(n_inputs: int) -> Any:
    """n_inputs-128-64-12-2 and mirrored; ReLU between, tanh on the code, linear output."""
    from torch import nn

    down = [n_inputs, *SIZES]
    layers: list[Any] = []
    for n_in, n_out in pairwise(down):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    layers[-1] = nn.Tanh()
    up = down[::-1]
    for n_in, n_out in pairwise(up):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def loop(patterns: np.ndarray, *, fused: bool, compiled: bool = False) -> Epochs:
    """Return a function that trains for a number of epochs, going on where it stopped."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    data = torch.tensor(patterns, dtype=torch.float32)
    model = network(data.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=fused or None)

    def error(batch: Any) -> Any:
        return torch.nn.functional.mse_loss(model(batch), batch)

    loss_of = torch.compile(error, dynamic=False) if compiled else error

    def train(n_epochs: int) -> None:
        for _ in range(n_epochs):
            for rows in torch.randperm(len(data)).split(10):
                optimizer.zero_grad()
                loss_of(data[rows]).backward()
                optimizer.step()

    return train


def on_span(patterns: np.ndarray) -> Epochs:
    """The same loop, fused Adam, on the patterns' coordinates in their own span: our trick, without our trainer."""
    left, values, _ = np.linalg.svd(patterns, full_matrices=False)
    return loop(left * values, fused=True)
