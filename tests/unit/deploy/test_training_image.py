"""The training image: it holds what its commands need, and nothing else of the working tree."""

import re
from pathlib import PurePosixPath

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "training"
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
LET_IN = [
    line.removeprefix("!")
    for line in (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    if line.startswith("!")
]


def test_everything_that_it_copies_is_let_in_and_exists() -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE)
    assert len(copied) == 3
    for path in copied:
        concrete = [path.replace("${LOCK}", lock) for lock in ("training", "training-cuda", "mlflow")]
        for each in concrete:
            assert any(PurePosixPath(each).is_relative_to(allowed) for allowed in LET_IN), each
            assert (ROOT / each).exists(), each


@pytest.mark.parametrize("lock", ["training", "training-cuda", "mlflow"])
def test_the_lock_holds_jax_of_the_tests_and_the_packages_of_training(lock: str) -> None:
    def versions(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return dict(re.findall(r"^([\w.-]+)(?:\[[^]]*])?==(\S+)", text, re.MULTILINE))

    own, dev = versions(lock), versions("dev")
    assert versions("training").items() <= own.items()
    assert own["jax"] == dev["jax"]


def test_it_runs_without_root_and_with_hashes() -> None:
    assert re.search(r"^ARG USER_ID=10001\nUSER \$\{USER_ID\}:\$\{USER_ID\}$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.rstrip().endswith('ENTRYPOINT ["python", "-m", "training"]')
