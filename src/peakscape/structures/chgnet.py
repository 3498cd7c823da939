"""CHGNet's energies, forces and stresses for ASE, in one backward pass; the owner of torch and chgnet."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator, all_changes

from peakscape.errors import MissingExtra


class CombinedGradient(Calculator):  # type: ignore[misc]  # ase has no types
    """CHGNet calculator that takes forces and stress from one first-order backward pass.

    CHGNet's own calculator differentiates twice and builds the graph of second derivatives, which only training
    needs. Same model, same numbers, half the time. Deng et al., Nature Machine Intelligence 5, 1031 (2023),
    doi:10.1038/s42256-023-00716-3.

    Parameters
    ----------
    model
        A loaded ``chgnet.model.CHGNet`` on the CPU.

    Attributes
    ----------
    label_of_model
        Name and version of the potential and of its package, for provenance.

    Examples
    --------
    >>> CombinedGradient.implemented_properties
    ['energy', 'forces', 'stress']
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
    """Load the pretrained CHGNet that its package carries; nothing is downloaded.

    Returns
    -------
    CombinedGradient
        One calculator for the process.

    Raises
    ------
    MissingExtra
        If chgnet or torch is not installed.

    Examples
    --------
    >>> from importlib.util import find_spec
    >>> find_spec("chgnet") is None or load_calculator().label_of_model.startswith("CHGNet")
    True
    """
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
    """Let torch use `n_threads` inside the block and put the old number back; None changes nothing.

    Raises
    ------
    MissingExtra
        If a number is given and torch is not installed.

    Examples
    --------
    >>> with torch_threads(None):
    ...     pass
    """
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
    """Return the largest component of the stress in GPa, by size; the calculator must be attached.

    Examples
    --------
    >>> from ase.build import bulk
    >>> from ase.calculators.emt import EMT
    >>> copper = bulk("Cu", a=3.5)
    >>> copper.calc = EMT()
    >>> round(largest_stress(copper), 1)
    11.9
    """
    return float(np.abs(atoms.get_stress()).max() / units.GPa)
