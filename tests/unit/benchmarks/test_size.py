"""Measure sizes by package."""

from pathlib import Path

import pytest

from benchmarks.size import COMPILED, OUR_CODE, weigh


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    files = {
        "spade/__init__.py": 100,
        "spade/blade.so": 5000,
        "spade/__pycache__/__init__.cpython-311.pyc": 70,
        "spade-1.0.dist-info/METADATA": 0,
        "stray.txt": 3,
    }
    for name, size in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    (folder / "spade-1.0.dist-info" / "METADATA").write_text("Name: spade\nVersion: 1.0\n")
    (folder / "spade-1.0.dist-info" / "RECORD").write_text(
        "spade/__init__.py,,\nspade/blade.so,,\nspade/gone.so,,\n"
    )
    return folder


def test_files_count_for_the_package_that_lists_them(packages: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(bytes(900))
    weighed = weigh("peer", packages, None, model)
    assert (weighed.packages["spade"], weighed.packages[COMPILED], weighed.model) == (5100, 70, 900)
    assert weighed.total == sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())


def test_the_model_does_not_count_as_code(packages: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    (code / "model").mkdir(parents=True)
    (code / "model" / "model.tflite").write_bytes(bytes(900))
    (code / "api.py").write_bytes(bytes(40))
    weighed = weigh("ours", packages, code, code / "model" / "model.tflite")
    assert weighed.packages[OUR_CODE] == 40
