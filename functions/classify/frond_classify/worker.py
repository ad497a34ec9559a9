"""The S3 door's second step: a picture is there, it is classified, and the result goes out."""

from frond_classify import cold_start

# isort: split
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
from frond_classify.http.server_timing import Stopwatch
from frond_classify.inference import Question, name_plant
from frond_classify.schemas.classification import Outcome
from frond_classify.serving.model_provider import classifier
from frond_classify.storage.event_publisher import announce
from frond_classify.storage.preprocessed_photo import Material, Name, material_of, names_in
from frond_classify.storage.repository import records

# Each record succeeds or comes back alone; none takes the rest of its batch along.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
@trace_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Finish a batch of photos; what failed for now is delivered again."""
    with costs.counted():
        return process_partial_response(
            event=event, record_handler=finish_photos, processor=processor, context=context
        )


def finish_photos(record: SQSRecord) -> None:
    """Finish every photo whose picture, or problem, a notification names."""
    table = records()
    if table is None:
        raise RuntimeError("FROND_TABLE names no table")
    for name in names_in(record.body):
        try:
            finish(name, table)
        except Exception as fault:
            _note(name, table, fault)
            raise


def finish(name: Name, table: ClassificationRepository) -> None:
    """Finish one photo, and tell of it.

    Told is what the record says, which may be what an earlier delivery made of the photo: that may have
    been cut off before it told.
    """
    with timed("ReadTime"):
        material = material_of(name, table)
    if material is None:
        logger.info("Nobody waits for this photo any more", key=name.key)
        return
    status, outcome = judge(material)
    with timed("RecordTime"):
        table.mark_finished(material.upload, status, outcome.model_dump(mode="json"))
    with timed("TellTime"):
        announce(material.upload, table)


def judge(material: Material) -> tuple[Status, Outcome]:
    """Say what came of an upload: ``succeeded`` with the model's answer, or ``failed`` with the reason."""
    if material.problem:
        return "failed", Outcome(error=material.problem)
    model, watch = classifier(), Stopwatch()
    try:
        photo = material.photo(model.manifest.input)
    except Problem as problem:
        return "failed", Outcome(error=problem.document())
    watch.add("decode", material.decode_milliseconds)
    return "succeeded", name_plant(model, [photo], Question(), watch)


def _note(name: Name, table: ClassificationRepository, fault: Exception) -> None:
    """Leave word of why an attempt failed, where people look for the photo."""
    try:
        trouble = AttemptFailed(f"worker: {type(fault).__name__}: {fault}").document()
        table.record_error(name.identifier, name.sequencer, trouble)
    except Exception:  # noqa: BLE001 - the fault itself is what the caller is about to raise
        logger.warning("The reason could not be kept", key=name.key)


# Before the first message: what cannot be loaded is better known at the start.
classifier()
cold_start.over()
costs.started()
