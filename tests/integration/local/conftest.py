import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running_stack import RunningStack, running_stack

SMALL_STACK = Path(__file__).with_name("stack")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """The small template, in a folder of the test's own."""
    shutil.copytree(SMALL_STACK, tmp_path / "stack")
    return tmp_path / "stack" / "template.yaml"


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack of the small template."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(SMALL_STACK, folder / "stack")
    with running_stack(folder / "log", template=folder / "stack" / "template.yaml") as running:
        yield running
