"""Find the test modules that import TensorFlow, without importing them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TENSORFLOW = frozenset({"tensorflow", "keras"})
# The folders from which our packages are imported.
SEARCH_PATH = (
    ROOT,
    *(ROOT / "functions" / name for name in ("classify", "preprocess")),
    ROOT / "layers" / "frond" / "python",
    ROOT / "client",
)


def imports_tensorflow(test: Path) -> bool:
    """Return whether a test module, or what it imports, imports TensorFlow.

    Imports inside the functions of a test and of its fixtures count; elsewhere only those at the top of a
    module do: commands import TensorFlow when they run.
    """
    return bool(_reached(test) & TENSORFLOW)


def _reached(test: Path) -> set[str]:
    fixtures = (parent / "conftest.py" for parent in test.parents if parent.is_relative_to(ROOT))
    modules = [name for path in (test, *fixtures) if path.exists() for name in imports(path, anywhere=True)]
    reached: set[str] = set()
    while modules:
        name = modules.pop()
        if name not in reached:
            reached.add(name)
            modules += _imports_of(name)
    return reached


def _imports_of(module: str) -> frozenset[str]:
    path = find(module)
    return imports(path, anywhere=module.startswith("tests.")) if path else frozenset()


@cache
def find(module: str) -> Path | None:
    """Return the file of one of our modules; None for others, and for names inside a module."""
    for folder in SEARCH_PATH:
        path = folder.joinpath(*module.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.exists():
                return file
    return None


@cache
def imports(path: Path, *, anywhere: bool) -> frozenset[str]:
    """Return the modules that a file imports, with the packages that they are in.

    Parameters
    ----------
    anywhere
        Whether to follow imports inside functions, too.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree) if anywhere else _top_level(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(
        ".".join(name.split(".")[:end]) for name in names for end in range(1, name.count(".") + 2)
    )


def _top_level(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that run at import; those under an ``if`` are for type checkers."""
    for node in tree.body:
        if isinstance(node, ast.Try):
            yield from node.body
        else:
            yield node
