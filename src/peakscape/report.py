"""Reports: a template of words, filled with numbers, tables and pictures, as one self-contained HTML file.

The words stand in a template (``*.html.j2``) beside the code that computes; it extends ``report.html.j2``, which brings
the style and the four blocks ``title``, ``lead``, ``sections`` and ``footer``. What was found stands first and open;
every section, and every table of more than a few rows, is folded under its title.
"""

import base64
import os
from collections.abc import Mapping
from html import escape
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from peakscape.files import replace_atomically

PAGE = "report.html.j2"
BARE = """<h1>{% block title %}{% endblock %}</h1>
<div class="lead">{% block lead %}{% endblock %}</div>
{% block sections %}{% endblock %}{{ ended() }}
<footer>{% block footer %}{% endblock %}</footer>"""
"""What a template extends where its text stands beside something else."""
OPEN_ROWS = 6
"""Rows of a table that is not folded."""


def write(
    path: str | os.PathLike[str],
    template: str,
    words: Mapping[str, Any],
    *,
    figures: Mapping[str, str | os.PathLike[str]] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write a report as one HTML file that needs nothing else: pictures, tables and style are inside.

    A template has, beside jinja's own, ``section(title)``, ``figure(name, caption)`` and ``table(name, caption)``, and
    the filters ``number`` (`format_number`), ``percent`` (``0.123`` as "12.3 %") and ``fixed(digits)``. A figure or a
    table that was not made leaves no caption behind.

    Parameters
    ----------
    path
        The file to write, replaced atomically.
    template
        Text of a template that extends ``report.html.j2``.
    words
        What the template calls by name. A name that is missing is an error.
    figures
        PNG files by name.
    tables
        Tables by name.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> template = '''{% extends "report.html.j2" %}{% block title %}A study{% endblock %}
    ... {% block sections %}{{ section("Results") }}<p>{{ share | percent }} work.</p>{% endblock %}'''
    >>> write(path, template, {"share": 0.25})
    >>> "25 % work" in path.read_text()
    True
    """
    page = package_files("peakscape").joinpath(PAGE).read_text(encoding="utf-8")
    with replace_atomically(path) as fresh:
        fresh.write_text(_filled(page, template, words, figures, tables), encoding="utf-8")


def article(
    template: str,
    words: Mapping[str, Any],
    *,
    figures: Mapping[str, str | os.PathLike[str]] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """Return the text of a report as `write` writes it, without a page around it: HTML to stand beside a map.

    Parameters
    ----------
    template, words, figures, tables
        As for `write`.

    Examples
    --------
    >>> template = '{% extends "report.html.j2" %}{% block lead %}{{ share | percent }} work.{% endblock %}'
    >>> "25 % work" in article(template, {"share": 0.25})
    True
    """
    return _filled(BARE, template, words, figures, tables)


def _filled(
    page: str,
    template: str,
    words: Mapping[str, Any],
    figures: Mapping[str, str | os.PathLike[str]] | None,
    tables: Mapping[str, pd.DataFrame] | None,
) -> str:
    """Fill a template that extends a page."""
    loader = jinja2.DictLoader({PAGE: page, "report": template})
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, loader=loader, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": format_number,
        "percent": lambda share: "an unknown share" if share is None else f"{100 * share:.3g} %",
        "fixed": lambda value, digits: f"{value:.{digits}f}",
    }
    contents: list[str] = []
    made = {
        "ended": lambda: Markup("</details>" if contents else ""),
        "section": lambda title, folded=True: _section(title, contents, folded=folded),
        "figure": lambda name, caption: _figure((figures or {}).get(name), caption),
        "table": lambda name, caption: _captioned((tables or {}).get(name), caption),
    }
    return environment.get_template("report").render({**words, **made})


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
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")


def _section(title: str, contents: list[str], *, folded: bool) -> Markup:
    """Begin a part under its heading; the part before it ends."""
    contents.append(title)
    text = '{2}<details class="part" id="part-{0}"{3}><summary><h2>{0}. {1}</h2></summary>'
    before, is_open = Markup("</details>" if len(contents) > 1 else ""), Markup("" if folded else " open")
    return Markup(text).format(len(contents), title, before, is_open)


def _figure(picture: str | os.PathLike[str] | None, caption: str) -> Markup:
    """Return a picture with its caption; nothing where there is none."""
    if picture is None:
        return Markup()
    source = "data:image/png;base64," + base64.b64encode(Path(picture).read_bytes()).decode()
    text = '<figure><img alt="{0}" src="{1}"><figcaption>{0}</figcaption></figure>'
    return Markup(text).format(caption, Markup(source))


def _captioned(table: pd.DataFrame | None, caption: str) -> Markup:
    """Return a table with its caption; nothing where there is none or it has no rows."""
    if table is None or not len(table):
        return Markup()
    text = '<details class="wide"{}><summary class="caption">{}</summary>{}</details>'
    is_open = Markup(" open" if len(table) <= OPEN_ROWS else "")
    return Markup(text).format(is_open, caption, Markup(_table(table)))


def _table(table: pd.DataFrame) -> str:
    """Write a table in HTML, numbers to the right."""
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
