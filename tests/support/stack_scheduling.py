"""Distribute the tests over processes: by stack or file, the slow ones first."""

from collections import Counter
from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Folders of the end-to-end tests that share a process, and so a stack. Those that take longest come first.
STACKS = {
    # A process with fewer than three tests takes the next scope, too, so that the contract's is not alone.
    "contract": ("tests/e2e/contract/", "tests/e2e/image/"),
    "uploads": ("tests/e2e/uploads/",),
    # They serve the template where it stands: one stack at a time writes to the `.frond` beside it.
    "template": ("tests/e2e/http/", "tests/e2e/releases/"),
    "page": ("tests/e2e/page/",),
    "others": ("tests/e2e/",),
}
ORDER = tuple(STACKS)


def scope_of(nodeid: str) -> str:
    """Return the stack of an end-to-end test, or the file of another: its tests share a process."""
    stacks = (stack for stack, folders in STACKS.items() if nodeid.startswith(folders))
    return next(stacks, None) or nodeid.partition("::")[0]


class StackScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Run the tests of a stack in one process.

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

    def rank(item: pytest.Item) -> tuple[int, bool, int, str]:
        scope = scope_of(item.nodeid)
        stack = ORDER.index(scope) if scope in STACKS else len(ORDER)
        return stack, scope not in slow, -sizes[scope], scope

    return sorted(items, key=rank)
