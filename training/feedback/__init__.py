"""User feedback: collect corrected photos into a folder for `prepare`."""

from training.feedback.collect import CollectionResult, collect
from training.feedback.origin import Origin, open_origin

__all__ = ["CollectionResult", "Origin", "collect", "open_origin"]
