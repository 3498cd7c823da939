"""Where many spectra come from: a store on disk, or structures and seeds, from which rows are computed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr

from peakscape import spectra
from peakscape.errors import InputError, PeakscapeError, SpectraError
from peakscape.spectra import storage

if TYPE_CHECKING:
    from ase import Atoms

ROWS_OF_A_SEED = 1024
"""Variants that are drawn with one seed."""


class Source(Protocol):
    """Spectra by their numbers."""

    @property
    def n_samples(self) -> int:
        """How many there are."""

    def read(self, first: int, stop: int) -> xr.Dataset:
        """Return rows of the container."""

    def described(self) -> dict[str, Any]:
        """Return what tells these spectra from any others."""


@dataclass(frozen=True)
class StoredSpectra:
    """Spectra that `spectra.save`, `peakscape read` or `simulate` wrote."""

    path: str

    @property
    def n_samples(self) -> int:
        """How many there are."""
        return int(_opened(self.path).sizes["sample"])

    def read(self, first: int, stop: int) -> xr.Dataset:
        """Return rows; SpectraError where a part of the store is broken."""
        try:
            return storage.with_texts(_opened(self.path).isel(sample=slice(first, stop)).load())
        except PeakscapeError:
            raise
        except Exception as error:  # zarr's codecs raise what they like
            raise SpectraError(
                f"{self.path}: samples {first} to {stop - 1} cannot be read ({type(error).__name__}); is it whole?"
            ) from error

    def described(self) -> dict[str, Any]:
        """Return path, size and time of writing."""
        place = Path(self.path)
        written = (place / "zarr.json" if place.is_dir() else place).stat().st_mtime_ns
        dataset = _opened(self.path)
        return {"store": str(place.absolute()), "sizes": dict(dataset.sizes), "written": written}


@lru_cache(maxsize=4)
def _opened(path: str) -> xr.Dataset:
    """Not a name is read: those of 10^6 spectra take 400 MB."""
    return storage.open_unread(path)


@dataclass(frozen=True, eq=False)
class SimulatedSpectra:
    """Spectra that are nowhere stored: structures and seeds, from which the same rows are computed whenever wanted.

    Parameters
    ----------
    structures
        Crystals.
    n_variants
        Variants of each, as `diffraction.vary` draws them; None: one pattern each, as `diffraction.simulate` computes
        it.
    random_state
        Seed of the variants.
    options
        Further arguments of `vary` or `simulate`: wavelength, two_theta, variations, fwhm.

    Examples
    --------
    >>> from ase.build import bulk
    >>> options = {"wavelength": 1.5406, "two_theta": (20, 80, 0.02)}
    >>> many = SimulatedSpectra([bulk("Cu"), bulk("Al")], n_variants=10**9, options=options)
    >>> many.n_samples
    2000000000
    >>> many.read(1_500_000_000, 1_500_000_003).name.values.tolist()
    ['Al-500000000', 'Al-500000001', 'Al-500000002']
    """

    structures: Sequence[Atoms]
    n_variants: int | None = None
    random_state: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what can be checked at once."""
        if not self.structures or (self.n_variants is not None and self.n_variants < 1):
            raise InputError("expected one structure or more, and n_variants of 1 or more")

    @property
    def n_samples(self) -> int:
        """How many there are."""
        return len(self.structures) * (self.n_variants or 1)

    def read(self, first: int, stop: int) -> xr.Dataset:
        """Compute rows."""
        from peakscape import diffraction

        if self.n_variants is None:
            return diffraction.simulate(list(self.structures[first:stop]), **self.options)
        parts = []
        at = first
        while at < stop:
            structure, variant = divmod(at, self.n_variants)
            block, offset = divmod(variant, ROWS_OF_A_SEED)
            n_rows = min(ROWS_OF_A_SEED, self.n_variants - block * ROWS_OF_A_SEED)
            taken = min(n_rows - offset, stop - at)
            parts.append(self._block(structure, block, n_rows).isel(sample=slice(offset, offset + taken)))
            at += taken
        return parts[0] if len(parts) == 1 else spectra.concatenate(parts)

    def _block(self, structure: int, block: int, n_rows: int) -> xr.Dataset:
        from peakscape import diffraction

        atoms = self.structures[structure]
        seed = np.random.default_rng([self.random_state, structure, block])
        rows = diffraction.vary(atoms, n_variants=n_rows, random_state=seed, **self.options)
        name = str(rows["name"].values[0]).rpartition("-")[0]
        numbers = range(block * ROWS_OF_A_SEED, block * ROWS_OF_A_SEED + n_rows)
        return rows.assign_coords(
            name=("sample", [f"{name}-{number}" for number in numbers]), structure=("sample", [name] * n_rows)
        )

    def described(self) -> dict[str, Any]:
        """Return what decides every bit."""
        digest = hashlib.sha256()
        for atoms in self.structures:
            for part in (atoms.numbers, atoms.positions, atoms.cell.array, repr(sorted(atoms.info.items())).encode()):
                digest.update(np.asarray(part).tobytes() if not isinstance(part, bytes) else part)
        return {
            "structures": digest.hexdigest(),
            "n_variants": self.n_variants,
            "seed": self.random_state,
            "options": repr(sorted(self.options.items())),
        }


def source_of(given: str | os.PathLike[str] | Source) -> Source:
    """Return the spectra of a store's path, or those that were given."""
    if not isinstance(given, str | os.PathLike):
        return given
    store = StoredSpectra(str(Path(given).absolute()))
    _opened.cache_clear()  # it may have been written anew
    _ = store.n_samples
    return store
