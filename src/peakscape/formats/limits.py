"""Bounds on what one file may ask of the machine; a file beyond them is refused before memory is taken."""

import re
from pathlib import Path

from peakscape.errors import FormatError

# The longest measured powder patterns have 1e5 points (11-BM at the APS: 6e4); a declared number above this is damage.
MAX_POINTS = 2_000_000
# A reciprocal space map has some hundred to a thousand scans.
MAX_SCANS = 20_000
# Points of all scans of a file together: 400 MB in double precision.
MAX_VALUES = 50_000_000
# Text and XML are read whole: a text of 2,000,000 points with three columns has some 60 MB.
MAX_FILE_BYTES = 256 * 2**20
# One part of a zipped file, unpacked; XML in memory takes ten to twenty times its size on disk.
MAX_MEMBER_BYTES = 32 * 2**20
# All parts that are read of a zipped file: a map of 800 scans unpacks to 24 MB.
MAX_UNPACKED_BYTES = 512 * 2**20
MAX_MEMBERS = 100_000
# Deepest XML seen in diffractometers' files: 14 levels.
MAX_XML_DEPTH = 100
# A .brml of 1e5 points has as many elements, an .xrdml map of 800 scans 24,000; an element takes 0.2 kB.
MAX_XML_ELEMENTS = 300_000
# Groups and data sets that are looked at in an HDF5 file.
MAX_HDF5_OBJECTS = 20_000


def read_bytes(path: Path, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """Read a whole file, or raise FormatError where it is larger than `limit` bytes or not a regular file."""
    if not path.is_file():
        raise FormatError(f"{path}: is not a regular file")
    size = path.stat().st_size
    if size > limit:
        raise FormatError(
            f"{path}: has {size} bytes, above the limit of {limit} for a file that is read whole; cut it into parts"
        )
    return path.read_bytes()


def check_n_points(path: Path, n_points: int, *, n_scans: int = 1) -> None:
    """Raise FormatError where a declared number of points or scans cannot be meant."""
    if n_points > MAX_POINTS:
        raise FormatError(
            f"{path}: declares {n_points} points in a scan; at most {MAX_POINTS} are read; is the file damaged?"
        )
    if n_scans > MAX_SCANS or n_points * n_scans > MAX_VALUES:
        raise FormatError(
            f"{path}: holds {n_scans} scans of {n_points} points; at most {MAX_SCANS} scans and {MAX_VALUES} points"
            " together are read; cut it into parts"
        )


def split_lines(text: str) -> list[str]:
    """Split a text at the line ends of any system; str.splitlines would also split at 0x85, of latin-1 headers."""
    return re.split(r"\r\n|\n|\r", text)
