"""The use of a fitted ensemble of networks: places patterns and brings points back, in numpy and double precision."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from peakscape.maps.network import decode, encode
from peakscape.maps.span_map import SpanMap

if TYPE_CHECKING:
    from peakscape.maps.windows import MaskedEncoder


class Ensemble(SpanMap):
    """Map by several trained networks, aligned to one another.

    Attributes
    ----------
    weights_, initial_weights_ : dict of ndarray
        Weights of all members after and before training; leading axis n_members.
    collapsed_ : ndarray of shape (n_members,), bool
        Members that the median leaves out.
    alignment_matrix_, alignment_shift_ : ndarray of shape (n_members, 2, 2) and (n_members, 2)
        What brings each member's code onto that of the best member.
    """

    weights_: dict[str, np.ndarray]
    initial_weights_: dict[str, np.ndarray]
    collapsed_: np.ndarray
    alignment_matrix_: np.ndarray
    alignment_shift_: np.ndarray

    def _trusted(self) -> np.ndarray:
        """Return the members that did not collapse, or all if all did, shape (n_members,)."""
        return np.ones_like(self.collapsed_) if self.collapsed_.all() else ~self.collapsed_

    def _place(self, span: np.ndarray) -> np.ndarray:
        code = np.array([encode(member_of(self.weights_, k), span) for k in range(len(self.collapsed_))])
        return np.asarray(code @ self.alignment_matrix_ + self.alignment_shift_[:, None, :])

    def _place_masked(self, span: np.ndarray, removed: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        from peakscape.maps.windows import LONGEST_WINDOW, place_windows  # numba takes a while to load

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

    def _masked_encoders(self) -> "list[MaskedEncoder]":
        """Return the members' encoders for masked windows, prepared at the first call after a fit and kept."""
        from peakscape.maps.windows import masked_encoder

        prepared = vars(self).get("_prepared")
        if prepared is None or prepared[0] is not self.weights_:
            sight = self._sight() / self.scale_
            members = [member_of(self.weights_, k) for k in range(len(self.collapsed_))]
            prepared = self.weights_, [masked_encoder(sight, weights) for weights in members]
            self._prepared = prepared
        return list(prepared[1])

    def __getstate__(self) -> dict[str, Any]:
        """Return what to pickle: all but the encoders for masked windows."""
        return {name: value for name, value in super().__getstate__().items() if name != "_prepared"}

    def _bring_back(self, points: np.ndarray) -> np.ndarray:
        code = (points - self.alignment_shift_[:, None, :]) @ np.linalg.inv(self.alignment_matrix_)
        return np.asarray(decode(in_double(self.weights_), code))

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
        return np.asarray(encode(in_double(self.initial_weights_), span))


def in_double(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return weights as float64: fitted maps are used in double precision.

    Examples
    --------
    >>> in_double({"encoder.0.bias": np.zeros(3, dtype=np.float32)})["encoder.0.bias"].dtype
    dtype('float64')
    """
    return {name: array.astype(np.float64) for name, array in weights.items()}


def member_of(weights: dict[str, np.ndarray], member: int) -> dict[str, np.ndarray]:
    """Return the weights of one member as float64.

    Examples
    --------
    >>> member_of({"encoder.0.bias": np.arange(6.0).reshape(2, 3)}, 1)
    {'encoder.0.bias': array([3., 4., 5.])}
    """
    return {name: array[member].astype(np.float64) for name, array in weights.items()}
