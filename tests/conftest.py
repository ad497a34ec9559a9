"""What tests of every part share: the photos that come with the project, and those that may lie beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

Tell = Callable[[str], None]

ROOT = Path(__file__).parents[1]
STACK = "tests/e2e/"
SHARED = ROOT.parent / "shared" / "data"


class OneStackAtATime(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """What starts the stack stays in one process, for there is one at a time; else a file goes anywhere."""

    def _split_scope(self, nodeid: str) -> str:
        return STACK if nodeid.startswith(STACK) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneStackAtATime:
    """Distribute the tests, where several processes run them."""
    return OneStackAtATime(config, log)


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


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Return what puts a test's figures into the summary of the run, from whichever process it runs in."""

    def told(figures: str) -> None:
        record_property("told", figures)

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests told."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    told = [(each.nodeid, text) for each in reports for name, text in each.user_properties if name == "told"]
    if told:
        terminalreporter.section("measured")
    for test, figures in told:
        terminalreporter.write_line(f"{test}: {figures}")
