"""Labels and compositions of samples from file names or from a table."""

import csv
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from peakscape import composition
from peakscape.errors import InputError
from peakscape.formats.registry import suffixes

FORMULA = "formula"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


def label_by_name(
    dataset: xr.Dataset, pattern: str, *, label: str | None = None, told: Callable[[str], None] | None = None
) -> xr.Dataset:
    r"""Label samples by a regular expression on the names of their files.

    Parameters
    ----------
    dataset
        The container; the names of the files are taken from its coordinate `source`, else from `name`.
    pattern
        With one group, named by `label`; or with named groups, each of which becomes a label. A group named
        ``formula`` becomes the composition.
    label
        Name of the only group.
    told
        Called with a line for each file that the pattern does not match, which is then left out; None raises.

    Returns
    -------
    xarray.Dataset
        With one coordinate more for each group; numbers where all values are numbers, else text.

    Raises
    ------
    InputError
        A pattern that is none, has no group, or does not match a file.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> measured = make([[0, 1], [1, 0]], q=[1, 2], source=["x0.0.xy", "x0.5.xy"])
    >>> label_by_name(measured, r"x([0-9.]+)\.xy", label="x").x.values
    array([0. , 0.5])
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise InputError(f"{pattern!r} is not a regular expression: {error}") from error
    groups = dict(expression.groupindex)
    if not groups:
        if expression.groups != 1 or not label:
            raise InputError(
                f"{pattern!r} needs one group in parentheses and a label for it (--label), or named groups (?P<x>...)"
            )
        groups = {label: 1}
    rows: list[list[str] | None] = []
    for file in _file_names(dataset):
        match = expression.search(file)
        row = None if match is None else [match[number] for number in groups.values()]
        rows.append(None if row is None or None in row else row)
    return _labelled(
        dataset, list(groups), rows, lambda file: f"the pattern {pattern!r} does not match the file name {file!r}", told
    )


def _labelled(
    dataset: xr.Dataset,
    titles: list[str],
    rows: list[list[str] | None],
    reason: Callable[[str], str],
    told: Callable[[str], None] | None,
) -> xr.Dataset:
    """Label samples; those without a row stop it, or are left out and told where others have one."""
    without = [file for file, row in zip(_file_names(dataset), rows, strict=True) if row is None]
    if without and (told is None or len(without) == len(rows)):
        raise InputError(reason(without[0]))
    for file in without:
        assert told is not None
        told(f"left out: {reason(file)}")
    kept = [k for k, row in enumerate(rows) if row is not None]
    found = {title: [row[k] for row in rows if row is not None] for k, title in enumerate(titles)}
    return _with_labels(dataset.isel(sample=kept) if without else dataset, found)


def label_by_table(
    dataset: xr.Dataset, path: str | os.PathLike[str], *, told: Callable[[str], None] | None = None
) -> xr.Dataset:
    """Label samples by a table in text (.csv): first column the file, the others labels.

    Parameters
    ----------
    dataset
        The container.
    path
        The table; its first row holds the titles. Files are found by their name, with or without suffix. A column
        ``formula`` becomes the composition. Rows of other files are passed over.
    told
        Called with a line for each sample without a row, which is then left out; None raises.

    Returns
    -------
    xarray.Dataset
        With one coordinate more for each column; numbers where all values are numbers, else text.

    Raises
    ------
    InputError
        A table without titles, with two rows for one file or none for a sample.

    Examples
    --------
    >>> import tempfile
    >>> from peakscape.spectra import make
    >>> path = Path(tempfile.mkdtemp()) / "samples.csv"
    >>> _ = path.write_text("file,formula,T\\na.xy,NaCl,300\\nb.xy,KCl,310\\n")
    >>> measured = label_by_table(make([[0, 1], [1, 0]], q=[1, 2], name=["a", "b"]), path)
    >>> measured["T"].values, measured.element.values.tolist()
    (array([300., 310.]), ['Na', 'Cl', 'K'])
    """
    titles, rows = _rows_of_table(Path(path))
    found = [rows.get(file, rows.get(_without_suffix(file))) for file in _file_names(dataset)]
    return _labelled(
        dataset,
        titles[1:],
        found,
        lambda file: f"{path}: no row for the file {file!r}; its first column must hold file names",
        told,
    )


def _rows_of_table(path: Path) -> tuple[list[str], dict[str, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a text table in UTF-8; save it as .csv (UTF-8)") from error
    lines = text.splitlines()
    separator = next((mark for mark in ("\t", ";", ",") if lines and mark in lines[0]), ",")
    try:
        table = [[field.strip() for field in row] for row in csv.reader(lines, delimiter=separator) if any(row)]
    except csv.Error as error:
        raise InputError(f"{path}: is not a text table: {error}") from error
    if len(table) < 2 or len(table[0]) < 2:
        raise InputError(f"{path}: expected a row of titles (file and labels) and one row for each file")
    titles = table[0]
    if not all(titles) or len(set(titles)) < len(titles):
        raise InputError(f"{path}: every column needs a title of its own, got {', '.join(titles)}")
    rows: dict[str, list[str]] = {}
    for number, row in enumerate(table[1:], start=2):
        if len(row) != len(titles):
            raise InputError(f"{path}, row {number}: {len(row)} fields where the titles are {len(titles)}")
        if row[0] in rows:
            raise InputError(f"{path}, row {number}: a second row for {row[0]!r}")
        rows[row[0]] = row[1:]
    stems = {_without_suffix(file): row for file, row in rows.items()}
    return titles, stems | rows


def _file_names(dataset: xr.Dataset) -> list[str]:
    names = [str(name) for name in dataset["name"].values]
    sources = [str(source) for source in dataset["source"].values] if "source" in dataset.coords else names
    return [Path(source).name if source else name for source, name in zip(sources, names, strict=True)]


def _without_suffix(file: str) -> str:
    """Return the name without a suffix of a known format; "x0.1" has none."""
    return file[: -len(Path(file).suffix)] if Path(file).suffix.lower() in suffixes() else file


def _with_labels(dataset: xr.Dataset, found: dict[str, list[str]]) -> xr.Dataset:
    taken = {"sample", "element", "composition", "intensity", "name", "source", *map(str, dataset.dims)} & set(found)
    if taken:
        raise InputError(f"a label cannot be called {', '.join(sorted(taken))}: the container uses that name")
    labels = {name: ("sample", _values(texts)) for name, texts in found.items() if name != FORMULA}
    labelled = dataset.assign_coords(labels)
    if FORMULA not in found:
        return labelled
    amounts, elements = composition.array_from_formulas(found[FORMULA])
    labelled = labelled.drop_vars(["composition", "element"], errors="ignore")
    labelled = labelled.assign_coords(element=("element", np.asarray(elements, dtype=str)))
    return labelled.assign_coords(composition=(("sample", "element"), amounts, {"units": "atoms per formula unit"}))


def _values(texts: Sequence[str]) -> NDArray[np.generic]:
    """Return numbers if every text is one (a decimal comma or a "p" as in 0p4 counts), else text."""
    for mark in (".", ",", "p"):
        pointed = [text.replace(mark, ".") for text in texts]
        if all(_NUMBER.fullmatch(text) for text in pointed):
            return np.array(pointed, dtype=float)
    return np.array(texts, dtype=str)
