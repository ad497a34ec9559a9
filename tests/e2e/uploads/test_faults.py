"""Hundreds of uploads of every kind, while the cloud fails and functions are killed: nothing is lost."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
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

from tests.conftest import ROOT, Tell
from tests.integration.local.running import Running, eventually, processes_of
from tests.support.pictures import huge_header

SEED = 20261121
UPLOADS = 300
KILLED = 15
PATIENCE_S = 240


@pytest.fixture
def switch(tmp_path: Path) -> Path:
    """The file that turns the faults on."""
    return tmp_path / "faults"


@pytest.fixture
def stack(tmp_path: Path, switch: Path) -> Iterator[Running]:
    with served(project(tmp_path), tmp_path / "log", switch) as running:
        yield running


def project(place: Path, *changes: tuple[str, str]) -> Path:
    """Return a copy of the project whose messages come back after seconds instead of minutes."""
    folder = place / "stack"
    folder.mkdir()
    template = (ROOT / "template.yaml").read_text()
    quick = [("VisibilityTimeout: 370", "VisibilityTimeout: 5"), ("maxReceiveCount: 5", "maxReceiveCount: 3")]
    for before, after in [*quick, *changes]:
        assert before in template
        template = template.replace(before, after)
    (folder / "template.yaml").write_text(template)
    for name in ("functions", "layers"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@contextmanager
def served(folder: Path, log: Path, switch: Path) -> Iterator[Running]:
    script = Path(__file__).with_name("faulty_stack.py")
    command = [
        sys.executable,
        str(script),
        "serve",
        "--port",
        "0",
        "--template",
        str(folder / "template.yaml"),
    ]
    environment = {**os.environ, "FAULTS": str(switch), "FAULTS_SEED": str(SEED), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    facts_file = folder / ".frond" / "stack.json"
    try:
        eventually(lambda: facts_file.exists() or None, 120)
        yield Running(process, log, json.loads(facts_file.read_text()))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


class Crowd:
    """People who upload everything that people upload, in an order that the seed decides."""

    def __init__(self, stack: Running, photos: list[bytes], dice: random.Random) -> None:
        self.stack, self.photos, self.dice = stack, photos, dice
        self.bucket = stack.facts["uploads_bucket"]
        self.s3 = stack.s3
        self.kinds: dict[str, str] = {}

    def upload_all(self) -> None:
        kinds = self.dice.choices(
            ["photo", "text", "empty", "bomb", "cut", "deleted", "twice"], [70, 5, 5, 5, 5, 5, 5], k=UPLOADS
        )
        self.kinds = {f"crowd/{number:03} {kind} 1+1%é.jpg": kind for number, kind in enumerate(kinds)}
        photos = [self.dice.choice(self.photos) for _ in kinds]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.upload, self.kinds, kinds, photos))

    def upload(self, key: str, kind: str, photo: bytes) -> None:
        body = {
            "text": b"water the plants",
            "empty": b"",
            "bomb": huge_header(),
            "cut": photo[: len(photo) // 2],
        }
        if kind == "twice":
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"the wrong file")
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.get(kind, photo))
        if kind == "deleted":
            for version in self.s3.list_object_versions(Bucket=self.bucket, Prefix=key)["Versions"]:
                self.s3.delete_object(Bucket=self.bucket, Key=key, VersionId=version["VersionId"])

    def repeat_some(self) -> int:
        """Send notifications once more, out of order: copies of what waits in the queue."""
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
    """Kills a function's process now and then, whatever it is doing."""

    def __init__(self, stack: Running, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self.mark = f"AWS_ENDPOINT_URL={stack.facts['aws_endpoint_url']}".encode()
        self.dice, self.killed, self.stopping = dice, 0, threading.Event()

    def run(self) -> None:
        while self.killed < KILLED and not self.stopping.wait(self.dice.uniform(0.5, 2.5)):
            victims = [pid for name in ("preprocess", "classify") for pid in self.processes(name)]
            if victims:
                with suppress(ProcessLookupError):
                    os.kill(self.dice.choice(victims), signal.SIGKILL)
                    self.killed += 1

    def processes(self, name: str) -> list[int]:
        """Return a function's processes, and none of another stack on this machine."""
        found = []
        for pid in processes_of(ROOT / "functions" / name):
            with suppress(OSError):
                if self.mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(pid)
        return found


@pytest.mark.timeout(600)
def test_every_upload_ends_in_one_record_or_waits_in_a_dead_letter_queue(
    stack: Running, switch: Path, seedlings: Path, tell: Tell
) -> None:
    crowd = Crowd(stack, [path.read_bytes() for path in sorted(seedlings.glob("*.jpg"))], random.Random(SEED))
    killer = Killer(stack, random.Random(SEED))
    events = listen(stack)
    switch.touch()
    killer.start()
    crowd.upload_all()
    repeated = crowd.repeat_some()
    wait_until_quiet(crowd)
    killer.stopping.set()
    killer.join()
    switch.unlink()

    dead = redrive(crowd)
    wait_until_quiet(crowd)

    records = all_records(stack)
    by_key = Counter(record["source"]["key"] for record in records)
    assert by_key == Counter(dict.fromkeys(crowd.kinds, 1))
    for record in records:
        check(record, crowd.kinds[record["source"]["key"]])
        assert result(stack, record["id"]) == record
    told = events()
    assert set(told) == {record["id"] for record in records}
    assert messages(crowd, "UploadsDeadLettersUrl") + messages(crowd, "PicturesDeadLettersUrl") == 0
    assert killer.killed == KILLED
    ends = Counter(record["status"] for record in records)
    tell(
        f"{len(crowd.kinds)} uploads {dict(Counter(crowd.kinds.values()))}, {repeated} notifications "
        f"sent again, {killer.killed} processes killed, {dead} messages redriven: "
        f"{len(records)} records {dict(ends)}, {sum(told.values())} events for {len(told)} of them"
    )


def test_photos_wait_for_a_model_that_cannot_be_loaded_until_it_can(
    tmp_path: Path, switch: Path, seedlings: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    worker = "POWERTOOLS_SERVICE_NAME: worker"
    nowhere = (worker, f"{worker}\n          FROND_MODEL_DIR: {model}")
    # However slow the machine, the photo is preprocessed once: twice would be a message more.
    patient = visible_after("Uploads", 5, 60)
    quick = visible_after("Pictures", 5, 2)
    folder = project(tmp_path, nowhere, patient, quick)
    with served(folder, tmp_path / "log", switch) as stack:
        crowd = Crowd(stack, [path.read_bytes() for path in seedlings.glob("*.jpg")], random.Random(SEED))
        crowd.upload("a.jpg", "photo", crowd.photos[0])
        # The photo's message, and the test event that came when the notifications were set.
        assert eventually(lambda: messages(crowd, "PicturesDeadLettersUrl") == 2 or None, PATIENCE_S)
        (waiting,) = all_records(stack)
        assert waiting["status"] == "running"

        shutil.copytree(ROOT / "functions" / "classify" / "model", model, dirs_exist_ok=True)
        assert redrive(crowd) == 2
        wait_until_quiet(crowd)

        (finished,) = all_records(stack)
        assert finished["status"] == "succeeded"
        assert result(stack, finished["id"]) == finished


def visible_after(queue: str, before: int, after: int) -> tuple[str, str]:
    """Return the change of a queue's visibility timeout, seconds."""
    rest = f"""
      MessageRetentionPeriod: 345600
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt {queue}DeadLetters.Arn"""
    return f"VisibilityTimeout: {before}{rest}", f"VisibilityTimeout: {after}{rest}"


def check(record: dict[str, Any], kind: str) -> None:
    expected = {
        "photo": None,
        "twice": None,
        "text": "unsupported-format",
        "empty": "empty-body",
        "bomb": "too-many-pixels",
        "cut": "unreadable-photo",
    }
    problem = (record["error"] or {}).get("type", "").removeprefix("urn:frond:problem:") or None
    if kind == "deleted":  # read before it was deleted, or not
        assert problem in {None, "vanished-photo"}, record
    else:
        assert problem == expected[kind], record
    assert record["status"] == ("failed" if problem else "succeeded")


def listen(stack: Running) -> Any:
    """Subscribe to the events; return what counts them by id."""
    queue = stack.sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:listener"
    client = stack.client("events")
    client.put_rule(Name="all", EventPattern=json.dumps({"source": ["frond"]}))
    client.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])

    def told() -> Counter[str]:
        seen: Counter[str] = Counter()
        while found := stack.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                seen[json.loads(message["Body"])["detail"]["id"]] += 1
                stack.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return seen

    return told


def wait_until_quiet(crowd: Crowd) -> None:
    """Return when nothing waits and nothing is worked on, for longer than it takes to come back."""
    quiet_since = time.monotonic()
    deadline = quiet_since + PATIENCE_S
    while time.monotonic() - quiet_since < 3:
        assert time.monotonic() < deadline, crowd.stack.log.read_text()[-5000:]
        if messages(crowd, "UploadsQueueUrl") + messages(crowd, "PicturesQueueUrl"):
            quiet_since = time.monotonic()
        time.sleep(0.3)


def messages(crowd: Crowd, output: str) -> int:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = crowd.stack.sqs.get_queue_attributes(QueueUrl=crowd.queue(output), AttributeNames=names)
    return sum(int(count) for count in found["Attributes"].values())


def redrive(crowd: Crowd) -> int:
    """Send what is in the dead-letter queues back, as `frond dlq redrive` does."""
    sqs, moved = crowd.stack.sqs, 0
    for name in ("Uploads", "Pictures"):
        letters, queue = crowd.queue(f"{name}DeadLettersUrl"), crowd.queue(f"{name}QueueUrl")
        while found := sqs.receive_message(QueueUrl=letters, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=letters, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
    return moved


def all_records(stack: Running) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = stack.ask(f"/v1/classifications?limit=100{cursor}").json()
        records += page["classifications"]
        if not page["next_cursor"]:
            return records
        cursor = f"&cursor={quote(page['next_cursor'])}"


def result(stack: Running, identifier: str) -> Any:
    key = f"results/{identifier}.json"
    return json.loads(stack.s3.get_object(Bucket=stack.facts["results_bucket"], Key=key)["Body"].read())
