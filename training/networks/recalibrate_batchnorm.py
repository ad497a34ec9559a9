"""What batch normalization knows of pictures, measured anew when weights have been learned."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.networks.network import backbone, features_model
from training.progress import track


def recalibrate_batchnorm(network: keras.Model, pictures: NDArray[np.uint8], batch: int = 32) -> None:
    """Give every normalization that learns the mean and the variance that it meets over ``pictures``.

    While a network learns, these run after pictures that are turned and zoomed, and so blurred, after
    pictures of nothing, and after weights that have since moved or been averaged. What it will judge is
    none of this (precise batch normalization, Wu & Johnson 2021, arXiv:2105.07576; how the size and the
    sharpness of pictures shift these statistics: Touvron et al. 2019, arXiv:1906.06423).

    Parameters
    ----------
    network
        From :func:`training.networks.network.build`; layers that are frozen keep what they have.
    pictures
        ``uint8[N, S, S, 3]``, as they are served, of any size and in any order; some hundred or more.
    batch
        Pictures at a time, drawn at random.
    """
    norms = [
        layer
        for layer in backbone(network).layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    features, size = features_model(network), network.input_shape[1:3]
    # Data sets lie by species; a batch of one species varies too little.
    order = np.random.default_rng(0).permutation(len(pictures))
    batches = np.array_split(order, -(-len(order) // batch))
    for number, chosen in enumerate(track(batches, len(batches), "Normalizing")):
        for norm in norms:
            # The running mean is then the mean of all batches.
            norm.momentum = number / (number + 1)
        inputs = pictures[chosen].astype(np.float32)
        features(keras.ops.image.resize(inputs, size, antialias=True), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
