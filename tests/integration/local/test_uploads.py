"""The project's own template: a photo in the uploads bucket becomes a picture in the pictures bucket."""

import base64
import io
import json
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from frond.images import Recipe, read_photo
from tests.integration.local.running import ROOT, Running, eventually, serving

MB = 1024 * 1024


@pytest.fixture(scope="module")
def frond(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The project's stack, with its files in a folder of its own."""
    folder = tmp_path_factory.mktemp("frond") / "stack"
    folder.mkdir()
    shutil.copy(ROOT / "template.yaml", folder)
    for name in ("functions", "layers"):
        (folder / name).symlink_to(ROOT / name)
    with serving(folder / "template.yaml", folder.parent / "log") as running:
        yield running


def made_of(frond: Running, key: str, name: str) -> bytes | None:
    """Return what was made of an upload; nothing if it is not there yet."""
    bucket, mark = frond.facts["pictures_bucket"], base64.urlsafe_b64encode(key.encode()).decode()
    for item in frond.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        found = frond.s3.get_object(Bucket=bucket, Key=item["Key"])
        if item["Key"].endswith(name) and mark in found["Metadata"].values():
            return found["Body"].read()
    return None


def test_a_photo_becomes_the_picture_that_the_model_sees(frond: Running, seedling: bytes) -> None:
    key = "field notes/maïs 1+1.jpg"
    frond.s3.put_object(Bucket=frond.facts["uploads_bucket"], Key=key, Body=seedling)
    picture = eventually(lambda: made_of(frond, key, "/picture.png"), patience=60)
    pixels = np.asarray(Image.open(io.BytesIO(picture)))
    assert np.array_equal(pixels, read_photo(seedling, Recipe(size=pixels.shape[0])).pixels)


def test_what_is_no_photo_is_recorded_and_does_not_come_back(frond: Running) -> None:
    frond.s3.put_object(Bucket=frond.facts["uploads_bucket"], Key="notes.txt", Body=b"not a photo")
    problem = json.loads(eventually(lambda: made_of(frond, "notes.txt", "/problem.json"), patience=60))
    assert problem["type"] == "urn:frond:problem:unsupported-format"
    (url,) = frond.sqs.list_queues(QueueNamePrefix="frond-local-UploadsQueue")["QueueUrls"]
    assert eventually(lambda: messages_of(frond, url) == 0 or None)


def messages_of(frond: Running, url: str) -> int:
    """Return how many messages a queue holds, the ones being worked on included."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = frond.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(count) for count in attributes.values())


def test_the_gateways_own_answers_are_ours(frond: Running) -> None:
    missing = frond.ask("/v1/species", key="")
    large = frond.ask("/v1/classifications", "POST", body=bytes(11 * MB))
    for answer, slug in ((missing, "missing-key"), (large, "payload-too-large")):
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["type"] == f"urn:frond:problem:{slug}"
        assert problem["status"] == answer.status
        assert problem["request_id"] == answer.headers["x-amzn-requestid"]
        assert problem["title"]
        assert problem["detail"]
    assert (missing.status, large.status) == (403, 413)
    assert "POST /v1/uploads" in large.json()["detail"]
