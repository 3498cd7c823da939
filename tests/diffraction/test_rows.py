"""Rows of reflections against plain enumeration."""

import itertools

import numpy as np
from ase import Atoms
from hypothesis import example, given, settings
from hypothesis import strategies as st

from peakscape.diffraction.compiled import compact, list_rows, reciprocal

lengths = st.floats(2.5, 7.0)
angles = st.floats(65.0, 115.0)
cells = st.tuples(lengths, lengths, lengths, angles, angles, angles)


@settings(max_examples=40, deadline=None)
@given(cells, st.floats(0.1, 1.5))
@example((3.0, 3.0, 3.0, 90.0, 90.0, 90.0), 1.2)
def test_rows_hold_each_reflection_of_the_sphere_once_or_its_friedel_mate(cellpar, limit):
    cell, _ = compact(Atoms("H", cell=cellpar, pbc=True).cell.array, np.zeros((1, 3)))
    rows = list_rows(cell, reciprocal(cell), limit)
    assert (np.diff(rows.reach) <= 0).all()
    found = {}
    for h, l, centre, reach, base, linear in zip(*rows[:6], strict=True):  # noqa: E741
        for n in range(-reach, reach + 1):
            hkl = (int(h), int(centre + n), int(l))
            assert hkl not in found
            found[hkl] = base + n * (linear + n * rows.square)
    inverse = np.linalg.inv(cell).T
    for hkl, squared in found.items():
        np.testing.assert_allclose(np.sum((hkl @ inverse) ** 2), squared, rtol=1e-9, atol=1e-9)
    box = (range(-n, n + 1) for n in np.sqrt(limit * (cell**2).sum(axis=1)).astype(int))
    sphere = {hkl for hkl in itertools.product(*box) if 0 < np.sum((hkl @ inverse) ** 2) < limit * (1 - 1e-9)}
    mates = {(-h, -k, -l) for h, k, l in found}  # noqa: E741
    assert sphere <= found.keys() | mates
    # only 0k0 has its mates in its own row
    assert {hkl for hkl in found.keys() & mates if hkl[0] or hkl[2]} == set()


@settings(max_examples=40, deadline=None)
@given(cells, st.permutations([0, 1, 2]), st.integers(-3, 3))
@example((3.0, 3.0, 3.0, 90.0, 90.0, 90.0), [0, 1, 2], 0)
def test_a_compact_cell_spans_the_same_lattice_with_the_atoms_in_their_places(cellpar, order, factor):
    cell = Atoms("H", cell=cellpar, pbc=True).cell.array
    skewed = np.eye(3)[order]
    skewed[0] += factor * skewed[2]
    places = np.random.default_rng(0).random((4, 3))
    short, moved = compact(skewed @ cell, places)
    np.testing.assert_allclose(moved @ short, places @ skewed @ cell, atol=1e-9)
    change = short @ np.linalg.inv(cell)
    np.testing.assert_allclose(change, np.rint(change), atol=1e-9)
    assert abs(round(np.linalg.det(change))) == 1
    squares = (short**2).sum(axis=1)
    assert squares[1] > squares[0] - 1e-9
    assert squares[0] > squares[2] - 1e-9
    projections = np.abs(short @ short.T) / squares
    assert (projections[~np.eye(3, dtype=bool)] <= 0.5 + 1e-6).all()
