"""The results bucket: a JSON file for each upload that was classified."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from frond_client.identifiers import classification_id

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER = "results/"
FINAL = frozenset({"succeeded", "failed"})
# S3 tells whole seconds.
TOLERANCE = timedelta(seconds=1)


def result_key(identifier: str) -> str:
    """Return the key that a classification's result has."""
    return f"{FOLDER}{identifier}.json"


def is_of(uploaded: datetime, finished: datetime) -> bool:
    """Tell whether a result that came at one time can be that of an upload at another."""
    return finished >= uploaded - TOLERANCE


def result(s3: "S3Client", bucket: str, key: str, uploaded: datetime) -> dict[str, Any] | None:
    """Return the classification of an uploaded object; ``None`` while there is none.

    Parameters
    ----------
    s3, bucket
        Where results are.
    key
        Of the uploaded object.
    uploaded
        When it came; what is older is the result of something that it replaced.

    Raises
    ------
    ValueError, TypeError
        If the result is not one.
    """
    try:
        answer = s3.get_object(Bucket=bucket, Key=result_key(classification_id(key)))
    except s3.exceptions.NoSuchKey:
        return None
    with answer["Body"] as body:
        if not is_of(uploaded, answer["LastModified"]):
            return None
        document = json.loads(body.read())
    if not isinstance(document, dict):
        raise TypeError("not a JSON object")
    return document if document.get("status") in FINAL else None
