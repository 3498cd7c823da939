"""Damaged HDF5 files in which the library would go round for ever, found before it is asked.

It walks through the objects of a heap collection by their sizes, and through the nodes of a tree by the address of the
next (HDF5 File Format Specification 3.0, III.A.1 and III.E,
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html), and does not notice where damage leads it back: a
free object of size zero (`H5HG__cache_heap_deserialize`), a node whose next one was there before
(`H5B__get_info_helper`); up to its version 2.0. What is found here costs no second process its life.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from peakscape.errors import FormatError

_HEAP, _TREE = b"GCOL\x01\0\0\0", b"TREE"
_MOST_BYTES = 2**26  # what lies beyond is left to the limits of time
_HEAD = 16  # bytes of a collection before its first object, and of an object before its data
_OBJECT = struct.Struct("<HHIQ")  # number, references, reserved, size
_NODE = struct.Struct("<4sBBHQQ")  # mark, type, level, entries, the node before, the next
_NONE = 2**64 - 1


def check(path: Path) -> None:
    """Raise FormatError where the first 64 MiB of a file hold a heap or tree that leads the library round.

    Of files whose addresses and sizes have eight bytes, and which begin with their own first byte, as nearly all do.
    """
    with path.open("rb") as file:
        size = min(path.stat().st_size, _MOST_BYTES)
        if size < _HEAD:
            return
        with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as raw:
            wrong = next((place for place in _places(raw, _HEAP) if _heap_goes_round(raw, place)), None)
            wrong = _circle_of_nodes(raw) if wrong is None else wrong
    if wrong is not None:
        raise FormatError(f"{path}: is not a whole HDF5 file (it leads in a circle at byte {wrong}); copy it anew")


def _places(raw: mmap.mmap, mark: bytes) -> Iterator[int]:
    place = raw.find(mark)
    while place >= 0:
        yield place
        place = raw.find(mark, place + len(mark))


def _heap_goes_round(raw: mmap.mmap, start: int) -> bool:
    """Walk through a collection as the library does; True where that would not come to its end."""
    end = start + int.from_bytes(raw[start + 8 : start + _HEAD], "little")
    place = start + _HEAD
    while place + _HEAD <= min(end, len(raw)):
        number, _, _, size = _OBJECT.unpack(raw[place : place + _HEAD])
        step = _HEAD + (size + 7) // 8 * 8 if number else size  # number 0: the free rest, its head counted
        if step % 2**64 == 0:  # the library counts with 64 bits
            return True
        place += step % 2**64
    return False


def _circle_of_nodes(raw: mmap.mmap) -> int | None:
    """Return where a tree has a row of nodes that leads back to one of them; None where there is none."""
    following: dict[int, int] = {}
    for place in _places(raw, _TREE):
        if place + _NODE.size <= len(raw):
            following[place] = int(_NODE.unpack(raw[place : place + _NODE.size])[5])
    done: set[int] = set()
    for start in following:
        here, row = start, {start}
        while here in following and here not in done and following[here] != _NONE:
            here = following[here]
            if here in row:
                return here
            row.add(here)
        done |= row
    return None
