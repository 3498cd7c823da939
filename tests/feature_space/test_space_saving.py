"""Saved spaces: one folder, whole or refused in one line; maps of the version before are opened as spaces."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from peakscape import maps, spectra
from peakscape.errors import DriftWarning, InputError, MapError, PeakscapeError
from peakscape.feature_space import FeatureSpace, open_space
from peakscape.maps.saved import folder as saved_folder
from peakscape.preparation import Recipe
from tests.feature_space.small_series import alloy, edges, same

OLD = Path(__file__).parents[1] / "maps" / "saved_v1"
EXPECTED = json.loads((OLD / "expected.json").read_text())


def test_a_folder_of_two_files_without_a_pickle(saved):
    assert {path.name for path in saved.iterdir()} == {"space.json", "arrays.safetensors"}
    told = json.loads((saved / "space.json").read_text())
    assert told["format_version"] == 2
    assert {"preparation", "versions", "sha256", "known", "labels", "classes", "novelty"} <= set(told)


def test_all_that_was_asked_is_answered_again(space, saved):
    opened = open_space(saved)
    assert opened.names == space.names
    assert opened.validate().equals(space.validate())
    assert opened.validate(per_sample=True).equals(space.validate(per_sample=True))
    assert opened.rank_peaks("x0.400").equals(space.rank_peaks("x0.400"))
    same(opened.generate(x=0.45), space.generate(x=0.45))
    same(opened.between("x0.000", "x1.000"), space.between("x0.000", "x1.000"))
    assert opened.remarks_ == space.remarks_
    assert str(opened) == str(space)
    np.testing.assert_array_equal(opened.paint("x", n_grid=9).composition, space.paint("x", n_grid=9).composition)


def test_saved_twice_is_the_same(saved, news, tmp_path):
    opened = open_space(saved)
    opened.save(tmp_path / "again.space")
    same(open_space(tmp_path / "again.space").place(news), opened.place(news))
    first, second = (load_file(folder / "arrays.safetensors") for folder in (saved, tmp_path / "again.space"))
    assert set(first) == set(second)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


@pytest.mark.parametrize("kind", ["mds", "tsne", "lda", "autoencoder"])
def test_every_kind_of_map(kind, tmp_path):
    dataset = edges(np.repeat([0, 1, 2], 3))
    options = {"n_members": 2, "n_epochs": 30} if kind == "autoencoder" else None
    space = FeatureSpace(kind, preparation="none", map_options=options).fit(dataset)
    space.save(tmp_path / "a.space")
    new = edges([0, 2, 7], seed=3)
    found = open_space(tmp_path / "a.space").place(new)
    same(found, space.place(new))
    assert np.isfinite(found["spread"].values).all() == (kind == "autoencoder")


def test_search_and_prepared_counts_are_kept(tmp_path):
    from peakscape.analysis.naming import Search

    counts = alloy(np.linspace(0, 1, 5)).assign_attrs(history="measured")
    space = FeatureSpace("pca", novelty=False, search=Search(max_shift=0.4, step=0.2), level=0.8).fit(counts, "x")
    space.save(tmp_path / "a.space")
    opened = open_space(tmp_path / "a.space")
    same(opened.place(counts), space.place(counts))
    assert (opened.level, opened.search_.max_shift, opened.recipe_.text) == (0.8, 0.4, space.recipe_.text)


def broken(saved, tmp_path, change) -> Path:
    copy = tmp_path / "copy.space"
    shutil.copytree(saved, copy)
    change(copy)
    return copy


GONE = object()


def described(folder, **parts):
    """Change parts of the description, with a digest that fits."""
    told = json.loads((folder / "space.json").read_text())
    for name, value in parts.items():
        told[name] = value(told.get(name)) if callable(value) else value
    told = {name: value for name, value in told.items() if value is not GONE}
    told["digest"] = saved_folder.digest_of(told)
    (folder / "space.json").write_text(json.dumps(told))


def without(name):
    return lambda folder: described(folder, **{name: GONE})


def flip(folder):
    file = folder / "arrays.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def lose(name):
    """Take an array away, with a checksum that fits."""

    def change(folder):
        import hashlib

        file = folder / "arrays.safetensors"
        arrays = load_file(file)
        del arrays[name]
        save_file(arrays, file)
        described(folder, sha256=hashlib.sha256(file.read_bytes()).hexdigest())

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "space.json").unlink(), "is not a saved space: it has no space.json"),
        (lambda folder: (folder / "space.json").write_text("{"), "is not a saved space"),
        (lambda folder: (folder / "space.json").write_text("[]"), "is not a saved space"),
        (lambda folder: described(folder, format_version=99), "has space format 99, this program knows 2"),
        (lambda folder: (folder / "arrays.safetensors").unlink(), "arrays.safetensors is missing"),
        (flip, "was changed after it was saved"),
        (without("known"), "is missing or wrong"),
        (without("map"), "is missing or wrong"),
        (without("preparation"), "is missing or wrong"),
        (lambda folder: described(folder, preparation={"steps": 3}), "space.json has a part that cannot be used"),
        (lambda folder: described(folder, map=lambda told: told | {"class": "Globe"}), "holds a 'Globe'; expected one"),
        (lambda folder: described(folder, novelty="dice"), "the space judges novelty by 'dice'"),
        (lambda folder: described(folder, parameters={"colour": 1}), "is missing or wrong"),
        (lambda folder: described(folder, search={}), "is missing or wrong"),
        (lambda folder: described(folder, labels=[{"name": "T"}]), "is missing or wrong"),
        (lose("coordinates"), "lacks a part"),
        (lose("known/intensity"), "lacks a part"),
        (lose("known/label/x"), "lacks a part"),
        (lose("label/x/residuals/map"), "lacks a part"),
        (lose("class/phase/numbers"), "not the state of an Identifier"),
        (lose("novelty/settings"), "not the state of a Novelty"),
    ],
)
def test_damaged_folders_are_refused_in_one_line(saved, tmp_path, change, message):
    folder = broken(saved, tmp_path, change)
    with pytest.raises(MapError) as caught:
        open_space(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_folder_at_all(tmp_path):
    for path in (tmp_path / "none.space", tmp_path):
        with pytest.raises(MapError, match=r"is not a saved space: it has no space.json"):
            open_space(path)


def test_drift_is_told(saved, tmp_path):
    import hashlib

    def move(folder):
        file = folder / "arrays.safetensors"
        arrays = load_file(file)
        arrays["probe/coordinates"] = arrays["probe/coordinates"] + 1e-6
        save_file(arrays, file)
        versions = {"versions": lambda told: told | {"numpy": "1.0"}}
        described(folder, sha256=hashlib.sha256(file.read_bytes()).hexdigest(), **versions)

    with pytest.warns(DriftWarning, match=r"numpy 1\.0"):
        open_space(broken(saved, tmp_path, move))


def test_nothing_else_is_replaced(space, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"holds thesis.txt, which is no part of a saved space"):
        space.save(tmp_path)
    with pytest.raises(InputError, match="is a file, and a space is a folder"):
        space.save(tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_map_of_no_registered_kind_cannot_be_saved(tmp_path):
    class Own(maps.PCA):
        pass

    space = FeatureSpace(Own(), preparation="none", novelty=False).fit(alloy([0, 0.3, 0.6, 1.0], labels=()))
    assert np.isfinite(space.place(alloy([0.5], labels=()))["coordinates"].values).all()
    with pytest.raises(InputError, match="a Own cannot be saved as a map"):
        space.save(tmp_path / "own.space")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted(EXPECTED["maps"]))
def test_maps_of_the_version_before_are_opened_as_spaces(name, tmp_path):
    space = open_space(OLD / name)
    wanted = EXPECTED["maps"][name]["coordinates"]
    saved = maps.load_saved(OLD / name)
    new = spectra.make(EXPECTED["new"], q=saved.axis["q"])
    found = space.place(new)
    np.testing.assert_allclose(found["coordinates"], wanted, rtol=0, atol=1e-9)
    assert len(space.names) == 12
    space.save(tmp_path / "new.space")
    again = open_space(tmp_path / "new.space").place(new)
    np.testing.assert_allclose(again["coordinates"], wanted, rtol=0, atol=1e-9)
    assert set(again.data_vars) == set(found.data_vars)


@pytest.mark.parametrize("preparation", [{"scale": "area"}, {"scale": None}, {}])
def test_the_oldest_maps_kept_no_more_than_a_scale(preparation, tmp_path):
    dataset = alloy(np.linspace(0, 1, 6))
    by = preparation.get("scale")
    rows = spectra.scale(dataset, by=by) if by else dataset
    space = maps.PCA().fit(rows["intensity"].values)
    maps.save_with_samples(space, tmp_path / "old.map", rows, preparation=preparation)
    found = open_space(tmp_path / "old.map").place(dataset)
    np.testing.assert_allclose(found["coordinates"], space.transform(rows["intensity"].values), atol=1e-9)


@pytest.mark.parametrize(
    ("preparation", "message"),
    [
        ({"other": 1}, "holds other, which this program does not know"),
        ({"steps": 3}, "the map's preparation cannot be used"),
        ({"format_version": 1, "scale": "magic"}, "which this program does not know|cannot be used"),
    ],
)
def test_old_maps_whose_preparation_cannot_be_used(preparation, message, tmp_path):
    dataset = alloy(np.linspace(0, 1, 6))
    space = maps.PCA().fit(dataset["intensity"].values)
    maps.save_with_samples(space, tmp_path / "old.map", dataset, preparation=preparation)
    with pytest.raises(PeakscapeError, match=message):
        open_space(tmp_path / "old.map")


def test_old_maps_without_samples_or_on_another_axis(tmp_path):
    dataset = alloy(np.linspace(0, 1, 6))
    space = maps.PCA().fit(dataset["intensity"].values)
    maps.save(space, tmp_path / "bare.map")
    with pytest.raises(MapError, match="was saved without the axis or the places of its samples; fit the space anew"):
        open_space(tmp_path / "bare.map")
    longer = Recipe.from_text("resample=q").fit(dataset).to_dict()
    maps.save_with_samples(space, tmp_path / "q.map", dataset, preparation=longer)
    with pytest.raises(MapError, match="does not lead onto the map's axis"):
        open_space(tmp_path / "q.map")
    nameless = maps.load_saved(tmp_path / "q.map")
    maps.save(space, tmp_path / "nameless.map", axis=nameless.axis, extras={"coordinates": np.zeros((6, 2))})
    assert open_space(tmp_path / "nameless.map").names == [f"{k}" for k in range(6)]


def test_an_old_map_names_and_judges_as_it_was_saved(tmp_path):
    dataset = edges(np.repeat([0, 1, 2], 4))
    rows = dataset["intensity"].values
    known = {"spectra": rows.astype(np.float32), "known_distance": np.array([0.1, 0.12, 0.11])}
    maps.save_with_samples(
        maps.LDA().fit(rows, dataset["compound"].values),
        tmp_path / "old.map",
        dataset,
        extras=known,
        class_label="compound",
    )
    space = open_space(tmp_path / "old.map")
    found = space.place(edges([1, 6], seed=8))
    assert found["compound"].values.tolist() == ["kind 1", "unlike all"]
    assert found["foreign"].values.tolist() == [False, True]
