"""Groups and data sets of an HDF5 file, looked at within bounds and never outside the file."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError
from peakscape.formats.limits import MAX_HDF5_OBJECTS, MAX_VALUES

MAX_DEPTH = 12  # entries nest three or four groups deep; links can make circles


def attribute(thing: Any, name: str) -> str:
    """Return an attribute as text, "" where it is not there or no text."""
    value = thing.attrs.get(name, "")
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _words(thing: Any, name: str) -> list[str]:
    """Return an attribute that is a list of texts, or one text with : or , between."""
    value = thing.attrs.get(name)
    if value is None:
        return []
    values = np.atleast_1d(np.asarray(value, dtype=object)).ravel()[:100]
    texts = [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in values]
    if len(texts) > 1:
        return [text.strip() for text in texts]
    return [word.strip(" []") for word in texts[0].replace(":", ",").split(",")] if texts else []


def _members(group: Any) -> Iterator[tuple[str, Any]]:
    """Give the members of a group that lie in this file: links to other files are not followed."""
    import h5py

    for number, name in enumerate(group):
        if number >= MAX_HDF5_OBJECTS:
            return
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            continue
        try:
            thing = group.get(name)
        except (KeyError, RuntimeError, OSError):  # a link that leads nowhere or in a circle
            continue
        if thing is not None:
            yield name, thing


def groups(path: Path, root: Any) -> list[Any]:
    """Return a group and all groups below it, each once, the nearest first."""
    import h5py

    seen, queue, found, looked = set(), [(root, 0)], [], 0
    while queue:
        group, depth = queue.pop(0)
        token = h5py.h5o.get_info(group.id).addr
        if token in seen:
            continue
        seen.add(token)
        found.append(group)
        for _, thing in _members(group):
            looked += 1
            if looked > MAX_HDF5_OBJECTS:
                raise FormatError(f"{path}: holds more than {MAX_HDF5_OBJECTS} groups and data sets; export the curve")
            if isinstance(thing, h5py.Group) and depth < MAX_DEPTH:
                queue.append((thing, depth + 1))
    return found


def child(group: Any, name: str, kind: type) -> Any:
    """Return a member of a group by a name or path within the file, None where it is not there."""
    import h5py

    place = posixpath.normpath(name)
    if not place or place in (".", "..") or place.startswith("../"):
        return None
    here = group.file if place.startswith("/") else group
    for part in place.strip("/").split("/"):
        if not isinstance(here, h5py.Group) or part not in here:
            return None
        if isinstance(here.get(part, getlink=True), h5py.ExternalLink):
            return None
        here = here.get(part)
    return here if isinstance(here, kind) else None


def plots(path: Path, file: Any) -> list[tuple[Any, Any]]:
    """Return pairs of an entry and a plot of it: its default, else all its NXdata; the file is an entry if none is.

    Raises
    ------
    FormatError
        More groups than the limit.
    """
    import h5py

    entries = [group for group in groups(path, file) if attribute(group, "NX_class") == "NXentry"] or [file]
    found = []
    for entry in entries:
        default = entry
        for _ in range(MAX_DEPTH):
            name = attribute(default, "default")
            following = child(default, name, h5py.Group) if name else None
            if following is None or (attribute(following, "NX_class") == "NXentry" and following != entry):
                break
            default = following
        chosen = [default] if default != entry and _is_plot(default) else []
        chosen = chosen or [group for group in groups(path, entry) if _is_plot(group)]
        found += [(entry, group) for group in chosen]
    return found


def _is_plot(group: Any) -> bool:
    return attribute(group, "NX_class") == "NXdata" or "signal" in group.attrs


def signal_and_axis(path: Path, group: Any) -> tuple[Any, Any, str]:
    """Return the signal of an NXdata, the data set of its last axis and the name of that.

    Raises
    ------
    FormatError
        Where one of them is missing or no numbers.
    """
    import h5py

    sets = {name: thing for name, thing in _members(group) if isinstance(thing, h5py.Dataset)}
    named = attribute(group, "signal")
    marked = [name for name, thing in sets.items() if attribute(thing, "signal") == "1"]
    name = named if named in sets else next(iter(marked), "")
    if not name:
        raise FormatError(f"{path}: {group.name} names no signal (@signal); export the curve as .xy")
    signal = sets[name]
    axes = _words(group, "axes") or _words(signal, "axes")
    place = child(group, axes[-1], h5py.Dataset) if axes and axes[-1] not in ("", ".") else None
    if place is None:
        raise FormatError(f"{path}: {group.name} names no axis of its signal {name!r} (@axes); export the curve as .xy")
    for each in (signal, place):
        if each.shape is None or each.ndim == 0 or each.dtype.kind not in "iuf":
            raise FormatError(f"{path}: {each.name} is no array of numbers")
    return signal, place, posixpath.basename(axes[-1])


def numbers(path: Path, dataset: Any) -> NDArray[np.float64]:
    """Read a data set as double precision, after its size and place were checked.

    Raises
    ------
    FormatError
        Larger than the limit, or kept in other files.
    """
    size = int(np.prod(dataset.shape, dtype=object))
    if size > MAX_VALUES:
        raise FormatError(f"{path}: {dataset.name} declares {size} numbers; at most {MAX_VALUES} are read")
    if dataset.is_virtual or dataset.external:
        raise FormatError(f"{path}: {dataset.name} is kept in other files, which are not opened; copy it into one file")
    chunk = int(np.prod(dataset.chunks, dtype=object)) if dataset.chunks else 0
    if chunk > MAX_VALUES:
        raise FormatError(
            f"{path}: {dataset.name} is stored in chunks of {chunk} numbers; at most {MAX_VALUES} are read"
        )
    return np.asarray(dataset[()], dtype=np.float64)


def scalars(entry: Any, names: tuple[str, ...]) -> Iterator[tuple[float, str]]:
    """Give the single numbers of these names anywhere in an entry, with their units."""
    import h5py

    for group in groups(Path(entry.file.filename), entry):
        for name in names:
            thing = child(group, name, h5py.Dataset)
            if thing is not None and thing.size == 1 and thing.dtype.kind in "iuf" and not thing.external:
                value = float(np.ravel(thing[()])[0])
                if np.isfinite(value):
                    yield value, attribute(thing, "units")


def text(entry: Any, name: str) -> str:
    """Return a text of an entry, "" where it is not there."""
    import h5py

    thing = child(entry, name, h5py.Dataset)
    if thing is None or thing.size != 1 or thing.dtype.kind not in "OSU":
        return ""
    value = np.ravel(np.asarray(thing[()], dtype=object))[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
