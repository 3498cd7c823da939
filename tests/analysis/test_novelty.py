"""Foreign phases are refused, known ones are not: simulated crystals and measured series against one another."""

import os
from pathlib import Path

import numpy as np
import pytest
from ase.spacegroup import crystal
from sklearn import decomposition
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from peakscape import datasets, diffraction, formats
from peakscape.analysis import Novelty
from peakscape.errors import InputError, OutsideMapError
from peakscape.maps import PCA, ShiftMap

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no measured data at {DATA} (set PEAKSCAPE_DATA)")
GRID = (5.0, 60.0, 0.02)
CUBE = [90, 90, 90]
# Cells and sites from the International Tables' standard settings, lengths in angstrom as in common textbooks.
FOREIGN = [
    crystal("Fe", [(0, 0, 0)], spacegroup=229, cellpar=[2.866, 2.866, 2.866, *CUBE]),
    crystal(["Sm", "Co", "Co"], [(0, 0, 0), (1 / 3, 2 / 3, 0), (0.5, 0, 0.5)], spacegroup=191,
            cellpar=[5.002, 5.002, 3.961, 90, 90, 120]),
    crystal(["Ti", "O"], [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.594, 4.594, 2.959, *CUBE]),
    crystal(["Na", "Cl"], [(0, 0, 0), (0.5, 0.5, 0.5)], spacegroup=225, cellpar=[5.64, 5.64, 5.64, *CUBE]),
]  # fmt: skip


def log_q(two_theta):
    return np.log(np.sin(np.radians(two_theta / 2)))


def simulate(structures, fwhm=0.1):
    return diffraction.simulate(structures, wavelength=0.496, two_theta=GRID, fwhm=fwhm)


@pytest.fixture(scope="module")
def structures():
    return datasets.load_alloy_structures()[::3]


@pytest.fixture(scope="module")
def alloy(structures):
    return simulate(structures)


@pytest.fixture(scope="module")
def groups(structures):
    return np.array([[one.info["x"], one.info["y"]] for one in structures])


@pytest.fixture(scope="module")
def novelty(alloy, groups):
    axis, known = alloy["two_theta"].values, alloy["intensity"].values
    return Novelty(axis=axis, unit="degree", shift_axis=log_q(axis)).fit(PCA().fit(known), known, groups)


@pytest.fixture(scope="module")
def foreign():
    return simulate(FOREIGN)["intensity"].values


def scores(novelty, report):
    """Error ratio of each spectrum to the median left-out sample, and AUROC against all left-out samples."""
    left_out, errors = novelty.left_out_error_, report.table["unexplained"].to_numpy()
    truth = np.r_[np.zeros(len(left_out)), np.ones(len(errors))]
    return errors / np.median(left_out), roc_auc_score(truth, np.r_[left_out, errors])


def test_foreign_crystals_are_told_from_left_out_compositions(novelty, foreign):
    report = novelty.assess(foreign)
    ratio, auroc = scores(novelty, report)
    assert ratio.min() >= 5
    assert auroc >= 0.99
    assert report.table["foreign"].all()
    assert (report.table["p_value"] == 1 / (1 + len(novelty.left_out_error_))).all()
    with pytest.raises(OutsideMapError, match="unlike anything this map knows"):
        report.require_known()


def test_a_foreign_phase_of_30_percent_is_seen(novelty, alloy, foreign):
    known = alloy["intensity"].values
    report = novelty.assess([0.7 * known[k] + 0.3 * foreign[k % len(foreign)] for k in range(0, len(known), 4)])
    ratio, auroc = scores(novelty, report)
    assert ratio.min() >= 5
    assert auroc >= 0.99
    assert report.table["foreign"].all()


def test_the_unexplained_peaks_are_those_of_the_foreign_phase(novelty, alloy, foreign):
    """Rutile's strongest reflection: (110) at d = 4.594 / sqrt(2) angstrom."""
    report = novelty.assess([0.7 * alloy["intensity"].values[0] + 0.3 * foreign[2]])
    expected = 2 * np.degrees(np.arcsin(0.496 * np.sqrt(2) / (2 * 4.594)))
    peaks = report.peaks[report.peaks["sample"] == 0]
    assert peaks["position"].iloc[0] == pytest.approx(expected, abs=0.05)
    assert peaks["height"].is_monotonic_decreasing
    assert 0 < peaks["share"].sum() <= 1.2 * report.table["unexplained_intensity"][0]
    assert f"at {expected:.1f} degree" in report.words[0]
    assert report.left.shape == alloy["intensity"][:1].shape


@pytest.mark.parametrize("counts", [10_000, 1_000, 300])
def test_known_patterns_with_noise_are_known(novelty, alloy, counts):
    known = alloy["intensity"].values[::4]
    report = novelty.assess(np.random.default_rng(counts).poisson(known * counts) / counts)
    assert not report.table["foreign"].any()
    assert report.table["p_value"].min() > 0.05
    report.require_known()


@pytest.mark.parametrize("fwhm", [0.05, 0.15, 0.3])
def test_known_patterns_of_another_width_are_known(novelty, structures, fwhm):
    report = novelty.assess(simulate(structures[::4], fwhm=fwhm)["intensity"].values)
    assert not report.table["foreign"].any()


def test_known_patterns_on_a_background_with_a_zero_shift_are_known(novelty, alloy):
    axis, known = alloy["two_theta"].values, alloy["intensity"].values[::4]
    moved = np.array([np.interp(axis - 0.03, axis, one) for one in known]) + 0.3 * np.exp(-axis / 20)
    assert not novelty.assess(moved).table["foreign"].any()


def test_left_out_groups_were_really_left_out(alloy, groups):
    """The error of a left-out group is that of a Novelty which never saw it."""
    axis, known = alloy["two_theta"].values, alloy["intensity"].values.astype(np.float32).astype(float)
    numbers = np.unique(groups, axis=0, return_inverse=True)[1].ravel()
    options = {"shift_axis": log_q(axis), "n_folds": 20}
    whole = Novelty(**options).fit(PCA().fit(known), known, groups)
    out = numbers == 3
    # The width of the comparison comes from all known spectra in one and from the rest in the other: hardly different.
    rest = Novelty(**options).fit(PCA().fit(known[~out]), known[~out], groups[~out])
    np.testing.assert_allclose(
        rest.assess(known[out]).table["unexplained"], whole.left_out_error_[out], rtol=0.2, atol=1e-5
    )


def test_works_with_any_map(alloy, groups, foreign):
    class OnlyPlaces:
        """A map that places and cannot bring back."""

        def __init__(self):
            self.inner = decomposition.PCA(2)

        def __sklearn_clone__(self):
            return OnlyPlaces()

        def fit(self, X):
            self.inner.fit(X)
            return self

        def transform(self, X):
            return self.inner.transform(X)

    known = alloy["intensity"].values
    for space in (decomposition.PCA(2).fit(known), OnlyPlaces().fit(known)):
        novelty = Novelty(shift_axis=log_q(alloy["two_theta"].values)).fit(space, known, groups)
        report = novelty.assess(foreign)
        assert report.table["foreign"].all()
        assert np.isnan(report.table["reconstruction_error"]).all() == isinstance(space, OnlyPlaces)


def test_restored_gives_the_same(novelty, alloy, foreign):
    known = alloy["intensity"].values
    again = Novelty.restore(PCA().fit(known), novelty.known_.astype(np.float32), novelty.state(), unit="degree")
    one, two = novelty.assess(foreign), again.assess(foreign)
    assert one.table.equals(two.table)
    assert one.words == two.words
    with pytest.raises(InputError, match="not the state of a Novelty"):
        Novelty.restore(PCA().fit(known), known, {})


def test_the_map_is_not_changed(alloy):
    known = alloy["intensity"].values[:12]
    space = PCA().fit(known)
    before = space.basis_.copy()
    Novelty().fit(space, known)
    np.testing.assert_array_equal(space.basis_, before)
    assert clone(space).get_params() == space.get_params()


@pytest.mark.parametrize("options", [{"n_folds": 1}, {"level": 1.5}, {"broadening": 0.0}, {"max_shift": -1.0}])
def test_options_out_of_range_are_refused(alloy, options):
    known = alloy["intensity"].values[:12]
    with pytest.raises(InputError, match="expected two folds or more"):
        Novelty(**options).fit(PCA().fit(known), known)


def test_too_little_is_refused(alloy):
    known = alloy["intensity"].values[:12]
    space = PCA().fit(known)
    with pytest.raises(InputError, match="four known spectra"):
        Novelty().fit(space, known[:3])
    with pytest.raises(InputError, match="two groups"):
        Novelty().fit(space, known, np.zeros(12))
    with pytest.raises(InputError, match="call fit"):
        Novelty().assess(known)
    with pytest.raises(InputError, match=r"\(n_samples, 2751\)"):
        Novelty().fit(space, known).assess(known[:, :100])


@pytest.fixture(scope="module")
def measured():
    """The measured sets on the points that they share, in q, each spectrum's maximum at 1."""
    solid = sorted((DATA / "fapbi3-mapbbr3").glob("*.xy"))
    mixtures = formats.read(sorted((DATA / "weighed-mixtures").glob("*.xrdml")), resample=True)
    sets = {
        "fapbi3": formats.read(solid, wavelength=1.5406, axis="two_theta", resample=True),
        "batio3": formats.read(sorted((DATA / "batio3-ramp").glob("*.IoQ")), axis="q", resample=True),
        "mixtures": mixtures,
    }
    q = np.arange(0.75, 4.0, 0.003)
    rows = {
        name: np.array([np.interp(q, q_of(part), row) for row in part["intensity"].values])
        for name, part in sets.items()
    }
    return q, {name: values / values.max(axis=1, keepdims=True) for name, values in rows.items()}


def q_of(dataset):
    if "q" in dataset.dims:
        return dataset["q"].values
    return 4 * np.pi * np.sin(np.radians(dataset["two_theta"].values / 2)) / dataset.attrs["wavelength"]


@needs_data
@pytest.mark.parametrize("name", ["fapbi3", "batio3", "mixtures"])
def test_measured_sets_are_foreign_to_one_another(measured, name):
    pytest.importorskip("fairmat_readers_xrd")
    q, sets = measured
    known = sets[name]
    novelty = Novelty(axis=q, shift_axis=np.log(q), n_folds=12).fit(PCA().fit(known), known)
    assert not novelty.assess(known).table["foreign"].any()
    for other in set(sets) - {name}:
        report = novelty.assess(sets[other])
        ratio, auroc = scores(novelty, report)
        assert ratio.min() >= 5
        assert auroc >= 0.99
        assert report.table["foreign"].all()


@needs_data
def test_a_short_scan_is_known_to_the_long_scans(measured):
    """Each 2-minute scan is matched to the 8-minute scan of its own mixture."""
    pytest.importorskip("fairmat_readers_xrd")
    q, sets = measured
    short, long = sets["mixtures"][::2], sets["mixtures"][1::2]
    report = Novelty(shift_axis=np.log(q)).fit(PCA().fit(long), long).assess(short)
    assert report.table["nearest"].tolist() == list(range(6))
    assert not report.table["foreign"].any()
    assert report.table["unexplained"].max() < 0.01


def test_what_moved_far_beyond_all_that_is_known_is_foreign():
    """All peaks moved by 7 %, where known ones moved by 0.5 %: a map of shifts explains that, too."""
    q = np.linspace(1.0, 6.0, 1200)

    def moved(share):
        return sum(np.exp(-(((q - at * (1 + share)) / 0.02) ** 2)) for at in (1.6, 2.3, 3.1, 4.4))

    known = np.array([moved(share) for share in np.linspace(0.0, 0.005, 11)])
    novelty = Novelty(axis=q, shift_axis=np.log(q), max_shift=0.1)
    novelty.fit(ShiftMap(axis=np.log(q), max_shift=0.1).fit(known), known)
    report = novelty.assess([moved(0.0025), moved(0.0055), moved(0.07)])
    assert report.table["foreign"].tolist() == [False, False, True]
    assert report.table["outside"].tolist() == [False, False, True]
    assert "known spacings away" in report.words[2]
