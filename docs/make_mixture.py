"""Make docs/images/mixture.png: a made series of mixtures, its fractions, and its map.

python docs/make_mixture.py
"""

import warnings
from pathlib import Path

import numpy as np

from peakscape import figures, spectra, structures
from peakscape.diffraction import PhaseMixture, simulate
from peakscape.figures.mixtures import fraction_bands, heat_map
from peakscape.studies.mixture import MixtureSettings
from peakscape.studies.mixture.compute import unmix

NAMES = ("calcite", "lime", "quartz")
TEMPERATURES = np.arange(600.0, 951.0, 25.0)
IMAGE = Path(__file__).parent / "images" / "mixture"


def main() -> None:
    """Make the series, unmix it and draw."""
    phases = {name: structures.phase(name) for name in NAMES}
    pure = simulate(list(phases.values()), wavelength=1.5406, two_theta=(20, 60, 0.04), fwhm=0.2, scale=None)
    lost = 1.0 / (1.0 + np.exp(-(TEMPERATURES - 770.0) / 20.0))
    weights = np.stack([0.8 * (1 - lost), 0.8 * lost * 56.08 / 100.09, np.full(len(lost), 0.2)], axis=1)
    volumes = weights / [phase.density for phase in PhaseMixture(phases, wavelength=1.5406).phases]
    rows = volumes @ pure["intensity"].values
    mean = 6000.0 * rows / rows.max() + 60.0 + 150.0 * np.exp(-pure["two_theta"].values / 20.0)
    counts = np.random.default_rng(0).poisson(mean).astype(float)
    unit = {"temperature": TEMPERATURES}
    series = spectra.make(counts, two_theta=pure["two_theta"].values, wavelength=1.5406, labels=unit)
    found = unmix(series, phases, "temperature", MixtureSettings(options={"grain_radius": 0.0}), print)
    events = sorted({sum(edge) / 2 for one in found.presence for edge in (one.onset, one.end) if edge})
    figure, axes = figures.new(n_columns=3, width=14.0, height=4.0)
    heat_map(axes[0], found.axis, counts, TEMPERATURES, label="two_theta (degree)", along_label="temperature",
             events=events)  # fmt: skip
    value, low, high = (found.table(name) for name in ("fractions", "lower", "upper"))
    fraction_bands(axes[1], TEMPERATURES, value, low, high, found.parts, label="temperature", quantity="weight fraction",
                   events=events)  # fmt: skip
    drawn = found.drawn
    assert drawn is not None
    figures.mixture_map(
        axes[2], drawn.coordinates, drawn.ends, found.parts, regions=drawn.regions, along=TEMPERATURES,
        remainder=found.unexplained,
    )  # fmt: skip
    png, svg = figures.save(figure, IMAGE)
    svg.unlink()
    print(png)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
