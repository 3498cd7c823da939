"""Every exception and warning of the package."""


class PeakscapeError(Exception):
    """Base of all errors that peakscape raises on purpose."""


class InputError(PeakscapeError, ValueError):
    """Input that cannot be used; the message says what was expected, what came and what to do."""


class FormatError(InputError):
    """A file that cannot be read as the format it was taken for."""


class SpectraError(InputError):
    """Spectra that break the convention of the container."""


class WavelengthMissing(SpectraError):
    """Angles whose wavelength nobody told: they can be used once it is."""


class StructureError(InputError):
    """A crystal structure that cannot be used."""


class CompositionError(InputError):
    """A chemical formula or composition that cannot be used."""


class MapError(InputError):
    """A saved map that cannot be opened: newer format, changed array, missing file."""


class OutsideMapError(PeakscapeError):
    """A question that lies outside what the map knows: a refusal, in words."""


class MissingExtra(PeakscapeError, ImportError):
    """An optional part that is not installed; the message carries the install line."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is needed here and is not installed; install it with: pip install 'peakscape[{extra}]'"
        )
        self.package = package
        self.extra = extra


class PeakscapeWarning(UserWarning):
    """Base of all warnings that peakscape gives: a doubtful result."""


class CollapseWarning(PeakscapeWarning):
    """A member of an ensemble ended with its code on a point or a curve."""


class ExtrapolationWarning(PeakscapeWarning):
    """An answer given outside the known points of a map."""


class DriftWarning(PeakscapeWarning):
    """A saved map gives other coordinates here than where it was saved."""
