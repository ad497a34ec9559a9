"""Why a message was tried too often: the service keeps what the last attempt failed of."""

from dataclasses import asdict, dataclass
from typing import Any

from frond_client.api import Api
from frond_client.dead_letters import Letter, QueueName
from frond_client.identifiers import classification_id
from frond_client.notifications import id_in_picture_key, read_notification
from frond_client.problems import FrondError
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


def explain(queue: QueueName, letters: list[Letter], api: Api) -> list[Explained]:
    """Return the messages of a queue with their reasons.

    Parameters
    ----------
    queue
        The source queue's name, which tells what the keys are.
    letters
        The messages.
    api
        Is asked for the reasons.
    """
    with threads(_AT_ONCE) as executor:
        return list(executor.map(lambda letter: _explained(queue, letter, api), letters))


def _explained(queue: QueueName, letter: Letter, api: Api) -> Explained:
    said = read_notification(letter.body)
    reasons = dict.fromkeys(_why(queue, key, api) for key in said.keys)
    return Explained(
        queue=queue,
        message_id=letter.id,
        names=list(said.keys),
        sent_at=letter.sent_at.isoformat(timespec="seconds"),
        received=letter.received,
        why=said.fault or " ".join(reasons),
    )


def _why(queue: QueueName, key: str, api: Api) -> str:
    try:
        classification = _of_upload(key, api) if queue == "uploads" else _of_picture(key, api)
    except FrondError as error:
        return f"Unknown. {error}"
    if classification is None:
        return "The service has no record of it."
    problem = classification.get("error") or {}
    if reason := problem.get("detail") or problem.get("title"):
        return str(reason)
    if classification.get("status") == "succeeded":
        return "None: it has succeeded since."
    return "No attempt has said why."


def _of_upload(key: str, api: Api) -> dict[str, Any] | None:
    # An upload through a presigned form has another id, so its key is asked for too.
    return api.classification(classification_id(key)) or api.classification_of(key)


def _of_picture(key: str, api: Api) -> dict[str, Any] | None:
    identifier = id_in_picture_key(key)
    return api.classification(identifier) if identifier else None
