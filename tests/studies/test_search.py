"""The choice of the network: what differs beyond the scatter is told apart, what does not is not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakscape.studies.alloy.search import PAPER, summarize

SPREAD = 0.02  # of a single error over samples, the same for all networks, and a tenth of it for each on its own


def _rows(means: dict[tuple[int, int, int], float]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    common = rng.normal(scale=SPREAD, size=10)
    return pd.DataFrame(
        {
            "layers": n, "batch": b, "epochs": e, "sample": k, "n_train": 135, "n_test": 15, "trained": 0.0,
            "left_out": mean + common[k] + rng.normal(scale=SPREAD / 10), "composition": 0.0, "collapsed": False,
        }
        for (n, b, e), mean in means.items() for k in range(10)
    )  # fmt: skip


def test_networks_that_differ_by_more_than_the_scatter_are_told_from_the_best() -> None:
    found = summarize(_rows({(2, 10, 300): 0.1, PAPER: 0.1001, (5, 40, 300): 0.2}))
    told = {(row["layers"], row["batch"], row["epochs"]): row["among_best"] for row in found["networks"]}
    assert told == {(2, 10, 300): True, PAPER: True, (5, 40, 300): False}
    assert found["paper_among_best"]
    assert found["n_among_best"] == 2


def test_the_papers_choice_is_told_to_be_worse_where_it_is() -> None:
    found = summarize(_rows({(2, 10, 300): 0.1, PAPER: 0.13, (5, 40, 300): 0.2}))
    assert found["best"] == [2, 10, 300]
    assert found["paper_rank"] == 2
    assert not found["paper_among_best"]


def test_networks_are_tried_and_told(quick_study: tuple[Path, dict[str, Any]]) -> None:
    folder, summary = quick_study
    for width, part in summary["search"].items():
        networks = pd.DataFrame(part["networks"])
        assert len(networks) == 4
        assert np.isfinite(networks["left_out"]).all()
        assert networks["left_out"].is_monotonic_increasing
        longer = networks.set_index(["layers", "epochs"])["trained"]
        assert longer[1, 20] < longer[1, 5]  # more training fits the training patterns better
        assert (folder / "search" / f"{width}-3-10.json").exists()
    assert "The choice of the network, repeated" in (folder / "report.html").read_text()
