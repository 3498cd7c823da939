"""Every block of README and of the pages runs as it is printed, page by page, in a folder with the shipped data."""

import doctest
import shutil
from collections import Counter
from pathlib import Path

import pytest

from peakscape import datasets
from peakscape.cli import main
from tests.docs.blocks import CONSOLE, DOCS, README, Block, blocks, commands, pages, words

FIRST_MAP = DOCS / "tutorials" / "first-map.md"
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
# Their blocks need an instrument or a cluster; tests/live and tests/cluster have servers and workers of their own.
ELSEWHERE = {DOCS / "live.md", DOCS / "cluster.md"}
RUN = [page for page in pages() if page not in ELSEWHERE and any(not block.not_run for block in blocks(page))]


def space_of_the_first_map() -> str:
    """The command by which the first tutorial makes `series.space`, of which other pages speak."""
    return next(line for block in blocks(FIRST_MAP) for line in commands(block) if line.startswith("peakscape fit"))


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data`, as `peakscape demo-data data` writes it, and `series.space`."""
    folder = tmp_path_factory.mktemp("laid_out")
    for name in datasets.measured_names():
        datasets.write_measured(name, folder / "data" / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(words(space_of_the_first_map(), folder)[1:]) == 0
    return folder


@pytest.fixture
def folder(laid_out: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a page's own, with what the page does not make itself."""
    page = request.node.callspec.params["page"]
    lines = [line for block in blocks(page) if block.language in CONSOLE for line in commands(block)]
    for name, made_by in (("data", "demo-data data"), ("series.space", "-o series.space")):
        if not any(line.endswith(made_by) for line in lines):
            shutil.copytree(laid_out / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_a_page_runs_as_printed(page: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.not_run:
            continue
        where = f"{page.name}, line {block.line}"
        if block.language in CONSOLE:
            run_commands(block, where, folder, capsys)
        elif ">>>" in block.text:
            run_session(block, where, names)
        else:
            exec(compile(block.text, where, "exec"), names)


def run_commands(block: Block, where: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a block's commands; compare what they print with the block of text after it, if there is one."""
    capsys.readouterr()
    out = ""
    for line in commands(block):
        program, *rest = words(line, folder)
        assert program == "peakscape", f"{where}: {program} is not run here; say so before the block"
        code, told = main(rest), capsys.readouterr()
        assert code == 0, f"{where}: {line}\n{told.err}"
        out += told.out
    if block.prints is not None:
        assert doctest.OutputChecker().check_output(block.prints, out, OPTIONS), f"{where} prints\n{out}"


def run_session(block: Block, where: str, names: dict[str, object]) -> None:
    """Run the examples of a block; what they print is what stands there."""
    examples = doctest.DocTestParser().get_doctest(block.text, names, where, None, block.line)
    examples.globs = names  # not a copy: the next block goes on from here
    runner, told = doctest.DocTestRunner(optionflags=OPTIONS), []
    runner.run(examples, out=told.append, clear_globs=False)
    assert runner.failures == 0, "".join(told)


def test_what_is_not_run_is_counted() -> None:
    reasons = Counter(block.not_run for page in pages() for block in blocks(page) if block.not_run)
    assert reasons == {"runs until Ctrl-C": 3, "takes long": 6, "sets up an environment": 1}


def test_pages_elsewhere_are_there() -> None:
    assert all(page.exists() and blocks(page) for page in ELSEWHERE)
    assert {README, FIRST_MAP} <= set(RUN)


@pytest.mark.parametrize(
    ("text", "language", "not_run", "prints"),
    [
        ("```\npeakscape a\n```\n", "", "", None),
        ("<!-- not run in tests: needs a server -->\n```python\n1\n```\n", "python", "needs a server", None),
        ("```\npeakscape a\n```\n\n```text\nb\n```\n", "", "", "b\n"),
        ("```\npeakscape a\n```\n\nBut:\n\n```text\nb\n```\n", "", "", None),
    ],
)
def test_blocks_are_read(text: str, language: str, not_run: str, prints: str | None, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(f"# Title\n\n{text}")
    (block,) = blocks(tmp_path / "page.md")
    assert (block.language, block.not_run, block.prints) == (language, not_run, prints)
    assert block.line == 3 + bool(not_run)


def test_words_are_those_of_a_shell(tmp_path: Path) -> None:
    for name in ("a.xy", "b.xy"):
        (tmp_path / name).touch()
    line = r"""peakscape read *.xy --pattern 'x([0-9.]+)\.xy' --files "*.xy"  # a word"""
    assert words(line, tmp_path) == [
        "peakscape",
        "read",
        "a.xy",
        "b.xy",
        "--pattern",
        r"x([0-9.]+)\.xy",
        "--files",
        "*.xy",
    ]


def test_a_page_that_errs_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError, match="no-such-file"):
        run_commands(Block("", "peakscape check no-such-file.xy\n", 1, "", None), "page", tmp_path, capsys)
    with pytest.raises(AssertionError, match="page prints"):
        run_commands(Block("", "peakscape formats\n", 1, "", "nothing\n"), "page", tmp_path, capsys)
    with pytest.raises(AssertionError, match="Expected"):
        run_session(Block("python", ">>> 1 + 1\n3\n", 1, "", None), "page", {})
