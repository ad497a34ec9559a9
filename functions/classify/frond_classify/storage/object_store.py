"""The S3 objects of a classification: the upload, the preprocessed photo and the result."""

import json
from collections.abc import Iterator
from typing import Any

from frond.s3_objects import S3Object, get_object
from frond.uploads import Upload
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients


class ObjectStore:
    """The buckets of uploads, preprocessed photos and results."""

    def __init__(self, aws: AwsClients, settings: ClassifySettings) -> None:
        self._aws, self._settings = aws, settings

    def get_preprocessed(self, key: str) -> S3Object:
        """Return an object of the bucket of preprocessed photos.

        Raises
        ------
        frond.problems.VanishedPhoto
            There is no such object.
        """
        return get_object(self._aws.s3, self._settings.pictures_bucket, key)

    def get_upload(self, upload: Upload) -> bytes:
        """Return the original bytes of an upload.

        Raises
        ------
        frond.problems.VanishedPhoto
            It was deleted or has expired.
        """
        return get_object(self._aws.s3, upload.bucket, upload.key, upload.version).content

    def put_result(self, identifier: str, result: dict[str, Any]) -> None:
        """Store the result of a classification as JSON."""
        self._aws.s3.put_object(
            Bucket=self._settings.results_bucket,
            Key=_result_key(identifier),
            Body=json.dumps(result, ensure_ascii=False).encode(),
            ContentType="application/json",
        )

    def delete_all(self, identifier: str, key: str | None) -> None:
        """Delete every object of a classification; objects that are gone already are no error.

        Parameters
        ----------
        key
            Of the upload, all of whose versions are deleted; None if there is none.
        """
        settings = self._settings
        if settings.uploads_bucket and key is not None:
            self._delete(settings.uploads_bucket, self._list_versions(settings.uploads_bucket, key))
        if settings.pictures_bucket:
            self._delete(settings.pictures_bucket, self._list(settings.pictures_bucket, f"{identifier}/"))
        if settings.results_bucket:
            self._aws.s3.delete_object(Bucket=settings.results_bucket, Key=_result_key(identifier))

    def _list_versions(self, bucket: str, key: str) -> Iterator[dict[str, str]]:
        pages = self._aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
        for page in pages:
            for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if each["Key"] == key:
                    yield {"Key": key, "VersionId": each["VersionId"]}

    def _list(self, bucket: str, prefix: str) -> Iterator[dict[str, str]]:
        pages = self._aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            yield from ({"Key": each["Key"]} for each in page.get("Contents", []))

    def _delete(self, bucket: str, objects: Iterator[dict[str, str]]) -> None:
        # One by one: a classification has a handful of objects, and a batch call hides which of them failed.
        for each in list(objects):
            self._aws.s3.delete_object(Bucket=bucket, **each)  # type: ignore[arg-type]  # a key, and perhaps a version


def _result_key(identifier: str) -> str:
    return f"results/{identifier}.json"
