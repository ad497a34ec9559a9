"""The usage plan and its API keys, in moto's API Gateway, whose CloudFormation creates neither."""

import hmac
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from moto.apigateway.models import APIGatewayBackend, ApiKey, apigateway_backends

from local.cloud import ACCOUNT, STACK, DeployedStack
from local.intrinsics import substituted
from local.moto_usage import count_requests
from local.template import Template, TemplateError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

PLAN, KEY = "AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::ApiKey"


def _today() -> date:
    return datetime.now(UTC).date()


class UsagePlan:
    """The usage plan, with the template's key and those that are added while the stack runs.

    Parameters
    ----------
    client
        Client of moto's API Gateway, in which the plan and the template's key are created.
    value
        Value of the template's key.
    today
        Returns the day whose requests count.
    """

    def __init__(self, client: "APIGatewayClient", value: str, today: Callable[[], date] = _today) -> None:
        self._client, self._today = client, today
        self._id = client.create_usage_plan(name=STACK)["id"]
        self._key = client.create_api_key(name=f"{STACK}-operator", value=value, enabled=True)["id"]
        client.create_usage_plan_key(usagePlanId=self._id, keyId=self._key, keyType="API_KEY")
        self._lock = threading.Lock()
        self._requests: Counter[tuple[date, str]] = Counter()
        count_requests(self._id, lambda key_id, day: self._requests[day, key_id])

    def deployed_in(self, template: Template) -> Template:
        """Return a template with the ids of the plan and the key instead of references to them.

        Raises
        ------
        TemplateError
            If it has several plans or keys.
        """
        ids: dict[str, str] = {}
        for kind, identifier in ((PLAN, self._id), (KEY, self._key)):
            names = template.of_type(kind)
            if len(names) > 1:
                raise TemplateError(f"The local stack has one {kind}; the template has {', '.join(names)}")
            ids |= dict.fromkeys(names, identifier)
        return replace(template, document=substituted(template.document, ids))

    def set_limits(self, template: Template, stack: DeployedStack) -> None:
        """Set the quota and the rate that the template's plan has.

        Raises
        ------
        TemplateError
            If it is not a quota of a day.
        """
        for name in template.of_type(PLAN):
            limits = {}
            if quota := stack.properties[name].get("Quota"):
                if quota.get("Period") != "DAY":
                    raise TemplateError(f"The local stack counts requests by the day; {name} does not")
                limits["/quota/limit"] = quota["Limit"]
            if throttle := stack.properties[name].get("Throttle"):
                limits["/throttle/rateLimit"] = throttle["RateLimit"]
                limits["/throttle/burstLimit"] = throttle["BurstLimit"]
            self._client.update_usage_plan(
                usagePlanId=self._id,
                patchOperations=[
                    {"op": "replace", "path": path, "value": str(limit)} for path, limit in limits.items()
                ],
            )

    def find_key(self, value: str) -> str | None:
        """Return the id of the enabled key with this value; ``None`` if the plan has none."""
        sent = value.encode()
        for key in self._keys():
            if key.enabled and hmac.compare_digest(key.value.encode(), sent):
                return str(key.id)
        return None

    def admits(self, key_id: str) -> bool:
        """Count a request of a key; return whether the key's quota of the day allows it."""
        limit = self._backend.usage_plans[self._id].quota.get("limit")
        today = self._today()
        with self._lock:
            self._requests[today, key_id] += 1
            return limit is None or self._requests[today, key_id] <= int(limit)

    def _keys(self) -> Iterator[ApiKey]:
        # Moto leaves a deleted key in its plan.
        members, keys = self._backend.usage_plan_keys[self._id], self._backend.keys
        return (keys[identifier] for identifier in list(members) if identifier in keys)

    @property
    def _backend(self) -> APIGatewayBackend:
        # In this process: a call over HTTP for each request would take longer than the rest of the gateway.
        return apigateway_backends[ACCOUNT][self._client.meta.region_name]
