"""Unmix: sums of known parts that move."""

import numpy as np
import pytest
from numpy.typing import NDArray

from peakscape.analysis import Unmix, count_components
from peakscape.analysis.mixtures.compression import LAWS
from peakscape.analysis.mixtures.moved_parts import MovedParts
from peakscape.errors import InputError

AXIS = np.linspace(0.0, 10.0, 400)


def peak(at: float, width: float = 0.2) -> NDArray[np.float64]:
    return np.exp(-(((AXIS - at) / width) ** 2))


PARTS = np.array([peak(2) + peak(6), peak(3) + 0.5 * peak(7), peak(4.5) + peak(8), peak(2.5) + peak(9)])


def test_derivatives_are_those_of_the_curves() -> None:
    moved = MovedParts(AXIS, PARTS, 0.2)
    curve, by_shift, by_width = moved.curve(0, 0.05, 0.01)
    step = 1e-6
    np.testing.assert_allclose((moved.curve(0, 0.05 + step, 0.01)[0] - curve) / step, by_shift, atol=1e-4)
    np.testing.assert_allclose((moved.curve(0, 0.05, 0.01 + step)[0] - curve) / step, by_width, atol=1e-3)


def test_broadening_keeps_the_area_and_widens_as_gaussians_do() -> None:
    moved = MovedParts(AXIS, peak(5.0)[None], 0.2)
    for variance in (0.0, 0.01, 0.02, 0.03, 0.04):
        curve = moved.curve(0, 0.0, variance)[0]
        mean = curve @ AXIS / curve.sum()
        assert curve @ (AXIS - mean) ** 2 / curve.sum() == pytest.approx(0.2**2 / 2 + variance, rel=0.02)
        assert curve.sum() == pytest.approx(peak(5.0).sum(), rel=1e-3)


def test_own_shifts_widths_and_background_are_found() -> None:
    wide = 0.7 * (0.2 / 0.25) * (peak(2.08, 0.25) + peak(6.08, 0.25))
    mixed = wide + 0.3 * (peak(2.95) + 0.5 * peak(6.95)) + 2.0 + 0.3 * AXIS - 0.02 * AXIS**2
    mixed = mixed + np.random.default_rng(0).normal(0, 0.003, len(AXIS))
    found = Unmix(axis=AXIS, max_shift=0.2, max_width=0.15, n_background=6).fit(PARTS, list("abcd")).explain(mixed)
    np.testing.assert_allclose(found.fractions, [0.7, 0.3, 0, 0], atol=0.01)
    np.testing.assert_allclose(found.shift[:2], [0.08, -0.05], atol=0.005)
    assert found.width[0] == pytest.approx(np.sqrt((0.25**2 - 0.2**2) / 2), abs=0.01)
    assert found.remainder_p > 0.01
    assert np.all(found.lower <= [0.7, 0.3, 0, 0])
    assert np.all(found.upper >= [0.7, 0.3, 0, 0])


def test_errors_reach_the_bound_of_cramer_and_rao() -> None:
    rng, noise = np.random.default_rng(1), 0.02
    unmix = Unmix(axis=AXIS, max_shift=0.2, closure="free").fit(PARTS[:2])
    amounts = np.array(
        [unmix.explain(PARTS[:2].T @ [0.6, 0.4] + rng.normal(0, noise, 400)).amounts for _ in range(200)]
    )
    shapes = np.vstack([PARTS[:2], 0.6 * np.gradient(PARTS[0], AXIS), 0.4 * np.gradient(PARTS[1], AXIS)])
    bound = noise * np.sqrt(np.diag(np.linalg.inv(shapes @ shapes.T))[:2])
    np.testing.assert_allclose(amounts.std(axis=0), bound, rtol=0.15)


def test_absent_parts_stay_below_their_detection_limit_and_intervals_hold() -> None:
    rng = np.random.default_rng(2)
    unmix = Unmix(axis=AXIS, max_shift=0.1).fit(PARTS)
    below, inside = [], []
    for _ in range(60):
        truth = rng.dirichlet([3, 3])
        found = unmix.explain(PARTS[:2].T @ truth + rng.normal(0, 0.02, 400), deviation=0.02)
        below += list(found.fractions[2:] <= found.detection_limit[2:])
        inside += list((found.lower[:2] <= truth) & (truth <= found.upper[:2]))
    assert np.mean(below) >= 0.95
    assert 0.8 <= np.mean(inside) <= 0.99


def test_near_ties_are_all_told() -> None:
    parts = np.array([PARTS[0], PARTS[0] + 0.02 * peak(8.0), PARTS[1]])
    mixed = 0.5 * parts[0] + 0.5 * parts[2] + np.random.default_rng(0).normal(0, 0.05, 400)
    found = Unmix(axis=AXIS).fit(parts, ["twin", "other", "c"]).explain(mixed)
    told = {one.parts for one in found.explanations}
    assert {("twin", "c"), ("other", "c")} <= told
    assert sum(one.weight for one in found.explanations) == pytest.approx(1.0, abs=0.05)
    assert found.upper[1] > 0.4


def test_a_foreign_peak_is_in_the_remainder() -> None:
    mixed = PARTS[0] + 0.2 * peak(5.2) + np.random.default_rng(0).normal(0, 0.01, 400)
    found = Unmix(axis=AXIS).fit(PARTS).explain(mixed)
    assert found.remainder_p < 1e-4
    assert abs(AXIS[found.remainder.argmax()] - 5.2) < 0.2


def test_a_fixed_sum_and_responses() -> None:
    mixed = 0.9 * (0.25 * PARTS[0] + 0.75 * PARTS[1])
    fixed = Unmix(axis=AXIS, closure="fixed").fit(PARTS[:2]).explain(mixed)
    assert fixed.amounts.sum() == pytest.approx(1.0, abs=1e-3)
    free = Unmix(axis=AXIS, closure="free").fit(PARTS[:2]).explain(mixed)
    assert free.fractions.sum() == pytest.approx(0.9, abs=1e-6)
    weighed = Unmix(axis=AXIS, responses=[1.0, 3.0]).fit(PARTS[:2]).explain(mixed)
    np.testing.assert_allclose(weighed.fractions, [0.5, 0.5], atol=1e-6)


def test_compressed_spectra_are_unmixed_as_well() -> None:
    edges = np.array([1 / (1 + np.exp(-4 * (AXIS - at))) + h * peak(at + 0.7) for at, h in ((3.0, 1.5), (4.0, 0.2))])
    mixed = 0.4 * edges[0] + 0.6 * edges[1]
    compressed = mixed - 0.08 * mixed**2
    plain = Unmix(axis=AXIS).fit(edges).explain(compressed).fractions
    saturated = Unmix(axis=AXIS, saturation=2).fit(edges).explain(compressed).fractions
    assert abs(saturated[0] - 0.4) < min(0.01, abs(plain[0] - 0.4))


@pytest.mark.parametrize("law", ["leakage", "self_absorption"])
def test_strongly_compressed_spectra_are_unmixed_by_the_law_of_their_compression(law: str) -> None:
    rows = [(3.0, 1.5, 5.0), (3.5, 0.2, 6.0), (2.5, 0.8, 7.0)]
    edges = np.array(
        [1 / (1 + np.exp(-4 * (AXIS - at))) + h * peak(at + 0.7, 0.4) + 0.4 * peak(far, 0.4) for at, h, far in rows]
    )
    rng, truth = np.random.default_rng(0), np.array([0.5, 0.3, 0.2])
    mixed = truth @ np.array([np.interp(AXIS - s, AXIS, row) for s, row in zip((0.1, -0.05, 0.0), edges, strict=True)])
    known = np.array([1.2, 0.08]) if law == "leakage" else np.array([0.7])
    seen = LAWS[law].compress(mixed, known)
    measured = 1.3 * seen.values + rng.normal(0.0, 0.002, len(AXIS))
    found = Unmix(axis=AXIS, max_shift=0.2, saturation=law).fit(edges, list("abc")).explain(measured)
    np.testing.assert_allclose(found.fractions, truth, atol=0.02)
    np.testing.assert_allclose(found.fitted + found.remainder, measured)
    assert found.remainder.std() == pytest.approx(0.002, rel=0.2)
    plain = Unmix(axis=AXIS, max_shift=0.2).fit(edges).explain(measured).fractions
    assert np.abs(plain - truth).max() > 3 * np.abs(found.fractions - truth).max()
    step = 1e-6
    for number, slope in enumerate(seen.by_parameters):
        more = known + step * np.eye(len(known))[number]
        np.testing.assert_allclose((LAWS[law].compress(mixed, more).values - seen.values) / step, slope, atol=1e-4)


def test_parts_move_together_where_only_the_instrument_is_off() -> None:
    edges = np.array([1 / (1 + np.exp(-4 * (AXIS - at))) for at in (4.0, 4.6, 5.2)])
    mixed = np.interp(AXIS - 0.9, AXIS, 0.7 * edges[0] + 0.3 * edges[1]) + 0.02 * np.exp(-(((AXIS - 5.3) / 0.5) ** 2))
    mixed = mixed + np.random.default_rng(0).normal(0, 0.002, len(AXIS))
    together = Unmix(axis=AXIS, max_shift=1.2, max_own_shift=0.05).fit(edges[:2]).explain(mixed)
    np.testing.assert_allclose(together.fractions, [0.7, 0.3], atol=0.1)
    assert np.ptp(together.shift) <= 0.2
    assert together.shift.mean() == pytest.approx(0.9, abs=0.1)
    with pytest.raises(InputError, match="max_own_shift"):
        Unmix(axis=AXIS, max_own_shift=-1.0).fit(edges)


def test_a_fixed_sum_holds_for_compressed_spectra_too() -> None:
    edges = np.array(
        [1 / (1 + np.exp(-4 * (AXIS - at))) + h * peak(at + 0.7, 0.4) for at, h in ((3.0, 1.5), (3.5, 0.2))]
    )
    measured = LAWS["self_absorption"].compress(np.array([0.6, 0.4]) @ edges, np.array([0.5])).values
    found = Unmix(axis=AXIS, saturation="self_absorption", closure="fixed").fit(edges).explain(measured)
    np.testing.assert_allclose(found.fractions, [0.6, 0.4], atol=0.01)


def test_calibration_widens_intervals_that_were_too_narrow() -> None:
    rng = np.random.default_rng(0)
    unmix = Unmix(axis=AXIS).fit(PARTS[:2])
    truth = rng.dirichlet([3, 3], 30)
    distorted = truth @ PARTS[:2] * (1 + 0.1 * np.sin(3 * AXIS + rng.uniform(0, 6, (30, 1))))
    assert unmix.calibrate(distorted, truth).interval_factor_ > 0
    found = [unmix.explain(row) for row in distorted]
    assert (
        np.mean([(one.lower <= t).all() and (t <= one.upper).all() for one, t in zip(found, truth, strict=True)]) >= 0.8
    )


def test_a_hundred_candidates() -> None:
    rng = np.random.default_rng(3)
    many = np.array([sum(rng.random() * peak(at) for at in rng.uniform(1, 9, 4)) for _ in range(100)])
    truth = np.zeros(100)
    truth[[10, 50, 77]] = [0.5, 0.3, 0.2]
    found = Unmix(axis=AXIS, max_shift=0.05).fit(many).explain(truth @ many + rng.normal(0, 0.002, 400))
    np.testing.assert_allclose(found.fractions, truth, atol=0.02)


def test_a_spectrum_is_told_alike_alone_and_among_others() -> None:
    rows = np.random.default_rng(0).dirichlet([1, 1, 1, 1], 3) @ PARTS
    unmix = Unmix(axis=AXIS, max_shift=0.1).fit(PARTS)
    np.testing.assert_array_equal(unmix.transform(rows)[1:2], unmix.transform(rows[1:2]))


@pytest.mark.parametrize(
    ("parts", "names", "message"),
    [
        (PARTS, ["a", "a", "b", "c"], "two parts are called 'a'"),
        (np.vstack([PARTS, 2 * PARTS[:1]]), None, "are the same spectrum"),
        (np.vstack([PARTS, np.zeros((1, 400))]), None, "the same everywhere"),
        (np.vstack([PARTS, np.full((1, 400), np.nan)]), None, "is not finite"),
        (PARTS, ["a"], "a name for each of 4 parts"),
    ],
)
def test_parts_that_cannot_be_used(parts: NDArray[np.float64], names: list[str] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Unmix(axis=AXIS).fit(parts, names)


def test_spectra_that_cannot_be_used() -> None:
    unmix = Unmix(axis=AXIS).fit(PARTS)
    for spectrum, message in (
        (np.zeros(400), "nothing to explain"),
        (np.ones(10), "400 points"),
        (np.full(400, np.inf), "finite"),
    ):
        with pytest.raises(InputError, match=message):
            unmix.explain(spectrum)
    negative = unmix.explain(-PARTS[0])
    assert negative.fractions.sum() == 0 or negative.unexplained > 0.5


def test_components_of_a_series_are_counted() -> None:
    rng = np.random.default_rng(0)
    for n_parts in (1, 2, 3, 4):
        series = rng.dirichlet(np.ones(n_parts), 25) @ PARTS[:n_parts] + rng.normal(0, 0.01, (25, 400))
        assert count_components(series).n_components == n_parts


def test_a_varied_range_widens_intervals_where_an_end_is_foreign() -> None:
    mixed = PARTS[:2].T @ [0.6, 0.4] + 0.3 * (AXIS > 8.5) * PARTS[3]  # a part that nobody gave, at one end only
    mixed = mixed + np.random.default_rng(0).normal(0, 0.005, 400)
    narrow = Unmix(axis=AXIS).fit(PARTS[:2]).explain(mixed)
    wide = Unmix(axis=AXIS, vary_range=0.2).fit(PARTS[:2]).explain(mixed)
    np.testing.assert_array_equal(narrow.fractions, wide.fractions)
    assert (wide.deviation >= narrow.deviation).all()
    with pytest.raises(InputError, match="vary_range"):
        Unmix(vary_range=0.5).fit(PARTS)


@pytest.mark.parametrize(
    ("parts", "spectrum", "message"),
    [
        (PARTS[[0, 0]], PARTS[0], "the same spectrum"),
        (PARTS, np.zeros(400), "holds nothing to explain"),
        (PARTS, PARTS[0, :300], "bring both onto one axis"),
        (PARTS, np.full(400, np.nan), "finite"),
        (np.vstack([PARTS, np.zeros(400)]), PARTS[0], "nothing to be known by"),
    ],
)
def test_bad_input_is_one_clear_line(parts: NDArray[np.float64], spectrum: NDArray[np.float64], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Unmix(axis=AXIS).fit(parts).explain(spectrum)
    assert "\n" not in str(caught.value)


def test_negative_intensities_are_answered() -> None:
    found = Unmix(axis=AXIS).fit(PARTS).explain(PARTS[0] - 0.5 + np.random.default_rng(0).normal(0, 0.01, 400))
    assert np.isfinite(found.fractions).all()
    assert (found.fractions >= 0).all()
