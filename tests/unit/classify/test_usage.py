"""A caller sees what is left of its key's quota."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from frond_classify.app import current_app
from tests.unit.classify.conftest import Call, MotoAws, make_key


def test_the_usage_of_the_caller_s_key_is_returned(aws: MotoAws, call: Call) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    usage = call("GET", "/v1/usage", caller=make_key(10)).json

    assert datetime.fromisoformat(usage.pop("resets_at")).date() == tomorrow
    assert usage == {
        "limit": 10, "used": 3, "remaining": 7, "requests_per_second": 20.0, "burst": 40,
    }  # fmt: skip


def test_a_key_without_a_quota_has_no_count(aws: MotoAws, call: Call) -> None:
    usage = call("GET", "/v1/usage", caller=make_key(None)).json
    assert (usage["limit"], usage["used"], usage["remaining"]) == (None, None, None)


def test_usage_is_read_once_a_minute(aws: MotoAws, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_key(10)
    first = call("GET", "/v1/usage", caller=key).json

    def fail(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "TooManyRequestsException"}}, "GetUsagePlans")

    monkeypatch.setattr(current_app().aws.apigateway, "get_usage_plans", fail)
    assert call("GET", "/v1/usage", caller=key).json == first
    monkeypatch.setattr("frond_classify.key_usage.CACHE_SECONDS", 0.0)
    assert call("GET", "/v1/usage", caller=key).problem == "busy"


def test_a_request_without_a_key_has_no_usage(call: Call) -> None:
    assert call("GET", "/v1/usage", caller=None).problem == "missing-key"
