"""How the world learns of a finished photo: its result file, and an event that others can subscribe to."""

import json
from typing import Any

from frond.records import Record
from frond.repository import ClassificationRepository
from frond.uploads import Upload
from frond_classify.schemas.classification import Answer
from frond_classify.storage.aws_clients import events
from frond_classify.storage.object_store import put_result, remove_all

SOURCE, DETAIL_TYPE = "frond", "Classification Finished"


class UndeliveredError(Exception):
    """EventBridge did not take an event."""


def announce(upload: Upload, table: ClassificationRepository) -> None:
    """Tell of what the record says of an upload, unless a newer one has taken its place.

    At least once: an event may come again, with the same id. Whoever writes a result looks at the record
    once more after it, so that whatever happened at the same time, the file ends as the record does.
    """
    record = table.get(upload.identifier)
    if record is not None and record.sequencer != upload.sequencer:
        return
    told: Record | None = None
    while record is not None and record.finished and not (told and told.sequencer == record.sequencer):
        put_result(record.identifier, _document(record))
        told, record = record, table.get(upload.identifier)
    if record is None:
        # Deleted while it was under way: what was made in the meantime goes, too.
        remove_all(upload.identifier, None)
    elif told:
        _send(_document(told))


def _send(answer: dict[str, Any]) -> None:
    entry: Any = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": json.dumps(answer)}
    told = events().put_events(Entries=[entry])
    if told["FailedEntryCount"]:
        raise UndeliveredError(told["Entries"][0].get("ErrorMessage", "no reason given"))


def _document(record: Record) -> dict[str, Any]:
    return Answer.from_record(record).model_dump(mode="json")
