"""The dependency rules: which package may import which, and what a function's folder holds."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FUNCTIONS = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir())
# Beside its package: what builds the image, and the baked-in model.
BUILD_FILES = {"classify": {"Dockerfile", "model"}, "preprocess": set[str]()}
HEAVY = {"tensorflow", "keras", "torch", "jax", "sklearn", "scipy", "matplotlib", "pandas", "pyspark"}
OURS = {"frond", "training", "local", "client", "frond_client", "functions", "batch", "benchmarks", "tests"}


def imports(path: Path) -> Iterator[str]:
    """Yield the top-level packages that a file imports, anywhere in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def all_imports(folder: Path) -> set[str]:
    return {name for path in folder.rglob("*.py") for name in imports(path)}


def package(function: Path) -> str:
    return f"frond_{function.name}"


def test_the_layer_imports_no_other_package_of_ours_and_no_heavy_one() -> None:
    found = all_imports(ROOT / "layers")
    assert "numpy" in found
    assert not found & ((OURS - {"frond"}) | HEAVY)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda path: path.name)
def test_a_function_imports_only_the_layer(function: Path) -> None:
    found = all_imports(function)
    others = {package(other) for other in FUNCTIONS if other != function}
    assert "frond" in found
    assert not found & ((OURS - {"frond"}) | HEAVY | others)


def test_preprocess_does_not_import_the_classifier() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "functions/preprocess").rglob("*.py")]
    assert not any("frond.classifier" in source or "litert" in source for source in sources)


def test_training_imports_only_the_layer() -> None:
    assert not all_imports(ROOT / "training") & (OURS - {"frond", "training"})


def test_the_batch_job_imports_only_the_layer() -> None:
    found = all_imports(ROOT / "batch")
    assert {"frond", "pyspark"} <= found
    assert not found & (OURS - {"frond", "batch"})


def test_the_client_imports_no_other_package_of_ours() -> None:
    found = all_imports(ROOT / "client")
    assert "httpx" in found
    assert not found & ((OURS - {"frond_client"}) | HEAVY | set(map(package, FUNCTIONS)))


def test_the_local_stack_imports_no_function() -> None:
    found = all_imports(ROOT / "local")
    assert not found & ({"training", "client", "tests", "frond"} | HEAVY | set(map(package, FUNCTIONS)))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda path: path.name)
def test_a_function_holds_its_package_and_its_build_files(function: Path) -> None:
    found = {path.name for path in function.iterdir()} - {"__pycache__"}
    assert found == {package(function)} | BUILD_FILES[function.name]
