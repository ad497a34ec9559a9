"""Run the stack's functions under the emulator with a memory size, and measure their outputs."""

import base64
import gzip
import io
import json
import logging
import os
import secrets
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote_plus
from uuid import uuid4

import numpy as np
from PIL import Image

from benchmarks.cpu_share import CpuShare, cpu_share
from benchmarks.paths import ROOT
from frond.s3_upload import identifier_of
from frond.settings import MEGABYTES_PER_VCPU
from local.cloud import Cloud
from local.function import functions
from local.runtimes.emulator import EmulatorInstance
from local.runtimes.environment import RuntimeEnvironment, environment
from local.template import read
from local.usage_plan import UsagePlan

FUNCTIONS = {"classify": "ClassifyFunction", "preprocess": "PreprocessFunction", "worker": "WorkerFunction"}
# Photos of a call: the batch sizes of the event source mappings.
BATCHES = {"classify": 1, "preprocess": 1, "worker": 10}
# CloudWatch adds this many bytes per log event.
LINE_BYTES = 26


def twelve_megapixels(photo: bytes) -> bytes:
    """Return a photo enlarged to 4000 × 3000 pixels, with noise like a phone's."""
    large = Image.open(io.BytesIO(photo)).convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(12).normal(0, 8, (3000, 4000, 1))
    pixels = np.clip(np.asarray(large, np.float32) + noise, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return file.getvalue()


@dataclass(frozen=True)
class RunningFunction:
    """A running function; its methods return milliseconds."""

    bench: "LambdaBench"
    name: str
    instance: EmulatorInstance
    share: CpuShare

    def post(self, kind: str) -> float:
        """Send a photo to the API."""
        milliseconds, response = self._call(self.bench.request(kind), photos=1)
        assert response["statusCode"] == 200, response
        self.bench.responses[kind] = response["body"].encode()
        return milliseconds

    def consume(self, event: dict[str, Any]) -> float:
        """Invoke the function with a batch of messages."""
        milliseconds, result = self._call(event, photos=len(event["Records"]))
        assert result == {"batchItemFailures": []}, result
        return milliseconds

    def peak(self) -> float:
        """Return the function's peak memory in MB of 1,024 KB."""
        emulator = self.instance._process.pid
        status = [Path(f"/proc/{each}/status") for each in self.share.processes() if each != emulator]
        lines = [line for file in status for line in file.read_text(encoding="utf-8").splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

    def _call(self, event: dict[str, Any], photos: int) -> tuple[float, Any]:
        payload = json.dumps(event).encode()
        started = time.perf_counter()
        result = self.instance.invoke(payload)
        milliseconds = 1000 * (time.perf_counter() - started)
        self.bench.record_logs(self.name, photos)
        return milliseconds, json.loads(result)


class LambdaBench:
    """A deployed stack with its functions.

    Parameters
    ----------
    photos
        JPEG files to send, by kind.
    """

    def __init__(self, cloud: Cloud, photos: dict[str, bytes]) -> None:
        usage_plan = UsagePlan(cloud.apigateway(), secrets.token_urlsafe(24))
        self.stack = cloud.deploy(usage_plan.deployed_in(read(ROOT / "template.yaml")))
        self.responses: dict[str, bytes] = {}
        self._functions = functions(read(ROOT / "template.yaml"), self.stack, cloud.environment)
        self._s3, self._dynamodb = cloud.s3(), cloud.dynamodb()
        self._photos = photos
        self._kinds: dict[str, str] = {}
        self._fresh: list[str] = []
        self._logged: dict[str, list[float]] = defaultdict(list)
        self._metrics: set[tuple[str, ...]] = set()
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        log = self._parts.enter_context(tempfile.NamedTemporaryFile())
        # Moto's server logs every request, which is not part of the functions' logs.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._log = Path(log.name).open("rb")
        self._parts.enter_context(self._log)
        # Functions inherit standard error, which becomes the log while they are measured.
        stderr = os.dup(2)
        self._parts.callback(os.close, stderr)
        self._parts.callback(os.dup2, stderr, 2)
        os.dup2(log.fileno(), 2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.close()

    @cached_property
    def _environments(self) -> dict[str, RuntimeEnvironment]:
        home = ROOT / ".frond" / "rie"
        return {name: environment(self._functions[id_], home) for name, id_ in FUNCTIONS.items()}

    @contextmanager
    def started(self, name: str, megabytes: int) -> Iterator[RunningFunction]:
        """Run a function with the CPUs of a memory size; its first call is a cold start."""
        function = self._functions[FUNCTIONS[name]]
        memory = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(megabytes)}
        function = replace(function, environment={**function.environment, **memory})
        with cpu_share(megabytes / MEGABYTES_PER_VCPU, f"frond-{name}") as share:
            instance = EmulatorInstance(function, self._environments[name])
            try:
                share.add(instance._process.pid)
                yield RunningFunction(self, name, instance, share)
            finally:
                instance.stop()
                share.wait()

    def request(self, kind: str) -> dict[str, Any]:
        """Return the proxy event of a request with a photo."""
        event: dict[str, Any] = json.loads((ROOT / "events" / "api-classification.json").read_text())
        return {**event, "body": base64.b64encode(self._photos[kind]).decode()}

    def uploaded(self, kinds: list[str]) -> dict[str, Any]:
        """Upload photos and return the SQS event of their notifications."""
        return {"Records": [self._upload(kind) for kind in kinds]}

    def _upload(self, kind: str) -> dict[str, Any]:
        key, photo = f"bench/{uuid4()}.jpg", self._photos[kind]
        bucket = self.stack.outputs["UploadsBucketName"]
        version = self._s3.put_object(Bucket=bucket, Key=key, Body=photo)["VersionId"]
        self._kinds[identifier_of(key)] = kind
        self._fresh.append(identifier_of(key))
        sequencer = f"{time.time_ns():020X}"
        return _message(bucket, key, size=len(photo), versionId=version, sequencer=sequencer)

    def preprocessed(self, kinds: list[str]) -> dict[str, Any]:
        """Return the SQS event of the next preprocessed photos, which must be of these kinds."""
        bucket = self.stack.outputs["PicturesBucketName"]
        chosen, self._fresh = self._fresh[: len(kinds)], self._fresh[len(kinds) :]
        assert [self._kinds[identifier] for identifier in chosen] == kinds
        keys = [f"{name}/picture.png" for name in self._folders(bucket, chosen)]
        return {"Records": [_message(bucket, key, size=1) for key in keys]}

    def _folders(self, bucket: str, identifiers: list[str]) -> Iterator[str]:
        for identifier in identifiers:
            found = self._s3.list_objects_v2(Bucket=bucket, Prefix=f"{identifier}/")["Contents"]
            yield found[0]["Key"].rpartition("/")[0]

    def record_logs(self, name: str, photos: int) -> None:
        """Record the log bytes per photo and the metrics of a call."""
        lines = self._log.readlines()
        self._logged[name].append(sum(len(line) + LINE_BYTES for line in lines) / photos)
        for line in lines:
            if line.startswith(b'{"_aws"'):
                for written in json.loads(line)["_aws"]["CloudWatchMetrics"]:
                    of = (name, *(each for dimensions in written["Dimensions"] for each in dimensions))
                    self._metrics |= {(*of, metric["Name"]) for metric in written["Metrics"]}

    def outputs(self) -> dict[str, Any]:
        """Return the sizes of all outputs per photo, as the file of measurements has them."""
        return {
            "photos": {kind: self._photo(kind) for kind in self._photos},
            "logs": {name: round(sum(sizes) / len(sizes)) for name, sizes in self._logged.items()},
            "metrics": {name: sum(metric[0] == name for metric in self._metrics) for name in FUNCTIONS},
        }

    def _photo(self, kind: str) -> dict[str, int]:
        width, height = Image.open(io.BytesIO(self._photos[kind])).size
        identifier = next(each for each, of in self._kinds.items() if of == kind)
        pictures = self._sizes("PicturesBucketName", f"{identifier}/")
        (result,) = self._sizes("ResultsBucketName", f"results/{identifier}").values()
        response = self.responses[kind]
        return {
            "width": width,
            "height": height,
            "bytes": len(self._photos[kind]),
            "answer": len(gzip.compress(response)),
            "http_record": self._record(json.loads(response)["id"]),
            "s3_record": self._record(identifier),
            "picture": pictures["picture.png"],
            "thumbnail": pictures["thumbnail.jpg"],
            "result": result,
        }

    def _sizes(self, bucket: str, prefix: str) -> dict[str, int]:
        found = self._s3.list_objects_v2(Bucket=self.stack.outputs[bucket], Prefix=prefix)["Contents"]
        return {each["Key"].rpartition("/")[2]: each["Size"] for each in found}

    def _record(self, identifier: str) -> int:
        table = self.stack.outputs["TableName"]
        item = self._dynamodb.get_item(TableName=table, Key={"id": {"S": identifier}})["Item"]
        # As DynamoDB counts: the names and the values of all attributes.
        attributes: dict[str, Any] = {name: next(iter(value.values())) for name, value in item.items()}
        return sum(
            len(name) + len(value if isinstance(value, bytes) else str(value))
            for name, value in attributes.items()
        )


def _message(bucket: str, key: str, **s3_object: Any) -> dict[str, Any]:
    record = {
        "eventName": "ObjectCreated:Put",
        "eventTime": datetime.now(UTC).isoformat(),
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key), **s3_object}},
    }
    body = json.dumps({"Records": [record]})
    return {"messageId": str(uuid4()), "body": body, "eventSource": "aws:sqs", "attributes": {}}
