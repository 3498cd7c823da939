"""The ranges of an autoencoder's parameters."""

from typing import Any

from peakscape.errors import InputError


def check_parameters(space: Any) -> None:
    """Raise InputError for a parameter of an autoencoder that is out of range.

    Examples
    --------
    >>> from peakscape.maps import Autoencoder
    >>> check_parameters(Autoencoder(n_members=0))
    Traceback (most recent call last):
    ...
    peakscape.errors.InputError: n_members must be at least 1, got 0
    """
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
