"""The page as one file: the built bundle with a feature space inside, which works from disk without a network."""

import base64
import os
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from peakscape.errors import InputError
from peakscape.explorer.payload import packed
from peakscape.files import replace_atomically

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace

LARGEST = 12 * 2**20
"""Bytes of an exported file; above, bases are sent as 16-bit integers, whose error is told in the file."""
HERE = "<!-- the space -->"
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
"""Of an exported file, whose script and style are inside: it can load nothing and talk to nobody."""


def built(name: str) -> str:
    """Return a file of the built bundle.

    Raises
    ------
    InputError
        If the package was made without the bundle.
    """
    path = files("peakscape.explorer").joinpath("static", name)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            f"this installation lacks explorer/static/{name}; build it with `npm run build` in explorer-ui"
        ) from None


def export(space: "FeatureSpace", path: str | os.PathLike[str], *, title: str | None = None) -> Path:
    """Write a feature space as one HTML file in which it can be walked through: no server, no network, no WebGL.

    Parameters
    ----------
    space
        Fitted.
    path
        The file, replaced whole or not at all.
    title
        Of the page; None: the name of the file.

    Returns
    -------
    pathlib.Path
        The file.
    """
    target = Path(path)
    name = target.stem if title is None else title
    data = packed(space, title=name, served=False)
    if len(data) * 4 / 3 > LARGEST:
        data = packed(space, title=name, served=False, rounded=True)
    with replace_atomically(target) as fresh:
        fresh.write_text(_page(name, data), encoding="utf-8")
    return target


def _page(title: str, data: bytes) -> str:
    """Put style, space and script into the page."""
    text = built("index.html").replace("<title>peakscape</title>", f"<title>{escape(title)}</title>")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    text = text.replace('<link rel="stylesheet" href="explorer.css">', f"<style>{built('explorer.css')}</style>{policy}")
    inside = f'<script type="application/octet-stream" id="space">{base64.b64encode(data).decode()}</script>'
    script = built("explorer.js").replace("</script", "<\\/script")
    return text.replace(HERE, inside).replace(
        '<script type="module" src="explorer.js"></script>', f'<script type="module">{script}</script>'
    )
