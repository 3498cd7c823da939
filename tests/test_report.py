"""The report is one file that needs nothing else."""

import re
from pathlib import Path

import jinja2
import pandas as pd
import pytest

from peakscape import figures, report
from peakscape.figures.scores import dots

TEMPLATE = """{% extends "report.html.j2" %}
{% block title %}Maps & more{% endblock %}
{% block lead %}<p>{{ first }}</p>{% endblock %}
{% block sections %}
{{ section("First <part>") }}
<p>Right: {{ share | percent }}, {{ size | number }}, {{ size | fixed(2) }}.</p>
{{ figure("dots", "A caption") }}
{{ figure("nothing", "drawn in vain") }}
{{ table("errors", "A table") }}
{{ table("empty", "filled in vain") }}
{% endblock %}
{% block footer %}repeat with: command{% endblock %}"""


def _written(tmp_path: Path, **words: object) -> str:
    figure, axes = figures.new()
    dots(axes[0], ["one", "two"], {"error": [0.1, 0.2]})
    png, _ = figures.save(figure, tmp_path / "dots")
    table = pd.DataFrame({"method": ["<PCA>", "PLSR"], "error": [0.00012345, float("nan")], "n": [3, 4]})
    report.write(
        tmp_path / "report.html",
        TEMPLATE,
        {"first": "x < y", "share": 0.1234, "size": 2.0, **words},
        figures={"dots": png},
        tables={"errors": table, "empty": table[:0]},
    )
    return (tmp_path / "report.html").read_text()


def test_everything_is_inside(tmp_path: Path) -> None:
    page = _written(tmp_path)
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert page.count("data:image/png;base64,") == 1
    for text in ("Maps & more", "x &lt; y", "A caption", "A table", "&lt;PCA&gt;", "1.2e-4", "–", "repeat with"):
        assert text in page
    assert "12.3 %, 2, 2.00." in page


def test_parts_and_long_tables_are_folded(tmp_path: Path) -> None:
    page = _written(tmp_path)
    assert '<details class="part" id="part-1"><summary><h2>1. First &lt;part&gt;</h2></summary>' in page
    assert '<details class="wide" open>' in page
    assert page.count("<details") == page.count("</details>")
    long = pd.DataFrame({"n": range(20)})
    assert '<details class="wide">' in report.article(
        TEMPLATE, {"first": "", "share": 0.1, "size": 2.0}, tables={"errors": long}
    )


def test_no_caption_stands_without_what_it_tells_of(tmp_path: Path) -> None:
    assert "in vain" not in _written(tmp_path)


def test_a_missing_number_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match="absent"):
        report.write(tmp_path / "report.html", "{{ absent }}", {})


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
