"""The base image is the same wherever it is named, and pinned by its digest."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.base_image import FILES, IMAGE, pin

FIRST, SECOND = (f"sha256:{digit * 64}" for digit in "12")


def images(root: Path) -> list[str]:
    return [found[0] for name in FILES for found in IMAGE.finditer((root / name).read_text(encoding="utf-8"))]


def test_every_build_has_the_same_base() -> None:
    assert len(images(ROOT)) == 4
    assert len({*images(ROOT)}) == 1


def test_a_digest_replaces_the_one_before(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for digest in (FIRST, SECOND):
        pin(tmp_path, digest)
        assert {*images(tmp_path)} == {f"public.ecr.aws/lambda/python:3.13@{digest}"}


@pytest.mark.parametrize("digest", ["", "latest", "sha256:12", f"{FIRST}\nRUN evil"])
def test_anything_else_than_a_digest_is_refused(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        pin(tmp_path, digest)
