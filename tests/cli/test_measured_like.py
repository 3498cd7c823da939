"""`peakscape fit --variants`: measured-like training from the command line."""

import json
from dataclasses import replace

import numpy as np
import pytest
from peakscape.cli.measured_like import disturbances_of

from peakscape import diffraction, maps, spectra

SMALL = ["--n-members", "2", "--n-epochs", "300"]


def test_a_map_trained_on_variants_leaves_the_background_out(run, work, tmp_path):
    patterns = spectra.open(work / "patterns.zarr").load()
    patterns["intensity"] = patterns["intensity"] / patterns["intensity"].max("two_theta")
    background = replace(diffraction.Disturbances.none(), background=(0.1, 0.1))
    other = spectra.scale(diffraction.disturb(patterns, disturbances=background, random_state=3))
    moved = []
    for number, words in enumerate(([], ["--variants", "20", "--variations", "background=0:0.2", "counts=none"])):
        output = tmp_path / f"{number}.map"
        told = run("fit", work / "patterns.zarr", *SMALL, *words, "--json", "-o", output)
        assert told.code == 0, told.err
        result = json.loads(told.out)
        assert result["n_variants"] == 20 * number
        assert 0 <= result["variants_lost"] < 0.05
        space = maps.load(output)
        clean = space.transform(patterns.intensity.values)
        there = space.transform(other.intensity.values)
        moved.append(np.linalg.norm(there - clean, axis=1).mean() / np.linalg.norm(clean.std(axis=0)))
    assert moved[1] < 0.6 * moved[0]


def test_ranges_are_read():
    ranges = disturbances_of(["zero_shift=-0.01:0.03", "impurity_lines=1:2", "background=0.1", "counts=none"])
    assert ranges.zero_shift == (-0.01, 0.03)
    assert ranges.impurity_lines == (1, 2)
    assert ranges.background == (0.1, 0.1)
    assert ranges.counts is None
    assert ranges.broadening == diffraction.Disturbances().broadening


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--variants", "2", "--variations", "colour=1:2"], "unknown variation 'colour'"),
        (["--variants", "2", "--variations", "background=a:b"], "expected background=LOW:HIGH"),
        (["--variants", "2", "--variations", "background=2:1"], "expected background="),
        (["--variations", "background=0:1"], "--variants N"),
        (["--variants", "-1"], "0 or more"),
        (["--variants", "2", "--map", "pca"], "--map pca"),
    ],
)
def test_wrong_options_get_one_clear_line(fails, work, tmp_path, words, message):
    assert message in fails("fit", work / "patterns.zarr", *words, "-o", tmp_path / "a.map")
