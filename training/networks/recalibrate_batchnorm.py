"""Recalibrate batch normalization after training."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.data.steps import split_into_steps
from training.networks.network import backbone, features_model
from training.progress import track


def recalibrate_batchnorm(
    network: keras.Model,
    pictures: NDArray[np.uint8],
    batch: int = 32,
    devices: int = 1,
    place: Callable[[NDArray[np.float32]], Any] = np.asarray,
) -> None:
    """Recompute the moving mean and variance of trainable batch normalization over ``pictures``.

    In training these are moving averages over augmented, blurred images, outlier images and earlier weights,
    unlike the images and weights in service (precise batch normalization, Wu & Johnson 2021,
    arXiv:2105.07576; shifts by image size and sharpness: Touvron et al. 2019, arXiv:1906.06423).

    Parameters
    ----------
    network
        From :func:`training.networks.network.build`; frozen layers do not change.
    pictures
        ``uint8[N, S, S, 3]``, not augmented, of any size and in any order; some hundred or more.
    batch
        Batch size on each device; batches are random.
    devices
        Number of devices with equal shares of each batch.
    place
        Puts a batch on the devices.
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
    # Data sets are ordered by species; a batch of one species varies too little.
    order = np.random.default_rng(0).permutation(len(pictures))
    batches = split_into_steps(order, batch * devices, devices)
    for number, chosen in enumerate(track(batches, len(batches), "Recalibrating")):
        for norm in norms:
            # This momentum makes the moving average the mean of all batches.
            norm.momentum = number / (number + 1)
        inputs = place(pictures[chosen].astype(np.float32))
        features(keras.ops.image.resize(inputs, size, antialias=True), training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
