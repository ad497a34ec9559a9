"""Set up a model registry in moto, and tiny models to publish there."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from moto import mock_aws

from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from frond.registry import Registry
from tests.support.tiny_model import manifest_of, tiny_model

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ALICE, BOB = "alice", "bob"
ERRORS = {"photos": 300, "expected": 14.2, "observed": 15, "p_value": 0.9, "share_interval": [0.028, 0.081]}
CALIBRATION: dict[str, Any] = {
    "negative_log_likelihood": {"mean": 0.15, "low": 0.1, "high": 0.2},
    "brier": {"mean": 0.08, "low": 0.06, "high": 0.1},
    "errors": ERRORS,
    "confident_errors": ERRORS,
    "chance_of_an_error": 0.9999,
    "by_answer": {f"plant-{i}": ERRORS for i in range(3)},
}
METRICS: dict[str, Any] = {
    "split": "test",
    "photos": 300,
    "macro_f1": 0.95,
    "macro_f1_interval": [0.93, 0.97],
    "expected_calibration_error": 0.02,
    "calibration": CALIBRATION,
    "species": {f"plant-{i}": {"f1-score": 0.95, "support": 100.0} for i in range(3)},
}
AGREEMENT = {"photos": 300, "top1": 0.996, "lost": 1, "won": 0}


@dataclass(frozen=True)
class Bucket:
    """The bucket of a registry, with access to its objects."""

    name: str
    s3: "S3Client"

    @property
    def registry(self) -> Registry:
        return Registry(self.s3, self.name)

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.name, Key=key)

    def contents(self) -> list[str]:
        """Return every key of the bucket."""
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.name).get("Contents", [])]

    @contextmanager
    def before(self, operation: str, act: Callable[..., None]) -> Iterator[None]:
        """Call ``act`` before every call of an operation, for example to make it fail."""
        event = f"before-call.s3.{operation}"
        self.s3.meta.events.register(event, act)
        yield
        self.s3.meta.events.unregister(event, act)


@contextmanager
def moto_s3() -> Iterator["S3Client"]:
    with mock_aws():
        yield boto3.client("s3", region_name="us-east-1")


def new_bucket(s3: "S3Client") -> Bucket:
    """Create a versioned bucket, like the template's."""
    name = f"models-{uuid4().hex}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return Bucket(name, s3)


def model_folder(folder: Path, seed: int = 0, size: int = 16, **changes: Any) -> tuple[Path, Manifest]:
    """Write the files of ``export`` and ``evaluate``; ``changes`` update the manifest."""
    model = tiny_model(size=size, seed=seed)
    facts = {"metrics": METRICS, "agreement": AGREEMENT, **changes}
    manifest = manifest_of(model, size=size).model_copy(update=facts)
    (folder / "report").mkdir(parents=True)
    (folder / MODEL_NAME).write_bytes(model)
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2))
    (folder / "report" / "metrics.json").write_text(json.dumps(manifest.metrics))
    (folder / "report" / "index.html").write_text(f"<title>{manifest.version}</title>")
    for name in ("NOTICE.md", "MODEL_CARD.md"):
        (folder / name).write_text(f"# {manifest.version}\n")
    return folder, manifest


def publish(registry: Registry, folder: Path, seed: int = 0, size: int = 16) -> str:
    """Publish a version in the registry without a channel that points at it."""
    directory, manifest = model_folder(folder / f"model-{seed}-{size}", seed, size)
    registry.versions.publish(manifest, {MODEL_NAME: directory / MODEL_NAME})
    return manifest.version
