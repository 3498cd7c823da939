"""Compare the numbers of two result folders of the studies, before and after a change.

    python -m benchmarks.compare_summaries OLD NEW

OLD and NEW hold the results of any studies, each in a folder of the same name. Every number of each ``summary.json``
and of each table (``*.csv``) of OLD is sought in NEW. A number counts as the same where it differs by at most 1e-6, and
1e-6 of its size. What differs and is not allowed by ``compare_summaries.json`` is listed, and the exit code is 1.
Numbers of the clock (keys with seconds or milliseconds) are passed over; texts that changed are counted.

``compare_summaries.json`` holds two lists. "renamed": `file`, `old`, `new`, a regular expression on the paths of OLD
and what takes its place. "allowed": `file`, `path` (patterns as of the shell; ``[`` stands for itself), `up_to`
(largest difference, null for any, also for a number that is gone) and `reason`, which says why it is no worse.
"""

import argparse
import csv
import fnmatch
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALLOWED = Path(__file__).with_suffix(".json")
TOLERANCE = 1e-6
CLOCK = re.compile(r"(milli)?seconds")
PACKED = (".zarr", ".map", ".space")


@dataclass(frozen=True)
class Difference:
    """A number that is not what it was; `new` is None where it is gone."""

    file: str
    path: str
    old: Any
    new: Any

    @property
    def size(self) -> float:
        """Absolute difference; infinite where one of the two is no finite number."""
        if not (_is_number(self.old) and _is_number(self.new)):
            return math.inf
        size = abs(float(self.old) - float(self.new))
        return math.inf if math.isnan(size) else size

    def __str__(self) -> str:
        return f"{self.file} {self.path}: {self.old!r} -> {self.new!r} ({self.size:.2g})"


@dataclass
class Comparison:
    """What was found: counts, differences with no reason, and how many each reason allows."""

    n_same: int
    n_identical: int
    n_added: int
    n_texts: int
    unlisted: list[Difference]
    allowed: Counter[str]


def compare(
    old: Path, new: Path, rules: dict[str, list[dict[str, Any]]], *, tolerance: float = TOLERANCE
) -> Comparison:
    """Compare all results below two folders."""
    found = Comparison(0, 0, 0, 0, [], Counter())
    for file in sorted(result_files(old)):
        before = {renamed(file, path, rules["renamed"]): value for path, value in values_of(old / file)}
        after = dict(values_of(new / file)) if (new / file).exists() else {}
        found.n_added += sum(_is_number(value) and path not in before for path, value in after.items())
        for path, value in before.items():
            _judge(Difference(file, path, value, after.get(path)), path in after, found, rules["allowed"], tolerance)
    return found


def _judge(
    pair: Difference, is_there: bool, found: Comparison, allowed: list[dict[str, Any]], tolerance: float
) -> None:
    """Count one value of the old results."""
    if not (_is_number(pair.old) or _is_number(pair.new)):
        found.n_texts += not is_there or pair.old != pair.new
    elif is_there and same(pair.old, pair.new, tolerance):
        found.n_same += 1
        found.n_identical += pair.old == pair.new or pair.old != pair.old
    elif (reason := reason_for(pair, allowed)) is not None:
        found.allowed[reason] += 1
    else:
        found.unlisted.append(pair)


def result_files(folder: Path) -> list[str]:
    """The summaries and tables below a folder, without those inside of stores."""
    paths = [path.relative_to(folder) for name in ("summary.json", "*.csv") for path in folder.rglob(name)]
    return [path.as_posix() for path in paths if not any(part.endswith(PACKED) for part in path.parts)]


def values_of(file: Path) -> Iterator[tuple[str, Any]]:
    """Every value of a summary or table, with its path."""
    if file.suffix == ".json":
        yield from walk(json.loads(file.read_text(encoding="utf-8")))
        return
    with file.open(newline="", encoding="utf-8") as stream:
        yield from walk([{key: _parsed(value) for key, value in row.items()} for row in csv.DictReader(stream)])


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf below a value; records of a list go by what names them, so that one more does not move the others."""
    if isinstance(value, dict):
        for key, below in value.items():
            if not CLOCK.match(str(key)):
                yield from walk(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for name, below in zip(_names(value), value, strict=True):
            yield from walk(below, f"{path}[{name}]")
    else:
        yield path, value


def _names(records: list[Any]) -> list[str]:
    """Name the entries of a list: by their texts where these differ, else by number."""
    numbers = [str(number) for number in range(len(records))]
    if not records or not all(isinstance(record, dict) for record in records):
        return numbers
    texts = [[text for text in record.values() if isinstance(text, str)] for record in records]
    for chosen in (slice(0, 1), slice(0, 2), slice(None)):
        names = [" ".join(text[chosen]) for text in texts]
        if all(names) and len(set(names)) == len(names) and max(map(len, names)) < 80:
            return names
    return numbers


def same(old: Any, new: Any, tolerance: float) -> bool:
    """Tell whether two values are the same number, to a tolerance."""
    if not (_is_number(old) and _is_number(new)):
        return False
    if math.isnan(old) or math.isnan(new):
        return math.isnan(old) and math.isnan(new)
    return old == new or abs(old - new) <= tolerance + tolerance * abs(old)


def renamed(file: str, path: str, rules: list[dict[str, Any]]) -> str:
    """The path of an old value under today's names."""
    for rule in rules:
        if fnmatch.fnmatchcase(file, rule["file"]):
            path = re.sub(rule["old"], rule["new"], path)
    return path


def reason_for(pair: Difference, allowed: list[dict[str, Any]]) -> str | None:
    """Why a difference is allowed; None if it is not."""
    for rule in allowed:
        limit = math.inf if rule["up_to"] is None else rule["up_to"]
        pattern = rule["path"].replace("[", "[[]")
        meant = fnmatch.fnmatchcase(pair.file, rule["file"]) and fnmatch.fnmatchcase(pair.path, pattern)
        if meant and pair.size <= limit:
            return str(rule["reason"])
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parsed(text: str | None) -> Any:
    """A number of a table, or its text."""
    try:
        return float(text or "")
    except ValueError:
        return text


def main(argv: list[str] | None = None) -> int:
    """Print what differs; 1 if something does without a reason, 2 if there is nothing to compare."""
    words = argparse.ArgumentParser(prog="python -m benchmarks.compare_summaries", description=__doc__.split("\n")[0])
    words.add_argument("old", type=Path, help="results before")
    words.add_argument("new", type=Path, help="results after")
    words.add_argument("--allowed", type=Path, default=ALLOWED, help="renamed paths and allowed differences (JSON)")
    words.add_argument("--tolerance", type=float, default=TOLERANCE, help="absolute and relative (1e-6)")
    options = words.parse_args(argv)
    if not result_files(options.old):
        print(f"{options.old} holds no summary.json and no table", file=sys.stderr)
        return 2
    rules = json.loads(options.allowed.read_text(encoding="utf-8"))
    found = compare(options.old, options.new, rules, tolerance=options.tolerance)
    for difference in found.unlisted:
        print(difference)
    for reason, count in found.allowed.items():
        print(f"allowed, {count}: {reason}")
    print(
        f"{found.n_same} numbers are the same ({found.n_identical} of them to the last bit), "
        f"{found.allowed.total()} differ with a reason, {len(found.unlisted)} without; "
        f"{found.n_added} are new; {found.n_texts} texts changed"
    )
    return 1 if found.unlisted else 0


if __name__ == "__main__":
    sys.exit(main())
