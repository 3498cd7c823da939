"""docs/json.md names every key that commands print with --json, and no other."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peakscape import spectra
from peakscape.cli import main

DOCS = Path(__file__).parents[2] / "docs" / "json.md"
NAMES = {
    "number": r"(?!composition|phase)\w+",
    "class": "phase",
    "element": "[A-Z][a-z]?",
    "axis": "two_theta|q|energy",
    "method": r"mean|nearest_pattern|peak_line|end_members|pls\w*|process\w*|blend|map\w*",
}


def documented() -> dict[str, dict[str, bool]]:
    """By command: its keys, and whether they are there always."""
    found: dict[str, dict[str, bool]] = {}
    for part in DOCS.read_text().split("\n## ")[1:]:
        command, _, table = part.partition("\n")
        rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
        found[command.strip()] = {
            key: "sometimes" not in words and "<" not in key
            for _, keys, words, _ in rows
            for key in re.findall("`(.+?)`", keys)
        }
    return found


KEYS = documented()


def printed(value: Any, place: str = "") -> Iterator[str]:
    """Every key of what was printed, rows of lists as []."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from printed(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for row in value:
            yield from printed(row, f"{place}[]")
    else:
        yield place


def pattern(key: str) -> str:
    """A documented key as a regular expression."""
    text = re.escape(key.removesuffix("{}"))
    for name, words in NAMES.items():
        text = text.replace(f"<{name}>", f"(?:{words})")
    return text + (r"(?:\..*)?" if key.endswith("{}") else "")


def check(told: dict[str, Any]) -> None:
    """Compare what a command printed with what is documented of it."""
    command = told["schema"].split("/")[0].removeprefix("peakscape.")
    keys = KEYS[command]
    found = set(printed(told))
    for key in sorted(found):
        allowed = [one for one in keys if re.fullmatch(pattern(one), key) or one.startswith(f"{key}[]")]
        assert allowed, f"docs/json.md does not name {key} of {command}"
    for key, always in keys.items():
        empty = key.rpartition("[]")[0] in found  # a list without rows
        absent = key.startswith("samples[].composition") or key == "samples[].formula"
        if always and not empty and not (absent and command == "place"):
            assert any(re.fullmatch(pattern(key), one) for one in found), f"{command} does not print {key}"


@pytest.fixture(scope="module")
def mixed(work, tmp_path_factory):
    """A space that predicts a number, a composition and a class."""
    folder = tmp_path_factory.mktemp("mixed")
    patterns = spectra.open(work / "patterns.zarr").load()
    phase = np.where(patterns["n_nickel"].values < 2, "poor", "rich")
    spectra.save(patterns.assign_coords(phase=("sample", phase)), folder / "patterns.zarr")
    assert main(["fit", str(folder / "patterns.zarr"), "--map", "pca", "-o", str(folder / "mixed.space")]) == 0
    return folder


def test_every_command_is_documented(run):
    text = run("--help").out
    commands = [line.split()[0] for line in text.splitlines() if line.startswith("    ") and line[4] != " "]
    assert set(KEYS) == set(commands) - {"completion", "explore"}


@pytest.mark.parametrize("command", KEYS)
def test_each_has_its_schema_and_a_line_for_every_key(command):
    assert f"`peakscape.{command}/1`" in DOCS.read_text()
    assert len(KEYS[command]) > 1


@pytest.mark.parametrize(
    "words",
    [
        ["formats"],
        ["read", "{work}/raw", "-o", "{tmp}/a.nc"],
        ["read", "{work}/raw", "{bad}", "--pattern", "ni(?P<n>[0-9])", "-o", "{tmp}/a.nc"],
        [
            "simulate",
            "{work}/structures/ni0_1.cif",
            "--wavelength",
            "1.5",
            "--two-theta",
            "30:50:0.02",
            "-o",
            "{tmp}/a.nc",
        ],
        ["prepare", "{work}/patterns.zarr", "-o", "{tmp}/a.nc"],
        ["fit", "{work}/raw", "--map", "pca", "--no-novelty", "-o", "{tmp}/a.space"],
        ["place", "{mixed}/mixed.space", "{mixed}/patterns.zarr"],
        ["place", "{work}/auto.space", "{work}/raw/ni0_1.xy", "{bad}", "--wavelength", "1.5406"],
        ["validate", "{mixed}/mixed.space", "--samples"],
        ["explain", "{mixed}/mixed.space", "ni0_1"],
        ["explain", "{mixed}/mixed.space", "ni0_1", "--toward", "n_nickel"],
        ["explain", "{mixed}/mixed.space", "--toward", "n_nickel", "--check"],
        [
            "explain",
            "{mixed}/mixed.space",
            "ni0_1",
            "--structure",
            "{work}/structures/ni0_1.cif",
            "--tolerance",
            "0.15",
        ],
        ["generate", "{mixed}/mixed.space", "--value", "2", "-o", "{tmp}/a.xy"],
        ["generate", "{mixed}/mixed.space", "--between", "ni0_1", "ni4_1", "-o", "{tmp}/a.nc"],
        ["group", "{mixed}/mixed.space"],
        ["lattice", "{mixed}/mixed.space", "--structure", "{work}/structures/ni0_1.cif", "--no-zero"],
        ["compare", "{mixed}/mixed.space", "{work}/pca.space"],
        ["demo-data", "{tmp}/demo"],
        ["export", "{mixed}/mixed.space", "-o", "{tmp}/a.html"],
        ["unmix", "{work}/raw/ni2_1.xy", "--parts", "{work}/raw/ni0_1.xy", "{work}/raw/ni4_1.xy"],
        ["unmix", "{work}/raw", "--blind", "auto", "--parts", "{work}/raw/ni0_1.xy", "{work}/raw/ni4_1.xy"],
        [
            "unmix",
            "{work}/raw/ni2_1.xy",
            "--parts",
            "{work}/structures/ni0_1.cif",
            "{work}/structures/ni4_1.cif",
            "--wavelength",
            "1.5406",
        ],
    ],
    ids=lambda words: " ".join(words[:1]),
)
def test_what_is_printed_is_documented(words, run, work, mixed, tmp_path):
    (tmp_path / "bad.xy").write_text("10 1\n11 nan\n")
    places = {"work": work, "mixed": mixed, "tmp": tmp_path, "bad": tmp_path / "bad.xy"}
    result = run(*(re.sub(r"\{(work|mixed|tmp|bad)\}", lambda m: str(places[m[1]]), word) for word in words), "--json")
    assert result.code == 0, result.err
    check(json.loads(result.out))


def test_fit_with_a_number_and_a_class(run, mixed, tmp_path):
    words = ["fit", mixed / "patterns.zarr", "--map", "pca", "--no-novelty", "--label", "n_nickel,phase"]
    check(json.loads(run(*words, "-o", tmp_path / "a.space", "--json").out))


def test_add(run, mixed, tmp_path):
    shutil.copytree(mixed / "mixed.space", tmp_path / "a.space")
    new = spectra.open(mixed / "patterns.zarr").load().isel(sample=[1])
    spectra.save(new.assign_coords(name=("sample", ["new"])), tmp_path / "new.nc")
    check(json.loads(run("add", tmp_path / "a.space", tmp_path / "new.nc", "--json").out))


def test_study(run, tmp_path, monkeypatch):
    from peakscape.studies import alloy

    monkeypatch.setattr(alloy, "run", lambda *_, **__: {"seconds": 1.0, "anything": {"at": "all"}})
    check(json.loads(run("study", "alloy", "--out", tmp_path / "out", "--json").out))


def test_keys_that_are_not_documented_are_found():
    with pytest.raises(AssertionError, match=r"does not name samples\[\].colour of group"):
        check({"schema": "peakscape.group/1", "n_groups": 1, "suggested": 1, "scores": [], "samples": [{"colour": 1}]})
    with pytest.raises(AssertionError, match="add does not print added"):
        check({"schema": "peakscape.add/1", "space": "a", "n_known": 3})
