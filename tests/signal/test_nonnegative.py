"""Amounts that are not negative: the best ones, also where the first solver gives up."""

import ast
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import peakscape
from peakscape.analysis.generation import refuse_unknown
from peakscape.errors import OutsideMapError, PeakscapeError
from peakscape.signal import nonnegative
from peakscape.signal.nonnegative import nonnegative_least_squares

FAILURES = (RuntimeError("Maximum number of iterations reached."), np.linalg.LinAlgError("Matrix is singular."))


def gives_up(error: Exception):
    def solver(*_: object, **__: object) -> None:
        raise error

    return solver


def problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping peaks, two of them twice, and a noisy sum."""
    chance = np.random.default_rng(seed)
    n_points, n_parts = chance.integers(12, 60), chance.integers(2, 20)
    axis = np.linspace(0.0, 1.0, n_points)[:, None]
    columns = np.exp(-(((axis - chance.uniform(size=n_parts)) / chance.uniform(0.02, 0.3)) ** 2))
    columns = np.hstack([columns, columns[:, :2]])
    amounts = np.maximum(chance.normal(size=columns.shape[1]), 0.0)
    return columns, columns @ amounts + 0.05 * chance.normal(size=n_points)


@pytest.mark.parametrize("error", FAILURES, ids=("iterations", "singular"))
@given(seed=st.integers(0, 2**32 - 1))
def test_the_second_solver_finds_the_best_amounts(error, seed):
    columns, wanted = problem(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nonnegative, "nnls", gives_up(error))
        amounts = nonnegative_least_squares(columns, wanted)
    # the conditions of Karush, Kuhn and Tucker: no change that is allowed makes the sum of squares less
    slopes = columns.T @ (wanted - columns @ amounts) / np.linalg.norm(columns, axis=0) / np.linalg.norm(wanted)
    assert (amounts >= 0).all()
    assert slopes.max() < 1e-9
    assert np.abs(slopes[amounts > 1e-9 * amounts.max()]).max(initial=0.0) < 1e-9


def test_a_composition_is_judged_where_the_first_solver_gives_up(monkeypatch):
    monkeypatch.setattr(nonnegative, "nnls", gives_up(FAILURES[0]))
    known = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.3, 0.3]])
    readout = SimpleNamespace(composition_=known, elements_=None)
    refuse_unknown(readout, [0.25, 0.5])
    with pytest.raises(OutsideMapError, match=r"lies 0\.283 outside all mixtures"):
        refuse_unknown(readout, [0.7, 0.7])


@pytest.mark.parametrize("second", [gives_up(FAILURES[1]), lambda *_, **__: SimpleNamespace(status=0)])
def test_where_no_solver_ends_one_line_says_so(monkeypatch, second):
    monkeypatch.setattr(nonnegative, "nnls", gives_up(FAILURES[0]))
    monkeypatch.setattr(nonnegative, "lsq_linear", second)
    with pytest.raises(PeakscapeError, match=r"no amounts of 3 parts .* fit 3 points best.*; leave out parts"):
        nonnegative_least_squares(np.eye(3), np.ones(3))


def test_it_stands_in_one_place():
    """Who calls scipy's own ends in its exception."""
    folder = Path(peakscape.__file__).parent
    callers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and "nnls" in [alias.name for alias in node.names]
    }
    assert callers == {"signal/nonnegative.py"}
