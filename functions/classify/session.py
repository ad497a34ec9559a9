"""The one model session of this process."""

from functools import cache

import numpy as np

from configuration import configuration
from frond.classifier import Classifier


@cache
def classifier() -> Classifier:
    """Return the classifier, loaded, verified and warm.

    Raises
    ------
    frond.problems.InvalidModel
        The model does not match its manifest.
    """
    settings = configuration()
    loaded = Classifier.load(settings.model_dir, settings.threads)
    size = loaded.manifest.input.size
    # The first inference packs the weights; better at start than in somebody's request.
    loaded.infer(np.zeros((size, size, 3), np.uint8))
    return loaded
