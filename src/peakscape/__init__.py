"""Maps of X-ray spectra of materials: from structures or measured files to a feature space that can be trusted.

The parts are loaded when they are first used, so that ``import peakscape`` is quick.

Examples
--------
>>> import peakscape as ps
>>> ps.composition.parse("SmFe11Ti")
{'Sm': 1.0, 'Fe': 11.0, 'Ti': 1.0}
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peakscape import (
        absorption,
        analysis,
        composition,
        datasets,
        diffraction,
        errors,
        feature_space,
        figures,
        files,
        formats,
        maps,
        preparation,
        quality,
        report,
        signal,
        spectra,
        structures,
        studies,
    )
    from peakscape.feature_space import FeatureSpace, open_space, read

_ROOMS = (
    "absorption",
    "analysis",
    "composition",
    "datasets",
    "diffraction",
    "errors",
    "feature_space",
    "figures",
    "files",
    "formats",
    "maps",
    "preparation",
    "quality",
    "report",
    "signal",
    "spectra",
    "structures",
    "studies",
)
_NAMES = {"read": "feature_space", "FeatureSpace": "feature_space", "open_space": "feature_space"}

__all__ = [
    "FeatureSpace",
    "absorption",
    "analysis",
    "composition",
    "datasets",
    "diffraction",
    "errors",
    "feature_space",
    "figures",
    "files",
    "formats",
    "maps",
    "open_space",
    "preparation",
    "quality",
    "read",
    "report",
    "signal",
    "spectra",
    "structures",
    "studies",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"peakscape.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(f"peakscape.{_NAMES[name]}"), name)
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'peakscape' has no attribute {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("peakscape")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0+unknown"


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
