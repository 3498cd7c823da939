"""Paths of the files that the package ships."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from peakscape.errors import InputError


def path(name: str) -> Path:
    """Return the path of a shipped file.

    Parameters
    ----------
    name
        File name, such as "SmFe12.cif".

    Returns
    -------
    Path
        Where it lies in the installed package.

    Raises
    ------
    InputError
        If there is no such file; the message lists those that there are.

    Examples
    --------
    >>> path("SmFe12.cif").name
    'SmFe12.cif'
    """
    folder = Path(str(files("peakscape.datasets")))
    shipped = sorted(file.name for file in folder.iterdir() if file.suffix in {".cif", ".npz", ".csv", ".md"})
    if name not in shipped:
        raise InputError(f"no data file {name!r} in the package; there are {', '.join(shipped)}")
    return folder / name
