"""A photo that was deleted at any moment of its way does not come back; one uploaded afterwards stays.

The moments are the calls of AWS, in both functions and in the deletion itself.
"""

import io
import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import quote_plus
from uuid import uuid4

import pytest
from botocore.client import BaseClient
from PIL import Image

from frond.records import ExpectedUpload
from frond.s3_upload import reserved_key
from tests.support.aws_calls import counted_calls
from tests.support.lambda_context import FakeLambdaContext
from tests.unit.classify.conftest import Call, MotoAws

# Calls of AWS on the way of one photo, and in its deletion.
CALLS, DELETION_CALLS = 10, 8
# At random moments; `DELETIONS=1000` searches longer.
DELETIONS = int(os.environ.get("DELETIONS", "12"))
SEED = 20261121


class KilledError(BaseException):
    """The end of a process: no handler catches it."""


@dataclass
class Pipeline:
    """Both functions in this process, and their messages, which are delivered any number of times."""

    aws: MotoAws
    call: Call
    photo: bytes
    dice: random.Random
    identifier: str = field(default_factory=lambda: uuid4().hex)
    uploads: list[Any] = field(default_factory=list)
    pictures: list[Any] = field(default_factory=list)

    @property
    def key(self) -> str:
        return reserved_key(self.identifier)

    def request_form(self) -> None:
        self.aws.records.expect_upload(
            self.identifier, self.key, ExpectedUpload("image/jpeg", len(self.photo))
        )

    def upload(self) -> None:
        stored = self.aws.s3.put_object(
            Bucket="uploads", Key=self.key, Body=self.photo, ContentType="image/jpeg"
        )
        thing = {
            "key": quote_plus(self.key),
            "size": len(self.photo),
            "versionId": stored["VersionId"],
            # The seconds of a later day, and arbitrary digits: no clock of this test is near.
            "sequencer": f"00F{len(self.uploads):07X}{self.dice.getrandbits(32):08X}",
        }
        self.uploads.append(message("uploads", thing))

    def preprocess(self, notification: Any) -> None:
        from frond_preprocess.handler import handler

        with self._listed_pictures():
            handler({"Records": [notification]}, FakeLambdaContext("preprocess"))

    def classify(self, notification: Any) -> None:
        from frond_classify import worker

        worker.handler({"Records": [notification]}, FakeLambdaContext("worker"))

    def run(self) -> None:
        """Deliver the newest upload, and then its picture."""
        sent = len(self.pictures)
        self.preprocess(self.uploads[-1])
        for notification in self.pictures[sent:]:
            self.classify(notification)

    def delete(self) -> None:
        assert self.call("DELETE", f"/v1/classifications/{self.identifier}").status in {204, 404}

    def redeliver_all(self) -> None:
        """Deliver every message again, in any order, as after a visibility timeout."""
        for notification in self.dice.sample(self.uploads, len(self.uploads)):
            self.preprocess(notification)
        for notification in self.dice.sample(self.pictures, len(self.pictures)):
            self.classify(notification)

    @contextmanager
    def _listed_pictures(self) -> Iterator[None]:
        """Take the notifications of the pictures that are stored meanwhile, one for each write."""
        call = BaseClient._make_api_call  # type: ignore[attr-defined]

        def listed(client: BaseClient, operation: str, parameters: Any) -> Any:
            response = call(client, operation, parameters)
            key = parameters.get("Key", "")
            if operation == "PutObject" and key.endswith(("/picture.png", "/problem.json")):
                self.pictures.append(message("pictures", {"key": key}))
            return response

        with patch.object(BaseClient, "_make_api_call", listed):
            yield

    def remains(self) -> dict[str, Any]:
        """Return all that is left of the photo."""
        versions = self.aws.s3.list_object_versions(Bucket="uploads", Prefix=self.key)
        left = {
            "record": self.aws.records.get(self.identifier),
            "versions": versions.get("Versions"),
            "pictures": [key for key in self.aws.contents("pictures") if key.startswith(self.identifier)],
            "results": [key for key in self.aws.contents("results") if self.identifier in key],
        }
        return {name: value for name, value in left.items() if value}


def message(bucket: str, thing: dict[str, Any]) -> dict[str, Any]:
    created = {
        "eventName": "ObjectCreated:Put",
        "eventTime": datetime.now(UTC).isoformat(),
        "s3": {"bucket": {"name": bucket}, "object": thing},
    }
    body = json.dumps({"Records": [created]})
    return {"messageId": str(uuid4()), "body": body, "eventSource": "aws:sqs", "attributes": {}}


@contextmanager
def interrupted(number: int, interrupt: Callable[[], None]) -> Iterator[None]:
    """Run a function before the call of AWS with this number, and not during its own calls."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]
    left = number

    def counted(client: BaseClient, operation: str, parameters: Any) -> Any:
        nonlocal left
        left -= 1
        if left == -1:
            interrupt()
        return call(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", counted):
        yield


@pytest.fixture
def pipeline(aws: MotoAws, call: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    from frond_classify import queue_handler
    from frond_classify.schemas.classification import ClassificationResult
    from frond_preprocess.app import use_app

    # What the pixels show does not matter here, and takes most of the time.
    monkeypatch.setenv("FROND_PICTURE_SIZE", "16")
    monkeypatch.setattr(queue_handler, "classify_upload", lambda *_: ("succeeded", ClassificationResult()))
    photo = io.BytesIO()
    Image.new("RGB", (32, 32), "green").save(photo, "JPEG")
    use_app(None)
    yield Pipeline(aws, call, photo.getvalue(), random.Random(SEED))
    use_app(None)


def photos(pipeline: Pipeline, number: int) -> Iterator[tuple[int, Pipeline]]:
    """Yield numbers, and a photo for each whose upload was requested and sent."""
    for each in range(number):
        photo = Pipeline(pipeline.aws, pipeline.call, pipeline.photo, pipeline.dice)
        photo.request_form()
        photo.upload()
        yield each, photo


@pytest.mark.parametrize("killed", [False, True], ids=["", "killed"])
def test_a_photo_deleted_on_its_way_does_not_come_back(pipeline: Pipeline, *, killed: bool) -> None:
    for moment, photo in photos(pipeline, CALLS + 1):

        def interrupt(photo: Pipeline = photo) -> None:
            photo.delete()
            if killed:
                raise KilledError

        with interrupted(moment, interrupt), suppress(KilledError):
            photo.run()
        if moment == CALLS:
            photo.delete()
        photo.redeliver_all()
        assert photo.remains() == {}, moment


def test_the_moments_are_all_calls(pipeline: Pipeline) -> None:
    for _, photo in photos(pipeline, 1):
        with counted_calls() as calls:
            photo.run()
        assert calls.total() == CALLS
        assert set(photo.remains()) == {"record", "versions", "pictures", "results"}


def test_a_delivery_during_the_deletion_does_not_bring_the_photo_back(pipeline: Pipeline) -> None:
    for moment, photo in photos(pipeline, DELETION_CALLS):
        with interrupted(moment, photo.run):
            photo.delete()
        photo.redeliver_all()
        assert photo.remains() == {}, moment


def test_a_photo_classified_during_the_deletion_of_another_one_is_whole_or_gone(pipeline: Pipeline) -> None:
    for moment, photo in photos(pipeline, DELETION_CALLS):

        def upload_again(photo: Pipeline = photo) -> None:
            photo.upload()
            photo.run()

        photo.run()
        with interrupted(moment, upload_again):
            photo.delete()
        photo.redeliver_all()
        if found := photo.remains():
            assert found["record"].status == "succeeded"
            assert len(found["versions"]) == 1
            assert {key.rpartition("/")[2] for key in found["pictures"]} == {"picture.png", "thumbnail.jpg"}
            assert len(found["results"]) == 1


def test_photos_deleted_at_random_moments_do_not_come_back_and_newer_ones_stay(pipeline: Pipeline) -> None:
    dice = pipeline.dice
    for _, photo in photos(pipeline, DELETIONS):
        for _ in range(dice.randint(0, 2)):
            photo.upload()
        with interrupted(dice.randrange(CALLS), photo.delete):
            photo.run()
        photo.delete()
        photo.redeliver_all()
        assert photo.remains() == {}
        if dice.random() < 0.3:
            photo.upload()
            photo.redeliver_all()
            photo.run()
            assert set(photo.remains()) == {"record", "versions", "pictures", "results"}
