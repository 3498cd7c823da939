"""The page served on the own machine: files are read, placed and forgotten here; nothing leaves it.

Only this machine is listened to. Every request carries a token that stands in the address once, and must come from the
page itself (`Host` and `Origin`). Uploaded files get names of our own in a folder that is removed; they are read by
the worker of `peakscape.isolation`, within its time and memory. No path and no pickle is ever taken from the page.
"""

import asyncio
import json
import re
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peakscape import spectra
from peakscape.errors import InputError, MissingExtra, PeakscapeError
from peakscape.explorer.feed import LivePoints
from peakscape.explorer.packing import compressed, pack
from peakscape.explorer.page import HERE, built
from peakscape.explorer.payload import packed, payload, peaks_of
from peakscape.explorer.phases import lines_of
from peakscape.explorer.states import states_of
from peakscape.explorer.triangles import mixtures_of
from peakscape.explorer.uploads import read_upload
from peakscape.feature_space import answers
from peakscape.feature_space.questions import walking

if TYPE_CHECKING:
    from ase import Atoms

    from peakscape.absorption import CoreHoleSpectrum
    from peakscape.feature_space import FeatureSpace

HOST = "127.0.0.1"
MOST_BYTES = 64 * 2**20
"""Of one uploaded file."""
MOST_JSON = 2**20
"""Bytes of a question."""
MOST_SAID = 2**10
"""Bytes of a message of the page through the socket: it has nothing to say there."""
MOST_PLACES = 500
"""Places that are decoded or read at once."""
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';"
    " img-src 'self' data: blob:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TYPES = {"explorer.js": "text/javascript", "explorer.css": "text/css"}
SOCKET = "peakscape"
"""The protocol of the socket for live points; the second one that the page names is the token."""
QUESTIONS = ("decode", "mask", "mixtures", "peaks", "remap", "spectra")
"""What the page may ask, by the names of the methods that answer."""
SAFE_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,12}")


@dataclass
class Served:
    """The spaces behind a page.

    Attributes
    ----------
    spaces : sequence of FeatureSpace
        What is asked; a question tells which, by its number. Files are placed in the first.
    title : str
        Of the page.
    live : LivePoints, optional
        What arrives while the page is open; placed in the first space.
    structures : dict
        By name, of phases whose reflections are marked.
    computed, offset
        Calculations whose densities of states are shown, and what is added to their energies in eV.
    token : str
        What every request must carry.
    """

    spaces: "Sequence[FeatureSpace]"
    title: str
    live: LivePoints | None = None
    structures: "Mapping[str, Atoms]" = field(default_factory=dict)
    computed: "Sequence[CoreHoleSpectrum]" = ()
    offset: float = 0.0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _mapping: threading.Lock = field(default_factory=threading.Lock)
    _packed: bytes | None = None

    def packed(self) -> bytes:
        """Return the payload, made once."""
        with self._lock:
            if self._packed is None:
                first = self.spaces[0]
                told = {"live": self.live is not None, "lines": lines_of(first, self.structures)} | self.states()
                self._packed = packed(self.spaces, title=self.title, served=True, further=told)
            return self._packed

    def states(self) -> dict[str, Any]:
        """Return the densities of states of the first space's samples, as a part of the payload."""
        return {"states": states_of(self.spaces[0], self.computed, offset=self.offset)}

    def decode(self, asked: dict[str, Any]) -> bytes:
        """Return spectra at places of the map, with what is known there."""
        points, space = _places(asked), self._space(asked)
        with self._lock:
            told: dict[str, Any] = {"places": walking.read_places(space, points)}
            if hasattr(space.map_, "inverse_transform"):
                told["spectra"] = np.atleast_2d(space.map_.inverse_transform(points)).astype(np.float32)
        return compressed(pack(told))

    def mask(self, asked: dict[str, Any]) -> bytes:
        """Return where a known spectrum goes with windows of it masked."""
        space, row = self._space(asked), self._row(asked)
        windows = [(int(start), int(stop)) for start, stop in asked.get("windows", [])]
        with self._lock:
            found = walking.mask_windows(space, row, windows)
        return compressed(pack({"whole": found.whole, "masked": found.masked}))

    def mixtures(self, asked: dict[str, Any]) -> bytes:
        """Return the map of mixtures of the known samples, as a payload."""
        space = self._space(asked)
        with self._mapping:
            return compressed(pack(mixtures_of(space, title=self.title)))

    def peaks(self, asked: dict[str, Any]) -> bytes:
        """Return the most relevant peaks of a known spectrum."""
        space, row = self._space(asked), self._row(asked)
        with self._lock:
            return compressed(pack(peaks_of(space, row)))

    def remap(self, asked: dict[str, Any]) -> bytes:
        """Return the payload of a new space of some of the known samples."""
        space = self._space(asked)
        numbers = sorted({_number(one, len(space.names)) for one in asked.get("samples", [])})
        if len(numbers) < 4:
            raise InputError(f"expected four samples or more to map anew, got {len(numbers)}")
        known = space.known_.isel(sample=numbers).load()
        with self._mapping:  # one at a time, and whatever else is asked is answered meanwhile
            key = str(asked.get("map") or "auto")
            fresh = type(space)(key, preparation="none", random_state=space.random_state).fit(known)
            told = payload(fresh, title=f"{len(numbers)} of {self.title}", served=False)
        return compressed(pack(told))

    def spectra(self, asked: dict[str, Any]) -> bytes:
        """Return known spectra, prepared, as a netCDF file or a zipped Zarr store; all where none is named."""
        space, form = self._space(asked), asked.get("format")
        if form not in ("nc", "zarr"):
            raise InputError(f"expected nc or zarr, got {form!r}")
        numbers = sorted({_number(one, len(space.names)) for one in asked.get("samples", [])})
        chosen = space.known_.isel(sample=numbers) if numbers else space.known_
        with tempfile.TemporaryDirectory(prefix="peakscape-") as folder, self._lock:
            path = Path(folder) / f"spectra.{form}"
            spectra.save(chosen.load(), path)
            if form == "zarr":
                path = Path(shutil.make_archive(str(Path(folder) / "spectra"), "zip", folder, path.name))
            return compressed(pack({"file": np.frombuffer(path.read_bytes(), dtype=np.uint8).astype(np.int32)}))

    def place_asked(self, data: bytes, told: Mapping[str, Any]) -> bytes:
        """Place a file as the page asks for it: its ``name``, and what it lacks, all of them texts."""
        name = Path(str(told.get("name", "file")).replace("\\", "/")).name[:120] or "file"
        given, axis = told.get("wavelength"), told.get("axis") or None
        wavelength = float(given) if given else None
        if wavelength is not None and not 0.0 < wavelength < 100.0:
            raise InputError(f"expected a wavelength in angstrom, got {given}")
        if axis not in (None, "two_theta", "q", "energy"):
            raise InputError(f"expected two_theta, q or energy, got {axis}")
        return self.place(data, name, wavelength=wavelength, axis=axis)

    def place(self, data: bytes, name: str, *, wavelength: float | None, axis: str | None) -> bytes:
        """Return what the space knows of an uploaded file."""
        with tempfile.TemporaryDirectory(prefix="peakscape-") as folder:
            suffix = Path(name).suffix
            path = Path(folder) / f"upload{suffix if SAFE_SUFFIX.fullmatch(suffix) else ''}"
            path.write_bytes(data)
            try:
                dataset = read_upload(path, wavelength=wavelength, axis=axis)
            except PeakscapeError as error:
                raise type(error)(str(error).replace(str(path), name)) from error
        n_spectra = dataset.sizes["sample"]
        stem = Path(name).stem
        names = [stem if n_spectra == 1 else f"{stem} {k + 1}" for k in range(n_spectra)]
        dataset = dataset.assign_coords(name=("sample", names), source=("sample", [name] * n_spectra))
        space = self.spaces[0]
        with self._lock:
            try:
                found = space.place(dataset)
                rows = space.prepared(dataset)
            except PeakscapeError as error:
                raise type(error)(str(error).replace(str(path), name)) from error
        return compressed(pack({"samples": answers.records(found), "spectra": rows.astype(np.float32)}))

    def _space(self, asked: dict[str, Any]) -> "FeatureSpace":
        return self.spaces[_number(asked.get("space", 0), len(self.spaces))]

    def _row(self, asked: dict[str, Any]) -> Any:
        space = self._space(asked)
        return space._known_rows[_number(asked.get("sample"), len(space.names))]


def _number(value: Any, n_samples: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < n_samples:
        raise InputError(f"expected a whole number below {n_samples}, got {value!r}")
    return value


def _places(asked: dict[str, Any]) -> Any:
    points = np.asarray(asked.get("points"), dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) > MOST_PLACES or not np.isfinite(points).all():
        raise InputError(f"expected at most {MOST_PLACES} places of two numbers")
    return points


def app_of(served: Served, port: int) -> Any:
    """Return the web application (Starlette) that serves a space on a port of this machine.

    Raises
    ------
    MissingExtra
        If the packages of the extra ``explorer`` are not installed.
    """
    try:
        from starlette.applications import Starlette
        from starlette.routing import Route, WebSocketRoute
    except ImportError as error:
        raise MissingExtra("starlette", "explorer") from error
    guard = Guard(served.token, port)
    routes = [Route("/", guard.open(_index)), Route("/space", guard.closed(_bytes(served.packed)))]
    routes += [Route(f"/{name}", guard.open(_static(name))) for name in TYPES]
    for name in QUESTIONS:
        routes.append(Route(f"/{name}", guard.closed(_question(getattr(served, name))), methods=["POST"]))
    routes.append(Route("/place", guard.closed(_upload(served)), methods=["POST"]))
    if served.live is not None:
        routes.append(WebSocketRoute("/live", guard.socket(_live(served.live))))
    return Starlette(routes=routes)


@dataclass(frozen=True)
class Guard:
    """Who may ask: the page of this very server, with the token."""

    token: str
    port: int

    def open(self, answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Let through what comes to this host by its own name: the page itself holds no data."""

        async def checked(request: Any) -> Any:
            return _refused(403, "foreign host or origin") if not self._is_own(request) else await answer(request)

        return checked

    def closed(self, answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Let through what also carries the token; turn errors of ours into one line."""

        async def checked(request: Any) -> Any:
            if not self._is_own(request):
                return _refused(403, "foreign host or origin")
            given = request.headers.get("x-peakscape-token", "")
            if not secrets.compare_digest(given.encode(), self.token.encode()):
                return _refused(401, "wrong token; open the address that `peakscape explore` printed")
            try:
                return await answer(request)
            except PeakscapeError as error:
                return _refused(422, str(error))
            except (ValueError, TypeError, KeyError) as error:
                return _refused(400, f"cannot be understood: {error}")

        return checked

    def socket(self, answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Let through a socket of this very page: browsers tell its origin, and it names the token as a protocol."""

        async def checked(websocket: Any) -> None:
            offered = [*websocket.scope.get("subprotocols", ()), "", ""][:2]
            known = offered[0] == SOCKET and secrets.compare_digest(offered[1].encode(), self.token.encode())
            if not known or "origin" not in websocket.headers or not self._is_own(websocket):
                await websocket.close(code=1008)
                return
            await websocket.accept(subprotocol=SOCKET)
            await answer(websocket)

        return checked

    def _is_own(self, request: Any) -> bool:
        own = {f"{name}:{self.port}" for name in (HOST, "localhost")}
        origin = request.headers.get("origin")
        return request.headers.get("host") in own and (origin is None or origin in {f"http://{one}" for one in own})


def _refused(status: int, text: str) -> Any:
    from starlette.responses import JSONResponse

    return JSONResponse({"error": " ".join(text.split())}, status_code=status, headers=HEADERS)


async def _index(request: Any) -> Any:
    from starlette.responses import HTMLResponse

    return HTMLResponse(built("index.html").replace(HERE, ""), headers=HEADERS)


def _static(name: str) -> Callable[[Any], Any]:
    async def answer(request: Any) -> Any:
        from starlette.responses import Response

        return Response(built(name), media_type=TYPES[name], headers=HEADERS)

    return answer


def _bytes(make: Callable[[], bytes]) -> Callable[[Any], Any]:
    async def answer(request: Any) -> Any:
        return _binary(await asyncio.to_thread(make))

    return answer


def _binary(data: bytes) -> Any:
    from starlette.responses import Response

    return Response(data, media_type="application/octet-stream", headers=HEADERS)


def _question(ask: Callable[[dict[str, Any]], bytes]) -> Callable[[Any], Any]:
    async def answer(request: Any) -> Any:
        asked = json.loads(await _body(request, MOST_JSON))
        if not isinstance(asked, dict):
            raise InputError("expected a question as an object")
        return _binary(await asyncio.to_thread(ask, asked))

    return answer


def _live(feed: LivePoints) -> Callable[[Any], Any]:
    async def answer(websocket: Any) -> None:
        """Stream until the page goes; what it sends is read only to learn of that."""
        told = websocket.query_params.get("after", "0")
        after = int(told) if told.isdecimal() and len(told) < 16 else 0
        streaming = asyncio.ensure_future(feed.stream(websocket.send_bytes, after))
        listening = asyncio.ensure_future(_until_closed(websocket))
        _, pending = await asyncio.wait([streaming, listening], return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(streaming, listening, return_exceptions=True)

    return answer


async def _until_closed(websocket: Any) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def _upload(served: Served) -> Callable[[Any], Any]:
    async def answer(request: Any) -> Any:
        data = await _body(request, MOST_BYTES)
        return _binary(await asyncio.to_thread(served.place_asked, data, dict(request.query_params)))

    return answer


async def _body(request: Any, most: int) -> bytes:
    """The body of a request, up to a limit, whatever the request says of its own length."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise InputError(f"larger than {most / 2**20:.0f} MB; place it by the command `peakscape place`")
        parts.append(part)
    return b"".join(parts)


def serve(
    spaces: "Sequence[FeatureSpace]",
    *,
    title: str,
    port: int = 0,
    ready: Callable[[str], None] = print,
    live: LivePoints | None = None,
    stop: threading.Event | None = None,
    structures: "Mapping[str, Atoms] | None" = None,
    computed: "Sequence[CoreHoleSpectrum]" = (),
    offset: float = 0.0,
) -> None:
    """Serve spaces on this machine until interrupted.

    Parameters
    ----------
    spaces
        Fitted; the first is shown, the others beside it.
    title
        Of the page.
    port
        0 takes a free one.
    ready
        Is given the address, with its token, once the server listens.
    live
        Points that arrive while the page is open, in the first space.
    stop
        Ends the server once it is set; it is set when the server has ended, by Ctrl-C for example.
    structures
        By name, of phases whose reflections are marked under the patterns.
    computed, offset
        As for `peakscape.explorer.export`.

    Raises
    ------
    MissingExtra
        If the packages of the extra ``explorer`` are not installed.
    InputError
        If the port is taken.
    """
    try:
        import uvicorn

        if live is not None:
            import websockets  # noqa: F401  (uvicorn's socket)
    except ImportError as error:
        raise MissingExtra(str(error.name), "explorer") from error
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise InputError(f"port {port} is taken; leave --port out, or choose another") from error
    listening.listen(128)  # before anyone is told the address: who comes early waits
    taken = listening.getsockname()[1]
    served = Served(spaces, title, live, structures or {}, computed, offset)
    ws: Any = "none" if live is None else "websockets-sansio"
    config = uvicorn.Config(
        app_of(served, taken), log_level="error", lifespan="off", server_header=False, ws=ws, ws_max_size=MOST_SAID,
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    ended = stop or threading.Event()
    threading.Thread(target=_end_with, args=(ended, server), daemon=True).start()
    threading.Thread(target=served.packed, daemon=True).start()
    ready(f"http://{HOST}:{taken}/?token={served.token}")
    with listening:
        try:
            server.run(sockets=[listening])
        finally:
            ended.set()


def _end_with(stop: threading.Event, server: Any) -> None:
    stop.wait()
    server.should_exit = True
