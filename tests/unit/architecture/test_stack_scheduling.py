"""The tests of a stack share a process, and what takes long starts first."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.support.stack_scheduling import StackScheduling, slow_first

QUICK = "tests/unit/frond/test_quick.py"
QUICKER = "tests/unit/frond/test_quicker.py"
SLOW = "tests/unit/training/test_slow.py"


@dataclass(frozen=True)
class FakeItem:
    nodeid: str

    def get_closest_marker(self, name: str) -> str | None:
        return name if name == "slow" and self.nodeid.startswith(SLOW) else None


@dataclass
class FakeWorker:
    """A process of pytest-xdist that takes tests and runs none."""

    name: str
    taken: list[int] = field(default_factory=list)
    shutting_down: bool = False

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def gateway(self) -> SimpleNamespace:
        return SimpleNamespace(id=self.name)

    def send_runtest_some(self, indices: list[int]) -> None:
        self.taken += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def collected() -> list[str]:
    """Return the names of tests in the order of their collection, sorted as the processes do."""
    files = {
        "tests/e2e/http/test_http.py": 2,
        "tests/e2e/owners/test_owners.py": 3,
        "tests/e2e/page/test_answers.py": 3,
        "tests/e2e/contract/test_schemathesis.py": 1,
        "tests/e2e/image/test_image.py": 2,
        "tests/e2e/releases/test_releases.py": 1,
        "tests/e2e/uploads/test_faults.py": 3,
        QUICKER: 4,
        QUICK: 5,
        SLOW: 1,
    }
    items: list[Any] = [FakeItem(f"{file}::test_{n}") for file, count in files.items() for n in range(count)]
    return [item.nodeid for item in slow_first(items)]


def test_slow_files_come_before_those_with_many_tests() -> None:
    files = [name.partition("::")[0] for name in collected()]
    assert list(dict.fromkeys(files)) == [
        *("tests/e2e/contract/test_schemathesis.py", "tests/e2e/image/test_image.py"),
        "tests/e2e/uploads/test_faults.py",
        *("tests/e2e/http/test_http.py", "tests/e2e/releases/test_releases.py"),
        *("tests/e2e/page/test_answers.py", "tests/e2e/owners/test_owners.py", SLOW, QUICK, QUICKER),
    ]


def test_the_tests_of_a_file_keep_their_order() -> None:
    quick = [name for name in collected() if name.startswith(QUICK)]
    assert quick == [f"{QUICK}::test_{number}" for number in range(5)]


def test_processes_start_in_that_order() -> None:
    workers = [FakeWorker(f"gw{number}") for number in range(4)]
    config: Any = SimpleNamespace(
        getvalue=lambda _: ["4*popen"], option=SimpleNamespace(loadscopereorder=True)
    )
    scheduling = StackScheduling(config, SimpleNamespace(loadscopesched=lambda *_: None))
    names = collected()
    for worker in workers:
        scheduling.add_node(worker)
        scheduling.add_node_collection(worker, names)

    scheduling.schedule()

    contract, uploads, template, page = (
        [names[index].partition("::")[0] for index in worker.taken] for worker in workers
    )
    assert contract == ["tests/e2e/contract/test_schemathesis.py"] + ["tests/e2e/image/test_image.py"] * 2
    assert uploads == ["tests/e2e/uploads/test_faults.py"] * 3
    assert template == ["tests/e2e/http/test_http.py"] * 2 + ["tests/e2e/releases/test_releases.py"]
    assert page == ["tests/e2e/page/test_answers.py"] * 3
