"""Add API Gateway's GetUsage to moto, which has usage plans and no usage."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

from moto.apigateway import urls
from moto.apigateway.responses import APIGatewayResponse

_PATH = "{0}/usageplans/(?P<usage_plan_id>[^/]+)/usage$"
# The id of a key and a day -> how many requests the key made.
RequestCount = Callable[[str, date], int]
_counts: dict[str, RequestCount] = {}


def count_requests(plan_id: str, count: RequestCount) -> None:
    """Answer GetUsage for a plan from its counter."""
    _counts[plan_id] = count


@contextmanager
def usage_reports() -> Iterator[None]:
    """Serve GetUsage while the context is open; it must be open before moto's server starts."""
    with (
        patch.dict(urls.url_paths, {_PATH: APIGatewayResponse.dispatch}),
        patch.object(APIGatewayResponse, "get_usage", _get_usage, create=True),
    ):
        yield


def _get_usage(response: APIGatewayResponse) -> str:
    plan_id = response.path.split("/")[2]
    plan = response.backend.get_usage_plan(plan_id)
    key_id, day = response.querystring["keyId"][0], response.querystring["startDate"][0]
    used = _counts[plan_id](key_id, date.fromisoformat(day)) if plan_id in _counts else 0
    limit = int(plan.quota.get("limit") or 0)
    used = min(used, limit) if limit else used
    return json.dumps({"usagePlanId": plan_id, "values": {key_id: [[used, max(limit - used, 0)]]}})
