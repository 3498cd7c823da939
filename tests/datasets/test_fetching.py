"""Sets of other projects, from a server on this machine: right bytes, wrong bytes, no answer; and what is told."""

import bz2
import hashlib
import http.server
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peakscape import datasets
from peakscape.cli import main
from peakscape.datasets import fetching
from peakscape.errors import InputError, MissingExtra

ROWS = b"10 1\n11 5\n12 1\n"
PACKED = bz2.compress(ROWS)
FILES = {"/a1/one.xy": ROWS, "/a1/two.xy.bz2": PACKED}

pytest.importorskip("pooch", reason="pooch fetches: pip install 'peakscape[data]'")


class _Answer(http.server.BaseHTTPRequestHandler):
    files: dict[str, bytes]

    def do_GET(self) -> None:
        if self.path not in self.files:
            self.send_error(404)
            return
        raw = self.files[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def serve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[dict[str, bytes]], Callable[[], None]]]:
    """Offer a set from a server that answers with the given files; what is returned ends it."""
    monkeypatch.setenv("PEAKSCAPE_DATA", str(tmp_path / "kept"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    ends = []

    def start(files: dict[str, bytes]) -> Callable[[], None]:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Answer", (_Answer,), {"files": files}))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def end() -> None:
            server.shutdown()
            thread.join()
            server.server_close()

        ends.append(end)
        rows = [{"path": path[1:], "sha256": hashlib.sha256(raw).hexdigest()} for path, raw in FILES.items()]
        rows = [row | {"n_bytes": 1} for row in rows]
        about = {"title": "Two patterns", "attribution": "Nobody.", "licence": "CC0-1.0", "url": "u", "doi": "d"}
        about |= {"doi_of": "none", "address": f"http://127.0.0.1:{server.server_port}", "files": rows}
        monkeypatch.setattr(fetching, "_table", lambda: {"two": about})
        return end

    yield start
    for end in ends:
        end()


def _line(name: str = "two") -> str:
    with pytest.raises(InputError) as caught:
        datasets.fetch(name)
    text = str(caught.value)
    assert "\n" not in text
    return text


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_right_bytes_are_laid_out_and_kept(serve, tmp_path):
    end = serve(FILES)
    folder = datasets.fetch("two")
    assert folder == tmp_path / "kept" / "two"
    assert _files(folder) == ["SOURCE", "one.xy", "two.xy"]
    assert (folder / "one.xy").read_bytes() == (folder / "two.xy").read_bytes() == ROWS
    assert "Licence: CC0-1.0" in (folder / "SOURCE").read_text()
    end()
    copy = datasets.fetch("two", tmp_path / "mine")
    assert _files(copy) == ["SOURCE", "one.xy", "two.xy"]


def test_a_damaged_file_that_was_kept_is_fetched_again(serve, tmp_path):
    serve(FILES)
    datasets.fetch("two")
    kept = tmp_path / "kept" / ".downloads" / "two" / "one.xy"
    kept.write_bytes(b"else")
    datasets.fetch("two", tmp_path / "again")
    assert kept.read_bytes() == (tmp_path / "again" / "one.xy").read_bytes() == ROWS


def test_wrong_bytes_are_refused_and_not_kept(serve, tmp_path):
    serve(dict.fromkeys(FILES, b"<html>a page of a portal</html>"))
    assert re.search(r"/a1/one\.xy: what came is not the file as published .* not kept; try again", _line())
    assert _files(tmp_path) == []


def test_a_server_without_the_file_is_told(serve, tmp_path):
    serve({})
    assert "/a1/one.xy: the server answered 404" in _line()
    assert _files(tmp_path) == []


def test_without_an_answer_the_line_says_what_to_do(serve, tmp_path):
    serve(FILES)()
    text = _line()
    assert re.search(
        r"one\.xy cannot be reached \(ConnectionError\); without the internet nothing can be fetched", text
    )
    assert "peakscape demo-data" in text
    assert _files(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_told(serve, tmp_path, monkeypatch):
    serve(FILES)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PEAKSCAPE_DATA", str(tmp_path / "file" / "below"))
    assert re.search(r"below.* cannot be written: .*name another folder in PEAKSCAPE_DATA", _line())


def test_the_command(serve, tmp_path, capsys):
    serve(FILES)
    assert main(["demo-data", str(tmp_path / "demo"), "--fetch", "two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_files"] == {"two": 2}
    assert _files(tmp_path / "demo" / "two") == ["SOURCE", "one.xy", "two.xy"]
    assert main(["demo-data", str(tmp_path / "demo"), "--fetch", "three"]) == 1
    assert "no set 'three' to fetch; there are two" in capsys.readouterr().err


def test_without_pooch_the_extra_is_named(serve, monkeypatch):
    serve(FILES)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtra, match=r"peakscape\[data\]"):
        datasets.fetch("two")


def test_what_is_offered_is_whole():
    """A commit in each address, so that what is fetched cannot change; no other host than the projects' own."""
    for name, about in fetching._table().items():
        repository = about["url"].removeprefix("https://github.com/")
        assert about["address"] == f"https://raw.githubusercontent.com/{repository}", name
        for file in about["files"]:
            assert re.fullmatch(r"[0-9a-f]{40}/examples/\S+", file["path"]), name
            assert re.fullmatch(r"[0-9a-f]{64}", file["sha256"]), name
    told = datasets.fetchable()
    assert told["name"].is_unique
    assert told["n_bytes"].between(20_000, 1_000_000).all()
    assert (told[["title", "licence", "attribution", "url", "doi", "doi_of"]].map(len) > 4).all(axis=None)
