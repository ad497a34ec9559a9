"""Uploads that nobody answered, and how they are queued again."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from frond_client.aws_errors import ends_everything, error_code, sentence
from frond_client.client import Frond
from frond_client.threads import threads
from frond_client.uploads.bucket import Stored, stored
from frond_client.uploads.results import FINAL, FOLDER, is_of, result_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A copy onto itself has to replace what S3 keeps of an object; this much is given again as it was.
_KEPT = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Metadata",
)
AT_ONCE = 8
_GONE = {"404", "412", "NoSuchKey", "PreconditionFailed"}


@dataclass(frozen=True)
class Found:
    """What is in the uploads bucket.

    Attributes
    ----------
    looked_at
        How many uploads are old enough.
    unanswered
        Those without a final record of their newest version, by key.
    """

    looked_at: int
    unanswered: dict[str, Stored]


@dataclass
class Requeued:
    """What became of them.

    Attributes
    ----------
    requeued
        How many were queued again.
    gone
        How many were deleted or replaced meanwhile.
    failed
        Keys that could not be queued, and why.
    """

    requeued: int = 0
    gone: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


def unanswered(s3: "S3Client", uploads: str, results: str, frond: Frond, until: datetime) -> Found:
    """Return the uploads that nobody answered.

    Parameters
    ----------
    s3
        The stack's S3.
    uploads, results
        Its buckets.
    frond
        Its API, which knows the records.
    until
        Later uploads may just be in work, and are left out.
    """
    old = {key: each for key, each in stored(s3, uploads, "").items() if each.modified <= until}
    final = _final_records(frond, old.keys())
    finished = stored(s3, results, FOLDER) if final else {}
    open_still = {
        key: each
        for key, each in old.items()
        if key not in final or _is_of_an_older_version(each, finished.get(result_key(final[key])))
    }
    return Found(len(old), open_still)


def requeue(s3: "S3Client", bucket: str, key: str, upload: Stored) -> bool:
    """Copy an upload onto itself, so that S3 notifies the queue of it as of a new one.

    Returns
    -------
    Whether it did: not if the upload is gone or was replaced meanwhile, which notified the queue already.

    Raises
    ------
    BotoCoreError, ClientError
        If AWS does not do it.
    """
    try:
        head: Any = s3.head_object(Bucket=bucket, Key=key, IfMatch=f'"{upload.etag}"')
        s3.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": key},
            CopySourceIfMatch=f'"{upload.etag}"',
            MetadataDirective="REPLACE",
            **{name: head[name] for name in _KEPT if name in head},
        )
    except ClientError as error:
        if error_code(error) in _GONE:
            return False
        raise
    return True


def requeue_all(
    s3: "S3Client", bucket: str, uploads: Mapping[str, Stored], step: Callable[[], None]
) -> Requeued:
    """Queue uploads again; one that cannot be is no reason to leave the others.

    Parameters
    ----------
    s3, bucket
        Where they are.
    uploads
        By key.
    step
        Called for each.

    Raises
    ------
    BotoCoreError, ClientError
        If AWS does nothing for whoever asks.
    """
    outcome = Requeued()

    def one(key: str) -> bool | Exception:
        try:
            return requeue(s3, bucket, key, uploads[key])
        except (BotoCoreError, ClientError) as error:
            return error

    with threads(AT_ONCE) as executor:
        for key, done in zip(uploads, executor.map(one, uploads), strict=True):
            step()
            if isinstance(done, Exception):
                if ends_everything(done):
                    raise done
                outcome.failed.append((key, sentence(done) or str(done)))
            elif done:
                outcome.requeued += 1
            else:
                outcome.gone += 1
    return outcome


def _final_records(frond: Frond, keys: Collection[str]) -> dict[str, str]:
    """Return the id of the final record of each key that has one."""
    final: dict[str, str] = {}
    for key, identifier in _records(frond):
        if key in keys:
            final.setdefault(key, identifier)
        if len(final) == len(keys):
            break
    return final


def _records(frond: Frond) -> Iterator[tuple[str, str]]:
    for each in frond.iterate():
        if each.source.key and each.status in FINAL:
            yield each.source.key, each.id


def _is_of_an_older_version(upload: Stored, result: Stored | None) -> bool:
    """Tell whether the answer is to what the upload replaced; without a result the record is believed."""
    return result is not None and not is_of(upload.modified, result.modified)
