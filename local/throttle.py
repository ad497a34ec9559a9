"""Throttle the methods of a stage with token buckets, as API Gateway does."""

import threading
import time
from collections.abc import Callable, Mapping

from local.rest_api import Limit, Route

# The key of the settings for every method that has none of its own.
_EVERY_METHOD = ("/*", "*")


class TokenBucket:
    """A bucket that holds ``burst`` tokens and gets ``rate`` new ones a second.

    Parameters
    ----------
    limit
        Rate and size.
    clock
        Returns the time in seconds.
    """

    def __init__(self, limit: Limit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._tokens = limit.burst
        self._filled = clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token; return False if there is none."""
        with self._lock:
            now = self._clock()
            gained = (now - self._filled) * self._limit.rate
            self._tokens, self._filled = min(self._limit.burst, self._tokens + gained), now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Throttle:
    """The buckets of a stage, one for each method of each resource.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html

    Parameters
    ----------
    limits
        Limit of each resource and method; ``("/*", "*")`` is for all without one of their own.
    """

    def __init__(self, limits: Mapping[tuple[str, str], Limit]) -> None:
        self._limits = limits
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._lock = threading.Lock()

    def allows(self, route: Route) -> bool:
        """Count a request; return False if its method is over its limit."""
        method = (route.resource, route.method)
        limit = self._limits.get(method) or self._limits.get(_EVERY_METHOD)
        if limit is None:
            return True
        with self._lock:
            bucket = self._buckets.setdefault(method, TokenBucket(limit))
        return bucket.take()
