import json
from pathlib import Path

import pytest
from benchmarks.compare_summaries import ALLOWED, compare, main

OLD = {
    "seconds": 12.5,
    "n_samples": 3,
    "ready": True,
    "trusted_because": "line errs least",
    "widths": {"0.05": {"r2": 0.976, "nothing": None, "undefined": float("nan")}},
    "maps": [
        {"name": "pca", "accuracy": 0.5, "milliseconds_placed": 3.0},
        {"name": "kda", "accuracy": 0.75, "milliseconds_placed": 4.0},
    ],
    "curve": [1.0, 2.0, 1e6],
}
NONE = {"renamed": [], "allowed": []}


@pytest.fixture
def folders(tmp_path):
    def write(name, summary, table="method,rmse\nmean,0.5\nnearest,0.25\n"):
        folder = tmp_path / name / "alloy"
        (folder / "alloy.map").mkdir(parents=True, exist_ok=True)
        (folder / "summary.json").write_text(json.dumps(summary))
        (folder / "scores.csv").write_text(table)
        (folder / "alloy.map" / "inside.csv").write_text(f"a\n{name}\n")
        return tmp_path / name

    return write


def changed(**changes):
    return json.loads(json.dumps(OLD)) | changes


def test_the_same_results_are_the_same(folders, capsys):
    old = folders("old", OLD)
    new = folders("new", changed(seconds=99.0))
    assert main([str(old), str(new)]) == 0
    assert "10 numbers are the same (10 of them to the last bit)" in capsys.readouterr().out


def test_rounding_is_no_difference(folders):
    found = compare(folders("old", OLD), folders("new", changed(curve=[1.0 + 5e-7, 2.0, 1e6 + 0.9])), NONE)
    assert (found.unlisted, found.n_same, found.n_identical) == ([], 10, 8)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"curve": [1.0, 2.0, 1e6 + 2]}, "curve[2]"),
        ({"n_samples": 4}, "n_samples"),
        ({"n_samples": None}, "n_samples"),
        ({"curve": [1.0, 2.0]}, "curve[2]"),
        ({"widths": {"0.05": {"r2": float("nan"), "nothing": None, "undefined": float("nan")}}}, "widths.0.05.r2"),
        ({"widths": {"0.05": {"r2": 0.976, "nothing": 2.0, "undefined": float("nan")}}}, "widths.0.05.nothing"),
    ],
)
def test_every_difference_is_listed(folders, capsys, changes, path):
    old, new = folders("old", OLD), folders("new", changed(**changes))
    assert main([str(old), str(new)]) == 1
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 2
    assert listed[0].startswith(f"alloy/summary.json {path}: ")


def test_records_go_by_name_and_not_by_place(folders):
    more = [{"name": "umap", "accuracy": 0.9}, *reversed(OLD["maps"])]
    found = compare(folders("old", OLD), folders("new", changed(maps=more)), NONE)
    assert (found.unlisted, found.n_added) == ([], 1)


def test_tables_are_compared_and_what_lies_in_stores_is_not(folders):
    found = compare(folders("old", OLD), folders("new", OLD, "method,rmse\nnearest,0.3\nmean,0.5\n"), NONE)
    assert [str(one) for one in found.unlisted] == ["alloy/scores.csv [nearest].rmse: 0.25 -> 0.3 (0.05)"]


def test_a_study_that_is_gone_is_a_difference(folders, tmp_path):
    old = folders("old", OLD)
    (tmp_path / "new").mkdir()
    assert len(compare(old, tmp_path / "new", NONE).unlisted) == 10


def test_texts_are_counted_only(folders):
    found = compare(folders("old", OLD), folders("new", changed(trusted_because="so", ready=False)), NONE)
    assert (found.unlisted, found.n_texts) == ([], 2)


def test_reasons_and_new_names(folders, tmp_path, capsys):
    old = folders("old", OLD)
    new = folders("new", changed(n_scans=3, n_samples=None, curve=[1.0, 2.5, 1e6]))
    rules = {
        "renamed": [{"file": "alloy/*", "old": r"^n_samples$", "new": "n_scans"}],
        "allowed": [{"file": "alloy/summary.json", "path": "curve[*]", "up_to": 0.1, "reason": "one rounding less"}],
    }
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    assert main([str(old), str(new), "--allowed", str(tmp_path / "rules.json")]) == 1
    assert "curve[1]: 2.0 -> 2.5 (0.5)" in capsys.readouterr().out
    rules["allowed"][0]["up_to"] = 0.6
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    assert main([str(old), str(new), "--allowed", str(tmp_path / "rules.json")]) == 0
    assert "allowed, 1: one rounding less" in capsys.readouterr().out


def test_nothing_to_compare(tmp_path, capsys):
    assert main([str(tmp_path), str(tmp_path)]) == 2
    assert "no summary.json" in capsys.readouterr().err


def test_the_list_that_comes_along_is_well_formed():
    rules = json.loads(Path(ALLOWED).read_text())
    assert all(set(rule) == {"file", "path", "up_to", "reason"} and rule["reason"] for rule in rules["allowed"])
    assert all(set(rule) == {"file", "old", "new"} for rule in rules["renamed"])
