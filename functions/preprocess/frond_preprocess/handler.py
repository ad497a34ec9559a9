"""Lambda handler: preprocess the photos that were uploaded to S3."""

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.aws_errors import attempt_failed
from frond.media_types import photo_type
from frond.preprocessing import PreprocessingSpec, read_with_preview
from frond.problems import (
    EmptyBody,
    PayloadTooLarge,
    Problem,
    UnprocessablePhoto,
    UploadMismatch,
)
from frond.queue_batch import Attempt, QueueBatch, Suspicion
from frond.records import ExpectedUpload
from frond.s3_events import ObjectCreated, parse_s3_event
from frond.s3_objects import S3Object, get_object
from frond.s3_upload import Upload
from frond.tags import parse_tag
from frond.telemetry import DETAILED, MetricUnit, costs, logger, metrics, timed
from frond.tracing import trace_handler
from frond_preprocess.app import PreprocessApp, current_app
from frond_preprocess.preprocessed_store import Preprocessed
from frond_preprocess.settings import PreprocessSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

THUMBNAIL_SIDE = 512


@logger.inject_lambda_context
@trace_handler
@metrics.log_metrics(capture_cold_start_metric=DETAILED)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Preprocess a batch of uploads; SQS delivers failed messages again."""
    with costs.counted():
        return QueueBatch(PreprocessStep(current_app()), context).run(event)


@dataclass(frozen=True)
class PreprocessStep:
    """The step of this function: every upload of a notification."""

    app: PreprocessApp
    name = "preprocess"

    @property
    def sqs(self) -> "SQSClient":
        """The client of SQS."""
        return self.app.sqs

    def suspicions(self, attempt: Attempt) -> list[Suspicion]:
        """Return the suspicion about each upload."""
        uploads = [created.upload for created in parse_s3_event(attempt.message.body)]
        return [
            attempt.suspicion(self.app.repository.get(upload.identifier), upload.sequencer)
            for upload in uploads
        ]

    def process(self, attempt: Attempt) -> None:
        """Preprocess every upload."""
        for created in parse_s3_event(attempt.message.body):
            self._process(created, attempt)

    def give_up(self, attempt: Attempt) -> None:
        """Store the problem of every upload that killed an attempt alone; preprocess the others."""
        for created in parse_s3_event(attempt.message.body):
            upload = created.upload
            record = self.app.repository.get(upload.identifier)
            if attempt.suspicion(record, upload.sequencer) is Suspicion.KILLED_ALONE:
                _reject(self.app, upload, UnprocessablePhoto())
            else:
                self._process(created, attempt)

    def _process(self, created: ObjectCreated, attempt: Attempt) -> None:
        upload = created.upload
        try:
            preprocess_upload(self.app, created, attempt.mark)
        except Exception as error:
            _record_error(self.app, upload, error)
            raise


def preprocess_upload(app: PreprocessApp, created: ObjectCreated, attempt: str | None = None) -> None:
    """Preprocess one upload, unless that is done or a newer upload replaced it.

    For an unusable photo a problem document is stored, and its record will end as failed. Any other error
    leaves the message in the queue.

    Parameters
    ----------
    attempt
        The mark of an attempt alone.
    """
    upload = created.upload
    with timed("RecordTime"):
        record = app.repository.mark_running(upload)
    if record is None:
        logger.info("Upload is finished, deleted or replaced", id=upload.identifier)
        _withdraw(app, upload)
        return
    try:
        original = _read(app, created)
        upload = replace(upload, tag=parse_tag(original.metadata))
        preprocessed = _preprocess(app, upload, original, record.expected_upload, attempt)
        with timed("WriteTime"):
            app.store.put(upload, preprocessed)
        metrics.add_metric("PhotosPreprocessed", MetricUnit.Count, 1)
    except Problem as problem:
        _reject(app, upload, problem)


def _reject(app: PreprocessApp, upload: Upload, problem: Problem) -> None:
    logger.info("Photo is unusable", id=upload.identifier, problem=problem.slug)
    app.store.put_problem(upload, problem)
    metrics.add_metric("PhotosRejected", MetricUnit.Count, 1)


def _withdraw(app: PreprocessApp, upload: Upload) -> None:
    """Delete the objects of a deleted or replaced upload, which an interrupted attempt may have written."""
    record = app.repository.get(upload.identifier)
    if record is None or record.sequencer != upload.sequencer:
        app.store.delete(upload)


def _read(app: PreprocessApp, created: ObjectCreated) -> S3Object:
    _check_size(created.size, app.settings)
    with timed("ReadTime"):
        return get_object(app.s3, created.bucket, created.key, created.version)


def _preprocess(
    app: PreprocessApp,
    upload: Upload,
    original: S3Object,
    expected: ExpectedUpload | None,
    attempt: str | None,
) -> Preprocessed:
    settings = app.settings
    _check_size(len(original.content), settings)
    _check_expected(original, expected)
    if not original.content:
        raise EmptyBody("The object in S3 has 0 bytes; upload the photo again.")
    spec = PreprocessingSpec(size=settings.picture_size)
    started = perf_counter()
    # Only the decoder can be killed by a file. A process that is killed elsewhere is no fault of the photo.
    with timed("DecodeTime"), app.repository.marked_attempt(upload.identifier, upload.sequencer, attempt):
        photo, thumbnail = read_with_preview(original.content, spec, THUMBNAIL_SIDE, settings.limits)
    return Preprocessed(original.content, photo, spec, 1000 * (perf_counter() - started), thumbnail)


def _check_size(size: int, settings: PreprocessSettings) -> None:
    limit = settings.max_bytes
    if size > limit:
        raise PayloadTooLarge(f"Photos of up to {limit} bytes are accepted.", limit_bytes=limit)


def _check_expected(original: S3Object, expected: ExpectedUpload | None) -> None:
    """Enforce the conditions of the upload's form, for an S3 that does not."""
    size, content_type = len(original.content), original.content_type
    uploaded = (size, photo_type(content_type) or content_type)
    if expected and (expected.size, expected.content_type) != uploaded:
        raise UploadMismatch(
            f"{expected.size} bytes of {expected.content_type} were expected; "
            f"{size} bytes of {content_type} were uploaded."
        )


def _record_error(app: PreprocessApp, upload: Upload, error: Exception) -> None:
    """Store why an attempt failed in the record."""
    try:
        problem = attempt_failed("Preprocessing", error)
        app.repository.record_error(upload.identifier, upload.sequencer, problem.document())
    except Exception:  # noqa: BLE001 - the caller raises the error itself
        logger.warning("Error could not be recorded", id=upload.identifier)


costs.started()
