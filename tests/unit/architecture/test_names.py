"""Names: one class and one module of a name in the whole tree, and no vague ones."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = ("layers", "functions", "training", "local", "client", "batch", "benchmarks", "tools", "tests")
VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}

# Modules that play the same role in sister packages.
SISTERS = {
    "__init__": "Python's name for a package",
    "__main__": "Python's name for a command line",
    "conftest": "pytest's name for fixtures",
    "app": "a function's clients, stores and model",
    "aws_errors": "the error codes of AWS that a package explains",
    "csv_cell": "the client imports nothing of ours, so it has its own",
    "errors": "the exceptions of a package",
    "settings": "a function's settings",
    # A route and the schemas of its responses.
    "model": "`/v1/model`",
    "uploads": "`/v1/uploads`",
    "usage": "`/v1/usage`, and the command that prints it",
    # A command, and the step or route of its name.
    "detect": "`training detect` and `frond detect`",
    "evaluate": "`training evaluate`",
    "feedback": "`training feedback`, and the route that it reads from",
    "fit": "`training fit`",
    "prepare": "`training prepare`",
    "release": "`training release`",
    "reproduce": "`training reproduce`",
    # The reports of a model and of a batch.
    "figures": "the drawings of a report",
    "findings": "the sentences of a report",
    "render": "a report as HTML",
    # Tests of one subject.
    "test_client": "the client against a fake API, and against the stack",
    "test_costs": "the calls of AWS of each function",
    "test_feedback": "collecting feedback from fakes, and from the stack",
    "test_private_names": "the undocumented names that a package uses",
}


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_no_two_classes_have_the_same_name() -> None:
    homes = defaultdict(list)
    for path in sources():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith(("Test", "_")):
                homes[node.name].append(str(path.relative_to(ROOT)))
    assert len(homes) > 200
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_no_two_modules_have_the_same_name_but_in_sister_packages() -> None:
    homes = defaultdict(list)
    for path in sources():
        homes[path.stem].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in homes.items() if len(files) > 1 and name not in SISTERS} == {}
    assert {name for name in SISTERS if len(homes[name]) < 2} == set(), "Remove these from SISTERS."


def test_no_module_has_a_vague_name() -> None:
    assert [path for path in sources() if path.stem in VAGUE] == []
