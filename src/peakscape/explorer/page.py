"""The page as one file: the built bundle with a feature space inside, which works from disk without a network."""

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.errors import InputError
from peakscape.explorer.payload import packed
from peakscape.explorer.phases import lines_of
from peakscape.explorer.states import states_of
from peakscape.files import replace_atomically

if TYPE_CHECKING:
    from ase import Atoms

    from peakscape.absorption import CoreHoleSpectrum
    from peakscape.feature_space import FeatureSpace

LARGEST = 12 * 2**20
"""Bytes of an exported file; above, bases are sent as 16-bit integers, whose error is told in the file."""
HERE = "<!-- the space -->"
MARK = '<meta name="generator" content="peakscape">'
"""By it a page is known as one that may be replaced; near its beginning."""
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
    article: str = "",
    structures: "Mapping[str, Atoms] | None" = None,
    computed: "Sequence[CoreHoleSpectrum]" = (),
    offset: float = 0.0,
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
    article
        HTML that stands beside the map: the text of a report, as ``peakscape.report.article`` makes it.
    structures
        By name, of phases whose reflections are marked under the patterns.
    computed, offset
        Calculations whose densities of states stand beside the edges of the same names, and what is added to their
        energies in eV.

    Returns
    -------
    pathlib.Path
        The file.
    """
    target = Path(path)
    name = target.stem if title is None else title
    further = {"states": states_of(space, computed, offset=offset)}
    data = packed_below(
        [space, *others], title=name, served=False, beside=len(article), structures=structures, further=further
    )
    text = f'<article id="report" class="report" hidden>\n{article}\n</article>' if article else ""
    with replace_atomically(target) as fresh:
        fresh.write_text(_page(name, text + _inside(data)), encoding="utf-8")
    return target


def packed_below(
    spaces: "Sequence[FeatureSpace]",
    *,
    title: str,
    served: bool,
    beside: int = 0,
    structures: "Mapping[str, Atoms] | None" = None,
    further: Mapping[str, Any] | None = None,
) -> bytes:
    """Return spaces as `packed`, with bases as 16-bit integers where the page would become larger than `LARGEST`."""
    told = {"lines": lines_of(spaces[0], structures or {})} | dict(further or {})
    return packed(spaces, title=title, served=served, further=told, largest=(LARGEST - beside) * 3 / 4)


def notebook_page(title: str) -> str:
    """Return the page for a frame in a notebook: without a space, which it asks of the frame."""
    return _page(title, "").replace('<html lang="en">', '<html lang="en" data-door="notebook">')


def _page(title: str, inside: str) -> str:
    """Put style, script and what else is inside into the page."""
    text = built("index.html").replace("<title>peakscape</title>", f"{MARK}\n<title>{escape(title)}</title>")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    text = text.replace(
        '<link rel="stylesheet" href="explorer.css">', f"<style>{built('explorer.css')}</style>{policy}"
    )
    script = built("explorer.js").replace("</script", "<\\/script")
    return text.replace(HERE, inside).replace(
        '<script type="module" src="explorer.js"></script>', f'<script type="module">{script}</script>'
    )


def _inside(data: bytes) -> str:
    """A packed space as a part of the page."""
    return f'<script type="application/octet-stream" id="space">{base64.b64encode(data).decode()}</script>'


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
    return Shown(_page(title, _inside(packed([space], title=title, served=False))), height)
