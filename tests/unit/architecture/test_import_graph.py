"""The unit tests without TensorFlow, which `make check` runs, are found without importing it."""

from pathlib import Path

import pytest

from tests.support.import_graph import imports_tensorflow

UNIT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "name",
    [
        "training/fitting/test_fit.py",  # at its top
        "training/networks/test_embedding.py",  # through a module
        "training/quantization/test_flatbuffer.py",  # through its conftest.py
    ],
)
def test_modules_with_tensorflow_are_found(name: str) -> None:
    assert imports_tensorflow(UNIT / name)


@pytest.mark.parametrize("name", ["frond", "classify", "client", "local", "training/data", "training/report"])
def test_modules_without_tensorflow_are_run(name: str) -> None:
    tests = sorted((UNIT / name).rglob("test_*.py"))
    assert tests
    assert [path for path in tests if imports_tensorflow(path)] == []


def test_an_import_inside_a_test_counts(tmp_path: Path) -> None:
    test = tmp_path / "test_late.py"
    test.write_text("def test():\n    import keras\n")
    assert imports_tensorflow(test)
