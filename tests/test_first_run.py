"""The first run ever compiles, later ones load machine code from the cache: both must give the same bits."""

import os
import subprocess
import sys
from pathlib import Path

WORK = """
import hashlib
import numpy as np
from ase.build import bulk
from peakscape.diffraction import simulate
from peakscape.maps import Autoencoder

structures = [bulk("NaCl", "rocksalt", a=5.64) * (2, 2, 2) for _ in range(6)]
random = np.random.default_rng(0)
for number, atoms in enumerate(structures):
    atoms.rattle(0.02, seed=number)
    atoms.set_cell(atoms.cell @ (np.eye(3) + 0.01 * random.normal(size=(3, 3))), scale_atoms=True)
patterns = simulate(structures, wavelength=1.5406, n_jobs={n_jobs}).intensity.values
places = Autoencoder(n_members=2, n_epochs=20, random_state=0, device="cpu").fit_transform(patterns[:, 2000:6000:10])
print(*(hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() for array in (patterns, places)))
"""


def _hashes(cache: Path, n_jobs: int) -> list[str]:
    """Return the hashes of patterns and of their places on a map, worked out in a process of its own."""
    words = [sys.executable, "-c", WORK.format(n_jobs=n_jobs)]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    return subprocess.run(words, capture_output=True, text=True, check=True, env=environment).stdout.split()


def test_the_first_run_and_the_next_give_the_same_bits(tmp_path: Path) -> None:
    first = _hashes(tmp_path, n_jobs=1)
    assert list(tmp_path.rglob("*.nbc"))
    assert _hashes(tmp_path, n_jobs=2) == first
