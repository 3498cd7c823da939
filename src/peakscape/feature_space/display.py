"""How a feature space shows itself: what it was made of, what it knows, how well it predicts, and by which versions."""

from __future__ import annotations

from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from peakscape.feature_space.space import FeatureSpace


def rows_of(space: FeatureSpace) -> list[tuple[str, str]]:
    """Return what there is to say, as pairs of a title and a text."""
    known = space.known_
    points = space._axis
    rows = [
        (
            "made of",
            f"{known.sizes['sample']} {known.attrs['kind']} spectra of {len(points)} points,"
            f" {space.axis_name} {points[0]:g} to {points[-1]:g} {space.axis_unit}",
        ),
        ("prepared by", space.recipe_.text),
        ("map", f"{type(space.map_).__name__}: {space.map_reason_}"),
    ]
    for name, readout in space.label_readouts_.items():
        rows.append((f"predicts {name}", readout.why))
    for name, classes in space.class_readouts_.items():
        told = classes.errors.set_index("method")["accuracy"]
        listed = [
            f"{str(method).replace('_', ' ')} {value:.2f}" for method, value in told.items() if np.isfinite(value)
        ]
        how = f"; accuracy where left out: {', '.join(listed)}" if listed else ""
        rows.append((f"predicts {name}", f"one of {len(classes.classes)} classes{how}"))
    rows.append(("novelty", "not told" if space.novelty_ is None else f"told, by the rule {space.novelty_.rule!r}"))
    rows += [("remark", remark.text) for remark in space.remarks_]
    rows += [("remark", remark.text) for readout in space.label_readouts_.values() for remark in readout.remarks]
    rows.append(("versions", ", ".join(f"{name} {number}" for name, number in versions().items())))
    return rows


def versions() -> dict[str, str]:
    """Return the versions that answers depend on.

    Examples
    --------
    >>> "numpy" in versions()
    True
    """
    found = {}
    for package in ("peakscape", "numpy", "scipy", "scikit-learn"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def text(space: FeatureSpace) -> str:
    """Return a few lines for a terminal."""
    rows = rows_of(space)
    width = max(len(title) for title, _ in rows)
    return "\n".join(["FeatureSpace", *(f"  {title:<{width}}  {words}" for title, words in rows)])


def html(space: FeatureSpace) -> str:
    """Return a table for a notebook."""
    rows = "".join(
        f"<tr><th style='text-align:left;vertical-align:top'>{escape(title)}</th><td style='text-align:left'>"
        f"{escape(words)}</td></tr>"
        for title, words in rows_of(space)
    )
    return f"<table><caption style='text-align:left'><b>FeatureSpace</b></caption>{rows}</table>"
