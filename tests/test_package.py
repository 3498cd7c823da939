"""What a user installs: the wheel holds the program, its data, its licences and its type marker, and nothing else."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LARGEST = 15e6  # bytes


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install -e '.[test]'")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    return folder


def test_the_wheel_holds_all_of_the_package_and_nothing_else(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    tracked = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode == 0 and tracked.stdout:
        files = {line.removeprefix("src/") for line in tracked.stdout.split()}
        assert {name for name in names if ".dist-info/" not in name} == files
    assert "peakscape/py.typed" in names
    assert "peakscape/explorer/static/explorer.js" in names
    licences = {name for name in names if "/licenses/" in name}
    assert sum("measured" in name for name in licences) == len(list((ROOT / "src").glob("**/measured/*/source.json")))
    assert about.count("\nProject-URL:") >= 1
    assert wheel.stat().st_size < LARGEST


def test_the_source_holds_what_its_tests_need(built: Path) -> None:
    [source] = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "conftest.py",
        "constraints.txt",
        "Makefile",
        "CHANGELOG.md",
        "CITATION.cff",
        "benchmarks/checks.py",
    } <= names
    assert not [name for name in names if name.startswith(("explorer-ui/node_modules", "results", ".venv"))]
    assert source.stat().st_size < LARGEST


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text()
    assert f"\n  version: {version}\n" in (ROOT / "packaging" / "recipe.yaml").read_text()


def test_the_recipe_needs_what_the_package_needs() -> None:
    listed = re.findall(r"^    - ([\w-]+) >=", (ROOT / "packaging" / "recipe.yaml").read_text(), re.M)
    names = [re.split("[<>=]", one)[0] for one in PROJECT["dependencies"]]
    assert [name.removesuffix("-base") for name in listed if name not in ("python", "hatchling")] == names


def test_the_core_needs_no_part_of_an_extra() -> None:
    core = {re.split(r"[<>=\[]", one)[0] for one in PROJECT["dependencies"]}
    assert not core & {"jax", "mapie", "torch", "umap-learn", "starlette", "uvicorn"}
