"""Small crystals for the tests of diffraction."""

import numpy as np
from ase import Atoms
from ase.spacegroup import crystal


def triclinic(seed: int = 0, n_atoms: int = 5) -> Atoms:
    """A crystal without symmetry: aP, four elements, no centre of inversion."""
    random = np.random.default_rng(seed)
    symbols = ["Sm", "Fe", "Ti", "O", "Fe", "Zr", "Ti", "O"][:n_atoms]
    return Atoms(
        symbols, cell=[5.1, 6.2, 4.4, 83.0, 101.0, 95.0], scaled_positions=random.random((n_atoms, 3)), pbc=True
    )


def thorium_manganese_12() -> Atoms:
    """SmFe12 in the structure of ThMn12, I4/mmm; 26 atoms in the conventional cell."""
    return crystal(
        ["Sm", "Fe", "Fe", "Fe"],
        basis=[(0, 0, 0), (0.25, 0.25, 0.25), (0.359, 0, 0), (0.27, 0.5, 0)],
        spacegroup=139,
        cellpar=[8.497, 8.497, 4.687, 90, 90, 90],
    )


def rutile() -> Atoms:
    """TiO2, P4_2/mnm."""
    return crystal(
        ["Ti", "O"], basis=[(0, 0, 0), (0.3053, 0.3053, 0)], spacegroup=136, cellpar=[4.594, 4.594, 2.959, 90, 90, 90]
    )


def fluorite() -> Atoms:
    """CaF2, Fm-3m."""
    return crystal(["Ca", "F"], basis=[(0, 0, 0), (0.25, 0.25, 0.25)], spacegroup=225, cellpar=[5.4626] * 3 + [90] * 3)
