"""From a table of numbers with the names of its columns to a scan: energies, the detector that saw an edge, remarks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peakscape.formats.absorption.detectors import absorption_of, expected_energy
from peakscape.formats.absorption.energies import energy_axis
from peakscape.formats.absorption.request import NOTHING, Request
from peakscape.formats.absorption.titles import Column, Facts
from peakscape.formats.scan import Scan, check_curve, clean

Array = NDArray[np.float64]
_LOWEST, _HIGHEST = 180.0, 150_000.0
"""Between these a column without a title may hold energies in eV: angles end below."""
_FEWEST = 10
_LONGEST_REMARK = 400


def scan_of_table(
    path: Path,
    columns: Sequence[Column],
    table: Array,
    facts: Facts,
    *,
    request: Request = NOTHING,
    preferred: str = "",
    name: str = "",
    metadata: Mapping[str, float | str | None] | None = None,
    lines: NDArray[np.int_] | None = None,
) -> Scan:
    """Return the scan of a table.

    Parameters
    ----------
    path
        For messages, and the name of the sample.
    columns, table
        Names, and numbers (n_rows, n_columns).
    facts
        Of the header.
    request, preferred
        What the user wants, and what the file says that it is.
    name
        Of the sample; "" for that of the file.
    metadata
        What else the file tells.
    lines
        Number of the line of each row, for messages.
    """
    axis = energy_axis(path, columns, table, facts, request, lines=lines)
    energy, rows = axis.energy, axis.merged(table)
    found = absorption_of(path, energy, columns, rows, facts, request, preferred=preferred)
    numbers = None if lines is None else lines[axis.order][axis.starts]
    check_curve(path, "energy", energy, found.values, numbers)
    told = {
        "signal": found.signal,
        "expected_edge": expected_energy(facts, energy),
        "monochromator_d_spacing": facts.d_spacing,
    }
    reading = "; ".join([*axis.remarks, *found.remarks])[:_LONGEST_REMARK]
    reference = found.reference if found.reference is not None and np.isfinite(found.reference).all() else None
    return Scan(
        axis="energy",
        points=energy,
        intensity=np.ascontiguousarray(found.values),
        name=name or path.stem,
        source=str(path),
        metadata=clean({**told, **(metadata or {})}) | ({"reading": reading} if reading else {}),
        element=facts.element,
        edge=facts.edge,
        reference=reference,
    )


def columns_without_titles(table: Array) -> list[Column]:
    """Name the first column that can hold the energies of a scan; an empty list where none can.

    Energies rise or fall throughout, lie where edges are measured, and cover some electronvolts.

    Examples
    --------
    >>> table = np.column_stack([np.arange(12.0), np.linspace(7000, 7400, 12), np.ones(12)])
    >>> [column.name for column in columns_without_titles(table)]
    ['', 'energy', '']
    """
    if len(table) < _FEWEST or not np.isfinite(table).all():
        return []
    for number, values in enumerate(table.T):
        steps = np.diff(values)
        if values.min() > _LOWEST and values.max() < _HIGHEST and np.ptp(values) > 5.0 and _is_one_way(steps):
            return [Column("energy" if i == number else "") for i in range(table.shape[1])]
    return []


def _is_one_way(steps: Array) -> bool:
    return bool((steps >= 0).all() or (steps <= 0).all()) and bool((steps != 0).mean() > 0.9)
