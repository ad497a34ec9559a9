"""What tests of every part share: the photos that come with the project, and those that may lie beside it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def seedlings() -> Path:
    """The folder of seedlings that is part of the project."""
    return ROOT / "events" / "photos"


@pytest.fixture(scope="session")
def seedling(seedlings: Path) -> bytes:
    """A seedling of maize: a baseline JPEG of 224 × 224 pixels without metadata."""
    return (seedlings / "zea-mays.jpg").read_bytes()


@pytest.fixture(scope="session")
def odd_photos() -> Path:
    """The folder of odd photos that is no part of the project."""
    folder = SHARED / "photos"
    if not folder.is_dir():
        pytest.skip(f"the odd photos are not here: no folder {folder}")
    return folder
