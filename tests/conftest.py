"""Fixtures and options for all tests."""

import functools
import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import botocore.session
import httpx
import pytest
from xdist.remote import Producer

from tests.support.import_graph import TENSORFLOW, imports_tensorflow
from tests.support.stack_scheduling import StackScheduling, slow_first

RecordFigures = Callable[[str], None]

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `make check` and `make smoke`."""
    parser.addoption(
        "--without-tensorflow", action="store_true", help="pass over the test modules that import TensorFlow"
    )
    parser.addoption("--stack", metavar="NAME", help="run the tests marked `deployed` with a stack on AWS")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers. Fail imports of TensorFlow in a run without it: their tests are passed over."""
    config.addinivalue_line("markers", "deployed: runs with a stack on AWS, too (--stack NAME)")
    config.addinivalue_line(
        "markers", "slow: takes long: its file starts before the others, and `make check` leaves it out"
    )
    if config.getoption("--without-tensorflow"):
        sys.modules.update(dict.fromkeys(TENSORFLOW))  # type: ignore[arg-type]  # None makes an import fail


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over modules before they import TensorFlow, which takes longer than most tests."""
    if not config.getoption("--without-tensorflow"):
        return None
    # pytest imports a folder's conftest.py before it looks at its tests.
    module = collection_path / "conftest.py" if collection_path.is_dir() else collection_path
    return (module.suffix == ".py" and module.exists() and imports_tensorflow(module)) or None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect no garbage during the collection of the tests, and never look at what it leaves: that stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the tests of several processes. Leave those that a deployed stack can run, in a run with one."""
    if hasattr(config, "workerinput"):
        items[:] = slow_first(items)
    if config.getoption("--stack"):
        others = [item for item in items if item.get_closest_marker("deployed") is None]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> StackScheduling:
    """Return the scheduler of pytest-xdist."""
    return StackScheduling(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than cores: the tests of a stack mostly wait for the stack's own processes."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def shared_service_models() -> Iterator[None]:
    """Read botocore's models of the AWS services once: most tests have sessions of their own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("botocore.session.create_loader", functools.cache(botocore.session.create_loader))
        yield


@pytest.fixture(scope="session", autouse=True)
def shared_certificates() -> Iterator[None]:
    """Read the certificates of the authorities once: most tests of the client have clients of their own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "httpx._transports.default.create_ssl_context", functools.cache(httpx.create_ssl_context)
        )
        yield


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
