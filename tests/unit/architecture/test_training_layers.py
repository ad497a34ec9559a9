"""The packages and modules of training import each other without cycles."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from tests.conftest import ROOT

TRAINING = ROOT / "training"


def node(path: Path) -> str:
    """Return the package of a file, or the module itself where it is directly in ``training``."""
    return path.relative_to(TRAINING).parts[0].removesuffix(".py")


def imported_nodes(path: Path) -> Iterator[str]:
    """Yield the node of every import of ``training``, also of those inside functions."""
    for child in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(child, ast.Import):
            names = [alias.name for alias in child.names]
        elif isinstance(child, ast.ImportFrom):
            assert not child.level, f"{path} has a relative import"
            names = [f"{child.module}.{alias.name}" for alias in child.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("training."))


def import_graph() -> dict[str, set[str]]:
    """Return the imports of every node, other than of itself."""
    graph: dict[str, set[str]] = {}
    for path in TRAINING.rglob("*.py"):
        graph.setdefault(node(path), set()).update(imported_nodes(path))
    return {name: imports - {name} for name, imports in graph.items()}


def test_no_package_of_training_imports_itself_through_others() -> None:
    graph = import_graph()
    assert {"artifacts", "commands", "evaluation", "ood", "quantization", "report"} <= graph.keys()
    assert set().union(*graph.values()) <= graph.keys()

    order = list(TopologicalSorter(graph).static_order())  # raises CycleError

    assert order.index("artifacts") < order.index("report") < order.index("evaluation")
    assert order.index("evaluation") < order.index("commands")
