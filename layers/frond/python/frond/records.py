"""Records of classifications: what the repository stores and returns."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["queued", "running", "succeeded", "failed"]
Door = Literal["http", "s3"]


@dataclass(frozen=True, slots=True)
class ExpectedUpload:
    """The content type and the size in bytes that a presigned form was requested for."""

    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Record:
    """One classification and its state.

    Attributes
    ----------
    identifier
        The classification's id.
    key
        The object's key; None for a photo sent to the HTTP API.
    created_at
        When the photo was received, or when its upload form was requested.
    sequencer
        Of the upload that the record is about; empty before the upload arrives.
    result
        The classification's result as JSON; empty until the record is finished.
    last_error
        A problem document: why the last attempt failed. The photo is tried again.
    attempt
        The mark of an attempt alone whose end is not known; see :class:`frond.queue_batch.Attempt`.
    feedback
        The user's correction.
    expected_upload
        The type and size of the upload, if a form was requested for it.
    fingerprint
        Of the request that created the record, if it had an idempotency key.
    owner
        The id of the API key that the record belongs to; None for the operator.
    tag
        The caller's word for it; see :mod:`frond.tags`.
    """

    identifier: str
    status: Status
    door: Door
    key: str | None
    created_at: datetime
    sequencer: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    last_error: dict[str, Any] | None = None
    attempt: str | None = None
    feedback: dict[str, Any] | None = None
    expected_upload: ExpectedUpload | None = None
    fingerprint: str | None = None
    owner: str | None = None
    tag: str | None = None

    @property
    def finished(self) -> bool:
        """Whether the status is final."""
        return self.status in {"succeeded", "failed"}


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A page of records, the newest first, and the cursor of the next page; None after the last."""

    records: list[Record]
    cursor: str | None
