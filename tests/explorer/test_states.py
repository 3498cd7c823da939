"""Densities of states beside computed edges: the page's numbers are Python's, and only where calculations hold them."""

import base64
import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import peakscape as ps
from peakscape.absorption import CoreHoleSpectrum, dataset_from_core_holes, save_spectra
from peakscape.absorption.spectrum import example
from peakscape.cli import main
from peakscape.errors import InputError
from peakscape.explorer import export
from peakscape.explorer.packing import unpack
from peakscape.explorer.states import states_of
from tests.explorer.conftest import address_of, opened

OFFSET = 0.5


@pytest.fixture(scope="module")
def computed() -> list[CoreHoleSpectrum]:
    """Six edges that move; the last has no states of its absorber."""
    energy = np.linspace(-20.0, 20.0, 401)
    found = []
    for k in range(6):
        rows = [np.exp(-(((energy - at - k) / 1.5) ** 2)) for at in (-3.0, 2.0, 6.0)]
        one = replace(example(), name=f"edge {k}", edge_energy=190.0 + 0.2 * k, dos_energy=energy, dos=np.array(rows),
                      dos_channels=("total", "absorber_p", "absorber_s"))  # fmt: skip
        found.append(one)
    found[-1] = replace(found[-1], dos=found[-1].dos[:1], dos_channels=("total",))
    return found


@pytest.fixture(scope="module")
def space(computed: list[CoreHoleSpectrum]) -> ps.FeatureSpace:
    made = dataset_from_core_holes(computed, np.arange(186.0, 205.0, 0.1), shift=OFFSET)
    bare = ps.spectra.make(made.intensity.values, energy=made.energy.values, kind="absorption",
                           name=[one.name for one in computed], labels={"x": np.arange(6.0)})  # fmt: skip
    return ps.FeatureSpace("pca", preparation="none", novelty=False).fit(bare)


def test_states_on_the_page_are_those_of_the_calculation(
    page: Any, space: ps.FeatureSpace, computed: list[CoreHoleSpectrum], tmp_path: Path
) -> None:
    opened(page, address_of(export(space, tmp_path / "edges.html", computed=computed, offset=OFFSET)))
    page.evaluate("window.peakscape.pin(2)")
    page.wait_for_function(
        "() => document.querySelector('.bar .title').textContent.includes('p states of the absorber')"
    )
    one = computed[2]
    told = page.evaluate(
        """() => { const s = window.peakscape.statesOf(2);
        return {channels: s.channels, first: s.first, step: s.step,
                rows: s.channels.map((_, c) => Array.from({length: s.values.columns}, (_, k) =>
                    s.values.data[c * s.values.columns + k] * s.values.scale[c] + s.values.offset[c]))}; }"""
    )
    assert told["channels"] == ["s", "p"]
    energy = told["first"] + told["step"] * np.arange(len(told["rows"][0]))
    for row, channel in zip(told["rows"], ("absorber_s", "absorber_p"), strict=True):
        exact = np.interp(energy - one.edge_energy - OFFSET, one.dos_energy, one.dos[one.dos_channels.index(channel)])
        assert np.abs(np.array(row) - exact).max() < 1e-4
    # under the pointer at the maximum of the p states
    box = page.locator("section.curve canvas").bounding_box()
    maximum = one.edge_energy + OFFSET + 2.0 + 2.0
    low, high = page.evaluate("window.peakscape.range")
    page.mouse.move(box["x"] + 68 + (maximum - low) / (high - low) * (box["width"] - 82), box["y"] + 40)
    page.wait_for_function("() => document.querySelector('.status').textContent.includes(' p ')")
    said = page.locator(".status").inner_text()
    assert float(said.split(" p ")[1].split(" ")[0]) == pytest.approx(1.0, abs=0.01)
    page.evaluate("window.peakscape.pin(5)")
    page.wait_for_function("() => document.querySelector('.bar .title').textContent.includes('edge 5')")
    assert "states" not in page.locator(".bar .title").inner_text()


def test_only_calculations_of_the_space_are_taken(
    space: ps.FeatureSpace, computed: list[CoreHoleSpectrum], spaces: dict[str, ps.FeatureSpace]
) -> None:
    assert states_of(space, []) == []
    stranger = replace(computed[0], name="another")
    assert [one["name"] for one in states_of(space, [stranger, *computed])] == [f"edge {k}" for k in range(5)]
    with pytest.raises(InputError, match="none of the calculations is a sample of this space"):
        states_of(space, [stranger, computed[-1]])
    with pytest.raises(InputError, match="stand beside absorption spectra; this space is on two_theta"):
        states_of(spaces["pca"], computed)


def test_the_widget_holds_them_as_the_page_does(space: ps.FeatureSpace, computed: list[CoreHoleSpectrum]) -> None:
    pytest.importorskip("anywidget", reason="NO EXTRA notebook: the widget is not tested")
    told = unpack(gzip.decompress(space.explore(computed=computed, offset=OFFSET)._space))["states"]
    exact = states_of(space, computed, offset=OFFSET)
    assert [one["name"] for one in told] == [one["name"] for one in exact]
    assert [one["first"] for one in told] == pytest.approx([one["first"] for one in exact])
    with pytest.raises(InputError, match="none of the calculations is a sample of this space"):
        space.explore(computed=computed[-1:])


def test_options_are_looked_at_before_the_spectra(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One pattern is too few for a space: that is not what is told first."""
    (tmp_path / "a.xy").write_text("\n".join(f"{10 + k / 10} {k % 7}" for k in range(300)))
    for option in (["--states", "nothere.npz"], ["--structure", "nothere.cif"], ["--parts", "nothere.xy"]):
        assert main(["explore", str(tmp_path / "a.xy"), *option]) == 1
        assert "nothere" in capsys.readouterr().err.splitlines()[-1]
    assert main(["export", str(tmp_path / "no.space"), "-o", str(tmp_path / "a.html"), "--states", "nothere.npz"]) == 1
    assert "nothere" in capsys.readouterr().err.splitlines()[-1]


def test_the_command_takes_saved_calculations(
    space: ps.FeatureSpace, computed: list[CoreHoleSpectrum], tmp_path: Path
) -> None:
    space.save(tmp_path / "edges.space")
    save_spectra(computed, tmp_path / "edges.npz")
    asked = ["export", str(tmp_path / "edges.space"), "-o", str(tmp_path / "edges.html")]
    assert main([*asked, "--states", str(tmp_path / "edges.npz"), "--states-offset", "0.5"]) == 0
    page = (tmp_path / "edges.html").read_text()
    inside = page.partition('id="space">')[2].partition("</script>")[0]
    told = unpack(gzip.decompress(base64.b64decode(inside)))["states"]
    exact = states_of(space, computed, offset=OFFSET)
    assert [one["name"] for one in told] == [one["name"] for one in exact]
    assert [one["first"] for one in told] == pytest.approx([one["first"] for one in exact])
