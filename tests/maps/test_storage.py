import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from peakscape import spectra
from peakscape.errors import InputError, MapError
from peakscape.maps import PCA, Autoencoder, load, load_saved, save, save_with_samples
from peakscape.maps.saved import folder as map_folder


@pytest.mark.parametrize("name", ["fitted", "fitted_paper", "fitted_smooth", "fitted_pca"])
def test_loaded_map_is_the_same_bit_by_bit(name, new_patterns, tmp_path, request):
    space = request.getfixturevalue(name)
    save(space, tmp_path / "one.map")
    again = load(tmp_path / "one.map")
    assert type(again) is type(space)
    assert again.get_params() == space.get_params()
    np.testing.assert_array_equal(again.transform_members(new_patterns), space.transform_members(new_patterns))
    points = space.transform(new_patterns)
    np.testing.assert_array_equal(again.inverse_transform(points), space.inverse_transform(points))
    kept = [sorted(vars(one).keys() - {"_prepared"}) for one in (again, space)]  # that is made when it is used
    assert kept[0] == kept[1]


def test_loading_needs_no_jax_and_gives_the_same_in_another_process(fitted, new_patterns, tmp_path):
    save(fitted, tmp_path / "one.map")
    np.save(tmp_path / "new.npy", new_patterns)
    code = (
        "import sys, numpy as np; from peakscape.maps import load\n"
        "points = load('one.map').transform(np.load('new.npy'))\n"
        "assert 'jax' not in sys.modules\n"
        "np.save('points.npy', points)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "points.npy"), fitted.transform(new_patterns))


def test_keeps_what_was_saved_beside_the_map(fitted_pca, tmp_path):
    save(
        fitted_pca,
        tmp_path / "one.map",
        axis={"two_theta": np.arange(300)},
        preparation={"scale": "maximum"},
        provenance={"files": ["a.xy", "b.xy"]},
        extras={"composition": np.eye(3), "counts": np.arange(4)},
    )
    saved = load_saved(tmp_path / "one.map")
    np.testing.assert_array_equal(saved.axis["two_theta"], np.arange(300.0))
    assert saved.preparation == {"scale": "maximum"}
    assert saved.provenance == {"files": ["a.xy", "b.xy"]}
    np.testing.assert_array_equal(saved.extras["composition"], np.eye(3))
    np.testing.assert_array_equal(saved.extras["counts"], np.arange(4))
    assert saved.versions["numpy"] == np.__version__


def test_names_of_points_are_kept(patterns, tmp_path):
    table = pd.DataFrame(patterns, columns=[f"p{k}" for k in range(300)])
    save(PCA().fit(table), tmp_path / "one.map")
    again = load(tmp_path / "one.map")
    assert list(again.feature_names_in_) == list(table.columns)
    again.transform(table)


def test_folder_holds_json_and_safetensors_only(fitted, tmp_path):
    save(fitted, tmp_path / "one.map")
    assert sorted(file.name for file in (tmp_path / "one.map").iterdir()) == ["arrays.safetensors", "map.json"]
    assert json.loads((tmp_path / "one.map" / "map.json").read_text())["parameters"]["random_state"] == 3
    assert load_file(tmp_path / "one.map" / "arrays.safetensors")["fitted/basis_"].shape == fitted.basis_.shape


def change_description(folder, **changes):
    file = folder / "map.json"
    description = json.loads(file.read_text()) | changes
    file.write_text(json.dumps(description | {"digest": map_folder.digest_of(description)}))


def change_byte(folder):
    file = folder / "arrays.safetensors"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: change_description(folder, format_version=99), "map format 99.*update"),
        (
            lambda folder: change_description(folder, **{"class": "Oracle"}),
            "'Oracle'; expected one of Autoencoder, KDA, LDA, MDS, PCA, ShiftMap, TSNE, UMAP",
        ),
        (lambda folder: change_description(folder, parameters={"depth": 3}), "depth"),
        (change_byte, "was changed"),
        (lambda folder: (folder / "arrays.safetensors").unlink(), "arrays.safetensors is missing"),
        (lambda folder: (folder / "map.json").unlink(), "not a saved map"),
        (lambda folder: (folder / "map.json").write_text("{"), "not a saved map"),
        (lambda folder: (folder / "map.json").write_text("[1]"), "not a saved map"),
    ],
)
def test_damaged_maps_are_refused(damage, message, fitted_pca, tmp_path):
    save(fitted_pca, tmp_path / "one.map")
    damage(tmp_path / "one.map")
    with pytest.raises(MapError, match=message):
        load(tmp_path / "one.map")


def test_failed_save_leaves_the_old_map(fitted, fitted_pca, new_patterns, tmp_path, monkeypatch):
    save(fitted_pca, tmp_path / "one.map")

    def stop(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(map_folder, "save_file", stop)
    with pytest.raises(OSError, match="no space"):
        save(fitted, tmp_path / "one.map")
    np.testing.assert_array_equal(
        load(tmp_path / "one.map").transform(new_patterns), fitted_pca.transform(new_patterns)
    )
    assert os.listdir(tmp_path) == ["one.map"]


def test_killed_save_leaves_the_old_map(fitted_pca, new_patterns, tmp_path):
    save(fitted_pca, tmp_path / "one.map")
    code = (
        "import os\nfrom peakscape.maps import load, save\nfrom peakscape.maps.saved import folder as map_folder\n"
        "space = load('one.map')\n"
        "space.mean_ = space.mean_ + 1.0\n"
        "map_folder._checksum = lambda file: os._exit(9)\n"
        "save(space, 'one.map')"
    )
    # the kill comes after the arrays were written; loading calls the checksum too, so it is replaced after it
    killed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert killed.returncode == 9
    np.testing.assert_array_equal(
        load(tmp_path / "one.map").transform(new_patterns), fitted_pca.transform(new_patterns)
    )


def test_what_cannot_be_saved_is_refused(fitted_pca, tmp_path):
    class Mine(PCA):
        pass

    with pytest.raises(InputError, match="Mine cannot be saved"):
        save(Mine().fit(np.eye(4)), tmp_path / "one.map")
    with pytest.raises(InputError, match="axis two_theta has shape"):
        save(fitted_pca, tmp_path / "one.map", axis={"two_theta": np.arange(299)})
    with pytest.raises(InputError, match="cannot save"):
        save(fitted_pca, tmp_path / "one.map", provenance={"what": object()})
    with pytest.raises(InputError, match="does not exist"):
        save(fitted_pca, tmp_path / "no" / "one.map")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore::peakscape.errors.CollapseWarning")
def test_coordinates_saved_with_samples_leave_collapsed_members_out(tmp_path):
    patterns = np.random.default_rng(0).uniform(size=(8, 30))
    space = Autoencoder(hidden=(6, 4), n_members=3, n_epochs=5, random_state=0).fit(patterns)
    space.collapsed_ = np.array([False, True, False])
    save_with_samples(space, tmp_path / "some.map", spectra.make(patterns, q=np.arange(30.0)))
    coordinates = load_saved(tmp_path / "some.map").extras["coordinates"]
    np.testing.assert_array_equal(coordinates, space.transform_members(patterns)[[0, 2]])


def test_a_map_is_not_saved_over_anything_else(tmp_path):
    space = PCA().fit(np.random.default_rng(0).uniform(size=(6, 20)))
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("some")
    with pytest.raises(InputError, match=r"holds chapter\.txt, which is no part of a saved map"):
        save(space, tmp_path / "thesis")
    with pytest.raises(InputError, match="is a file, and a map is a folder"):
        save(space, tmp_path / "file")
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"
    assert (tmp_path / "file").read_text() == "some"
    (tmp_path / "empty").mkdir()
    for _ in range(2):  # an empty folder, and a map that is there
        save(space, tmp_path / "empty")
    assert load(tmp_path / "empty").n_features_in_ == 20
