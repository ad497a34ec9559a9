import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.local.running import SMALL, Running, serving


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small template, in a folder of its own."""
    folder = tmp_path_factory.mktemp("small") / "stack"
    shutil.copytree(SMALL, folder)
    return folder / "template.yaml"


@pytest.fixture(scope="session")
def stack(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The small stack."""
    with serving(small, tmp_path_factory.mktemp("log") / "log") as running:
        yield running
