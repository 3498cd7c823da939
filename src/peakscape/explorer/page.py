"""The page as one file: the built bundle with a feature space inside, which works from disk without a network."""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
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
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline';"
    " img-src data: blob:; font-src data:"
)
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


def export(
    space: "FeatureSpace",
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    others: "Sequence[FeatureSpace]" = (),
) -> Path:
    """Write a feature space as one HTML file in which it can be walked through: no server, no network, no WebGL.

    Parameters
    ----------
    space
        Fitted.
    path
        The file, replaced whole or not at all.
    title
        Of the page; None: the name of the file.
    others
        Further maps of the same samples, to be seen beside the first.

    Returns
    -------
    pathlib.Path
        The file.
    """
    target = Path(path)
    name = target.stem if title is None else title
    data = packed([space, *others], title=name, served=False)
    if len(data) * 4 / 3 > LARGEST:
        data = packed([space, *others], title=name, served=False, rounded=True)
    with replace_atomically(target) as fresh:
        fresh.write_text(_page(name, data), encoding="utf-8")
    return target


def _page(title: str, data: bytes) -> str:
    """Put style, space and script into the page."""
    text = built("index.html").replace("<title>peakscape</title>", f"<title>{escape(title)}</title>")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    text = text.replace(
        '<link rel="stylesheet" href="explorer.css">', f"<style>{built('explorer.css')}</style>{policy}"
    )
    inside = f'<script type="application/octet-stream" id="space">{base64.b64encode(data).decode()}</script>'
    script = built("explorer.js").replace("</script", "<\\/script")
    return text.replace(HERE, inside).replace(
        '<script type="module" src="explorer.js"></script>', f'<script type="module">{script}</script>'
    )


@dataclass(frozen=True)
class Shown:
    """A page for a notebook, which shows it where a cell's value is this.

    Attributes
    ----------
    html : str
        The whole page.
    height : int
        In pixels.
    """

    html: str
    height: int

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, which nothing of the notebook reaches into."""
        style = f"width:100%;height:{self.height}px;border:1px solid #ccc"
        return f'<iframe style="{style}" sandbox="allow-scripts allow-downloads" srcdoc="{escape(self.html)}"></iframe>'


def show(space: "FeatureSpace", *, title: str = "feature space", height: int = 760) -> Shown:
    """Return a feature space as a page inside a notebook: what `export` writes, without a file.

    Parameters
    ----------
    space
        Fitted.
    title
        Of the page.
    height
        In pixels.

    Returns
    -------
    Shown
        Shows itself where it is the value of a cell.
    """
    return Shown(_page(title, packed([space], title=title, served=False)), height)
