import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape.analysis import CompositionReadout
from peakscape.analysis.readout.registry import READOUTS, Kind
from peakscape.errors import ExtrapolationWarning, InputError

METHODS = ("triangle", "delaunay", "neighbors", "gaussian_process")


def _scattered(seed, n=40):
    return np.random.default_rng(seed).normal(size=(n, 2))


def _inside(points, seed, n=20):
    """Strict convex combinations of known points."""
    return np.random.default_rng(seed).dirichlet(np.ones(len(points)), size=n) @ points


@pytest.mark.parametrize(("method", "tolerance"), [("triangle", 1e-9), ("delaunay", 1e-9), ("gaussian_process", 2e-3)])
@given(seed=st.integers(0, 10_000), slopes=st.tuples(*[st.floats(-5, 5)] * 3))
@settings(max_examples=15, deadline=None)
def test_reproduces_a_linear_field_inside_the_hull(method, tolerance, seed, slopes):
    points = _scattered(seed)
    queries = _inside(points, seed + 1)
    field = lambda where: slopes[0] + where @ np.array(slopes[1:])  # noqa: E731
    answers = CompositionReadout(method=method).fit(points, field(points)).predict(queries)
    np.testing.assert_allclose(answers, field(queries), atol=tolerance * (1 + np.abs(slopes).max()))


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_does_not_depend_on_the_order_of_known_points_or_queries(method, seed):
    points, values = _scattered(seed), _scattered(seed + 1)
    queries = _inside(points, seed + 2)
    order = np.random.default_rng(seed + 3).permutation(len(points))
    back = np.random.default_rng(seed + 4).permutation(len(queries))
    one = CompositionReadout(method=method).fit(points, values).predict(queries)
    two = CompositionReadout(method=method).fit(points[order], values[order]).predict(queries[back])
    np.testing.assert_allclose(two, one[back], atol=1e-8)


@pytest.mark.parametrize("method", ["triangle", "delaunay", "neighbors"])
def test_known_points_keep_their_values(method):
    points, values = _scattered(3), _scattered(4)
    np.testing.assert_allclose(CompositionReadout(method=method).fit(points, values).predict(points), values, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_an_ensemble_answers_with_the_median_of_its_members(method):
    members = np.stack([_scattered(seed) for seed in range(3)])
    queries = np.stack([_inside(points, 9, n=5) for points in members])
    values = _scattered(7)
    alone = [CompositionReadout(method=method).fit(members[i], values).predict(queries[i]) for i in range(3)]
    together = CompositionReadout(method=method).fit(members, values).predict(queries)
    np.testing.assert_allclose(together, np.median(alone, axis=0))


def test_members_take_one_shared_point():
    members = np.stack([_scattered(seed) for seed in range(3)])
    readout = CompositionReadout().fit(members, _scattered(7))
    shared = np.array([[0.1, 0.2]])
    np.testing.assert_allclose(readout.predict(shared), readout.predict(np.stack([shared] * 3)))


def test_names_come_from_the_coordinate_of_the_composition():
    composition = xr.DataArray(
        [[12.0, 0.0], [11.0, 1.0], [10.0, 2.0]], dims=("sample", "element"), coords={"element": ["Fe", "Ti"]}
    )
    readout = CompositionReadout().fit([[0, 0], [1, 0], [0, 1]], composition)
    assert readout.elements_ == ["Fe", "Ti"]
    assert readout.groups_.tolist() == [2, 1, 0]


@pytest.mark.parametrize("method", ["triangle", "delaunay"])
def test_outside_gives_the_nearest_known_value_and_warns_once(method):
    readout = CompositionReadout(method=method).fit([[0, 0], [1, 0], [0, 1]], [5.0, 6.0, 7.0])
    with pytest.warns(ExtrapolationWarning, match="2 of 3 samples") as record:
        answers = readout.predict([[3.0, 0.1], [-1.0, 9.0], [0.2, 0.2]])
    assert len(record) == 1
    np.testing.assert_allclose(answers, [6.0, 7.0, 5.6])
    assert readout.outside([[3.0, 0.1], [-1.0, 9.0], [0.2, 0.2]]).tolist() == [True, True, False]


@pytest.mark.parametrize("method", METHODS)
def test_a_collapsed_map_still_answers(method):
    points = np.column_stack([np.linspace(0, 1, 12), np.zeros(12)])
    readout = CompositionReadout(method=method).fit(points, points[:, 0])
    assert readout.outside([[0.5, 0.5]]).tolist() == [True]
    with pytest.warns(ExtrapolationWarning):
        assert readout.predict([[0.51, 0.01]])[0] == pytest.approx(0.51, abs=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_identical_points_are_answered(method):
    points = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 15, axis=0)
    values = np.repeat([1.0, 2.0, 3.0], 15)
    readout = CompositionReadout(method=method, n_neighbors=5).fit(points, values)
    assert np.isfinite(readout.predict([[0.3, 0.3], [0.0, 0.0]])).all()


def _noisy_samples(generator, n):
    points = generator.uniform(-1, 1, size=(n, 2))
    return points, points @ [1.0, -2.0] + generator.normal(scale=0.1, size=n)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("level", [0.8, 0.9])
@pytest.mark.filterwarnings("ignore::peakscape.errors.ExtrapolationWarning")
def test_interval_covers_new_samples_of_the_same_kind(method, level):
    # 12 x 100 tests: the standard error of the share is about 0.02 with the scatter between training sets.
    covered = []
    for seed in range(12):
        generator = np.random.default_rng(seed)
        readout = CompositionReadout(method=method, level=level).fit(*_noisy_samples(generator, 60))
        queries, truth = _noisy_samples(generator, 100)
        _, (lower, upper) = readout.predict(queries, return_interval=True)
        covered.append(((lower <= truth) & (truth <= upper)).mean())
    assert np.mean(covered) == pytest.approx(level, abs=0.06)


def _clusters(n_siblings=8):
    """Compositions 0 to 5 along a curve, siblings close together."""
    generator = np.random.default_rng(5)
    amounts = np.repeat(np.arange(6.0), n_siblings)
    path = np.column_stack([amounts, 0.3 * amounts**2])
    return path + generator.normal(scale=0.05, size=path.shape), amounts


def test_interval_of_whole_compositions_is_the_wider_one():
    points, amounts = _clusters()
    siblings = CompositionReadout(method="delaunay").fit(points, amounts)
    whole = CompositionReadout(method="delaunay", groups="composition").fit(points, amounts)
    assert np.quantile(siblings.residuals(), 0.8) < 0.05
    assert np.quantile(whole.residuals(), 0.8) > 0.2


def test_leaving_a_composition_out_uses_none_of_its_siblings():
    points, amounts = _clusters()
    residuals = CompositionReadout(method="neighbors", n_neighbors=3, groups="composition").fit(points, amounts)
    # The nearest point of another composition is at least one unit of composition away at the two ends.
    ends = (amounts == 0) | (amounts == 5)
    assert (residuals.residuals()[ends, 0] >= 1 - 1e-9).all()


def test_gaussian_process_left_out_equals_refitting():
    points, amounts = _clusters(4)
    from peakscape.signal.gaussian_process import GaussianProcess

    groups = amounts.astype(int)
    process = GaussianProcess(points, amounts[:, None], groups)
    quick = process.predict_left_out(groups)
    kept = groups != 2
    slow = GaussianProcess(points[kept], amounts[kept, None], groups[kept], length=process.length)
    # Not the same numbers: refitting standardises anew; the same answer to a few per cent of a unit.
    np.testing.assert_allclose(quick[~kept], slow.predict(points[~kept]), atol=0.05)


@pytest.mark.filterwarnings("ignore::peakscape.errors.ExtrapolationWarning")
def test_members_that_disagree_widen_the_interval():
    points, amounts = _clusters()
    queries = np.array([[2.0, 1.2]])
    alike = CompositionReadout().fit(np.stack([points] * 4), amounts)
    _, (lower, upper) = alike.predict(np.stack([queries] * 4), return_interval=True)
    _, (low, high) = alike.predict(
        np.stack([queries, queries + 1.0, queries - 1.0, queries + 1.5]), return_interval=True
    )
    assert (high - low)[0] > (upper - lower)[0] + 0.1


def test_too_few_samples_for_a_level_give_an_infinite_interval():
    readout = CompositionReadout(level=0.9).fit([[0, 0], [1, 0], [0, 1], [1, 1]], [0.0, 1.0, 2.0, 3.0])
    _, interval = readout.predict([[0.5, 0.5]], return_interval=True)
    assert np.isinf(interval).all()


@pytest.mark.parametrize(
    ("coordinates", "composition", "message"),
    [
        (np.zeros((4, 3)), np.zeros(4), "shape"),
        (np.zeros((4, 2)), np.zeros(5), "expected compositions of 4 samples"),
        (np.zeros((2, 2)), np.zeros(2), "at least three"),
        (np.full((4, 2), np.nan), np.zeros(4), "not finite"),
        (np.zeros((4, 2)), [0, 1, np.inf, 2], "not finite"),
    ],
)
def test_refuses_bad_samples(coordinates, composition, message):
    with pytest.raises(InputError, match=message):
        CompositionReadout().fit(coordinates, composition)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "magic"}, "magic"),
        ({"level": 1.5}, "level"),
        ({"n_neighbors": 2}, "n_neighbors"),
        ({"groups": "phase"}, "phase"),
    ],
)
def test_refuses_bad_parameters(parameters, message):
    with pytest.raises(InputError, match=message):
        CompositionReadout(**parameters).fit([[0, 0], [1, 0], [0, 1]], [0.0, 1.0, 2.0])


def test_refuses_to_predict_before_fit_and_for_other_members():
    with pytest.raises(InputError, match="fit"):
        CompositionReadout().predict([[0, 0]])
    readout = CompositionReadout().fit(np.stack([_scattered(0), _scattered(1)]), np.arange(40.0))
    with pytest.raises(InputError, match="2 members"):
        readout.predict(np.zeros((3, 1, 2)))
    with pytest.raises(InputError, match="names for 1"):
        CompositionReadout().fit(_scattered(0), np.arange(40.0), elements=["Fe", "Ti"])


def test_a_readout_from_outside_is_one_row(monkeypatch):
    class Constant:
        def predict(self, queries):
            return np.full((len(queries), 1), 7.0)

    monkeypatch.setitem(READOUTS, "constant", Kind(lambda points, values, groups, n: Constant()))
    points, amounts = _clusters()
    readout = CompositionReadout(method="constant").fit(points, amounts)
    assert readout.predict(points[:2]).tolist() == [7.0, 7.0]
    with pytest.raises(InputError, match="constant"):
        CompositionReadout(method="no such").fit(points, amounts)
