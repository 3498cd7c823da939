"""Measured spectra as shipped against the files as published."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from peakscape import datasets, formats, spectra
from peakscape.datasets.make.pack_measured import SETS, labels_of, packed
from peakscape.datasets.measured import ARCHIVE, LICENCE, SOURCE
from peakscape.errors import InputError

DATA = Path(os.environ.get("PEAKSCAPE_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no measured data at {DATA} (set PEAKSCAPE_DATA)")
SHIPPED = Path(datasets.__file__).parent / "measured"
COUNTS = {
    "arsenic": 32,
    "batio3-ramp": 60,
    "bn": 2,
    "chromium": 43,
    "fapbi3-mapbbr3": 11,
    "weighed-mixtures": 12,
}


@pytest.fixture(scope="module", params=list(COUNTS))
def loaded(request):
    return request.param, datasets.load_measured(request.param)


def test_names():
    assert datasets.measured_names() == list(COUNTS) == sorted(SETS)


def test_containers_are_valid_and_complete(loaded):
    name, found = loaded
    spectra.check(found)
    assert found.sizes["sample"] == COUNTS[name]
    assert all(source.startswith(f"{name}/") for source in found.source.values)
    assert "as shipped" in found.history
    assert {"title", "licence", "attribution", "url", "doi"} <= set(found.attrs)


def test_containers_can_be_saved(loaded, tmp_path):
    _, found = loaded
    spectra.save(found, tmp_path / "measured.zarr")
    again = spectra.open(tmp_path / "measured.zarr")
    np.testing.assert_array_equal(again.intensity.values, found.intensity.values)
    assert again.attrs["doi"] == found.attrs["doi"]


@needs_data
def test_numbers_are_those_of_the_published_files(loaded):
    name, found = loaded
    about = SETS[name]
    raw = formats.read(
        [path for path in formats.files_of(DATA / about["raw"]) if path.match(about["files"])],
        resample=True,
        **about.get("read", {}),
    )
    axis = spectra.axis_name(raw)
    np.testing.assert_array_equal(found[axis].values, raw[axis].values)
    np.testing.assert_array_equal(found.intensity.values, raw.intensity.values)
    assert found.name.values.tolist() == raw.name.values.tolist()
    for key in raw.coords:
        if key != "source":
            np.testing.assert_array_equal(found[key].values, raw[key].values)
    assert {key: value for key, value in raw.attrs.items() if key != "history"}.items() <= found.attrs.items()


@needs_data
@pytest.mark.parametrize("name", COUNTS)
def test_files_are_written_as_published(name, tmp_path):
    written = datasets.write_measured(name, tmp_path / "deep" / name)
    published = sorted(path for path in (DATA / SETS[name]["raw"]).iterdir() if path.name != "LICENSE")
    assert [path.name for path in written] == [path.name for path in published]
    for one, other in zip(written, published, strict=True):
        assert one.read_bytes() == other.read_bytes()


@needs_data
@pytest.mark.parametrize("name", ["bn", "fapbi3-mapbbr3"])
def test_packing_gives_the_same_bytes_again(name):
    folder = DATA / SETS[name]["raw"]
    assert packed(folder) == packed(folder)


@needs_data
def test_what_is_packed_is_what_lies_in_the_raw_folders():
    for name, about in SETS.items():
        told = json.loads((SHIPPED / name / SOURCE).read_text())
        files = [path.name for path in (DATA / about["raw"]).iterdir() if path.name != "LICENSE"]
        assert told["labels"] == {file: found for file in files if (found := labels_of(name, file))}


def test_labels():
    ramp = datasets.load_measured("batio3-ramp")
    assert ramp.temperature.values.tolist() == list(range(150, 450, 5))
    assert ramp.temperature.attrs["units"] == "K"
    solid = datasets.load_measured("fapbi3-mapbbr3")
    np.testing.assert_allclose(solid.x.values, np.arange(11) / 10)
    assert solid.wavelength == 1.5406
    nitride = datasets.load_measured("bn")
    assert nitride.phase.values.tolist() == ["c-BN", "h-BN"]
    assert set(spectra.numeric_labels(nitride)) == set()
    mixtures = datasets.load_measured("weighed-mixtures")
    row = mixtures.sel(sample=mixtures.mixture == "V2O5 + NiO + TiO2").isel(sample=0)
    assert (row.V2O5.item(), row.NiO.item(), row.TiO2.item(), row.ZnO.item()) == (0.3005, 0.402, 0.302, 0.0)
    assert set(datasets.load_measured("chromium").compound.values) == {
        "Cr2O3",
        "Cr2S3",
        "CrO2",
        "K2Cr2O7",
        "K2CrO4",
        "Na2CrO4",
    }


def test_a_single_file_keeps_its_own_points():
    layered = datasets.load_measured("bn", files="*hBN*")
    assert layered.sizes == {"sample": 1, "energy": 132}
    # pi* of h-BN lies at 192 eV once the published axis is corrected
    axis = layered.energy.values + layered.energy_correction.item()
    early = (axis > 188) & (axis < 195)
    assert axis[early][layered.intensity.values[0, early].argmax()] == pytest.approx(192.0, abs=0.5)
    assert datasets.load_measured("weighed-mixtures", files="silicon.rasx").wavelength == 1.540593


def test_written_folder_is_read_and_keeps_the_licence(tmp_path):
    datasets.write_measured("fapbi3-mapbbr3", tmp_path)
    assert formats.read(tmp_path, wavelength=1.5406).sizes["sample"] == 11
    text = (tmp_path / LICENCE).read_text()
    assert "10.1038/s41524-019-0196-x" in text
    assert "Apache License" in text


def test_writing_twice_is_harmless_and_another_file_is_not_replaced(tmp_path):
    first = datasets.write_measured("bn", tmp_path)
    assert datasets.write_measured("bn", tmp_path) == first
    first[0].write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        datasets.write_measured("bn", tmp_path)
    assert first[0].read_text() == "mine"
    with pytest.raises(InputError, match="cannot make the folder"):
        datasets.write_measured("bn", first[0] / "below")


@pytest.mark.parametrize("name", ["nitride", "../nitride", "", "bn/files"])
def test_unknown_name_lists_those_there_are(name):
    with pytest.raises(InputError, match="arsenic, batio3-ramp, bn, chromium, fapbi3-mapbbr3, weighed-mixtures"):
        datasets.load_measured(name)
    with pytest.raises(InputError, match="arsenic, batio3-ramp"):
        datasets.write_measured(name, "nowhere")


def test_unknown_file_lists_those_there_are():
    with pytest.raises(InputError, match=r"no file .* matches '\*\.xyz'; there are exp_cBN_eels_digitised\.csv"):
        datasets.load_measured("bn", files="*.xyz")


@pytest.mark.parametrize("name", COUNTS)
def test_each_set_tells_its_licence_source_and_doi(name):
    told = json.loads((SHIPPED / name / SOURCE).read_text())
    assert told["doi"].startswith("10.")
    assert told["url"].startswith("https://")
    assert told["licence"] in {"ODbL-1.0", "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "MIT"}
    assert len((SHIPPED / name / LICENCE).read_text()) > 300


def test_all_that_ships_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.rglob(ARCHIVE)) < 2_600_000
    package = Path(datasets.__file__).parents[1]
    assert sum(path.stat().st_size for path in package.rglob("*") if "__pycache__" not in path.parts) < 12_000_000


def test_what_a_kill_left_is_removed_though_the_files_are_whole(tmp_path: Path) -> None:
    """Killed between the move of a file and the end of its temporary folder."""
    [first, *_] = datasets.write_measured("bn", tmp_path)
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from peakscape import files\n"
        "files._remove = lambda path: os.kill(os.getpid(), signal.SIGKILL)\n"
        "path = Path(sys.argv[1])\n"
        "content = path.read_bytes()\n"
        "with files.replace_atomically(path) as fresh:\n"
        "    fresh.write_bytes(content)\n"
    )
    before = sorted(tmp_path.iterdir())
    assert subprocess.run([sys.executable, "-c", code, str(first)], check=False).returncode == -signal.SIGKILL
    assert sorted(tmp_path.iterdir()) != before
    datasets.write_measured("bn", tmp_path)
    assert sorted(tmp_path.iterdir()) == before
