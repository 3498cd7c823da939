"""What the page is given: one stream of bytes, a header as JSON and arrays behind it.

Layout, all numbers little-endian: ``PKSX``, the length of the header (uint32), the header (JSON, UTF-8), zeros up to a
multiple of 8, the arrays. In the header an array is ``{"$": [place, dtype, shape]}``, the place counted from the first
array, the dtype one of ``f4 f8 i4 z2``. Arrays of ``z2`` are rows of 16-bit integers, ``scale`` and ``offset`` for
each: ``value = offset + scale * integer``. Written are their third differences along each row, which are small where
curves are smooth: signs folded into the lowest bit, all low bytes first, then all high bytes. Gzip then makes half of
what it makes of the integers.
"""

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"PKSX"
ALIGNED = 8
DIFFERENCES = 3


@dataclass(frozen=True)
class Rounded:
    """Rows that are sent as 16-bit integers: an error of at most 1 / 131070 of the range of each row."""

    rows: NDArray[np.float64]

    def parts(self) -> tuple[NDArray[np.uint16], NDArray[np.float64], NDArray[np.float64]]:
        """Return the integers (n_rows, n_columns), the scale and the offset of each row."""
        low = self.rows.min(axis=1)
        scale = (self.rows.max(axis=1) - low) / 65535.0
        scale = np.where(scale > 0, scale, 1.0)
        integers = np.round((self.rows - low[:, np.newaxis]) / scale[:, np.newaxis]).astype(np.uint16)
        return integers, scale, low

    def restored(self) -> NDArray[np.float64]:
        """Return the rows as the page sees them."""
        integers, scale, low = self.parts()
        return np.asarray(integers * scale[:, np.newaxis] + low[:, np.newaxis])


def pack(told: Mapping[str, Any]) -> bytes:
    """Pack numbers, texts, lists, dictionaries and arrays; what is not finite outside arrays becomes null.

    Examples
    --------
    >>> unpack(pack({"name": "a", "x": np.array([1.0, 2.0], dtype=np.float32), "bad": float("nan")}))
    {'name': 'a', 'x': array([1., 2.], dtype=float32), 'bad': None}
    """
    chunks: list[bytes] = []
    header = json.dumps(_plain(told, chunks), ensure_ascii=False, allow_nan=False).encode()
    head = MAGIC + len(header).to_bytes(4, "little") + header
    return b"".join([head, bytes(-len(head) % ALIGNED), *chunks])


def compressed(packed: bytes) -> bytes:
    """Return packed bytes gzipped, always to the same bytes."""
    return gzip.compress(packed, compresslevel=6, mtime=0)


def unpack(packed: bytes) -> Any:
    """Return what `pack` was given, as the page reads it; for tests."""
    if packed[:4] != MAGIC:
        raise ValueError("expected bytes of pack")
    length = int.from_bytes(packed[4:8], "little")
    start = 8 + length + (-(8 + length) % ALIGNED)
    return _unpacked(json.loads(packed[8 : 8 + length]), packed, start)


def _unpacked(told: Any, packed: bytes, start: int) -> Any:
    if isinstance(told, list):
        return [_unpacked(one, packed, start) for one in told]
    if not isinstance(told, dict):
        return told
    if "$" not in told:
        return {name: _unpacked(one, packed, start) for name, one in told.items()}
    place, kind, shape = told["$"]
    if kind != "z2":
        return np.frombuffer(packed, dtype=f"<{kind}", count=math.prod(shape), offset=start + place).reshape(shape)
    planes = np.frombuffer(packed, dtype=np.uint8, count=2 * math.prod(shape), offset=start + place)
    values = _summed(planes.reshape(2, *shape))
    scale, offset = (_unpacked(told[name], packed, start) for name in ("scale", "offset"))
    return values * scale[:, np.newaxis] + offset[:, np.newaxis]


def _plain(value: Any, chunks: list[bytes]) -> Any:
    """Return what JSON holds, and put arrays aside."""
    if isinstance(value, Rounded):
        integers, scale, offset = value.parts()
        return _planes_aside(integers, chunks) | {"scale": _aside(scale, chunks), "offset": _aside(offset, chunks)}
    if isinstance(value, np.ndarray):
        return _aside(value, chunks) if value.dtype.kind in "iuf" else _plain(value.tolist(), chunks)
    if isinstance(value, Mapping):
        return {str(name): _plain(one, chunks) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, chunks) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _aside(array: NDArray[Any], chunks: list[bytes]) -> dict[str, Any]:
    """Put an array behind the header."""
    kind = {"float32": "f4", "float64": "f8"}.get(array.dtype.name, "i4")
    return _written(np.ascontiguousarray(array, dtype=f"<{kind}").tobytes(), kind, array.shape, chunks)


def _written(data: bytes, kind: str, shape: Sequence[int], chunks: list[bytes]) -> dict[str, Any]:
    """Put bytes behind the header, and return where."""
    place = sum(len(chunk) for chunk in chunks)
    chunks.append(data + bytes(-len(data) % ALIGNED))
    return {"$": [place, kind, list(shape)]}


def _planes_aside(integers: NDArray[np.uint16], chunks: list[bytes]) -> dict[str, Any]:
    """Put the third differences of rows of integers behind the header, modulo 2**16."""
    apart = integers
    for _ in range(DIFFERENCES):
        apart = np.diff(apart, axis=1, prepend=np.uint16(0))
    signed = apart.view(np.int16)
    folded = ((signed << 1) ^ (signed >> 15)).view(np.uint16)
    planes = np.stack([folded & 0xFF, folded >> 8]).astype(np.uint8)
    return _written(planes.tobytes(), "z2", integers.shape, chunks)


def _summed(planes: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The integers whose third differences these are."""
    folded = planes[0].astype(np.uint16) | (planes[1].astype(np.uint16) << 8)
    values = (folded >> 1) ^ (0 - (folded & 1)).astype(np.uint16)
    for _ in range(DIFFERENCES):
        values = np.cumsum(values, axis=1, dtype=np.uint16)
    return np.asarray(values, dtype=np.uint16)
