"""Upload hundreds of files while AWS calls fail and functions are killed; every upload gets its result."""

import json
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import ROOT, RecordFigures
from tests.support.running_stack import RunningStack, link_project, processes_of, running_stack
from tests.support.sample_images import decompression_bomb
from tests.support.waiting import eventually

SEED = 20261121
UPLOADS = 300
KILLED = 15
TIMEOUT_S = 240


@pytest.fixture
def switch(tmp_path: Path) -> Path:
    """The file whose existence turns the faults on."""
    return tmp_path / "faults"


@pytest.fixture
def stack(tmp_path: Path, switch: Path) -> Iterator[RunningStack]:
    with faulty_stack(tmp_path, switch) as running:
        yield running


@contextmanager
def faulty_stack(folder: Path, switch: Path, *replacements: tuple[str, str]) -> Iterator[RunningStack]:
    """Run the stack with faults; failed messages return after seconds instead of minutes."""
    quick = [("VisibilityTimeout: 370", "VisibilityTimeout: 5"), ("maxReceiveCount: 5", "maxReceiveCount: 3")]
    environment = {"FAULTS": str(switch), "FAULTS_SEED": str(SEED), "PYTHONPATH": str(ROOT)}
    with running_stack(
        folder / "log",
        template=link_project(folder / "stack", *quick, *replacements),
        program=["-m", "tests.support.faulty_stack"],
        environment=environment,
    ) as running:
        yield running


class Uploader:
    """Upload files of every kind, in an order that the seed determines."""

    def __init__(self, stack: RunningStack, photos: list[bytes], dice: random.Random) -> None:
        self.stack, self.photos, self.dice = stack, photos, dice
        self.bucket = stack.info["uploads_bucket"]
        self.s3 = stack.s3
        self.kinds: dict[str, str] = {}

    def upload_all(self) -> None:
        kinds = self.dice.choices(
            ["photo", "text", "empty", "bomb", "truncated", "deleted", "twice"],
            [70, 5, 5, 5, 5, 5, 5],
            k=UPLOADS,
        )
        self.kinds = {f"uploads/{number:03} {kind} 1+1%é.jpg": kind for number, kind in enumerate(kinds)}
        photos = [self.dice.choice(self.photos) for _ in kinds]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.upload, self.kinds, kinds, photos))

    def upload(self, key: str, kind: str, photo: bytes) -> None:
        body = {
            "text": b"water the plants",
            "empty": b"",
            "bomb": decompression_bomb(),
            "truncated": photo[: len(photo) // 2],
        }
        if kind == "twice":
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"the wrong file")
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.get(kind, photo))
        if kind == "deleted":
            for version in self.s3.list_object_versions(Bucket=self.bucket, Prefix=key)["Versions"]:
                self.s3.delete_object(Bucket=self.bucket, Key=key, VersionId=version["VersionId"])

    def repeat_some(self) -> int:
        """Send copies of queued notifications again, out of order."""
        queue = self.queue("UploadsQueueUrl")
        sqs = self.stack.sqs
        waiting = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=1)
        bodies = [message["Body"] for message in waiting.get("Messages", [])] * 5
        self.dice.shuffle(bodies)
        for body in bodies:
            sqs.send_message(QueueUrl=queue, MessageBody=body)
        return len(bodies)

    def queue(self, output: str) -> str:
        outputs = self.stack.client("cloudformation").describe_stacks()["Stacks"][0]["Outputs"]
        (url,) = (each["OutputValue"] for each in outputs if each["OutputKey"] == output)
        return str(url)


class Killer(threading.Thread):
    """Kill a process of a function at random moments."""

    def __init__(self, stack: RunningStack, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self.variable = f"AWS_ENDPOINT_URL={stack.info['aws_endpoint_url']}".encode()
        self.dice, self.killed, self.stopping = dice, 0, threading.Event()

    def run(self) -> None:
        while self.killed < KILLED and not self.stopping.wait(self.dice.uniform(0.5, 2.5)):
            victims = [pid for name in ("preprocess", "classify") for pid in self.processes(name)]
            if victims:
                with suppress(ProcessLookupError):
                    os.kill(self.dice.choice(victims), signal.SIGKILL)
                    self.killed += 1

    def processes(self, name: str) -> list[int]:
        """Return a function's processes, except those of another stack on this machine."""
        found = []
        for pid in processes_of(ROOT / "functions" / name):
            with suppress(OSError):
                if self.variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(pid)
        return found


@pytest.mark.timeout(600)
def test_every_upload_ends_in_one_record_or_waits_in_a_dead_letter_queue(
    stack: RunningStack, switch: Path, seedlings: Path, record_figures: RecordFigures
) -> None:
    uploader = Uploader(
        stack, [path.read_bytes() for path in sorted(seedlings.glob("*.jpg"))], random.Random(SEED)
    )
    killer = Killer(stack, random.Random(SEED))
    events = listen(stack)
    switch.touch()
    killer.start()
    uploader.upload_all()
    repeated = uploader.repeat_some()
    wait_until_quiet(uploader)
    killer.stopping.set()
    killer.join()
    switch.unlink()

    dead = redrive(uploader)
    wait_until_quiet(uploader)

    records = all_records(stack)
    by_key = Counter(record["source"]["key"] for record in records)
    assert by_key == Counter(dict.fromkeys(uploader.kinds, 1))
    for record in records:
        check(record, uploader.kinds[record["source"]["key"]])
        assert result(stack, record["id"]) == record
    killed_twice = [each for each in records if "unprocessable" in (each["error"] or {}).get("type", "")]
    assert len(killed_twice) <= 1
    received = events()
    assert set(received) == {record["id"] for record in records}
    assert messages(uploader, "UploadsDeadLettersUrl") + messages(uploader, "PicturesDeadLettersUrl") == 0
    assert killer.killed == KILLED
    ends = Counter(record["status"] for record in records)
    record_figures(
        f"{len(uploader.kinds)} uploads {dict(Counter(uploader.kinds.values()))}, {repeated} notifications "
        f"sent again, {killer.killed} processes killed, {dead} messages redriven: "
        f"{len(records)} records {dict(ends)}, {sum(received.values())} events for {len(received)} of them"
    )


def test_photos_wait_in_the_queue_while_the_model_cannot_be_loaded(
    tmp_path: Path, switch: Path, seedlings: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    worker = "POWERTOOLS_SERVICE_NAME: worker"
    no_model = (worker, f"{worker}\n          FROND_MODEL_DIR: {model}")
    # A long timeout, so that the photo is preprocessed once even on a slow machine.
    patient = visible_after("Uploads", 5, 60)
    quick = visible_after("Pictures", 5, 2)
    with faulty_stack(tmp_path, switch, no_model, patient, quick) as stack:
        uploader = Uploader(
            stack, [path.read_bytes() for path in seedlings.glob("*.jpg")], random.Random(SEED)
        )
        uploader.upload("a.jpg", "photo", uploader.photos[0])
        # The photo's message, and the test event of the notification's configuration.
        assert eventually(lambda: messages(uploader, "PicturesDeadLettersUrl") == 2 or None, TIMEOUT_S)
        (waiting,) = all_records(stack)
        assert waiting["status"] == "running"

        shutil.copytree(ROOT / "functions" / "classify" / "model", model, dirs_exist_ok=True)
        assert redrive(uploader) == 2
        wait_until_quiet(uploader)

        (finished,) = all_records(stack)
        assert finished["status"] == "succeeded"
        assert result(stack, finished["id"]) == finished


def visible_after(queue: str, before: int, after: int) -> tuple[str, str]:
    """Return the replacement that changes a queue's visibility timeout, in seconds."""
    following = f"""
      MessageRetentionPeriod: 345600
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt {queue}DeadLetters.Arn"""
    return f"VisibilityTimeout: {before}{following}", f"VisibilityTimeout: {after}{following}"


def check(record: dict[str, Any], kind: str) -> None:
    expected = {
        "photo": None,
        "twice": None,
        "text": "unsupported-format",
        "empty": "empty-body",
        "bomb": "too-many-pixels",
        "truncated": "unreadable-photo",
    }
    problem = (record["error"] or {}).get("type", "").removeprefix("urn:frond:problem:") or None
    if problem == "unprocessable-photo":  # killed twice while it was decoded; counted by the caller
        pass
    elif kind == "deleted":  # the function may read it before it is deleted
        assert problem in {None, "vanished-photo"}, record
    else:
        assert problem == expected[kind], record
    assert record["status"] == ("failed" if problem else "succeeded")


def listen(stack: RunningStack) -> Any:
    """Subscribe to the events; return a function that counts them by classification id."""
    queue = stack.sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:listener"
    client = stack.client("events")
    client.put_rule(Name="all", EventPattern=json.dumps({"source": ["frond"]}))
    client.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])

    def count() -> Counter[str]:
        seen: Counter[str] = Counter()
        while found := stack.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                seen[json.loads(message["Body"])["detail"]["id"]] += 1
                stack.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return seen

    return count


def wait_until_quiet(uploader: Uploader) -> None:
    """Wait until the queues stay empty for longer than the visibility timeout hides a message."""
    quiet_since = time.monotonic()
    deadline = quiet_since + TIMEOUT_S
    while time.monotonic() - quiet_since < 3:
        assert time.monotonic() < deadline, uploader.stack.log.read_text()[-5000:]
        if messages(uploader, "UploadsQueueUrl") + messages(uploader, "PicturesQueueUrl"):
            quiet_since = time.monotonic()
        time.sleep(0.3)


def messages(uploader: Uploader, output: str) -> int:
    return uploader.stack.queue_length(uploader.queue(output))


def redrive(uploader: Uploader) -> int:
    """Move dead letters back to their queues, as ``frond dlq redrive`` does."""
    sqs, moved = uploader.stack.sqs, 0
    for name in ("Uploads", "Pictures"):
        letters, queue = uploader.queue(f"{name}DeadLettersUrl"), uploader.queue(f"{name}QueueUrl")
        while found := sqs.receive_message(QueueUrl=letters, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=letters, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
    return moved


def all_records(stack: RunningStack) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = stack.request(f"/v1/classifications?limit=100{cursor}").json()
        records += page["classifications"]
        if not page["next_cursor"]:
            return records
        cursor = f"&cursor={quote(page['next_cursor'])}"


def result(stack: RunningStack, identifier: str) -> Any:
    key = f"results/{identifier}.json"
    return json.loads(stack.s3.get_object(Bucket=stack.info["results_bucket"], Key=key)["Body"].read())
