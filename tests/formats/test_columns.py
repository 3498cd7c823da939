"""Every quirk of two-column text that users bring, and every way in which it can be broken."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peakscape.errors import FormatError
from peakscape.formats import columns

# Each text holds the points 5, 5.5, 6 and the intensities 10, 20.25, 1000.
QUIRKS = {
    "spaces": "5 10\n5.5 20.25\n6 1000\n",
    "many spaces": "   5.000    10.0\n   5.500    20.25  \n   6.000    1000\n\n",
    "tabs": "5\t10\n5.5\t20.25\n6\t1000\n",
    "comma": "5,10\n5.5,20.25\n6,1000\n",
    "comma and space": "5, 10\n5.5, 20.25\n6, 1000\n",
    "comma at the end": "5,10,\n5.5,20.25,\n6,1000,\n",
    "semicolon": "5;10\n5.5;20.25\n6;1000\n",
    "decimal comma, semicolon": "5,0;10,0\n5,5;20,25\n6,0;1000,0\n",
    "decimal comma, spaces": "5,0 10,0\n5,5 20,25\n6,0 1000,0\n",
    "decimal comma, tabs": "5,0\t10\n5,5\t20,25\n6,0\t1000\n",
    "crlf": "5 10\r\n5.5 20.25\r\n6 1000\r\n",
    "old mac": "5 10\r5.5 20.25\r6 1000\r",
    "no last newline": "5 10\n5.5 20.25\n6 1000",
    "three columns": "5 10 3.2\n5.5 20.25 4.5\n6 1000 31.6\n",
    "nan as standard error": "5 10 nan\n5.5 20.25 4.5\n6 1000 31.6\n",
    "hash": "# sample\n5 10\n# in between\n5.5 20.25\n6 1000\n",
    "exclamation mark": "! sample\n5 10\n5.5 20.25\n6 1000\n",
    "apostrophe": '\'Id: "x" Operator: y\n5 10\n5.5 20.25\n6 1000\n',
    "semicolon comment": "; sample\n5 10\n5.5 20.25\n6 1000\n",
    "per cent": "% sample\n5 10\n5.5 20.25\n6 1000\n",
    "comment after numbers": "5 10 # first\n5.5 20.25\n6 1000\n",
    "text header": "Sample 12 of March\nAngle Counts\n5 10\n5.5 20.25\n6 1000\n",
    "number of points": "a title\n3\n5 10\n5.5 20.25\n6 1000\n",
    "exponents": "5.0e+00 1.0E1\n5.5E0 2025e-2\n6 1.0D+03\n",
    "plus signs": "+5 +10\n+5.5 +20.25\n+6 +1000\n",
    "quotes": '"5","10"\n"5.5","20.25"\n"6","1000"\n',
    "dos end mark": "5 10\r\n5.5 20.25\r\n6 1000\r\n\x1a",
}


@pytest.mark.parametrize("text", QUIRKS.values(), ids=QUIRKS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_quirks(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "a.xy"
    path.write_bytes(text.encode(encoding))
    [scan] = columns.read(path, wavelength=0.7)
    np.testing.assert_array_equal(scan.points, [5, 5.5, 6])
    np.testing.assert_array_equal(scan.intensity, [10, 20.25, 1000])
    assert (scan.axis, scan.name, scan.wavelength) == ("two_theta", "a", 0.7)


def test_latin_1_header(tmp_path: Path) -> None:
    path = tmp_path / "a.xy"
    path.write_bytes("# Prüfling, 25 °C, \x85\n5 10\n6 11\n".encode("latin-1"))
    np.testing.assert_array_equal(columns.read(path)[0].points, [5, 6])


BROKEN = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "only comments": (b"# a\n# b\n", "only comments"),
    "words": (b"hello\nworld and all\n", "line 1: no row of numbers"),
    "word inside": (b"5 10\n5.5 many\n6 11\n", "line 2: '5.5 many' is not a row of 2 numbers"),
    "word inside, shifted": (b"# c\n\n5 10\n6 11\nend\n", "line 5: 'end' is not a row"),
    "nan": (b"5 10\n5.5 nan\n6 11\n", "line 2: intensity is nan"),
    "nan axis": (b"5 10\nNaN 10\n6 11\n", "line 2: two_theta is nan"),
    "nan first": (b"5 nan\n5.5 10\n", "line 1: intensity is nan"),
    "infinite": (b"5 10\n5.5 -inf\n6 11\n", "line 2: intensity is -inf"),
    "overflow": (b"5 10\n5.5 1e999\n6 11\n", "line 2: intensity is inf"),
    "negative axis": (b"-5 10\n5.5 1\n", "line 1: two_theta is negative"),
    "above 180": (b"5 10\n181 1\n", "line 2: two_theta is 181 degrees"),
    "unsorted": (b"# c\n5 10\n6 1\n5.5 2\n", "line 4: two_theta falls from 6 to 5.5"),
    "descending": (b"6 10\n5 1\n", "line 2: two_theta falls"),
    "duplicate": (b"5 10\n6 1\n6 2\n7 3\n", "line 3: two_theta 6 occurs twice (also on line 2)"),
    "one column": (b"5\n6\n7\n", "line 1: 1 column of numbers"),
    "many columns": (b"5 1 2 3\n6 1 2 3\n", "line 1: 4 columns of numbers"),
    "one point": (b"5 10\n", "holds 1 point"),
    "cut off": (b"5 10\n5.5 11\n6", "line 3: 1 column(s) where the rows before have 2; is the file cut off?"),
    "ragged": (b"5 10\n5.5 11 12\n6 10\n", "line 2: 3 column(s) where the rows before have 2"),
    "binary": (b"RAW4.00\x00\x00\x01\x02\xff\xfe", "is binary, not text"),
    "underscores": (b"5 1_0\n6 1\n7 2\n", "is not a row of 2 numbers"),
    "both marks": (b"5;1.234,5\n6;1\n", ""),
    "semicolon at the end": (b"5;10\n5.5 11;\n6;12\n", "line 2: '5.5 11;' is not a row of 2 numbers"),
    "semicolon too many": (b"5;10\n5.5;;11\n6;12\n", "line 2: '5.5;;11' is not a row of 2 numbers"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.xy"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        columns.read(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_axis_is_asked_for_where_nothing_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_text("5 10\n6 11\n")
    with pytest.raises(FormatError, match="--axis"):
        columns.read(path)
    assert columns.read(path, axis="q")[0].axis == "q"


def test_argument_wins_over_title_and_its_unit(tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_text("q_nm^-1 I\n5 10\n6 11\n")
    np.testing.assert_allclose(columns.read(path)[0].points, [0.5, 0.6])
    np.testing.assert_array_equal(columns.read(path, axis="two_theta")[0].points, [5, 6])
    np.testing.assert_allclose(columns.read(path, axis="q")[0].points, [0.5, 0.6])


@given(st.binary(max_size=300))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_random_bytes_raise_nothing_but_our_error(tmp_path: Path, content: bytes) -> None:
    _read_or_complain(tmp_path, content)


@given(
    st.text(alphabet="0123456789.,;\t \r\n-+eEdD#naifx\x1a\ufeff\"'", max_size=120),
    st.sampled_from(["utf-8", "utf-16"]),
)
@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_random_almost_numbers_raise_nothing_but_our_error(tmp_path: Path, content: str, encoding: str) -> None:
    _read_or_complain(tmp_path, content.encode(encoding))


def _read_or_complain(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xy"
    path.write_bytes(content)
    columns.sniff(path.with_suffix(".other"), content)
    try:
        [scan] = columns.read(path)
    except FormatError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert len(scan.points) == len(scan.intensity) >= 2
        assert np.all(np.diff(scan.points) > 0)
        assert np.all(np.isfinite(scan.intensity))


@given(
    st.lists(
        st.tuples(st.integers(0, 17_999), st.floats(0, 1e6)), min_size=2, max_size=30, unique_by=lambda row: row[0]
    ),
    st.sampled_from([(" ", "."), ("\t", ","), (";", ","), (",", "."), (", ", "."), ("  ", ",")]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_written_numbers_come_back(tmp_path: Path, rows: list[tuple[int, float]], marks: tuple[str, str]) -> None:
    rows = sorted(rows)
    separator, decimal = marks
    text = "\n".join(separator.join(f"{v:.6f}".replace(".", decimal) for v in (p / 100, i)) for p, i in rows)
    path = tmp_path / "a.xy"
    path.write_text(text)
    [scan] = columns.read(path)
    np.testing.assert_allclose(scan.points, [p / 100 for p, _ in rows], atol=1e-6)
    np.testing.assert_allclose(scan.intensity, [i for _, i in rows], atol=1e-6)
