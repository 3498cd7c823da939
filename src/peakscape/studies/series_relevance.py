"""Which peaks of a series' spectra matter to its map."""

from typing import Any

import numpy as np

from peakscape.studies.series_parts import Series

WINDOW = 0.3  # of the mean peak width: what is masked at once


def relevance(series: Series) -> tuple[dict[str, Any], dict[str, Any]]:
    """Mask every window of the spectrum in the middle, and tell shift and remainder apart."""
    sample = int(np.argsort(series.order, kind="stable")[series.n_samples // 2])
    spectrum = series.intensity[sample]
    n_window = max(3, round(WINDOW * series.space.width_points_))
    starts = np.arange(len(spectrum) - n_window + 1)
    moved = series.space.transform_masked_parts(spectrum, starts, starts + n_window)
    registration, residual = (np.linalg.norm(part, axis=1) for part in (moved.registration, moved.residual))
    whole = np.linalg.norm(moved.registration + moved.residual, axis=1)
    centres = series.axis[starts + n_window // 2]
    first = [int(np.argmax(part)) for part in (whole, registration, residual)]
    return {
        "sample": series.names[sample],
        "window": float(series.axis[n_window - 1] - series.axis[0]),
        "strongest": float(centres[first[0]]),
        "strongest_by_shift": float(centres[first[1]]),
        "strongest_by_remainder": float(centres[first[2]]),
    }, {"sample": sample, "whole": whole, "registration": registration, "residual": residual}
