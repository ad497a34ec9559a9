"""The reasons of dead letters, from the error that the service records after each failed attempt."""

from dataclasses import asdict, dataclass
from typing import Any

from frond_client.client import Frond
from frond_client.dead_letter_queue import DeadLetter, QueueName
from frond_client.errors import FrondError, NotFoundError
from frond_client.models import Classification
from frond_client.object_keys import classification_id, picture_classification_id
from frond_client.s3_notifications import parse_notification
from frond_client.thread_pool import thread_pool

_CONCURRENCY = 4


@dataclass(frozen=True)
class DeadLetterReason:
    """A dead letter and the reason why its processing failed.

    Attributes
    ----------
    names
        Keys of the uploads or pictures in the message.
    sent_at
        In ISO 8601.
    received
        How often it was received.
    why
        The reason, in a sentence.
    """

    queue: QueueName
    message_id: str
    names: list[str]
    sent_at: str
    received: int
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return asdict(self)


def find_reasons(queue: QueueName, letters: list[DeadLetter], frond: Frond) -> list[DeadLetterReason]:
    """Find the reasons of dead letters.

    Parameters
    ----------
    queue
        Name of the source queue: its messages have keys of uploads or of pictures.
    letters
        The messages.
    frond
        The client that reads the records.
    """
    with thread_pool(_CONCURRENCY) as executor:
        return list(executor.map(lambda letter: _find_reason(queue, letter, frond), letters))


def _find_reason(queue: QueueName, letter: DeadLetter, frond: Frond) -> DeadLetterReason:
    notification = parse_notification(letter.body)
    reasons = dict.fromkeys(_reason(queue, key, frond) for key in notification.keys)
    return DeadLetterReason(
        queue=queue,
        message_id=letter.id,
        names=list(notification.keys),
        sent_at=letter.sent_at.isoformat(timespec="seconds"),
        received=letter.received,
        why=notification.problem or " ".join(reasons),
    )


def _reason(queue: QueueName, key: str, frond: Frond) -> str:
    try:
        classification = _find_by_upload(key, frond) if queue == "uploads" else _find_by_picture(key, frond)
    except FrondError as error:
        return f"Unknown. {error}"
    if classification is None:
        return "The service has no record of it."
    if problem := classification.error:
        return problem.detail or problem.title
    if classification.status == "succeeded":
        return "None: it has succeeded since."
    return "No attempt recorded an error."


def _find_by_upload(key: str, frond: Frond) -> Classification | None:
    # An upload through a presigned POST has a random id, so look its key up, too.
    return _get(classification_id(key), frond) or next(frond.iterate(key=key), None)


def _find_by_picture(key: str, frond: Frond) -> Classification | None:
    identifier = picture_classification_id(key)
    return _get(identifier, frond) if identifier else None


def _get(identifier: str, frond: Frond) -> Classification | None:
    try:
        return frond.get(identifier)
    except NotFoundError:
        return None
