"""`peakscape fit --variants`: measured-like training from the command line."""

from dataclasses import replace

import numpy as np
import pytest

from peakscape import diffraction, spectra
from peakscape.cli.inputs import ranges_of
from peakscape.feature_space import open_space

SMALL = ["--map", "autoencoder", "--map-option", "n_members=2", "--map-option", "n_epochs=300", "--no-novelty"]
SMALL += ["--prepare", "normalize=maximum", "--label", "n_nickel", "--class", "n_nickel"]


def test_a_map_trained_on_variants_leaves_the_background_out(run, work, tmp_path):
    patterns = spectra.open(work / "patterns.zarr").load()
    patterns["intensity"] = patterns["intensity"] / patterns["intensity"].max("two_theta")
    background = replace(diffraction.Disturbances.none(), background=(0.1, 0.1))
    other = spectra.scale(diffraction.disturb(patterns, disturbances=background, random_state=3))
    moved = []
    for number, words in enumerate(([], ["--variants", "20", "--variations", "background=0:0.2", "counts=none"])):
        output = tmp_path / f"{number}.space"
        told = run("fit", work / "patterns.zarr", *SMALL, *words, "-o", output)
        assert told.code == 0, told.err
        space = open_space(output).map_
        clean = space.transform(patterns.intensity.values)
        there = space.transform(other.intensity.values)
        moved.append(np.linalg.norm(there - clean, axis=1).mean() / np.linalg.norm(clean.std(axis=0)))
    assert moved[1] < 0.6 * moved[0]


def test_ranges_are_read():
    ranges = ranges_of(
        ["zero_shift=-0.01:0.03", "impurity_lines=1:2", "background=0.1", "counts=none"], diffraction.Disturbances()
    )
    assert ranges.zero_shift == (-0.01, 0.03)
    assert ranges.impurity_lines == (1, 2)
    assert ranges.background == (0.1, 0.1)
    assert ranges.counts is None
    assert ranges.broadening == diffraction.Disturbances().broadening


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--variants", "2", "--variations", "colour=1:2", "--map", "autoencoder"], "unknown variation 'colour'"),
        (["--variants", "2", "--map", "autoencoder", "--variations", "background=a:b"], "expected background=LOW:HIGH"),
        (["--variants", "2", "--map", "autoencoder", "--variations", "background=2:1"], "expected background="),
        (["--variations", "background=0:1"], "--variants N"),
        (["--variants", "-1"], "0 or more"),
        (["--variants", "2", "--map", "pca"], "--map pca"),
    ],
)
def test_wrong_options_get_one_clear_line(fails, work, tmp_path, words, message):
    assert message in fails("fit", work / "patterns.zarr", *words, "-o", tmp_path / "a.space")
