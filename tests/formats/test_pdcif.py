"""pdCIF, checked against the numbers that were written."""

from pathlib import Path

import numpy as np
import pytest
from example_files import COUNTS, POINTS, pdcif

from peakscape.errors import FormatError
from peakscape.formats.diffraction import pdcif as reader
from peakscape.formats.scan import Scan


def _read(tmp_path: Path, text: str | bytes, **options: float) -> list[Scan]:
    path = tmp_path / "a.cif"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return reader.read(path, **options)


@pytest.mark.parametrize(
    "tags",
    [
        ("_pd_meas_2theta_scan", "_pd_meas_counts_total"),
        ("_pd_proc_2theta_corrected", "_pd_meas_intensity_total"),
        ("_pd_proc_2theta_corrected", "_pd_proc_intensity_net"),
        ("_pd_meas.2theta_scan", "_pd_meas.counts_total"),
    ],
)
def test_loops(tmp_path: Path, tags: tuple[str, str]) -> None:
    [scan] = _read(tmp_path, pdcif(tags=tags))
    np.testing.assert_allclose(scan.points, POINTS)
    np.testing.assert_allclose(scan.intensity, COUNTS)
    assert scan.wavelength == 1.540593
    assert scan.metadata["kalpha2_wavelength"] == 1.544427
    assert scan.metadata["kalpha2_ratio"] == 0.5
    assert (scan.metadata["temperature"], scan.metadata["counting_time"]) == (295.0, 1.5)
    assert scan.metadata["date"] == "2024-01-01T10:00"


def test_measured_before_processed_and_range(tmp_path: Path) -> None:
    text = "data_a\n_pd_meas_2theta_range_min 10\n_pd_meas_2theta_range_max 10.4\n_pd_meas_2theta_range_inc 0.2\n"
    text += "loop_\n_pd_meas_counts_total\n_pd_proc_intensity_net\n5 4\n7 6\n9 8\n"
    [scan] = _read(tmp_path, text, wavelength=0.5)
    np.testing.assert_allclose(scan.points, [10, 10.2, 10.4])
    np.testing.assert_array_equal(scan.intensity, [5, 7, 9])
    with pytest.raises(FormatError, match="does not fit 3 intensities"):
        _read(tmp_path, text.replace("10.4", "11.4"))


def test_wavelength_in_a_block_of_its_own(tmp_path: Path) -> None:
    """As GSAS writes: one block for the instrument, one for each pattern."""
    loop = "loop_\n_pd_meas_2theta_scan\n_pd_meas_counts_total\n10 5\n11 6\n"
    text = f"data_instrument\n_diffrn_radiation_wavelength 0.7\ndata_one\n{loop}data_two\n{loop}"
    one, two = _read(tmp_path, text)
    assert (one.wavelength, two.wavelength) == (0.7, 0.7)
    assert (one.name, two.name) == ("a#1", "a#2")
    two_beams = text.replace("data_one", "data_other\n_diffrn_radiation_wavelength 0.8\ndata_one")
    assert _read(tmp_path, two_beams)[0].wavelength is None


def test_q(tmp_path: Path) -> None:
    text = "data_a\nloop_\n_pd_proc_recip_len_Q\n_pd_proc_intensity_total\n1.0 5\n1.1 6\n"
    [scan] = _read(tmp_path, text)
    assert scan.axis == "q"
    np.testing.assert_array_equal(scan.points, [1.0, 1.1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data_a\nloop_\n_atom_site_label\n_atom_site_fract_x\nA 0\nB .5\n", "holds a crystal structure"),
        ("data_a\nloop_\n_pd_meas_time_of_flight\n_pd_meas_counts_total\n1000 5\n1001 6\n", "time-of-flight"),
        (
            "data_a\nloop_\n_pd_meas_2theta_scan\n_pd_meas_counts_total\n10 5\n11 ?\n",
            r"value 2 of _pd_meas_counts_total",
        ),
        ("data_a\nloop_\n_pd_meas_2theta_scan\n_pd_meas_counts_total\n10 5\n11\n", "not a whole CIF"),
        ("data_a\n_cell_length_a 5\n", "holds no powder pattern"),
        ("\0\1\2", "is binary"),
    ],
)
def test_refusals(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        _read(tmp_path, text)
