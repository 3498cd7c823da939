"""The folder of a saved map: `map.json` and `arrays.safetensors`, written as a whole or not at all."""

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
"""Version of the folder's layout; a program opens its own and older ones."""


def write(path: Path, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write the folder atomically, with the checksum of the arrays in the description.

    Parameters
    ----------
    path
        The folder.
    description
        What goes into `map.json`.
    arrays
        What goes into `arrays.safetensors`, by name.

    Raises
    ------
    InputError
        If something cannot be written as JSON or as a numeric array, or at `path` is a file or a folder that holds
        anything else than a saved map.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "some.map"
    >>> write(folder, {"format_version": FORMAT_VERSION}, {"numbers": np.arange(3)})
    >>> read_arrays(folder, read_description(folder))["numbers"].tolist()
    [0, 1, 2]
    """
    check_free(path)
    with replace_atomically(path) as fresh:
        fresh.mkdir()
        try:
            save_file(arrays, fresh / "arrays.safetensors")
            description["sha256"] = _checksum(fresh / "arrays.safetensors")
            text = json.dumps(description, indent=2, allow_nan=False)
        except (TypeError, ValueError, SafetensorError) as error:
            raise InputError(f"cannot save {path}: {error}; give plain numbers, text and numeric arrays") from error
        (fresh / "map.json").write_text(text + "\n", encoding="utf-8")


def check_free(path: Path) -> None:
    """Raise InputError where a map saved at `path` would replace anything else than a saved map.

    Examples
    --------
    >>> check_free(Path("nothing.map"))
    """
    if path.is_dir():
        others = sorted(one.name for one in path.iterdir() if one.name not in ("map.json", "arrays.safetensors"))
        if others:
            raise InputError(f"{path} holds {others[0]}, which is no part of a saved map; choose another name")
    elif path.exists():
        raise InputError(f"{path} is a file, and a map is a folder; choose another name")


def _checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_description(folder: Path) -> dict[str, Any]:
    """Read `map.json`, and refuse what this program cannot understand.

    Raises
    ------
    MapError
        If the folder is not a saved map or of a newer format.
    """
    file = folder / "map.json"
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
        newest = int(description["format_version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MapError(
            f"{folder} is not a saved map: {file} cannot be read ({error}); give a folder that save wrote"
        ) from error
    if newest > FORMAT_VERSION:
        raise MapError(
            f"{folder} has map format {newest}, this program knows {FORMAT_VERSION} and older; update peakscape"
        )
    return dict(description)


def read_arrays(folder: Path, description: dict[str, Any]) -> dict[str, np.ndarray]:
    """Read the arrays after comparing their checksum.

    Raises
    ------
    MapError
        If they cannot be read or were changed.
    """
    file = folder / "arrays.safetensors"
    try:
        found = _checksum(file)
        if found != description.get("sha256"):
            raise MapError(f"{file} was changed after the map was saved (its SHA-256 differs); take a fresh copy")
        return dict(load_file(file))
    except (OSError, SafetensorError) as error:
        raise MapError(f"{file} cannot be read ({error}); take a fresh copy of the map") from error
