"""Asking the space about spectra that wait: in this process, or in several others.

Another process asks `FeatureSpace.place` as this one does, so that the bits are the same; it leaves this process to the
scan, and with more of them more is answered at once.
"""

import hashlib
import json
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from peakscape.errors import MapError, PeakscapeError, WavelengthMissing
from peakscape.live.measured import Measured, alike, dataset_of, wrong

if TYPE_CHECKING:
    from peakscape.feature_space import FeatureSpace


class Lacking(str):
    """Why a spectrum is not placed that can be once its wavelength is told."""


@dataclass(frozen=True)
class Told:
    """What the space answered about spectra.

    Attributes
    ----------
    answers : list of dict or str
        One a spectrum: as of `records`, or in one line why it cannot be placed (`Lacking`: not yet).
    layout : dict or None
        Dimensions of the answers, by name, for the ledger.
    """

    answers: list[dict[str, Any] | str]
    layout: dict[str, list[str]] | None


class Placer(Protocol):
    """Who is asked."""

    def place(self, batch: Sequence[Measured]) -> Told:
        """Answer spectra of any kind, each on its own."""

    def close(self) -> None:
        """Free what is used."""


class Here:
    """Asks in this process."""

    def __init__(self, space: "FeatureSpace") -> None:
        self._space = space

    def place(self, batch: Sequence[Measured]) -> Told:
        """Answer spectra, those that can stand in one container with one question."""
        answers: list[dict[str, Any] | str] = [""] * len(batch)
        groups: dict[Any, list[int]] = {}
        for k, one in enumerate(batch):
            reason = wrong(one) or self._other_absorber(one)
            if reason is None:
                groups.setdefault(alike(one), []).append(k)
            else:
                answers[k] = reason
        layout = None
        for numbers in groups.values():
            layout = self._place([(k, batch[k]) for k in numbers], answers) or layout
        return Told(answers, layout)

    def _place(
        self, group: list[tuple[int, Measured]], answers: list[dict[str, Any] | str]
    ) -> dict[str, list[str]] | None:
        """Ask about a group; where the space refuses, about its halves, until the refused ones stand alone."""
        from peakscape.feature_space import records
        from peakscape.live.ledger import layout_of

        try:
            found = self._space.place(dataset_of([one for _, one in group]))
        except Exception as error:
            if len(group) == 1:
                kind = "" if isinstance(error, PeakscapeError) else f"{type(error).__name__}: "
                line = " ".join(f"{kind}{error}".split())
                answers[group[0][0]] = Lacking(line) if isinstance(error, WavelengthMissing) else line
                return None
            half = len(group) // 2
            first = self._place(group[:half], answers)
            return self._place(group[half:], answers) or first
        for (k, _), answer in zip(group, records(found), strict=True):
            answers[k] = answer
        return layout_of(found)

    def _other_absorber(self, one: Measured) -> str | None:
        """Why a spectrum of another element or edge than the space's is not placed."""
        for name in ("element", "edge"):
            own, wanted = one.metadata.get(name), self._space.known_.attrs.get(name)
            if own and wanted and own != wanted:
                return f"is of the {name} {own}, and the space of {wanted}"
        return None

    def close(self) -> None:
        """Nothing is to be freed."""


_OPEN: dict[str, Here] = {}


def _open(path: str) -> None:
    """Open the space in a process of its own."""
    import signal

    from peakscape.feature_space import open_space

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks ends this one
    _OPEN[path] = Here(open_space(path))


def _answer(path: str, batch: list[Measured]) -> Told:
    """Answer in that process."""
    return _OPEN[path].place(batch)


class Processes:
    """Asks in several processes, which open the saved space.

    Parameters
    ----------
    path
        Of the saved space.
    n_processes
        How many.
    """

    def __init__(self, path: Path, n_processes: int) -> None:
        self._path, self._n = str(path), n_processes
        self._pool = self._started()
        self._pool.submit(_answer, self._path, []).result()  # an error of opening is known before the start

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._n, mp_context=context, initializer=_open, initargs=(self._path,))

    def place(self, batch: Sequence[Measured]) -> Told:
        """Divide spectra among the processes; their order is kept. A process that died is started anew."""
        size = max(1, -(-len(batch) // (2 * self._n)))
        parts = [list(batch[start : start + size]) for start in range(0, len(batch), size)]
        try:
            told = list(self._pool.map(_answer, [self._path] * len(parts), parts))
        except BrokenProcessPool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = self._started()
            raise
        layout = next((one.layout for one in told if one.layout is not None), None)
        return Told([answer for one in told for answer in one.answers], layout)

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)


def digest_of(path: Path) -> str:
    """Return the digest of a saved space: the one over all of it that is saved with it, else one of its files."""
    told = path / "space.json"
    try:
        digest = json.loads(told.read_text(encoding="utf-8")).get("digest") if told.exists() else None
        if isinstance(digest, str):
            return digest
        found = hashlib.sha256()
        for file in sorted(path.iterdir()):
            found.update(file.name.encode() + b"\0" + file.read_bytes())
    except (OSError, ValueError) as error:
        raise MapError(f"{path} cannot be read: {error}") from error
    return found.hexdigest()
