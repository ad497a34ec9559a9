"""What batch normalization knows of pictures, measured anew once a network has learned."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.networks.network import backbone, features_model
from training.progress import track

BATCH = 64


def measure_norm_statistics(trained: keras.Model, pictures: NDArray[np.uint8]) -> None:
    """Give every normalization that learned the mean and the variance that it meets over ``pictures``.

    While a network learns, these run after pictures that are turned and zoomed, and so blurred, and after
    weights that have since moved or been averaged. What it serves is neither (precise batch
    normalization, Wu & Johnson 2021, arXiv:2105.07576; between training and serving the pictures' scale
    shifts these statistics, too: Touvron et al. 2019, arXiv:1906.06423).

    Parameters
    ----------
    trained
        From :func:`training.networks.network.build`; layers that are frozen keep what they have.
    pictures
        ``uint8[N, S, S, 3]``, as they are served; some hundred or more.
    """
    norms = [
        layer
        for layer in backbone(trained).layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    features, batches = features_model(trained), np.array_split(pictures, -(-len(pictures) // BATCH))
    for number, batch in enumerate(track(batches, len(batches), "Measuring the norms' statistics")):
        for norm in norms:
            # The running mean is then the mean of all batches.
            norm.momentum = number / (number + 1)
        features(batch.astype(np.float32), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
