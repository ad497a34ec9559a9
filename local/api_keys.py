"""The API keys of the stack, in moto's API Gateway, whose CloudFormation creates none."""

import hmac
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from moto.apigateway.models import APIGatewayBackend, ApiKey, apigateway_backends

from local.cloud import ACCOUNT, STACK
from local.intrinsics import substituted
from local.template import REGION, Template, TemplateError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


class ApiKeys:
    """The keys of one usage plan: that of the template, and those that are created while the stack runs.

    Parameters
    ----------
    client
        Client of moto's API Gateway, in which the plan and the template's key are created.
    value
        Value of the template's key.
    """

    def __init__(self, client: "APIGatewayClient", value: str) -> None:
        self.plan = client.create_usage_plan(name=STACK)["id"]
        self.operator = client.create_api_key(name=f"{STACK}-operator", value=value, enabled=True)["id"]
        client.create_usage_plan_key(usagePlanId=self.plan, keyId=self.operator, keyType="API_KEY")

    def deployed_in(self, template: Template) -> Template:
        """Return a template with the ids of the plan and the key instead of references to them.

        Raises
        ------
        TemplateError
            If it has several plans or keys.
        """
        kinds = {"AWS::ApiGateway::UsagePlan": self.plan, "AWS::ApiGateway::ApiKey": self.operator}
        found = {kind: template.of_type(kind) for kind in kinds}
        if any(len(names) > 1 for names in found.values()):
            raise TemplateError("The local stack has one usage plan and one API key; the template has more")
        ids = {name: kinds[kind] for kind, names in found.items() for name in names}
        return replace(template, document=substituted(template.document, ids))

    def find(self, value: str) -> str | None:
        """Return the id of the enabled key with this value; ``None`` if the plan has none."""
        sent = value.encode()
        for key in self._keys():
            if key.enabled and hmac.compare_digest(key.value.encode(), sent):
                return key.id
        return None

    def _keys(self) -> Iterator[ApiKey]:
        # Moto leaves a deleted key in its plan.
        keys = self._backend.keys
        return (keys[identifier] for identifier in list(self._plan_keys) if identifier in keys)

    @property
    def _plan_keys(self) -> dict[str, object]:
        return self._backend.usage_plan_keys.get(self.plan, {})

    @property
    def _backend(self) -> APIGatewayBackend:
        # In this process: a request for each request would take longer than the rest of the gateway.
        return apigateway_backends[ACCOUNT][REGION]
