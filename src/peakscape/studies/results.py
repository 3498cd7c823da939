"""The folder that a study writes to: asked before, and its summary and tables."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.errors import InputError
from peakscape.files import replace_atomically

if TYPE_CHECKING:
    import pandas as pd

SUMMARY = "summary.json"
NOVELTY = "novelty_"
"""Begins the names under which a saved map keeps what `peakscape place` judges strangeness by."""
IDENTIFIER = "identifier_"
"""Begins those of what it names spectra by, with a probability, where there is such."""


def results_folder(out: str | os.PathLike[str], *, force: bool) -> Path:
    """Return the folder for a study's results; nothing is made yet.

    Raises
    ------
    InputError
        If it holds an earlier run and `force` is not set.

    Examples
    --------
    >>> results_folder("no/such/folder", force=False).name
    'folder'
    """
    folder = Path(out)
    if (folder / SUMMARY).exists() and not force:
        raise InputError(
            f"{folder} holds an earlier run; choose another folder or allow it to be written over (--force)"
        )
    return folder


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain content as JSON, whole or not at all."""
    with replace_atomically(path) as fresh:
        fresh.write_text(json.dumps(content, indent=1))


def write_table(path: Path, table: pd.DataFrame, *, index: bool = False) -> None:
    """Write a table as CSV, whole or not at all."""
    with replace_atomically(path) as fresh:
        table.to_csv(fresh, index=index)


def with_prefix(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return arrays under the names that a saved map keeps them by.

    Examples
    --------
    >>> with_prefix(NOVELTY, {"errors": 1})
    {'novelty_errors': 1}
    """
    return {f"{prefix}{name}": values for name, values in arrays.items()}


def of_prefix(prefix: str, extras: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `with_prefix` made of what a saved map keeps; empty if there is nothing.

    Examples
    --------
    >>> of_prefix(NOVELTY, {"novelty_errors": 1, "spectra": 2})
    {'errors': 1}
    """
    return {name.removeprefix(prefix): values for name, values in extras.items() if name.startswith(prefix)}


def package_versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Return versions by name of the package; "not installed" for what is missing.

    Examples
    --------
    >>> package_versions(("no-such-package",))
    {'no-such-package': 'not installed'}
    """
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
