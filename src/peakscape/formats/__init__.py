"""Files that users bring: a file for each format, behind one registry, read into one container."""

from peakscape.formats.labelling import label_by_name, label_by_table
from peakscape.formats.reading import files_of, read, read_mixed
from peakscape.formats.registry import Format, table
from peakscape.formats.scan import Scan

__all__ = [
    "Format",
    "Scan",
    "files_of",
    "label_by_name",
    "label_by_table",
    "read",
    "read_mixed",
    "table",
]
