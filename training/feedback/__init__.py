"""What users said of their photos, as a folder that a data set is prepared from."""

from training.feedback.collect import Collected, collect
from training.feedback.origin import Origin, origin_of

__all__ = ["Collected", "Origin", "collect", "origin_of"]
