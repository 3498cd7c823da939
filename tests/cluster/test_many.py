"""Many spectra: region by region, the same bits by any hands, interrupted and gone on with, dead workers and all."""

import errno
import os
import sys
import time
from functools import partial

import numpy as np
import pytest
import xarray as xr
from ase.build import bulk

import peakscape as ps
from peakscape import cluster, spectra
from peakscape.cli import main
from peakscape.cluster import connection
from peakscape.cluster.regions import Region, divided, ledger
from peakscape.cluster.sketch import merged, sketch
from peakscape.errors import InputError, PeakscapeError, SpectraError

OPTIONS = {"wavelength": 1.5406, "two_theta": (30, 70, 0.04)}
MANY = cluster.SimulatedSpectra([bulk("Cu"), bulk("Al")], n_variants=1100, random_state=3, options=OPTIONS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Stored variants, and a space of landmarks of them."""
    place = tmp_path_factory.mktemp("many")
    cluster.simulate(MANY, place / "many.zarr")
    cluster.fit(place / "many.zarr", place / "map.space", "zero_shift", space=ps.FeatureSpace("pca"), n_landmarks=40)
    return place


@pytest.fixture(scope="module")
def client():
    """Two workers of this machine."""
    pytest.importorskip("distributed", reason="distributed is not installed (extra cluster)")
    with cluster.connect("local:2") as hands:
        yield hands


def opened(path):
    return xr.open_zarr(path, consolidated=False, chunks=None).load()


def test_rows_are_the_same_from_wherever_they_are_read():
    whole = MANY.read(1000, 1200)
    assert whole.name.values[[0, 99, 100]].tolist() == ["Cu-1000", "Cu-1099", "Al-0"]
    parts = [MANY.read(1000, 1030), MANY.read(1030, 1125), MANY.read(1125, 1200)]
    assert np.array_equal(whole.intensity.values, np.vstack([part.intensity.values for part in parts]))
    assert whole.fwhm.values.tolist() == np.concatenate([part.fwhm.values for part in parts]).tolist()
    with pytest.raises(InputError, match="n_variants of 1 or more"):
        cluster.SimulatedSpectra([bulk("Cu")], n_variants=0)


def test_a_store_holds_what_the_seeds_give(folder):
    stored = spectra.open(folder / "many.zarr")
    assert stored.sizes["sample"] == 2200
    assert stored.intensity.dtype == np.float32
    some = MANY.read(1090, 1110)
    assert np.array_equal(stored.intensity[1090:1110].values, some.intensity.values)
    assert stored.name.values[1090:1110].tolist() == some.name.values.tolist()
    assert not (folder / "many.zarr.unfinished").exists()


def test_workers_give_the_bits_of_one_core(folder, client, tmp_path):
    cluster.simulate(MANY, tmp_path / "many.zarr", client=client)
    mine, theirs = spectra.open(folder / "many.zarr"), spectra.open(tmp_path / "many.zarr")
    assert mine.load().equals(theirs.load())
    for source in (folder / "many.zarr", MANY):
        cluster.place(folder / "map.space", source, tmp_path / "theirs.zarr", only="coordinates", client=client)
        cluster.place(folder / "map.space", source, tmp_path / "mine.zarr", only="coordinates")
        assert opened(tmp_path / "mine.zarr").equals(opened(tmp_path / "theirs.zarr"))


def test_all_answers_are_those_of_place(folder, tmp_path):
    some = cluster.SimulatedSpectra([bulk("Cu")], n_variants=300, random_state=3, options=OPTIONS)
    cluster.place(folder / "map.space", some, tmp_path / "all.zarr")
    told, space = opened(tmp_path / "all.zarr"), ps.open_space(folder / "map.space")
    expected = space.place(some.read(250, 262))
    for name, values in expected.variables.items():
        got = told[name][250:262].values if "sample" in values.dims else told[name].values
        if values.dtype.kind in "fbi":
            assert np.array_equal(got, values.values, equal_nan=True), name
        else:
            assert got.astype(object).tolist() == values.values.astype(object).tolist(), name
    quick = space.place(some.read(250, 262), only="coordinates")
    assert np.allclose(quick.coordinates, expected.coordinates, rtol=0, atol=1e-12)
    with pytest.raises(InputError, match="only='coordinates' or None"):
        space.place(some.read(0, 1), only="labels")


def test_landmarks_say_how_well_they_stand_for_the_rest(folder):
    told = ps.open_space(folder / "map.space").provenance_["landmarks"]
    assert (told["n_samples"], told["n_landmarks"]) == (2200, 40)
    assert 0 < told["distance_median"] <= told["distance_95"] <= told["distance_max"]
    assert told["zero_shift"]["n"] == 256
    with pytest.raises(InputError, match="expected 10 to 2000 landmarks"):
        cluster.fit(folder / "many.zarr", folder / "no.space", n_landmarks=3000)


def test_merged_sketches_are_the_decomposition_of_all_rows():
    random = np.random.default_rng(0)
    rows = random.normal(size=(300, 12)) * 0.7 ** np.arange(12) @ np.linalg.qr(random.normal(size=(40, 12)))[0].T + 5.0
    whole = merged([sketch(rows[first : first + 60], 20) for first in range(0, 300, 60)], 20)
    centred = rows - rows.mean(axis=0)
    assert np.allclose(whole.mean, rows.mean(axis=0))
    assert whole.total == pytest.approx(np.sum(centred**2))
    exact = np.linalg.svd(centred, compute_uv=False)[:12]
    assert np.allclose(np.linalg.norm(whole.axes, axis=1)[:12], exact, rtol=1e-6)


def write(folder, region):
    (folder / f"{region.number}.txt").write_text(str(region))


def fail_at(folder, number, region):
    if region.number == number and not (folder / "failed").exists():
        (folder / "failed").touch()
        raise OSError(errno.ENOSPC, "No space left on device")  # as a file that is open says it
    write(folder, region)


def die_once_at(folder, number, region):
    if region.number == number and not (folder / "died").exists():
        (folder / "died").touch()
        os._exit(9)
    write(folder, region)


def test_what_was_interrupted_goes_on(tmp_path):
    regions = divided(10, 2)
    with pytest.raises(OSError, match="No space left") as full, ledger(tmp_path / "out.zarr", {"job": 1}) as unfinished:
        unfinished.run(partial(fail_at, unfinished.folder, 3), regions, stage="written", client=None, text="")
    assert (full.value.errno, full.value.filename) == (errno.ENOSPC, str(tmp_path / "out.zarr"))
    with ledger(tmp_path / "out.zarr", {"job": 1}) as unfinished:
        assert unfinished.done("written") == {0, 1, 2}
        unfinished.run(partial(fail_at, unfinished.folder, 3), regions, stage="written", client=None, text="")
        assert unfinished.done("written") == set(range(5))
    with pytest.raises(InputError, match="beginning of another job"), ledger(tmp_path / "out.zarr", {"job": 2}):
        pass
    with ledger(tmp_path / "out.zarr", {"job": 1}), pytest.raises(InputError, match="another process"):
        ledger(tmp_path / "out.zarr", {"job": 1}).__enter__()


def test_a_dead_worker_costs_one_region(client, tmp_path):
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        with ledger(tmp_path / "out.zarr", {"job": 1}) as unfinished:
            work = partial(die_once_at, unfinished.folder, 2)
            unfinished.run(work, divided(12, 2), stage="written", client=client, text="")
            assert unfinished.done("written") == set(range(6))
            assert len(list(unfinished.folder.glob("*.txt"))) == 6
        job = partial(ledger, tmp_path / "out.zarr", {"job": 1})
        with pytest.raises(OSError, match="No space left") as full, job() as unfinished:
            work = partial(fail_at, unfinished.folder, 2)
            unfinished.run(work, divided(12, 2), stage="again", client=client, text="")
        assert full.value.filename == str(tmp_path / "out.zarr")
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def test_workers_that_are_gone_for_good_end_the_job_in_one_line(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="distributed is not installed (extra cluster)")
    monkeypatch.setattr(connection, "LONGEST_ALONE", 0.5)
    with cluster.connect("local:1") as hands:
        finished = connection.finish(hands, Region.__str__, divided(12, 2), where="out.zarr")
        assert next(finished).number < 2
        hands.cluster.scale(0)
        while hands.scheduler_info()["workers"]:
            time.sleep(0.05)
        with pytest.raises(PeakscapeError, match=r"out\.zarr: no worker is left; what was done is kept"):
            list(finished)


def test_a_broken_chunk_is_one_line_and_the_rest_is_kept(tmp_path):
    some = cluster.SimulatedSpectra([bulk("Cu")], n_variants=1300, options=OPTIONS)
    cluster.simulate(some, tmp_path / "many.zarr")
    space = ps.FeatureSpace("pca", novelty=False)
    cluster.fit(some, tmp_path / "map.space", "fwhm", space=space, n_landmarks=12)
    shard = tmp_path / "many.zarr" / "intensity" / "c" / "1" / "0"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-40] + bytes(40))
    with pytest.raises(SpectraError, match="samples 1024 to 1299 cannot be read"):
        cluster.place(tmp_path / "map.space", tmp_path / "many.zarr", tmp_path / "out.zarr", only="coordinates")
    assert (tmp_path / "out.zarr.unfinished" / "placed" / "0").exists()
    shard.write_bytes(whole)
    cluster.place(tmp_path / "map.space", tmp_path / "many.zarr", tmp_path / "out.zarr", only="coordinates")
    assert opened(tmp_path / "out.zarr").sizes["sample"] == 1300


@pytest.mark.parametrize(
    ("where", "text"),
    [("nowhere", "expected local"), ("local:x", "number of workers"), ("none.json", "is not there")],
)
def test_nothing_is_there(where, text):
    pytest.importorskip("distributed", reason="distributed is not installed (extra cluster)")
    with pytest.raises(InputError, match=text), cluster.connect(where):
        pass


def test_nothing_else_is_replaced(folder, tmp_path):
    (tmp_path / "thesis.zarr").mkdir()
    (tmp_path / "thesis.zarr" / "thesis.txt").write_text("years")
    with pytest.raises(PeakscapeError, match="not answers that peakscape wrote"):
        cluster.place(folder / "map.space", MANY, tmp_path / "thesis.zarr", only="coordinates")
    (tmp_path / "a.zarr.unfinished").mkdir()
    (tmp_path / "a.zarr.unfinished" / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match="in the way"):
        cluster.place(folder / "map.space", MANY, tmp_path / "a.zarr", only="coordinates")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("simulate cu.cif --two-theta 30:70:0.1 --variations fwhm=0.3:0.6 -o a.zarr", "--variations needs --variants"),
        ("simulate cu.cif --two-theta 30:70:0.1 --variants 3 --label x=1 -o a.zarr", "do not go with --variants"),
        ("fit a.zarr --label x --landmarks 20 --bounds x=0,1 -o a.space", "--landmarks does not go with"),
        ("place a.space a.zarr --refuse -o b.zarr", "--refuse is for spectra whose answers are printed"),
    ],
)
def test_what_many_spectra_cannot_follow_is_refused(tmp_path, monkeypatch, capsys, words, text):
    monkeypatch.chdir(tmp_path)
    bulk("Cu", cubic=True).write("cu.cif")
    assert main([*words.split(), *(["--wavelength", "1.54"] if "simulate" in words else [])]) == 1
    assert text in capsys.readouterr().err
    assert not list(tmp_path.glob("*.zarr"))


def test_a_simulation_by_regions_has_the_width_that_was_asked_for(tmp_path):
    cif = tmp_path / "cu.cif"
    bulk("Cu", cubic=True).write(cif)
    words = ["simulate", str(cif), "--wavelength", "1.54", "--two-theta", "30:70:0.1", "--fwhm", "0.8"]
    assert main([*words, "-o", str(tmp_path / "one.zarr")]) == 0
    pytest.importorskip("distributed", reason="distributed is not installed (extra cluster)")
    assert main([*words, "--cluster", "local:1", "-o", str(tmp_path / "many.zarr")]) == 0
    one, many = opened(tmp_path / "one.zarr"), opened(tmp_path / "many.zarr")
    assert np.allclose(one.intensity, many.intensity, rtol=1e-6, atol=1e-6 * float(one.intensity.max()))


def test_commands(tmp_path, capsys):
    cif = tmp_path / "cu.cif"
    bulk("Cu", cubic=True).write(cif)
    common = ["--wavelength", "1.54", "--two-theta", "30:70:0.1", "--variants", "60", "--variations", "fwhm=0.3:0.6"]
    assert main(["simulate", str(cif), *common, "-o", str(tmp_path / "a.zarr")]) == 0
    assert spectra.open(tmp_path / "a.zarr").fwhm.values.min() >= 0.3
    words = ["fit", str(tmp_path / "a.zarr"), "--label", "fwhm", "--map", "pca", "--landmarks", "20"]
    assert main([*words, "-o", str(tmp_path / "a.space")]) == 0
    assert "landmarks: 20 stand for 60 spectra" in capsys.readouterr().out
    words = ["place", str(tmp_path / "a.space"), str(tmp_path / "a.zarr"), "-o", str(tmp_path / "b.zarr")]
    assert main(words) == 0
    assert opened(tmp_path / "b.zarr").sizes["sample"] == 60
    assert main(words) == 1
    assert "is there already" in capsys.readouterr().err
    assert main([*words, "--force", "--only", "coordinates"]) == 0
    assert "fwhm" not in opened(tmp_path / "b.zarr")
    assert main(["place", str(tmp_path / "a.space"), str(tmp_path / "a.zarr"), "--cluster", "local"]) == 1
    assert "need -o" in capsys.readouterr().err


def test_the_nearest_of_many_are_found(folder, tmp_path):
    pytest.importorskip("usearch", reason="usearch is not installed (extra cluster)")
    for name in ("a.index", "b.index"):
        cluster.index(folder / "many.zarr", tmp_path / name)
    files = [sorted((tmp_path / name).iterdir()) for name in ("a.index", "b.index")]
    assert [one.read_bytes() for one in files[0][1:]] == [one.read_bytes() for one in files[1][1:]]
    numbers, distances = cluster.neighbours(tmp_path / "a.index", MANY.read(1080, 1120), 5)
    assert numbers[:, 0].tolist() == list(range(1080, 1120))
    places = np.load(tmp_path / "a.index" / "places.npy").astype(float)
    exact = np.sort(np.linalg.norm(places[1080:1120, None] - places, axis=2), axis=1)[:, :5]
    assert np.mean(np.isclose(distances, exact, atol=1e-6 * exact.max())) > 0.98
    with pytest.raises(InputError, match="expected 1 to 2200 neighbours"):
        cluster.neighbours(tmp_path / "a.index", MANY.read(0, 1), 0)
    with pytest.raises(InputError, match="not an index that peakscape wrote"):
        cluster.neighbours(folder / "many.zarr", MANY.read(0, 1))
    with pytest.raises(InputError, match=r"ends in \.index"):
        cluster.index(MANY, tmp_path / "a.zarr")
