"""The queue worker: classify preprocessed uploads, record and publish the results."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.problems import AttemptFailed, Problem
from frond.records import Status
from frond.repository import ClassificationRepository
from frond.telemetry import costs, logger, metrics, timed
from frond.tracing import trace_handler
from frond_classify.app import ClassifyApp, current_app
from frond_classify.http.server_timing import ServerTiming
from frond_classify.inference import ClassifyOptions, classify_photos
from frond_classify.schemas.classification import ClassificationResult
from frond_classify.storage.event_publisher import publish_result
from frond_classify.storage.preprocessed_photo import (
    PreprocessedKey,
    PreprocessedPhoto,
    get_preprocessed_photo,
    preprocessed_keys,
)

# Each message succeeds or fails alone; a failed one does not return the rest of its batch to the queue.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@trace_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Classify a batch of uploads; SQS delivers failed messages again."""
    with costs.counted():
        return process_partial_response(
            event=event, record_handler=process_message, processor=processor, context=context
        )


def process_message(record: SQSRecord) -> None:
    """Classify every preprocessed upload of a notification."""
    app = current_app()
    repository = app.repository
    if repository is None:
        raise RuntimeError("FROND_TABLE is not set")
    for key in preprocessed_keys(record.body):
        try:
            process_upload(app, repository, key)
        except Exception as error:
            _record_error(repository, key, error)
            raise


def process_upload(app: ClassifyApp, repository: ClassificationRepository, key: PreprocessedKey) -> None:
    """Classify one upload, record its result and publish it.

    Publishes the stored result, even one stored by an earlier delivery: that delivery may have died before
    publishing.
    """
    with timed("ReadTime"):
        preprocessed = get_preprocessed_photo(app, repository, key)
    if preprocessed is None:
        logger.info("Upload is finished, deleted or replaced", key=key.key)
        return
    status, result = classify_upload(app, preprocessed)
    with timed("RecordTime"):
        repository.mark_finished(preprocessed.upload, status, result.model_dump(mode="json"))
    with timed("PublishTime"):
        publish_result(app, repository, preprocessed.upload)


def classify_upload(app: ClassifyApp, preprocessed: PreprocessedPhoto) -> tuple[Status, ClassificationResult]:
    """Return ``succeeded`` and the classification, or ``failed`` and the problem."""
    if preprocessed.problem:
        return "failed", ClassificationResult(error=preprocessed.problem)
    model, timing, options = app.classifier, ServerTiming(), ClassifyOptions()
    try:
        photo = preprocessed.model_input(app, model.manifest.input)
    except Problem as problem:
        return "failed", ClassificationResult(error=problem.document())
    timing.add("decode", preprocessed.decode_milliseconds)
    classification = classify_photos(model, [photo], options, timing)
    return "succeeded", ClassificationResult.from_classification(classification, options, timing)


def _record_error(repository: ClassificationRepository, key: PreprocessedKey, error: Exception) -> None:
    """Store why an attempt failed in the record."""
    try:
        problem = AttemptFailed(f"worker: {type(error).__name__}: {error}")
        repository.record_error(key.identifier, key.sequencer, problem.document())
    except Exception:  # noqa: BLE001 - the caller raises the error itself
        logger.warning("Error could not be recorded", key=key.key)
