"""Numbers of Larch's ``pre_edge`` on measured scans, for tests/absorption/test_against_larch.py.

Needs an environment of its own (xraylarch is 2 GB) and the folder named by PEAKSCAPE_DATA:

    python -m venv .venv-larch && .venv-larch/bin/pip install xraylarch==2026.3.1
    PEAKSCAPE_DATA=... .venv-larch/bin/python benchmarks/compare_larch.py tests/absorption/larch_reference.json

Nothing of Larch is kept but numbers: its edge energy, edge step and degree, the energies of the points that its two
fits used, and its flattened curve at twelve points of each scan.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
from larch import Group
from larch.math import index_nearest, index_of
from larch.version import __release_version__ as version
from larch.xafs import pre_edge

N_KEPT = 12


def numbers_of(path: Path) -> dict[str, object]:
    columns = np.loadtxt(path)
    energy, absorption = columns[:, 0], np.log(columns[:, 1] / columns[:, 2])
    group = Group(energy=energy.copy(), mu=absorption.copy())
    pre_edge(group)
    used = group.pre_edge_details
    kept = np.linspace(5, len(energy) - 3, N_KEPT).round().astype(int)

    def ends(low: float, high: float) -> list[float]:
        """Energies of the first and the last point that Larch fits: its ranges leave the upper end out."""
        first, behind = index_of(energy, low + group.e0), index_nearest(energy, high + group.e0)
        return [float(energy[first]), float(energy[behind - 1])]

    return {
        "edge_energy": float(group.e0),
        "edge_step": float(group.edge_step),
        "degree": int(used.nnorm),
        "pre_edge": ends(used.pre1, used.pre2),
        "post_edge": ends(used.norm1, used.norm2),
        "points": kept.tolist(),
        "flattened": [float(f"{value:.9g}") for value in group.flat[kept]],
    }


def main(output: str) -> None:
    folder = Path(os.environ["PEAKSCAPE_DATA"]) / "xas-library"
    files = {path.relative_to(folder).as_posix(): numbers_of(path) for path in sorted(folder.glob("*/*.xdi"))}
    provenance = f"xraylarch {version}, larch.xafs.pre_edge with its defaults on ln(i0/itrans)"
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in files.items())
    Path(output).write_text(f'{{"provenance": {json.dumps(provenance)}, "files": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    main(sys.argv[1])
