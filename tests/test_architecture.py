"""The rules of docs/architecture.md, read from the imports themselves."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "peakscape"
LAYERS = {
    "errors": 1, "composition": 1, "files": 1, "isolation": 1, "progress": 1, "threads": 1, "spectra": 1, "signal": 1,
    "machine_code": 1,
    "diffraction": 2, "structures": 2, "formats": 2, "maps": 2, "preparation": 2, "absorption": 2,
    "analysis": 3, "figures": 3, "report": 3, "datasets": 3, "quality": 3,
    "feature_space": 4, "explorer": 4, "studies": 4,
    "cli": 5, "live": 5, "cluster": 5,
}  # fmt: skip
DOORS = 5
LONGEST_FILE, MOST_FILES, LONGEST_FUNCTION = 700, 15, 40
PUBLIC = Path(__file__).parent / "public_names.txt"
# Which files may import a heavy package, and whether only inside functions.
OWNERS = {
    "jax": {"maps/autoencoder/accelerator.py"},
    "matplotlib": {"figures/"},
    "chgnet": {"structures/relaxation.py"},
    "torch": {"structures/relaxation.py"},
    "pybaselines": {"preparation/background.py"},
    "fairmat_readers_xrd": {"formats/diffraction/vendor.py"},
    "gpaw": {"absorption/excitation.py"},
    "dtaidistance": {"analysis/distances.py"},
    "umap": {"maps/embedding/umap.py"},
    "numba": {"machine_code.py", "diffraction/compiled.py", "maps/autoencoder/tiles.py"},
    "rich": {"progress.py"},
    "threadpoolctl": {"threads.py", "studies/"},
    "starlette": {"explorer/server.py"},
    "uvicorn": {"explorer/server.py"},
    "websockets": {"explorer/server.py"},
    "anywidget": {"explorer/widget.py"},
    "traitlets": {"explorer/widget.py"},
    "bluesky": {"live/sources/run_engine.py"},
    "zmq": {"live/sources/documents.py"},
    "tiled": {"live/sources/tiled.py"},
    "pyarrow": {"live/outputs/table.py"},
    "p4p": {"live/sources/pvaccess.py"},
    "watchfiles": {"live/sources/folder.py"},
    "dask": {"cluster/connection.py"},
    "distributed": {"cluster/connection.py"},
    "usearch": {"cluster/nearest.py"},
    "shtab": {"cli/completion.py"},
    "pooch": {"datasets/fetching.py"},
    "requests": {"datasets/fetching.py"},
    "joblib": {"feature_space/", "studies/", "diffraction/"},
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "core", "misc", "parts"}
FILES = sorted(path for path in SOURCE.rglob("*.py") if "make" not in path.relative_to(SOURCE).parts)


def _imports(tree: ast.AST, *, everywhere: bool = True) -> Iterator[str]:
    nodes = ast.walk(tree) if everywhere else iter(getattr(tree, "body", []))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            if node.module == "peakscape":
                yield from (f"peakscape.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            pytest.fail("relative imports are not used here")


def _runtime_tree(path: Path) -> ast.Module:
    """The file's tree without what only the type checker sees."""
    tree = ast.parse(path.read_text())

    class Strip(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | None:
            return None if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)

    return Strip().visit(tree)


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "peakscape" and len(parts) > 1 else None


def _place(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_place)
def test_imports_point_downward(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if room in ("__init__", "__main__"):
        return
    assert room in LAYERS, f"{room} has no layer: add it to docs/architecture.md and here"
    for module in _imports(_runtime_tree(path)):
        if module == "peakscape":
            names = {_room(m) for m in _imports(_runtime_tree(path)) if m.startswith("peakscape.")}
            assert LAYERS[room] == DOORS or names, f"{_place(path)} imports the package root"
            continue
        target = _room(module)
        if target is None or target == room or target.startswith("__"):
            continue
        assert target in LAYERS, f"{_place(path)} imports {module}, which has no layer"
        same_layer_allowed = LAYERS[room] in (1, 3, 4, 5)
        assert LAYERS[target] < LAYERS[room] or (same_layer_allowed and LAYERS[target] == LAYERS[room]), (
            f"{_place(path)} (layer {LAYERS[room]}) imports {module} (layer {LAYERS[target]})"
        )


def _module(path: Path) -> str:
    return ".".join(("peakscape", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


def _depends() -> dict[str, set[str]]:
    names = {_module(path) for path in FILES}
    graph: dict[str, set[str]] = {}
    for path in FILES:
        tree = _runtime_tree(path)
        targets = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("peakscape"):
                found = {f"{node.module}.{alias.name}" for alias in node.names} & names
                # `from package import name` needs the package itself only where the name is no module of it
                targets |= found if len(found) == len(node.names) else found | ({node.module} & names)
            elif isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names} & names
        graph[_module(path)] = targets - {_module(path)}
    return graph


def test_no_import_cycles() -> None:
    graph, done = _depends(), set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for target in sorted(graph[module]):
                walk(target, (*trail, module))
            done.add(module)

    for module in graph:
        walk(module, ())


@pytest.mark.parametrize("path", FILES, ids=_place)
def test_heavy_packages_have_owners(path: Path) -> None:
    for module in _imports(_runtime_tree(path)):
        owners = OWNERS.get(module.split(".")[0])
        assert owners is None or any(_place(path).startswith(owner) for owner in owners), (
            f"{_place(path)} imports {module}, which belongs to {sorted(owners)}"
        )


@pytest.mark.parametrize("path", FILES, ids=_place)
def test_names_and_lengths(path: Path) -> None:
    assert not set(path.relative_to(SOURCE).with_suffix("").parts) & FORBIDDEN_NAMES
    lines = path.read_text().splitlines()
    assert len(lines) <= 700, f"{_place(path)} has {len(lines)} lines; divide it"
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.FunctionDef):
            assert _code_lines(node) <= LONGEST_FUNCTION, f"{_place(path)}: {node.name} is too long"


def _code_lines(node: ast.FunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_folders_can_be_overlooked() -> None:
    folders = {path.parent for path in FILES}
    crowded = {_place(folder): len(list(folder.glob("*.py"))) for folder in folders}
    assert not {name: count for name, count in crowded.items() if count > MOST_FILES}


def public_names() -> list[str]:
    """What the package and its rooms hand out: ``__all__`` of the root and of each room."""
    found = []
    rooms = [None, *sorted(room for room in LAYERS if (SOURCE / room / "__init__.py").exists())]
    for room in rooms:
        module = importlib.import_module("peakscape" if room is None else f"peakscape.{room}")
        names = [name for name in getattr(module, "__all__", []) if room is not None or name not in LAYERS]
        found += [f"{room}.{name}" if room else name for name in names]
    return sorted(found)


def test_public_names_are_listed() -> None:
    """A new public name is a decision: write it into tests/public_names.txt too."""
    assert public_names() == PUBLIC.read_text().split()


def test_import_is_light() -> None:
    heavy = ["jax", "matplotlib", "torch", "sklearn", "xarray", "ase", "scipy", "pandas"]
    code = f"import sys, peakscape; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_drawn_graph_is_current() -> None:
    """docs/architecture.md holds the drawing of the rooms; `python tests/test_architecture.py` renews it."""
    assert draw() in (SOURCE.parents[1] / "docs" / "architecture.md").read_text(), (
        "run: python tests/test_architecture.py"
    )


def draw() -> str:
    """Draw which room imports which, as a Mermaid graph."""
    arrows = {
        (room, target)
        for path in FILES
        for module in _imports(_runtime_tree(path))
        if (room := path.relative_to(SOURCE).parts[0].removesuffix(".py")) in LAYERS
        and (target := _room(module)) in LAYERS
        and target != room
    }
    lines = [f"  {room} --> {target}" for room, target in sorted(arrows) if target not in ("errors",)]
    return "\n".join(["```mermaid", "graph TD", *lines, "```"])


if __name__ == "__main__":
    place = SOURCE.parents[1] / "docs" / "architecture.md"
    text = place.read_text()
    start = text.find("```mermaid")
    stop = text.find("```", start + 3) + 3 if start >= 0 else 0
    place.write_text(text[:start] + draw() + text[stop:] if start >= 0 else f"{text}\n{draw()}\n")
