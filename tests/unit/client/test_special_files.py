"""Named pipes, sockets, devices and folders of the system are passed over."""

import os
import socket
from pathlib import Path

import pytest

from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import FakeApi, photo
from tests.unit.client.fake_stack import ELSEWHERE, FakeStack

SYSTEM_FOLDERS = ["@eaDir/a.jpg", "__MACOSX", "#recycle", "$RECYCLE.BIN", ".ipynb_checkpoints", ".hidden"]


@pytest.fixture
def special(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: FakeApi) -> Path:
    """A folder with a photo, a pipe, a socket and a device, and with folders of the system."""
    monkeypatch.setenv("FROND_URL", service.url)
    monkeypatch.setenv("FROND_KEY", "a-key")
    folder = tmp_path / "trip"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photo("zea-mays"))
    os.mkfifo(folder / "pipe.jpg")
    (folder / "linked pipe.jpg").symlink_to("pipe.jpg")
    (folder / "device.jpg").symlink_to("/dev/zero")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jpg")
    for name in SYSTEM_FOLDERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "thumb.jpg").write_bytes(photo("hidden"))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("given", ["trip", "trip/*.jpg", "trip/**/*"])
def test_classify_passes_them_over(special: Path, frond: Run, given: str) -> None:
    result = frond("classify", given, "--json")

    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    assert '"files": ["trip/a.jpg"]' in result.stdout
    assert "4 files skipped: named pipes, sockets or devices." in result.stderr


@pytest.mark.parametrize("options", [[], ["--together"]])
def test_classify_reports_a_pipe_that_is_named(special: Path, frond: Run, options: list[str]) -> None:
    result = frond("classify", "trip/pipe.jpg", *options)

    assert result.exit_code == 1
    assert "1 photo skipped: It is not a file." in result.stderr


def test_classify_reads_a_pipe_that_the_shell_has_opened(special: Path, frond: Run) -> None:
    reader, writer = os.pipe()
    os.write(writer, photo("zea-mays"))
    os.close(writer)
    try:
        result = frond("classify", f"/dev/fd/{reader}", "--json")
    finally:
        os.close(reader)

    assert result.exit_code == 0, result.output
    assert '"species": "zea-mays"' in result.stdout


def test_upload_passes_them_over(stack: FakeStack, special: Path, frond: Run) -> None:
    result = frond("upload", special, "--no-wait")

    assert result.exit_code == 0, result.output
    assert stack.uploaded_keys() == ["trip/a.jpg"]
    assert "4 files skipped: named pipes, sockets or devices." in result.stderr


def test_upload_refuses_a_pipe_that_is_named(stack: FakeStack, special: Path, frond: Run) -> None:
    result = frond("upload", special / "pipe.jpg", "--no-wait")

    assert result.exit_code == 1
    assert "1 photo refused: It is not a file." in result.stdout


def test_upload_passes_over_folders_of_the_system_in_a_bucket(stack: FakeStack, frond: Run) -> None:
    for name in ["a.jpg", *(f"{folder}/thumb.jpg" for folder in SYSTEM_FOLDERS)]:
        stack.s3.put_object(Bucket=ELSEWHERE, Key=f"trip/{name}", Body=b"x")

    result = frond("upload", f"s3://{ELSEWHERE}/trip", "--no-wait")

    assert result.exit_code == 0, result.output
    assert stack.uploaded_keys() == ["trip/a.jpg"]
