"""Lambda entry point of the HTTP API, which API Gateway calls."""

from frond_classify.startup import startup

with startup():
    from frond_classify.resolver import handler

__all__ = ["handler"]
