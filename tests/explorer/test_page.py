"""The exported page in a real browser: its numbers are Python's, and hands and keys do what they should."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import peakscape as ps
from peakscape.explorer import export
from peakscape.feature_space.questions import walking
from tests.explorer.conftest import address_of, comes_true, opened

PLACE = """k => {
  const a = window.peakscape, c = document.querySelector('canvas.main').getBoundingClientRect();
  const v = a.view(), p = a.space.points.data;
  return [c.left + c.width / 2 + (p[2 * k] - v.x) * v.scale, c.top + c.height / 2 - (p[2 * k + 1] - v.y) * v.scale];
}"""


@pytest.fixture(scope="module")
def files(spaces: dict[str, ps.FeatureSpace], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return {key: export(space, folder / f"{key}.html") for key, space in spaces.items()}


@pytest.mark.parametrize(
    ("key", "fast"),
    [("pca", True), ("shift", False), ("autoencoder", True), ("kda", True), ("mds", True), ("autoencoder", False)],
)
def test_numbers_are_those_of_python(
    page: Any, files: dict[str, Path], spaces: dict[str, ps.FeatureSpace], key: str, fast: bool
) -> None:
    space = spaces[key]
    if not fast:
        page.add_init_script("delete window.WebAssembly")
    opened(page, address_of(files[key]))
    assert page.evaluate("window.peakscape.spaces[0].model.fast") == fast
    points = np.median(space.coordinates_, axis=0)
    places = np.array([points[3], (points[3] + points[4]) / 2, points.mean(axis=0), points[0] + 0.1 * np.ptp(points)])
    exact = np.atleast_2d(space.map_.inverse_transform(places))
    for place, row, told in zip(places, exact, walking.read_places(space, places), strict=True):
        found = page.evaluate("p => window.peakscape.at(p[0], p[1])", place.tolist())
        assert np.abs(np.array(found["curve"]) - row).max() < 1e-5 * np.abs(exact).max()
        assert found["known"] == told["is_known"]
        assert found["spacings"] == pytest.approx(told["known_spacings"], rel=1e-5, abs=1e-5)
        for reading, name in zip(found["readings"], told["labels"], strict=True):
            for end in ("value", "lower", "upper"):
                assert reading[end] == pytest.approx(told["labels"][name][end], rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("key", ["pca", "autoencoder"])
def test_masked_points_are_those_of_python(
    page: Any, files: dict[str, Path], spaces: dict[str, ps.FeatureSpace], key: str
) -> None:
    space = spaces[key]
    opened(page, address_of(files[key]))
    windows = [(60, 80), (200, 240)]
    found = page.evaluate("w => window.peakscape.masked(2, w)", windows)
    exact = walking.mask_windows(space, space._known_rows[2], windows)
    size = np.ptp(space.coordinates_)
    assert np.abs(np.array(found["members"]) - exact.masked).max() < 1e-5 * size
    assert found["by"] == pytest.approx(exact.moves_by[0], abs=1e-5 * size)


def test_hands(page: Any, files: dict[str, Path]) -> None:
    opened(page, address_of(files["autoencoder"]))
    x, y = page.evaluate(PLACE, 4)
    page.mouse.move(x + 1, y)
    comes_true(page, "document.querySelector('.read h3').textContent === 'x0.36'")
    page.mouse.click(x, y)
    page.mouse.move(500, 720)
    page.locator(".peaks button").first.click()
    comes_true(page, "document.querySelector('.note.moved')?.textContent.includes('moves by')")
    page.keyboard.press("Control+z")
    comes_true(page, "window.peakscape.state.masks.length === 0")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 6, steps=5)
    comes_true(page, "document.querySelector('.chip') !== null")
    page.mouse.move(230, 500, steps=5)
    comes_true(page, "document.querySelector('.chip')?.textContent === 'nothing known here'")
    page.mouse.up()
    page.keyboard.press("Escape")
    comes_true(page, "window.peakscape.state.walk === null")


def test_selection_lives_in_the_address(page: Any, files: dict[str, Path]) -> None:
    opened(page, address_of(files["pca"]))
    page.keyboard.press("l")
    page.mouse.move(200, 90)
    page.mouse.down()
    for corner in ((1060, 90), (1060, 560), (200, 560)):
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
    comes_true(page, "window.peakscape.state.selection.length === 12")
    page.keyboard.press("d")
    page.wait_for_timeout(300)
    address = page.url
    page.goto("about:blank")
    opened(page, address)
    comes_true(page, "window.peakscape.state.selection.length === 12")
    comes_true(page, "document.documentElement.classList.contains('dark')")


def test_keyboard_alone(page: Any, files: dict[str, Path]) -> None:
    opened(page, address_of(files["shift"]))
    page.locator("canvas.main").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    comes_true(page, "window.peakscape.state.pin !== null")
    page.keyboard.press("k")
    comes_true(page, "document.querySelector('.note.moved')?.textContent.includes('moves by')")
    page.keyboard.press("Shift+ArrowUp")
    comes_true(page, "window.peakscape.state.walk !== null")
    comes_true(page, "document.querySelector('[role=status]').textContent")


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_is_cut(page: Any, files: dict[str, Path], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    opened(page, address_of(files["kda"]))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bar = "document.querySelector('.bar')"
    assert page.evaluate(f"{bar}.scrollWidth <= {bar}.clientWidth")


def test_exports(page: Any, files: dict[str, Path]) -> None:
    opened(page, address_of(files["pca"]))
    for item, ending in (("Map for a paper", ".svg"), ("Table of samples", ".csv"), ("Picture", ".png")):
        page.keyboard.press("e")
        with page.expect_download() as started:
            page.locator(".menu button", has_text=item).click()
        path = started.value.path()
        assert started.value.suggested_filename.endswith(ending)
        data = Path(path).read_bytes()
        if ending == ".svg":
            assert b'width="88mm"' in data
            assert b"<text" in data
        if ending == ".csv":
            assert len(data.decode().splitlines()) == 2 + 12


def test_a_map_that_only_places_says_what_is_missing(page: Any, bare: ps.FeatureSpace, tmp_path: Path) -> None:
    opened(page, address_of(export(bare, tmp_path / "bare.html")))
    assert "label them" in page.locator(".read").inner_text()
    assert page.locator(".bar [aria-label=axis]").count() == 0  # without a wavelength there is one axis
    x, y = page.evaluate(PLACE, 5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y + 4, steps=4)
    comes_true(page, "document.querySelector('.read').textContent.includes('cannot decode here')")
    page.mouse.up()
    page.keyboard.press("Escape")
    page.evaluate("window.peakscape.pin(4)")
    page.keyboard.press("k")
    comes_true(page, "document.querySelector('.note.moved')?.textContent.includes('moves by')")


def test_reflections_are_marked_and_named(page: Any, spaces: dict[str, ps.FeatureSpace], tmp_path: Path) -> None:
    from ase.build import bulk

    path = export(spaces["pca"], tmp_path / "hkl.html", structures={"copper": bulk("Cu", "fcc", a=5.9, cubic=True)})
    opened(page, address_of(path))
    lines = page.evaluate("window.peakscape.space.lines.map(one => [one.name, one.hkl, [...one.positions]])")
    ((name, hkl, positions),) = lines
    assert name == "copper"
    assert "1 1 1" in hkl[0]
    theta = np.degrees(2 * np.arcsin(1.5406 * np.sqrt(3) / 2 / 5.9))
    assert positions[0] == pytest.approx(theta, abs=1e-4)
    page.evaluate(
        "p => { const a = window.peakscape; a.state.range = null; a.pin(2); a.set({range: [p - 4, p + 4]}); }", theta
    )
    box = page.locator(".curve canvas").bounding_box()
    left, right = 68, 14  # curveview.ts
    page.mouse.move(box["x"] + left + (box["width"] - left - right) / 2, box["y"] + 60)
    comes_true(page, "document.querySelector('.status').textContent.includes('copper')")


def test_a_report_stands_beside_its_map(page: Any, spaces: dict[str, ps.FeatureSpace], tmp_path: Path) -> None:
    article = "<h1>A study</h1><details class='part'><summary><h2>1. Part</h2></summary><table><tr><td>x0.36</td></tr></table></details>"
    opened(page, address_of(export(spaces["pca"], tmp_path / "report.html", article=article)))
    page.locator(".report h1").wait_for(state="visible")
    page.locator(".report summary").click()
    page.locator(".report td.sample").click()
    comes_true(page, "document.querySelector('.read h3').textContent === 'x0.36'")
    page.keyboard.press("r")
    page.locator(".report h1").wait_for(state="hidden")
    page.set_viewport_size({"width": 390, "height": 844})
    page.keyboard.press("r")
    page.get_by_role("button", name="Walk in the map").click()
    page.locator("canvas.main").wait_for(state="visible")


def test_maps_side_by_side_are_linked(page: Any, spaces: dict[str, ps.FeatureSpace], tmp_path: Path) -> None:
    opened(page, address_of(export(spaces["pca"], tmp_path / "two.html", others=[spaces["shift"]])))
    page.keyboard.press("c")
    box = page.locator(".quilt canvas").nth(1).bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 45)
    page.mouse.down()
    for x, y in ((0.97, 0.2), (0.97, 0.95), (0.03, 0.95)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
    page.mouse.up()
    comes_true(page, "window.peakscape.state.selection.length === 12")
    page.get_by_role("button", name="Open").nth(1).click()
    comes_true(page, "window.peakscape.current === 1 && window.peakscape.state.selection.length === 12")
