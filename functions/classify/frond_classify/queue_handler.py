"""The queue worker: classify preprocessed uploads, record and publish the results."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.aws_errors import attempt_failed
from frond.problems import Problem, UnprocessablePhoto
from frond.queue_batch import Attempt, QueueBatch, Suspicion
from frond.records import Status
from frond.repository import ClassificationRepository
from frond.s3_upload import Upload
from frond.telemetry import DETAILED, costs, logger, metrics, timed
from frond.tracing import trace_handler
from frond_classify.app import ClassifyApp, current_app
from frond_classify.http.server_timing import ServerTiming
from frond_classify.inference import ClassifyOptions, classify_photos
from frond_classify.schemas.classification import ClassificationResult
from frond_classify.storage.event_publisher import publish_result, withdraw
from frond_classify.storage.preprocessed_photo import (
    PreprocessedKey,
    PreprocessedPhoto,
    get_preprocessed_photo,
    preprocessed_keys,
    upload_of,
)

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@logger.inject_lambda_context
@trace_handler
@metrics.log_metrics(capture_cold_start_metric=DETAILED)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Classify a batch of uploads; SQS delivers failed messages again."""
    app = current_app()
    if app.repository is None:
        raise RuntimeError("FROND_TABLE is not set")
    with costs.counted():
        return QueueBatch(ClassifyStep(app, app.repository), context).run(event)


@dataclass(frozen=True)
class ClassifyStep:
    """The step of this function: every preprocessed upload of a notification."""

    app: ClassifyApp
    repository: ClassificationRepository
    name = "classify"

    @property
    def sqs(self) -> "SQSClient":
        """The client of SQS."""
        return self.app.aws.sqs

    def suspicions(self, attempt: Attempt) -> list[Suspicion]:
        """Return the suspicion about each upload."""
        return [
            attempt.suspicion(self.repository.get(key.identifier), key.sequencer)
            for key in preprocessed_keys(attempt.message.body)
        ]

    def process(self, attempt: Attempt) -> None:
        """Classify every upload."""
        for key in preprocessed_keys(attempt.message.body):
            self._process(key, attempt)

    def give_up(self, attempt: Attempt) -> None:
        """Finish every upload that killed an attempt alone as failed; classify the others."""
        for key in preprocessed_keys(attempt.message.body):
            record = self.repository.get(key.identifier)
            if record and attempt.suspicion(record, key.sequencer) is Suspicion.KILLED_ALONE:
                upload = upload_of(self.app, record)
                result = ClassificationResult(error=UnprocessablePhoto().document())
                finish_upload(self.app, self.repository, upload, "failed", result)
            else:
                self._process(key, attempt)

    def _process(self, key: PreprocessedKey, attempt: Attempt) -> None:
        try:
            # The first delivery is noted by SQS, which counts them.
            if attempt.message.deliveries > 1:
                self.repository.begin_attempt(key.identifier, key.sequencer)
            process_upload(self.app, self.repository, key, attempt.mark)
        except Exception as error:
            _record_error(self.repository, key, error)
            raise


def process_upload(
    app: ClassifyApp, repository: ClassificationRepository, key: PreprocessedKey, attempt: str | None = None
) -> None:
    """Classify one upload, record its result and publish it.

    Publishes the stored result, even one stored by an earlier delivery: that delivery may have died before
    publishing.

    Parameters
    ----------
    attempt
        The mark of an attempt alone.
    """
    with timed("ReadTime"):
        preprocessed = get_preprocessed_photo(app, repository, key)
    if preprocessed is None:
        logger.info("Upload is finished, deleted or replaced", id=key.identifier)
        withdraw(app, repository, key.identifier, key.sequencer)
        return
    with repository.marked_attempt(key.identifier, key.sequencer, attempt):
        status, result = classify_upload(app, preprocessed)
    finish_upload(app, repository, preprocessed.upload, status, result)


def finish_upload(
    app: ClassifyApp,
    repository: ClassificationRepository,
    upload: Upload,
    status: Status,
    result: ClassificationResult,
) -> None:
    """Record a result and publish it."""
    with timed("RecordTime"):
        repository.mark_finished(upload, status, result.model_dump(mode="json"))
    with timed("PublishTime"):
        publish_result(app, repository, upload)


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
    result = ClassificationResult.from_classification(classification, options, timing)
    if app.settings.detect_plants:
        from frond_classify.upload_detection import detect_upload  # noqa: PLC0415 - few stacks detect

        result = result.model_copy(update=detect_upload(app, preprocessed.upload))
    return "succeeded", result


def _record_error(repository: ClassificationRepository, key: PreprocessedKey, error: Exception) -> None:
    """Store why an attempt failed in the record."""
    try:
        problem = attempt_failed("Classification", error)
        repository.record_error(key.identifier, key.sequencer, problem.document())
    except Exception:  # noqa: BLE001 - the caller raises the error itself
        logger.warning("Error could not be recorded", id=key.identifier)
