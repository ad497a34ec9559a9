"""Classify uploads with the project's own template, from the S3 object to the result."""

import io
import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from boto3.s3.transfer import TransferConfig
from PIL import Image

from frond.preprocessing import PreprocessingSpec, read_photo
from tests.support.running_stack import RunningStack, link_project, running_stack
from tests.support.waiting import eventually

MB = 1024 * 1024


@pytest.fixture(scope="module")
def frond(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The project's stack, with its ``.frond`` in a folder of its own."""
    folder = tmp_path_factory.mktemp("frond")
    with running_stack(folder / "log", template=link_project(folder / "stack")) as running:
        yield running


def finished(frond: RunningStack, path: str) -> Any:
    """Return the classification at a path once it has succeeded or failed."""

    def found() -> Any:
        body = frond.request(path).json()
        record = body["classifications"][0] if body.get("classifications") else body
        return record if record.get("status") in ("succeeded", "failed") else None

    return eventually(found)


def upload(frond: RunningStack, key: str, photo: bytes) -> Any:
    """Put a photo into the uploads bucket and return its finished classification."""
    frond.s3.put_object(Bucket=frond.info["uploads_bucket"], Key=key, Body=photo)
    return finished(frond, f"/v1/classifications?key={quote(key, safe='')}")


def preprocessed(frond: RunningStack, identifier: str) -> dict[str, bytes]:
    """Return the objects of an upload in the pictures bucket, by name."""
    bucket = frond.info["pictures_bucket"]
    keys = [
        item["Key"] for item in frond.s3.list_objects_v2(Bucket=bucket, Prefix=f"{identifier}/")["Contents"]
    ]
    return {
        key.rpartition("/")[2]: frond.s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys
    }


def test_an_upload_gets_the_predictions_of_the_http_api(frond: RunningStack, seedling: bytes) -> None:
    found = upload(frond, "field notes/maïs 1+1%.jpg", seedling)

    over_http = frond.request(
        "/v1/classifications", "POST", body=seedling, headers={"content-type": "image/jpeg"}
    ).json()
    assert found["predictions"] == over_http["predictions"]
    assert found["source"] == {"door": "s3", "key": "field notes/maïs 1+1%.jpg"}
    objects = preprocessed(frond, found["id"])
    assert set(objects) == {"picture.png", "thumbnail.jpg"}
    pixels = np.asarray(Image.open(io.BytesIO(objects["picture.png"])))
    assert np.array_equal(pixels, read_photo(seedling, PreprocessingSpec(size=pixels.shape[0])).pixels)
    stored = frond.s3.get_object(Bucket=frond.info["results_bucket"], Key=f"results/{found['id']}.json")
    assert json.loads(stored["Body"].read()) == frond.request(f"/v1/classifications/{found['id']}").json()


def test_a_file_that_is_not_a_photo_fails_without_a_retry(frond: RunningStack) -> None:
    found = upload(frond, "notes.txt", b"not a photo")

    assert (found["status"], found["error"]["type"]) == ("failed", "urn:frond:problem:unsupported-format")
    for name in ("UploadsQueue", "PicturesQueue"):
        (url,) = frond.sqs.list_queues(QueueNamePrefix=f"frond-local-{name}")["QueueUrls"]
        eventually(partial(empty, frond, url))


def test_a_second_upload_with_the_same_key_replaces_the_first(frond: RunningStack, seedling: bytes) -> None:
    first = upload(frond, "same.jpg", b"not a photo")
    frond.s3.put_object(Bucket=frond.info["uploads_bucket"], Key="same.jpg", Body=seedling)

    path = f"/v1/classifications/{first['id']}"
    assert eventually(lambda: frond.request(path).json()["status"] == "succeeded" or None)
    assert len(frond.request("/v1/classifications?key=same.jpg").json()["classifications"]) == 1


def test_a_multipart_upload_is_classified(frond: RunningStack, seedling: bytes) -> None:
    parts = TransferConfig(multipart_threshold=5 * MB, multipart_chunksize=5 * MB)
    photo = io.BytesIO(seedling + bytes(6 * MB))  # JPEG decoders stop at the end of the image
    frond.s3.upload_fileobj(photo, frond.info["uploads_bucket"], "in parts.jpg", Config=parts)

    found = finished(frond, "/v1/classifications?key=in%20parts.jpg")
    assert (found["status"], found["verdict"]) == ("succeeded", "identified")


def request_form(frond: RunningStack, content_type: str, size: int) -> Any:
    """Request a presigned POST."""
    body = json.dumps({"content_type": content_type, "size": size}).encode()
    response = frond.request("/v1/uploads", "POST", body=body, headers={"content-type": "application/json"})
    assert response.status == 201
    return response.json()


def send(frond: RunningStack, form: Any, photo: bytes) -> int:
    """Send a photo with a presigned POST, which needs no API key; return the status of S3."""
    fields = {**form["fields"], "file": ("photo", photo, form["fields"]["Content-Type"])}
    return frond.request("", "POST", base=form["url"], key="", fields=fields).status


def test_a_presigned_upload_is_classified_under_its_id(frond: RunningStack, seedling: bytes) -> None:
    form = request_form(frond, "image/jpeg", len(seedling))
    assert frond.request(f"/v1/classifications/{form['id']}").json()["status"] == "queued"

    assert send(frond, form, seedling) < 300

    assert finished(frond, f"/v1/classifications/{form['id']}")["status"] == "succeeded"


def test_an_upload_of_another_size_than_requested_is_rejected(frond: RunningStack, seedling: bytes) -> None:
    form = request_form(frond, "image/jpeg", len(seedling) + 1)
    status = send(frond, form, seedling)

    # S3 rejects it by the form's policy. Moto ignores policies, so there the record has the error.
    if status < 300:
        found = finished(frond, f"/v1/classifications/{form['id']}")
        assert found["error"]["type"] == "urn:frond:problem:broken-promise"


def test_deleting_removes_every_object_of_an_upload(frond: RunningStack, seedling: bytes) -> None:
    found = upload(frond, "secret.jpg", seedling)

    assert frond.request(f"/v1/classifications/{found['id']}", "DELETE").status == 204

    assert frond.request(f"/v1/classifications/{found['id']}").status == 404
    assert "Versions" not in frond.s3.list_object_versions(
        Bucket=frond.info["uploads_bucket"], Prefix="secret.jpg"
    )
    for bucket, prefix in (("pictures_bucket", found["id"]), ("results_bucket", f"results/{found['id']}")):
        assert frond.s3.list_objects_v2(Bucket=frond.info[bucket], Prefix=prefix)["KeyCount"] == 0


def empty(frond: RunningStack, url: str) -> bool | None:
    return frond.queue_length(url) == 0 or None


def test_gateway_responses_are_problem_documents(frond: RunningStack) -> None:
    missing = frond.request("/v1/species", key="")
    large = frond.request("/v1/classifications", "POST", body=bytes(11 * MB))
    for response, slug in ((missing, "missing-key"), (large, "payload-too-large")):
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["type"] == f"urn:frond:problem:{slug}"
        assert problem["status"] == response.status
        assert problem["request_id"] == response.headers["x-amzn-requestid"]
        assert problem["title"]
        assert problem["detail"]
    assert (missing.status, large.status) == (403, 413)
    assert "POST /v1/uploads" in large.json()["detail"]
