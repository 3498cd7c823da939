"""The server: who may ask, what it answers, and that nothing makes it fall."""

import http.client
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pytest

import peakscape as ps
from peakscape.explorer import server
from peakscape.explorer.feed import LivePoints
from peakscape.explorer.packing import unpack
from tests.explorer.conftest import opened, series

pytest.importorskip("starlette", reason="NO EXTRA explorer: the server is not tested")
pytest.importorskip("uvicorn", reason="NO EXTRA explorer: the server is not tested")
pytest.importorskip("websockets", reason="NO EXTRA explorer: the server is not tested")


def listening(spaces: list[ps.FeatureSpace], **more: Any) -> str:
    """Serve spaces in a thread until the tests end, and return the address."""
    told: list[str] = []
    options: dict[str, Any] = {"title": "a series", "ready": told.append} | more
    threading.Thread(target=server.serve, args=(spaces,), kwargs=options, daemon=True).start()
    deadline = time.monotonic() + 30
    while not told and time.monotonic() < deadline:
        time.sleep(0.05)
    return told[0]


@pytest.fixture(scope="module")
def address(spaces: dict[str, ps.FeatureSpace]) -> str:
    return listening([spaces["shift"], spaces["pca"]])


@pytest.fixture
def live(spaces: dict[str, ps.FeatureSpace]) -> Iterator[tuple[str, LivePoints, threading.Event]]:
    feed, stop = LivePoints(), threading.Event()
    yield listening([spaces["pca"]], live=feed, stop=stop), feed, stop
    stop.set()


def asked(
    address: str, path: str, body: bytes | None = None, *, token: str | None = None, **headers: str
) -> tuple[int, bytes]:
    parts = urlparse(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
    given = parts.query.removeprefix("token=") if token is None else token
    sent = {"x-peakscape-token": given} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET" if body is None else "POST", path, body=body, headers=sent)
    answer = connection.getresponse()
    status, data = answer.status, answer.read()
    connection.close()
    return status, data


def answer(address: str, path: str, question: Any) -> Any:
    import gzip

    status, data = asked(address, path, json.dumps(question).encode())
    assert status == 200, data
    return unpack(gzip.decompress(data))


def test_strangers_are_refused(address: str) -> None:
    assert asked(address, "/space", token="wrong")[0] == 401
    assert asked(address, "/space", origin="http://evil.example")[0] == 403
    assert asked(address, "/", host="evil.example")[0] == 403
    assert asked(address, "/../../etc/passwd")[0] == 404
    assert asked(address, "/")[0] == 200


def test_answers_are_those_of_python(address: str, spaces: dict[str, ps.FeatureSpace]) -> None:
    place = np.median(spaces["shift"].coordinates_, axis=0)[2:3]
    told = answer(address, "/decode", {"points": place.tolist()})
    assert np.allclose(told["spectra"], spaces["shift"].map_.inverse_transform(place), atol=1e-6)
    told = answer(address, "/mask", {"space": 1, "sample": 2, "windows": [[60, 80]]})
    assert told["masked"].shape == (1, 2)
    told = answer(address, "/remap", {"samples": [0, 1, 2, 3, 4, 5], "map": "pca"})
    assert len(told["names"]) == 6


@pytest.mark.parametrize("form", ["nc", "zarr"])
def test_spectra_leave_as_containers(
    address: str, spaces: dict[str, ps.FeatureSpace], form: str, tmp_path: Path
) -> None:
    told = answer(address, "/spectra", {"samples": [1, 4], "format": form})
    path = tmp_path / ("a.nc" if form == "nc" else "a.zip")
    path.write_bytes(told["file"].astype(np.uint8).tobytes())
    if form == "zarr":
        zipfile.ZipFile(path).extractall(tmp_path)
        path = tmp_path / "spectra.zarr"
    found = ps.spectra.open(path)
    assert np.array_equal(found.intensity.values, spaces["shift"].known_.intensity.values[[1, 4]])
    assert found["x"].values.tolist() == spaces["shift"].known_["x"].values[[1, 4]].tolist()


def test_a_dropped_file_is_placed(address: str, spaces: dict[str, ps.FeatureSpace]) -> None:
    import gzip

    one = series().isel(sample=[4])
    text = "\n".join(f"{x:.6f} {y:.8f}" for x, y in zip(one.two_theta.values, one.intensity.values[0], strict=True))
    status, data = asked(address, "/place?name=new.xy&wavelength=1.5406", text.encode())
    assert status == 200, data
    told = unpack(gzip.decompress(data))
    exact = spaces["shift"].place(one)
    assert told["samples"][0]["name"] == "new"
    assert told["samples"][0]["x"] == pytest.approx(float(exact.x[0]), abs=1e-4)
    assert asked(address, "/place?name=new.xy", text.encode())[0] == 422  # the wavelength is missing


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/decode", b"not json"), ("/decode", b"[]"), ("/decode", b'{"points": [[1e999, 0]]}'),
        ("/decode", b'{"points": "a"}'), ("/decode", b'{"points": [[0, 0]], "space": 9}'), ("/decode", b"{}"),
        ("/mask", b'{"sample": -1}'), ("/mask", b'{"sample": true}'), ("/mask", b'{"sample": 1, "windows": [[5, 2]]}'),
        ("/remap", b'{"samples": [0]}'), ("/spectra", b'{"format": "../x"}'), ("/spectra", b'{"format": "nc", "samples": [99]}'), ("/remap", b'{"samples": [0,1,2,3,4], "map": "../x"}'),
        ("/place?name=../../etc/passwd", b"root"), ("/place?name=a.pkl", b"cos\nsystem\n"),
        ("/place?name=a.nxs", b"\x89HDF"),
        ("/place?name=a.xy&wavelength=-1", b"1 2\n"), ("/place?name=a.xy&axis=z", b"1 2\n"), ("/place?name=.xy", b""),
        ("/place?name=%00.xy", b"1 2\n3 4\n"), ("/place?name=a.zip", b"PK\x03\x04"), ("/decode", b" " * 2_000_000),
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_one_line(address: str, path: str, body: bytes) -> None:
    status, data = asked(address, path, body)
    assert status in (400, 422), data
    assert "\n" not in json.loads(data)["error"]
    assert "/tmp" not in json.loads(data)["error"]
    assert asked(address, "/space")[0] == 200


def test_the_served_page(page: Any, address: str) -> None:
    opened(page, address)
    assert page.locator("header .group button").count() == 2
    page.evaluate("window.peakscape.pin(3)")
    text = series().isel(sample=[4])
    lines = "\n".join(f"{x:.6f} {y:.8f}" for x, y in zip(text.two_theta.values, text.intensity.values[0], strict=True))
    page.evaluate("t => window.peakscape.take([new File([t], 'new.xy')])", lines)
    page.locator(".note form input").fill("1.5406")
    page.locator(".note form button").click()
    page.wait_for_function("() => document.querySelector('.read .chip')?.textContent === 'placed'")


def test_of_a_foreign_spectrum_the_page_tells_no_value(page: Any, spaces: dict[str, ps.FeatureSpace]) -> None:
    space = spaces["kda"]
    axis = np.linspace(10.0, 40.0, 400)
    pattern = sum(np.exp(-(((axis - at) / 0.4) ** 2)) for at in (12.0, 20.5, 24.0, 27.5))
    exact = space.place(ps.spectra.make([pattern], two_theta=axis, wavelength=1.5406))
    assert bool(exact.foreign[0])
    assert np.isnan(exact.x[0])
    assert np.isfinite(exact.x_by_method[0]).any()  # what single methods guess is sent too, and is no answer
    feed = LivePoints()
    opened(page, listening([space], live=feed))
    text = "\n".join(f"{x:.6f} {y:.8f}" for x, y in zip(axis, pattern, strict=True))
    page.evaluate("t => window.peakscape.take([new File([t], 'new.xy')])", text)
    page.locator(".note form input").fill("1.5406")
    page.locator(".note form button").click()
    page.wait_for_function("() => document.querySelector('.read .chip')?.textContent === 'unlike everything known'")
    assert page.locator(".read .value .big").all_text_contents() == ["—"]
    assert page.locator(".read .value .range").all_text_contents() == ["not told"]
    assert page.locator(".read .value rect").count() == 0
    said = page.locator(".read").inner_text()
    assert "read by" not in said
    assert "%; next" not in said
    assert "unlike all known" in said
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    # a feed of others may still send values and ends of what it calls foreign
    told = {"x": 0.5, "x_lower": 0.49, "x_upper": 0.51, "x_method": "pls", "phase": "cubic", "phase_next": "tetragonal",
            "phase_probability": 0.9}  # fmt: skip
    place = np.median(space.coordinates_, axis=0)[2].tolist()
    feed.publish([_row(1, coordinates=place, foreign=True, **told), _row(2, coordinates=place, **told)])
    page.wait_for_function("() => document.querySelector('.read .chip')?.textContent === 'newest, 2'")
    assert page.locator(".read .value .big").all_text_contents() == ["0.500"]
    assert "cubic, 90 %; next tetragonal" in page.locator(".read").inner_text()
    page.evaluate("window.peakscape.showLive(1)")
    page.wait_for_function("() => document.querySelector('.read .chip')?.textContent.startsWith('point 1: unlike')")
    assert page.locator(".read .value .big").all_text_contents() == ["—"]
    assert "0.5" not in "".join(page.locator(".read .value").all_text_contents())
    assert "90 %" not in page.locator(".read").inner_text()


def test_a_killed_server_is_told_and_the_walk_goes_on(page: Any, spaces: dict[str, ps.FeatureSpace]) -> None:
    stop = threading.Event()
    opened(page, listening([spaces["shift"]], stop=stop))
    page.evaluate("window.peakscape.pin(3)")
    stop.set()
    page.wait_for_timeout(800)
    page.evaluate("window.peakscape.mask(60, 80)")  # is asked of the server
    page.wait_for_function("() => document.querySelector('.banner')?.checkVisibility()")
    page.evaluate(
        "(a => { a.state.walk = {x: a.space.points.data[6], y: a.space.points.data[7], from: 3}; a.draw(true); })(window.peakscape)"
    )
    page.wait_for_function("() => document.querySelector('.read .chip')?.textContent === 'decoded, not a sample'")


def test_a_wrong_token_is_told_in_the_page(page: Any, address: str) -> None:
    page.goto(address.split("?")[0] + "?token=wrong")
    page.wait_for_function("() => document.querySelector('.start[role=alert]')?.textContent.includes('wrong token')")


def test_two_browsers_at_once(browser: Any, address: str) -> None:
    pages = [browser.new_context().new_page() for _ in range(2)]
    for one in pages:
        opened(one, address)
    pages[0].evaluate("window.peakscape.set({selection: [0, 1, 2, 3, 4, 5]})")
    pages[0].evaluate("window.peakscape.anew()")
    pages[1].evaluate("(window.peakscape.pin(2), window.peakscape.mask(60, 80))")
    pages[1].wait_for_function("() => document.querySelector('.note.moved')?.textContent.includes('moves by')")
    pages[0].wait_for_function("() => window.peakscape.spaces.length === 3", timeout=60_000)
    assert pages[1].evaluate("window.peakscape.state.selection.length") == 0
    for one in pages:
        one.context.close()


def _row(number: int, **more: Any) -> dict[str, Any]:
    return {"name": f"scan {number}", "coordinates": [0.1 * number, 0.2], "foreign": False} | more


def test_live_points_reach_the_page_through_one_socket(
    live: tuple[str, LivePoints, threading.Event], spaces: dict[str, ps.FeatureSpace]
) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    address, feed, _stop = live
    parts = urlparse(address)
    own, token = f"http://{parts.netloc}", parts.query.removeprefix("token=")
    place = f"ws://{parts.netloc}/live"
    feed.publish([_row(1)], spectra=spaces["pca"]._known_rows[:1])
    with connect(place, origin=own, subprotocols=["peakscape", token]) as pipe:  # type: ignore[list-item,arg-type]
        assert unpack(pipe.recv(10))["rows"] == []
        (first,) = unpack(pipe.recv(10))["rows"]
        assert (first["name"], first["number"]) == ("scan 1", 1)
        assert np.allclose(first["spectrum"], spaces["pca"]._known_rows[0], atol=1e-6)
        feed.publish([_row(2), _row(3)])
        assert [row["number"] for row in unpack(pipe.recv(10))["rows"]] == [2, 3]
    with connect(f"{place}?after=2", origin=own, subprotocols=["peakscape", token]) as pipe:  # type: ignore[list-item,arg-type]
        pipe.recv(10)
        assert [row["number"] for row in unpack(pipe.recv(10))["rows"]] == [3]
    for origin, given in ((own, "wrong"), ("http://evil.example", token), (None, token)):
        with pytest.raises(InvalidStatus), connect(place, origin=origin, subprotocols=["peakscape", given]):  # type: ignore[list-item,arg-type]
            pass


@pytest.mark.parametrize("row", [{}, {"name": "a"}, {"name": "a", "coordinates": [1.0, np.nan]}])
def test_points_without_a_place_are_refused(row: dict[str, Any]) -> None:
    feed = LivePoints()
    with pytest.raises(ps.errors.InputError, match="a name and two finite coordinates"):
        feed.publish([row])
    assert feed.n_published == 0


def test_the_alarm_stays_until_it_is_read(page: Any, live: tuple[str, LivePoints, threading.Event]) -> None:
    address, feed, stop = live
    opened(page, address)
    feed.publish([_row(k) for k in range(1, 6)])
    page.wait_for_function("() => document.querySelector('.live').textContent.startsWith('live · 5')")
    feed.publish([_row(6, foreign=True, unexplained=0.25, unexplained_at=22.0), _row(7)])
    page.wait_for_function("() => document.querySelector('.alarm').textContent.includes('25 % of its pattern')")
    page.reload()
    page.wait_for_function("() => document.querySelector('.alarm')?.textContent.includes('scan 6')")
    page.get_by_role("button", name="Read", exact=True).filter(visible=True).last.click()
    assert not page.locator(".alarm").is_visible()
    stop.set()
    page.wait_for_function("() => document.querySelector('.live').textContent.startsWith('connection lost')")
