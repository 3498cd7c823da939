"""Take the pictures of docs/explorer.md and the README: python docs/make_explorer.py SPACE... (chromium, playwright).

The spaces are maps of the same samples; the first is walked in. --structure FILE.cif gives hkl.
"""

import argparse
import io
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import peakscape as ps
from peakscape.explorer import export

IMAGES = Path(__file__).parent / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PLACE = """k => {
  const a = window.peakscape, c = document.querySelector('canvas.main').getBoundingClientRect();
  const v = a.view(), p = a.space.points.data;
  return [c.left + c.width / 2 + (p[2 * k] - v.x) * v.scale, c.top + c.height / 2 - (p[2 * k + 1] - v.y) * v.scale];
}"""
SAMPLE = 5
COLOURS, N_FRAMES, WIDTH, EACH = 64, 30, 960, 120
"""Of the picture in motion: colours, frames, pixels across, milliseconds a frame."""


def opened(browser: Any, file: Path, width: int, height: int, scheme: str = "light") -> Page:
    """Open the page in a window of its own."""
    page: Page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme).new_page()
    page.goto(file.as_uri())
    page.wait_for_function("() => window.peakscape && window.peakscape.state")
    page.wait_for_timeout(500)
    return page


def taken(page: Page, name: str, colours: int = 200) -> None:
    """Save what is seen, with few colours: pages are flat."""
    page.wait_for_timeout(350)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = shot.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(IMAGES / f"explorer-{name}.png", optimize=True)


def still(browser: Any, file: Path) -> None:
    """Take the pictures that stand still."""
    page = opened(browser, file, 1440, 900)
    taken(page, "start")
    x, y = page.evaluate(PLACE, SAMPLE)
    page.mouse.click(x, y)
    page.mouse.move(300, 700)
    page.locator(".peaks button").first.click()
    taken(page, "mask")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.evaluate("window.peakscape.set({selection: [...Array(60).keys()], mode: 'heat'})")
    page.keyboard.press("c")
    taken(page, "compare")
    page = opened(browser, file, 1440, 900, "dark")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 70, y + 20, steps=8)
    taken(page, "walk")
    page = opened(browser, file, 390, 844)
    page.mouse.click(*page.evaluate(PLACE, SAMPLE))
    taken(page, "phone")


def motion(browser: Any, file: Path) -> None:
    """Take a picture in motion of a sample that is dragged over the map: over the known, into the unknown, and back."""
    page = opened(browser, file, 1280, 800)
    x, y = page.evaluate(PLACE, SAMPLE)
    page.mouse.move(x, y)
    page.mouse.down()
    frames = []
    for step in range(N_FRAMES):
        turn = 2.0 * math.pi * step / N_FRAMES
        page.mouse.move(
            x + 130 * (1.0 - math.cos(turn)), y + 25 * math.sin(turn) + 42 * (1.0 - math.cos(turn)), steps=2
        )
        page.wait_for_timeout(60)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        frames.append(shot.resize((WIDTH, WIDTH * shot.height // shot.width), Image.Resampling.LANCZOS))
    some = Image.new("RGB", (WIDTH, 4 * frames[0].height))
    for place in range(4):
        some.paste(frames[place * N_FRAMES // 4], (0, place * frames[0].height))
    palette = some.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)
    first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    first.save(IMAGES / "explorer-drag.png", save_all=True, append_images=rest, duration=EACH, loop=0, optimize=True)


def main() -> None:
    """Export the spaces as a page and look at it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spaces", nargs="+")
    parser.add_argument("--title", default="SmFe12 alloys")
    parser.add_argument("--structure", action="append", default=[])
    parser.add_argument("--report", type=Path, help="report.html of a study")
    options = parser.parse_args()
    spaces = [ps.open_space(one) for one in options.spaces]
    structures = {Path(one).stem: ps.structures.read(one) for one in options.structure}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "map.html"
        file = export(spaces[0], path, title=options.title, others=spaces[1:], structures=structures)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        still(browser, file)
        motion(browser, file)
        if options.report:
            taken(opened(browser, options.report.resolve(), 1440, 900), "report")
        browser.close()


if __name__ == "__main__":
    main()
