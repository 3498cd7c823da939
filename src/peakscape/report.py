"""A study's numbers and figures as one self-contained HTML file."""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files as package_files
from pathlib import Path

import jinja2
import pandas as pd

from peakscape.files import replace_atomically


@dataclass(frozen=True)
class Section:
    """One part of a report.

    Attributes
    ----------
    title
        Heading.
    text
        Paragraphs, each a plain text.
    figures
        Path of a PNG file and its caption, in order.
    tables
        Table and its caption, in order.
    """

    title: str
    text: Sequence[str] = ()
    figures: Sequence[tuple[str | os.PathLike[str], str]] = ()
    tables: Sequence[tuple[pd.DataFrame, str]] = field(default=())


def format_number(value: object) -> str:
    """Write a number as a table shows it: whole as it is, others with four significant digits.

    Examples
    --------
    >>> format_number(0.0012345), format_number(12), format_number(float("nan")), format_number("text")
    ('0.001234', '12', '–', 'text')
    """
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    if value != value:
        return "–"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        text = f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
        return text
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")


def _table(table: pd.DataFrame) -> str:
    kinds = ["number" if pd.api.types.is_numeric_dtype(kind) else "text" for kind in table.dtypes]
    head = "".join(
        f'<th class="{kind}">{escape(str(column))}</th>' for column, kind in zip(table.columns, kinds, strict=True)
    )
    rows = []
    for row in table.itertuples(index=False):
        cells = "".join(
            f'<td class="{"number" if isinstance(value, (int, float)) else "text"}">{escape(format_number(value))}</td>'
            for value in row
        )
        rows.append(f"<tr>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _picture(path: str | os.PathLike[str]) -> str:
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()


def write(
    path: str | os.PathLike[str], *, title: str, lead: Sequence[str], sections: Sequence[Section], footer: str = ""
) -> None:
    """Write a report as one HTML file that needs nothing else: pictures, tables and style are inside.

    Parameters
    ----------
    path
        The file to write, replaced atomically.
    title
        Heading of the page.
    lead
        The paragraphs above the table of contents: what a hurried reader must know.
    sections
        The parts in order.
    footer
        A last line, such as versions and the command that repeats the report.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> write(path, title="A study", lead=["One line."], sections=[Section("Results", ["It works."])])
    >>> "It works." in path.read_text()
    True
    """
    source = package_files("peakscape").joinpath("report_template.html").read_text(encoding="utf-8")
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(source)
    parts = [
        {
            "anchor": f"part-{number}",
            "title": section.title,
            "text": list(section.text),
            "figures": [(_picture(figure), caption) for figure, caption in section.figures],
            "tables": [(_table(table), caption) for table, caption in section.tables],
        }
        for number, section in enumerate(sections, start=1)
    ]
    page = template.render(title=title, lead=list(lead), sections=parts, footer=footer)
    with replace_atomically(path) as fresh:
        fresh.write_text(page, encoding="utf-8")
