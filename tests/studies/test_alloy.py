"""The study writes what it promises, the same each time."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peakscape import datasets, open_space, spectra
from peakscape.errors import InputError
from peakscape.studies import alloy
from tests.studies.conftest import QUICK

Study = tuple[Path, dict[str, Any]]


def test_files_are_there(quick_study: Study) -> None:
    folder, _ = quick_study
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "figures", "patterns.zarr", "alloy.space", "summary.json", "evaluation.json", "evaluation", "search",
        ".peakscape",
    }  # fmt: skip
    figures = {path.stem for path in (folder / "figures").iterdir()}
    assert {path.suffix for path in (folder / "figures").iterdir()} == {".png", ".svg"}
    assert len(figures) == 7


def test_summary_holds_what_was_promised(quick_study: Study) -> None:
    folder, summary = quick_study
    assert json.loads((folder / "summary.json").read_text()) == json.loads(json.dumps(summary))
    assert {"n_patterns", "n_points", "table1", "seconds", "versions", "seed"} <= set(summary)
    assert {"r2_median", "r2_worst"} <= set(summary["reconstruction"])
    for scores in summary["table2"].values():
        assert {"worst", "mean", "median"} <= set(scores)
    for scores in summary["leave_composition_out"].values():
        assert {"rmse_ti", "rmse_zr"} <= set(scores)
    assert {"spearman_between_halves", "strong_irrelevant"} <= set(summary["relevance"])
    assert len(summary["generation"]) == 4
    for scores in summary["generation"].values():
        assert {"r2", "r2_linear_mix"} <= set(scores)
    assert set(summary["widths"]) == {"0.1", "0.15"}


def test_every_method_stands_beside_its_baselines(quick_study: Study) -> None:
    _, summary = quick_study
    assert {"pca_triangle", "pls_broadened", "nearest_pattern", "mean", "paper_single_triangle"} <= set(
        summary["table2"]
    )


def test_report_needs_nothing_else(quick_study: Study) -> None:
    page = (quick_study[0] / "report.html").read_text()
    page = page[page.index("<article") : page.index("</article>")]  # beside the map
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64,") == 7


def test_a_second_run_gives_the_same_summary(quick_study: Study, tmp_path: Path) -> None:
    again = alloy.run(tmp_path, settings=QUICK)
    first = dict(quick_study[1])
    assert first.pop("seconds") > 0
    again.pop("seconds")
    first.pop("search")
    assert json.dumps(again) == json.dumps(first)


def test_map_and_patterns_can_be_used_further(quick_study: Study) -> None:
    folder, _ = quick_study
    patterns = spectra.open(folder / "patterns.zarr")
    space = open_space(folder / "alloy.space")
    coordinates = space.map_.transform(patterns["intensity"].values)
    assert coordinates.shape == (patterns.sizes["sample"], 2)
    known = np.median(space.coordinates_, axis=0)
    distance = np.linalg.norm(coordinates[:, None] - known, axis=2).min(axis=0)
    np.testing.assert_allclose(distance, 0, atol=1e-5)  # known spectra are kept in single precision
    found = space.place(patterns.isel(sample=slice(0, 3)))
    assert found["composition"].shape == (3, found.sizes["element"])


def test_an_earlier_run_is_not_written_over(quick_study: Study) -> None:
    with pytest.raises(InputError, match="earlier run"):
        alloy.run(quick_study[0], settings=QUICK)


def test_table_1_adds_up() -> None:
    table = datasets.alloy_table()
    assert table["used"].sum() == table["paper"].sum() == 150
    assert (table["complete"] >= table["used"]).all()


def test_too_few_structures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leaves 4; the study needs 15 or more"):
        alloy.run(tmp_path / "out", settings=alloy.Settings(every=40))
