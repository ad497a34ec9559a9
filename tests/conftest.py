"""Fixtures and options for all tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

RecordFigures = Callable[[str], None]

ROOT = Path(__file__).parents[1]
STACK_TESTS = "tests/e2e/"
SHARED = ROOT.parent / "shared" / "data"


class OneStackAtATime(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Run the tests of the stack in one process, as one stack runs at a time; distribute others by file."""

    def _split_scope(self, nodeid: str) -> str:
        return STACK_TESTS if nodeid.startswith(STACK_TESTS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneStackAtATime:
    """Return the scheduler of pytest-xdist."""
    return OneStackAtATime(config, log)


@pytest.fixture(scope="session")
def seedlings() -> Path:
    """Folder of the project's sample photos."""
    return ROOT / "events" / "photos"


@pytest.fixture(scope="session")
def seedling(seedlings: Path) -> bytes:
    """A photo of maize: a baseline JPEG of 224 × 224 pixels without metadata."""
    return (seedlings / "zea-mays.jpg").read_bytes()


@pytest.fixture(scope="session")
def odd_photos() -> Path:
    """Folder of unusual photos, which is not part of the project."""
    folder = SHARED / "photos"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder} with unusual photos")
    return folder


@pytest.fixture
def record_figures(record_property: Callable[[str, object], None]) -> RecordFigures:
    """Return a function that adds a test's measurements to the summary of the run, from any process."""

    def record(figures: str) -> None:
        record_property("figures", figures)

    return record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the measurements that tests recorded."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    recorded = [
        (each.nodeid, text) for each in reports for name, text in each.user_properties if name == "figures"
    ]
    if recorded:
        terminalreporter.section("measured")
    for test, figures in recorded:
        terminalreporter.write_line(f"{test}: {figures}")
