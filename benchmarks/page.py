"""Frames of the page in a real browser without a GPU: a sample dragged through a decoder, and a peak masked.

``python -m benchmarks.page`` makes a space (135 made patterns of 11,900 points, ten networks),
writes its page, and drives it in chromium by pointer events, one in each frame. A frame is the time between two calls
of ``requestAnimationFrame`` while something is drawn anew in each: script, layout and painting. "Mask to moved point"
is from the press of a peak's button until the frame after the one that painted the arrow began. Medians, and the 95th
percentile; and the processor time of all the browser's processes for each, which is told also where the machine is
busy with other work. ``--prepare`` only writes the page, ``--page FILE`` measures one that is there.
"""

import argparse
import json
import os
import shutil
import statistics
import warnings
from pathlib import Path
from typing import Any

import numpy as np

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis", "--disable-background-networking"]
N_FRAMES, N_MASKS = 120, 40
DRAG = """async n => {
  const MOVES = true;
  const map = document.querySelector('canvas.main'), box = map.getBoundingClientRect(), a = window.peakscape;
  const k = Math.floor(a.space.names.length / 2), v = a.view(), p = a.space.points.data;
  const x = box.left + box.width / 2 + (p[2 * k] - v.x) * v.scale;
  const y = box.top + box.height / 2 - (p[2 * k + 1] - v.y) * v.scale;
  const send = (kind, dx, dy) => map.dispatchEvent(new PointerEvent(kind,
    {clientX: x + dx, clientY: y + dy, pointerId: 1, bubbles: true, pointerType: 'mouse'}));
  map.setPointerCapture = () => {};
  send('pointerdown', 0, 0);
  const frames = [];
  let before = null;
  for (let i = 0; i < n; i++) {
    send('pointermove', 8 + 40 * Math.sin(i / 9), 30 * Math.cos(i / 7));
    const now = await new Promise(requestAnimationFrame);
    if (before !== null && i > 10) frames.push(now - before);
    before = now;
  }
  const walks = a.state.walk !== null;
  send('pointerup', 8, 8);
  if (!walks && MOVES) throw new Error('not dragged');
  return frames;
}"""
IDLE = DRAG.replace("MOVES = true", "MOVES = false").replace(
    "    send('pointermove'", "    if (MOVES) send('pointermove'"
)
"""The same with a pointer that rests."""
WHOLE = """() => { const a = window.peakscape, v = a.space.axis.values;
  a.set({walk: null, range: [v[0], v[v.length - 1]]}); }"""
MASK = """async n => {
  const a = window.peakscape, times = [], frame = () => new Promise(requestAnimationFrame);
  a.set({walk: null, range: null}); a.pin(3);
  await frame(); await frame(); await frame();
  for (let i = 0; i < n; i++) {
    await new Promise(done => setTimeout(done, 40 + 13 * (i % 7)));
    const button = document.querySelectorAll('.peaks button')[0], before = performance.now();
    button.click();
    await frame(); await frame();
    times.push(performance.now() - before);
    const note = document.querySelector('.note.moved');
    if (i % 2 === 0 && !note?.textContent.includes('moves by')) throw new Error('not moved');
  }
  return times;
}"""


def made(n_points: int = 11_900, n_samples: int = 135) -> Any:
    """Return a space of ten networks over patterns whose peaks move with a label."""
    import peakscape as ps

    axis, x = np.linspace(10.0, 129.0, n_points), np.linspace(0.0, 1.0, n_samples)
    places = np.linspace(15.0, 120.0, 40)
    rows = [sum(np.exp(-(((axis - at * (1 - 0.01 * one)) / 0.15) ** 2)) for at in places) for one in x]
    series = ps.spectra.make(rows, two_theta=axis, wavelength=1.5406, labels={"x": x})
    options = {"n_members": 10, "n_epochs": 40}
    return ps.FeatureSpace("autoencoder", preparation="none", novelty=False, map_options=options).fit(series)


def measured(page_file: Path) -> dict[str, dict[str, float]]:
    """Return medians and 95th percentiles in ms, by what was done."""
    from playwright.sync_api import sync_playwright

    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(path for path in map(shutil.which, names) if path)
    found: dict[str, dict[str, float]] = {}
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(page_file.resolve().as_uri())
        page.wait_for_function("() => window.peakscape && window.peakscape.state")
        page.wait_for_timeout(1500)

        def take(name: str, script: str, count: int) -> None:
            before = spent()
            times = page.evaluate(script, count)
            each = 1000.0 * (spent() - before) / count
            found[name] = {"median": statistics.median(times), "p95": float(np.percentile(times, 95)), "cpu": each}

        take("a frame at rest", IDLE, N_FRAMES)
        take("drag, first range", DRAG, N_FRAMES)
        page.keyboard.press("Escape")
        page.evaluate(WHOLE)
        page.wait_for_timeout(400)
        take("drag, whole axis", DRAG, N_FRAMES)
        take("mask to moved point", MASK, N_MASKS)
        browser.close()
    return found


def spent() -> float:
    """Return the processor time in seconds of all processes below this one: the browser, whatever else runs here."""
    parents, times = {}, {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(place.parent.name)] = int(fields[1])
        times[int(place.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    own, total = os.getpid(), 0.0
    for process, one in times.items():
        above = process
        while above in parents and above != own:
            above = parents[above]
        total += one if above == own and process != own else 0.0
    return total


def main() -> None:
    """Measure, and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, help="an exported page that is there already")
    parser.add_argument("--prepare", type=Path, help="write the page there and measure nothing")
    options = parser.parse_args()
    if options.prepare is not None or options.page is None:
        from peakscape.explorer import export

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target = options.prepare or Path("page.html")
            export(made(), target)
        print(f"{target}: {target.stat().st_size / 2**20:.1f} MB")
        if options.prepare is not None:
            return
        options.page = target
    print(json.dumps({"load": os.getloadavg()[0], "cpus": os.cpu_count()}))
    for key, one in measured(options.page).items():
        print(f"{key}: median {one['median']:.1f}, 95th percentile {one['p95']:.1f}, processor {one['cpu']:.1f} ms")


if __name__ == "__main__":
    main()
