"""Results of uploads are published as a file in S3 and as an event on EventBridge."""

import json
from typing import Any

from frond.records import Record
from frond.repository import ClassificationRepository
from frond.s3_upload import Upload
from frond_classify.app import ClassifyApp
from frond_classify.schemas.classification import ClassificationResponse

SOURCE, DETAIL_TYPE = "frond", "Classification Finished"


class EventRejectedError(Exception):
    """EventBridge rejected an event."""


def publish_result(app: ClassifyApp, repository: ClassificationRepository, upload: Upload) -> None:
    """Publish the upload's result to S3 and EventBridge. Skip it if a newer upload replaced it.

    An event may be sent more than once, with the same id. A deleted upload gets none, and its objects are
    deleted.

    Raises
    ------
    EventRejectedError
        EventBridge did not accept the event.
    """
    record = repository.get(upload.identifier)
    if record is not None and record.sequencer == upload.sequencer:
        record = settle_result(app, repository, upload.identifier, record)
        if record is not None and record.finished:
            _put_event(app, _to_document(record))
    if record is None or record.sequencer != upload.sequencer:
        withdraw(app, repository, upload.identifier, upload.sequencer)


def withdraw(app: ClassifyApp, repository: ClassificationRepository, identifier: str, sequencer: str) -> None:
    """Delete the objects of an upload that was deleted or replaced by a newer one.

    An attempt that was under way during the deletion may have written them since.
    """
    record = repository.get(identifier)
    if record is None or record.sequencer != sequencer:
        app.object_store.delete_preprocessed(identifier, sequencer)
    if record is None:
        settle_result(app, repository, identifier, record)


def settle_result(
    app: ClassifyApp, repository: ClassificationRepository, identifier: str, record: Record | None
) -> Record | None:
    """Write the result file of a finished record, or delete that of any other.

    Afterwards the record is read again. If it changed meanwhile, the file is written again, so that it ends
    as the record does.

    Parameters
    ----------
    record
        As it was read before; None if it was deleted.

    Returns
    -------
    Record
        The record at the end; None if it was deleted.
    """
    while True:
        if record is not None and record.finished:
            app.object_store.put_result(identifier, _to_document(record))
        else:
            app.object_store.delete_result(identifier)
        written, record = record, repository.get(identifier)
        if _state(written) == _state(record):
            return record


def _state(record: Record | None) -> tuple[str, bool] | None:
    return (record.sequencer, record.finished) if record else None


def _put_event(app: ClassifyApp, document: dict[str, Any]) -> None:
    entry: Any = {
        "Source": SOURCE,
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(document),
        # By which rules select the events of one stack.
        "Resources": [f"arn:aws:s3:::{app.settings.results_bucket}"],
    }
    response = app.aws.events.put_events(Entries=[entry])
    if response["FailedEntryCount"]:
        raise EventRejectedError(response["Entries"][0].get("ErrorMessage", "no reason given"))


def _to_document(record: Record) -> dict[str, Any]:
    return ClassificationResponse.from_record(record).model_dump(mode="json")
