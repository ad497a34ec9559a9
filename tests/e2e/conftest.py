from collections.abc import Iterator

import pytest

from tests.support.running_stack import RunningStack, link_project, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The stack as ``make serve`` starts it, one a process for all tests that do not change it.

    Its ``.frond`` is in a folder of its own: the tests' processes run a stack each.
    """
    folder = tmp_path_factory.mktemp("stack")
    with running_stack(folder / "log", template=link_project(folder / "project")) as running:
        yield running
