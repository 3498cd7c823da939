import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from peakscape.analysis import CompositionReadout, generate, paint
from peakscape.analysis.generation import refuse_unknown
from peakscape.analysis.painting import contour_points
from peakscape.analysis.peaks import compare_positions
from peakscape.errors import CompositionError, InputError, OutsideMapError

AXIS = np.linspace(10, 20, 400)
ELEMENTS = ["Sm", "Zr", "Fe", "Ti"]


def _compositions():
    cells = [(x, y) for x in (0.0, 0.5, 1.0, 1.5, 2.0) for y in (0.0, 0.25, 0.5)]
    return np.array([[1 - y, y, 12 - x, x] for x, y in cells for _ in range(3)])


def _spectra(compositions, seed=0):
    """Two peaks: one grows with Ti, one with Zr, on a constant third; siblings scatter by a thousandth."""
    generator = np.random.default_rng(seed)
    peak = lambda place: np.exp(-((AXIS - place) ** 2) / 0.02)  # noqa: E731
    exact = peak(11) + np.outer(compositions[:, 3], peak(14)) + np.outer(compositions[:, 1], peak(17))
    return exact + generator.normal(scale=1e-3, size=(len(compositions), 1)) * peak(14)


@pytest.fixture(scope="module")
def trained():
    compositions = _compositions()
    spectra = _spectra(compositions)
    space = PCA(2).fit(spectra)
    readout = CompositionReadout().fit(space.transform(spectra), compositions, elements=ELEMENTS)
    return space, readout, spectra


class Members:
    """An ensemble of three that decode with different gains; the last one collapsed."""

    collapsed_ = np.array([False, False, True])

    def __init__(self, space):
        self._space = space

    def transform(self, X):
        return self._space.transform(X)

    def inverse_transform(self, coordinates):
        return np.median(self.inverse_transform_members(coordinates)[:2], axis=0)

    def inverse_transform_members(self, coordinates):
        decoded = self._space.inverse_transform(coordinates)
        return np.stack([0.99 * decoded, 1.01 * decoded, 0.0 * decoded])


def test_generates_the_spectrum_of_a_composition_between(trained):
    space, readout, spectra = trained
    found = generate(space, readout, composition="Sm0.875Zr0.125Fe10.75Ti1.25", known=spectra, tolerance=0.02)
    truth = _spectra(np.array([[0.875, 0.125, 10.75, 1.25]]))[0]
    assert np.abs(found.intensity - truth).max() < 0.02
    assert np.linalg.norm(found.composition - found.wanted, axis=1).max() <= 0.02
    assert found.reconstruction_error < 1e-9
    assert found.reconstruction_error_known < 1e-2
    assert found.round_trip.max() < 1e-9
    assert 0 < found.distance_to_known.max() < 1.5 * found.typical_spacing
    assert np.isnan(found.spread_members).all()


def test_peaks_of_the_generated_spectrum_are_where_expected(trained):
    space, readout, _ = trained
    found = generate(space, readout, composition="Sm0.875Zr0.125Fe10.75Ti1.25")
    table = compare_positions(found.intensity, [11.0, 14.0, 17.0], within=0.2, axis=AXIS)
    assert np.abs(table["difference"]).max() < 0.005


def test_spread_is_that_of_the_trusted_members(trained):
    space, readout, _ = trained
    plain = generate(space, readout, composition="Sm0.875Zr0.125Fe10.75Ti1.25")
    found = generate(Members(space), readout, composition="Sm0.875Zr0.125Fe10.75Ti1.25")
    np.testing.assert_allclose(found.intensity, plain.intensity, atol=1e-9)
    # Two values 0.99 m and 1.01 m about m have the standard deviation 0.02 m / sqrt 2.
    top = plain.intensity.argmax()
    assert found.spread_members[top] == pytest.approx(0.02 * plain.intensity[top] / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize(
    ("composition", "message"),
    [
        ("SmFe11Co", "not Co"),
        ("SmFe9Ti3", "Fe from 10 to 12, got 9"),
        ("Zr1Fe11Ti1", "Sm from 0.5 to 1"),
        ("SmFe10.5Ti0.5", "outside all mixtures"),
        ("Sm0.9Fe11Ti1", "outside all mixtures"),
    ],
)
def test_refuses_in_words_what_the_map_does_not_know(trained, composition, message):
    space, readout, _ = trained
    with pytest.raises(OutsideMapError, match=message):
        generate(space, readout, composition=composition)


def test_a_margin_allows_a_little_more(trained):
    _, readout, _ = trained
    with pytest.raises(OutsideMapError):
        refuse_unknown(readout, [1.0, 0.0, 9.95, 2.05])
    refuse_unknown(readout, [1.0, 0.0, 9.95, 2.05], margin=0.1)


def test_refuses_where_the_map_has_no_contour():
    # The composition jumps from 0 to 1: inside the hull of compositions, but on no triangle close to 0.5 in label two.
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    labels = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    readout = CompositionReadout(method="neighbors", n_neighbors=3).fit(points, labels)
    with pytest.raises(OutsideMapError, match="nowhere inside"):
        contour_points(readout, [0.9, 0.9], tolerance=0.01)


def test_other_forms_of_the_wanted_composition_agree(trained):
    space, readout, _ = trained
    by_formula = generate(space, readout, composition="SmFe11.25Ti0.75", n_points=2)
    by_element = generate(space, readout, composition={"Sm": 1, "Fe": 11.25, "Ti": 0.75}, n_points=2)
    by_amount = generate(space, readout, composition=[1, 0, 11.25, 0.75], n_points=2)
    np.testing.assert_array_equal(by_formula.intensity, by_element.intensity)
    np.testing.assert_array_equal(by_formula.intensity, by_amount.intensity)


def test_bad_questions_get_clear_answers(trained):
    space, readout, _ = trained
    nameless = CompositionReadout().fit(readout.coordinates_, readout.composition_)
    with pytest.raises(InputError, match="names of elements"):
        generate(space, nameless, composition="SmFe12")
    with pytest.raises(InputError, match="fit"):
        generate(space, CompositionReadout(), composition="SmFe12")
    with pytest.raises(InputError, match="inverse_transform"):
        generate(object(), readout, composition="SmFe12")
    with pytest.raises(InputError, match="4 finite amounts"):
        generate(space, readout, composition=[1.0, np.nan, 12.0, 0.0])
    with pytest.raises(CompositionError):
        generate(space, readout, composition="Xx3")


def test_paint_agrees_with_the_readout_point_by_point(trained):
    _, readout, _ = trained
    painted = paint(readout, n_grid=15, margin=0.1)
    assert painted.composition.shape == (15, 15, 4)
    assert painted.elements == ELEMENTS
    where = [[painted.axis_0[9], painted.axis_1[4]]]
    np.testing.assert_allclose(painted.composition[4, 9], np.median(readout.predict_members(where), axis=0)[0])
    assert painted.outside[4, 9] == readout.outside(where)[0]
    assert painted.outside[0, 0]


def test_paint_of_an_ensemble_is_the_median_of_its_members():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(30, 2))
    members = np.stack([points + generator.normal(scale=0.05, size=points.shape) for _ in range(3)])
    painted = paint(CompositionReadout().fit(members, points), points, n_grid=8)
    alone = [paint(CompositionReadout().fit(member, points), points, n_grid=8).composition for member in members]
    np.testing.assert_allclose(painted.composition, np.median(alone, axis=0))


def test_paint_covers_the_points_it_is_given():
    readout = CompositionReadout().fit([[0, 0], [1, 0], [0, 1]], [0.0, 1.0, 2.0])
    painted = paint(readout, [[-4.0, 2.0], [6.0, 3.0]], margin=0.1)
    assert (painted.axis_0[0], painted.axis_0[-1]) == pytest.approx((-5, 7))
    with pytest.raises(InputError, match="grid"):
        paint(readout, n_grid=1)
    with pytest.raises(InputError, match="fit"):
        paint(CompositionReadout())


@given(wanted=st.floats(0.05, 0.95), seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_contour_points_lie_on_the_contour_and_inside(wanted, seed):
    points = np.random.default_rng(seed).uniform(size=(40, 2))
    values = (points[:, 0] - points[:, 0].min()) / np.ptp(points[:, 0])
    readout = CompositionReadout().fit(points, values)
    found = contour_points(readout, [wanted], n_points=4, tolerance=0.01, n_grid=40)
    np.testing.assert_allclose(
        CompositionReadout(method="delaunay").fit(points, values).predict(found), wanted, atol=0.01
    )
    assert 1 <= len(found) <= 4
    assert not readout.outside(found).any()
