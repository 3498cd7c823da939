"""One quick run of the study for all tests that look at it."""

from pathlib import Path
from typing import Any

import pytest

from peakscape.studies import alloy
from peakscape.studies.alloy import Settings

# Every third structure, a coarse grid and short training: the same code in seconds, numbers of no meaning.
QUICK = Settings(two_theta=(1.0, 50.0, 0.04), fwhm=(0.1, 0.15), n_members=2, n_epochs=20, every=3, n_splits=2)


@pytest.fixture(scope="session")
def quick_study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Run the quick study with its full evaluation once."""
    folder = tmp_path_factory.mktemp("study")
    return folder, alloy.run(folder, settings=QUICK, full_evaluation=True)
