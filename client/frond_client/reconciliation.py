"""Find uploads without a final record, and queue them again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from frond_client.aws_errors import describe_aws_error, error_code, is_credentials_error
from frond_client.object_keys import RESULTS_PREFIX, classification_id, result_key
from frond_client.records_table import final_classifications
from frond_client.thread_pool import thread_pool
from frond_client.uploads.bucket import BucketObject, is_folder, list_objects
from frond_client.uploads.results_bucket import belongs_to_upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

# Copying an object onto itself replaces its metadata, so pass these on.
_COPIED_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Metadata",
)
CONCURRENCY = 8
_GONE = {"404", "412", "NoSuchKey", "PreconditionFailed"}


@dataclass(frozen=True)
class UnfinishedUploads:
    """The uploads without a final record.

    Attributes
    ----------
    checked
        The number of uploads that were old enough to check.
    unfinished
        Those without a final record of their newest version, by key.
    """

    checked: int
    unfinished: dict[str, BucketObject]


@dataclass
class RequeueResult:
    """Counts and errors of queuing uploads again.

    Attributes
    ----------
    requeued
        The number of uploads that were queued again.
    gone
        The number of uploads that were deleted or replaced meanwhile.
    failed
        Keys that could not be queued, and why.
    """

    requeued: int = 0
    gone: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


def find_unfinished(
    s3: "S3Client",
    uploads_bucket: str,
    results_bucket: str,
    dynamodb: "DynamoDBClient",
    table: str,
    until: datetime,
) -> UnfinishedUploads:
    """Find uploads without a final record.

    Parameters
    ----------
    s3
        The stack's S3 client.
    uploads_bucket, results_bucket
        The stack's buckets.
    dynamodb, table
        The table of records and its client.
    until
        Leave out later uploads, which may be in progress.
    """
    objects = list_objects(s3, uploads_bucket, "")
    uploads = {
        key: each for key, each in objects.items() if each.modified <= until and not is_folder(key, each)
    }
    identifiers = {key: classification_id(key) for key in uploads}
    final = final_classifications(dynamodb, table, identifiers.values())
    results = list_objects(s3, results_bucket, RESULTS_PREFIX) if final else {}
    unfinished = {
        key: each
        for key, each in uploads.items()
        if identifiers[key] not in final
        or _is_of_older_version(each, results.get(result_key(identifiers[key])))
    }
    return UnfinishedUploads(len(uploads), unfinished)


def requeue(s3: "S3Client", bucket: str, key: str, upload: BucketObject) -> bool:
    """Copy an upload onto itself, so that S3 sends a notification as for a new one.

    Returns
    -------
    Whether it was copied: not if the upload is gone, or was replaced, which sent a notification already.

    Raises
    ------
    BotoCoreError, ClientError
        If AWS rejects the copy.
    """
    try:
        head: Any = s3.head_object(Bucket=bucket, Key=key, IfMatch=f'"{upload.etag}"')
        s3.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": key},
            CopySourceIfMatch=f'"{upload.etag}"',
            MetadataDirective="REPLACE",
            **{name: head[name] for name in _COPIED_HEADERS if name in head},
        )
    except ClientError as error:
        if error_code(error) in _GONE:
            return False
        raise
    return True


def requeue_all(
    s3: "S3Client", bucket: str, uploads: Mapping[str, BucketObject], on_done: Callable[[], None]
) -> RequeueResult:
    """Queue uploads again; continue after an upload that fails.

    Parameters
    ----------
    s3, bucket
        The uploads bucket and its client.
    uploads
        By key.
    on_done
        Called after each upload.

    Raises
    ------
    BotoCoreError, ClientError
        If the AWS credentials are missing or invalid.
    """
    result = RequeueResult()

    def try_requeue(key: str) -> bool | Exception:
        try:
            return requeue(s3, bucket, key, uploads[key])
        except (BotoCoreError, ClientError) as error:
            return error

    with thread_pool(CONCURRENCY) as executor:
        for key, done in zip(uploads, executor.map(try_requeue, uploads), strict=True):
            on_done()
            if isinstance(done, Exception):
                if is_credentials_error(done):
                    raise done
                result.failed.append((key, describe_aws_error(done)))
            elif done:
                result.requeued += 1
            else:
                result.gone += 1
    return result


def _is_of_older_version(upload: BucketObject, result: BucketObject | None) -> bool:
    """Return whether a result is older than the upload; without a result, trust the record."""
    return result is not None and not belongs_to_upload(upload.modified, result.modified)
