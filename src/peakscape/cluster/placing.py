"""Answers about spectra by the million, from a saved space, into one store."""

from __future__ import annotations

import os
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from peakscape.cluster import stores
from peakscape.cluster.regions import Region, digest_of, divided, ledger
from peakscape.cluster.sources import Source, source_of
from peakscape.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.feature_space import FeatureSpace

ROWS = {None: 256, "coordinates": 1024}
"""Rows of a region: those of one shard, and what takes some seconds."""


def place(
    space: str | os.PathLike[str],
    source: str | os.PathLike[str] | Source,
    out: str | os.PathLike[str],
    *,
    only: Literal["coordinates"] | None = None,
    client: Any = None,
) -> Path:
    """Place spectra, region by region, with flat memory.

    What was done is kept when it is interrupted (``OUT.unfinished``), and the same call goes on. The bits do not depend
    on the number of workers.

    Parameters
    ----------
    space
        A saved space.
    source
        The path of stored spectra, or `SimulatedSpectra`, which are then placed without being stored.
    out
        Where to write, a path that ends in .zarr; `xarray.open_zarr` opens it.
    only
        As for `FeatureSpace.place`, whose bits come without it; ``"coordinates"`` is many times as fast.
    client
        Of Dask (see `connect`); None: this process.

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    InputError
        If the space or the spectra cannot be used, `out` cannot be written, or an unfinished one is of another job.
    """
    target, saved, spectra = Path(out), Path(space).absolute(), source_of(source)
    if target.suffix != ".zarr" or only not in ROWS:
        raise InputError(f"expected a path that ends in .zarr, and only='coordinates' or None, got {out}, {only!r}")
    _check_free(target)
    _opened.cache_clear()
    _opened(saved)  # what cannot be opened is told before anything is begun
    digests = {name.name: digest_of(name) for name in sorted(saved.iterdir()) if name.is_file()}
    job = {"work": "place", "space": digests, "source": spectra.described(), "only": only, "rows": ROWS[only]}
    with ledger(target, job) as unfinished:
        if not unfinished.done("laid out"):
            one = _answered(saved, spectra, only, 0, 1)
            stores.lay_out(unfinished.store, one, spectra.n_samples, ROWS[only])
            (unfinished.folder / "laid out" / "0").touch()
        work = partial(_place_region, saved, spectra, only, unfinished.store)
        regions = divided(spectra.n_samples, ROWS[only])
        unfinished.run(work, regions, stage="placed", client=client, text="placing")
        unfinished.finish()
    return target


def _check_free(target: Path) -> None:
    """Nothing is replaced but answers of ours."""
    if target.exists() and not ((target / "coordinates" / "zarr.json").is_file() and (target / "shift").is_dir()):
        raise InputError(f"{target} is not answers that peakscape wrote, and nothing else is replaced")


@lru_cache(maxsize=1)
def _opened(path: Path) -> FeatureSpace:
    from peakscape.feature_space import open_space

    return open_space(path)


def _answered(saved: Path, spectra: Source, only: str | None, first: int, stop: int) -> xr.Dataset:
    return _opened(saved).place(spectra.read(first, stop), only=only)  # type: ignore[arg-type]


def _place_region(saved: Path, spectra: Source, only: str | None, store: Path, region: Region) -> None:
    stores.write(store, _answered(saved, spectra, only, region.first, region.stop), region)
