"""X-Ray tracing with Powertools' tracer, loaded only if the stack turns tracing on.

Importing X-Ray's SDK takes a quarter of a cold start: it imports botocore and creates a client.
"""

import os
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from aws_lambda_powertools import Tracer

Traced = TypeVar("Traced", bound=Callable[..., Any])

_ACTIVE = os.environ.get("FROND_TRACING") == "Active"


def trace_handler(handler: Traced) -> Traced:
    """Trace a Lambda handler, without its response."""
    if not _ACTIVE:
        return handler
    return cast(Traced, _tracer().capture_lambda_handler(handler, capture_response=False))


def trace_method(method: Traced) -> Traced:
    """Trace a function, without its return value."""
    return _tracer().capture_method(capture_response=False)(method) if _ACTIVE else method


def trace_aws() -> None:
    """Trace the calls of AWS clients that are created afterwards."""
    if _ACTIVE:
        _tracer().patch(["botocore"])


@cache
def _tracer() -> Tracer:
    # Automatic patching would import every library that X-Ray knows.
    return Tracer(auto_patch=False)
