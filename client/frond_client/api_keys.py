"""The API keys of a stack: the members of its usage plan."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from frond_client.errors import FrondError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.type_defs import ApiKeyResponseTypeDef, ApiKeyTypeDef

    from frond_client.frond_stack import FrondStack

_PAGE_SIZE = 500


@dataclass(frozen=True)
class StackKey:
    """An API key, without its value.

    Attributes
    ----------
    id
        Its id in API Gateway, which owns the classifications that are made with the key.
    is_enabled
        Whether the API accepts it.
    is_operator
        Whether it sees the classifications of all keys.
    """

    id: str
    name: str
    is_enabled: bool
    is_operator: bool
    created_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return {
            **asdict(self),
            "created_at": self.created_at.isoformat(),
            "uploads_prefix": self.uploads_prefix,
        }

    @property
    def uploads_prefix(self) -> str | None:
        """Prefix of its objects in the uploads bucket; ``None`` for an operator, who needs none."""
        return None if self.is_operator else f"owners/{self.id}/"


class StackKeys:
    """The API keys of a stack.

    Methods raise boto3's errors if AWS refuses a call.
    """

    def __init__(self, stack: "FrondStack") -> None:
        self._stack = stack
        self._plan = stack.output("UsagePlanId")
        self._own = stack.output("ApiKeyId")
        self._operators = stack.output("OperatorKeyIds").split(",")
        self._client: APIGatewayClient = stack.apigateway()

    def create(self, name: str) -> tuple[StackKey, str]:
        """Create a key; return it and its value."""
        created = self._client.create_api_key(
            name=name, enabled=True, description=f"Created for {self._stack.name} by `frond keys`"
        )
        try:
            self._client.create_usage_plan_key(usagePlanId=self._plan, keyId=created["id"], keyType="API_KEY")
        except BaseException:
            # A key without a plan would be listed nowhere.
            self._client.delete_api_key(apiKey=created["id"])
            raise
        return self._read(created), created["value"]

    def list(self) -> list[StackKey]:
        """Return the keys, the oldest first."""
        members = set(self._members())
        pages = self._client.get_paginator("get_api_keys").paginate(
            includeValues=False, PaginationConfig={"PageSize": _PAGE_SIZE}
        )
        found = [self._read(each) for page in pages for each in page["items"] if each["id"] in members]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    def disable(self, identifier: str) -> StackKey:
        """Disable a key: the API refuses it from now on.

        Raises
        ------
        FrondError
            If the stack has no such key, or needs it.
        """
        self._require_revocable(identifier)
        return self._read(
            self._client.update_api_key(
                apiKey=identifier, patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}]
            )
        )

    def delete(self, identifier: str) -> None:
        """Delete a key; its classifications stay and are seen by operators only.

        Raises
        ------
        FrondError
            If the stack has no such key, or needs it.
        """
        self._require_revocable(identifier)
        self._client.delete_api_key(apiKey=identifier)

    def _require_revocable(self, identifier: str) -> None:
        if identifier == self._own:
            raise FrondError(f"{identifier} is the key of the stack itself, which `frond` uses.")
        # The account may have keys of other APIs.
        if identifier not in {each.id for each in self.list()}:
            raise FrondError(f"{self._stack.name} has no key {identifier}. `frond keys list` shows the ids.")

    def _members(self) -> Iterator[str]:
        pages = self._client.get_paginator("get_usage_plan_keys").paginate(
            usagePlanId=self._plan, PaginationConfig={"PageSize": _PAGE_SIZE}
        )
        return (each["id"] for page in pages for each in page["items"])

    def _read(self, key: "ApiKeyTypeDef | ApiKeyResponseTypeDef") -> StackKey:
        return StackKey(
            id=key["id"],
            name=key.get("name", ""),
            is_enabled=key["enabled"],
            is_operator=key["id"] in self._operators,
            created_at=key["createdDate"],
        )
