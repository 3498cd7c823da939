"""A simulated beamline: measures what is given to it, one spectrum after another, with counting noise."""

import threading
import time

import numpy as np
import xarray as xr

from peakscape.errors import InputError
from peakscape.live.measured import ATTRIBUTES, Measured, Sink, measured_of


class Simulated:
    """Spectra of a container, measured one after another.

    Parameters
    ----------
    spectra
        What is measured, in this order.
    every
        Seconds from one to the next.
    noise
        Standard deviation of what is added to each point, relative to the largest intensity of the spectrum.
    rounds
        How often the series is measured; each time with other noise.
    uid
        Of the run; None: of the clock, so that each start is a run of its own.
    random_state
        Seed of the noise.
    """

    def __init__(
        self,
        spectra: xr.Dataset,
        *,
        every: float = 1.0,
        noise: float = 0.0,
        rounds: int = 1,
        uid: str | None = None,
        random_state: int = 0,
    ) -> None:
        if every < 0 or noise < 0 or rounds < 1:
            raise InputError(f"expected every, noise >= 0 and rounds >= 1, got {every}, {noise}, {rounds}")
        self.every, self.noise, self.rounds, self.random_state = every, noise, rounds, random_state
        self.uid = uid or time.strftime("simulated-%Y%m%d-%H%M%S")
        self.name = "simulated beamline"
        self._spectra = measured_of(spectra, self.uid, first=1)
        self.attributes = {key: value for key, value in self._spectra[0].metadata.items() if key in ATTRIBUTES}
        self.n_total = rounds * len(self._spectra)

    def check(self) -> None:
        """Nothing can be missing."""

    def measure(self, number: int) -> Measured:
        """Return the spectrum of a number, from 1 on: always the same one."""
        clean = self._spectra[(number - 1) % len(self._spectra)]
        random = np.random.default_rng([self.random_state, number])
        noise = random.normal(0.0, self.noise * float(np.abs(clean.intensity).max()), len(clean.intensity))
        metadata = dict(clean.metadata) | {"time": time.time()}
        return Measured(self.uid, number, clean.axis, clean.points, clean.intensity + noise, metadata)

    def run(self, sink: Sink, stop: threading.Event) -> None:
        """Measure until all is measured or `stop` is set; the clock does not wait for whoever takes the spectra."""
        start = time.monotonic()
        for number in range(1, self.n_total + 1):
            if stop.wait(max(0.0, start + number * self.every - time.monotonic())):
                return
            sink.take(self.measure(number))
