"""X-Ray, where the stack asks for it: Powertools' tracer, loaded only then.

Importing X-Ray's SDK takes a quarter of a cold start, for it brings botocore along and a client made with it.
"""

import os
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from aws_lambda_powertools import Tracer

Traced = TypeVar("Traced", bound=Callable[..., Any])

_ACTIVE = os.environ.get("FROND_TRACING") == "Active"


def trace_handler(handler: Traced) -> Traced:
    """Trace a function's handler; what it answers stays out of the trace."""
    if not _ACTIVE:
        return handler
    return cast(Traced, _tracer().capture_lambda_handler(handler, capture_response=False))


def trace_method(method: Traced) -> Traced:
    """Trace a part of the work; what it returns stays out of the trace."""
    return _tracer().capture_method(capture_response=False)(method) if _ACTIVE else method


def trace_aws() -> None:
    """Trace what is asked of AWS from now on; for whoever is about to make a client."""
    if _ACTIVE:
        _tracer().patch(["botocore"])


@cache
def _tracer() -> Tracer:
    # Not everything that could be traced: looking for it imports whatever library is there.
    return Tracer(auto_patch=False)
