"""Translations and widths, checked against spectra whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.analysis.inputs import check_spectra
from peakscape.analysis.novelty.decision import conformal_p_value
from peakscape.analysis.novelty.explanation import Explainer, band_pass
from peakscape.errors import InputError
from peakscape.signal.interpolation import checked_axis
from peakscape.signal.peaks import peak_width
from peakscape.signal.registration import ShiftMatcher

POSITIONS = np.geomspace(1.0, 8.0, 3000)
LOG = np.log(POSITIONS)
PEAKS = (1.7, 2.4, 3.0, 3.9, 5.1)


def pattern(strain=0.0, fwhm=0.01, peaks=PEAKS):
    """Peaks of one width in the logarithm of the position, all moved by the strain."""
    sigma = fwhm / np.sqrt(8 * np.log(2))
    return sum(np.exp(-0.5 * ((LOG - np.log(peak) - strain) / sigma) ** 2) for peak in peaks)


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.03, 0.03))
def test_the_translation_is_found(strain):
    known = band_pass(pattern(), 15.0)[None]
    found = ShiftMatcher(known, LOG, 0.04).match(band_pass(pattern(strain), 15.0)[None])
    step = np.ptp(LOG) / (len(LOG) - 1)
    assert abs(found.shift[0, 0] - strain) <= 0.51 * step
    assert found.correlation[0, 0] > 0.995  # half a step beside the best place


def test_the_translation_is_found_on_an_uneven_axis():
    two_theta = np.arange(10.0, 90.0, 0.02)
    log_q = np.log(np.sin(np.radians(two_theta / 2)))

    def peaks(strain):
        centres = 2 * np.degrees(np.arcsin(np.sin(np.radians(np.array([20.0, 34.0, 48.0, 61.0]) / 2)) * np.exp(strain)))
        return np.exp(-((two_theta[:, None] - centres) ** 2) / 0.02).sum(axis=1)

    matcher = ShiftMatcher(band_pass(peaks(0.0), 20.0)[None], log_q, 0.03)
    for strain in (-0.02, 0.004, 0.017):
        found = matcher.match(band_pass(peaks(strain), 20.0)[None])
        assert found.shift[0, 0] == pytest.approx(strain, abs=4e-4)


def test_nothing_moves_further_than_allowed():
    known = band_pass(pattern(), 15.0)[None]
    assert abs(ShiftMatcher(known, LOG, 0.01).match(band_pass(pattern(0.03), 15.0)[None]).shift[0, 0]) <= 0.01 + 1e-9
    still = ShiftMatcher(known, LOG, 0.0).match(known)
    assert still.shift.tolist() == [[0.0]]
    assert still.correlation[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("fwhm", [0.008, 0.02, 0.04])
def test_the_width_of_gaussians_is_theirs(fwhm):
    assert peak_width(pattern(fwhm=fwhm)) == pytest.approx(fwhm / (LOG[1] - LOG[0]), rel=0.03)
    assert np.isnan(peak_width(np.ones(100)))


def test_a_band_pass_takes_off_slow_backgrounds():
    background = 5.0 + 3.0 * np.exp(-POSITIONS / 3.0)
    clean, dirty = band_pass(pattern(), 20.0), band_pass(pattern() + background, 20.0)
    inner = slice(150, -150)
    assert np.abs(clean - dirty)[inner].max() < 0.01 * clean.max()


@pytest.mark.parametrize("fwhm", [0.005, 0.01, 0.03])
@pytest.mark.parametrize("strain", [-0.01, 0.0, 0.01])
def test_a_known_pattern_of_another_width_and_lattice_is_explained(fwhm, strain):
    explainer = Explainer(np.array([pattern(), pattern(peaks=(2.0, 3.3))]), LOG, 0.02, 4.0)
    found = explainer.explain(pattern(strain, fwhm)[None], None)
    assert found.unexplained[0] < 0.01
    assert found.nearest[0] == 0
    assert found.shift[0] == pytest.approx(strain, abs=1e-3)
    assert np.isnan(found.reconstruction[0])


def test_what_is_not_allowed_is_not_used():
    explainer = Explainer(np.array([pattern(), pattern(peaks=(2.0, 3.3))]), LOG, 0.02, 4.0)
    found = explainer.explain(pattern()[None], None, allowed=np.array([False, True]))
    assert found.nearest[0] == 1
    assert found.unexplained[0] > 0.8


def test_a_spectrum_without_peaks_is_not_explained():
    explainer = Explainer(np.array([pattern(), pattern(0.01)]), LOG, 0.02, 4.0)
    assert explainer.explain(np.zeros((1, len(LOG))), None).unexplained.tolist() == [1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(-1, 2))
def test_the_p_value_counts(known, score):
    expected = (1 + sum(one >= score for one in known)) / (1 + len(known))
    assert conformal_p_value([score], known)[0] == pytest.approx(expected)


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="not finite"):
        check_spectra([[0.0, np.nan]])
    with pytest.raises(InputError, match=r"\(n_samples, 3\)"):
        check_spectra([[0.0, 1.0]], n_points=3)
    with pytest.raises(InputError, match="ascending"):
        checked_axis([0.0, 2.0, 1.0], 3)
