"""Make the shipped alloy series Sm(1-y)Zr(y)Fe(12-x)Ti(x): enumerate, relax with CHGNet, pack into one file.

Run from the root of the repository, with the extra ``relax``; a killed run goes on where it stopped::

    python -m peakscape.datasets.make.relax_alloy --work build/alloy

About ten minutes on one core. It writes ``alloy.npz`` and ``alloy_provenance.md`` beside ``datasets/alloy.py``.
"""

from __future__ import annotations

import argparse
import datetime
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from ase import Atoms

from peakscape import datasets, structures
from peakscape.structures.relaxation import relax_all
from peakscape.structures.symmetry import label_sites, parent_of

FMAX = 0.01
"""Largest force left, eV/angstrom: half of the 0.02 that is promised, since it costs little."""

SEED = 0
"""Seed of every subset."""

ZR_COUNTS_OF_THE_PAPER = (2, 7)
"""Table I's first two entries of the Zr row, where a complete count is possible: they select the Ti patterns."""

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Relax all structures and write the data file and its provenance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder of the resumable results")
    parser.add_argument("--out", type=Path, default=datasets.path("SmFe12.cif").parent, help="folder to write into")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    results = options.work / "relaxed.jsonl"

    relaxed = _relaxed(ti_series(["0.0", "0.5", "1.0"]), results)
    candidates = _relaxed(pattern_candidates(), results)
    first, second = choose_patterns(candidates, [atoms for atoms in relaxed if atoms.info["x"] == 1.0])
    relaxed += _relaxed(zr_series(first, "paper"), results)
    relaxed += _relaxed(ti_series(["1.5", "2.0"]), results)
    relaxed += _relaxed(zr_series(second, "second"), results)
    pack(relaxed, options.out / "alloy.npz")
    (options.out / "alloy_provenance.md").write_text(provenance(relaxed, first, second), encoding="utf-8")
    _log.info("wrote %s structures into %s", len(relaxed), options.out)


def ti_series(levels: Sequence[str]) -> list[Atoms]:
    """Enumerate Ti on 8i in the 52-atom cell and draw the paper's numbers of configurations."""
    table = _table()
    found = []
    for level in levels:
        x = float(level)
        row = table[(table.x == x) & (table.y == 0.0) & (table.supercell == "2x2x1")].iloc[0]
        drawn = structures.substitute(
            _host(),
            supercell=(2, 2, 1),
            site="8i",
            replace={"Fe": "Ti"},
            count=round(4 * x),
            max_configurations=int(row.paper),
            random_state=SEED,
        )
        found += [_described(atoms, x, 0.0, "2x2x1", "paper", atoms.info["configuration"]) for atoms in drawn]
    return found


def pattern_candidates() -> list[Atoms]:
    """List the Ti patterns at x = 1 whose complete Zr counts begin as the paper's do: 2 and 7."""
    patterns = structures.substitute(_host(), supercell=(2, 2, 1), site="8i", replace={"Fe": "Ti"}, count=4)
    fitting = []
    for pattern in patterns:
        counts = tuple(
            structures.count_substitutions(pattern, supercell=(1, 1, 2), site="2a", replace={"Sm": "Zr"}, count=count)
            for count in (1, 2)
        )
        if counts == ZR_COUNTS_OF_THE_PAPER:
            fitting.append(_described(pattern, 1.0, 0.0, "2x2x1", "pattern", pattern.info["configuration"]))
    return fitting


def choose_patterns(candidates: Sequence[Atoms], drawn: Sequence[Atoms]) -> tuple[int, int]:
    """Choose the candidate lowest in energy, and the drawn x = 1 structure whose cell is farthest from its cell."""
    first = min(candidates, key=lambda atoms: float(atoms.info["energy"]))
    excluded = {atoms.info["configuration"] for atoms in candidates}
    others = [atoms for atoms in drawn if atoms.info["configuration"] not in excluded]
    cells = structures.lattice_parameters([first, *others], symmetrize=False)[["a", "b", "c"]].to_numpy()
    second = others[int(np.linalg.norm(cells[1:] - cells[0], axis=1).argmax())]
    return int(first.info["configuration"]), int(second.info["configuration"])


def zr_series(pattern: int, series: str) -> list[Atoms]:
    """Put Zr on 2a of the 104-atom cell over one Ti pattern, as many configurations as the paper has."""
    patterns = structures.substitute(_host(), supercell=(2, 2, 1), site="8i", replace={"Fe": "Ti"}, count=4)
    table = _table()
    found = []
    for row in table[table.supercell == "2x2x2"].itertuples():
        drawn = structures.substitute(
            patterns[pattern],
            supercell=(1, 1, 2),
            site="2a",
            replace={"Sm": "Zr"},
            count=round(8 * float(str(row.y))),
            max_configurations=int(str(row.paper)),
            random_state=SEED,
        )
        found += [_described(atoms, 1.0, float(str(row.y)), "2x2x2", series, pattern) for atoms in drawn]
    return found


def pack(relaxed: Sequence[Atoms], path: Path) -> None:
    """Write all structures into one compressed NumPy archive, without pickle."""
    infos = pd.DataFrame([{name: atoms.info[name] for name in _COLUMNS} for atoms in relaxed])
    parent = parent_of(_host())
    arrays = {
        "n_atoms": np.array([len(atoms) for atoms in relaxed], dtype=np.int16),
        "cell": np.array([atoms.cell.array for atoms in relaxed]),
        "scaled_positions": np.concatenate([_scaled(atoms) for atoms in relaxed]).astype(np.float32),
        "numbers": np.concatenate([atoms.numbers for atoms in relaxed]).astype(np.uint8),
        "site": np.concatenate([atoms.arrays["site"] for atoms in relaxed]),
        "parent_transformation": np.array([atoms.info["parent_transformation"] for atoms in relaxed]),
        "parent_cell": parent.cell,
        "parent_scaled_positions": parent.scaled_positions,
        "parent_numbers": parent.numbers,
    }
    columns = {name: infos[name].to_numpy() for name in _COLUMNS}
    texts = {name: values.astype(str) for name, values in columns.items() if values.dtype.kind not in "bif"}
    np.savez_compressed(path, allow_pickle=False, **arrays, **{**columns, **texts})


_COLUMNS = (
    *("x", "y", "supercell", "series", "ti_pattern", "configuration", "degeneracy", "n_configurations", "n_selected"),
    *("formula_units", "energy", "fmax_reached", "stress_reached", "n_steps", "converged"),
)


def provenance(relaxed: Sequence[Atoms], first: int, second: int) -> str:
    """Say in words where the data come from."""
    fmax = max(atoms.info["fmax_reached"] for atoms in relaxed)
    stress = max(atoms.info["stress_reached"] for atoms in relaxed)
    return f"""# alloy.npz: where the structures come from

{len(relaxed)} structures of Sm(1-y)Zr(y)Fe(12-x)Ti(x), ThMn12 type, **CHGNet-relaxed**. They are no density functional
theory results and no measurements: lattice parameters differ from measured ones by up to about 1 %.

- Host: `SmFe12.cif`, primitive cell of 13 atoms; supercells of it, 2x2x1 (52 atoms) and 2x2x2 (104 atoms).
- Configurations: complete enumeration of inequivalent placements by `peakscape.structures.substitute`; where the paper
  has fewer (Table I), a subset drawn with seed {SEED}, every inequivalent placement as likely as any other.
- Ti on 8i, Zr on 2a. The Zr rows and the (1) at x = 1, y = 0 stand on one Ti pattern, repeated along the third
  vector. Series "paper": configuration {first} of the 134 at x = 1, the lowest in energy of those whose complete Zr
  counts begin with 2 and 7 as in Table I. Series "second": configuration {second}, the one of the drawn x = 1
  structures whose conventional a, b, c lie farthest from those of the first, so that a map can tell the patterns apart.
- Relaxation: {relaxed[0].info["relaxed_with"]}; atoms and cell, BFGS, Frechet cell filter with factor sqrt(n_atoms),
  largest force left {fmax:.4f} eV/angstrom (asked for {FMAX}), largest stress left {stress:.3f} GPa.
  torch {version("torch")}, ase {version("ase")}, spglib {version("spglib")}.
- Energies are CHGNet's, eV per cell. Positions are stored in single precision (5e-7 angstrom).
- Script: `src/peakscape/datasets/make/relax_alloy.py`, run on {datetime.datetime.now(datetime.UTC):%Y-%m-%d}.
- Licence: that of the package (BSD-3-Clause). CHGNet and its weights: modified BSD, Deng et al., Nature Machine
  Intelligence 5, 1031 (2023), doi:10.1038/s42256-023-00716-3.
"""


def _host() -> Atoms:
    return label_sites(structures.read(datasets.path("SmFe12.cif"), primitive=True))


def _table() -> pd.DataFrame:
    return pd.read_csv(datasets.path("alloy_table.csv"))


def _described(atoms: Atoms, x: float, y: float, supercell: str, series: str, pattern: int) -> Atoms:
    described = atoms.copy()
    described.info.update(x=x, y=y, supercell=supercell, series=series, ti_pattern=int(pattern))
    return described


def _relaxed(inputs: Sequence[Atoms], results: Path) -> list[Atoms]:
    _log.info("relaxing %s structures, from x = %s, y = %s", len(inputs), inputs[0].info["x"], inputs[0].info["y"])
    return relax_all(inputs, results, fmax=FMAX, n_threads=1)


def _scaled(atoms: Atoms) -> np.ndarray:
    return np.asarray(atoms.get_scaled_positions(wrap=False))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main()
