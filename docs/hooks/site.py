"""What the site needs beside its pages: a page of reference for each room, and a search that works from disk.

Names of the reference are those of tests/public_names.txt, so a new public name is documented by being public.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PUBLIC = ROOT / "tests" / "public_names.txt"
FIRST = "peakscape"
SHIM = "iframe-worker.js"


def rooms() -> dict[str, list[str]]:
    """Public names by room; those of the root come first."""
    found: dict[str, list[str]] = {FIRST: []}
    for name in PUBLIC.read_text().split():
        room, _, _ = name.rpartition(".")
        found.setdefault(room or FIRST, []).append(name)
    return found


def on_config(config: Any) -> Any:
    """List the pages of reference, and under "More" each page that mkdocs.yml does not name."""
    pages = [{room: f"reference/{room.replace(' ', '_')}.md"} for room in rooms()]
    for entry in config.nav:
        if "Reference" in entry:
            entry["Reference"] = pages
    named = set(_named(config.nav))
    docs = Path(config.docs_dir)
    others = sorted({page.relative_to(docs).as_posix() for page in docs.rglob("*.md")} - named)
    if others:
        config.nav.append({"More": others})
    return config


def _named(entries: Any) -> Iterator[str]:
    """Every page of a part of the navigation."""
    if isinstance(entries, str):
        yield entries
    else:
        for entry in entries.values() if isinstance(entries, dict) else entries:
            yield from _named(entry)


def on_files(files: Files, config: Any) -> Files:
    """Write the pages of reference: the docstring of each public name."""
    for room, names in rooms().items():
        lines = [f"# {room}", ""]
        for name in names:
            lines += [f"::: peakscape.{name}", ""]
        path = f"reference/{room.replace(' ', '_')}.md"
        files.append(File.generated(config, path, content="\n".join(lines)))
    return files


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Load nothing from elsewhere: the one script that the theme would fetch is written beside the pages."""
    return output.replace("https://unpkg.com/iframe-worker/shim", f"{'../' * (page.url.count('/'))}{SHIM}")


def on_post_build(config: Any) -> None:
    """Write that script."""
    shutil.copyfile(Path(__file__).with_name(SHIM), Path(config.site_dir) / SHIM)


def on_post_template(output: str, template_name: str, config: Any) -> str:
    """The same on the page that tells of a missing one."""
    return output.replace("https://unpkg.com/iframe-worker/shim", SHIM)
