"""The S3 door's first step: a photo lands in the uploads bucket, its canonical picture is made."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.images import Photo, Recipe, read_photo
from frond.problems import PayloadTooLarge, Problem
from frond.settings import FunctionSettings
from frond.telemetry import MetricUnit, logger, metrics, tracer
from pictures import Pictures
from uploads import Upload, VanishedError, uploads_in

# Each record succeeds or comes back alone; none takes the rest of its batch along.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


class PreprocessSettings(FunctionSettings):
    """Settings of the preprocess function."""

    pictures_bucket: str
    picture_size: int


@cache
def settings() -> PreprocessSettings:
    """Return the settings, read once a process."""
    return PreprocessSettings()


@cache
def pictures() -> Pictures:
    """Return the bucket that pictures go to."""
    return Pictures(settings().pictures_bucket)


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Make the pictures of a batch of notifications; what failed for now is delivered again."""
    return process_partial_response(
        event=event, record_handler=make_pictures, processor=processor, context=context
    )


def make_pictures(record: SQSRecord) -> None:
    """Make the picture of every upload that a notification names.

    A photo that can never become a picture gets a problem document in its place, so that somebody
    can see what happened to it. Any other fault leaves the message in the queue.
    """
    for upload in uploads_in(record.body):
        try:
            pictures().put(upload, _photo(upload))
            metrics.add_metric("PicturesMade", MetricUnit.Count, 1)
        except VanishedError:
            logger.info("The upload is gone", key=upload.key)
        except Problem as problem:
            logger.info("Not a photo", key=upload.key, problem=problem.slug)
            pictures().put_problem(upload, problem)
            metrics.add_metric("PhotosRefused", MetricUnit.Count, 1)


def _photo(upload: Upload) -> Photo:
    if upload.size > settings().max_bytes:
        raise PayloadTooLarge(limit_bytes=settings().max_bytes)
    return read_photo(upload.read(), Recipe(size=settings().picture_size), settings().limits)
