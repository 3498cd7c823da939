"""The feature spaces of the small series, each fitted once."""

import numpy as np
import pytest
import xarray as xr

from peakscape import spectra
from peakscape.feature_space import FeatureSpace
from tests.feature_space.small_series import TWO_THETA, WAVELENGTH, alloy, edges


@pytest.fixture(scope="session")
def series() -> xr.Dataset:
    """Eleven patterns with a number, a composition and a class."""
    return alloy(np.linspace(0.0, 1.0, 11), labels=("x", "composition", "phase"))


@pytest.fixture(scope="session")
def space(series) -> FeatureSpace:
    """The space of that series, the map chosen by itself."""
    return FeatureSpace(preparation="none").fit(series)


@pytest.fixture(scope="session")
def news() -> xr.Dataset:
    """Known, in between, outside and foreign patterns."""
    inside = alloy([0.3, 0.55, 1.12], name=["known", "between", "outside"], labels=())
    other = sum(np.exp(-(((TWO_THETA - at) / 0.4) ** 2)) for at in (22.0, 30.0, 38.0, 46.0, 58.0))
    foreign = spectra.make([other], two_theta=TWO_THETA, wavelength=WAVELENGTH, name=["foreign"])
    return spectra.concatenate([inside, foreign])


@pytest.fixture(scope="session")
def saved(space, tmp_path_factory):
    """Folder of the saved space."""
    return space.save(tmp_path_factory.mktemp("spaces") / "series.space")


@pytest.fixture(scope="session")
def compounds() -> FeatureSpace:
    """A space of absorption edges of three compounds, four scans each."""
    return FeatureSpace(preparation="none").fit(edges(np.repeat([0, 1, 2], 4)))
