"""Distribute the tests over processes: by stack or file, the slow ones first."""

from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

E2E = "tests/e2e/"
# These run beside the other end-to-end tests, on stacks of their own.
PAGE, CONTRACT = "tests/e2e/page/", "tests/e2e/contract/"
# They take longer than any file.
STACKS = (PAGE, CONTRACT, E2E)


def scope_of(nodeid: str) -> str:
    """Return the stack of an end-to-end test, or the file of another: its tests share a process."""
    return next((stack for stack in STACKS if nodeid.startswith(stack)), None) or nodeid.partition("::")[0]


class StackScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Run the tests of a stack in one process: those of the page, and those of the HTTP API and uploads.

    Other tests are distributed by file. The scopes start in the order of :func:`slow_first`.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        # By the number of their tests, slow files with few tests would start last.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def slow_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests by scope: stacks, files marked `slow`, then other files by their number of tests."""
    sizes = Counter(scope_of(item.nodeid) for item in items)
    slow = {scope_of(item.nodeid) for item in items if item.get_closest_marker("slow")}

    def rank(item: pytest.Item) -> tuple[bool, bool, int, str]:
        scope = scope_of(item.nodeid)
        return scope not in STACKS, scope not in slow, -sizes[scope], scope

    return sorted(items, key=rank)
