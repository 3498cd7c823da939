"""The server: who may ask, what it answers, and that nothing makes it fall."""

import http.client
import json
import socket
import threading
import time
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pytest

import peakscape as ps
from peakscape.explorer import server
from peakscape.explorer.packing import unpack
from tests.explorer.conftest import opened, series

pytest.importorskip("starlette", reason="NO EXTRA explorer: the server is not tested")
pytest.importorskip("uvicorn", reason="NO EXTRA explorer: the server is not tested")


@pytest.fixture(scope="module")
def address(spaces: dict[str, ps.FeatureSpace]) -> str:
    told: list[str] = []
    options: dict[str, Any] = {"title": "a series", "ready": told.append}
    threading.Thread(target=server.serve, args=([spaces["shift"], spaces["pca"]],), kwargs=options, daemon=True).start()
    deadline = time.monotonic() + 30
    while not told and time.monotonic() < deadline:
        time.sleep(0.05)
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", urlparse(told[0]).port or 0), timeout=5).close()
            break
        except ConnectionRefusedError:  # it is told a moment before it listens
            time.sleep(0.05)
    return told[0]


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
        ("/remap", b'{"samples": [0]}'), ("/remap", b'{"samples": [0,1,2,3,4], "map": "../x"}'),
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
