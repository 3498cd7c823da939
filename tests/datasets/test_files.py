import pytest

from peakscape import datasets
from peakscape.errors import InputError


@pytest.mark.parametrize("name", ["SmFe12.cif", "alloy.npz", "alloy_table.csv", "alloy_provenance.md"])
def test_shipped_files_exist_and_are_small(name):
    assert 0 < datasets.path(name).stat().st_size < 1_000_000


def test_unknown_file_lists_those_there_are():
    with pytest.raises(InputError, match=r"SmFe12\.cif"):
        datasets.path("alloy.cif")


def test_no_path_leads_out_of_the_package():
    with pytest.raises(InputError, match="no data file"):
        datasets.path("../errors.py")


def test_provenance_says_what_the_data_are():
    text = datasets.path("alloy_provenance.md").read_text()
    for words in ("CHGNet-relaxed", "BSD-3-Clause", "relax_alloy.py", "chgnet 0."):
        assert words in text
