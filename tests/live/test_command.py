"""`peakscape watch`: what it says, writes and refuses."""

import subprocess
import sys

import numpy as np
import pytest

from peakscape import datasets
from peakscape.cli import main
from peakscape.cli import watch as command
from peakscape.live import Measured, demonstration, read_ledger
from peakscape.live.engine import Placed, Status
from peakscape.live.outputs.told import Lines, OnNew, line_of
from peakscape.live.sources.simulated import Simulated
from tests.live.conftest import measured


@pytest.fixture
def demo(monkeypatch, space):
    """The demonstration, of the small space."""
    monkeypatch.setattr(demonstration, "space_of_demonstration", lambda: space)
    series = space.known_
    monkeypatch.setattr(demonstration, "beamline", lambda every: Simulated(series, every=0.0, noise=0.01, uid="demo"))


def test_the_demonstration_runs_in_one_command(demo, tmp_path, capsys):
    assert main(["watch", "--demo", "--ledger", str(tmp_path / "d.ledger")]) == 0
    told = capsys.readouterr()
    assert "known  0: x " in told.out
    assert "12 placed, 0 new, 0 not placed" in told.out
    assert "watching simulated beamline" in told.err
    assert read_ledger(tmp_path / "d.ledger").sizes["sample"] == 12


def test_it_ends_with_a_code_of_its_own_at_something_new(demo, tmp_path, capsys, space, monkeypatch):
    odd = space.known_.isel(sample=[0, 1])
    odd = odd.assign(intensity=odd.intensity.copy(data=np.roll(odd.intensity.values, 77, axis=1)))
    monkeypatch.setattr(demonstration, "beamline", lambda every: Simulated(odd, every=0.0, uid="odd"))
    assert main(["watch", "--demo", "--until-new"]) == command.NEW
    assert "NEW    0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected SOURCE and --space SPACE, or --demo alone"),
        (["x", "--demo"], "leave SOURCE and --space out"),
        (["nowhere", "--space", "SPACE"], "nowhere is no source that can be watched; expected a folder; http"),
        (["ftp://a", "--space", "SPACE"], "is no source that can be watched"),
        (["pva://a", "--space", "SPACE"], "give --axis two_theta, q or energy"),
        ([".", "--space", "nowhere.space"], "is not a saved space"),
        ([".", "--space", "SPACE", "--axis", "energy"], "the source is on energy (--axis), and the space was made for two_theta"),
        ([".", "--space", "SPACE", "--ledger", "nowhere/a.ledger"], "does not exist; create it first"),
        ([".", "--space", "SPACE", "--processes", "-1"], "expected --processes of 0 or more"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_one_line_at_the_start(words, message, light, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["watch", *(str(light) if word == "SPACE" else word for word in words)]) == 1
    [*_, line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("peakscape: error: ")
    assert message in line


def test_under_load_lines_are_summed(space):
    lines, status = [], Status(n_placed=40, n_waiting=7, lag=1.25)
    output = Lines(lines.append, status)
    output.show([Placed(measured(number), {"foreign": False, "nearest": "a"}, 0.0, 1.0) for number in range(40)])
    output.close()
    assert len(lines) < 10
    assert any("7 wait, 1.2 s behind" in line for line in lines)


def test_a_command_that_fails_is_shown():
    lines = []
    hook = OnNew(f"{sys.executable} -c 'raise SystemExit(3)'", say=lines.append)
    hook.show([Placed(measured(1), {"foreign": True}, 0.0, 1.0)])
    hook.close()
    assert lines == ["the command for new spectra ended with 3: no output"]


def test_watching_loads_nothing_that_is_not_installed():
    code = "import sys, peakscape.live, peakscape.cli.program; print([m for m in ('bluesky','tiled','p4p','zmq','watchfiles') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_was_not_placed_says_how_it_can_be(light, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    spectra = measured(1, wavelength=None)
    monkeypatch.setattr(command, "source_of", lambda options: OneSpectrum(spectra))
    assert main(["watch", "folder", "--space", str(light), "--ledger", "a.ledger"]) == 0
    told = capsys.readouterr()
    assert "give it (wavelength=, --wavelength); it is kept until then" in told.out
    assert "1 lack a wavelength and are kept; a watch with --wavelength places them" in told.err
    assert "0 placed, 0 new, 1 not placed" in told.out
    again = ["watch", "folder", "--space", str(light), "--ledger", "a.ledger"]
    assert main([*again, "--wavelength", "1.5406"]) == 0
    assert "1 placed, 0 new, 0 not placed" in capsys.readouterr().out
    broken = Measured("run", 2, "two_theta", spectra.points, spectra.intensity * np.nan, {})
    monkeypatch.setattr(command, "source_of", lambda options: OneSpectrum(broken))
    assert main(again) == 0
    assert "give another --ledger" in capsys.readouterr().err


class OneSpectrum:
    """A source that gives one spectrum and ends."""

    name = "one spectrum"

    def __init__(self, spectrum):
        self.spectrum = spectrum

    def check(self):
        """Nothing can be missing."""

    def run(self, sink, stop):
        sink.take(self.spectrum)


def test_the_last_sample_of_the_demonstration_is_another_crystal():
    series = datasets.load_measured(demonstration.SERIES).isel(sample=[-1])
    [row] = demonstration._mistaken(series)["intensity"].values
    [known] = series["intensity"].values
    assert row.max() == pytest.approx(known.max(), rel=0.2)
    assert np.corrcoef(row, known)[0, 1] < 0.2


def test_what_is_foreign_has_no_value():
    answer = {"foreign": True, "x": None, "x_lower": None, "x_upper": None, "x_method": "pls", "nearest": "a"}
    assert "x not told, nearest a" in line_of(Placed(measured(1), answer, 0.0, 1.0))
