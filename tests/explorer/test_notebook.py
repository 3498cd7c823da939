"""The widget: the same page in JupyterLab, answered by the kernel."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import peakscape as ps
from peakscape.explorer import widget
from peakscape.explorer.packing import unpack
from peakscape.explorer.server import Served
from tests.explorer.conftest import series

CELLS = (
    "import peakscape as ps\nspace = ps.open_space('a.space')\nwalk = space.explore(title='a series')\nwalk",
    "print('selected', list(walk.selection), walk.selected.sizes['sample'])",
    "walk.selection = [1, 2]",
)


def _asked(served: Served, asked: Any, buffers: tuple[bytes, ...] = ()) -> list[tuple[dict[str, Any], list[bytes]]]:
    said: list[tuple[dict[str, Any], list[bytes]]] = []
    widget.answer(served, asked, buffers, lambda told, data=(): said.append((told, list(data))))
    return said


def test_the_kernel_answers_as_the_server_does(
    spaces: dict[str, ps.FeatureSpace], monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    monkeypatch.setattr(widget, "PAUSE", 0.0)
    monkeypatch.setattr(widget, "PIECE", 300)
    served, place = Served([spaces["shift"]], "t"), np.median(spaces["shift"].coordinates_, axis=0)[2:3]
    said = _asked(served, {"id": "a1", "path": "decode", "told": {"points": place.tolist()}})
    assert [told["piece"] for told, _ in said] == list(range(said[0][0]["of"]))
    assert len(said) > 2
    told = unpack(gzip.decompress(b"".join(data[0] for _, data in said)))
    assert np.allclose(told["spectra"], spaces["shift"].map_.inverse_transform(place), atol=1e-6)


@pytest.mark.parametrize(
    "asked",
    [
        {"id": "1", "path": "packed", "told": {}}, {"id": "1", "path": "place", "told": {}},
        {"id": "1", "path": "decode", "told": {"points": "a"}}, {"id": "1", "path": "decode", "told": None}, {"id": "1"},
    ],
)  # fmt: skip
def test_nonsense_gets_one_line(spaces: dict[str, ps.FeatureSpace], asked: Any) -> None:
    ((told, _),) = _asked(Served([spaces["pca"]], "t"), asked)
    assert told["id"] == "1"
    assert "\n" not in told["error"]


@pytest.fixture
def lab(spaces: dict[str, ps.FeatureSpace], tmp_path: Path) -> Iterator[str]:
    """The address of a notebook in a JupyterLab of its own."""
    pytest.importorskip("anywidget", reason="NO EXTRA notebook: the widget is not tested")
    pytest.importorskip("jupyterlab", reason="NO JUPYTERLAB: the widget is not tested in a browser")
    spaces["shift"].save(tmp_path / "a.space")
    cells = [
        {"cell_type": "code", "id": str(k), "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for k, text in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "walk.ipynb").write_text(json.dumps(book))
    source = str(Path(ps.__file__).parents[1])  # this very one, where nothing is installed
    home = {"HOME": str(tmp_path), "JUPYTER_PLATFORM_DIRS": "0", "PYTHONPATH": source}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port", "0", "--ServerApp.token=t", "--allow-root"]
    command += [
        "--ServerApp.root_dir",
        str(tmp_path),
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    process = subprocess.Popen(
        command, env=os.environ | home, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield _address(tmp_path, process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _address(home: Path, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        for told in home.rglob("jpserver-*.json"):
            try:
                url = json.loads(told.read_text())["url"]
                urllib.request.urlopen(f"{url}api?token=t", timeout=5).close()
            except (OSError, ValueError, KeyError):
                continue
            return f"{url}lab/tree/walk.ipynb?token=t"
        time.sleep(0.2)
    pytest.fail("JupyterLab did not start")


@pytest.mark.slow
def test_the_widget_in_jupyterlab(page: Any, lab: str) -> None:
    page.goto(lab)
    page.set_default_timeout(90_000)
    cells = page.locator(".jp-CodeCell")
    cells.first.wait_for()
    page.get_by_text("| Idle").wait_for()  # before, what is run is lost

    def run(number: int) -> Any:
        cells.nth(number).locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        return cells.nth(number).locator(".jp-OutputArea-output")

    run(0)
    frame = page.frame_locator("iframe[title^='peakscape']")
    frame.locator("canvas.main").wait_for()
    inside = next(one for one in page.frames if one.parent_frame is not None)
    inside.wait_for_function("() => window.peakscape && window.peakscape.state")
    inside.evaluate("window.peakscape.pin(3)")
    inside.evaluate("window.peakscape.mask(60, 80)")  # the shift map is asked of the kernel
    inside.wait_for_function("() => document.querySelector('.note.moved')?.textContent.includes('moves by')")
    one = series().isel(sample=[4])
    lines = "\n".join(f"{x:.6f} {y:.8f}" for x, y in zip(one.two_theta.values, one.intensity.values[0], strict=True))
    inside.evaluate("t => window.peakscape.take([new File([t], 'new.xy')])", lines)
    frame.locator(".note form input").fill("1.5406")
    frame.locator(".note form button").click()
    inside.wait_for_function("() => document.querySelector('.read .chip')?.textContent === 'placed'")
    inside.evaluate("window.peakscape.set({selection: [4, 5, 6]})")
    inside.wait_for_timeout(600)
    told = run(1)
    told.wait_for()
    assert "selected [4, 5, 6] 3" in told.inner_text()
    run(2)
    inside.wait_for_function("() => window.peakscape.state.selection.join() === '1,2'")
