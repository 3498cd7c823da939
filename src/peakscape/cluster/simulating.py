"""Patterns by the million into one store."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from peakscape.cluster import stores
from peakscape.cluster.regions import Region, divided, ledger
from peakscape.cluster.sources import ROWS_OF_A_SEED, SimulatedSpectra
from peakscape.errors import InputError
from peakscape.spectra.storage import check_free


def simulate(source: SimulatedSpectra, out: str | os.PathLike[str], *, client: Any = None) -> Path:
    """Compute patterns and store them, region by region.

    What was done is kept when it is interrupted (``OUT.unfinished``), and the same call goes on. The bits do not depend
    on the number of workers.

    Parameters
    ----------
    source
        Structures and variants.
    out
        Where to write, a path that ends in .zarr: spectra as `spectra.open` and `read` take them.
    client
        Of Dask (see `connect`); None: this process.

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    InputError
        If `out` cannot be written, or an unfinished one is of another job.

    Examples
    --------
    >>> import tempfile
    >>> from ase.build import bulk
    >>> from peakscape import spectra
    >>> options = {"wavelength": 1.5406, "two_theta": (20, 80, 0.02)}
    >>> out = tempfile.mkdtemp() + "/variants.zarr"
    >>> _ = simulate(SimulatedSpectra([bulk("Cu")], n_variants=3, options=options), out)
    >>> spectra.open(out).intensity.shape
    (3, 3001)
    """
    target = Path(out)
    if target.suffix != ".zarr":
        raise InputError(f"expected a path that ends in .zarr, got {out}")
    check_free(target)
    job = {"work": "simulate", "source": source.described(), "rows": ROWS_OF_A_SEED}
    with ledger(target, job) as unfinished:
        if not unfinished.done("laid out"):
            stores.lay_out(unfinished.store, source.read(0, 1), source.n_samples, ROWS_OF_A_SEED)
            (unfinished.folder / "laid out" / "0").touch()
        work = partial(_simulate_region, source, unfinished.store)
        regions = divided(source.n_samples, ROWS_OF_A_SEED)
        unfinished.run(work, regions, stage="simulated", client=client, text="simulating")
        unfinished.finish()
    return target


def _simulate_region(source: SimulatedSpectra, store: Path, region: Region) -> None:
    stores.write(store, source.read(region.first, region.stop), region)
