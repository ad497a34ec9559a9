"""The S3 objects of a classification: the upload, the preprocessed photo and the result."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from frond.s3_objects import S3Object, get_object
from frond.s3_upload import Upload
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """The objects of a photo: its preprocessed photos, and the versions of its upload with delete markers."""

    pictures: list[dict[str, str]]
    uploads: list[dict[str, str]]

    @property
    def versions(self) -> list[str]:
        """The ids of the upload's versions, the newest first."""
        return [each["VersionId"] for each in self.uploads]


class ObjectStore:
    """The buckets of uploads, preprocessed photos and results."""

    def __init__(self, aws: AwsClients, settings: ClassifySettings) -> None:
        self._aws, self._settings = aws, settings

    @cached_property
    def upload_origin(self) -> str:
        """Origin of the addresses in upload forms, such as `https://BUCKET.s3.eu-west-1.amazonaws.com`."""
        form = self._aws.s3.generate_presigned_post(Bucket=self._settings.uploads_bucket, Key="-")
        address = urlsplit(form["url"])
        return f"{address.scheme}://{address.netloc}"

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

    def delete_result(self, identifier: str) -> None:
        """Delete the result of a classification, if there is one."""
        if bucket := self._settings.results_bucket:
            self._aws.s3.delete_object(Bucket=bucket, Key=_result_key(identifier))

    def list_stored(self, identifier: str, key: str | None) -> StoredPhoto:
        """Return the objects of a classification, but for its result.

        Parameters
        ----------
        key
            Of the upload, all of whose versions are listed; None if there is none.
        """
        pictures, uploads = self._settings.pictures_bucket, self._settings.uploads_bucket
        return StoredPhoto(
            list(self._list(pictures, f"{identifier}/")) if pictures else [],
            list(self._list_versions(uploads, key)) if uploads and key is not None else [],
        )

    def delete_all(self, stored: StoredPhoto) -> None:
        """Delete the listed objects; those that are gone already are no error."""
        self._delete(self._settings.uploads_bucket, stored.uploads)
        self._delete(self._settings.pictures_bucket, stored.pictures)

    def delete_preprocessed(self, identifier: str, sequencer: str) -> None:
        """Delete the preprocessed photo of one upload, and no other upload's."""
        bucket = self._settings.pictures_bucket
        self._delete(bucket, list(self._list(bucket, f"{identifier}/{sequencer}/")))

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

    def _delete(self, bucket: str, objects: list[dict[str, str]]) -> None:
        # One by one: a classification has a handful of objects, and a batch call hides which of them failed.
        for each in objects:
            self._aws.s3.delete_object(Bucket=bucket, **each)  # type: ignore[arg-type]  # a key, and perhaps a version


def _result_key(identifier: str) -> str:
    return f"results/{identifier}.json"
