"""Files that users bring: one file per format, each with `sniff` and `read`, behind one registry."""

from peakscape.formats.labelling import label_by_name, label_by_table
from peakscape.formats.mixed import MixedFiles, read_mixed
from peakscape.formats.reading import files_of, read
from peakscape.formats.registry import FORMATS, Format, table
from peakscape.formats.scan import Scan

__all__ = [
    "FORMATS",
    "Format",
    "MixedFiles",
    "Scan",
    "files_of",
    "label_by_name",
    "label_by_table",
    "read",
    "read_mixed",
    "table",
]
