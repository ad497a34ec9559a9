"""Results of uploads are published as a file in S3 and as an event on EventBridge."""

import json
from typing import Any

from frond.records import Record
from frond.repository import ClassificationRepository
from frond.uploads import Upload
from frond_classify.app import ClassifyApp
from frond_classify.schemas.classification import ClassificationResponse
from frond_classify.storage.aws_clients import AwsClients

SOURCE, DETAIL_TYPE = "frond", "Classification Finished"


class EventRejectedError(Exception):
    """EventBridge rejected an event."""


def publish_result(app: ClassifyApp, repository: ClassificationRepository, upload: Upload) -> None:
    """Publish the upload's result to S3 and EventBridge. Skip it if a newer upload replaced it.

    An event may be sent more than once, with the same id. After each write of the result file the record is
    read again: if it changed meanwhile, the file is written again, so that it ends as the record does.

    Raises
    ------
    EventRejectedError
        EventBridge did not accept the event.
    """
    record = repository.get(upload.identifier)
    if record is not None and record.sequencer != upload.sequencer:
        return
    published: Record | None = None
    while record is not None and record.finished:
        if published and published.sequencer == record.sequencer:
            break
        app.object_store.put_result(record.identifier, _to_document(record))
        published, record = record, repository.get(upload.identifier)
    if record is None:
        # Deleted in the meantime: delete the objects that were written since.
        app.object_store.delete_all(upload.identifier, None)
    elif published:
        _put_event(app.aws, _to_document(published))


def _put_event(aws: AwsClients, document: dict[str, Any]) -> None:
    entry: Any = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(document)}
    response = aws.events.put_events(Entries=[entry])
    if response["FailedEntryCount"]:
        raise EventRejectedError(response["Entries"][0].get("ErrorMessage", "no reason given"))


def _to_document(record: Record) -> dict[str, Any]:
    return ClassificationResponse.from_record(record).model_dump(mode="json")
