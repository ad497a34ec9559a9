"""The caller of a request: an API key, which is an operator's or owns what it creates."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from frond.problems import MissingKey


@dataclass(frozen=True, slots=True)
class Caller:
    """The API key of a request, by the id that API Gateway found for it."""

    key_id: str
    is_operator: bool

    @classmethod
    def from_event(cls, event: BaseProxyEvent, operator_keys: Collection[str]) -> Self:
        """Return the caller of a request.

        Raises
        ------
        frond.problems.MissingKey
            API Gateway checked no key. The template requires one for every route with records.
        """
        key_id = event["requestContext"].get("identity", {}).get("apiKeyId")
        if not key_id:
            raise MissingKey
        return cls(key_id, key_id in operator_keys)

    @property
    def owner(self) -> str | None:
        """The owner of what the caller creates, whose records it sees; None for an operator, who sees all."""
        return None if self.is_operator else self.key_id
