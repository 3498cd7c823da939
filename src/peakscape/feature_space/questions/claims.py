"""What a referee asks of a space: for each label the measurand, n, which variance is in, what else it could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from peakscape.analysis.validation.class_accuracy import wilson_interval
from peakscape.report import format_number
from peakscape.spectra import numeric_labels

if TYPE_CHECKING:
    from peakscape.feature_space.readouts.classes import ClassReadout
    from peakscape.feature_space.readouts.labels import LabelReadout
    from peakscape.feature_space.space import FeatureSpace

SOURCES = {
    "mounting": ("mount", "mounting", "sample", "specimen"),
    "instrument": ("instrument", "beamline", "facility", "geometry", "radiation", "detector"),
    "batch": ("batch", "lot", "synthesis", "charge"),
    "day": ("date", "day", "run"),
}
"""Sources of variance, and the coordinates by which files tell of them."""
ELSE = {
    "diffraction": (
        "peaks also move by temperature, strain, a displaced specimen, a wrong zero and a second dopant; intensities"
        " also change by texture, absorption and grains"
    ),
    "absorption": (
        "an edge also moves by calibration; its height and white line also change by thickness, self-absorption,"
        " polarisation and radiation damage"
    ),
}
"""What else would look the same, by kind of spectra."""
TOGETHER = 0.8
"""Correlation with another label from which the two cannot be told apart."""
COLUMNS = ("label", "measurand", "n", "error", "coverage", "variance_in", "variance_not_in", "confounders", "sentence")


def claims(space: FeatureSpace) -> pd.DataFrame:
    """Return one row a label; see `FeatureSpace.claims`."""
    rows = [_of_number(space, name, readout) for name, readout in space.label_readouts_.items()]
    rows += [_of_class(space, name, readout) for name, readout in space.class_readouts_.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_number(space: FeatureSpace, name: str, readout: LabelReadout) -> dict[str, object]:
    groups = np.asarray(readout.methods[readout.trusted].groups_)
    told = {str(row["method"]): row for row in readout.errors.to_dict("records")}
    row = told.get(readout.trusted, {})
    rms, plain, width = (float(one) for one in (row.get("rmse", np.nan), told.get("mean", {}).get("rmse", np.nan),
                                                row.get("mean_width", np.nan)))  # fmt: skip
    held = "no interval is given"
    if np.isfinite(width):
        held = (
            f"{space.level:.0%} intervals have a mean width of {format_number(width)}; they are made from these errors,"
        )
        held += " so their coverage is not tested by them"
    n = f"{len(groups)} spectra in {len(np.unique(groups))} groups, each left out whole"
    error = f"rms {format_number(rms)} by {readout.trusted}; the mean of the known values {format_number(plain)}"
    error += "".join(f" ({remark.text})" for remark in readout.remarks)
    values = np.asarray(readout.label.values[:, 0])
    return _row(space, name, _measurand(space, name), n, error, held, _variances(space.known_, groups), values)


def _of_class(space: FeatureSpace, name: str, readout: ClassReadout) -> dict[str, object]:
    told = readout.errors.set_index("method")
    right, n_counted = float(told["accuracy"]["most_alike"]), int(told["n_samples"]["most_alike"])
    plain = float(told["accuracy"].get("most_frequent", np.nan))
    n_right = round(right * n_counted)
    inside = _variances(space.known_, np.unique(readout.label.values, return_inverse=True)[1])
    error = (
        f"{n_right} of {n_counted} named rightly by the most alike spectrum; always the most frequent class {plain:.2f}"
    )
    n = f"{n_counted} spectra of {len(readout.classes)} classes, left out with their repeats"
    held = f"share named rightly {_share(n_right, n_counted)}"
    return _row(
        space, name, f"which of {len(readout.classes)} known classes; {_seen(space)}", n, error, held, inside, None
    )


def _row(
    space: FeatureSpace,
    name: str,
    measurand: str,
    n: str,
    error: str,
    coverage: str,
    variances: tuple[list[str], list[str]],
    values: NDArray[np.float64] | None,
) -> dict[str, object]:
    known, missing = variances
    confounders = ELSE[str(space.known_.attrs["kind"])] + "".join(
        f"; {one}" for one in _together(space.known_, name, values)
    )
    lacking = ", ".join(one.split(":")[0] for one in missing)
    sentence = (
        f"{name[:1].upper() + name[1:] if len(name) > 1 else name} was read from {_seen(space)} (n: {n}). Left out,"
        f" {error}; {coverage}. "
        + (f"Variance between {lacking} is not part of this error. " if lacking else "")
        + f"The numbers hold for samples prepared and measured as these ({_version()})."
    )
    told = (measurand, n, error, coverage, "; ".join(known), "; ".join(missing), confounders, sentence)
    return dict(zip(COLUMNS, (name, *told), strict=True))


def _measurand(space: FeatureSpace, name: str) -> str:
    """What the number is: no more than what its labels were."""
    return f"{name} as the labels of the known spectra define it; {_seen(space)}"


def _seen(space: FeatureSpace) -> str:
    points, kind = space._axis, str(space.known_.attrs["kind"])
    where = f"{space.axis_name} {points[0]:g} to {points[-1]:g} {space.axis_unit}"
    return f"{kind} spectra, {where}, prepared by {space.recipe_.text}"


def _share(n_held: int, n: int) -> str:
    low, high = wilson_interval(n_held, n, level=0.9)
    return f"90 % interval of that share {low:.2f} to {high:.2f}"


def _variances(known: xr.Dataset, groups: NDArray[np.intp]) -> tuple[list[str], list[str]]:
    """Sources of variance that the left-out errors hold, and those that they do not."""
    repeated = len(groups) - len(np.unique(groups))
    inside, missing = [], []
    if repeated:
        inside.append(f"repeats: {repeated} spectra beyond one of a value")
    else:
        missing.append(
            "repeats: each value was measured once, so that scatter of a value cannot be told from its neighbours'"
        )
    for source, names in SOURCES.items():
        found = {name: _distinct(known, name) for name in names if name in known.coords}
        varied = {name: n for name, n in found.items() if n > 1}
        if varied:
            inside.append(f"{source}: " + ", ".join(f"{n} of {name}" for name, n in varied.items()))
        elif found:
            missing.append(f"{source}: all spectra are of one {next(iter(found))}")
        else:
            missing.append(f"{source}: the files do not tell")
    return inside, missing


def _distinct(known: xr.Dataset, name: str) -> int:
    values = known[name].values
    return len(np.unique(values.astype(str))) if values.ndim == 1 else 1


def _together(known: xr.Dataset, name: str, values: NDArray[np.float64] | None) -> list[str]:
    """Other numbers of the set that run with this one."""
    if values is None or not np.ptp(values) > 0:
        return []
    told = []
    for other, numbers in numeric_labels(known).items():
        both = np.asarray(numbers, dtype=float)[: len(values)]
        if other != name and np.isfinite(both).all() and np.ptp(both) > 0:
            r = float(np.corrcoef(values, both)[0, 1])
            if abs(r) > TOGETHER:
                told.append(f"in this set {other} runs with {name} (r = {r:.2f}): they cannot be told apart")
    return told


def _version() -> str:
    from peakscape.feature_space.display import versions

    return f"peakscape {versions()['peakscape']}"
