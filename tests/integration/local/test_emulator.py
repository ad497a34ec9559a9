"""Functions under the real runtime interface, each with nothing but its own locked packages."""

import shutil
from collections.abc import Iterator

import pytest

from tests.integration.local.running import ROOT, SMALL, Running, processes_of, serving


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The small stack, under the emulator; what it installs is kept beside what the real stack installs."""
    folder = tmp_path_factory.mktemp("emulated") / "stack"
    shutil.copytree(SMALL, folder)
    kept = ROOT / ".frond" / "rie"
    kept.mkdir(parents=True, exist_ok=True)
    (folder / ".frond").mkdir()
    (folder / ".frond" / "rie").symlink_to(kept)
    locks = folder / "requirements"
    locks.mkdir()
    for name in ("runtime.txt", "emulator.txt"):
        shutil.copy(ROOT / "requirements" / name, locks)
    # None has third-party packages: the worker's boto3 is thus not to be found.
    for name in ("echo.txt", "upper.txt", "broken.txt"):
        (locks / name).touch()
    with serving(folder / "template.yaml", folder.parent / "log", "--runtime", "rie") as running:
        yield running
    assert processes_of(folder) == []
    # What the runtime says when its emulator ends first.
    assert "Failed to get next" not in running.log.read_text()


def test_the_function_runs_under_the_runtime_interface(stack: Running) -> None:
    told = stack.ask("/v1/x", "POST", body=b"\xff\xd8", headers={"content-type": "image/jpeg"}).json()
    assert told["event"]["isBase64Encoded"] is True
    assert told["environment"]["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
    assert told["environment"]["GREETING"] == "hello"
    assert told["shared"] == "layered "


@pytest.mark.parametrize(
    ("path", "status"), [("/raise", 502), ("/crash", 502), ("/broken", 502), ("/sleep", 504)]
)
def test_endings_are_the_same_as_without_it(stack: Running, path: str, status: int) -> None:
    assert stack.ask(path).status == status
    assert stack.ask("/open").status == 200


def test_a_package_that_is_not_in_the_requirements_is_not_there(stack: Running) -> None:
    stack.s3.put_object(Bucket="frond-local-source", Key="a.txt", Body=b"x")
    assert stack.ask("/last").status == 200
    assert "No module named 'boto3'" in stack.log.read_text()
