"""The quota and the rate of a caller's key, from its usage plan in API Gateway."""

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from frond.problems import Busy

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

# An account may read usage ten times a second, for all its keys and APIs. The figures are some minutes old
# anyway.
CACHE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """What a key may do, and has done today; None where the plan has no such limit."""

    limit: int | None
    used: int | None
    remaining: int | None
    resets_at: datetime
    requests_per_second: float | None
    burst: int | None


@dataclass
class UsageReader:
    """Reads the usage of keys, each at most once a minute."""

    client: "APIGatewayClient"
    _read: dict[str, tuple[float, KeyUsage]] = field(default_factory=dict)

    def usage(self, key_id: str) -> KeyUsage:
        """Return the usage of a key.

        Raises
        ------
        frond.problems.Busy
            API Gateway does not answer now.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as in AwsClients

        now = time.monotonic()
        read_at, usage = self._read.get(key_id, (None, None))
        if read_at is not None and usage and now - read_at < CACHE_SECONDS:
            return usage
        try:
            usage = self._get(key_id)
        except (BotoCoreError, ClientError) as error:
            raise Busy("The usage cannot be read now; try again in a minute.") from error
        self._read = {key: each for key, each in self._read.items() if now - each[0] < CACHE_SECONDS}
        self._read[key_id] = now, usage
        return usage

    def _get(self, key_id: str) -> KeyUsage:
        today = datetime.now(UTC).date()
        # A key has one plan for a stage. Its id is unknown at deployment: the plan refers to the function.
        plans: list[Any] = list(self.client.get_usage_plans(keyId=key_id)["items"])
        plan = plans[0] if plans else {}
        quota, throttle = plan.get("quota") or {}, plan.get("throttle") or {}
        used, remaining = self._today(plan["id"], key_id, today) if quota.get("limit") else (None, None)
        return KeyUsage(
            limit=quota.get("limit"),
            used=used,
            remaining=remaining,
            resets_at=datetime.combine(today + timedelta(days=1), datetime.min.time(), UTC),
            requests_per_second=throttle.get("rateLimit"),
            burst=throttle.get("burstLimit"),
        )

    def _today(self, plan_id: str, key_id: str, today: date) -> tuple[int, int]:
        day = today.isoformat()
        found = self.client.get_usage(usagePlanId=plan_id, keyId=key_id, startDate=day, endDate=day)
        used, remaining = found["items"][key_id][0]
        return used, remaining
