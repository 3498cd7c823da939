"""Relaxation of atoms and cell, one by one or as a batch; the owner of CHGNet and torch (extra ``relax``)."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import time
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator, all_changes
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS

from peakscape.errors import InputError, MissingExtra, PeakscapeWarning
from peakscape.progress import progress as counted


class CombinedGradient(Calculator):  # type: ignore[misc]  # ase has no types
    """CHGNet calculator that takes forces and stress from one first-order backward pass.

    CHGNet's own calculator differentiates twice and builds the graph of second derivatives, which only training
    needs. Same model, same numbers, half the time. Deng et al., Nature Machine Intelligence 5, 1031 (2023),
    doi:10.1038/s42256-023-00716-3.
    """

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012, the name and type are ASE's

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.label_of_model = f"CHGNet {model.version} (chgnet {version('chgnet')})"

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute energy (eV), forces (eV/angstrom, (n_atoms, 3)) and stress (eV/angstrom^3, Voigt order (6,))."""
        import torch
        from chgnet.model.model import BatchedGraph
        from pymatgen.io.ase import AseAtomsAdaptor

        super().calculate(atoms, properties or self.implemented_properties, system_changes)
        graph = self.model.graph_converter(AseAtomsAdaptor.get_structure(self.atoms))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Converting a tensor with requires_grad=True")
            batch = BatchedGraph.from_graphs(
                [graph],
                bond_basis_expansion=self.model.bond_basis_expansion,
                angle_basis_expansion=self.model.angle_basis_expansion,
                compute_stress=True,
            )
        n_atoms = len(self.atoms)
        per_atom = self.model._compute(batch)["e"]
        energy = per_atom.sum() * (n_atoms if self.model.is_intensive else 1)
        gradients = torch.autograd.grad(energy, [batch.atom_positions[0], batch.strains[0]])
        reference = self.model.composition_model([graph]).sum() if self.model.composition_model is not None else 0.0
        total = energy + reference * (n_atoms if self.model.is_intensive else 1)
        strained = gradients[1].numpy() / self.atoms.get_volume()
        symmetric = (strained + strained.T) / 2
        self.results = {
            "energy": float(total.detach()),
            "free_energy": float(total.detach()),
            "forces": -gradients[0].numpy().astype(float),
            "stress": symmetric.astype(float)[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]],
        }


@cache
def load_calculator() -> CombinedGradient:
    """Load the pretrained CHGNet that its package carries; nothing is downloaded."""
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            from chgnet.model import CHGNet

            model = CHGNet.load(use_device="cpu")
    except ImportError as failure:
        raise MissingExtra("chgnet", "relax") from failure
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return CombinedGradient(model)


@contextlib.contextmanager
def torch_threads(n_threads: int | None) -> Iterator[None]:
    """Let torch use `n_threads` inside the block and put the old number back; None changes nothing."""
    if n_threads is None:
        yield
        return
    try:
        import torch
    except ImportError as failure:
        raise MissingExtra("torch", "relax") from failure
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def largest_stress(atoms: Atoms) -> float:
    """Return the largest component of the stress in GPa, by size; the calculator must be attached."""
    return float(np.abs(atoms.get_stress()).max() / units.GPa)


def relax(
    atoms: Atoms,
    *,
    fmax: float = 0.02,
    max_steps: int = 500,
    relax_cell: bool = True,
    n_threads: int | None = None,
    calculator: Calculator | None = None,
) -> Atoms:
    """Relax positions and cell until no force exceeds `fmax`.

    BFGS over a Frechet cell filter whose cell factor is the square root of the number of atoms. ASE's default, the
    number itself, weakens the cell's share so much that a relaxation of 52 atoms stops at a stress of about 1 GPa.

    Parameters
    ----------
    atoms
        Periodic structure; not changed.
    fmax
        Largest force left, in eV/angstrom, over atoms and the scaled cell gradient.
    max_steps
        Steps after which the relaxation ends, converged or not.
    relax_cell
        False keeps the cell and moves the atoms only.
    n_threads
        Threads for torch during the relaxation; None leaves torch's setting alone.
    calculator
        Any ASE calculator with forces and stress; None takes CHGNet's pretrained model.

    Returns
    -------
    Atoms
        The relaxed structure without a calculator. Its ``info`` gains ``energy`` (eV), ``fmax_reached``
        (eV/angstrom), ``stress_reached`` (largest component, GPa), ``n_steps``, ``converged`` and ``relaxed_with``.

    Raises
    ------
    MissingExtra
        If no calculator is given and chgnet is not installed.

    Warns
    -----
    PeakscapeWarning
        If `max_steps` came first.

    Examples
    --------
    >>> from ase.build import bulk
    >>> from ase.calculators.emt import EMT
    >>> relaxed = relax(bulk("Cu", a=3.5), calculator=EMT())
    >>> round(float(4 * relaxed.cell.volume) ** (1 / 3), 2), relaxed.info["converged"]
    (3.59, True)
    """
    if fmax <= 0 or max_steps < 1:
        raise InputError(f"expected fmax > 0 and max_steps >= 1, got fmax={fmax}, max_steps={max_steps}")
    moving = atoms.copy()
    with torch_threads(n_threads), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="logm result may be inaccurate")
        moving.calc = load_calculator() if calculator is None else calculator
        target = FrechetCellFilter(moving, exp_cell_factor=len(moving) ** 0.5) if relax_cell else moving
        optimizer = BFGS(target, logfile=None)
        converged = bool(optimizer.run(fmax=fmax, steps=max_steps))
        reached = float(np.linalg.norm(target.get_forces(), axis=1).max())
        stress = largest_stress(moving) if relax_cell else float("nan")
        energy = float(moving.get_potential_energy())
    relaxed = moving.copy()
    relaxed.info.update(
        energy=energy,
        fmax_reached=reached,
        stress_reached=stress,
        n_steps=int(optimizer.nsteps),
        converged=converged,
        relaxed_with=getattr(moving.calc, "label_of_model", type(moving.calc).__name__),
    )
    if not converged:
        warnings.warn(
            f"{atoms.get_chemical_formula()} is not relaxed after {max_steps} steps: largest force {reached:.3g} "
            f"eV/angstrom, wanted {fmax}; raise max_steps or look at the structure",
            PeakscapeWarning,
            stacklevel=2,
        )
    return relaxed


def relax_all(
    structures: Iterable[Atoms],
    path: str | Path,
    *,
    fmax: float = 0.02,
    max_steps: int = 500,
    n_threads: int | None = None,
    calculator: Calculator | None = None,
    progress: bool = True,
) -> list[Atoms]:
    """Relax many structures and write each result to a file at once; a second call resumes where the first stopped.

    Parameters
    ----------
    structures
        Structures to relax; not changed.
    path
        File of results, one JSON object a line, made if absent. A result belongs to an input structure (species,
        positions, cell) and `fmax`, so lists may be reordered or extended; a half-written last line is dropped.
    fmax, max_steps, n_threads, calculator
        As for :func:`relax`. Results of different calculators belong in different files.
    progress
        Show on stderr how many are done.

    Returns
    -------
    list of Atoms
        The relaxed structures in the order of `structures`.

    Raises
    ------
    MissingExtra
        If no calculator is given and chgnet is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from ase.build import bulk
    >>> from ase.calculators.emt import EMT
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "relaxed.jsonl")
    ...     first = relax_all([bulk("Cu", a=3.5)], path, calculator=EMT(), progress=False)
    ...     both = relax_all([bulk("Cu", a=3.5), bulk("Ag", a=4.0)], path, calculator=EMT(), progress=False)
    ...     len(path.read_text().splitlines())
    2
    """
    inputs = list(structures)
    path = Path(path)
    done = _read_results(path)
    results = []
    with path.open("a", encoding="utf-8") as file:
        for atoms in counted(inputs, "relaxing") if progress else inputs:
            key = _key(atoms, fmax)
            if key not in done:
                start = time.perf_counter()
                relaxed = relax(atoms, fmax=fmax, max_steps=max_steps, n_threads=n_threads, calculator=calculator)
                done[key] = _record(key, relaxed, time.perf_counter() - start)
                file.write(json.dumps(done[key]) + "\n")
                file.flush()
            results.append(_applied(atoms, done[key]))
    return results


_REACHED = ("energy", "fmax_reached", "stress_reached", "n_steps", "converged", "relaxed_with")


def _key(atoms: Atoms, fmax: float) -> str:
    """Name an input structure and its target by content."""
    parts = (atoms.numbers.tolist(), atoms.cell.array.round(6).tolist(), atoms.positions.round(6).tolist(), fmax)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _record(key: str, relaxed: Atoms, seconds: float) -> dict[str, Any]:
    """Make one line of the file."""
    return {
        "key": key,
        "cell": relaxed.cell.array.tolist(),
        "positions": relaxed.positions.tolist(),
        "seconds": round(seconds, 2),
        **{name: relaxed.info[name] for name in _REACHED},
    }


def _applied(atoms: Atoms, record: dict[str, Any]) -> Atoms:
    """Put a stored result onto its input structure."""
    relaxed = atoms.copy()
    relaxed.set_cell(record["cell"])
    relaxed.set_positions(record["positions"])
    relaxed.info.update({name: record[name] for name in _REACHED})
    return relaxed


def _read_results(path: Path) -> dict[str, dict[str, Any]]:
    """Read earlier results; cut off a last line that a killed run left half-written."""
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    if complete != text:
        path.write_text(complete, encoding="utf-8")
    try:
        records = [json.loads(line) for line in complete.splitlines()]
        return {record["key"]: record for record in records}
    except (ValueError, KeyError, TypeError) as failure:
        raise InputError(f"{path} is not a file of relaxation results: {failure}; name another file") from failure
