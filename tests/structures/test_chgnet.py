import warnings

import numpy as np
import pytest
from ase.build import bulk

from peakscape.structures.relaxation import load_calculator, torch_threads

torch = pytest.importorskip("torch", reason="the extra relax is not installed: no torch")
pytest.importorskip("chgnet", reason="the extra relax is not installed: no chgnet")


def test_one_backward_pass_agrees_with_chgnets_own_calculator():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from chgnet.model import CHGNetCalculator

        theirs = bulk("NaCl", "rocksalt", a=5.7, cubic=True)
        theirs.set_cell(
            theirs.cell.array @ (np.eye(3) + np.array([[0.01, 0.02, 0], [0.02, 0, 0], [0, 0, -0.02]])), True
        )
        theirs.rattle(0.05, rng=np.random.default_rng(0))
        ours = theirs.copy()
        theirs.calc = CHGNetCalculator(use_device="cpu")
        expected = theirs.get_potential_energy(), theirs.get_forces(), theirs.get_stress()
    ours.calc = load_calculator()
    assert ours.get_potential_energy() == pytest.approx(expected[0], abs=1e-5)
    np.testing.assert_allclose(ours.get_forces(), expected[1], atol=2e-5)  # single precision
    np.testing.assert_allclose(ours.get_stress(), expected[2], atol=2e-6)


def test_number_of_threads_is_put_back():
    before = torch.get_num_threads()
    with torch_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
