"""Photos go out, results come in."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from frond_client.aws_errors import ends_everything, is_refusal, sentence
from frond_client.csv_row import Row
from frond_client.identifiers import classification_id
from frond_client.threads import threads
from frond_client.uploads.photo import Photo
from frond_client.uploads.plan import Plan
from frond_client.uploads.polling import Awaited, Waiting
from frond_client.uploads.results import result
from frond_client.uploads.results_file import ResultsFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ASKERS = 4
_LONGEST_WAIT_S = 1.0


@dataclass(frozen=True)
class Buckets:
    """Where photos go to, and where results come from."""

    s3: "S3Client"
    uploads: str
    results: str


@dataclass
class Delivered:
    """What became of the photos.

    Attributes
    ----------
    sent, finished
        How many were, now.
    faults
        Photos for which something failed, and why.
    pending
        Uploaded photos whose results have not come.
    seconds
        How long it took.
    """

    sent: int = 0
    finished: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    pending: list[Photo] = field(default_factory=list)
    seconds: float = 0.0


class Delivery:
    """Sends photos and follows their results, both at once.

    Threads send and ask; what they bring is handled here, one after the other.

    Parameters
    ----------
    buckets
        Where photos go to, and where results come from.
    file
        Gets a row for each photo that is finished.
    workers
        How many photos are sent at once.
    patience
        For how many seconds nothing may come before it gives up; ``None`` not to follow results.
    on_sent, on_finished
        Called for each photo that was sent or failed to be, and for each that is finished.
    """

    def __init__(
        self,
        buckets: Buckets,
        file: ResultsFile,
        *,
        workers: int,
        patience: float | None,
        on_sent: Callable[[], None],
        on_finished: Callable[[], None],
    ) -> None:
        self._buckets = buckets
        self._file = file
        self._workers = workers
        self._patience = patience
        self._on_sent = on_sent
        self._on_finished = on_finished
        self._events: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._waiting = Waiting()
        self._sending = 0
        self._asking = 0
        self._news = time.monotonic()
        self.outcome = Delivered()

    def run(self, plan: Plan) -> Delivered:
        """Do what a plan says; return what became of it.

        Raises
        ------
        FrondError
            If nothing can be sent or read any more, or the file cannot be written.
        """
        begin = self._news = time.monotonic()
        with threads(self._workers) as senders, threads(ASKERS) as askers:
            for photo, uploaded in plan.uploaded:
                self._await(photo, uploaded, fresh=False)
            for photo in plan.to_send:
                self._send(photo, senders)
            while self._is_busy():
                self._ask_what_is_due(askers)
                self._handle_an_event()
        self.outcome.pending = self._waiting.photos
        self.outcome.seconds = time.monotonic() - begin
        return self.outcome

    def _is_busy(self) -> bool:
        if self._sending or self._asking:
            return True
        return len(self._waiting) > 0 and not self._lost_patience()

    def _lost_patience(self) -> bool:
        if self._patience is None:
            return True
        return time.monotonic() - self._news > self._patience and self._waiting.all_asked

    def _ask_what_is_due(self, askers: Executor) -> None:
        while self._asking < ASKERS and not self._lost_patience():
            awaited = self._waiting.take(time.monotonic())
            if awaited is None:
                return
            self._ask(awaited, askers)

    def _handle_an_event(self) -> None:
        pause = _LONGEST_WAIT_S
        due = self._waiting.next_due
        if due is not None and self._asking < ASKERS and self._patience is not None:
            pause = min(max(due - time.monotonic(), 0.001), pause)
        try:
            event = self._events.get(timeout=pause)
        except Empty:
            return
        event()

    def _send(self, photo: Photo, senders: Executor) -> None:
        def sent(future: Future[datetime]) -> None:
            self._sending -= 1
            self._note_sent(photo, future)

        self._sending += 1
        future = senders.submit(photo.send, self._buckets.s3, self._buckets.uploads)
        future.add_done_callback(lambda done: self._events.put(lambda: sent(done)))

    def _ask(self, awaited: Awaited, askers: Executor) -> None:
        def answered(future: Future[dict[str, Any] | None]) -> None:
            self._asking -= 1
            self._note_answer(awaited, future)

        self._asking += 1
        future = askers.submit(
            result, self._buckets.s3, self._buckets.results, awaited.photo.key, awaited.uploaded
        )
        future.add_done_callback(lambda done: self._events.put(lambda: answered(done)))

    def _note_sent(self, photo: Photo, future: Future[datetime]) -> None:
        self._news = time.monotonic()
        self._on_sent()
        try:
            uploaded = future.result()
        except (OSError, BotoCoreError, ClientError) as error:
            if ends_everything(error):
                raise
            self.fault(photo, sentence(error) or f"It cannot be read: {error}.")
        else:
            self.outcome.sent += 1
            self._await(photo, uploaded, fresh=True)

    def _note_answer(self, awaited: Awaited, future: Future[dict[str, Any] | None]) -> None:
        photo = awaited.photo
        try:
            document = future.result()
            row = _row(photo, document) if document else None
        except (BotoCoreError, ClientError) as error:
            if ends_everything(error) or is_refusal(error):
                raise
            # It may be well in a while; patience ends it if not.
            row = None
        except (ValueError, TypeError, AttributeError) as error:
            self.fault(photo, f"Its result cannot be read: {error}.")
            return
        if row is None:
            self._waiting.again(awaited, time.monotonic())
            return
        self._file.append(row)
        self._news = time.monotonic()
        self.outcome.finished += 1
        self._on_finished()

    def _await(self, photo: Photo, uploaded: datetime, *, fresh: bool) -> None:
        self._waiting.add(photo, uploaded, time.monotonic(), fresh=fresh)

    def fault(self, photo: Photo, reason: str) -> None:
        """Note that something failed for a photo."""
        self.outcome.faults.append((photo.place, reason))


def _row(photo: Photo, document: dict[str, Any]) -> Row:
    identifier = classification_id(photo.key)
    return Row.of(document, file=photo.place, key=photo.key, identifier=identifier)
