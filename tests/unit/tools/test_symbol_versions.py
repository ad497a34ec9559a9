"""The symbol versions that libraries need, read from their bytes."""

import zipfile
from pathlib import Path

import pytest

from tools import symbol_versions as module
from tools.symbol_versions import symbol_versions, unmet_needs


def wheel(folder: Path, **libraries: bytes) -> Path:
    path = folder / "a-1-cp313-cp313-manylinux_2_17_x86_64.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in libraries.items():
            archive.writestr(f"a/{name}.so", content)
    return path


def test_versions_are_compared_as_numbers() -> None:
    library = b"\x7fELF\0GLIBC_2.4\0GLIBC_2.17\0memcpy\0GLIBCXX_3.4.9\0GLIBCXX_3.4.30\0not GLIBC_2.99\0"
    assert symbol_versions(library) == {"GLIBC": (2, 17), "GLIBCXX": (3, 4, 30)}


@pytest.mark.parametrize(
    ("symbols", "needs"),
    [
        (b"\0GLIBC_2.34\0GLIBCXX_3.4.30\0", []),
        (b"\0GLIBC_2.38\0", ["a/lib.so needs GLIBC_2.38"]),
        (b"\0GLIBCXX_3.4.34\0", ["a/lib.so needs GLIBCXX_3.4.34"]),
    ],
)
def test_a_library_that_is_too_new_for_the_base_is_found(
    tmp_path: Path, symbols: bytes, needs: list[str]
) -> None:
    path = wheel(tmp_path, lib=symbols)
    assert [each.partition(": ")[2] for each in unmet_needs(path)] == needs


def test_the_base_of_before_2025_could_not_run_litert_on_arm64(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.BASE, "GLIBCXX", (3, 4, 29))
    assert list(unmet_needs(wheel(tmp_path, libpywrap_litert_common=b"\0GLIBCXX_3.4.30\0")))
