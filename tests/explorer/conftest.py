"""Small spaces of every kind of map, and a real browser where there is one."""

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from sklearn.base import BaseEstimator

import peakscape as ps

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def series(n_samples: int = 12, *, classes: bool = False) -> xr.Dataset:
    axis, x = np.linspace(10.0, 40.0, 400), np.linspace(0.0, 1.0, n_samples)
    peaks = [np.exp(-(((axis - 15 - k) / 0.4) ** 2)) + np.exp(-(((axis - 30 - 2 * k) / 0.4) ** 2)) for k in x]
    labels: dict[str, Any] = {"x": x}
    if classes:
        labels["phase"] = np.where(x < 0.5, "cubic", "tetragonal")
    names = [f"x{value:.2f}" for value in x]
    return ps.spectra.make(peaks, two_theta=axis, wavelength=1.5406, labels=labels, name=names)


class OneWay(BaseEstimator):  # type: ignore[misc]
    """The least that is a map: it places, and nothing more."""

    def fit(self, X: Any, y: Any = None) -> "OneWay":
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> Any:
        rows = np.asarray(X, dtype=np.float64)
        return np.stack([rows @ np.linspace(-1.0, 1.0, rows.shape[1]), (rows**2).sum(axis=1)], axis=1)


MAPS: dict[str, dict[str, Any]] = {
    "pca": {}, "shift": {}, "autoencoder": {"n_members": 3, "hidden": (8, 4), "n_epochs": 60}, "kda": {}, "mds": {},
}  # fmt: skip


@pytest.fixture(scope="session")
def spaces() -> dict[str, ps.FeatureSpace]:
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key, options in MAPS.items():
            space = ps.FeatureSpace(key, preparation="none", map_options=options)
            found[key] = space.fit(series(classes=key == "kda"))
    return found


@pytest.fixture(scope="session")
def bare() -> ps.FeatureSpace:
    """A map that cannot decode, of spectra of which nothing is known: no label, no wavelength."""
    dataset = series().drop_vars("x")
    del dataset.attrs["wavelength"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ps.FeatureSpace(OneWay(), preparation="none", novelty=False).fit(dataset)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: the page is not tested; install Debian's chromium (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="NO PLAYWRIGHT: the page is not tested")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page in which no error may happen."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    fresh, errors = context.new_page(), []
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    yield fresh
    context.close()
    assert not errors


def opened(page: Any, address: str) -> Any:
    page.goto(address)
    page.wait_for_function("() => window.peakscape && window.peakscape.state")
    page.wait_for_timeout(100)
    return page


def comes_true(page: Any, expression: str) -> None:
    """Wait until a JavaScript expression holds: what hands do is answered by a worker, a moment later."""
    page.wait_for_function(f"() => {expression}")


def address_of(path: Path) -> str:
    return path.resolve().as_uri()
