"""Broken files by the hundred: every reader gives finite curves or the package's own error, soon and without warnings.

PEAKSCAPE_FUZZ=5000 pytest tests/formats/test_fuzzing.py   makes it thousands for each reader, others on each run.
Limits of time are of the processor's: another program beside it does not make a reader slow.
"""

import io
import os
import resource
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from example_files import EXAMPLES, POINTS, brml_parts, rasx_parts, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peakscape.errors import FormatError, MissingExtra, PeakscapeError
from peakscape.formats import limits
from peakscape.formats.limits import MAX_VALUES
from peakscape.formats.registry import scans_of

N_EXAMPLES = int(os.environ.get("PEAKSCAPE_FUZZ", "200"))
LIMIT_SECONDS = 10.0
SETTINGS = settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
WORDS = [
    b"1e308",
    b"-1e308",
    b"1e999",
    b"nan",
    b"-1",
    b"0",
    b"9" * 400,
    b"1000000000",
    b"99999999999999999999",
    b"",
    b".",
]
WORDS += [b"\x00", b"\xff\xfe", b"\n", b" ", b"<", b"&a;", b"-inf", b"1_0", "٣".encode(), b"1,5", b"0x10", b"K", b"()"]


@st.composite
def damaged(draw: st.DrawFn, raw: bytes) -> bytes:
    """Damage valid bytes: cut, flip bits, overwrite, repeat, or put hard words in place of numbers."""
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["cut", "flip", "overwrite", "insert", "repeat", "word"]))
        place = draw(st.integers(0, max(len(raw) - 1, 0)))
        if kind == "cut":
            raw = raw[:place]
        elif kind == "flip":
            raw = raw[:place] + bytes([raw[place] ^ (1 << draw(st.integers(0, 7)))]) + raw[place + 1 :] if raw else raw
        elif kind == "overwrite":
            new = draw(st.binary(min_size=1, max_size=8))
            raw = raw[:place] + new + raw[place + len(new) :]
        elif kind == "insert":
            raw = raw[:place] + draw(st.binary(min_size=1, max_size=40)) + raw[place:]
        elif kind == "repeat":
            raw = raw[:place] + raw[place : place + draw(st.integers(1, 200))] * draw(st.integers(2, 5)) + raw[place:]
        else:
            raw = _with_word(raw, place, draw(st.sampled_from(WORDS)))
    return raw


def _with_word(raw: bytes, place: int, word: bytes) -> bytes:
    """Replace the number at or after a place."""
    start = next((i for i in range(place, len(raw)) if raw[i : i + 1].isdigit()), None)
    if start is None:
        return raw
    stop = next((i for i in range(start, len(raw)) if raw[i : i + 1] not in b"0123456789.eE+-"), len(raw))
    return raw[:start] + word + raw[stop:]


def give(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    started = time.process_time()
    scans, message = [], ""
    try:
        scans = scans_of(path)
    except MissingExtra:  # says what to install, whatever the file
        return
    except PeakscapeError as error:
        message = str(error)
    if message:
        assert path.name in message
        assert "\n" not in message
        assert "cannot be read (" not in message  # an exception of another kind, in the worker
    else:
        assert scans
        for scan in scans:
            assert len(scan.points) == len(scan.intensity) >= 2
            assert np.isfinite(scan.points).all()
            assert np.isfinite(scan.intensity).all()
            assert (np.diff(scan.points) > 0).all()
            assert scan.wavelength is None or 0 < scan.wavelength < 1000
            assert all(isinstance(value, str) or np.isfinite(value) for value in scan.metadata.values())
    assert time.process_time() - started < LIMIT_SECONDS


@pytest.mark.parametrize("name", EXAMPLES)
@SETTINGS
@given(data=st.data())
def test_damaged_file(tmp_path: Path, name: str, data: st.DataObject) -> None:
    give(tmp_path / name, data.draw(damaged(EXAMPLES[name])))


@pytest.mark.parametrize(("name", "parts"), [("a.rasx", rasx_parts()), ("a.brml", brml_parts())])
@SETTINGS
@given(data=st.data())
def test_damage_within_a_whole_zip_file(
    tmp_path: Path, name: str, parts: dict[str, bytes], data: st.DataObject
) -> None:
    part = data.draw(st.sampled_from(sorted(parts)))
    give(tmp_path / name, zipped({**parts, part: data.draw(damaged(parts[part]))}))


@pytest.mark.parametrize("name", EXAMPLES)
@settings(SETTINGS, max_examples=max(N_EXAMPLES // 4, 1))
@given(raw=st.binary(max_size=400))
def test_random_file(tmp_path: Path, name: str, raw: bytes) -> None:
    give(tmp_path / name, raw)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("content", EXAMPLES)
def test_file_of_another_kind(tmp_path: Path, name: str, content: str) -> None:
    give(tmp_path / name, EXAMPLES[content])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_truncation(tmp_path: Path, name: str) -> None:
    raw = EXAMPLES[name]
    for stop in range(0, len(raw), max(1, len(raw) // 60)):
        give(tmp_path / name, raw[:stop])


def refused(path: Path, raw: bytes, message: str) -> None:
    """Refused in 5 seconds (0.5 on an idle core) and without taking half a gigabyte."""
    path.write_bytes(raw)
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FormatError, match=message):
        scans_of(path)
    assert time.process_time() - started < 5.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024  # in KiB


@pytest.mark.parametrize("name", EXAMPLES)
def test_empty_file(tmp_path: Path, name: str) -> None:
    refused(tmp_path / name, b"", "is empty")


BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">%s]><xrdMeasurements>&a20;</xrdMeasurements>"""
    % b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 21))
)
FETCH = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><xrdMeasurements><scan>&x;</scan></xrdMeasurements>'


@pytest.mark.parametrize("xml", [BOMB, FETCH])
def test_entities(tmp_path: Path, xml: bytes) -> None:
    refused(tmp_path / "a.xrdml", xml, "document type")
    refused(tmp_path / "a.brml", zipped({"Experiment0/RawData0.xml": xml}), "document type")
    conditions = "Data0/MesurementConditions0.xml"
    refused(tmp_path / "a.rasx", zipped({**rasx_parts(), conditions: xml}), "document type")


def test_deep_xml(tmp_path: Path) -> None:
    refused(tmp_path / "a.xrdml", b"<a>" * 200_000, "deeper than 100 levels")


def test_xml_of_very_many_elements(tmp_path: Path) -> None:
    refused(tmp_path / "a.xrdml", b"<xrdMeasurements>" + b"<a/>" * 10_000_000, "more than 300000 elements")


@pytest.mark.parametrize("name", ["a.xy", "a.ras", "a.fxye", "a.cif", "a.nxs", "a.xrdml", "a.rasx", "a.brml", "a.raw"])
def test_more_points_than_the_limit(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")  # read here, not in the worker, which has the limit of before
    monkeypatch.setattr(limits, "MAX_POINTS", len(POINTS) - 1)
    refused(tmp_path / name, EXAMPLES[name], "at most 5 are read")


@pytest.mark.parametrize("name", ["a.rasx", "a.brml"])
def test_zip_bomb(tmp_path: Path, name: str) -> None:
    member = "Data0/Profile0.txt" if name == "a.rasx" else "Experiment0/RawData0.xml"
    raw = zipped({member: b" " * (40 * 2**20), "Data0/MesurementConditions0.xml": b""})
    assert len(raw) < 100_000
    refused(tmp_path / name, raw, "unpacks to more than the limits")


def test_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    raw = bytearray(zipped({"Data0/Profile0.txt": b"1 2 3\n" * 1000}))
    place = raw.rindex(b"PK\x01\x02") + 24
    raw[place : place + 4] = (2**32 - 10).to_bytes(4, "little")
    refused(tmp_path / "a.rasx", bytes(raw), "unpack")


def test_zip_with_encryption_flag(tmp_path: Path) -> None:
    raw = bytearray(zipped(rasx_parts()))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = raw.find(signature)
        while place >= 0:
            raw[place + offset] |= 1
            place = raw.find(signature, place + 1)
    refused(tmp_path / "a.rasx", bytes(raw), "cannot be unpacked")


def test_absurd_declared_numbers_of_points(tmp_path: Path) -> None:
    from example_files import gsas, raw4, xrdml

    refused(tmp_path / "a.raw", raw4(n_points=1_000_000_000), "declares 1000000000 points")
    text = gsas("FXYE").replace(b"BANK 1 6 6", b"BANK 1 1000000000 1000000000")
    refused(tmp_path / "a.fxye", text, "declares 1000000000 points")
    part = brml_parts()["Experiment0/RawData0.xml"]
    for old, new in ((b">6<", b">1000000000<"), (b">0.5<", b">1e-12<"), (b"<Stop>12.5", b"<Stop>1e300")):
        refused(tmp_path / "a.brml", zipped({"Experiment0/RawData0.xml": part.replace(old, new)}), "points")
    text = xrdml(1).replace(b'unit="deg"', b'unit="9**9**9**9"')
    refused(tmp_path / "a.xrdml", text, "expected 'deg'")


def _hdf5(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_group("entry/data")
        data.attrs.update({"NX_class": "NXdata", "signal": "I", "axes": "q"})
        make(file, data)


@pytest.mark.parametrize("shape", [(10**9,), (10**6, 10**6), (MAX_VALUES, 2), (10**17,)])
def test_hdf5_with_a_huge_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    def make(file, data):  # type: ignore[no-untyped-def]
        for name in ("I", "q"):
            data.create_dataset(name, shape=shape, chunks=tuple(min(n, 1000) for n in shape), dtype="f8")

    _hdf5(tmp_path, make)
    refused(tmp_path / "a.h5", (tmp_path / "a.h5").read_bytes(), "at most")


def test_hdf5_with_links_to_other_files_and_in_circles(tmp_path: Path) -> None:
    import h5py

    def external(file, data):  # type: ignore[no-untyped-def]
        data["I"] = h5py.ExternalLink("/etc/other.h5", "/I")
        data["q"] = [1.0, 2.0]

    def circle(file, data):  # type: ignore[no-untyped-def]
        data["I"] = h5py.SoftLink("/entry/data/I")
        data["up"] = h5py.SoftLink("/entry")
        data["again"] = data

    def virtual(file, data):  # type: ignore[no-untyped-def]
        layout = h5py.VirtualLayout(shape=(2,), dtype="f8")
        layout[:] = h5py.VirtualSource("/etc/other.h5", "I", shape=(2,))
        data.create_virtual_dataset("I", layout)
        data["q"] = [1.0, 2.0]

    def outside(file, data):  # type: ignore[no-untyped-def]
        data.create_dataset("I", shape=(2,), dtype="f8", external=[("/etc/passwd", 0, 16)])
        data["q"] = [1.0, 2.0]

    def by_way_of_a_soft_link(file, data):  # type: ignore[no-untyped-def]
        file["other"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/")
        data["I"] = h5py.SoftLink("/other/numbers")
        data["q"] = [1.0, 2.0]

    def axis_by_way_of_two_soft_links(file, data):  # type: ignore[no-untyped-def]
        file["other"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/")
        file["entry/step"] = h5py.SoftLink("/other/numbers")
        data["I"], data["q"] = [1.0, 2.0], h5py.SoftLink("/entry/step")

    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["numbers"] = [3.0, 4.0]
    for make, message in (
        (by_way_of_a_soft_link, "names no signal"),
        (axis_by_way_of_two_soft_links, "names no axis"),
        (external, "names no signal"),
        (circle, "names no signal"),
        (virtual, "other files"),
        (outside, "other files"),
    ):
        _hdf5(tmp_path, make)
        refused(tmp_path / "a.h5", (tmp_path / "a.h5").read_bytes(), message)


def test_hdf5_soft_links_within_the_file(tmp_path: Path) -> None:
    import h5py

    def make(file, data):  # type: ignore[no-untyped-def]
        file["raw/numbers"], file["raw/place"] = [3.0, 4.0], [1.0, 2.0]
        data["I"], data["q"] = h5py.SoftLink("/short/numbers"), h5py.SoftLink("place")
        data["place"], file["short"] = h5py.SoftLink("/raw/./place"), h5py.SoftLink("raw")

    _hdf5(tmp_path, make)
    [scan] = scans_of(tmp_path / "a.h5")
    assert (scan.points.tolist(), scan.intensity.tolist()) == ([1.0, 2.0], [3.0, 4.0])


def test_hdf5_text_of_another_file_is_not_told(tmp_path: Path) -> None:
    import h5py

    (tmp_path / "secret.txt").write_text("secret words here")

    def make(file, data):  # type: ignore[no-untyped-def]
        data["I"], data["q"] = [3.0, 4.0], [1.0, 2.0]
        kind = h5py.string_dtype(length=12)
        file.create_dataset("start_time", shape=(1,), dtype=kind, external=[(str(tmp_path / "secret.txt"), 0, 12)])

    _hdf5(tmp_path, make)
    [scan] = scans_of(tmp_path / "a.h5")
    assert "date" not in scan.metadata


def test_no_plain_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xy")
    with pytest.raises(FormatError, match="not a regular file"):
        scans_of(tmp_path / "pipe.xy")


def test_examples_are_valid(tmp_path: Path) -> None:
    for name, raw in EXAMPLES.items():
        (tmp_path / name).write_bytes(raw)
        assert scans_of(tmp_path / name), name
    assert zipfile.ZipFile(io.BytesIO(EXAMPLES["a.rasx"])).testzip() is None
