"""The report is one file that needs nothing else."""

import re
from pathlib import Path

import pandas as pd
import pytest

from peakscape import figures, report


def _written(tmp_path: Path) -> str:
    figure, axes = figures.new()
    figures.dots(axes[0], ["one", "two"], {"error": [0.1, 0.2]})
    png, _ = figures.save(figure, tmp_path / "dots")
    table = pd.DataFrame({"method": ["<PCA>", "PLSR"], "error": [0.00012345, float("nan")], "n": [3, 4]})
    report.write(
        tmp_path / "report.html",
        title="Maps & more",
        lead=["x < y"],
        sections=[report.Section("First", ["Text."], [(png, "A caption")], [(table, "A table")])],
        footer="repeat with: command",
    )
    return (tmp_path / "report.html").read_text()


def test_everything_is_inside(tmp_path: Path) -> None:
    page = _written(tmp_path)
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64,") == 1
    for text in ("Maps &amp; more", "x &lt; y", "A caption", "A table", "&lt;PCA&gt;", "1.2e-4", "–", "repeat with"):
        assert text in page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.5, "0.5"),
        (12.3456, "12.35"),
        (1234.5, "1234"),
        (1.5e-7, "1.5e-7"),
        (2.5e7, "2.5e7"),
        (True, "True"),
    ],
)
def test_numbers_are_written_for_readers(value: object, text: str) -> None:
    assert report.format_number(value) == text
