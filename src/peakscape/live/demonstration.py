"""A demonstration: BaTiO3 is heated through its transitions by a simulated beamline, and watched.

The space knows every third of the shipped patterns; the beamline measures all of them again, with noise. In the end
stands a pattern that is simulated, of a sample that was mistaken for another: it is new.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from peakscape.errors import PeakscapeError
from peakscape.live.measured import LiveSource
from peakscape.live.sources.simulated import Simulated

if TYPE_CHECKING:
    import xarray as xr

    from peakscape.feature_space import FeatureSpace

SERIES = "batio3-ramp"
NOISE = 0.002
"""Standard deviation, relative to the highest point."""


def space_of_demonstration() -> "FeatureSpace":
    """Return the space of the demonstration; made once, and kept in the user's cache for the next time."""
    from peakscape import datasets
    from peakscape.feature_space import FeatureSpace, display, open_space
    from peakscape.progress import working

    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "-".join(f"{number}" for number in display.versions().values())
    path = home / "peakscape" / f"{SERIES}-{versions}.space"
    try:
        return open_space(path)
    except PeakscapeError:  # not there yet
        pass
    with working("making the space of the demonstration, once"):
        series = datasets.load_measured(SERIES)
        space = FeatureSpace().fit(series.isel(sample=slice(0, None, 3)), label="temperature")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        space.save(path)
    except (OSError, PeakscapeError):  # a home that cannot be written: it is made anew next time
        pass
    return space


def beamline(*, every: float) -> LiveSource:
    """Return the simulated beamline: a bluesky RunEngine where bluesky is installed, else one of our own."""
    from peakscape import datasets, spectra

    series = datasets.load_measured(SERIES)
    simulated = Simulated(spectra.concatenate([series, _mistaken(series)]), every=every, noise=NOISE)
    if find_spec("bluesky") is None:
        return simulated
    from peakscape.live.sources.run_engine import SimulatedRunEngine

    return SimulatedRunEngine(simulated)


def _mistaken(series: "xr.Dataset") -> "xr.Dataset":
    """Corundum on the series' axis, as high as the last pattern: a sample that was mistaken for another."""
    import numpy as np

    from peakscape import diffraction, structures
    from peakscape.signal.radiation import q_from_two_theta, two_theta_from_q

    wavelength = 0.2  # so short that the axis is reached; the positions in q do not depend on it
    q = series["q"].values
    last_angle = float(two_theta_from_q(q[-1], wavelength))
    simulated = diffraction.simulate(
        [structures.phase("corundum")], wavelength=wavelength, two_theta=(0.5, last_angle + 0.1, 0.004), fwhm=0.05
    )
    angles, row = simulated["two_theta"].values, simulated["intensity"].values[0]
    last = series.isel(sample=[-1])
    height = float(last["intensity"].max() / row.max())
    moved = height * np.interp(q, q_from_two_theta(angles, wavelength), row, left=0.0)
    mistaken = last.assign(intensity=(("sample", "q"), moved[np.newaxis]))
    return mistaken.assign_coords(name=("sample", ["another sample"]), source=("sample", ["simulated"]))
