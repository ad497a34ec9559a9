from collections.abc import Iterator

import pytest

from tests.support.running_stack import RunningStack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack as ``make serve`` starts it, one for all tests that do not change it."""
    with running_stack(tmp_path_factory.mktemp("stack") / "log") as running:
        yield running
