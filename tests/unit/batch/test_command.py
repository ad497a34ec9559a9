"""The command: errors of one sentence before Spark starts, and the local stack's S3."""

import json
import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="Spark is not installed: make batch")

from batch.__main__ import main, use_local_stack
from batch.errors import BatchError


@pytest.mark.parametrize(
    ("photos", "out", "options", "message"),
    [
        ("nowhere", "out", (), "nowhere is not a folder."),
        (".", "out [1]", (), "choose another"),
        (".", "out", ("--model", "nowhere"), "no readable manifest at nowhere"),
        ("s3://", "out", (), "names no bucket"),
    ],
)
def test_wrong_names_are_one_sentence(
    photos: str,
    out: str,
    options: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["batch", photos, out, *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("Error: ")
    assert message in printed.err
    assert list(tmp_path.iterdir()) == []


def test_the_local_stack_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENDPOINT_URL", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "of another account")
    stack = tmp_path / "stack.json"
    with pytest.raises(BatchError, match="make serve"):
        use_local_stack(stack)
    stack.write_text(json.dumps({"aws_endpoint_url": "http://127.0.0.1:9", "region": "eu-west-1"}))
    use_local_stack(stack)
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"
    assert (os.environ["AWS_DEFAULT_REGION"], os.environ["AWS_ACCESS_KEY_ID"]) == ("eu-west-1", "local")
