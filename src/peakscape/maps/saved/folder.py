"""The folder of something saved: a description as JSON and arrays as safetensors, written as a whole or not at all.

One digest is over all of it: the description holds the checksum of the arrays, and its own, over everything in it. So
what was changed by accident is refused. Who changes it on purpose can compute a new one: nothing in such a folder is
ever run, what it says is checked (`plain_json`, `storage`), and the probe tells whether it still answers as it did.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from peakscape.errors import InputError, MapError
from peakscape.files import replace_atomically, tidy

FORMAT_VERSION = 2
"""Version of the layout of a saved map; a program opens its own and older ones. 1 had no digest of the description."""

DESCRIPTION, ARRAYS = "map.json", "arrays.safetensors"
DIGEST, ARRAYS_DIGEST = "digest", "sha256"
MOST_BYTES = 64 * 2**20
"""Of a description: 100,000 samples with long names have 20 MB."""
MOST_LEVELS = 20
"""Of lists and objects within one another; ours have seven."""


def write(path: Path, description: dict[str, Any], arrays: dict[str, np.ndarray], *, file: str = DESCRIPTION) -> None:
    """Write the folder atomically, with the checksum of the arrays and its own in the description.

    Parameters
    ----------
    path
        The folder.
    description
        What goes into the JSON file; ``sha256`` and ``digest`` are added to it.
    arrays
        What goes into the file of arrays, by name.
    file
        Name of the JSON file.

    Raises
    ------
    InputError
        If something cannot be written as JSON or as a numeric array, or at `path` is a file or a folder that holds
        anything else than what was written by this function.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "some.map"
    >>> write(folder, {"format_version": FORMAT_VERSION}, {"numbers": np.arange(3)})
    >>> read_arrays(folder, read_description(folder))["numbers"].tolist()
    [0, 1, 2]
    """
    check_free(path, file=file)
    with replace_atomically(path) as fresh:
        fresh.mkdir()
        store = fresh / ARRAYS
        try:
            store.touch()
            mode = store.stat().st_mode  # what the umask gives; safetensors would leave the file to its owner alone
            save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, store)
            store.chmod(mode)
            description[ARRAYS_DIGEST] = _checksum(store)
            description[DIGEST] = digest_of(description)
            text = json.dumps(description, indent=2, allow_nan=False)
        except SafetensorError as error:
            if "os error" in str(error).lower() or "I/O" in str(error):  # the system's: a full disk
                raise InputError(f"cannot save {path}: {_plain(error)}") from error
            raise InputError(f"cannot save {path}: {_plain(error)}; give numeric arrays") from error
        except (TypeError, ValueError) as error:
            raise InputError(f"cannot save {path}: {error}; give plain numbers, text and numeric arrays") from error
        (fresh / file).write_text(text + "\n", encoding="utf-8")


def check_free(path: Path, *, file: str = DESCRIPTION) -> None:
    """Raise InputError where saving at `path` would replace anything else than what `write` wrote.

    Examples
    --------
    >>> check_free(Path("nothing.map"))
    """
    what = Path(file).stem
    if path.is_dir():
        inside = sorted(one.name for one in path.iterdir())
        others = [name for name in inside if name not in (file, ARRAYS)]
        if others:
            raise InputError(f"{path} holds {others[0]}, which is no part of a saved {what}; choose another name")
        if inside and not _is_ours(path / file):
            raise InputError(
                f"{path} is no {what} that peakscape saved, and nothing else is replaced; take another name"
            )
    elif path.exists():
        raise InputError(f"{path} is a file, and a {what} is a folder; choose another name")


def _is_ours(place: Path) -> bool:
    try:
        return {"format_version", ARRAYS_DIGEST} <= set(plain_json(place))
    except (OSError, ValueError):
        return False


def _plain(error: Exception) -> str:
    return " ".join(str(error).removeprefix("Error while serializing: ").split())


def digest_of(description: dict[str, Any]) -> str:
    """Return the SHA-256 of all that a description says, whatever its order and spacing; ``digest`` is left out.

    Examples
    --------
    >>> digest_of({"a": 1, "digest": "x"}) == digest_of({"a": 1})
    True
    """
    said = {key: value for key, value in description.items() if key != DIGEST}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plain_json(place: Path) -> dict[str, Any]:
    """Read a JSON object of numbers, texts, lists and objects, within limits.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, is too large or too deep, or holds what JSON does not know, such as Infinity.
    """
    if not place.is_file():
        raise FileNotFoundError(f"there is no file {place.name}")
    if place.stat().st_size > MOST_BYTES:
        raise ValueError(f"it has {place.stat().st_size} bytes, above the limit of {MOST_BYTES}")
    text = place.read_bytes().decode("utf-8")
    try:
        found = json.loads(text, parse_constant=_no_constant)
        _check_levels(found, MOST_LEVELS)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError(f"it holds a {type(found).__name__} where an object was expected")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


def _check_levels(value: Any, n_levels: int) -> None:
    """Raise ValueError for what is nested too deep, or a number too large for a float."""
    if isinstance(value, list | dict):
        if n_levels == 0:
            raise ValueError("it is nested too deep")
        for one in value.values() if isinstance(value, dict) else value:
            _check_levels(one, n_levels - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is too large")
    elif isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("a whole number is too large")


def _checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_description(
    folder: Path, *, file: str = DESCRIPTION, newest: int = FORMAT_VERSION, without_digest: int = 1
) -> dict[str, Any]:
    """Read the JSON file, and refuse what was changed and what this program cannot understand.

    Parameters
    ----------
    folder
        What `write` wrote.
    file
        Name of the JSON file.
    newest
        Newest ``format_version`` that the caller understands.
    without_digest
        Newest ``format_version`` of which there are folders without a digest.

    Raises
    ------
    MapError
        If it cannot be read, was changed, or is of a newer format.
    """
    tidy(folder)
    place, what = folder / file, Path(file).stem
    try:
        description = plain_json(place)
        version = description["format_version"]
        if type(version) is not int or version < 1:
            raise ValueError(f"its format_version is {version!r}"[:100])
    except (OSError, ValueError, KeyError) as error:
        raise MapError(
            f"{folder} is not a saved {what}: {place} cannot be read ({error}); give a folder that save wrote"
        ) from error
    if version > newest:
        raise MapError(f"{folder} has {what} format {version}, this program knows {newest} and older; update peakscape")
    wanted = description.get(DIGEST)
    if (wanted is not None or version > without_digest) and wanted != digest_of(description):
        raise MapError(f"{place} was changed after it was saved (its SHA-256 differs); take a fresh copy")
    return description


def read_arrays(folder: Path, description: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the arrays after comparing their checksum.

    Raises
    ------
    MapError
        If they cannot be read or were changed.
    """
    file = folder / ARRAYS
    if not file.is_file():
        raise MapError(f"{file} is missing; take a fresh copy of {folder.name}")
    try:
        if _checksum(file) != description.get(ARRAYS_DIGEST):
            raise MapError(f"{file} was changed after it was saved (its SHA-256 differs); take a fresh copy")
        return dict(load_file(file))
    except (OSError, SafetensorError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise MapError(f"{file} cannot be read ({_plain(error)}); take a fresh copy of {folder.name}") from error
