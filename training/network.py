"""The network: Xception (Chollet 2017, arXiv:1610.02357) under a linear head, and its serving form."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.augmentation import augmentation
from training.problems import TrainingError

BACKBONE = "xception"
EMBEDDING_WIDTH = 64
# More than the steps of any epoch, so that no two epochs share a random number.
DRAWS_AN_EPOCH = 2**20


def build(classes: int, size: int, dropout: float = 0.3, seed: int = 0) -> keras.Model:
    """Return the network as it trains, without ImageNet weights.

    Parameters
    ----------
    classes
        How many species; the output is ``logits float32[N, classes]``.
    size
        Height and width of the input, ``[N, size, size, 3]`` in 0..255.
    dropout
        Share of the pooled features left out while training.
    seed
        Of augmentation and dropout.
    """
    pixels = keras.Input((size, size, 3), dtype="float32", name="pixels")
    pooled = _pooled_features(augmentation(seed)(pixels), size)
    kept = keras.layers.Dropout(dropout, seed=seed + 5, name="dropout")(pooled)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(kept)
    return keras.Model(pixels, logits, name="frond")


def load_imagenet(model: keras.Model, weights: str) -> None:
    """Fill the backbone from ``imagenet`` (downloaded by Keras) or from a file of the same layout.

    Raises
    ------
    training.problems.TrainingError
        The file is not there, or holds another network's weights.
    """
    if weights != "imagenet" and not Path(weights).is_file():
        raise TrainingError(f"There is no weight file at {weights}.")
    try:
        donor = keras.applications.Xception(include_top=False, weights=weights)
    except Exception as error:  # h5py and Keras raise many kinds for a file of another layout
        raise TrainingError(f"{weights} does not hold Xception's weights: {error}") from error
    backbone(model).set_weights(donor.get_weights())


def backbone(model: keras.Model) -> keras.Model:
    """Return the part of the network that sees; the head decides."""
    return model.get_layer(BACKBONE)


def freeze_backbone(model: keras.Model) -> None:
    """Let only the head learn."""
    backbone(model).trainable = False


def unfreeze_above(model: keras.Model, blocks: int) -> None:
    """Let all but the first blocks of the backbone learn (Xception has 14).

    The residual convolutions have automatic names and no block of their own: one that comes before
    the first learning block in the graph stays frozen with it.
    """
    seeing = backbone(model)
    seeing.trainable = True
    learning = blocks == 0
    for layer in seeing.layers:
        learning = learning or layer.name.startswith(f"block{blocks + 1}_")
        layer.trainable = learning


def begin_epoch(model: keras.Model, epoch: int) -> None:
    """Set augmentation and dropout to where this epoch starts, whatever came before it in this process.

    A saved model keeps the seeds of its random layers but not how often they have drawn.
    """
    for state in model.variables:
        if state.name == "seed_generator_state":
            seed, _ = keras.ops.convert_to_numpy(state)
            state.assign([seed, epoch * DRAWS_AN_EPOCH])


def serving_model(
    trained: keras.Model, components: NDArray[np.float64], mean: NDArray[np.float64]
) -> keras.Model:
    """Return the network as it serves: no augmentation, outputs ``logits`` and ``embedding``.

    Parameters
    ----------
    trained
        From :func:`build`.
    components
        ``float[64, F]``: the axes of the embedding over the pooled features.
    mean
        ``float[F]``: what is taken off the features first.
    """
    size, classes = trained.input_shape[1], trained.output_shape[-1]
    pixels = keras.Input((size, size, 3), dtype="float32", name="pixels")
    pooled = _pooled_features(pixels, size)
    outputs = {
        "logits": keras.layers.Dense(classes, name="logits")(pooled),
        "embedding": keras.layers.Dense(len(components), name="embedding")(pooled),
    }
    serving = keras.Model(pixels, outputs, name="frond_serving")
    backbone(serving).set_weights(backbone(trained).get_weights())
    serving.get_layer("logits").set_weights(trained.get_layer("logits").get_weights())
    serving.get_layer("embedding").set_weights(
        [components.T.astype(np.float32), (-components @ mean).astype(np.float32)]
    )
    return serving


def features_model(trained: keras.Model) -> keras.Model:
    """Return the part of a trained network from pixels to pooled features ``float32[N, F]``."""
    pooled = trained.get_layer("pooled").output
    return keras.Model(trained.input, pooled, name="frond_features")


def _pooled_features(pixels: Any, size: int) -> Any:
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="scaling")(pixels)
    seeing = keras.applications.Xception(
        include_top=False, weights=None, input_shape=(size, size, 3), name=BACKBONE
    )
    pool = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled")
    return pool(seeing(scaled))
