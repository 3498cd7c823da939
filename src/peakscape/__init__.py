"""Maps of X-ray spectra of materials: from structures or measured files to a feature space that can be trusted.

The parts are loaded when they are first used, so that ``import peakscape`` is quick.

Examples
--------
>>> import peakscape as ps
>>> ps.composition.parse("SmFe11Ti")
{'Sm': 1.0, 'Fe': 11.0, 'Ti': 1.0}
"""

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peakscape import (
        absorption,
        analysis,
        composition,
        datasets,
        diffraction,
        errors,
        figures,
        files,
        formats,
        maps,
        preparation,
        report,
        spectra,
        structures,
    )
    from peakscape.formats import read

try:
    __version__ = version("peakscape")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

_PARTS = frozenset(
    {
        "absorption",
        "analysis",
        "composition",
        "datasets",
        "diffraction",
        "errors",
        "figures",
        "files",
        "formats",
        "maps",
        "preparation",
        "report",
        "spectra",
        "structures",
        "studies",
    }
)

__all__ = [
    "absorption",
    "analysis",
    "composition",
    "datasets",
    "diffraction",
    "errors",
    "figures",
    "files",
    "formats",
    "maps",
    "preparation",
    "read",
    "report",
    "spectra",
    "structures",
]


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return importlib.import_module(f"peakscape.{name}")
    if name == "read":
        return importlib.import_module("peakscape.formats").read
    raise AttributeError(f"module 'peakscape' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
