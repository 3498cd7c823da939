"""The hands that do the work: Dask's workers on this machine, at an address, or behind a scheduler's file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from peakscape.errors import InputError, MissingExtra, PeakscapeError

ANSWERS_WITHIN = 20.0
"""Seconds within which a scheduler must answer."""
TRIES = 20
"""So many workers may die at one region before it is the region that is suspected."""
LONGEST_ALONE = 120.0
"""Seconds after which workers that are all gone are not expected back: a worker that dies while it starts is not
replaced by its nanny."""

BETWEEN_LOOKS = 1.0
"""Seconds between questions who works: each takes the scheduler milliseconds."""


@contextmanager
def connect(where: str, *, n_workers: int | None = None) -> Iterator[Any]:
    """Yield a client of Dask's workers, and let go of it afterwards.

    Parameters
    ----------
    where
        ``"local"`` (or ``"local:4"``): one worker a core of this machine (or four), which end with the context. Else
        the address of a scheduler, such as ``"tcp://node7:8786"``, or the file that it writes (``--scheduler-file``),
        which ends in .json; workers must see the same files by the same paths.
    n_workers
        Of ``"local"``; None: one a core.

    Yields
    ------
    distributed.Client
        What `place`, `simulate` and `fit` take as ``client``.

    Raises
    ------
    InputError
        If nothing answers there.
    MissingExtra
        If distributed is not installed.

    Examples
    --------
    >>> with connect("nowhere"):
    ...     pass
    Traceback (most recent call last):
    peakscape.errors.InputError: expected local, local:N, an address such as tcp://HOST:PORT or a scheduler's file that ends in .json, got 'nowhere'
    """  # noqa: E501  # the message is one line
    plain, _, number = where.partition(":")
    if plain != "local" and "://" not in where and not where.endswith(".json"):
        raise InputError(
            "expected local, local:N, an address such as tcp://HOST:PORT or a scheduler's file that ends in .json, got"
            f" {where!r}"
        )
    if plain == "local" and number and not (number.isdigit() and int(number)):
        raise InputError(f"expected local:N with a number of workers, got {where!r}")
    try:
        import distributed
    except ImportError as error:
        raise MissingExtra("distributed", "cluster") from error
    if plain == "local":
        with _on_this_machine(distributed, n_workers or int(number or os.cpu_count() or 1)) as client:
            yield client
        return
    if where.endswith(".json") and not Path(where).is_file():
        raise InputError(f"{where} is not there; start the scheduler with --scheduler-file {where}")
    given = {"scheduler_file": where} if where.endswith(".json") else {"address": where}
    try:
        client = distributed.Client(**given, timeout=ANSWERS_WITHIN, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"no scheduler answers at {where} ({type(error).__name__}); is it running?") from error
    try:
        yield client
    finally:
        with suppress(Exception):  # the scheduler may be gone; what matters was said
            client.close(timeout=2)


@contextmanager
def _on_this_machine(distributed: Any, n_workers: int) -> Iterator[Any]:
    """Workers that are processes of this machine, of one thread each."""
    import dask

    quiet = {"distributed.scheduler.allowed-failures": TRIES, "distributed.comm.timeouts.connect": "20s"}
    with (
        dask.config.set(quiet),
        distributed.LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # any free port: another Dask may run here
            memory_limit=0,
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def finish(client: Any, work: Any, regions: list[Any], *, where: str) -> Iterator[Any]:
    """Yield each region when a worker has done it; a dead worker costs what it was at, which another does again.

    Parameters
    ----------
    client
        Of Dask.
    work
        Called with a region; what it raises ends everything.
    regions
        All that is to be done; only some for each worker are under way at a time.
    where
        What the regions are of, for messages.

    Raises
    ------
    PeakscapeError
        If the scheduler is lost, all workers are gone for good, or a region kills every worker.
    """
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    queue, under_way, deaths = iter(regions), {}, dict.fromkeys(regions, 0)
    waiting = as_completed(loop=client.loop)

    def send(region: Any) -> None:
        future = client.submit(work, region, pure=False)
        under_way[future.key] = region
        waiting.add(future)

    try:
        n_workers = len(client.scheduler_info(n_workers=-1)["workers"])
        for region in islice(queue, 2 * max(1, n_workers)):
            send(region)
        for future in _as_they_come(client, waiting, where, had_workers=n_workers > 0):
            region = under_way.pop(future.key)
            is_gone = future.status in ("cancelled", "lost")
            if is_gone and client.status != "running":
                raise PeakscapeError(f"{where}: the scheduler is lost; what was done is kept: run the same again")
            error = None if is_gone else future.exception()
            if is_gone or isinstance(error, KilledWorker):  # gone with a worker that was sent home
                deaths[region] += 1
                if deaths[region] > TRIES:
                    raise PeakscapeError(f"{where}: every worker died at {region}; is there memory enough?") from error
                send(region)
                continue
            if error is not None:
                raise error
            yield region
            following = next(queue, None)
            if following is not None:
                send(following)
    finally:
        with suppress(Exception):
            client.cancel(waiting.futures)


def _as_they_come(client: Any, waiting: Any, where: str, *, had_workers: bool) -> Iterator[Any]:
    """Yield futures when they are done; PeakscapeError where there were workers and none is left."""
    last_look = time.monotonic()
    last_seen = last_look if had_workers else None
    while not waiting.is_empty():
        if waiting.has_ready():
            yield next(waiting)
            continue
        time.sleep(0.01)
        now = time.monotonic()
        if now - last_look < BETWEEN_LOOKS:
            continue
        last_look = now
        if client.scheduler_info(n_workers=-1)["workers"]:
            last_seen = now
        if last_seen is not None and now - last_seen > LONGEST_ALONE:
            raise PeakscapeError(f"{where}: no worker is left; what was done is kept: run the same again")
