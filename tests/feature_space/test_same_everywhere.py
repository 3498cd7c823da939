"""The same bits whatever the threads, the cores, the hash seed, `-O`, the first run or a later one, alone or not."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from peakscape import spectra
from peakscape.feature_space import FeatureSpace, open_space


def series(n_samples: int = 8, *, seed: int = 0):
    axis, x = np.linspace(10.0, 40.0, 160), np.linspace(0.0, 1.0, n_samples)
    noise = np.random.default_rng(seed).normal(scale=0.01, size=(n_samples, 160))
    rows = [np.exp(-(((axis - 15 - k) / 0.6) ** 2)) + np.exp(-(((axis - 30 - 2 * k) / 0.6) ** 2)) for k in x]
    labels = {"x": x, "phase": np.array(["a", "b"])[(x > 0.5).astype(int)]}
    return spectra.make(np.array(rows) + noise, two_theta=axis, wavelength=1.5406, labels=labels)


def told(folder: Path) -> dict[str, str]:
    """Fit, save, open and place, all at once and one by one; return digests."""
    space = FeatureSpace("pca", preparation="normalize=norm", random_state=0).fit(series())
    space.save(folder / "one.space")
    again, new = open_space(folder / "one.space"), series(5, seed=1)
    together = again.place(new)
    for k in range(new.sizes["sample"]):
        alone = again.place(new.isel(sample=[k]))
        for name in ("coordinates", "x", "novelty_p", "phase_probabilities"):
            np.testing.assert_array_equal(alone[name].values[..., :], together[name].isel(sample=[k]).values)
    numbers = b"".join(
        together[name].values.tobytes() for name in sorted(together.variables) if together[name].dtype.kind in "fiub"
    )
    description = json.loads((folder / "one.space" / "space.json").read_text())
    return {"space": description["digest"], "placed": hashlib.sha256(numbers).hexdigest()}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return told(tmp_path_factory.mktemp("here"))


def test_a_later_run(here: dict[str, str], tmp_path: Path) -> None:
    assert told(tmp_path) == here


@pytest.mark.parametrize(
    ("seed", "threads", "cores", "options"),
    [("0", "1", 1, []), ("1", "2", 2, ["-O"]), ("random", "7", None, [])],
    ids=["one thread, one core", "two threads, -O", "seven threads, nothing compiled yet"],
)
def test_another_process(
    here: dict[str, str], tmp_path: Path, seed: str, threads: str, cores: int | None, options: list[str]
) -> None:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, threads) | {"PYTHONHASHSEED": seed}
    if cores is None:
        environment["NUMBA_CACHE_DIR"] = str(tmp_path / "compiled")
    code = (
        "import json, os, sys; from pathlib import Path\n"
        f"if {cores!r} and hasattr(os, 'sched_setaffinity'):\n"
        f"    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores!r}])\n"
        "from tests.feature_space.test_same_everywhere import told\n"
        "print(json.dumps(told(Path(sys.argv[1]))))"
    )
    words = [sys.executable, *options, "-W", "ignore", "-c", code, str(tmp_path)]
    done = subprocess.run(
        words, capture_output=True, text=True, env=environment, cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == here
