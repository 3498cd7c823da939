"""The simulators that a user could pick instead, each asked for the same crystal, wavelength and range.

What each leaves out is said in `LEAVES_OUT` and printed in the table's notes.
"""

from collections.abc import Callable

import gemmi
import numpy as np
from ase import Atoms

from benchmarks.series import TWO_THETA, WAVELENGTH

LEAVES_OUT = {
    "pymatgen": "sticks only: no profile, no f' and f''; its four-term form factors go negative far out",
    "xrayutilities": "lines only: Convolve() is not called, which would add much more time; f' and f'' are in",
    "gemmi": "amplitudes only (direct sum, Friedel-unique half): no f' and f'', no Lorentz factor, no profile",
    "dans_diffraction": "own grid in q and its own peak width; no f' and f'', 1/q^2 for the Lorentz factor",
}


def pymatgen(atoms: Atoms) -> Callable[[], object]:
    from pymatgen.analysis.diffraction.xrd import XRDCalculator
    from pymatgen.core import Lattice, Structure

    structure = Structure(Lattice(np.asarray(atoms.cell)), atoms.get_chemical_symbols(), atoms.get_scaled_positions())
    calculator = XRDCalculator(wavelength=WAVELENGTH)
    return lambda: calculator.get_pattern(structure, two_theta_range=TWO_THETA[:2])


def xrayutilities(atoms: Atoms) -> Callable[[], object]:
    import xrayutilities as xu

    kinds = [getattr(xu.materials.elements, symbol) for symbol in atoms.get_chemical_symbols()]
    places = [("1a", tuple(position)) for position in atoms.get_scaled_positions()]
    lattice = xu.materials.SGLattice(1, *atoms.cell.cellpar(), atoms=kinds, pos=places)
    crystal = xu.materials.Crystal("alloy", lattice)
    return lambda: xu.simpack.PowderDiffraction(crystal, wl=WAVELENGTH, tt_cutoff=TWO_THETA[1])


def gemmi_sum(atoms: Atoms) -> Callable[[], object]:
    small = gemmi.SmallStructure()
    small.cell = gemmi.UnitCell(*atoms.cell.cellpar())
    small.spacegroup_hm = "P 1"
    for number, (symbol, position) in enumerate(
        zip(atoms.get_chemical_symbols(), atoms.get_scaled_positions(), strict=True)
    ):
        site = gemmi.SmallStructure.Site()
        site.label, site.type_symbol = f"{symbol}{number}", symbol
        site.element, site.fract, site.occ = gemmi.Element(symbol), gemmi.Fractional(*position), 1.0
        small.add_site(site)
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    d_min = WAVELENGTH / (2.0 * np.sin(np.radians(TWO_THETA[1]) / 2.0))

    def compute() -> np.ndarray:
        hkl = gemmi.make_miller_array(small.cell, gemmi.SpaceGroup("P 1"), d_min).tolist()
        return np.array([calculator.calculate_sf_from_small_structure(small, index) for index in hkl])

    return compute


def dans_diffraction(atoms: Atoms) -> Callable[[], object]:
    import Dans_Diffraction

    crystal = Dans_Diffraction.Crystal()
    crystal.Cell.latt(list(atoms.cell.cellpar()))
    symbols, positions = atoms.get_chemical_symbols(), atoms.get_scaled_positions()
    crystal.new_atoms(
        *positions.T, type=symbols, label=[f"{symbol}{number}" for number, symbol in enumerate(symbols)],
        occupancy=np.ones(len(atoms)), uiso=np.zeros(len(atoms)), mxmymz=np.zeros((len(atoms), 3)),
    )  # fmt: skip
    crystal.generate_structure()
    crystal.Scatter.setup_scatter(
        scattering_type="xray", wavelength_a=WAVELENGTH, min_twotheta=TWO_THETA[0], max_twotheta=TWO_THETA[1]
    )
    return lambda: crystal.Scatter.powder("xray", units="tth")


PEERS: dict[str, Callable[[Atoms], Callable[[], object]]] = {
    "pymatgen": pymatgen,
    "xrayutilities": xrayutilities,
    "gemmi": gemmi_sum,
    "dans_diffraction": dans_diffraction,
}
