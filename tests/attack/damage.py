"""Damage to valid files: of bytes, of the parts of zipped files, of XML, of what HDF5 files hold."""

import io
import random
import re
import tempfile
import zipfile
from pathlib import Path

WORDS = [
    b"1e308",
    b"-1e308",
    b"1e999",
    b"nan",
    b"-inf",
    b"-1",
    b"0",
    b"9" * 400,
    b"1000000000",
    b"",
    b".",
    b"1_0",
    b"1,5",
]
WORDS += ["٣".encode(), b"0x10", b"K", b"()", b"\x00", b"\xff\xfe", b"\n", b" ", b"<", b"&a;", b"\x1b[31m", b"2**31"]
_NUMBER = re.compile(rb"[-+]?\d[\d.eE+-]*")
_ELEMENT = re.compile(rb"<(\w+)[^>]*>[^<]*</\1>")
_ATTRIBUTE = re.compile(rb'\w+="[^"]*"')


def damaged(raw: bytes, chance: random.Random) -> bytes:
    """Damage a file once to four times, knowing what kind of file it is."""
    for step in range(chance.randint(1, 4)):
        ways = [_flip, _cut, _overwrite, _insert, _repeat, _word, _swap]
        if raw[:2] == b"PK":
            ways += [_in_member] * 8 + [_zip_field] * 2
        elif raw[:1] == b"<":
            ways += [_element] * 4 + [_attribute] * 3
        elif raw[:4] == b"\x89HDF":
            ways += [_metadata] * 8 + ([_hdf5] * 8 if step == 0 else [])  # h5py opens here what is still whole
        raw = chance.choice(ways)(raw, chance)
    return raw


def _place(raw: bytes, chance: random.Random) -> int:
    return chance.randrange(len(raw)) if raw else 0


def _flip(raw: bytes, chance: random.Random) -> bytes:
    k = _place(raw, chance)
    return raw[:k] + bytes([raw[k] ^ (1 << chance.randrange(8))]) + raw[k + 1 :] if raw else raw


def _cut(raw: bytes, chance: random.Random) -> bytes:
    return raw[: _place(raw, chance)] if chance.random() < 0.5 else raw[_place(raw, chance) :]


def _overwrite(raw: bytes, chance: random.Random) -> bytes:
    k, new = _place(raw, chance), chance.choice([chance.randbytes(chance.randint(1, 8)), b"\xff" * 8, bytes(8)])
    return raw[:k] + new + raw[k + len(new) :]


def _insert(raw: bytes, chance: random.Random) -> bytes:
    k = _place(raw, chance)
    return raw[:k] + chance.randbytes(chance.randint(1, 40)) + raw[k:]


def _repeat(raw: bytes, chance: random.Random) -> bytes:
    k = _place(raw, chance)
    return raw[:k] + raw[k : k + chance.randint(1, 200)] * chance.randint(2, 5) + raw[k:]


def _swap(raw: bytes, chance: random.Random) -> bytes:
    a, b = sorted((_place(raw, chance), _place(raw, chance)))
    n = min(chance.randint(1, 16), b - a)
    return raw[:a] + raw[b : b + n] + raw[a + n : b] + raw[a : a + n] + raw[b + n :]


def _of(pattern: re.Pattern[bytes], raw: bytes, new, chance: random.Random) -> bytes:
    found = list(pattern.finditer(raw))
    if not found:
        return raw
    one = chance.choice(found)
    return raw[: one.start()] + new(one[0]) + raw[one.end() :]


def _word(raw: bytes, chance: random.Random) -> bytes:
    return _of(_NUMBER, raw, lambda _: chance.choice(WORDS), chance)


def _element(raw: bytes, chance: random.Random) -> bytes:
    kind = chance.choice(["gone", "twice", "deep", "empty"])
    made = {
        "gone": lambda text: b"",
        "twice": lambda text: text * chance.randint(2, 50),
        "deep": lambda text: b"<a>" * 120 + text + b"</a>" * 120,
        "empty": lambda text: text[: text.index(b">") + 1] + text[text.rindex(b"<") :],
    }
    return _of(_ELEMENT, raw, made[kind], chance)


def _attribute(raw: bytes, chance: random.Random) -> bytes:
    value = chance.choice(WORDS).replace(b"<", b"&lt;").replace(b"&a;", b"")
    return _of(_ATTRIBUTE, raw, lambda text: text.split(b"=")[0] + b'="' + value + b'"', chance)


def _in_member(raw: bytes, chance: random.Random) -> bytes:
    """Unpack, damage, drop, double or rename one part, and pack again."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as file:
            parts = [(name, file.read(name)) for name in file.namelist()]
    except Exception:  # damaged already
        return _flip(raw, chance)
    if not parts:
        return raw
    k = chance.randrange(len(parts))
    name, part = parts[k]
    kind = chance.choice(["damage", "damage", "damage", "drop", "double", "rename", "swap"])
    if kind == "damage":
        ways = [_flip, _cut, _insert, _repeat, _word, _word, _element, _element, _attribute]
        parts[k] = (name, chance.choice(ways)(part, chance))
    elif kind == "drop":
        del parts[k]
    elif kind == "double":
        parts.append((name, part))
    elif kind == "rename":
        parts[k] = (chance.choice(["../../etc/x", "a" * 300, "", "\x1b[31m", name.upper(), "/abs"]) or "x", part)
    else:
        parts[k] = (name, parts[chance.randrange(len(parts))][1])
    memory = io.BytesIO()
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(memory, "w", chance.choice([0, 8])) as file:
        warnings.simplefilter("ignore")
        for name, part in parts:
            file.writestr(name, part)
    return memory.getvalue()


def _zip_field(raw: bytes, chance: random.Random) -> bytes:
    """Change sizes, flags or offsets in a header."""
    places = [found.start() for found in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", raw)]
    if not places:
        return raw
    k = chance.choice(places) + chance.randint(4, 44)
    return raw[:k] + chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", chance.randbytes(2)]) + raw[k + 4 :]


def _metadata(raw: bytes, chance: random.Random) -> bytes:
    """Change what is not zero in an HDF5 file: its headers, heaps and trees."""
    for _ in range(20):
        k = _place(raw, chance)
        if any(raw[k : k + 8]):
            break
    new = chance.choice(
        [b"\xff", b"\0", b"\x01", b"\x80", chance.randbytes(4), b"\xff" * 8, (2**31 - 1).to_bytes(8, "little")]
    )
    return raw[:k] + new + raw[k + len(new) :]


def _hdf5(raw: bytes, chance: random.Random) -> bytes:
    """Open an HDF5 file and change an attribute, a data set or a link."""
    import h5py
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.h5"
        path.write_bytes(raw)
        try:
            with h5py.File(path, "r+", locking=False) as file:
                names: list[str] = []
                file.visit(names.append)
                thing = file[chance.choice(names)]
                kind = chance.choice(["attribute", "drop", "link", "values", "shape"])
                if kind == "attribute":
                    key = chance.choice(["NX_class", "signal", "axes", "default", "units", "definition"])
                    values = ["NXdata", "NXentry", "", "a/b/../..", 7, [1, 2], "x" * 1000, "q", "..", np.nan, b"\xff"]
                    thing.attrs[key] = chance.choice(values)
                elif kind == "drop":
                    del file[thing.name]
                elif kind == "link":
                    place = thing.parent.name.rstrip("/") + "/" + chance.choice(["I", "q", "data", "energy", "new"])
                    if place in file:
                        del file[place]
                    file[place] = chance.choice([h5py.SoftLink("/entry"), h5py.SoftLink("."), file["/"], thing])
                elif isinstance(thing, h5py.Dataset):
                    name = thing.name
                    del file[name]
                    if kind == "values":
                        file[name] = chance.choice(
                            [np.nan, [1.0, np.inf], "text", [[1, 2], [3, 4]], [1e308, -1e308], []]
                        )
                    else:
                        shape = chance.choice([(0,), (1,), (10**9,), (3, 0), (2, 2, 2), (10**6, 10**6)])
                        file.create_dataset(name, shape, chunks=tuple(max(1, min(n, 100)) for n in shape), dtype="f4")
        except Exception:  # damaged already
            return _metadata(raw, chance)
        return path.read_bytes()
