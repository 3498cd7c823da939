"""What the site needs beside its pages: a page of reference for each room.

Names of the reference are those of tests/public_names.txt, so a new public name is documented by being public.
"""

from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PUBLIC = ROOT / "tests" / "public_names.txt"
FIRST = "peakscape"


def rooms() -> dict[str, list[str]]:
    """Public names by room; those of the root come first."""
    found: dict[str, list[str]] = {FIRST: []}
    for name in PUBLIC.read_text().split():
        room, _, _ = name.rpartition(".")
        found.setdefault(room or FIRST, []).append(name)
    return found


def on_config(config: Any) -> Any:
    """List the pages of reference."""
    pages = [{room: f"reference/{room.replace(' ', '_')}.md"} for room in rooms()]
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"] = pages
    return config


def on_files(files: Files, config: Any) -> Files:
    """Write the pages of reference: the docstring of each public name."""
    for room, names in rooms().items():
        lines = [f"# {room}", ""]
        for name in names:
            lines += [f"::: peakscape.{name}", ""]
        path = f"reference/{room.replace(' ', '_')}.md"
        files.append(File.generated(config, path, content="\n".join(lines)))
    return files
