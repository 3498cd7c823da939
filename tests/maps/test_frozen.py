"""A saved map stays put: alone or in a batch, after a restart, on one thread or two, and says when it does not."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from peakscape.errors import DriftWarning
from peakscape.maps import load, load_saved, registry, save
from peakscape.maps.saved import folder as map_folder
from peakscape.maps.saved import storage

TIGHT = 1e-6
NAMES = [kind.class_name for kind in registry.MAPS]


def small(name):
    """A map of this class with settings that train in a moment."""
    quick = {"hidden": (8, 4), "n_members": 2, "n_epochs": 60, "random_state": 0}
    made = registry.find_by_class(name).load()()
    return made.set_params(**{key: value for key, value in quick.items() if key in made.get_params()})


@pytest.fixture(scope="module")
def all_saved(patterns, tmp_path_factory):
    """A folder with a map of every class."""
    folder = tmp_path_factory.mktemp("frozen")
    for name in NAMES:
        save(small(name).fit(patterns, np.arange(len(patterns)) % 3), folder / f"{name}.map")
    return folder


@pytest.fixture(params=NAMES)
def saved(request, all_saved):
    return all_saved / f"{request.param}.map"


@pytest.fixture(scope="module")
def restarted(all_saved, new_patterns):
    """Where new processes place the new patterns on each map, with one thread and with two."""
    np.save(all_saved / "new.npy", new_patterns)
    code = (
        "import sys, numpy as np; from peakscape.maps import load\n"
        "for name in sys.argv[2:]: np.save(name + sys.argv[1], load(name + '.map').transform(np.load('new.npy')))"
    )
    for n_threads in ("1", "2"):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), n_threads)
        words = [sys.executable, "-c", code, n_threads, *NAMES]
        subprocess.run(words, cwd=all_saved, env=os.environ | limits, check=True)
    return {name: [np.load(all_saved / f"{name}{n_threads}.npy") for n_threads in "12"] for name in NAMES}


def within(one, two):
    """Distances relative to the size of the map."""
    return np.abs(one - two).max() / max(1.0, np.abs(two).max()) < TIGHT


def test_alone_as_in_a_batch(saved, new_patterns):
    space = load(saved)
    whole = space.transform(new_patterns)
    alone = np.concatenate([space.transform(one[None]) for one in new_patterns])
    assert within(alone, whole)
    assert within(space.transform(new_patterns[::-1])[::-1], whole)
    many = np.concatenate([np.repeat(new_patterns, 20, axis=0), new_patterns])
    assert within(space.transform(many)[-len(new_patterns) :], whole)


def test_after_a_restart_on_one_thread_or_two(saved, new_patterns, restarted):
    here = load(saved).transform(new_patterns)
    assert all(within(there, here) for there in restarted[saved.stem])


def test_says_which_versions_made_it(saved):
    versions = load_saved(saved).versions
    assert set(storage.PACKAGES) == set(versions)
    assert versions["numpy"] == np.__version__


def test_a_map_that_drifted_says_so(saved, tmp_path):
    description = map_folder.read_description(saved)
    arrays = map_folder.read_arrays(saved, description)
    size = max(1.0, np.abs(arrays["probe/coordinates"]).max())
    arrays["probe/coordinates"] = arrays["probe/coordinates"] + 0.5e-6 * size
    map_folder.write(tmp_path / "still.map", dict(description), arrays)
    load(tmp_path / "still.map")
    arrays["probe/coordinates"] = arrays["probe/coordinates"] + 1e-5 * size
    old = description["versions"] | {"numpy": "1.0"}
    map_folder.write(tmp_path / "moved.map", description | {"versions": old}, arrays)
    with pytest.warns(DriftWarning, match=r"numpy 1\.0 \(here .*\)"):
        load(tmp_path / "moved.map")


def test_a_map_without_a_probe_opens_quietly(saved, new_patterns, tmp_path):
    description = map_folder.read_description(saved)
    arrays = map_folder.read_arrays(saved, description)
    without = {name: array for name, array in arrays.items() if not name.startswith("probe/")}
    map_folder.write(tmp_path / "older.map", json.loads(json.dumps(description)), without)
    np.testing.assert_array_equal(
        load(tmp_path / "older.map").transform(new_patterns), load(saved).transform(new_patterns)
    )
