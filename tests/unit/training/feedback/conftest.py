"""A table and a bucket with photos that users corrected."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from frond.records import Record
from frond.repository import ClassificationRepository
from frond.s3_upload import Upload, sequencer
from tests.support.dynamodb_table import make_table
from training.__main__ import main

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

Run = Callable[..., str]
OUTCOME = {
    "predictions": [
        {"species": "apera-spica-venti", "confidence": 0.61},
        {"species": "alopecurus-myosuroides", "confidence": 0.3},
    ],
    "model": {"version": "2026.11.21-fcfc7d85"},
}


@dataclass
class Garden:
    """A stack's table and bucket, and the users of that stack."""

    endpoint: str
    dynamodb: "DynamoDBClient"
    s3: "S3Client"
    table: str
    bucket: str

    @property
    def records(self) -> ClassificationRepository:
        return ClassificationRepository(self.dynamodb, self.table, days=30)

    def upload(self, key: str, photo: bytes, *, after: float = 0) -> str:
        """Upload a photo to S3 and classify it, ``after`` seconds later."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=photo)
        at = datetime.now(UTC) - timedelta(seconds=after)
        upload = Upload(self.bucket, key, None, sequencer(None, at), at)
        self.records.mark_finished(upload, "succeeded", OUTCOME)
        return upload.identifier

    def send(self) -> str:
        """Send a photo over HTTP."""
        record = Record(str(uuid4()), "succeeded", "http", None, datetime.now(UTC), result=OUTCOME)
        self.records.add(record)
        return record.identifier

    def correct(
        self, identifier: str, species: str | None, *, consent: bool | None = True, comment: str | None = None
    ) -> str:
        """Store a correction; ``consent=None`` is one from before consent was recorded."""
        feedback: dict[str, Any] = {"species": species, "comment": comment}
        if consent is not None:
            feedback["consent"] = consent
        assert self.records.set_feedback(identifier, feedback)
        return identifier

    def corrected(self, key: str, photo: bytes, species: str | None, **more: Any) -> str:
        return self.correct(self.upload(key, photo), species, **more)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def garden(moto: str, monkeypatch: pytest.MonkeyPatch) -> Garden:
    for name, value in {
        "AWS_ENDPOINT_URL": moto,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "NO_PROXY": "127.0.0.1",
        "COLUMNS": "200",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"garden-{uuid4().hex}"
    made = Garden(moto, boto3.client("dynamodb"), boto3.client("s3"), name, name)
    make_table(made.dynamodb, name)
    made.s3.create_bucket(Bucket=name)
    made.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command and returns its stdout and stderr."""

    def command(*arguments: str | Path, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["training", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        assert end.value.code == code, output
        assert "Traceback" not in output.err
        return " ".join((output.out + output.err).replace("│", " ").split())

    return command


@pytest.fixture
def collect(garden: Garden, run: Run, tmp_path: Path) -> Run:
    """Return a function that collects the garden's corrections in ``tmp_path / "feedback"``."""

    def command(*options: str, code: int = 0) -> str:
        place = "--table", garden.table, "--uploads-bucket", garden.bucket
        return run("feedback", tmp_path / "feedback", *place, *options, code=code)

    return command


def local_facts(garden: Garden) -> str:
    """Return the content of the local stack's file."""
    return json.dumps(
        {
            "aws_endpoint_url": garden.endpoint,
            "region": "us-east-1",
            "table": garden.table,
            "uploads_bucket": garden.bucket,
        }
    )
