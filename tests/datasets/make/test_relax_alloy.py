import numpy as np
import pytest

from peakscape import datasets
from peakscape.datasets.make import relax_alloy
from peakscape.structures import lattice_parameters


@pytest.fixture(scope="module")
def shipped():
    return datasets.load_alloy_structures(series="all")


def test_packing_what_was_loaded_gives_the_shipped_arrays(shipped, tmp_path):
    relax_alloy.pack(shipped, tmp_path / "alloy.npz")
    again, first = np.load(tmp_path / "alloy.npz"), np.load(datasets.path("alloy.npz"))
    assert set(again.files) == set(first.files)
    for name in first.files:
        if first[name].dtype.kind == "f":
            np.testing.assert_allclose(again[name], first[name], atol=1e-7)
        else:
            np.testing.assert_array_equal(again[name], first[name])


def test_script_enumerates_the_shipped_structures(shipped):
    patterns = {a.info["series"]: a.info["ti_pattern"] for a in shipped if a.info["supercell"] == "2x2x2"}
    ideal = relax_alloy.ti_series(["0.0", "0.5", "1.0", "1.5", "2.0"])
    for series in ("paper", "second"):
        ideal += relax_alloy.zr_series(patterns[series], series)
    keys = ("series", "x", "y", "supercell", "ti_pattern", "configuration", "degeneracy", "n_configurations")
    expected = {tuple(a.info[key] for key in keys): a.numbers.tolist() for a in ideal}
    assert expected == {tuple(a.info[key] for key in keys): a.numbers.tolist() for a in shipped}


def test_patterns_are_chosen_as_the_provenance_says(shipped):
    candidates = relax_alloy.pattern_candidates()
    patterns = {a.info["series"]: a.info["ti_pattern"] for a in shipped if a.info["supercell"] == "2x2x2"}
    assert patterns["paper"] in {atoms.info["configuration"] for atoms in candidates}
    second = next(
        a for a in shipped if a.info["configuration"] == patterns["second"] and (a.info["x"], len(a)) == (1.0, 52)
    )
    first = next(a for a in shipped if (a.info["series"], a.info["y"], len(a)) == ("paper", 0.0, 104))
    cells = lattice_parameters([first, second], symmetrize=False)
    assert abs(cells.a[1] - cells.a[0]) > 0.03  # angstrom: the two patterns are told apart by their cells
