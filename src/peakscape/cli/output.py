"""What commands print and write: tables, JSON, remarks, and the refusal to overwrite."""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peakscape.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
"""Of what --json prints (docs/json.md): raised when a key goes or changes its meaning, not when one is added."""


def add_output_options(command: argparse.ArgumentParser, *, writes: str | None = None) -> None:
    """Add --json to a command and, where it `writes` something, -o and --force."""
    output = command.add_argument_group("output")
    if writes is not None:
        output.add_argument("-o", "--output", required=True, metavar="PATH", help=f"where to write: {writes}")
        output.add_argument("--force", action="store_true", help="replace the output if it exists")
    output.add_argument("--json", action="store_true", help="print the result as JSON (docs/json.md)")


def check_output(options: argparse.Namespace, *suffixes: str) -> Path:
    """Return the path of the output; raise before any work is done where it cannot be written.

    Parameters
    ----------
    options
        With `output` and `force`.
    suffixes
        Those that are possible; none for any.

    Raises
    ------
    InputError
        If something is there and --force is not given, the folder is missing or the suffix is wrong.
    """
    path = Path(options.output)
    if suffixes and path.suffix not in suffixes:
        raise InputError(f"{path}: the output must end in {' or '.join(suffixes)}")
    if path.exists() and not options.force:
        raise InputError(f"{path} is there already; add --force to replace it, or choose another name")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} does not exist; create it first")
    return path


def remark(text: str) -> None:
    """Print one line to the error stream."""
    print("peakscape:", " ".join(text.split()), file=sys.stderr)


def emit(options: argparse.Namespace, result: Mapping[str, Any], lines: Iterable[str]) -> None:
    """Print the result as JSON where it was asked for, else the lines.

    Parameters
    ----------
    options
        With `json` and the name of the `command`.
    result
        Numbers, texts, arrays and tables by name; what is not finite becomes null.
    lines
        What a person reads.
    """
    if options.json:
        told = {"schema": f"peakscape.{options.command}/{SCHEMA_VERSION}"} | dict(result)
        print(json.dumps({key: plain(value) for key, value in told.items()}, ensure_ascii=False))
        return
    for line in lines:
        print(line)


def plain(value: Any) -> Any:
    """Turn arrays, tables and numbers of numpy into what JSON can hold; a table becomes a list of rows.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"x": np.array([1.0, np.nan]), "n": np.int64(3), "path": Path("a.xy")})
    {'x': [1.0, None], 'n': 3, 'path': 'a.xy'}
    """
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return plain(value.to_dict("records"))
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def lines_of(table: "pd.DataFrame", *, digits: int = 4) -> list[str]:
    """Return a table as aligned lines, its titles first.

    Examples
    --------
    >>> import pandas as pd
    >>> lines_of(pd.DataFrame({"name": ["a", "bc"], "x": [0.5, 10.0]}))
    ['name       x', 'a     0.5000', 'bc   10.0000']
    """
    cells = [[str(title) for title in table.columns]]
    cells += [[_cell(value, digits) for value in row] for row in table.itertuples(index=False)]
    is_text = [not all(_is_number(value) for value in table[title]) for title in table.columns]
    widths = [max(len(row[i]) for row in cells) for i in range(len(table.columns))]
    return [
        "  ".join(
            text.ljust(width) if left else text.rjust(width)
            for text, width, left in zip(row, widths, is_text, strict=True)
        ).rstrip()
        for row in cells
    ]


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, str)


def _cell(value: Any, digits: int) -> str:
    if isinstance(value, float) and math.isnan(value):
        return "-"
    if isinstance(value, float):
        small = value != 0 and abs(value) < 0.5 * 10.0**-digits
        return f"{value:.2e}" if small or abs(value) >= 1e7 else f"{value:.{digits}f}"
    return str(value)
