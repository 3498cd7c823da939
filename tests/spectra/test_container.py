"""The convention of the container and what breaks it."""

from typing import Any

import numpy as np
import pytest

from peakscape import spectra
from peakscape.errors import PeakscapeError, SpectraError

GOOD: dict[str, Any] = {"intensity": [[0, 1, 0], [0, 2, 1]], "two_theta": [10, 20, 30]}

BAD: list[tuple[dict[str, Any], str]] = [
    ({"two_theta": None}, "exactly one axis"),
    ({"q": [1, 2, 3]}, "exactly one axis"),
    ({"two_theta": [10, 20]}, "do not fit"),
    ({"two_theta": [10, 20, 20]}, "must ascend: point 2"),
    ({"two_theta": [30, 20, 10]}, "must ascend: point 1"),
    ({"two_theta": [-1, 20, 30]}, "between 0 and 180"),
    ({"two_theta": [10, 20, 190]}, "between 0 and 180"),
    ({"two_theta": [10, np.nan, 30]}, "not a finite number at point 1"),
    ({"intensity": [[0, np.nan, 0], [0, 2, 1]]}, "not finite"),
    ({"intensity": [[0, 1, np.inf], [0, 2, 1]]}, "not finite"),
    ({"intensity": np.zeros((0, 3))}, "at least one spectrum"),
    ({"intensity": np.zeros((1, 2, 3))}, "shape"),
    ({"kind": "neutron"}, "expected kind"),
    ({"wavelength": -1.0}, "positive wavelength"),
    ({"name": ["one"]}, "one name for each of 2"),
    ({"labels": {"temperature": [1, 2, 3]}}, "'temperature'"),
    ({"composition": [[1, 2], [1, 1]]}, "needs `elements`"),
    ({"composition": [[1, -2], [1, 1]], "elements": ["Na", "Cl"]}, "non-negative"),
    ({"composition": [[1, 2], [1, 1]], "elements": ["Na", "Xx"]}, "unknown element Xx"),
    ({"composition": ["NaCl", "Na2Qq"]}, "Q"),
]


def test_make_keeps_what_it_was_given() -> None:
    made = spectra.make(
        **GOOD,
        wavelength=1.5406,
        composition=["NaCl", "KCl"],
        labels={"temperature": [300.0, 400.0], "phase": ["a", "b"]},
    )
    assert spectra.axis_name(made) == "two_theta"
    assert made["two_theta"].attrs["units"] == "degree"
    assert made.attrs["wavelength"] == 1.5406
    np.testing.assert_array_equal(made["composition"].sel(element="Cl"), [1, 1])
    assert made["phase"].values.tolist() == ["a", "b"]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_broken_conventions_are_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PeakscapeError, match=message):
        spectra.make(**{**GOOD, **change})


def test_absent_wavelength_stays_absent() -> None:
    assert "wavelength" not in spectra.make(**GOOD).attrs


def test_check_wants_the_variable() -> None:
    with pytest.raises(SpectraError, match="intensity"):
        spectra.check(spectra.make(**GOOD).rename(intensity="counts"))
