"""One quick run of the study for all tests that look at it; tasks of studies one after another in this process.

Several processes are tried in test_runner; here they would only start again and again, and see no monkeypatch.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peakscape.studies import alloy
from peakscape.studies.alloy import Settings
from peakscape.studies.alloy.search import Grid

# Every fifth structure, a coarse grid and short training: the same code in seconds, numbers of no meaning.
QUICK = Settings(two_theta=(1.0, 50.0, 0.08), fwhm=(0.1, 0.15), n_members=2, n_epochs=20, every=5, n_splits=1)
SEARCHED = Grid(layers=(1, 3), batches=(10,), epochs=(5, 20), n_samples=3)


@pytest.fixture(scope="session", autouse=True)
def _one_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOKY_MAX_CPU_COUNT", "1")
        yield


@pytest.fixture(scope="session")
def quick_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Run the quick study with its full evaluation once."""
    folder = tmp_path_factory.mktemp("study")
    return folder, alloy.run(folder, settings=QUICK, full_evaluation=True, search=SEARCHED)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder slow: nearly each waits for a study to run."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
