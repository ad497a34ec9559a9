"""A tiny model's folder, and photos for it."""

import shutil
from pathlib import Path

import pytest

from frond.manifest import MANIFEST_NAME, MODEL_NAME
from tests.support.tiny_model import manifest_of, tiny_model


def write_model(folder: Path, seed: int) -> Path:
    """Write a tiny model and its manifest to a folder."""
    content = tiny_model(seed=seed)
    folder.mkdir()
    (folder / MODEL_NAME).write_bytes(content)
    (folder / MANIFEST_NAME).write_text(manifest_of(content).model_dump_json())
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "model", seed=0)


@pytest.fixture(scope="module")
def labelled_photos(seedlings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six photos in folders of a known and an unknown name, one in none, a broken one and other files."""
    root = tmp_path_factory.mktemp("photos")
    for label, names in {
        "plant-0": ("zea-mays", "beta-vulgaris"),
        "Weeds [a=1] ü": ("galium-aparine", "stellaria-media", "sinapis-arvensis"),
    }.items():
        (root / label).mkdir()
        for name in names:
            shutil.copy(seedlings / f"{name}.jpg", root / label)
    shutil.copy(seedlings / "zea-mays.jpg", root / "no-folder.JPG")
    (root / "plant-0" / "=broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    (root / "plant-0" / ".hidden.jpg").write_bytes(b"")
    (root / "notes.txt").write_text("no photo")
    return root
