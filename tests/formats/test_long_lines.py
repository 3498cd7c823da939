"""Lines of a million characters: every text reader takes a time proportional to their length, whatever they hold."""

import time
from pathlib import Path

import pytest
from example_files import EXAMPLES

from peakscape.errors import FormatError
from peakscape.formats.registry import choose, scans_of

N = 1_000_000
LIMIT_SECONDS = 10.0  # about 0.5 on an idle core; a quadratic search would take hours
LINES = {
    "title and spaces": "2theta" + " " * N + " I",
    "energy and spaces": "energy" + " " * N + "i0",
    "mark and spaces": "#" + " " * N + "x",
    "digit and spaces": "1" + " " * N + "x",
    "two and spaces": "2" + " " * N + "x",
    "unit and spaces": "q nm" + " " * N + "x",
    "digits": "1" * N + "x",
    "digits and a point": "1" * N + "." + "1" * N + "x",
    "exponents": "1e" * (N // 2) + "x",
    "open brackets": "energy " + "([" * (N // 2),
    "closed brackets": "energy " + "(" * (N // 2) + ")" * (N // 2),
    "marks": "#!';%\"*/" * (N // 8),
    "commas": "energy" + "," * N + "x",
    "quotes": '*KEY "' + " " * N + "x",
    "quotes at the end": '*KEY "' + ' "' * (N // 2) + "x",
    "wavelengths": "# " + "wavelength " * (N // 11),
    "wavelength and spaces": "# wavelength" + " " * N + "x",
    "wavelength and digits": "# wavelength " + "1" * N + "x",
    "temperatures": "# " + "temp " * (N // 5),
    "temperature and points": "# temp =" + "." * N + " " * N + "x",
    "fields": "# a" + "-a" * (N // 2) + " :",
    "spacing": " D=" + " " * N + "3",
    "spacing and digits": " D= " + "3" * N + "x",
    "dates": " 16.11.18" + " " * N + "x",
}
# Where such a line is put in a valid file: after the line that begins so.
PLACES = {
    "a.xy": b"",
    "a.dat": b"",
    "a.ras": b"*RAS_HEADER_START",
    "a.fxye": b"silicon",
    "a.xdi": b"# XDI",
    "nine809.dat": b"  9809",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("name", PLACES)
def test_long_line(tmp_path: Path, name: str, line: str) -> None:
    lines = EXAMPLES.get(name, EXAMPLES["titled.dat"]).splitlines(keepends=True)
    place = next(i for i, each in enumerate(lines) if each.startswith(PLACES[name])) + (PLACES[name] != b"")
    lines.insert(place, line.encode() + b"\n")
    path = tmp_path / name
    path.write_bytes(b"".join(lines))
    started = time.monotonic()
    choose(path)
    try:
        assert scans_of(path)
    except FormatError as error:
        assert len(str(error)) < 1000 + len(str(path))  # noqa: PT017
    assert time.monotonic() - started < LIMIT_SECONDS
