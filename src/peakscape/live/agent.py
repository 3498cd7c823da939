"""An agent that says where to measure next: tell, report, ask, as bluesky-adaptive's agents had them before 1.0."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from peakscape.errors import InputError
from peakscape.feature_space.answers import records

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace

Array = NDArray[np.float64]
RULES = ("interval", "novelty", "map")


class Agent:
    """Where to measure next: where little is known, and what was measured nearby was doubtful.

    Each candidate is as worthwhile as its distance to the nearest measured position times the doubt there: the width of
    the prediction interval, how new the spectrum is (1 - p), or how far the points of neighbouring positions lie apart
    on the map. That is the loss of adaptive sampling (doi:10.5281/zenodo.1182437), at given candidates in any number of
    dimensions. Until three positions are measured the farthest candidates are asked for.

    Parameters
    ----------
    space
        Fitted.
    candidates
        Positions that can be measured, (n_candidates,) or (n_candidates, n_dimensions), in units in which equal
        distances count equally.
    rule
        ``"interval"`` (of `label`), ``"novelty"`` or ``"map"``.
    label
        Whose interval counts; None: the first number that the space predicts.

    Examples
    --------
    >>> import peakscape as ps
    >>> axis, x = np.linspace(10.0, 40.0, 400), np.linspace(0.0, 1.0, 9)
    >>> rows = [np.exp(-(((axis - 15 - 3 * k) / 0.3) ** 2)) for k in x]
    >>> spectra = ps.spectra.make(rows, two_theta=axis, labels={"x": x})
    >>> space = ps.FeatureSpace("pca", preparation="none").fit(spectra, label="x")
    >>> agent = Agent(space, x)
    >>> _, [position] = agent.ask(1)
    >>> agent.tell(position, spectra.isel(sample=[0]))["position"]
    [0.0]
    >>> agent.ask(1)[1]
    [array([1.])]
    """

    def __init__(
        self, space: "FeatureSpace", candidates: ArrayLike, *, rule: str = "interval", label: str | None = None
    ) -> None:
        positions = np.asarray(candidates, dtype=np.float64)
        self.candidates = positions[:, np.newaxis] if positions.ndim == 1 else positions
        if self.candidates.ndim != 2 or not len(self.candidates) or not np.isfinite(self.candidates).all():
            raise InputError(f"expected candidates (n_candidates, n_dimensions), finite, got shape {positions.shape}")
        if rule not in RULES:
            raise InputError(f"expected a rule of {', '.join(RULES)}, got {rule!r}")
        if rule == "interval" and label is None:
            label = next(iter(space.label_readouts_), None)
        if rule == "interval" and label not in space.label_readouts_:
            raise InputError(f"the space predicts no number {label!r}; choose the rule novelty or map")
        if rule == "novelty" and space.novelty_ is None:
            raise InputError("the space cannot tell what is new; choose the rule interval or map")
        self.space, self.rule, self.label = space, rule, label
        self._positions: list[Array] = []
        self._answers: list[dict[str, Any]] = []
        self._asked: list[Array] = []

    def tell(self, position: ArrayLike, spectrum: xr.Dataset) -> dict[str, Any]:
        """Take one measured spectrum and the position it was measured at.

        Returns
        -------
        dict
            The position and the answer of the space, as a document for the record.
        """
        [answer] = records(self.space.place(spectrum))
        return self.tell_answer(position, answer)

    def tell_answer(self, position: ArrayLike, answer: dict[str, Any]) -> dict[str, Any]:
        """Take a position and what the space answered about its spectrum, as of `records` or the ledger."""
        where = np.atleast_1d(np.asarray(position, dtype=np.float64))
        if where.shape != self.candidates.shape[1:] or not np.isfinite(where).all():
            raise InputError(f"expected a position of {self.candidates.shape[1]} numbers, got {position!r}")
        self._positions.append(where)
        self._answers.append(answer)
        return {"position": where.tolist(), "answer": answer}

    def tell_many(self, positions: Sequence[ArrayLike], spectra: xr.Dataset) -> list[dict[str, Any]]:
        """Take several spectra with their positions."""
        answers = records(self.space.place(spectra))
        return [self.tell_answer(position, one) for position, one in zip(positions, answers, strict=True)]

    def report(self) -> dict[str, Any]:
        """Return what is known so far: positions, doubt at each, how worthwhile each candidate is."""
        return {
            "n_told": len(self._positions),
            "positions": [one.tolist() for one in self._positions],
            "doubt": self._doubt().tolist(),
            "n_new": sum(bool(one.get("foreign")) for one in self._answers),
            "worth": self._worth(self._positions, self._doubt()).tolist(),
            "rule": self.rule,
        }

    def ask(self, batch_size: int = 1) -> tuple[list[dict[str, Any]], list[Array]]:
        """Return the positions to measure next, the most worthwhile first; each is asked for once.

        Returns
        -------
        documents : list of dict
            For the record: the position, and how worthwhile it was.
        positions : list of ndarray of shape (n_dimensions,)
            Fewer than asked for where all candidates are measured.
        """
        positions, doubt = list(self._positions), self._doubt()
        for one in self._asked:  # asked for and not told yet: taken as no more doubtful than what is near
            if not any(np.array_equal(one, told) for told in self._positions):
                doubt = np.append(doubt, _near(one, positions, doubt))
                positions.append(one)
        documents, chosen = [], []
        for _ in range(batch_size):
            worth = self._worth(positions, doubt)
            best = int(np.argmax(worth))
            if worth[best] <= 0:
                break
            where = self.candidates[best]
            doubt = np.append(doubt, _near(where, positions, doubt))
            positions.append(where)
            chosen.append(where.copy())
            documents.append({"position": where.tolist(), "worth": float(worth[best]), "rule": self.rule})
        self._asked += chosen
        return documents, chosen

    def _doubt(self) -> Array:
        """How doubtful each told position is."""
        if self.rule == "map":
            return self._apart()
        if self.rule == "novelty":
            return np.array([1.0 - float(one.get("novelty_p") or 0.0) for one in self._answers])
        widths = np.array([_width(one, str(self.label)) for one in self._answers], dtype=np.float64)
        largest = np.nanmax(widths) if np.isfinite(widths).any() else 1.0
        return np.where(np.isfinite(widths), widths, 2.0 * largest)  # no finite interval: the most doubtful

    def _apart(self) -> Array:
        """How far each told point lies on the map from that of the nearest told position."""
        points = np.array([one["coordinates"] for one in self._answers], dtype=np.float64).reshape(-1, 2)
        if len(points) < 2:
            return np.ones(len(points))
        places = np.array(self._positions)
        between = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
        np.fill_diagonal(between, np.inf)
        return np.asarray(np.linalg.norm(points - points[between.argmin(axis=1)], axis=1))

    def _worth(self, positions: Sequence[Array], doubt: Array) -> Array:
        """How worthwhile each candidate is; 0 for those that were measured."""
        if not positions:
            middle = self.candidates.mean(axis=0)
            return np.asarray(np.linalg.norm(self.candidates - middle, axis=1)) + 1e-300
        apart = np.linalg.norm(self.candidates[:, np.newaxis] - np.array(positions), axis=2)
        nearest = apart.argmin(axis=1)
        distance = apart[np.arange(len(apart)), nearest]
        return np.asarray(distance if len(positions) < 3 else distance * np.maximum(doubt[nearest], 1e-12))


def _width(answer: dict[str, Any], label: str) -> float:
    """Of the prediction interval; NaN where there is none."""
    lower, upper = answer.get(f"{label}_lower"), answer.get(f"{label}_upper")
    return np.nan if lower is None or upper is None else float(upper) - float(lower)


def _near(where: Array, positions: Sequence[Array], doubt: Array) -> float:
    """The doubt at the nearest position; 1 where there is none."""
    if not positions:
        return 1.0
    return float(doubt[int(np.linalg.norm(np.array(positions) - where, axis=1).argmin())])
