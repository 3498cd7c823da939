"""Every public name has a docstring with an example that runs (pytest runs them all as doctests)."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

ROOMS = (
    "absorption", "analysis", "composition", "datasets", "diffraction", "figures", "files", "formats", "maps",
    "preparation", "report", "spectra", "structures",
)  # fmt: skip
SOURCE = Path(__file__).parents[1] / "src" / "peakscape"


def _public_names(room: str) -> list[str]:
    module = importlib.import_module(f"peakscape.{room}")
    names = getattr(module, "__all__", None)
    if names is None:
        tree = ast.parse(Path(inspect.getfile(module)).read_text())
        names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name[0] != "_"]
    return [name for name in names if callable(getattr(module, name))]


PUBLIC = [(room, name) for room in ROOMS for name in _public_names(room)]


@pytest.mark.parametrize(("room", "name"), PUBLIC, ids=[f"{room}.{name}" for room, name in PUBLIC])
def test_public_name_has_a_running_example(room: str, name: str) -> None:
    thing = getattr(importlib.import_module(f"peakscape.{room}"), name)
    text = inspect.getdoc(thing) or ""
    assert text, "no docstring"
    if inspect.isclass(thing):
        # A result class or an abstract face is shown by the function that returns it, or by its kinds.
        makers = [inspect.getdoc(getattr(importlib.import_module(f"peakscape.{r}"), n)) or "" for r, n in PUBLIC]
        assert ">>>" in text or any(name in maker and ">>>" in maker for maker in makers)
    else:
        assert ">>>" in text, "no example"


def test_public_names_of_the_root_can_be_loaded() -> None:
    import peakscape

    for name in peakscape.__all__:
        assert getattr(peakscape, name) is not None
    assert peakscape.__version__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = peakscape.nothing
