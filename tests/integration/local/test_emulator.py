"""Run functions under AWS's runtime interface emulator, each with its own locked packages only."""

import shutil
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.integration.local.conftest import SMALL_STACK
from tests.support.running_stack import RunningStack, processes_of, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The small stack under the emulator; its installed packages are cached with those of the real stack."""
    folder = tmp_path_factory.mktemp("emulated") / "stack"
    shutil.copytree(SMALL_STACK, folder)
    cache = ROOT / ".frond" / "rie"
    cache.mkdir(parents=True, exist_ok=True)
    (folder / ".frond").mkdir()
    (folder / ".frond" / "rie").symlink_to(cache)
    locks = folder / "requirements"
    locks.mkdir()
    for name in ("runtime.txt", "emulator.txt"):
        shutil.copy(ROOT / "requirements" / name, locks)
    # Without third-party packages, so that the worker cannot import boto3.
    for name in ("echo.txt", "upper.txt", "broken.txt"):
        (locks / name).touch()
    log, template = folder.parent / "log", folder / "template.yaml"
    with running_stack(log, "--runtime", "rie", template=template) as running:
        yield running
    assert processes_of(folder) == []
    # The runtime's message when its emulator ends first.
    assert "Failed to get next" not in running.log.read_text()


def test_the_function_runs_under_the_runtime_interface(stack: RunningStack) -> None:
    sent = stack.request("/v1/x", "POST", body=b"\xff\xd8", headers={"content-type": "image/jpeg"}).json()
    assert sent["event"]["isBase64Encoded"] is True
    assert sent["environment"]["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
    assert sent["environment"]["GREETING"] == "hello"
    assert sent["shared"] == "layered "


@pytest.mark.parametrize(
    ("path", "status"), [("/raise", 502), ("/crash", 502), ("/broken", 502), ("/sleep", 504)]
)
def test_errors_have_the_same_status_as_without_the_emulator(
    stack: RunningStack, path: str, status: int
) -> None:
    assert stack.request(path).status == status
    assert stack.request("/open").status == 200


def test_a_package_outside_the_requirements_cannot_be_imported(stack: RunningStack) -> None:
    stack.s3.put_object(Bucket="frond-local-source", Key="a.txt", Body=b"x")
    assert stack.request("/last").status == 200
    assert "No module named 'boto3'" in stack.log.read_text()
