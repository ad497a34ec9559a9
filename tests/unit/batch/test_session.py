"""The Java that Spark needs, and errors of Spark."""

from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="Spark is not installed: make batch")

from py4j.protocol import Py4JError

from batch.errors import BatchError
from batch.session import require_java
from batch.spark_errors import spark_errors


def fake_java(folder: Path, version: str) -> None:
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho '{version}' >&2\n")
    java.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "major"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "21" 2023-09-19 LTS', 21)],
)
def test_a_java_that_spark_runs_on(
    version: str, major: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_java(tmp_path, version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert require_java() == major


@pytest.mark.parametrize("version", ['openjdk version "1.8.0_392"', 'openjdk version "11.0.2"', "no version"])
def test_another_java_is_refused(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_java(tmp_path, version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(BatchError, match=r"needs Java 17 to 21.*apt-get install openjdk-17-jre-headless"):
        require_java()


@pytest.mark.parametrize("home", [None, "nowhere"])
def test_no_java(home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if home:
        monkeypatch.setenv("JAVA_HOME", str(tmp_path / home))
    with pytest.raises(BatchError, match="needs Java 17, and there is none"):
        require_java()


def test_the_reason_of_a_task_is_the_message() -> None:
    trace = (
        "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: Job aborted.\n"
        'Traceback (most recent call last):\n  File "worker.py", line 1, in main\n'
        "frond.problems.InvalidModel: model.tflite does not match manifest.json.\n\n"
        "\tat org.apache.spark.api.python.BasePythonRunner\n"
    )
    with (
        pytest.raises(BatchError, match=r"could not finish: .*InvalidModel: model.tflite does not match"),
        spark_errors(),
    ):
        raise Py4JError(trace)
    with pytest.raises(BatchError, match="could not finish: No space left"), spark_errors():
        raise Py4JError("No space left\n\tat java.io")
