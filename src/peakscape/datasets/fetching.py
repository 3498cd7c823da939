"""Measured sets of other projects, fetched from their public repositories when asked for, and checked.

``fetched.json`` holds for each set where it comes from, its licence, and the address and SHA-256 of each file.
"""

from __future__ import annotations

import bz2
import json
import os
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import pandas as pd

from peakscape.datasets.measured import heading, write_files
from peakscape.errors import InputError, MissingExtra

TABLE, SOURCE, PACKED = "fetched.json", "SOURCE", ".bz2"
CACHE = "PEAKSCAPE_DATA"
"""The environment variable that names the folder of fetched files."""
_TIMEOUT = 30  # seconds without an answer


def fetchable() -> pd.DataFrame:
    """List the sets that `fetch` knows.

    Returns
    -------
    pandas.DataFrame
        One row a set: name, title, n_files, n_bytes (of the download), licence, attribution, url, doi, doi_of.

    Examples
    --------
    >>> fetchable()["name"].tolist()
    ['copper-foil', 'gold-cyanobacteria', 'lab6', 'selenium-references', 'vanadium-glasses']
    """
    told = ("title", "n_files", "n_bytes", "licence", "attribution", "url", "doi", "doi_of")
    rows = [
        about | {"n_files": len(about["files"]), "n_bytes": sum(file["n_bytes"] for file in about["files"])}
        for about in _table().values()
    ]
    return pd.DataFrame([{key: row[key] for key in told} for row in rows]).assign(name=list(_table()))[["name", *told]]


def fetch(name: str, folder: str | os.PathLike[str] | None = None) -> Path:
    """Fetch a measured set of another project, check it, and return the folder that holds its files.

    Each file comes from one commit of the project's public repository and must have the SHA-256 that was taken from
    the project's published source distribution. It is kept in a folder of the user (that of `pooch.os_cache`, or
    the one that the environment variable PEAKSCAPE_DATA names) and not fetched again. Read the files with
    `peakscape.read(f"{folder}/*.xmu")` or by name; `SOURCE` beside them tells where they come from.

    Parameters
    ----------
    name
        One of `fetchable`.
    folder
        Where to lay out the files, made where it is missing; None leaves them where they are kept.

    Returns
    -------
    pathlib.Path
        The folder, with the files as published (unpacked) and `SOURCE`.

    Raises
    ------
    InputError
        If no such set is known, it cannot be reached, or what came has another SHA-256: then nothing is kept.
    MissingExtra
        Without pooch.

    Examples
    --------
    >>> fetch("lab7")
    Traceback (most recent call last):
    peakscape.errors.InputError: no set 'lab7' to fetch; there are copper-foil, gold-cyanobacteria, lab6, ...
    """
    table = _table()
    if name not in table:
        raise InputError(f"no set {name!r} to fetch; there are {', '.join(table)}")
    about = table[name]
    kept = _kept()
    contents: dict[str, bytes] = {}
    for file in about["files"]:
        raw = _fetched(f"{about['address']}/{file['path']}", file["sha256"], kept / ".downloads" / name)
        published = Path(file["path"]).name
        plain = published.removesuffix(PACKED)
        contents[plain] = raw if plain == published else bz2.decompress(raw)
    target = kept / name if folder is None else Path(folder)
    write_files({**contents, SOURCE: heading(about).encode()}, target)
    return target


def _table() -> dict[str, dict[str, Any]]:
    """Return what is known of each set, by its name."""
    table: dict[str, dict[str, Any]] = json.loads((package_files("peakscape.datasets") / TABLE).read_text("utf-8"))
    return table


def _kept() -> Path:
    """Return the folder of what was fetched."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named)
    try:
        import pooch
    except ImportError:
        raise MissingExtra("pooch", "data") from None
    return Path(pooch.os_cache("peakscape"))


def _fetched(address: str, digest: str, folder: Path) -> bytes:
    """Return a file's bytes, from the folder if they are there, else from the address; they have the SHA-256."""
    try:
        import pooch
        from requests.exceptions import HTTPError, RequestException
    except ImportError:
        raise MissingExtra("pooch", "data") from None
    pooch.get_logger().setLevel("WARNING")
    try:
        path = pooch.retrieve(
            address,
            known_hash=f"sha256:{digest}",
            fname=address.rsplit("/", 1)[-1],
            path=folder,
            downloader=pooch.HTTPDownloader(timeout=_TIMEOUT),
        )
        return Path(path).read_bytes()
    except HTTPError as error:
        with error.response as answer:  # pooch leaves it open
            raise InputError(f"{address}: the server answered {answer.status_code}; try again later") from None
    except RequestException as error:
        raise InputError(
            f"{address} cannot be reached ({type(error).__name__}); without the internet nothing can be fetched: try"
            " again with it, or take the shipped sets (`peakscape demo-data DIR`), which need none"
        ) from None
    except ValueError:  # pooch's word for another checksum; it has removed what came
        raise InputError(
            f"{address}: what came is not the file as published (its SHA-256 is another one) and was not kept; try"
            " again, and if it stays so, do not trust that address"
        ) from None
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror or error}; name another folder in {CACHE}"
        ) from None
