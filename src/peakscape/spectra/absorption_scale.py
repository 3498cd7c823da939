"""What the intensities of absorption spectra are counted in."""

import numpy as np
import xarray as xr


def absorption_scales(samples: xr.Dataset) -> list[str]:
    """Return of each absorption spectrum what its intensities are counted in; nothing for other spectra.

    "edge step" where it was normalised when it was read, "as counted" where it was not and its file does not tell what
    it holds, "as told" where the file does.

    Examples
    --------
    >>> from peakscape.spectra import make
    >>> edges = make(np.eye(2), energy=[1, 2], kind="absorption", labels={"edge_step": [0.7, np.nan]})
    >>> absorption_scales(edges)
    ['edge step', 'as counted']
    """
    if samples.attrs["kind"] != "absorption":
        return []
    n_samples = samples.sizes["sample"]
    steps = samples["edge_step"].values if "edge_step" in samples.coords else np.full(n_samples, np.nan)
    signals = samples["signal"].values if "signal" in samples.coords else np.full(n_samples, "")
    rows = zip(steps, signals, strict=True)
    return ["edge step" if np.isfinite(step) else "as told" if what else "as counted" for step, what in rows]
