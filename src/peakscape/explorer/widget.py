"""The page as a widget of a notebook: the same bundle in a frame, its questions answered by the kernel."""

import functools
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from peakscape.errors import InputError, MissingExtra, PeakscapeError
from peakscape.explorer.page import built, notebook_page, packed_below
from peakscape.explorer.server import MOST_BYTES, QUESTIONS, Served

if TYPE_CHECKING:
    from ase import Atoms

    from peakscape.absorption import CoreHoleSpectrum
    from peakscape.feature_space import FeatureSpace

PIECE, FREE, PAUSE = 900_000, 2, 1.0
"""Jupyter's server drops what comes faster than 1 MB/s: bytes of a piece of an answer, pieces at once, then seconds
between two. The space itself goes with the widget, which is not counted."""


def widget_of(
    space: "FeatureSpace",
    *,
    others: "Sequence[FeatureSpace]" = (),
    title: str = "feature space",
    height: int = 760,
    structures: "Mapping[str, Atoms] | None" = None,
    computed: "Sequence[CoreHoleSpectrum]" = (),
    offset: float = 0.0,
) -> Any:
    """Return a widget for a notebook in which a feature space is walked through; the kernel answers what is asked.

    Parameters
    ----------
    space
        Fitted.
    others
        Further maps of the same samples, to be seen beside the first.
    title
        Of the page.
    height
        In pixels.
    structures, computed, offset
        As for `export`.

    Returns
    -------
    anywidget.AnyWidget
        With ``selection``, the numbers of the selected samples, ``selected``, the same as a container, and ``view``,
        what is seen as text; both sides may set ``selection`` and ``view``.

    Raises
    ------
    MissingExtra
        If anywidget is not installed.
    """
    marked: dict[str, Any] = {"structures": structures or {}, "computed": computed, "offset": offset}
    return _widget_class()(Served([space, *others], title, **marked), height)


@functools.cache
def _widget_class() -> Any:
    """The class of the widget, made when the first is asked for: anywidget is an extra."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise MissingExtra("anywidget", "notebook") from error

    class Explorer(anywidget.AnyWidget):  # type: ignore[misc]
        """A feature space to walk in."""

        _esm = built("widget.js")
        _page = traitlets.Unicode().tag(sync=True)
        _space = traitlets.Bytes().tag(sync=True)
        height = traitlets.Int().tag(sync=True)
        selection = traitlets.List(traitlets.Int()).tag(sync=True)
        view = traitlets.Unicode().tag(sync=True)

        def __init__(self, served: Served, height: int) -> None:
            self._served = served
            data = packed_below(
                served.spaces,
                title=served.title,
                served=True,
                structures=served.structures,
                further=served.states(),
            )
            super().__init__(_page=notebook_page(served.title), _space=data, height=height)
            self.on_msg(lambda _, asked, buffers: answer(served, asked, buffers, self.send))

        @property
        def selected(self) -> Any:
            """The selected samples as a container; all of them where none is selected."""
            known = self._served.spaces[0].known_
            return known.isel(sample=list(self.selection)) if self.selection else known

    return Explorer


def answer(served: Served, asked: Any, buffers: Sequence[Any], send: Any) -> None:
    """Answer one question of the page: bytes in pieces, or one line of what is wrong."""
    try:
        number = str(asked["id"])
        data = _found(served, str(asked["path"]), asked["told"], buffers)
    except PeakscapeError as error:
        send({"id": number, "error": " ".join(str(error).split())})
        return
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(asked, Mapping) and "id" in asked:
            send({"id": str(asked["id"]), "error": f"cannot be understood: {error}"})
        return
    pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
    for place, piece in enumerate(pieces):
        if place >= FREE:
            time.sleep(PAUSE)
        send({"id": number, "piece": place, "of": len(pieces)}, [piece])


def _found(served: Served, path: str, told: Mapping[str, Any], buffers: Sequence[Any]) -> bytes:
    if path in QUESTIONS:
        return bytes(getattr(served, path)(dict(told)))
    if path != "place" or not buffers:
        raise InputError(f"expected a question that this page asks, got {path!r}")
    data = bytes(buffers[0])
    if len(data) > MOST_BYTES:
        raise InputError(f"larger than {MOST_BYTES / 2**20:.0f} MB; place it by `space.place`")
    return served.place_asked(data, told)
