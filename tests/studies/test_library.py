import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from peakscape import analysis, formats, maps, open_space, spectra
from peakscape.absorption.scans import normalize_scan
from peakscape.analysis.comparison import Trials
from peakscape.errors import InputError, MissingExtra
from peakscape.preparation import Recipe
from peakscape.studies import library
from peakscape.studies.library.classify import best_map, lead, name_left_out, unlike
from peakscape.studies.library.compute import LibrarySettings, choose
from peakscape.studies.library.numbers import read_numbers
from peakscape.studies.library.report import verdict

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
QUICK = LibrarySettings(maps=("pca", "mds"), n_seeds=1)


def known_materials(*, n_repeats: int = 2, noise: float = 0.002, seed: int = 0) -> xr.Dataset:
    """Edges of four materials, each with two white lines of its own, at three temperatures that damp the wiggles.

    "odd" was measured at one temperature only.
    """
    chance = np.random.default_rng(seed)
    energy = np.arange(0.0, 200.0, 1.0)
    rows, labels = [], []
    for number, (kind, temperatures) in enumerate(
        {"one": (10, 100, 295), "two": (10, 100, 295), "three": (10, 295), "odd": (295,)}.items()
    ):
        for temperature in temperatures:
            for _ in range(n_repeats):
                row = 0.5 + np.arctan((energy - 50.0) / 2.0) / np.pi
                row += 0.4 * np.exp(-(((energy - 55.0 - 6.0 * number) / 4.0) ** 2))
                damping = np.exp(-temperature / 600.0 - np.maximum(energy - 60.0, 0.0) / 60.0)
                row += 0.1 * damping * np.sin((energy - 60.0) / (4.0 + 0.3 * number)) * (energy > 60.0)
                rows.append(row + noise * chance.standard_normal(len(energy)))
                labels.append((kind, float(temperature)))
    kinds, temperatures_of = zip(*labels, strict=True)
    return spectra.make(
        np.array(rows), energy=energy + 5950.0, kind="absorption", name=[f"s{k}" for k in range(len(rows))],
        labels={"compound": list(kinds), "temperature": list(temperatures_of)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    out = tmp_path_factory.mktemp("library") / "out"
    words = {"label": "compound", "also": "temperature", "not_read": [("bad.xdi", "is empty")], "settings": QUICK}
    return out, library.run(known_materials(), out, **words)


def test_the_summary_tells_what_was_promised(done: tuple[Path, dict]) -> None:
    out, summary = done
    assert json.loads((out / "summary.json").read_text()) == summary
    assert (summary["n_spectra"], summary["n_classes"], summary["n_groups"]) == (18, 4, 9)
    assert set(summary["maps"]) == {"pca", "mds"}
    assert set(summary["similarity_baseline"]) == {"pearson", "cosine", "euclid"}
    for row in (*summary["maps"].values(), summary["raw_neighbor"], summary["most_frequent"]):
        assert {"accuracy", "n_right", "n_counted", "lower", "upper", "group_accuracy"} <= set(row)
    assert summary["not_read"] == [{"file": "bad.xdi", "reason": "is empty"}]
    assert {"auroc", "called", "n_scans"} <= set(summary["unlike"])
    assert {"trusted_method", "methods", "nearest_single_scans"} <= set(summary["number"])


def test_a_class_of_one_group_is_told_and_not_counted(done: tuple[Path, dict]) -> None:
    summary = done[1]
    assert summary["only_group"] == ["odd"]
    assert summary["raw_neighbor"]["n_counted"] == 16
    assert summary["groups"]["odd, 295"] == 2


def test_materials_are_named_and_the_foreign_one_is_told(done: tuple[Path, dict]) -> None:
    summary = done[1]
    assert summary["raw_neighbor"]["accuracy"] == 1.0
    assert summary["maps"]["pca"]["accuracy"] == 1.0
    assert summary["most_frequent"]["accuracy"] == pytest.approx(6 / 16)
    assert summary["unlike"]["auroc"] == 1.0
    odd = next(row for row in summary["unlike"]["classes"] if row["compound"] == "odd")
    assert odd["called unlike"] == odd["scans"] == 2


def test_shares_are_those_of_compare_maps(done: tuple[Path, dict]) -> None:
    dataset = known_materials()
    dataset = Recipe.default(dataset).fit(dataset).apply(dataset)
    groups = [f"{c} {t}" for c, t in zip(dataset.compound.values, dataset.temperature.values, strict=True)]
    table = analysis.compare_maps(
        {"pca": maps.PCA(), "mds": maps.MDS()},
        dataset.intensity.values,
        {"compound": dataset.compound.values},
        groups=groups,
        trials=Trials(n_folds=None, n_seeds=1),
    )
    summary = done[1]
    told = summary["maps"] | {"raw_neighbor": summary["raw_neighbor"]} | summary["similarity_baseline"]
    for name, row in told.items():
        assert row["accuracy"] == pytest.approx(table.loc[name, "accuracy_compound"])
    assert summary["maps"]["pca"]["silhouette_compound"] == pytest.approx(table.loc["pca", "silhouette_compound"])


def test_no_repeat_stands_on_both_sides() -> None:
    # Classes that differ by nothing: with repeats on both sides the nearest spectrum, a repeat, would name them all.
    chance = np.random.default_rng(1)
    drift = np.repeat(chance.standard_normal((8, 40)), 2, axis=0) + 1e-3 * chance.standard_normal((16, 40))
    labels = {"kind": np.repeat(["a", "b"], 8), "sample": np.repeat(np.arange(8), 2).astype(str)}
    dataset = spectra.make(drift, q=np.arange(1.0, 41.0), labels=labels)
    summary = name_left_out(choose(dataset, "kind", settings=LibrarySettings(maps=("pca",), n_seeds=1)))[0]
    assert summary["raw_neighbor"]["accuracy_single_scans"] == 1.0
    assert summary["raw_neighbor"]["accuracy"] < 0.9


def test_the_report_is_one_file_with_its_figures(done: tuple[Path, dict]) -> None:
    page = (done[0] / "report.html").read_text()
    page = page[page.index("<article") : page.index("</article>")]  # beside the map
    assert page.count("data:image/png;base64") == 4
    assert "http://" not in page
    assert "bad.xdi" in page
    assert len(pd.read_csv(done[0] / "left_out.csv")) == 18


def test_it_repeats(done: tuple[Path, dict], tmp_path: Path) -> None:
    words = {"label": "compound", "also": "temperature", "not_read": [("bad.xdi", "is empty")], "settings": QUICK}
    again = library.run(known_materials(), tmp_path, **words)
    clocks = {"seconds": 0, "maps": 0}
    assert again | clocks == done[1] | clocks
    for name, row in again["maps"].items():
        timeless = {key: value for key, value in row.items() if key not in ("seconds", "milliseconds_placed")}
        assert timeless.items() <= done[1]["maps"][name].items()


def test_an_earlier_run_is_not_written_over(done: tuple[Path, dict]) -> None:
    with pytest.raises(InputError, match="--force"):
        library.run(known_materials(), done[0], label="compound", settings=QUICK)


def test_a_missing_extra_is_told_and_the_rest_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, *words: object) -> None:
        raise MissingExtra("umap-learn", extra="umap")

    monkeypatch.setattr(maps.UMAP, "fit", refuse)
    chosen = choose(known_materials(), "compound", settings=LibrarySettings(maps=("pca", "umap"), n_seeds=1))
    summary = name_left_out(chosen)[0]
    assert set(summary["maps"]) == {"pca"}
    assert "umap-learn" in summary["maps_missing"]["umap"]


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        (lambda d: d, {"label": "phase"}, "known: compound, temperature"),
        (lambda d: d, {"label": None}, "no label"),
        (lambda d: d, {"label": "compound", "also": "pressure"}, "--also"),
        (lambda d: d, {"label": "compound", "groups": ["colour"]}, "--groups"),
        (lambda d: d.isel(sample=slice(0, 6)), {"label": "compound"}, "two or more different values"),
        (lambda d: d.isel(sample=[0, 6, 12]), {"label": "compound"}, "one scan only"),
        (lambda d: d.isel(sample=[0, 1, 6, 7]), {"label": "compound"}, "6 spectra or more"),
        (lambda d: d, {"label": "compound", "groups": ["compound"]}, "--groups scan"),
        (lambda d: d.assign_coords(compound=("sample", ["one"] * 9 + [""] * 9)), {"label": "compound"}, "not known of"),
    ],
)
def test_what_is_no_library_is_refused(change, words: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose(change(known_materials()), **words)


def test_an_unknown_map_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected maps of pca, mds"):
        library.run(known_materials(), tmp_path, label="compound", settings=LibrarySettings(maps=("som",)))


def test_groups_can_be_chosen() -> None:
    dataset = known_materials()
    assert len(np.unique(choose(dataset, "compound", groups=["scan"]).groups)) == 18
    assert choose(dataset.drop_vars("temperature"), "compound", groups=["scan"]).nameable.all()


def test_the_verdict_is_plain() -> None:
    def lead_of(low, high):
        return {"plain": "raw_neighbor", "difference": (low + high) / 2, "lower": low, "upper": high}

    table = pd.DataFrame({"method": ["pca", "mds", "raw_neighbor"], "accuracy": [0.8, 0.9, 0.9]})
    assert best_map(table, ["pca", "mds"]) == "mds"
    assert verdict(table, "mds", lead_of(0.0, 0.0)).startswith("No map is more accurate")
    assert verdict(table, "pca", lead_of(-0.2, 0.0)).startswith("Every map loses")
    table["accuracy"] = [0.95, 0.95, 0.9]
    assert best_map(table, ["pca", "mds"]) == "pca"
    assert verdict(table, "pca", lead_of(0.01, 0.09)).startswith("The best map, PCA")
    assert verdict(table, "pca", lead_of(-0.05, 0.15)).startswith("No map is surely more accurate")


def test_a_map_leads_only_where_groups_agree() -> None:
    """Two answers more in one group of six are chance; one more in each of six is none."""
    groups = np.repeat(np.arange(6), 4)
    told = pd.DataFrame({"kind": "a", "group": groups, "counted": True, "pca": "a", "raw_neighbor": "a"})
    table = pd.DataFrame({"method": ["pca", "raw_neighbor"], "accuracy": [1.0, 0.9]})
    one, each = told.copy(), told.copy()
    one.loc[:1, "raw_neighbor"] = "b"
    each.loc[np.arange(0, 24, 4), "raw_neighbor"] = "b"
    found = lead(one, "kind", table, "pca", level=0.9)
    assert found["difference"] == pytest.approx(2 / 24)
    assert found["lower"] < 0 < found["upper"]
    assert lead(each, "kind", table, "pca", level=0.9)["lower"] == pytest.approx(0.25)


def test_taught_maps_are_tried_too_and_the_number_is_read_without_their_help(tmp_path: Path) -> None:
    settings = LibrarySettings(maps=("lda", "kda"), n_seeds=1)
    summary = library.run(known_materials(), tmp_path, label="compound", also="temperature", settings=settings)
    assert set(summary["maps"]) == {"lda", "kda"}
    assert summary["maps"]["kda"]["accuracy"] == 1.0
    assert summary["number"]["methods"]["map_neighbors"]["rmse"] > 0
    saved = open_space(tmp_path / "library.space")
    assert saved.map_key_ in ("lda", "kda")
    assert saved.supervised_by_ == "compound"
    assert saved.novelty_ is not None


def test_a_taught_map_of_two_classes_is_saved_though_none_can_be_left_out(tmp_path: Path) -> None:
    two = known_materials().isel(sample=slice(0, 8))  # one group of the second class
    two = two.assign_coords(sample_of=("sample", list("aabbccdd")))
    settings = LibrarySettings(maps=("lda",), n_seeds=1)
    library.run(two, tmp_path, label="compound", groups=["compound", "temperature"], settings=settings)
    saved = open_space(tmp_path / "library.space")
    assert saved.known_["intensity"].shape == (8, 121)  # 20 eV below to 100 eV above the edge


def test_unlike_asks_nothing_where_nothing_is_left() -> None:
    two = known_materials().isel(sample=slice(0, 12))
    found, table = unlike(choose(two, "compound", settings=QUICK))
    assert found["n_scans"] == 12
    assert len(table) == 2


@pytest.mark.skipif(not (DATA / "xas-library").exists(), reason="no measured data (PEAKSCAPE_DATA)")
@pytest.mark.parametrize(
    ("element", "foil", "least", "n_scans"), [("Cr", 5989.0, 1.0, 37), ("As", 11867.0, 1.0, 31), ("Cr", None, 1.0, 43)]
)
def test_measured_compounds(element: str, foil: float | None, least: float, n_scans: int) -> None:
    found = formats.read_mixed(
        DATA / "xas-library" / element,
        resample=True,
        each=lambda scan: normalize_scan(scan, calibrate_to=foil),
    )
    recipe = Recipe.default(found.dataset)
    assert recipe.text.startswith("resample=energy")
    prepared = recipe.fit(found.dataset).apply(found.dataset)
    chosen = choose(prepared, "compound", also="temperature", settings=QUICK)
    assert chosen.search.max_shift == 1.0
    assert chosen.group_labels == ("compound", "temperature")
    assert len(chosen.classes) == n_scans
    summary = name_left_out(chosen)[0]
    assert summary["raw_neighbor"]["accuracy"] >= least
    assert summary["maps"]["pca"]["accuracy"] >= least
    # Three temperatures a compound at most: none is read better than by a constant, and the study says so.
    assert read_numbers(chosen, maps.PCA())[0]["trusted_method"] == "mean"
