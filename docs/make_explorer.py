"""Take the pictures of docs/explorer.md: python docs/make_explorer.py SPACE (needs chromium and playwright)."""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import peakscape as ps
from peakscape.explorer import export

IMAGES = Path(__file__).parent / "images"
PLACE = """k => {
  const a = window.peakscape, c = document.querySelector('canvas.main').getBoundingClientRect();
  const v = a.view(), p = a.space.points.data;
  return [c.left + c.width / 2 + (p[2 * k] - v.x) * v.scale, c.top + c.height / 2 - (p[2 * k + 1] - v.y) * v.scale];
}"""


def main() -> None:
    """Export the space and look at it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = export(ps.open_space(sys.argv[1]), Path(folder) / "map.html", title="SmFe12 alloys")
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(file.as_uri())
        page.wait_for_function("() => window.peakscape && window.peakscape.state")
        page.wait_for_timeout(500)
        page.screenshot(path=IMAGES / "explorer-start.png")
        x, y = page.evaluate(PLACE, 5)
        page.mouse.click(x, y)
        page.mouse.move(300, 700)
        page.locator(".peaks button").first.click()
        page.wait_for_timeout(300)
        page.screenshot(path=IMAGES / "explorer-mask.png")
        page.keyboard.press("Escape")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 70, y + 20, steps=8)
        page.wait_for_timeout(300)
        page.screenshot(path=IMAGES / "explorer-walk.png")
        browser.close()


if __name__ == "__main__":
    main()
