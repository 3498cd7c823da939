"""What another package adds by an entry point, or one row, takes part everywhere: maps, formats, readouts, steps."""

import importlib
import importlib.metadata
import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from peakscape import formats, maps, spectra
from peakscape.analysis import CompositionReadout
from peakscape.analysis.readout import registry as readouts
from peakscape.cli import main
from peakscape.errors import InputError, MapError
from peakscape.feature_space import FeatureSpace, open_space, records
from peakscape.formats import registry as format_registry
from peakscape.maps import registry as map_registry
from peakscape.preparation import registry as step_registry
from peakscape.preparation.registry import NUMBER, StepKind
from peakscape.preparation.step import SameAxisStep
from tests.feature_space.small_series import TWO_THETA, alloy, edges, same

FILES = {
    "pyproject.toml": """
        [project]
        name = "toymaps"
        """,
    "toymaps.py": '''
        """A package that knows one map and one format."""

        import numpy as np

        from peakscape.formats import Format, Scan
        from peakscape.maps import FeatureMap
        from peakscape.maps.registry import MapKind, Option


        class Centroid(FeatureMap):
            """Where the weight of a spectrum lies and how wide it is spread; it generates the nearest known one."""

            def __init__(self, *, power=1.0, random_state=None):
                self.power = power
                self.random_state = random_state

            def fit(self, X, y=None):
                self.known_ = self._check_patterns(X, training=True)
                self.places_ = self._moments(self.known_)
                self.scale_ = self.places_.std(axis=0)
                self.centre_ = self.places_.mean(axis=0)
                return self

            def _moments(self, rows):
                axis = np.linspace(-1.0, 1.0, rows.shape[1])
                weight = np.abs(rows) ** self.power
                weight = weight / weight.sum(axis=1, keepdims=True)
                mean = (weight * axis).sum(axis=1)
                width = np.sqrt((weight * (axis - mean[:, None]) ** 2).sum(axis=1))
                return np.stack([mean, width], axis=1)

            def transform_members(self, X):
                return ((self._moments(self._check_patterns(X)) - self.centre_) / self.scale_)[None]

            def inverse_transform_members(self, coordinates):
                points = np.asarray(coordinates, dtype=float).reshape(-1, 2) * self.scale_ + self.centre_
                apart = ((points[:, None] - self.places_) ** 2).sum(axis=2)
                return self.known_[apart.argmin(axis=1)][None]


        MAP = MapKind(
            "centroid", "toymaps:Centroid", "centroid map", "where the weight of a spectrum lies", cost="instant",
            options=(Option("power", float, 1.0, "of the intensities that weigh"),),
        )


        def sniff(path, head):
            return head.startswith(b"TOY1")


        def read(path, *, axis=None, wavelength=None):
            two_theta, counts = np.loadtxt(path, skiprows=1, unpack=True)
            return [Scan("two_theta", two_theta, counts, path.stem, str(path), wavelength)]


        FORMAT = Format("toy text", (".toy",), ("two_theta",), "two_theta and counts", "", sniff, read)
        ''',
    "toymaps-1.0.dist-info/METADATA": """
        Metadata-Version: 2.1
        Name: toymaps
        Version: 1.0
        """,
    "toymaps-1.0.dist-info/entry_points.txt": """
        [peakscape.maps]
        centroid = toymaps:MAP

        [peakscape.formats]
        toy = toymaps:FORMAT
        """,
}


def forget():
    """Let the registries look for packages anew."""
    importlib.invalidate_caches()
    map_registry._added.cache_clear()
    format_registry._added.cache_clear()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """An installed package: a module beside what an installer writes about it."""
    folder = tmp_path_factory.mktemp("site")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text).lstrip())
    return folder


@pytest.fixture
def installed(package, monkeypatch):
    monkeypatch.syspath_prepend(str(package))
    forget()
    yield package
    sys.modules.pop("toymaps", None)
    monkeypatch.undo()
    forget()


def test_the_map_is_fitted_placed_saved_and_opened(installed, tmp_path):
    assert map_registry.find("centroid").title == "centroid map"
    assert "power=1.0" in map_registry.help_text()
    dataset = alloy(np.linspace(0, 1, 11), labels=("x", "phase"))
    space = FeatureSpace("centroid", preparation="none", map_options={"power": 2.0}).fit(dataset)
    assert (type(space.map_).__name__, space.map_.power, space.map_key_) == ("Centroid", 2.0, "centroid")
    table = space.validate()
    assert {"map", "map_plane"} <= set(table.loc[table["label"] == "x", "method"])
    new = alloy([0.33, 0.8], labels=())
    found = space.place(new)
    assert float(found["x_by_method"].sel(x_methods="map")[0]) == pytest.approx(0.33, abs=0.2)
    assert found["foreign"].values.tolist() == [False, False]
    space.save(tmp_path / "toy.space")
    opened = open_space(tmp_path / "toy.space")
    same(opened.place(new), found)
    assert len(opened.rank_peaks("x0.500")) == 5
    assert opened.generate(x=0.5)["intensity"].shape == (1, len(TWO_THETA))
    assert len(opened.add(alloy([0.05], labels=("x", "phase"))).names) == 12


def test_the_map_is_asked_for_by_command(installed, tmp_path, capsys):
    dataset = alloy(np.linspace(0, 1, 6), labels=("phase",))
    spectra.save(dataset, tmp_path / "known.nc")
    words = ["--map", "centroid", "--map-option", "power=2", "--prepare", "none", "-o", str(tmp_path / "toy.space")]
    assert main(["fit", str(tmp_path / "known.nc"), *words]) == 0
    capsys.readouterr()
    assert main(["place", str(tmp_path / "toy.space"), str(tmp_path / "known.nc"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["samples"]
    assert told == json.loads(json.dumps(records(open_space(tmp_path / "toy.space").place(dataset))))
    assert main(["fit", "--help"]) == 0
    text = capsys.readouterr().out
    assert "where the weight of a spectrum lies" in text
    assert "power=1.0" in text


def test_the_program_itself_finds_it(package, tmp_path):
    code = "import sys; from peakscape.cli import main; sys.exit(main(['formats', '--json']))"
    source = str(maps.__path__[0]).removesuffix("/peakscape/maps")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{package}:{source}"},
    )
    assert "toy text" in [row["format"] for row in json.loads(done.stdout)["formats"]]


def test_the_map_is_in_the_table_of_the_library_study(installed, tmp_path, capsys):
    dataset = edges(np.repeat([0, 1, 2], 4)).assign_coords(sample=("sample", np.arange(12)))
    dataset = dataset.drop_vars("sample").assign_coords(batch=("sample", [f"{k % 2}" for k in range(12)]))
    spectra.save(dataset, tmp_path / "known.nc")
    words = [
        "--label",
        "compound",
        "--maps",
        "pca,centroid",
        "--groups",
        "compound,batch",
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["study", "library", str(tmp_path / "known.nc"), *words]) == 0, capsys.readouterr().err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert set(summary["maps"]) == {"pca", "centroid"}
    assert "centroid" in (tmp_path / "out" / "report.html").read_text()
    with pytest.raises(InputError, match=r"expected maps of pca, .*, centroid, got som"):
        _study(dataset, tmp_path / "other", ("som",))


def _study(dataset, out, names):
    from peakscape.studies import library

    library.run(dataset, out, label="compound", groups=["scan"], settings=library.LibrarySettings(maps=names))


def test_without_the_package_its_spaces_say_what_is_missing(installed, tmp_path, monkeypatch):
    space = FeatureSpace("centroid", preparation="none", novelty=False).fit(alloy([0, 0.4, 1.0], labels=()))
    space.save(tmp_path / "toy.space")
    monkeypatch.undo()
    forget()
    with pytest.raises(MapError, match="holds a 'Centroid'; expected one of Autoencoder"):
        open_space(tmp_path / "toy.space")


def test_a_format(installed, tmp_path):
    rows = [f"{angle:g} {angle % 7:g}" for angle in np.arange(10.0, 20.0)]
    (tmp_path / "a.toy").write_text("\n".join(["TOY1", *rows]))
    assert ".toy" in formats.table()["suffix"].tolist()
    read = formats.read(tmp_path, wavelength=1.5406)
    assert (read["name"].values.tolist(), read.sizes["two_theta"]) == (["a"], 10)
    (tmp_path / "b.toy").write_text("TOY1\nnothing\n")
    found = formats.read_mixed(tmp_path)
    assert "the reader of 'toy text', of another package, failed" in found.skipped["reason"].iloc[0]


class Nearest:
    """A readout: what is known at the nearest point."""

    def __init__(self, points, values):
        self.points, self.values = points, values

    def predict(self, queries):
        return self.values[((queries[:, None] - self.points) ** 2).sum(axis=2).argmin(axis=1)]


def test_a_readout_is_one_row(monkeypatch):
    row = readouts.Kind(lambda points, values, groups, n: Nearest(points, values))
    monkeypatch.setitem(readouts.READOUTS, "one_nearest", row)
    known, x = np.random.default_rng(0).normal(size=(9, 2)), np.arange(9.0)
    readout = CompositionReadout(method="one_nearest").fit(known, x)
    np.testing.assert_array_equal(np.ravel(readout.predict(0.99 * known)), x)
    monkeypatch.undo()
    with pytest.raises(InputError, match="one_nearest"):
        CompositionReadout(method="one_nearest").fit(known, x)


class Root(SameAxisStep):
    """A step: a root of the intensities, so that weak peaks count more."""

    def __init__(self, power=0.5, *, axis=None):
        self.power = power
        self.axis = axis

    def _row(self, row):
        return np.abs(row) ** self.power


def test_a_step_is_one_row(monkeypatch, tmp_path):
    monkeypatch.setitem(step_registry.STEPS, "root", StepKind(Root, "take a root", "power", {"power": NUMBER}))
    assert "take a root" in step_registry.help_text()
    dataset = alloy(np.linspace(0, 1, 5), labels=("phase",))
    space = FeatureSpace("pca", preparation="root=0.25,normalize=area", novelty=False).fit(dataset)
    assert space.recipe_.text == "root=0.25,normalize=area"
    space.save(tmp_path / "a.space")
    same(open_space(tmp_path / "a.space").place(dataset), space.place(dataset))
    plain = FeatureSpace("pca", preparation="normalize=area", novelty=False).fit(dataset)
    assert not np.allclose(plain.known_["intensity"], space.known_["intensity"])
