"""The results bucket: a JSON file for each upload that was classified."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from frond_client.object_keys import classification_id, result_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FINAL_STATUSES = frozenset({"succeeded", "failed"})
# S3 truncates times to seconds.
_TOLERANCE = timedelta(seconds=1)


def belongs_to_upload(uploaded: datetime, finished: datetime) -> bool:
    """Return whether a result was written after an upload, and not for a version that the upload replaced."""
    return finished >= uploaded - _TOLERANCE


def get_result(s3: "S3Client", bucket: str, key: str, uploaded: datetime) -> dict[str, Any] | None:
    """Return the final classification of an upload; ``None`` while there is none.

    Parameters
    ----------
    s3, bucket
        The results bucket and its client.
    key
        Of the upload.
    uploaded
        Time of the upload. An older result belongs to a version that the upload replaced.

    Raises
    ------
    ValueError, TypeError
        If the result is not a JSON object.
    """
    try:
        response = s3.get_object(Bucket=bucket, Key=result_key(classification_id(key)))
    except s3.exceptions.NoSuchKey:
        return None
    with response["Body"] as body:
        if not belongs_to_upload(uploaded, response["LastModified"]):
            return None
        document = json.loads(body.read())
    if not isinstance(document, dict):
        raise TypeError("not a JSON object")
    return document if document.get("status") in FINAL_STATUSES else None
