"""Make the shipped X-ray absorption spectra of boron nitride with GPAW, and pack them.

Run with the extra ``gpaw`` (``scripts/install_gpaw.sh`` makes an environment); a killed run goes on where it stopped,
and what the package holds already is not computed again::

    python -m peakscape.datasets.make.compute_nitride --work build/nitride            # compute what is missing
    python -m peakscape.datasets.make.compute_nitride --work build/nitride --pack     # write it into the package

One result a file, ``NAME.npz`` in the work folder; what failed stands in ``failures.json`` there and is tried again
with ``--retry``. All structures have 16 sites. Defects are relaxed at fixed cell, in the symmetry of the unrelaxed
defect, by GPAW's spin-paired forces on a coarser mesh; strained cells and snapshots are not.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.geometry import minkowski_reduce

from peakscape import datasets, structures
from peakscape.absorption.excitation import CONVERGENCE, CoreHoleSettings, core_hole, ground_state, make_calculator
from peakscape.absorption.series import CoreHoleJob, run_series
from peakscape.absorption.spectrum import CoreHoleSpectrum, open_spectra, save_spectra
from peakscape.datasets.make import boron_jobs
from peakscape.datasets.make.nitride_jobs import AMPLITUDES, SEED, jobs
from peakscape.errors import PeakscapeWarning
from peakscape.files import replace_atomically
from peakscape.structures.nitride import LATTICE_CONSTANTS

SETTINGS = CoreHoleSettings()
"""One set for all spectra."""

RELAX_SETTINGS = replace(SETTINGS, k_points=(2, 2, 2))
SKEWED = 1.3
"""Product of the cell's lengths, over that of the shortest ones possible, from which on the cell is changed."""

FMAX = 0.05
"""Largest force left in relaxed defects, eV/angstrom."""

MAX_STEPS = 20
STORE = datasets.path("SmFe12.cif").parent / "nitride"
"""Folder of the shipped spectra and of their provenance."""

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute what is missing, or pack what is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the resumable results")
    parser.add_argument("--store", type=Path, default=STORE, help="folder of the packed results")
    parser.add_argument("--pack", action="store_true", help="pack what is finished, compute nothing")
    parser.add_argument("--retry", action="store_true", help="try again what failed")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--foreign", action="store_true", help="other boron materials, into a file of their own")
    parser.add_argument("--phases", nargs="+", default=list(LATTICE_CONSTANTS), help="only these, to share the work")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if options.pack:
        pack_foreign(options.work, options.store) if options.foreign else pack(options.work, options.store)
        return
    (options.work / "pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    packed = stored(options.store)
    pool = ProcessPoolExecutor(options.workers) if options.workers > 1 else nullcontext()
    with pool as executor:
        nitride = [job for job in jobs() if job.labels["phase"] in options.phases]
        listed = boron_jobs.jobs() if options.foreign else nitride
        compute_all(listed, options.work, packed=packed, executor=executor, retry=options.retry)


def compute_all(
    listed: Sequence[CoreHoleJob],
    work: Path,
    *,
    packed: Sequence[CoreHoleSpectrum],
    executor: Executor | None = None,
    retry: bool = False,
) -> dict[str, str]:
    """Compute the jobs that neither the package nor the work folder holds; return what failed."""
    known = {str(spectrum.labels["structure"]): spectrum for spectrum in packed}
    for structure, spectrum in known.items():
        _keep(work, structure, _record_of(spectrum))
    done = [spectrum.name for spectrum in packed]
    return run_series(listed, work, compute=partial(compute, work=work), done=done, executor=executor, retry=retry)


def compute(job: CoreHoleJob, *, work: Path) -> CoreHoleSpectrum:
    """Compute one job; the relaxed structure and its ground state are kept for the other absorbers."""
    start = time.process_time()
    structure, usual_cell = str(job.labels["structure"]), job.atoms.cell.array
    logs = work / "logs"
    logs.mkdir(exist_ok=True)
    record = _kept(work, structure)
    if record is None:
        job, settings = _compact(job)
        atoms, relaxation = _relaxed(job, logs, settings) if job.labels["kind"] == "defect" else (job.atoms, {})
        ground = ground_state(atoms, settings, folder=logs, name=structure)
        record = _record(atoms, relaxation, ground)
        _keep(work, structure, record)
    # energies are differences: all absorbers of a structure in the cell of its ground state
    usual = np.allclose(record["cell"], usual_cell, atol=1e-6)
    settings = SETTINGS if usual else replace(SETTINGS, point_group=False)
    atoms = Atoms(job.atoms.numbers, positions=record["positions"], cell=record["cell"], pbc=True)
    labels = {**job.labels, "relaxation": record["relaxation"]}
    spectrum = core_hole(
        atoms, job.absorber, settings, folder=logs, name=job.name, ground=record["ground"], labels=labels
    )
    seconds = {"cpu_seconds": round(time.process_time() - start, 1)}
    return replace(spectrum, settings={**spectrum.settings, **seconds})


def stored(store: Path) -> list[CoreHoleSpectrum]:
    """Open the packed spectra; none if there are none yet."""
    path = store / "spectra.npz"
    return open_spectra(path) if path.exists() else []


def pack(work: Path, store: Path) -> None:
    """Put packed and new spectra into one file, in the order of the jobs, and write the provenance beside it."""
    found = {spectrum.name: spectrum for spectrum in stored(store)}
    for path in sorted(work.glob("*.npz")):
        found |= {spectrum.name: spectrum for spectrum in open_spectra(path)}
    names = [job.name for job in jobs()]
    spectra = [found[name] for name in names if name in found]
    store.mkdir(exist_ok=True)
    save_spectra(spectra, store / "spectra.npz")
    with replace_atomically(store / "provenance.json") as fresh:
        fresh.write_text(json.dumps(provenance(spectra, names), indent=1) + "\n", encoding="utf-8")
    _log.info("packed %s of %s spectra into %s", len(spectra), len(names), store)


def pack_foreign(work: Path, store: Path) -> None:
    """Put the spectra of other boron materials into one file, in the order of the jobs."""
    found = [work / f"{job.name}.npz" for job in boron_jobs.jobs()]
    spectra = [open_spectra(path)[0] for path in found if path.exists()]
    save_spectra(spectra, store / "foreign.npz")
    _log.info("packed %s of %s spectra into %s", len(spectra), len(found), store / "foreign.npz")


def provenance(spectra: Sequence[CoreHoleSpectrum], names: Sequence[str]) -> dict[str, Any]:
    """Say how the spectra were made."""
    present = {spectrum.name for spectrum in spectra}
    return {
        "made_by": "python -m peakscape.datasets.make.compute_nitride",
        "programs": sorted({str(spectrum.settings["reported"]["code"]) for spectrum in spectra}),
        "packages": {name: version(name) for name in ("peakscape", "ase", "numpy", "scipy", "spglib")},
        "setups": "GPAW's PBE setups; core hole: gpaw-setup -f PBE B --name fch1s --core-hole=1s,1.0 (N likewise)",
        "settings": SETTINGS.to_json(),
        "convergence": {
            "per_valence_electron": CONVERGENCE,
            "but": "the perfect crystals and V_N in c- and h-BN (11 spectra) with GPAW's own 1e-4 and 4e-8",
        },
        "relaxation": {
            "of": "defects only, positions only, spin-paired, within the symmetry of the unrelaxed defect",
            "settings": RELAX_SETTINGS.to_json(),
            "fmax": FMAX,
            "max_steps": MAX_STEPS,
        },
        "lattice_constants": {phase: list(constants) for phase, constants in LATTICE_CONSTANTS.items()},
        "snapshots": {"amplitudes": AMPLITUDES, "seed": SEED},
        "n_spectra": len(spectra),
        "n_planned": len(names),
        "missing": [name for name in names if name not in present],
        "cpu_seconds": round(sum(float(spectrum.settings.get("cpu_seconds", 0)) for spectrum in spectra)),
    }


def _compact(job: CoreHoleJob) -> tuple[CoreHoleJob, CoreHoleSettings]:
    """Take the shortest vectors of a skewed cell, without symmetry, where there is little of it.

    The same crystal and the same mesh of k points on half the grid: the rhombohedral cell of r-BN.
    """
    shortest, _ = minkowski_reduce(job.atoms.cell)
    sizes = [float(np.prod(np.linalg.norm(cell, axis=1))) for cell in (job.atoms.cell.array, shortest)]
    if sizes[0] < SKEWED * sizes[1] or job.labels["kind"] not in ("defect", "snapshot"):
        return job, SETTINGS
    atoms = Atoms(job.atoms.numbers, positions=job.atoms.positions, cell=shortest, pbc=True, info=dict(job.atoms.info))
    return replace(job, atoms=atoms), replace(SETTINGS, point_group=False)


def _relaxed(job: CoreHoleJob, logs: Path, settings: CoreHoleSettings) -> tuple[Atoms, dict[str, Any]]:
    """Relax the positions; what was reached is recorded, not demanded."""
    coarse = replace(RELAX_SETTINGS, point_group=settings.point_group)
    calculator = make_calculator(coarse, log=logs / f"{job.labels['structure']}.relax.log")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PeakscapeWarning)
        relaxed = structures.relax(job.atoms, fmax=FMAX, max_steps=MAX_STEPS, relax_cell=False, calculator=calculator)
    moved = float(np.linalg.norm(relaxed.positions - job.atoms.positions, axis=1).max())
    reached = {key: relaxed.info[key] for key in ("fmax_reached", "n_steps", "converged")}
    return relaxed, {**reached, "largest_move": round(moved, 4)}


def _record_of(spectrum: CoreHoleSpectrum) -> dict[str, Any]:
    """What the other absorbers of a structure need, from a finished spectrum."""
    return _record(spectrum.atoms, spectrum.labels["relaxation"], spectrum.settings["ground_state"])


def _record(atoms: Atoms, relaxation: Mapping[str, Any], ground: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "positions": atoms.positions.tolist(),
        "cell": atoms.cell.array.tolist(),
        "relaxation": dict(relaxation),
        "ground": dict(ground),
    }


def _keep(work: Path, structure: str, record: Mapping[str, Any]) -> None:
    folder = work / "structures"
    folder.mkdir(exist_ok=True)
    with replace_atomically(folder / f"{structure}.json") as fresh:
        fresh.write_text(json.dumps(record), encoding="utf-8")


def _kept(work: Path, structure: str) -> dict[str, Any] | None:
    path = work / "structures" / f"{structure}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    main()
