from dataclasses import replace

import numpy as np
import pytest

from peakscape.absorption import open_spectra, save_spectra
from peakscape.absorption import spectrum as module
from peakscape.absorption.spectrum import example
from peakscape.errors import FormatError


def test_what_is_saved_comes_back(tmp_path):
    first, second = example(), replace(example(), name="other", edge_energy=190.123456789, labels={"distance": None})
    save_spectra([first, second], tmp_path / "two.npz")
    found = open_spectra(tmp_path / "two.npz")
    assert [spectrum.name for spectrum in found] == ["hBN pristine", "other"]
    assert found[1].edge_energy == second.edge_energy
    assert found[1].labels == second.labels
    assert found[0].settings == first.settings
    assert found[0].dos_channels == first.dos_channels
    assert found[0].atoms == first.atoms
    for field in ("energy", "strength", "dos_energy", "dos"):
        np.testing.assert_allclose(getattr(found[0], field), getattr(first, field), rtol=1e-6)


def test_equal_names_are_refused(tmp_path):
    with pytest.raises(FormatError, match="expected spectra with different names"):
        save_spectra([example(), example()], tmp_path / "two.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.95])
def test_a_cut_file_is_refused_by_name(tmp_path, keep):
    path = tmp_path / "one.npz"
    save_spectra([example()], path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep < 1 else keep])
    with pytest.raises(FormatError, match=r"one\.npz"):
        open_spectra(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [("method", 77), ("flags", 1), ("flags", 32), ("version", 244), ("name", 255), ("data", None)],
)
def test_a_damaged_file_is_refused_by_name(tmp_path, place, value):
    """Bytes changed in the entry of the first array in the directory of the archive (PKWARE APPNOTE 4.3.12)."""
    path = tmp_path / "one.npz"
    save_spectra([example()], path)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    if place == "data":
        content[60:120] = bytes(60)
    else:
        content[entry + {"version": 6, "flags": 8, "method": 10, "name": 46}[place]] = value
    path.write_bytes(content)
    with pytest.raises(
        FormatError, match=r"one\.npz is not a complete archive .*remove it or compute it again"
    ) as told:
        open_spectra(path)
    assert "\n" not in str(told.value)


def test_a_newer_layout_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FORMAT", 2)
    save_spectra([example()], tmp_path / "one.npz")
    monkeypatch.setattr(module, "FORMAT", 1)
    with pytest.raises(FormatError, match="layout 2 is newer than 1"):
        open_spectra(tmp_path / "one.npz")
