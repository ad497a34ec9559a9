"""Why a message was tried too often: the service keeps what the last attempt failed of."""

from dataclasses import asdict, dataclass
from typing import Any

from frond_client.client import Frond
from frond_client.dead_letters import Letter, QueueName
from frond_client.errors import FrondError, NotFound
from frond_client.identifiers import classification_id
from frond_client.models import Classification
from frond_client.notifications import id_in_picture_key, read_notification
from frond_client.threads import threads

_AT_ONCE = 4


@dataclass(frozen=True)
class Explained:
    """A message and why it is there.

    Attributes
    ----------
    names
        What the message names: keys of uploads or of pictures.
    sent_at
        In ISO 8601.
    received
        How often it has been received.
    """

    queue: QueueName
    message_id: str
    names: list[str]
    sent_at: str
    received: int
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def explain(queue: QueueName, letters: list[Letter], frond: Frond) -> list[Explained]:
    """Return the messages of a queue with their reasons.

    Parameters
    ----------
    queue
        The source queue's name, which tells what the keys are.
    letters
        The messages.
    frond
        Is asked for the reasons.
    """
    with threads(_AT_ONCE) as executor:
        return list(executor.map(lambda letter: _explained(queue, letter, frond), letters))


def _explained(queue: QueueName, letter: Letter, frond: Frond) -> Explained:
    said = read_notification(letter.body)
    reasons = dict.fromkeys(_why(queue, key, frond) for key in said.keys)
    return Explained(
        queue=queue,
        message_id=letter.id,
        names=list(said.keys),
        sent_at=letter.sent_at.isoformat(timespec="seconds"),
        received=letter.received,
        why=said.fault or " ".join(reasons),
    )


def _why(queue: QueueName, key: str, frond: Frond) -> str:
    try:
        classification = _of_upload(key, frond) if queue == "uploads" else _of_picture(key, frond)
    except FrondError as error:
        return f"Unknown. {error}"
    if classification is None:
        return "The service has no record of it."
    if problem := classification.error:
        return problem.detail or problem.title
    if classification.status == "succeeded":
        return "None: it has succeeded since."
    return "No attempt has said why."


def _of_upload(key: str, frond: Frond) -> Classification | None:
    # An upload through a presigned form has another id, so its key is asked for too.
    return _record(classification_id(key), frond) or next(frond.iterate(key=key), None)


def _of_picture(key: str, frond: Frond) -> Classification | None:
    identifier = id_in_picture_key(key)
    return _record(identifier, frond) if identifier else None


def _record(identifier: str, frond: Frond) -> Classification | None:
    try:
        return frond.get(identifier)
    except NotFound:
        return None
