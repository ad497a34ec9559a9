"""The project's own template: a photo in the uploads bucket gets its classification."""

import io
import json
import shutil
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from boto3.s3.transfer import TransferConfig
from PIL import Image

from frond.preprocessing import PreprocessingSpec, read_photo
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


def finished(frond: Running, path: str) -> Any:
    """Return the classification at a path once it is finished."""

    def found() -> Any:
        answer = frond.ask(path).json()
        each = answer["classifications"][0] if answer.get("classifications") else answer
        return each if each.get("status") in ("succeeded", "failed") else None

    return eventually(found, patience=60)


def upload(frond: Running, key: str, photo: bytes) -> Any:
    """Put a photo into the uploads bucket as any client of S3 does, and wait for what comes of it."""
    frond.s3.put_object(Bucket=frond.facts["uploads_bucket"], Key=key, Body=photo)
    return finished(frond, f"/v1/classifications?key={quote(key, safe='')}")


def made_of(frond: Running, identifier: str) -> dict[str, bytes]:
    """Return what was made of an upload, by name."""
    bucket = frond.facts["pictures_bucket"]
    keys = [
        item["Key"] for item in frond.s3.list_objects_v2(Bucket=bucket, Prefix=f"{identifier}/")["Contents"]
    ]
    return {
        key.rpartition("/")[2]: frond.s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys
    }


def test_a_photo_gets_the_answer_that_it_gets_over_http(frond: Running, seedling: bytes) -> None:
    found = upload(frond, "field notes/maïs 1+1%.jpg", seedling)

    over_http = frond.ask(
        "/v1/classifications", "POST", body=seedling, headers={"content-type": "image/jpeg"}
    ).json()
    assert found["predictions"] == over_http["predictions"]
    assert found["source"] == {"door": "s3", "key": "field notes/maïs 1+1%.jpg"}
    made = made_of(frond, found["id"])
    assert set(made) == {"picture.png", "thumbnail.jpg"}
    pixels = np.asarray(Image.open(io.BytesIO(made["picture.png"])))
    assert np.array_equal(pixels, read_photo(seedling, PreprocessingSpec(size=pixels.shape[0])).pixels)
    stored = frond.s3.get_object(Bucket=frond.facts["results_bucket"], Key=f"results/{found['id']}.json")
    assert json.loads(stored["Body"].read()) == frond.ask(f"/v1/classifications/{found['id']}").json()


def test_what_is_no_photo_ends_with_the_reason_and_does_not_come_back(frond: Running) -> None:
    found = upload(frond, "notes.txt", b"not a photo")

    assert (found["status"], found["error"]["type"]) == ("failed", "urn:frond:problem:unsupported-format")
    for name in ("UploadsQueue", "PicturesQueue"):
        (url,) = frond.sqs.list_queues(QueueNamePrefix=f"frond-local-{name}")["QueueUrls"]
        assert eventually(partial(nothing_in, frond, url))


def test_a_second_photo_under_a_key_takes_the_place_of_the_first(frond: Running, seedling: bytes) -> None:
    first = upload(frond, "same.jpg", b"not a photo")
    frond.s3.put_object(Bucket=frond.facts["uploads_bucket"], Key="same.jpg", Body=seedling)

    path = f"/v1/classifications/{first['id']}"
    assert eventually(lambda: frond.ask(path).json()["status"] == "succeeded" or None, patience=60)
    assert len(frond.ask("/v1/classifications?key=same.jpg").json()["classifications"]) == 1


def test_a_photo_that_is_sent_in_parts_is_classified(frond: Running, seedling: bytes) -> None:
    parts = TransferConfig(multipart_threshold=5 * MB, multipart_chunksize=5 * MB)
    photo = io.BytesIO(seedling + bytes(6 * MB))  # readers of JPEG stop where the photo ends
    frond.s3.upload_fileobj(photo, frond.facts["uploads_bucket"], "in parts.jpg", Config=parts)

    found = finished(frond, "/v1/classifications?key=in%20parts.jpg")
    assert (found["status"], found["verdict"]) == ("succeeded", "identified")


def announce(frond: Running, content_type: str, size: int) -> Any:
    body = json.dumps({"content_type": content_type, "size": size}).encode()
    answer = frond.ask("/v1/uploads", "POST", body=body, headers={"content-type": "application/json"})
    assert answer.status == 201
    return answer.json()


def send(frond: Running, form: Any, photo: bytes) -> int:
    """Post a photo with a signed form, which needs no key; return S3's status."""
    fields = {**form["fields"], "file": ("photo", photo, form["fields"]["Content-Type"])}
    return frond.ask("", "POST", base=form["url"], key="", fields=fields).status


def test_an_announced_photo_is_classified_under_the_id_that_was_promised(
    frond: Running, seedling: bytes
) -> None:
    form = announce(frond, "image/jpeg", len(seedling))
    assert frond.ask(f"/v1/classifications/{form['id']}").json()["status"] == "queued"

    assert send(frond, form, seedling) < 300

    assert finished(frond, f"/v1/classifications/{form['id']}")["status"] == "succeeded"


def test_another_photo_than_the_announced_one_is_refused(frond: Running, seedling: bytes) -> None:
    form = announce(frond, "image/jpeg", len(seedling) + 1)
    status = send(frond, form, seedling)

    # S3 refuses it by the form's policy; where a policy is not looked at, its record tells.
    if status < 300:
        found = finished(frond, f"/v1/classifications/{form['id']}")
        assert found["error"]["type"] == "urn:frond:problem:broken-promise"


def test_deleting_leaves_nothing_of_a_photo(frond: Running, seedling: bytes) -> None:
    found = upload(frond, "secret.jpg", seedling)

    assert frond.ask(f"/v1/classifications/{found['id']}", "DELETE").status == 204

    assert frond.ask(f"/v1/classifications/{found['id']}").status == 404
    facts = frond.facts
    assert "Versions" not in frond.s3.list_object_versions(
        Bucket=facts["uploads_bucket"], Prefix="secret.jpg"
    )
    for bucket, prefix in (("pictures_bucket", found["id"]), ("results_bucket", f"results/{found['id']}")):
        assert frond.s3.list_objects_v2(Bucket=facts[bucket], Prefix=prefix)["KeyCount"] == 0


def nothing_in(frond: Running, url: str) -> bool | None:
    """Tell whether a queue holds no message, those that are being worked on included."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = frond.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return not any(int(count) for count in attributes.values()) or None


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
