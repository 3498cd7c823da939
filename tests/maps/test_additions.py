import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from peakscape import spectra
from peakscape.errors import InputError, MapError
from peakscape.maps import PCA, add_samples, load_saved, save, save_with_samples

AXIS = np.arange(300.0)


def dataset(patterns, first=0, **changes):
    n_samples = len(patterns)
    amounts = np.column_stack([np.full(n_samples, 12.0), np.linspace(0.0, 1.0, n_samples)])
    options = {
        "q": AXIS,
        "name": [f"s{first + k}" for k in range(n_samples)],
        "labels": {"x": first + np.arange(n_samples)},
        "composition": amounts,
        "elements": ["Fe", "Ti"],
        "history": ["read again"],
    }
    return spectra.make(patterns, **(options | changes))


@pytest.fixture
def folder(fitted, patterns, tmp_path):
    path = tmp_path / "some.map"
    save_with_samples(fitted, path, dataset(patterns), extras={"spectra": patterns.astype(np.float32)})
    return path


def test_the_known_set_grows_and_the_map_stays_bit_by_bit(folder, patterns, new_patterns):
    before = load_file(folder / "arrays.safetensors")
    described = json.loads((folder / "map.json").read_text())
    returned = add_samples(folder, dataset(new_patterns, 100))
    after = load_file(folder / "arrays.safetensors")
    assert set(before) == set(after)
    for name in before:
        if not name.startswith("extras/"):
            np.testing.assert_array_equal(before[name], after[name])
            assert before[name].dtype == after[name].dtype
    now = json.loads((folder / "map.json").read_text())
    changed = {key for key in described if described[key] != now[key]}
    assert changed == {"provenance", "sha256", "digest"}
    assert now["provenance"]["added"] == [{"name": [f"s{100 + k}" for k in range(7)], "history": "read again"}]
    again = load_saved(folder)
    for name, values in again.extras.items():
        np.testing.assert_array_equal(values, returned.extras[name])
    n_all = len(patterns) + len(new_patterns)
    assert again.extras["coordinates"].shape[1:] == (n_all, 2)
    np.testing.assert_array_equal(again.extras["coordinates"][:, -7:], again.map.transform_members(new_patterns))
    np.testing.assert_array_equal(again.extras["label_x"][-7:], 100.0 + np.arange(7))
    np.testing.assert_array_equal(again.extras["spectra"][-7:], new_patterns.astype(np.float32))
    assert again.provenance["name"][-1] == "s106"


def test_an_opened_map_is_not_changed(folder, new_patterns):
    saved = load_saved(folder)
    larger = add_samples(saved, dataset(new_patterns, 100))
    assert len(saved.extras["label_x"]) == len(load_saved(folder).extras["label_x"]) == 30
    assert len(larger.extras["label_x"]) == 37
    assert larger.map is saved.map
    twice = add_samples(larger, dataset(new_patterns, 200))
    assert len(twice.provenance["added"]) == 2


def test_elements_are_brought_into_the_maps_order(folder, new_patterns):
    amounts = np.column_stack([np.linspace(0.0, 1.0, 7), np.full(7, 12.0), np.zeros(7)])
    turned = dataset(new_patterns, 100, composition=amounts, elements=["Ti", "Fe", "Zr"])
    np.testing.assert_array_equal(add_samples(folder, turned).extras["composition"][-7:], amounts[:, [1, 0]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": AXIS + 0.5}, "other points of q"),
        ({"q": None, "energy": AXIS + 1}, "the samples are on energy"),
        ({"labels": None}, "the map knows x"),
        ({"composition": None, "elements": None}, "knows the composition"),
        ({"composition": np.ones((7, 3)), "elements": ["Fe", "Ti", "Zr"]}, "also hold Zr"),
        ({"name": [f"s{k}" for k in range(7)]}, "has s0 already"),
        ({"name": ["a"] * 7}, "comes twice"),
        ({"kind": "absorption"}, "are of absorption"),
    ],
)
def test_what_does_not_fit_is_refused(folder, new_patterns, change, message):
    content = (folder / "map.json").read_bytes()
    with pytest.raises(InputError, match=message):
        add_samples(folder, dataset(new_patterns, 100, **change))
    assert (folder / "map.json").read_bytes() == content


def test_other_wavelengths_are_refused(fitted_pca, patterns, new_patterns, tmp_path):
    save_with_samples(fitted_pca, tmp_path / "one.map", dataset(patterns, wavelength=1.5406))
    with pytest.raises(InputError, match=r"wavelength 1\.5406 angstrom"):
        add_samples(tmp_path / "one.map", dataset(new_patterns, 100, wavelength=0.5))


def test_a_map_without_samples_cannot_grow(patterns, new_patterns, tmp_path):
    save(PCA().fit(patterns), tmp_path / "bare.map", axis={"q": AXIS})
    with pytest.raises(MapError, match="without its samples"):
        add_samples(tmp_path / "bare.map", dataset(new_patterns))
