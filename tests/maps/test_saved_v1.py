"""Maps that the first version of the format saved open and lie where they lay."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from peakscape.maps import PCA, load, load_saved, save
from peakscape.maps.saved.storage import map_from_state, map_state

FOLDER = Path(__file__).parent / "saved_v1"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(EXPECTED["maps"]))
def test_a_saved_map_places_and_generates_as_before(name):
    space = load(FOLDER / name)
    wanted = EXPECTED["maps"][name]
    np.testing.assert_allclose(space.transform(EXPECTED["new"]), wanted["coordinates"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(space.inverse_transform([[0.1, -0.2]]), wanted["generated"], rtol=0, atol=1e-9)
    saved = load_saved(FOLDER / name)
    assert saved.axis["q"].shape == (60,)
    assert saved.extras["coordinates"].shape[1:] == (12, 2)


@pytest.mark.parametrize("name", sorted(EXPECTED["maps"]))
def test_a_map_can_live_in_another_folder(name):
    space = load(FOLDER / name)
    description, arrays = map_state(space)
    again = map_from_state(json.loads(json.dumps(description)), {**arrays, "other/array": np.zeros(3)})
    np.testing.assert_array_equal(again.transform(EXPECTED["new"]), space.transform(EXPECTED["new"]))
    assert again.get_params().keys() == space.get_params().keys()


def test_files_get_what_the_umask_gives(patterns, tmp_path):
    before = os.umask(0o022)
    try:
        save(PCA().fit(patterns), tmp_path / "a.map")
    finally:
        os.umask(before)
    for file in (tmp_path / "a.map").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
