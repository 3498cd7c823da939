"""From a source to the ledger: none lost, none twice, the same bits as `place`, whatever comes."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from peakscape import FeatureSpace, open_space
from peakscape.errors import InputError
from peakscape.live import Measured, read_ledger, watching
from peakscape.live.engine import Engine
from peakscape.live.ledger import Ledger
from peakscape.live.measured import dataset_of
from peakscape.live.placing import Here, Processes, digest_of
from peakscape.live.sources.simulated import Simulated
from peakscape.live.spool import Spool
from tests.live.conftest import AXIS, measured, pattern


class Given:
    """A source that gives a list and ends."""

    name = "given"

    def __init__(self, spectra):
        self.spectra = spectra

    def check(self):
        pass

    def run(self, sink, stop):
        for one in self.spectra:
            sink.take(one)


def watched(space, spectra, ledger, **options):
    lines = []
    with watching(space, Given(spectra), ledger=ledger, say=lines.append, **options) as watch:
        watch.wait(threading.Event())
    return lines, watch


def test_answers_are_those_of_place(space, tmp_path):
    spectra = [measured(number) for number in range(1, 8)]
    watched(space, spectra, tmp_path / "a.ledger")
    found = read_ledger(tmp_path / "a.ledger")
    wanted = space.place(dataset_of(spectra))
    for name in wanted.data_vars:
        assert found[name].dims == wanted[name].dims
        if wanted[name].dtype.kind == "f":
            finite = np.where(np.isfinite(wanted[name].values), wanted[name].values, np.nan)
            np.testing.assert_array_equal(found[name].values, finite)
        else:
            assert (found[name].values == wanted[name].values).all()
    assert found["x_methods"].values.tolist() == wanted["x_methods"].values.tolist()
    assert found.name.values.tolist() == wanted.name.values.tolist()
    assert not (tmp_path / "a.ledger.spool").exists()


def test_shuffled_and_repeated_events_give_the_ordered_ones_bits(light, tmp_path):
    spectra = [measured(number) for number in range(1, 60)]
    mixed = [spectra[k] for k in np.random.default_rng(0).integers(0, 59, 200)] + spectra
    watched(light, spectra, tmp_path / "a.ledger")
    watched(light, mixed, tmp_path / "b.ledger")
    ordered, other = read_ledger(tmp_path / "a.ledger"), read_ledger(tmp_path / "b.ledger")
    times = ["measured", "received", "answered"]
    assert ordered.drop_vars(times).identical(other.drop_vars(times))


def test_what_cannot_be_placed_is_flagged_and_the_stream_goes_on(space, tmp_path):
    broken = measured(2).intensity.copy()
    broken[7] = np.nan
    spectra = [
        measured(1),
        Measured("run", 2, "two_theta", AXIS, broken, {"wavelength": 1.5406}),
        Measured("run", 3, "energy", AXIS + 500, pattern(0.2)),
        Measured("run", 4, "two_theta", AXIS[:100], pattern(0.2)[:100], {"wavelength": 1.5406}),
        Measured("run", 5, "two_theta", AXIS, pattern(0.2)),
        Measured("run", 6, "two_theta", AXIS[::-1], pattern(0.2), {"wavelength": 1.5406}),
        measured(7),
    ]
    lines, watch = watched(space, spectra, tmp_path / "a.ledger")
    assert read_ledger(tmp_path / "a.ledger").number.values.tolist() == [1, 7]
    told = read_ledger(tmp_path / "a.ledger", flagged=True).set_index("number")["text"]
    [lacking] = told[told.index.isna()]
    assert "the intensity is nan at point 7" in told[2]
    assert "kind" in told[3] or "axis" in told[3]
    assert "axis" in told[4]
    assert "run 5: not placed: the space is of wavelength" in lacking
    assert "must ascend" in told[6]
    assert all("\n" not in line for line in lines)
    assert (watch.status.n_placed, watch.status.n_flagged, watch.status.n_kept) == (2, 5, 1)


def test_what_lacks_its_wavelength_is_placed_once_it_is_told(space, tmp_path, monkeypatch):
    ledger = tmp_path / "a.ledger"
    lacking = [measured(number, wavelength=None, labels={"t": float("nan")}) for number in (1, 2, 3)]
    watched(space, [*lacking, measured(4)], ledger)
    lines, watch = watched(space, lacking, ledger)  # given again, and still nobody tells
    assert "3 spectra are kept until their wavelength is told (--wavelength)" in lines
    assert (watch.status.n_placed, watch.status.n_flagged) == (0, 0)
    lines, watch = watched(space, lacking, ledger, wavelength=1.5406)
    assert "3 spectra that lacked a wavelength get 1.5406 angstrom and are placed" in lines
    assert watch.status.n_placed == 3
    found = read_ledger(ledger)
    assert found.number.values.tolist() == [1, 2, 3, 4]
    wanted = space.place(dataset_of([measured(number) for number in (1, 2, 3, 4)]))
    np.testing.assert_array_equal(found.coordinates.values, wanted.coordinates.values)
    assert not (tmp_path / "a.ledger.spool").exists()
    assert (read_ledger(ledger, flagged=True)["code"] == "no_wavelength").sum() == 3  # what happened stays told


def test_more_than_can_be_kept_are_flagged_and_what_waited_gets_the_wavelength_too(space, tmp_path, monkeypatch):
    from peakscape.live import engine

    monkeypatch.setattr(engine, "MOST_KEPT", 2)
    ledger = tmp_path / "a.ledger"
    watched(space, [measured(number, wavelength=None) for number in (1, 2, 3)], ledger)
    told = read_ledger(ledger, flagged=True)
    assert told["number"].dropna().tolist() == [3]
    spool = Spool(Path(f"{ledger}.spool"))
    spool.put(measured(4, wavelength=None))  # killed before it was answered
    assert (spool.n_kept, spool.n_waiting) == (2, 1)
    assert spool.holds("run", 1)
    assert not spool.put(measured(1))
    spool.close()
    watched(space, [], ledger, wavelength=1.5406)
    assert read_ledger(ledger).number.values.tolist() == [1, 2, 4]


def test_a_bug_in_placing_flags_one_spectrum_and_is_shown(light, tmp_path, monkeypatch):
    place = FeatureSpace.place

    def fails(self, dataset):
        if "n5" in dataset.name.values:
            raise ZeroDivisionError("of a bug")
        return place(self, dataset)

    monkeypatch.setattr(FeatureSpace, "place", fails)
    lines, _ = watched(light, [measured(number) for number in range(1, 9)], tmp_path / "a.ledger")
    assert [line for line in lines if "n5: not placed: ZeroDivisionError: of a bug" in line]
    assert read_ledger(tmp_path / "a.ledger").number.values.tolist() == [1, 2, 3, 4, 6, 7, 8]


def test_a_ledger_of_another_space_is_refused(space, saved, tmp_path):
    watched(saved, [measured(1)], tmp_path / "a.ledger")
    series = space.known_.isel(sample=slice(0, 8)).drop_vars("x")
    other = FeatureSpace("pca", preparation="none", novelty=False).fit(series)
    with pytest.raises(InputError, match="holds answers of another space"):
        watched(other, [measured(1)], tmp_path / "a.ledger")
    (tmp_path / "b.ledger").write_text("my notes, which are no data base at all" * 100)
    with pytest.raises(InputError, match="cannot be used as a ledger"):
        watched(saved, [measured(1)], tmp_path / "b.ledger")
    with pytest.raises(InputError, match="no ledger"):
        read_ledger(tmp_path / "b.ledger")


def test_the_ledger_is_append_only(light, tmp_path):
    watched(light, [measured(1)], tmp_path / "a.ledger")
    with sqlite3.connect(tmp_path / "a.ledger") as connection:
        for act in ("UPDATE answers SET axis_1 = 0", "DELETE FROM answers"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(act)


def test_a_restart_answers_what_waited_and_nothing_twice(light, tmp_path):
    path = tmp_path / "a.ledger"
    spool = Spool(Path(f"{path}.spool"))
    ledger = Ledger(path, space=digest_of(light))
    engine = Engine(Here(open_space(light)), ledger, spool, say=lambda line: None)
    for number in range(1, 11):
        engine.take(measured(number))
    answered = [one for _, one, _ in spool.first(4)]
    entries, layout = engine._answers([(one, 0.0) for one in answered])
    ledger.append(entries, layout)  # and killed before they were removed from the spool
    ledger.close()
    del engine, ledger, spool
    watched(light, [measured(number) for number in range(5, 16)], path)
    assert read_ledger(path).number.values.tolist() == list(range(1, 16))


def test_the_source_goes_on_while_nothing_is_answered(light, tmp_path):
    """A placer that hangs holds up no source; what came meanwhile is answered after."""
    go = threading.Event()

    class Slow(Here):
        def place(self, batch):
            go.wait(20)
            return super().place(batch)

    spool, ledger = Spool(tmp_path / "a.spool"), Ledger(tmp_path / "a.ledger", space="s")
    engine, stop = Engine(Slow(open_space(light)), ledger, spool, say=lambda line: None), threading.Event()
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    for number in range(1, 200):
        engine.take(measured(number))
    assert spool.n_waiting == 199
    go.set()
    stop.set()
    thread.join()
    assert ledger.counts() == {"placed": 199}
    assert spool.n_waiting == 0


def test_a_failing_output_and_a_failing_disk_lose_nothing(light, tmp_path):
    class Fails:
        def show(self, placed):
            raise OSError("no page")

        def close(self):
            pass

    lines, _ = watched(light, [measured(1)], tmp_path / "a.ledger", outputs=[lambda engine, space: Fails()])
    assert [line for line in lines if "no page" in line]

    spool, ledger = Spool(tmp_path / "b.spool"), Ledger(tmp_path / "b.ledger", space="s")
    engine = Engine(Here(open_space(light)), ledger, spool, say=lines.append)
    put = spool.put
    spool.put = lambda one: (_ for _ in ()).throw(sqlite3.OperationalError("database or disk is full"))
    for number in range(1, 4):
        engine.take(measured(number))
    assert [line for line in lines if "disk is full" in line]
    spool.put = put
    while engine.answer_waiting():
        pass
    assert ledger.counts() == {"placed": 3}


def test_other_processes_give_the_same_bits(saved, space, tmp_path):
    pool = Processes(saved, 1)
    try:
        spectra = [measured(number) for number in range(1, 8)]
        told = pool.place([*spectra, Measured("run", 9, "q", AXIS, pattern(0.1) * np.nan)])
    finally:
        pool.close()
    assert told.answers[:7] == Here(space).place(spectra).answers
    assert "nan" in told.answers[7]


def test_what_is_new_is_told_and_runs_a_command(saved, tmp_path):
    foreign = np.exp(-(((AXIS - 25) / 0.3) ** 2)) + np.exp(-(((AXIS - 36) / 0.3) ** 2))
    spectra = [measured(1), Measured("run", 2, "two_theta", AXIS, foreign, {"name": "odd", "wavelength": 1.5406})]
    script = tmp_path / "hook.py"
    script.write_text(f"import sys; open({str(tmp_path / 'told.json')!r}, 'a').write(sys.stdin.read())")
    _, watch = watched(saved, spectra, tmp_path / "a.ledger", on_new=f"{sys.executable} {script}")
    assert watch.status.n_new == 1
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["name"], told["foreign"], told["number"]) == ("odd", True, 2)
    seen = []
    watched(saved, spectra, tmp_path / "b.ledger", on_new=seen.append)
    assert [one.measured.name for one in seen] == ["odd"]


KILLED = """
import sys, threading
import numpy as np
from tests.live.conftest import measured
from peakscape.live import watching

class Source:
    name = "counts"
    def check(self): pass
    def run(self, sink, stop):
        for number in range(1, int(sys.argv[3]) + 1):
            if not sink.is_known("run", number):
                sink.take(measured(number))
            if number == 40: print("going", flush=True)

with watching(sys.argv[1], Source(), ledger=sys.argv[2], say=lambda line: None) as watch:
    watch.wait(threading.Event())
print("done", flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_watch_loses_nothing_and_answers_nothing_twice(light, tmp_path):
    """Killed twice in the middle, then let run; benchmarks/live.py kills fifty times among 10,000."""
    command = [sys.executable, "-c", KILLED, str(light), str(tmp_path / "a.ledger"), "600"]
    environment = os.environ | {"PYTHONPATH": f"{Path(__file__).parents[2]}:{Path(__file__).parents[2] / 'src'}"}
    for delay in (0.05, 0.3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout.readline() == b"going\n"
            time.sleep(delay)
            process.kill()
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120, check=True)
    assert done.stdout.endswith(b"done\n")
    assert read_ledger(tmp_path / "a.ledger").number.values.tolist() == list(range(1, 601))


def test_the_simulated_beamline_measures_the_same_again(space):
    series = space.known_
    first, second = (Simulated(series, noise=0.01, rounds=2, uid="u").measure(15) for _ in range(2))
    np.testing.assert_array_equal(first.intensity, second.intensity)
    assert (Simulated(series, noise=0.01, uid="u").measure(3).intensity != first.intensity).any()
