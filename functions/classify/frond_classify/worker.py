"""Lambda entry point of the queue worker, which SQS calls with preprocessed uploads."""

from frond_classify.startup import startup

with startup():
    from frond_classify.queue_handler import handler

__all__ = ["handler"]
