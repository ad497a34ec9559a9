"""What lies in the buckets for a classification: the original, what was made of it, and its result."""

import json
from collections.abc import Iterator
from typing import Any

from frond.s3_objects import S3Object, get_object
from frond.uploads import Upload
from frond_classify.settings import configuration
from frond_classify.storage.aws_clients import s3


def made(key: str) -> S3Object:
    """Return an object of the pictures bucket.

    Raises
    ------
    frond.problems.VanishedPhoto
        It is not there any more.
    """
    return get_object(s3(), configuration().pictures_bucket, key)


def original(upload: Upload) -> bytes:
    """Return a photo as it was uploaded.

    Raises
    ------
    frond.problems.VanishedPhoto
        It was deleted or has expired.
    """
    return get_object(s3(), upload.bucket, upload.key, upload.version).content


def put_result(identifier: str, result: dict[str, Any]) -> None:
    """Write a classification's result file."""
    s3().put_object(
        Bucket=configuration().results_bucket,
        Key=_result_key(identifier),
        Body=json.dumps(result, ensure_ascii=False).encode(),
        ContentType="application/json",
    )


def remove_result(identifier: str) -> None:
    """Remove a classification's result file, if there is one."""
    s3().delete_object(Bucket=configuration().results_bucket, Key=_result_key(identifier))


def remove_all(identifier: str, key: str | None) -> None:
    """Remove whatever there is of a classification; what is gone already is no fault.

    Parameters
    ----------
    key
        Of the original, which goes with all its versions; None where there is none.
    """
    settings = configuration()
    if settings.uploads_bucket and key is not None:
        _remove(settings.uploads_bucket, _versions(settings.uploads_bucket, key))
    if settings.pictures_bucket:
        _remove(settings.pictures_bucket, _under(settings.pictures_bucket, f"{identifier}/"))
    if settings.results_bucket:
        remove_result(identifier)


def _result_key(identifier: str) -> str:
    return f"results/{identifier}.json"


def _versions(bucket: str, key: str) -> Iterator[dict[str, str]]:
    pages = s3().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    for page in pages:
        for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            if each["Key"] == key:
                yield {"Key": key, "VersionId": each["VersionId"]}


def _under(bucket: str, prefix: str) -> Iterator[dict[str, str]]:
    pages = s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        yield from ({"Key": each["Key"]} for each in page.get("Contents", []))


def _remove(bucket: str, objects: Iterator[dict[str, str]]) -> None:
    # One by one: a classification has a handful of objects, and a call for many hides which of them failed.
    for each in list(objects):
        s3().delete_object(Bucket=bucket, **each)  # type: ignore[arg-type]  # a key, and perhaps a version
