"""Send photos and poll for their results concurrently."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from frond_client.aws_errors import describe_aws_error, is_access_denied, is_credentials_error
from frond_client.csv_row import ResultRow
from frond_client.errors import read_error_message
from frond_client.object_keys import classification_id
from frond_client.thread_pool import thread_pool
from frond_client.uploads.polling import PendingResult, PollingQueue
from frond_client.uploads.results_bucket import get_result
from frond_client.uploads.results_file import ResultsFile
from frond_client.uploads.source_photo import SourcePhoto
from frond_client.uploads.upload_plan import UploadPlan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

POLLERS = 4
_MAX_EVENT_WAIT_S = 1.0


@dataclass(frozen=True)
class StackBuckets:
    """The uploads and results buckets, and their client."""

    s3: "S3Client"
    uploads: str
    results: str


@dataclass
class UploadResult:
    """Counts and failures of an upload.

    Attributes
    ----------
    sent, finished
        The number of photos that this run sent, and of results that it fetched.
    failures
        Photos that failed, and why.
    pending
        Uploaded photos without a result.
    seconds
        Duration of the run.
    """

    sent: int = 0
    finished: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    pending: list[SourcePhoto] = field(default_factory=list)
    seconds: float = 0.0


class PhotoUploader:
    """Sends photos and polls for their results concurrently.

    Threads send and poll. They put their outcomes into a queue of events, which `run` handles one by one.

    Parameters
    ----------
    buckets
        The uploads and results buckets.
    file
        Gets a row for each result.
    workers
        Number of concurrent uploads.
    max_wait
        Seconds without a new result after which the run stops; ``None`` to wait for no results.
    tag
        Tag of every photo that is sent.
    on_sent, on_finished
        Called after each attempt to send a photo, and after each result.
    """

    def __init__(
        self,
        buckets: StackBuckets,
        file: ResultsFile,
        *,
        workers: int,
        max_wait: float | None,
        on_sent: Callable[[], None],
        on_finished: Callable[[], None],
        tag: str | None = None,
    ) -> None:
        self._metadata = {"tag": tag} if tag else {}
        self._buckets = buckets
        self._file = file
        self._workers = workers
        self._max_wait = max_wait
        self._on_sent = on_sent
        self._on_finished = on_finished
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._pending = PollingQueue()
        self._sends = 0
        self._polls = 0
        self._last_progress = time.monotonic()
        self.result = UploadResult()

    def run(self, plan: UploadPlan) -> UploadResult:
        """Execute a plan.

        Raises
        ------
        BotoCoreError, ClientError
            If the credentials are missing or invalid, or results cannot be read without another permission.
        FrondError
            If the file cannot be written.
        """
        begin = self._last_progress = time.monotonic()
        with thread_pool(self._workers) as senders, thread_pool(POLLERS) as pollers:
            for photo, uploaded in plan.uploaded:
                self._add_pending(photo, uploaded, is_new=False)
            for photo in plan.to_send:
                self._send(photo, senders)
            while self._is_busy():
                self._poll_due(pollers)
                self._handle_event()
        self.result.pending = self._pending.photos
        self.result.seconds = time.monotonic() - begin
        return self.result

    def add_failure(self, photo: SourcePhoto, reason: str) -> None:
        """Record the failure of a photo."""
        self.result.failures.append((photo.location, reason))

    def _is_busy(self) -> bool:
        if self._sends or self._polls:
            return True
        return len(self._pending) > 0 and not self._has_timed_out()

    def _has_timed_out(self) -> bool:
        if self._max_wait is None:
            return True
        return time.monotonic() - self._last_progress > self._max_wait and self._pending.all_polled

    def _poll_due(self, pollers: Executor) -> None:
        while self._polls < POLLERS and not self._has_timed_out():
            pending = self._pending.pop_due(time.monotonic())
            if pending is None:
                return
            self._poll(pending, pollers)

    def _handle_event(self) -> None:
        timeout = _MAX_EVENT_WAIT_S
        due = self._pending.next_due
        if due is not None and self._polls < POLLERS and self._max_wait is not None:
            timeout = min(max(due - time.monotonic(), 0.001), timeout)
        try:
            event = self._events.get(timeout=timeout)
        except Empty:
            return
        event()

    def _send(self, photo: SourcePhoto, senders: Executor) -> None:
        def on_done(future: Future[datetime]) -> None:
            self._sends -= 1
            self._handle_sent(photo, future)

        self._sends += 1
        future = senders.submit(photo.upload, self._buckets.s3, self._buckets.uploads, self._metadata)
        future.add_done_callback(lambda done: self._events.put(lambda: on_done(done)))

    def _poll(self, pending: PendingResult, pollers: Executor) -> None:
        def on_done(future: Future[dict[str, Any] | None]) -> None:
            self._polls -= 1
            self._handle_poll(pending, future)

        self._polls += 1
        future = pollers.submit(
            get_result, self._buckets.s3, self._buckets.results, pending.photo.key, pending.uploaded
        )
        future.add_done_callback(lambda done: self._events.put(lambda: on_done(done)))

    def _handle_sent(self, photo: SourcePhoto, future: Future[datetime]) -> None:
        self._last_progress = time.monotonic()
        self._on_sent()
        try:
            uploaded = future.result()
        except OSError as error:
            self.add_failure(photo, read_error_message(error))
        except (BotoCoreError, ClientError) as error:
            if is_credentials_error(error):
                raise
            self.add_failure(photo, describe_aws_error(error))
        else:
            self.result.sent += 1
            self._add_pending(photo, uploaded, is_new=True)

    def _handle_poll(self, pending: PendingResult, future: Future[dict[str, Any] | None]) -> None:
        photo = pending.photo
        try:
            document = future.result()
            row = _row(photo, document) if document else None
        except (BotoCoreError, ClientError) as error:
            if is_credentials_error(error) or is_access_denied(error):
                raise
            # The error may be transient; `max_wait` bounds the retries.
            row = None
        except (ValueError, TypeError, AttributeError) as error:
            self.add_failure(photo, f"Its result cannot be read: {error}.")
            return
        if row is None:
            self._pending.put_back(pending, time.monotonic())
            return
        self._file.append(row)
        self._last_progress = time.monotonic()
        self.result.finished += 1
        self._on_finished()

    def _add_pending(self, photo: SourcePhoto, uploaded: datetime, *, is_new: bool) -> None:
        self._pending.add(photo, uploaded, time.monotonic(), is_new=is_new)


def _row(photo: SourcePhoto, document: dict[str, Any]) -> ResultRow:
    identifier = classification_id(photo.key)
    return ResultRow.from_classification(
        document, file=photo.location, key=photo.key, identifier=identifier, exif=photo.exif
    )
