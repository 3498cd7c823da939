"""Every remark that a space can make is made, by its code, where it is true, and nowhere else."""

from copy import deepcopy

import numpy as np
import pytest

from peakscape import spectra
from peakscape.analysis.naming import Search
from peakscape.feature_space import FeatureSpace, records
from peakscape.feature_space.remarks import WORDS, Remark
from peakscape.maps import PCA
from peakscape.preparation import Recipe
from peakscape.spectra.container import absorption_scales
from tests.feature_space.small_series import AT, ENERGY, TWO_THETA, WAVELENGTH, alloy, edges, pattern, peaks, solution


def quick(**more) -> FeatureSpace:
    return FeatureSpace(**{"map": "pca", "preparation": "none", "novelty": False} | more)


def codes(found) -> set[str]:
    return {code for row in found["remark_codes"].values for code in row.split()}


def of_space(space: FeatureSpace) -> set[str]:
    return {one.code for one in space.remarks_} | {
        one.code for readout in space.label_readouts_.values() for one in readout.remarks
    }


def by_novelty(space, *, spacing):
    """The same space as if known points lay at another distance from one another."""
    other = deepcopy(space)
    other.novelty_.novelty.spacing_ = spacing
    return codes(other.place(alloy([0.33], labels=())))


def foreign(space):
    other = np.exp(-(((TWO_THETA[:, None] - [22.0, 38.0, 46.0, 58.0]) / 0.4) ** 2)).sum(axis=1)
    return codes(space.place(spectra.make([other], two_theta=TWO_THETA, wavelength=WAVELENGTH)))


def without_likeness(space):
    flat = spectra.make([np.ones(len(TWO_THETA))], two_theta=TWO_THETA, wavelength=WAVELENGTH)
    found = space.place(flat)
    assert not np.isfinite(found["x_upper"].values).any()
    assert records(found)[0]["x"] is records(found)[0]["x_upper"] is None
    assert records(found)[0]["phase_probability"] is None
    assert "x: not told, for the spectrum is foreign" in found["remarks"].values[0]
    return codes(found)


def at_bound(space):
    moved = edges([1]).assign_coords(energy=ENERGY + 5.0)
    wide = np.arange(5950.0, 6090.0)
    rows = [np.interp(wide, moved["energy"], moved["intensity"].values[0])]
    bounded = quick(search=Search(max_shift=2.0, step=1.0)).fit(edges(np.repeat([0, 1], 3)))
    found = bounded.place(spectra.make(rows, energy=wide, kind="absorption"))
    assert "energy scale suspect: best at -2 eV, the bound" in found["remarks"].values[0]
    return codes(found)


def of_noise(space):
    """A series that melts: the last patterns are noise, so that noise is known and nothing can be told of it."""
    random = np.random.default_rng(0)
    amounts = np.r_[np.ones(8), np.zeros(4)]
    rows = [a * pattern(0.05 * k) + random.normal(0.0, 0.02, len(TWO_THETA)) for k, a in enumerate(amounts)]
    known = spectra.make(rows, two_theta=TWO_THETA, wavelength=WAVELENGTH, labels={"t": np.arange(12.0)})
    melting = FeatureSpace("pca", preparation="none").fit(known, "t")
    empty = random.normal(0.0, 0.02, (1, len(TWO_THETA)))
    return codes(melting.place(spectra.make(empty, two_theta=TWO_THETA, wavelength=WAVELENGTH)))


def other_scale(space):
    known = edges(np.repeat([0, 1], 3))
    raw = quick().fit(known.assign_attrs(history="read"))
    scaled = known.isel(sample=[0]).assign_coords(edge_step=("sample", [1.0]))
    assert absorption_scales(scaled) == ["edge step"]
    return codes(raw.place(scaled))


def of_another_element(space):
    """Manganese on a map of chromium: a scan that begins so early that both edges are within its range."""
    learned = FeatureSpace("pca", preparation="none").fit(edges([0, 0.2, 0.4, 0.6, 0.8, 1] * 2), groups="compound")
    wide = np.arange(5900.0, 6700.0)
    row = 0.5 + np.arctan((wide - 6539.0) / 2.0) / np.pi + 0.02 * np.sin(wide / 9.0)
    found = learned.place(spectra.make([row], energy=wide, kind="absorption"))
    assert bool(found["foreign"][0])
    assert "edge at 6539 eV (Mn K), the space's at 5990 eV (Cr K)" in found["remarks"].values[0]
    return codes(found)


def of_two_compounds(space):
    known = edges(np.repeat([0.0, 1.0, 3.0], 4))
    both = 0.5 * (known["intensity"].values[0] + known["intensity"].values[9])
    learned = FeatureSpace("pca", preparation="none").fit(known, "compound")
    return codes(learned.place(spectra.make([both], energy=ENERGY, kind="absorption")))


def on_other_axis(space):
    return codes(space.place(alloy([0.3], labels=(), two_theta=np.arange(19.0, 61.0, 0.1))))


def on_other_wavelength(space):
    measured = spectra.make([pattern(0.3)], two_theta=TWO_THETA * 1.05 - 1.0, wavelength=WAVELENGTH * 1.02)
    return codes(space.place(measured))


def unpredictable(space):
    dataset = alloy([0.5] * 2 + [0.6] * 2 + [0.7] * 2, labels=(), name=[f"{k}" for k in range(6)])
    noise = np.random.default_rng(1).normal(size=dataset["intensity"].shape)
    dataset = dataset.assign(intensity=dataset["intensity"] + 0.01 * noise)
    readout = quick().fit(dataset.assign_coords(luck=("sample", [1.0, -1.0, -1.0, 1.0, 1.0, -1.0])), "luck")
    assert readout.label_readouts_["luck"].trusted == "mean"
    return codes(readout.place(alloy([0.6], labels=())))


def of_few(space):
    few = FeatureSpace(preparation="none").fit(alloy([0.0, 0.5, 1.0]))
    assert "too_few_for_novelty" in of_space(few)
    return of_space(few) | codes(few.place(alloy([0.4], labels=())))


def one_group(space):
    dataset = alloy(np.linspace(0, 1, 5), labels=()).assign_coords(sample_id=("sample", ["a"] * 5))
    told = FeatureSpace("pca", preparation="none").fit(dataset, groups="sample_id")
    assert told.novelty_ is None
    assert "foreign" not in told.place(dataset)
    return of_space(told)


def one_group_a_class(space):
    dataset = alloy(np.linspace(0, 1, 6), labels=("phase",))
    told = quick().fit(dataset, "phase", groups="phase")
    assert "phase" not in told.place(dataset)
    return of_space(told)


def incomplete(space):
    dataset = alloy([0.0, 0.4, 0.6, 1.0], labels=("phase",))
    return of_space(quick().fit(dataset.assign_coords(t=("sample", [1.0, np.nan, 2.0, 3.0]))))


def of_a_map_that_is_kept(space):
    """A space of a map that was fitted before, as a study makes it."""
    dataset = alloy(np.linspace(0, 1, 6))
    recipe = Recipe.from_text("none").fit(dataset)
    made = FeatureSpace.of_map(
        PCA().fit(dataset["intensity"].values), recipe, dataset, labels=["x"], measured=False, reason="of a study"
    )
    return of_space(made)


def of_moving_peaks(rows):
    series = solution(np.linspace(0.0, 1.0, 9))
    told = quick(map="auto").fit(series.assign(intensity=(("sample", "two_theta"), rows)))
    return of_space(told)


def one_is_odd(space):
    rows = solution(np.linspace(0.0, 1.0, 9))["intensity"].values.copy()
    rows[5] = peaks([19.0, 24.5, 31.1, 35.5, 42.4, 48.2])
    return of_moving_peaks(rows)


MADE = {
    "fixed_peak": lambda space: of_moving_peaks(solution(np.linspace(0, 1, 9), np.arange(9.0))["intensity"].values),
    "no_common_shift": lambda space: of_moving_peaks(np.linspace(0.1, 1.0, 9)[:, None] * peaks(AT) + peaks([24.0])),
    "worst_match": one_is_odd,
    "foreign": foreign,
    "far_on_map": lambda space: by_novelty(space, spacing=1e-6),
    "collapsed_map": lambda space: by_novelty(space, spacing=np.finfo(float).tiny),
    "too_noisy": of_noise,
    "outside_known": lambda space: codes(space.place(alloy([1.12], labels=()))),
    "no_interval": of_few,
    "not_told": without_likeness,
    "trust_none": unpredictable,
    "resampled": on_other_axis,
    "common_part": lambda space: codes(space.place(alloy([0.3], two_theta=TWO_THETA[5:], labels=()))),
    "converted": on_other_wavelength,
    "shift_at_bound": at_bound,
    "other_scale": other_scale,
    "other_edge": of_another_element,
    "mixture": of_two_compounds,
    "too_few_for_novelty": of_few,
    "no_novelty": one_group,
    "too_few_to_validate": of_few,
    "map_kept": of_a_map_that_is_kept,
    "few_values": lambda space: of_space(quick().fit(alloy([0, 0, 0, 1, 1, 1], name=list("abcdef")), "x")),
    "not_classified": one_group_a_class,
    "same_names": lambda space: of_space(quick().fit(alloy([0, 0.5, 1.0, 0.2], labels=(), name=list("abba")))),
    "label_incomplete": incomplete,
}


@pytest.mark.parametrize("code", MADE)
def test_a_remark_is_made(space, code):
    assert code in MADE[code](space)


def test_every_code_has_such_a_test():
    assert set(MADE) == set(WORDS)


def test_a_known_spectrum_needs_no_remark(space):
    assert codes(space.place(alloy([0.3, 0.6], labels=()))) == set()


def test_remarks_are_of_one_spectrum_alone(space):
    """What is wrong with one spectrum is not said of its neighbour."""
    flat = spectra.make([np.ones(len(TWO_THETA))], two_theta=TWO_THETA, wavelength=WAVELENGTH, name=["flat"])
    found = space.place(spectra.concatenate([alloy([0.3], labels=()), flat]))
    assert found["remark_codes"].values[0] == ""
    assert "not_told" in found["remark_codes"].values[1]


def test_the_intervals_of_few_spectra_are_infinite(space):
    few = FeatureSpace(preparation="none", novelty=False).fit(alloy([0.0, 0.5, 1.0]))
    found = few.place(alloy([0.4], labels=()))
    assert np.isinf(found["x_upper"].values).all()
    assert found["x_method"].values.tolist() == ["map"]
    assert "how far to trust it is not known" in str(few)


def test_words_are_one_line():
    assert Remark.of("foreign", text="a\n  b").text == "a b"
