import json
import os
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st

from peakscape import diffraction, spectra
from peakscape.errors import InputError, SpectraError
from peakscape.preparation import Background, Normalize, Recipe, registry
from peakscape.signal.radiation import k_alpha_wavelengths, q_from_two_theta

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no measured data at {DATA} (set PEAKSCAPE_DATA)")
TWO_THETA = (20.0, 80.0, 0.05)
RECIPES = [
    "despike,background,normalize=norm",
    "background=snip:width=8,kalpha2,normalize=area:window=25-60",
    "zero_shift=0.3,contrast",
    "displacement=0.3:reference=s1,scale",
    "resample=log-q:points=900,background,normalize=standard:window=2.9-3.3",
    "resample=two_theta:first=25:last=70:step=0.1:average=yes,normalize",
    "background,resample=q,normalize",
    "none",
]


def _measured(n=4, *, seed=0, two_theta=TWO_THETA, wavelength=1.5406, counts=3000):
    """Rock salt at slightly different lattices, shifts and exposures, with background and noise."""
    random = np.random.default_rng(seed)
    cells = [bulk("NaCl", "rocksalt", a=5.64 + 0.002 * i) for i in range(n)]
    found = diffraction.simulate(cells, wavelength=wavelength, two_theta=two_theta, fwhm=0.3)
    axis = found.two_theta.values
    rows = found.intensity.values + 0.2 * np.exp(-axis / 40)
    counted = random.poisson(rows * counts * random.uniform(0.5, 2.0, (n, 1)))
    return spectra.make(
        counted, two_theta=axis, wavelength=wavelength, name=[f"s{i}" for i in range(n)], labels={"x": np.arange(n)}
    )


@pytest.mark.parametrize("text", RECIPES)
@given(seed=st.integers(0, 2**32 - 1), chosen=st.permutations(range(4)))
@settings(max_examples=4, deadline=None)
def test_saved_recipe_gives_the_same_bits_alone_and_in_a_batch(text, seed, chosen):
    recipe = Recipe.from_text(text).fit(_measured())
    kept = json.loads(json.dumps(recipe.to_dict(), allow_nan=False))
    again = Recipe.from_dict(kept)
    assert again.to_dict() == kept
    new = _measured(seed=seed)
    together = recipe.apply(new)
    for number in chosen[:2]:
        alone = again.apply(new.isel(sample=[number]))
        assert np.array_equal(alone.intensity.values[0], together.intensity.values[number])
    axis = spectra.axis_name(together)
    assert np.array_equal(alone[axis].values, together[axis].values)
    assert (recipe.left.axis, np.array_equal(recipe.left.points, together[axis].values)) == (axis, True)
    assert together["x"].values.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("text", RECIPES)
def test_text_is_read_as_it_is_written(text):
    assert Recipe.from_text(text).text == text
    assert Recipe.from_text(f" {text.replace(',', ' , ')} ").text == text


def test_steps_are_those_of_the_transformers():
    data = _measured()
    axis = data.two_theta.values
    found = Recipe.from_text("background,normalize=area").fit(data).apply(data)
    net = Background(axis=axis).fit_transform(data.intensity.values)
    assert np.array_equal(found.intensity.values, Normalize(by="area", axis=axis).fit_transform(net))


def test_history_tells_what_was_done():
    data = _measured()
    data.intensity.values[2, 700] += 1e5
    data = data.assign_attrs(history="read from files")
    found = Recipe.from_text("despike,kalpha2,resample=log-q:points=500").fit(data).apply(data)
    assert found.attrs["history"].splitlines() == [
        "read from files",
        "prepared: despike (1 points removed: s2 at 55)",
        "prepared: kalpha2 (lines of Cu, ratio 0.5)",
        "prepared: resample=log-q:points=500 (500 points, 1.41642 to 5.24312)",
    ]
    assert found.attrs["wavelength"] == k_alpha_wavelengths("Cu")[0]


def test_resampling_to_log_q_aligns_two_wavelengths():
    """A recipe that begins with resample takes any wavelength: the same crystal falls on the same points."""
    copper = _measured(1, counts=1e6)
    recipe = Recipe.from_text("resample=log-q:first=2:last=5:points=2000,normalize").fit(copper)
    cobalt = _measured(1, two_theta=(20.0, 100.0, 0.05), wavelength=1.789, counts=1e6)
    here, there = (recipe.apply(part) for part in (copper, cobalt))
    assert np.array_equal(here.q.values, there.q.values)
    strongest = [part.q.values[part.intensity.values[0].argmax()] for part in (here, there)]
    assert strongest[0] == pytest.approx(strongest[1], abs=3e-3)
    assert np.allclose(np.diff(np.log(here.q.values)), np.diff(np.log(here.q.values))[0])
    on_q = spectra.make(copper.intensity.values, q=q_from_two_theta(copper.two_theta.values, 1.5406))
    np.testing.assert_allclose(recipe.apply(on_q).intensity.values, here.intensity.values, rtol=1e-9)


def test_spectra_on_other_points_are_brought_onto_those_of_the_fit():
    recipe = Recipe.from_text("background,normalize=norm").fit(_measured(counts=1e7))
    finer = _measured(two_theta=(15.0, 90.0, 0.025), counts=1e7)
    assert not recipe.is_on_axis(finer)
    found, expected = recipe.apply(finer), recipe.apply(_measured(counts=1e7))
    assert np.array_equal(found.two_theta.values, expected.two_theta.values)
    assert np.sum(found.intensity.values * expected.intensity.values, axis=1).min() > 0.999


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("magic", "expected a step of despike, background"),
        ("background=magic", "expected a method of arpls"),
        ("background:depth=3", "expected each of method, width"),
        ("background=arpls:method=snip", "at most once"),
        ("despike=high", "expected a number for threshold"),
        ("despike=nan", "expected a number for threshold"),
        ("normalize=standard:window=5", "expected a window such as"),
        ("normalize=standard", "needs the window"),
        ("normalize:window=90-99", "holds 0 points"),
        ("resample=r", "expected resample to one of"),
        ("resample=energy", "cannot be brought onto energy"),
        ("resample=log-q:first=0.1", "within what was measured"),
        ("resample=q:average=maybe", "expected a yes or no"),
        ("kalpha2=Mo", "does not fit wavelength 1.5406"),
        ("zero_shift:reference=nobody", "no sample's name"),
        ("background,,normalize", "expected a step"),
    ],
)
def test_what_cannot_be_done_is_told(text, message):
    with pytest.raises(InputError, match=message):
        Recipe.from_text(text).fit(_measured())


def test_steps_refuse_other_kinds_of_data():
    synchrotron = spectra.make(np.random.default_rng(0).random((2, 50)), q=np.linspace(1, 9, 50), wavelength=0.1818)
    for text, message in {
        "kalpha2": "0.1818 angstrom is not that of a tube",
        "zero_shift": "for two_theta and energy, the spectra are on q",
        "displacement": "for two_theta, the spectra are on q",
    }.items():
        with pytest.raises(SpectraError, match=message):
            Recipe.from_text(text).fit(synchrotron)
    unknown = spectra.make(np.random.default_rng(0).random((2, 50)), two_theta=np.linspace(5, 60, 50))
    for text in ("kalpha2", "resample=log-q"):
        with pytest.raises(SpectraError, match="wavelength"):
            Recipe.from_text(text).fit(unknown)
    absorption = spectra.make(np.random.default_rng(0).random((2, 50)), energy=np.linspace(1, 9, 50), kind="absorption")
    for text in ("kalpha2", "resample=q", "displacement"):
        with pytest.raises(SpectraError):
            Recipe.from_text(text).fit(absorption)


def test_apply_refuses_what_fit_did_not_see():
    recipe = Recipe.from_text("normalize").fit(_measured())
    rows = np.random.default_rng(0).random((1, 50))
    angles = np.linspace(30, 40, 50)
    for other, message in [
        (spectra.make(rows, q=np.linspace(1, 9, 50)), "the spectra are on q"),
        (spectra.make(rows, two_theta=angles, wavelength=0.7), "cannot be compared"),
        (spectra.make(rows, two_theta=angles), "is not known"),
        (spectra.make(rows, two_theta=angles, wavelength=1.5406), "is not covered"),
        (spectra.make(rows, two_theta=angles, kind="absorption", wavelength=1.5406), "of absorption"),
    ]:
        with pytest.raises(SpectraError, match=message):
            recipe.apply(other)
    with pytest.raises(InputError, match="not fitted"):
        Recipe.from_text("normalize").apply(_measured())


def test_sample_that_a_step_fails_on_is_named():
    data = _measured()
    data.intensity.values[2] = 0.0
    with pytest.raises(SpectraError, match="step normalize cannot be done: s2: it has no positive maximum"):
        Recipe.from_text("normalize").fit(_measured()).apply(data)
    with pytest.raises(
        SpectraError, match=r"step zero_shift=0.02:reference=s0 cannot be done: s2: it would have to move by 0.02"
    ):
        Recipe.from_text("zero_shift=0.02:reference=s0").fit(_measured()).apply(_measured())


@pytest.mark.parametrize(
    "change",
    [lambda d: d.pop("steps"), lambda d: d.pop("points"), lambda d: d.update(format_version=99),
     lambda d: d["steps"][0].pop("learned"), lambda d: d["steps"][0].update(name="magic"),
     lambda d: d.update(points=[1.0, 2.0]), lambda d: d["steps"][0]["learned"].update(foo=3), lambda d: d.clear()],
)  # fmt: skip
def test_broken_saves_are_refused(change):
    saved = Recipe.from_text("zero_shift,normalize").fit(_measured()).to_dict()
    change(saved)
    with pytest.raises(InputError):
        Recipe.from_dict(saved)


def test_default_by_kind():
    simulated = diffraction.simulate([bulk("Cu"), bulk("Al")], wavelength=1.5, two_theta=(20, 80, 0.02), scale=None)
    assert Recipe.default(simulated).text == "scale"
    found = Recipe.default(simulated).fit(simulated).apply(simulated).intensity.values
    ratio = simulated.intensity.values.max(axis=1)
    np.testing.assert_allclose(found.max(axis=1), ratio / ratio.max())
    assert Recipe.default(_measured()).text == "despike,background,normalize=norm"
    absorption = spectra.make([[0.0, 1.0, 1.0]], energy=[1.0, 2.0, 3.0], kind="absorption")
    assert Recipe.default(absorption).text == "none"


@needs_data
@pytest.mark.parametrize(("folder", "options"), [("fapbi3-mapbbr3", {"wavelength": 1.5406}), ("batio3-ramp", {})])
def test_default_on_measured_series(folder, options):
    """What must hold of any good preparation: no background left between peaks, peaks where they were."""
    from peakscape import formats

    data = formats.read([str(DATA / folder)], axis="q" if folder == "batio3-ramp" else None, **options)
    found = Recipe.default(data).fit(data).apply(data)
    rows, raw = found.intensity.values, data.intensity.values
    assert np.abs(np.median(rows, axis=1)).max() < 0.05 * rows.max()
    assert np.abs(rows.argmax(axis=1) - raw.argmax(axis=1)).max() <= 1 or folder == "batio3-ramp"
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0)


@pytest.mark.parametrize("number", range(3))
def test_a_recipe_that_the_first_version_saved_prepares_as_before(number):
    kept = json.loads((Path(__file__).parent / "saved_v1.json").read_text())
    recipe = kept["recipes"][number]
    new = spectra.make(kept["spectra"], two_theta=kept["two_theta"], wavelength=1.5406)
    found = Recipe.from_dict(recipe["saved"])
    np.testing.assert_allclose(found.apply(new).intensity.values, recipe["prepared"], rtol=0, atol=1e-9)
    assert json.loads(json.dumps(found.to_dict())) == recipe["saved"]


def test_every_step_has_a_row_and_help():
    for name, kind in registry.STEPS.items():
        assert kind.main in kind.parameters
        assert name in registry.help_text()
        assert registry.plain_parameters(name, {}) == {}
