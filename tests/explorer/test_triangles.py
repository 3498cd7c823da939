"""Mixtures on the page: places, fractions and regions are Python's, and two, three or more parts are drawn as such."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import peakscape as ps
from peakscape.analysis.mixtures.triangle import shortened
from peakscape.cli import main
from peakscape.errors import InputError
from peakscape.explorer import export, payload, triangles
from peakscape.explorer.packing import pack, unpack
from tests.explorer.conftest import address_of, opened
from tests.explorer.test_page import PLACE

NAMES = ["calcite", "lime", "quartz", "anatase"]
AXIS = np.linspace(10.0, 60.0, 300)


def pure(n_parts: int) -> Any:
    places = [(12.0 + 3.1 * k, 22.0 + 3.1 * k, 37.0 + 3.1 * k) for k in range(n_parts)]
    return np.array([sum(np.exp(-(((AXIS - at) / 0.5) ** 2)) for at in own) for own in places])


def container(rows: Any, names: list[str], **labels: Any) -> xr.Dataset:
    return ps.spectra.make(rows, two_theta=AXIS, wavelength=1.5406, name=names, labels=labels)


def mixing(n_parts: int, *, preparation: str = "none", kept: bool = True) -> ps.FeatureSpace:
    """A space of eight mixtures, whose last part is in none of the first two."""
    rng = np.random.default_rng(n_parts)
    shares = rng.dirichlet(np.ones(n_parts), 8)
    shares[:2, -1] = 0.0
    rows = shares @ pure(n_parts) + 0.05 + rng.normal(0.0, 0.004, (8, len(AXIS)))
    series = container(rows, [f"scan {k + 1}" for k in range(8)], temperature=np.linspace(300.0, 900.0, 8))
    space = ps.FeatureSpace("pca", preparation=preparation, novelty=False).fit(series)
    return space.know_parts(container(pure(n_parts), NAMES[:n_parts])) if kept else space


@pytest.fixture(scope="module")
def mixtures() -> dict[int, ps.FeatureSpace]:
    return {n_parts: mixing(n_parts) for n_parts in (2, 3, 4)}


def dropped(page: Any, pattern: Any) -> None:
    text = "\n".join(f"{x:.6f} {y:.8f}" for x, y in zip(AXIS, pattern, strict=True))
    page.evaluate("t => window.peakscape.take([new File([t], 'new.xy')])", text)
    page.locator(".note form input").fill("1.5406")
    page.locator(".note form button").click()
    page.wait_for_function("() => document.querySelector('.read .chip') !== null")


@pytest.mark.parametrize("n_parts", [2, 3, 4])
def test_the_payload_is_the_map_of_mixtures(mixtures: dict[int, ps.FeatureSpace], n_parts: int) -> None:
    space = mixtures[n_parts]
    told = unpack(pack(triangles.mixtures_of(space, title="t")))
    exact, drawn = space.place(space.known_), space.mixture_map(space.known_)
    assert np.allclose(told["points"], drawn.coordinates, atol=1e-9)
    assert np.allclose(told["mixture"]["ends"], drawn.ends)
    assert np.allclose(told["mixture"]["tips"], shortened(drawn.coordinates, drawn.ends))
    assert told["mixture"]["region_counts"].tolist() == [len(one) for one in drawn.regions]
    assert np.allclose(told["mixture"]["region_points"], np.concatenate(drawn.regions))
    fraction = next(one for one in told["labels"] if one.get("kind") == "fraction")
    for key, name in (("values", ""), ("lower", "_lower"), ("upper", "_upper")):
        assert np.allclose(fraction[key], exact[f"fraction{name}"].values)
    assert np.allclose(fraction["limit"], exact["detection_limit"].values)


def test_spectra_are_unmixed_as_they_were_recorded() -> None:
    space = mixing(2, preparation="background=arpls,normalize=area")
    rows = triangles.recorded(space, np.arange(3))
    assert np.allclose(rows.intensity.values, space.raw_[:3])
    assert not np.allclose(rows.intensity.values, space._known_rows[:3])
    space.raw_ = None
    with pytest.raises(InputError, match="does not keep its spectra as they were recorded"):
        triangles.mixtures_of(space, title="t")
    told = unpack(pack(payload.payload(space, title="t", served=False)))
    assert told["parts"] == NAMES[:2]
    assert payload._mixtures(space, told, "t") == []
    assert "no map of mixtures: this space does not keep" in told["provenance"]["notes"][-1]


def test_only_spaces_with_two_parts_have_one(mixtures: dict[int, ps.FeatureSpace]) -> None:
    with pytest.raises(InputError, match="give it pure spectra by know_parts"):
        triangles.mixtures_of(mixing(2, kept=False), title="t")
    assert triangles.parts_of(mixtures[3]) == NAMES[:3]


def test_many_samples_are_chosen_evenly(mixtures: dict[int, ps.FeatureSpace], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triangles, "MOST_UNMIXED", 3)
    told = triangles.mixtures_of(mixtures[3], title="t")
    assert told["names"] == ["scan 1", "scan 5", "scan 8"]
    assert "3 of 8 samples, evenly chosen" in told["provenance"]["notes"]


@pytest.mark.parametrize("n_parts", [2, 3, 4])
def test_the_page_draws_and_reads_mixtures(
    page: Any, mixtures: dict[int, ps.FeatureSpace], n_parts: int, tmp_path: Path
) -> None:
    space = mixtures[n_parts]
    opened(page, address_of(export(space, tmp_path / "mixtures.html")))
    page.locator("header .group button").last.click()
    page.wait_for_function("() => window.peakscape.space.mixture")
    exact = space.place(space.known_)
    x, y = page.evaluate(PLACE, 0)
    page.mouse.move(x + 1, y)
    page.wait_for_function("() => document.querySelector('.read h3')?.textContent === 'scan 1'")
    shown = dict(
        zip(
            page.locator(".read .what").all_text_contents(), page.locator(".read .big").all_text_contents(), strict=True
        )
    )
    for part, value in zip(NAMES[:n_parts], exact.fraction.values[0], strict=True):
        assert shown[part] == "—" if value == 0 else float(shown[part]) == pytest.approx(value, abs=6e-3)
    # a place of the map is the mixture that it stands for
    page.mouse.down()
    page.mouse.move(x + 25, y - 4, steps=4)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('.read .chip') !== null")
    assert page.evaluate("window.peakscape.decoded") is None
    said = page.locator(".read").inner_text()
    assert ("This mixture would be" in said or "Outside the parts" in said) == (n_parts < 4)
    page.keyboard.press("e")
    with page.expect_download() as told:
        page.get_by_role("menuitem", name="Map for a paper").click()
    svg = Path(told.value.path()).read_text()
    assert all(f">{name}</text>" in svg for name in NAMES[:n_parts])
    kinds = re.findall(r'<path class="(\w+)"', svg)
    strokes = {2: {"edge": 1, "grid": 9}, 3: {"edge": 3, "grid": 27}, 4: {"arrow": 4}}[n_parts]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == strokes


def test_what_is_dropped_lands_between_the_parts(page: Any, mixtures: dict[int, ps.FeatureSpace]) -> None:
    pytest.importorskip("starlette", reason="NO EXTRA explorer: the server is not tested")
    from tests.explorer.test_server import listening

    space = mixtures[3]
    opened(page, listening([space]))
    assert page.locator("header .mixtures").inner_text() == "Mixtures"
    page.locator("header .mixtures").click()
    page.wait_for_function("() => window.peakscape.space.mixture", timeout=60_000)
    assert page.locator("header .mixtures").count() == 0
    pattern = np.array([0.5, 0.3, 0.2]) @ pure(3) + 0.05
    dropped(page, pattern)
    exact = space.place(container([pattern], ["new"]))
    (star,) = page.evaluate("window.peakscape.scene().stars.map(one => [one.x, one.y])")
    assert np.allclose(star, exact.mixture_coordinates.values[0], atol=1e-5)
    said = page.locator(".read").inner_text()
    assert "What it consists of" in said
    told = [float(one) for one in page.locator(".read .value .big").all_text_contents()[-3:]]
    assert told == pytest.approx(exact.fraction.values[0], abs=6e-3)
    page.locator("header .group button").first.click()  # the same on the map
    (star,) = page.evaluate("window.peakscape.scene().stars.map(one => [one.x, one.y])")
    assert np.allclose(star, exact.coordinates.values[0], atol=1e-5)


def test_the_command_gives_a_space_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("starlette", reason="NO EXTRA explorer: the server is not tested")
    from peakscape.explorer import server

    rng = np.random.default_rng(0)
    shares = rng.dirichlet([1.0, 1.0], 6)
    rows = [*(shares @ pure(2) + rng.normal(0.0, 0.004, (6, len(AXIS)))), *pure(2)]
    files = [str(tmp_path / f"{name}.xy") for name in (*(f"scan{k}" for k in range(6)), *NAMES[:2])]
    for file, row in zip(files, rows, strict=True):
        np.savetxt(file, np.stack([AXIS, row], axis=1))
    seen: list[Any] = []
    monkeypatch.setattr(server, "serve", lambda spaces, **more: seen.extend(spaces))
    asked = ["explore", *files[:6], "--map", "pca", "--wavelength", "1.5406", "--no-browser"]
    assert main([*asked, "--parts", *files[6:]]) == 0
    (space,) = seen
    told = triangles.mixtures_of(space, title="t")
    fraction = next(one for one in told["labels"] if one.get("kind") == "fraction")
    assert fraction["columns"] == NAMES[:2]
    order = [space.names.index(Path(file).stem) for file in files[:6]]
    assert np.allclose(fraction["values"][order], shares, atol=0.02)
