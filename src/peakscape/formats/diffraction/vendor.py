"""The owner of fairmat-readers-xrd (extra `vendor`), which reads PANalytical, Rigaku and Bruker files.

It is handed one scan at a time, cut from the file by our own reading within bounds, because on its own it refuses
files of several scans, expands whatever a zipped file holds and leaves out the attenuator of .rasx files.
"""

import contextlib
import importlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peakscape.errors import FormatError, MissingExtra, PeakscapeError

PACKAGE = "fairmat_readers_xrd"


def demand() -> None:
    """Raise MissingExtra, with the install line, where the extra `vendor` is not installed."""
    _load("")


def _load(module: str) -> Any:
    try:
        with _quiet():
            return importlib.import_module(f"{PACKAGE}.{module}" if module else PACKAGE)
    except ImportError as error:
        raise MissingExtra("fairmat-readers-xrd", "vendor") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's prints, log lines and warnings from the user; doubtful numbers in it become errors."""
    logger = logging.getLogger(PACKAGE)
    disabled, logger.disabled = logger.disabled, True
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            # numpy's fromstring only warns where it stops at a word that is no number.
            warnings.filterwarnings("error", message=".*string or file could not be read.*")
            yield
    finally:
        logger.disabled = disabled


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn whatever the library raises on a damaged file into FormatError."""
    try:
        with _quiet():
            yield
    except PeakscapeError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:150]
        raise FormatError(
            f"{path}: is damaged, cut off or of a kind that is not known ({reason}); export it as .xy or .csv"
        ) from error


def xrdml_curve(path: Path, raw: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read two_theta and intensity of an .xrdml document of a single scan; attenuation is applied to counts."""
    readers = _load("readers")
    with tempfile.TemporaryDirectory(prefix="peakscape-") as folder, _translated(path):
        document = Path(folder) / "scan.xrdml"
        document.write_bytes(raw)
        found = readers.read_panalytical_xrdml(str(document))
        return _magnitude(found["2Theta"]), _magnitude(found["intensity"])


def rasx_scan(path: Path, file: io.BytesIO) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Read a .rasx file of a single scan: rows of position, intensity, attenuation factor, and the metadata."""
    ikz = _load("ikz")
    with _translated(path):
        found = ikz.RASXfile(file, verbose=False)
        return np.atleast_2d(np.asarray(found.data[0], dtype=np.float64)), dict(found.meta[0])


def brml_scan(path: Path, file: io.BytesIO) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read two_theta and intensity of a .brml file of a single scan."""
    ikz = _load("ikz")
    with _translated(path):
        found = ikz.BRMLfile(file, verbose=False).get_scan_data()
        return _magnitude(found["2Theta"][0]), _magnitude(found["intensity"][0])


def _magnitude(quantity: Any) -> NDArray[np.float64]:
    return np.atleast_1d(np.asarray(getattr(quantity, "magnitude", quantity), dtype=np.float64))
