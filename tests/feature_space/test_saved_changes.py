"""Changes of every part of a saved space: refused in one line, or the same answer; never another exception.

Without a new digest every change of content is refused. With one, as a forger would make it, the parts are checked
field by field and by what they answer: places on the map are never others without a word.
"""

import copy
import json
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from peakscape import spectra
from peakscape.errors import DriftWarning, MapError, PeakscapeError
from peakscape.feature_space import FeatureSpace, open_space
from peakscape.maps.saved import folder as saved_folder

JSON, ARRAYS = "space.json", "arrays.safetensors"
SHARE = 1 if "PEAKSCAPE_ATTACK" in os.environ else 12
"""Of the forged changes every so many are tried: all of them by `make attack`."""


def series():
    axis, x = np.linspace(10.0, 40.0, 160), np.linspace(0.0, 1.0, 8)
    rows = [np.exp(-(((axis - 15 - k) / 0.6) ** 2)) + np.exp(-(((axis - 30 - 2 * k) / 0.6) ** 2)) for k in x]
    labels = {"x": x, "phase": np.array(list("aaaabbbb"))}
    return spectra.make(rows, two_theta=axis, wavelength=1.5406, labels=labels)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    space = FeatureSpace("pca", preparation="normalize=norm").fit(series())
    return space.save(tmp_path_factory.mktemp("saved") / "one.space")


@pytest.fixture(scope="module")
def answers(saved: Path):
    return open_space(saved).place(series())


VALUES: list[Any] = [None, -1, 0, 2.5, 2**70, "", "KDA", "a\0b", [], {}, [[]], True, 1e308, [None], "x" * 300]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field, and of a list its first and last element."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list) and value:
        for k in {0, len(value) - 1}:
            yield from places(value[k], (*path, k))


def changed(described: dict[str, Any], path: tuple[Any, ...], value: Any, *, how: str = "set") -> dict[str, Any]:
    new = copy.deepcopy(described)
    part = new
    for key in path[:-1]:
        part = part[key]
    if how == "set":
        part[path[-1]] = value
    elif how == "delete":
        del part[path[-1]]
    elif isinstance(part, dict):
        part[f"{path[-1]}_more"] = value
    else:
        part.append(value)
    return new


def put(folder: Path, described: dict[str, Any] | None = None, arrays: dict[str, Any] | None = None, *, forged: bool):
    """Write changed parts; a forger computes all digests anew."""
    if arrays is not None:
        save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, folder / ARRAYS)
    if forged:
        described = described or json.loads((folder / JSON).read_text())
        described["sha256"] = saved_folder._checksum(folder / ARRAYS)
        described["digest"] = saved_folder.digest_of(described)
    if described is not None:
        (folder / JSON).write_text(json.dumps(described))


def outcome(folder: Path, answers: Any) -> str:
    """What becomes of it: refused, warned, same, or other (answers, though the places are the same)."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            space = open_space(folder)
            try:
                found = space.place(series())
            except PeakscapeError as error:  # a forged preparation may be of spectra that these are not
                assert "\n" not in str(error)  # noqa: PT017
                return "refused"
    except MapError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert len(str(error)) < 1000  # noqa: PT017
        return "refused"
    assert {one.category for one in caught} <= {DriftWarning}
    if caught:
        return "warned"
    np.testing.assert_allclose(found["coordinates"], answers["coordinates"], atol=1e-6)
    return "same" if found.equals(answers) else "other"


def test_every_change_of_the_description_is_refused(saved: Path, tmp_path: Path, answers: Any) -> None:
    folder = shutil.copytree(saved, tmp_path / "a.space")
    described = json.loads((saved / JSON).read_text())
    assert outcome(folder, answers) == "same"
    for path in places(described):
        for how, value in (("delete", None), ("more", 1), ("set", "changed")):
            put(folder, changed(described, path, value, how=how), forged=False)
            with pytest.raises(MapError):
                open_space(folder)


def test_order_and_spaces_of_the_description_do_not_matter(saved: Path, tmp_path: Path, answers: Any) -> None:
    folder = shutil.copytree(saved, tmp_path / "a.space")
    described = json.loads((saved / JSON).read_text())
    (folder / JSON).write_text(json.dumps(dict(reversed(described.items())), indent=7))
    assert outcome(folder, answers) == "same"


def test_forged_descriptions(saved: Path, tmp_path: Path, answers: Any) -> None:
    folder = shutil.copytree(saved, tmp_path / "a.space")
    described = json.loads((saved / JSON).read_text())
    counts: dict[str, int] = {}
    random = np.random.default_rng(0)
    for number, path in enumerate(places(described)):
        if number % SHARE:
            continue
        chosen = [VALUES[k] for k in random.choice(len(VALUES), 3, replace=False)]
        for how, value in [("delete", None), ("more", 1), *(("set", value) for value in chosen)]:
            if path == ("format_version",) or path[0] in ("sha256", "digest"):
                continue
            new = changed(described, path, value, how=how)
            try:
                put(folder, new, forged=True)
            except (ValueError, OverflowError):
                continue
            told = outcome(folder, answers)
            counts[told] = counts.get(told, 0) + 1
    assert counts["refused"] > 3 * sum(n for told, n in counts.items() if told != "refused")


DAMAGE = {
    "reversed": lambda a: a[::-1],
    "turned": lambda a: a.T,
    "negative": lambda a: -a,
    "whole": lambda a: np.round(a).astype(np.int64),
    "twice": lambda a: 2 * a,
    "half": lambda a: a[: len(a) // 2] if a.ndim else a,
    "empty": lambda a: a[:0] if a.ndim else a,
    "flat": lambda a: a.reshape(-1),
    "deeper": lambda a: a[np.newaxis],
    "nan": lambda a: np.full(a.shape, np.nan),
    "infinite": lambda a: np.full(a.shape, np.inf),
    "huge": lambda a: np.full(a.shape, 1e300),
    "single": lambda a: a.astype(np.float16),
    "complex": lambda a: a.astype(np.uint8),
}


def test_forged_arrays(saved: Path, tmp_path: Path, answers: Any) -> None:
    folder = shutil.copytree(saved, tmp_path / "a.space")
    arrays = load_file(saved / ARRAYS)
    number = 0
    with np.errstate(all="ignore"):
        for name, array in sorted(arrays.items()):  # versions of safetensors give them in different orders
            for damage in DAMAGE.values():
                number += 1
                if number % SHARE:
                    continue
                new = damage(array)
                if new.shape == array.shape and np.array_equal(new, array, equal_nan=array.dtype.kind == "f"):
                    continue
                shutil.copy(saved / JSON, folder)
                put(folder, arrays=arrays | {name: new}, forged=True)
                told = outcome(folder, answers)
                compared = name.startswith(("answers/", "probe/"))  # a small difference there is a drift
                assert told == "refused" or (told == "warned" and compared), (name, told)
            if number % (5 * SHARE) > len(DAMAGE):
                continue
            without = {key: value for key, value in arrays.items() if key != name}
            shutil.copy(saved / JSON, folder)
            put(folder, arrays=without, forged=True)
            # Without the pattern of the probe, or what it was decoded to, answers are the same; only drift is not told.
            wanted = "same" if name in ("probe/pattern", "probe/decoded") else "refused"
            assert outcome(folder, answers) == wanted, name


@pytest.mark.parametrize(
    ("name", "damage"),
    [("novelty/left_out", "negative"), ("class/phase/numbers", "twice"), ("known/raw", "twice"),
     ("label/x/residuals/peak_line", "reversed"), ("label/x/difficulty/map", "twice")],
)  # fmt: skip
def test_forged_arrays_that_no_answer_about_the_probe_shows(
    saved: Path, tmp_path: Path, answers: Any, name: str, damage: str
) -> None:
    folder = shutil.copytree(saved, tmp_path / "a.space")
    arrays = load_file(saved / ARRAYS)
    put(folder, arrays=arrays | {name: DAMAGE[damage](arrays[name])}, forged=True)
    assert outcome(folder, answers) == "refused"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "Infinity", "{", '"a"', "[" * 200_000, '{"a":' * 200_000, '{"format_version": 1}', "1" * 5000,
     '{"format_version": NaN}', '{"format_version": 1e400}', '{"format_version": true}', "\ufeff{}", '{"a": "\\ud800"}'],
)  # fmt: skip
def test_odd_descriptions(saved: Path, tmp_path: Path, text: str) -> None:
    folder = shutil.copytree(saved, tmp_path / "a.space")
    (folder / JSON).write_text(text)
    with pytest.raises(MapError) as caught:
        open_space(folder)
    assert "\n" not in str(caught.value)
    (folder / JSON).write_bytes(b"\xff\xfe" + text.encode(errors="surrogatepass"))
    with pytest.raises(MapError):
        open_space(folder)


@pytest.mark.parametrize(
    "head", [b"", b"\0" * 8, b"\xff" * 8, b"\x08" + bytes(7) + b"[" * 8, b"\x02" + bytes(7) + b"{}"]
)
def test_odd_heads_of_arrays(saved: Path, tmp_path: Path, head: bytes, answers: Any) -> None:
    folder = shutil.copytree(saved, tmp_path / "a.space")
    raw = (saved / ARRAYS).read_bytes()
    for new in (head, head + raw[len(head) :], head + raw):
        if new != raw:
            (folder / ARRAYS).write_bytes(new)
            shutil.copy(saved / JSON, folder)
            put(folder, forged=True)
            assert outcome(folder, answers) == "refused"
