"""Labels of peaks."""

import numpy as np
import pandas as pd
import pytest
from ase.build import bulk
from ase.spacegroup import crystal
from crystals import thorium_manganese_12

from peakscape.diffraction import label_peaks, reflections
from peakscape.errors import InputError

# Silicon (a = 5.43123), Cu K-alpha 1: angles and indices of the NIST standard 640d certificate.
SILICON = {28.441: "(1 1 1)", 47.300: "(2 2 0)", 56.119: "(3 1 1)", 69.126: "(4 0 0)", 76.372: "(3 3 1)"}


def test_silicon_gets_the_labels_of_the_standard():
    atoms = bulk("Si", a=5.43123)
    labelled = label_peaks(pd.DataFrame({"two_theta": list(SILICON)}), atoms, wavelength=1.5405929, tolerance=0.005)
    assert labelled.hkl.tolist() == list(SILICON.values())
    assert labelled.multiplicity.tolist() == [8, 12, 24, 6, 24]
    assert (labelled.share == 1.0).all()
    assert set(labelled.cell) == {
        "Fd-3m (227), conventional cell, a=5.4312 b=5.4312 c=5.4312 alpha=90 beta=90 gamma=90"
    }


def test_indices_are_of_the_conventional_cell_unless_the_given_one_is_asked_for():
    given = crystal(
        ["Sm", "Fe", "Fe", "Fe"],
        basis=[(0, 0, 0), (0.25, 0.25, 0.25), (0.359, 0, 0), (0.27, 0.5, 0)],
        spacegroup=139,
        cellpar=[8.497, 8.497, 4.687, 90, 90, 90],
        primitive_cell=True,
    )
    peaks = pd.DataFrame({"two_theta": reflections(given, wavelength=0.496, two_theta_max=20.0).two_theta})
    labelled = label_peaks(peaks, given, wavelength=0.496)
    assert labelled.cell[0].startswith("I4/mmm (139), conventional cell, a=8.497 b=8.497 c=4.687 ")
    assert ((labelled.h + labelled.k + labelled.l) % 2 == 0).all()
    spacing = 1 / np.sqrt((labelled.h**2 + labelled.k**2) / 8.497**2 + labelled.l**2 / 4.687**2)
    np.testing.assert_allclose(labelled.d_spacing, spacing.astype(float), rtol=1e-6)
    primitive = label_peaks(peaks, given, wavelength=0.496, setting="given")
    assert primitive.cell[0].startswith("I4/mmm (139), given cell, a=")
    assert primitive.hkl.tolist() != labelled.hkl.tolist()
    # The primitive cell holds half the atoms.
    np.testing.assert_allclose(2 * primitive.structure_factor, labelled.structure_factor, rtol=1e-4)


def test_overlapping_reflections_share_the_intensity():
    atoms = thorium_manganese_12()
    rows = reflections(atoms, wavelength=0.496, two_theta_max=30.0)
    angle = rows.two_theta[rows.intensity.argmax()]
    near = np.abs(rows.two_theta - angle) <= 0.2
    row = label_peaks(pd.DataFrame({"two_theta": [angle]}), atoms, wavelength=0.496, tolerance=0.2).iloc[0]
    assert near.sum() > 1
    assert row.share == pytest.approx(rows.intensity[near].max() / rows.intensity[near].sum())
    shares = [float(part.rsplit(") ", 1)[1].removesuffix(" %")) for part in row.overlap.split(", ")]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100.0, abs=2.0)
    assert row.overlap.startswith(row.hkl)


def test_the_ranking_is_kept_and_a_peak_without_reflection_stays_unlabelled():
    ranking = pd.DataFrame({"two_theta": [28.44, 35.0], "relevance": [0.3, 0.1]}, index=[7, 3])
    before = ranking.copy()
    labelled = label_peaks(ranking, bulk("Si", a=5.43123), wavelength=1.5405929)
    pd.testing.assert_frame_equal(ranking, before)
    pd.testing.assert_frame_equal(labelled[["two_theta", "relevance"]], before)
    assert labelled.hkl.tolist() == ["(1 1 1)", ""]
    assert labelled.h.isna().tolist() == [False, True]
    assert label_peaks(labelled, bulk("Si", a=5.43123), wavelength=1.5405929).equals(labelled)


def test_an_empty_ranking_gets_the_columns():
    labelled = label_peaks(pd.DataFrame({"two_theta": []}), bulk("Si"), wavelength=1.54)
    assert len(labelled) == 0
    assert {"hkl", "overlap", "cell"} <= set(labelled.columns)


@pytest.mark.parametrize(
    ("ranking", "options", "message"),
    [
        (pd.DataFrame({"angle": [1.0]}), {}, "column two_theta, got the columns angle"),
        (pd.DataFrame({"two_theta": [np.nan]}), {}, "between 0 and 180"),
        (pd.DataFrame({"two_theta": [200.0]}), {}, "between 0 and 180"),
        (pd.DataFrame({"two_theta": [20.0]}), {"tolerance": 0.0}, "positive tolerance"),
        (pd.DataFrame({"two_theta": [20.0]}), {"setting": "reduced"}, "setting='conventional'"),
        (pd.DataFrame({"two_theta": [20.0]}), {"wavelength": None}, "wavelength"),
    ],
)
def test_bad_input_gets_one_clear_line(ranking, options, message):
    with pytest.raises(InputError, match=message):
        label_peaks(ranking, bulk("Si"), **{"wavelength": 1.5406, **options})
