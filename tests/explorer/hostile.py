"""Hostile uploads against a running server: python -m tests.explorer.hostile N [SEED] (docs/explorer.md tells what came).

Files are cut, changed, swollen and misnamed; zip bombs and a file that keeps libhdf5 in a loop are among them. Each must
be answered in one line, in bounded time; what the server writes outside its folder, and what it keeps, is counted.
"""

import collections
import http.client
import io
import json
import os
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlparse

import numpy as np

import peakscape as ps
from peakscape.explorer import server
from tests.explorer.conftest import series

NAMES = [
    "a{s}", "../../../etc/cron.d/x{s}", "C:\\windows\\x{s}", "a\x00b{s}", "‮gpj{s}", "x" * 5000 + "{s}", "{s}", "a b\n{s}",
    "'; rm -rf ~;{s}", "<img src=x onerror=alert(1)>{s}", "con{s}", "~/.bashrc{s}", "a{s}{s}{s}", "%2e%2e%2f{s}", "𝒳é{s}",
]  # fmt: skip
SUFFIXES = [
    ".xy", ".csv", ".nxs", ".h5", ".xrdml", ".brml", ".rasx", ".ras", ".raw", ".prj", ".nc", ".zarr", ".dat", ".cif",
    ".zip", ".pkl", ".npy", ".html", ".exe", "", ".XY", ".gz", ".uxd", ".xdi", ".chi",
]  # fmt: skip


def seeds() -> list[bytes]:
    """Valid files of several formats, and some that are monsters already."""
    import h5py

    rows = "\n".join(f"{x:.4f} {10 + x:.4f}" for x in np.linspace(10, 40, 400)).encode()
    found = [rows, b"two_theta,intensity\n" + rows.replace(b" ", b","), b"# wavelength 1.54\n" + rows]
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.attrs["default"] = "entry"
        data = file.create_group("entry/data")
        data.attrs["signal"], data.attrs["axes"] = "counts", "two_theta"
        data["two_theta"], data["counts"] = np.linspace(10, 40, 400), np.ones(400)
    found.append(held.getvalue())
    for name, content in (("Profile0.txt", rows), ("Experiment0/RawData0.xml", b"<RawData/>")):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(name, content)
            archive.writestr("../../escape", b"x")
        found.append(held.getvalue())
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("Profile0.txt", "Data0/Profile0.txt", "Experiment0/RawData0.xml"):
            archive.writestr(name, b"0" * 200_000_000)
    found.append(bomb.getvalue())
    nested = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'">'
    nested += b"".join(b'<!ENTITY a%d "%s">' % (k, (b"&a%d;" % (k - 1) if k else b"&a;") * 10) for k in range(9))
    found.append(nested + b"]><xrdMeasurements>&a8;</xrdMeasurements>")
    found += [
        b"<x>" * 100_000,
        b"[" * 1_000_000,
        b"1 " * 2_000_000,
        b"1\n" * 1_000_000,
        b"9" * 3_000_000,
        b"\x00" * 100_000,
    ]
    found += [b"10 nan\n11 inf\n12 1e999\n13 -1e308\n" * 100, b"\xff\xfe" + rows, b"cos\nsystem\n(S'id'\ntR.", b""]
    return found


def hostile(rng: np.random.Generator, sound: list[bytes]) -> bytes:
    """One hostile file."""
    data = bytearray(sound[rng.integers(len(sound))])
    for _ in range(int(rng.integers(0, 3))):
        if not data:
            break
        place, way = int(rng.integers(len(data))), int(rng.integers(5))
        if way == 0:
            del data[place:]
        elif way == 1:
            for spot in rng.integers(0, len(data), size=min(len(data), int(rng.integers(1, 40)))):
                data[spot] = int(rng.integers(256))
        elif way == 2:
            data[place : place + 8] = rng.bytes(8)
        elif way == 3:
            data[place:place] = bytes(data[: int(rng.integers(1, 2000))]) * int(rng.integers(1, 30))
        else:
            del data[place : place + int(rng.integers(1, 200))]
    return bytes(data)


def upload(address: str, data: bytes, name: str, query: str) -> tuple[int, bytes]:
    """Send one file."""
    parts = urlparse(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=300)
    headers = {"x-peakscape-token": parts.query.removeprefix("token=")}
    connection.request("POST", f"/place?name={quote(name)}{query}", body=data, headers=headers)
    answer = connection.getresponse()
    status, told = answer.status, answer.read()
    connection.close()
    return status, told


def _megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Send N files and count."""
    warnings.simplefilter("ignore")
    n_files, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    rng, sound = np.random.default_rng(seed), seeds()
    loops = Path(os.environ.get("PEAKSCAPE_LOOPING_FILE", "/nonexistent"))
    told: list[str] = []
    space = ps.FeatureSpace("pca", preparation="none").fit(series())
    options: dict[str, Any] = {"title": "t", "ready": told.append}
    threading.Thread(target=server.serve, args=([space],), kwargs=options, daemon=True).start()
    while not told:
        time.sleep(0.05)
    counts: collections.Counter[int] = collections.Counter()
    slowest, wrong, before = 0.0, [], sorted(os.listdir(tempfile.gettempdir()))
    upload(told[0], sound[0], "warm.xy", "&wavelength=1.5406")
    began, at_start = time.monotonic(), _megabytes()
    for number in range(n_files):
        data = loops.read_bytes() if number == n_files // 2 and loops.exists() else hostile(rng, sound)
        name = NAMES[rng.integers(len(NAMES))].replace("{s}", SUFFIXES[rng.integers(len(SUFFIXES))])
        name = "loop.nxs" if number == n_files // 2 else name
        query = ["", "&wavelength=1.5406", "&axis=q", "&wavelength=1.5406&axis=two_theta"][rng.integers(4)]
        start = time.monotonic()
        status, answer = upload(told[0], data, name, query)
        slowest = max(slowest, time.monotonic() - start)
        counts[status] += 1
        if status not in (200, 400, 422):
            wrong.append((number, status, name[:40], answer[:200]))
        elif status != 200:
            line = json.loads(answer)["error"]
            if "\n" in line or "Traceback" in line or "/tmp/peakscape-" in line:
                wrong.append((number, status, name[:40], line[:200]))
    left = sorted(set(os.listdir(tempfile.gettempdir())) - set(before))
    kept = [name for name in left if name.startswith("peakscape-")]
    print(
        f"{n_files} files, seed {seed}: {dict(counts)}; slowest {slowest:.1f} s; {time.monotonic() - began:.0f} s in all"
    )
    print(f"memory {at_start:.0f} to {_megabytes():.0f} MB; folders left {kept}; wrong {len(wrong)}")
    for one in wrong[:20]:
        print(one)


if __name__ == "__main__":
    main()
