"""Which detector and which columns of an absorption scan a user wants: ``signal=`` and ``columns=``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from peakscape.errors import InputError

SIGNALS = ("transmission", "fluorescence", "reference")
PARTS = ("energy", "angle", "i0", "it", "ir", "if", "mu")
_SPELLINGS = {"i1": "it", "itrans": "it", "iref": "ir", "i2": "ir", "ifluor": "if", "fluorescence": "if", "e": "energy"}


@dataclass(frozen=True)
class Request:
    """What is asked for; an empty one leaves the choice to the signal.

    Parameters
    ----------
    signal
        One of `SIGNALS`, or the name or number of a column.
    columns
        Which columns are what, each a name or a number from 1: ``{"energy": ("1",), "if": ("7", "8", "9")}``.

    Examples
    --------
    >>> Request.of("fluorescence", "energy=1,i0=4,if=7+8+9").columns["if"]
    ('7', '8', '9')
    >>> bool(Request())
    False
    """

    signal: str | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self.signal is not None or bool(self.columns)

    @classmethod
    def of(cls, signal: str | None, columns: str | Mapping[str, object] | None) -> "Request":
        """Read what a command or a call says.

        Raises
        ------
        InputError
            If it cannot be understood.
        """
        if signal is not None and not str(signal).strip():
            raise InputError(f"expected signal to be {', '.join(SIGNALS)} or a column, got nothing")
        return cls(None if signal is None else str(signal).strip(), _columns(columns))


def _columns(given: str | Mapping[str, object] | None) -> dict[str, tuple[str, ...]]:
    if given is None:
        return {}
    pairs = [part.partition("=")[::2] for part in given.split(",")] if isinstance(given, str) else list(given.items())
    found: dict[str, tuple[str, ...]] = {}
    for part, value in pairs:
        key = _SPELLINGS.get(str(part).strip().lower(), str(part).strip().lower())
        texts = value if isinstance(value, list | tuple) else re.split(r"\+", str(value))
        names = tuple(str(text).strip() for text in texts)
        if key not in PARTS or not all(names):
            raise InputError(
                f"expected columns such as energy=1,i0=4,if=7+8+9 with parts of {', '.join(PARTS)}, got"
                f" {str(part).strip()!r} = {str(value).strip()!r}"
            )
        if key in found:
            raise InputError(f"columns names {key} twice; join several by +, as in {key}={found[key][0]}+{names[0]}")
        found[key] = names
    return found


NOTHING = Request()
