"""The folder of something saved: a description as JSON and arrays as safetensors, written as a whole or not at all."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from peakscape.errors import InputError, MapError
from peakscape.files import replace_atomically

FORMAT_VERSION = 1
"""Version of the layout of a saved map; a program opens its own and older ones."""

DESCRIPTION, ARRAYS = "map.json", "arrays.safetensors"


def write(path: Path, description: dict[str, Any], arrays: dict[str, np.ndarray], *, file: str = DESCRIPTION) -> None:
    """Write the folder atomically, with the checksum of the arrays in the description.

    Parameters
    ----------
    path
        The folder.
    description
        What goes into the JSON file; ``sha256`` is added to it.
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
            description["sha256"] = _checksum(store)
            text = json.dumps(description, indent=2, allow_nan=False)
        except (TypeError, ValueError, SafetensorError) as error:
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
        others = sorted(one.name for one in path.iterdir() if one.name not in (file, ARRAYS))
        if others:
            raise InputError(f"{path} holds {others[0]}, which is no part of a saved {what}; choose another name")
    elif path.exists():
        raise InputError(f"{path} is a file, and a {what} is a folder; choose another name")


def _checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_description(folder: Path, *, file: str = DESCRIPTION, newest: int = FORMAT_VERSION) -> dict[str, Any]:
    """Read the JSON file, and refuse what this program cannot understand.

    Parameters
    ----------
    folder
        What `write` wrote.
    file
        Name of the JSON file.
    newest
        Newest ``format_version`` that the caller understands.

    Raises
    ------
    MapError
        If it cannot be read or is of a newer format.
    """
    place, what = folder / file, Path(file).stem
    try:
        description = json.loads(place.read_text(encoding="utf-8"))
        version = int(description["format_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MapError(
            f"{folder} is not a saved {what}: {place} cannot be read ({error}); give a folder that save wrote"
        ) from error
    if version > newest:
        raise MapError(f"{folder} has {what} format {version}, this program knows {newest} and older; update peakscape")
    return dict(description)


def read_arrays(folder: Path, description: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the arrays after comparing their checksum.

    Raises
    ------
    MapError
        If they cannot be read or were changed.
    """
    file = folder / ARRAYS
    try:
        if _checksum(file) != description.get("sha256"):
            raise MapError(f"{file} was changed after it was saved (its SHA-256 differs); take a fresh copy")
        return dict(load_file(file))
    except (OSError, SafetensorError) as error:
        raise MapError(f"{file} cannot be read ({error}); take a fresh copy of {folder.name}") from error
