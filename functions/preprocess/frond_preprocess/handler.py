"""The S3 door's first step: a photo lands in the uploads bucket, its canonical picture is made."""

from functools import cache
from time import perf_counter
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.preprocessing import PreprocessingSpec, read_with_preview
from frond.problems import AttemptFailed, PayloadTooLarge, Problem, UploadMismatch
from frond.records import ExpectedUpload
from frond.repository import ClassificationRepository
from frond.s3_objects import S3Object, fetch
from frond.settings import FunctionSettings
from frond.telemetry import MetricUnit, costs, logger, metrics, timed
from frond.tracing import trace_handler
from frond.uploads import Upload
from frond_preprocess.aws_clients import dynamodb, s3
from frond_preprocess.preprocessed_store import Made, Pictures
from frond_preprocess.s3_events import Landed, landed_in

THUMBNAIL_SIDE = 512

# Each record succeeds or comes back alone; none takes the rest of its batch along.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


class PreprocessSettings(FunctionSettings):
    """Settings of the preprocess function."""

    pictures_bucket: str
    picture_size: int
    table: str


@cache
def settings() -> PreprocessSettings:
    """Return the settings, read once a process."""
    return PreprocessSettings.from_environment()


@cache
def pictures() -> Pictures:
    """Return the bucket that pictures go to."""
    return Pictures(settings().pictures_bucket)


@cache
def records() -> ClassificationRepository:
    """Return the table of records."""
    return ClassificationRepository(dynamodb(), settings().table, settings().record_days)


@logger.inject_lambda_context
@trace_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Make the pictures of a batch of notifications; what failed for now is delivered again."""
    with costs.counted():
        return process_partial_response(
            event=event, record_handler=make_pictures, processor=processor, context=context
        )


def make_pictures(record: SQSRecord) -> None:
    """Make the picture of every upload that a notification names."""
    for landed in landed_in(record.body):
        try:
            make_picture(landed)
        except Exception as fault:
            _note(landed.upload, fault)
            raise


def make_picture(landed: Landed) -> None:
    """Make one upload's picture, unless that is done, or a newer photo has come under its key.

    A photo that can never become a picture gets a problem document in its place, which ends in its
    record. Any other fault leaves the message in the queue.
    """
    upload = landed.upload
    with timed("RecordTime"):
        record = records().mark_running(upload)
    if record is None:
        logger.info("Finished, deleted or replaced", key=upload.key)
        return
    try:
        made = _made(landed, record.expected_upload)
        with timed("WriteTime"):
            pictures().put(upload, made)
        metrics.add_metric("PicturesMade", MetricUnit.Count, 1)
    except Problem as problem:
        logger.info("No picture can be made", key=upload.key, problem=problem.slug)
        pictures().put_problem(upload, problem)
        metrics.add_metric("PhotosRefused", MetricUnit.Count, 1)


def _made(landed: Landed, promise: ExpectedUpload | None) -> Made:
    _hold_limits(landed.size)
    with timed("ReadTime"):
        found = fetch(s3(), landed.upload.address)
    _hold_limits(len(found.content))
    _hold_promise(found, promise)
    recipe = PreprocessingSpec(size=settings().picture_size)
    started = perf_counter()
    with timed("DecodeTime"):
        photo, thumbnail = read_with_preview(found.content, recipe, THUMBNAIL_SIDE, settings().limits)
    return Made(found.content, photo, recipe, 1000 * (perf_counter() - started), thumbnail)


def _hold_limits(size: int) -> None:
    if size > settings().max_bytes:
        raise PayloadTooLarge(
            f"Photos of up to {settings().max_bytes} bytes are taken.", limit_bytes=settings().max_bytes
        )


def _hold_promise(found: S3Object, promise: ExpectedUpload | None) -> None:
    """Hold what S3 holds by the signed policy, for a cloud that does not."""
    if promise and (promise.size, promise.content_type) != (len(found.content), found.content_type):
        raise UploadMismatch(
            f"{promise.size} bytes of {promise.content_type} were announced; "
            f"{len(found.content)} bytes of {found.content_type} came."
        )


def _note(upload: Upload, fault: Exception) -> None:
    """Leave word of why an attempt failed, where people look for the photo."""
    try:
        trouble = AttemptFailed(f"preprocess: {type(fault).__name__}: {fault}").document()
        records().record_error(upload.identifier, upload.sequencer, trouble)
    except Exception:  # noqa: BLE001 - the fault itself is what the caller is about to raise
        logger.warning("The reason could not be kept", key=upload.key)


costs.started()
