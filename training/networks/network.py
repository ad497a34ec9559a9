"""The network: a backbone with a linear head, its initial weights, and its serving model."""

import warnings
from collections.abc import Collection
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.networks.backbones import BACKBONES, find_backbone
from training.networks.middle_flow import middle_blocks
from training.progress import console

IMAGENET = "imagenet"
# The name of the network in the model that trains it.
NETWORK = "frond"
RUN_SUFFIX = ".weights.h5"
EMBEDDING_WIDTH = 64
# More than the steps of any epoch, so that no two epochs share a random number.
DRAWS_AN_EPOCH = 2**20


def build(
    classes: int,
    size: int,
    dropout: float = 0.3,
    seed: int = 0,
    backbone: str = "xception",
    middle_blocks: Collection[int] | None = None,
) -> keras.Model:
    """Build the training network, with random weights.

    Parameters
    ----------
    classes
        Number of species; the output is ``logits float32[N, classes]``.
    size
        Height and width of the input, ``[N, size, size, 3]`` in 0..255.
    dropout
        Dropout rate of the pooled features.
    seed
        Seed of dropout.
    backbone
        A name of :data:`training.networks.backbones.BACKBONES`.
    middle_blocks
        Numbers of Xception's middle blocks to keep; all by default.

    Raises
    ------
    training.errors.TrainingError
        There is no such backbone, it needs larger images, or it has no such middle block.
    """
    base_model = find_backbone(backbone)
    pixels = keras.Input((size, size, 3), dtype="float32", name="pixels")
    seen = base_model.build(size, middle_blocks)(base_model.scaling()(pixels))
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled")(seen)
    kept = keras.layers.Dropout(dropout, seed=seed + 5, name="dropout")(pooled)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(kept)
    return keras.Model(pixels, logits, name=NETWORK)


def load_weights(model: keras.Model, weights: str) -> None:
    """Load initial weights.

    Parameters
    ----------
    model
        From :func:`build`. It is unchanged if the weights do not fit.
    weights
        ``imagenet`` (Keras downloads it once) or a file of the same layout, for the backbone; or another
        run's best weights, a file ``*.weights.h5`` of any input size, for the head, too, if the number of
        classes is equal.

    Raises
    ------
    training.errors.TrainingError
        The file is missing or of another network, or the download failed.
    """
    if weights != IMAGENET and not Path(weights).is_file():
        raise TrainingError(f"There is no weight file at {weights}.")
    if weights.endswith(RUN_SUFFIX):
        _load_run(model, weights)
    else:
        _load_imagenet(model, weights)


def backbone(model: keras.Model) -> keras.Model:
    """Return the network's backbone."""
    return next(layer for layer in model.layers if layer.name in BACKBONES)


def freeze_backbone(model: keras.Model) -> None:
    """Freeze the backbone."""
    backbone(model).trainable = False


def unfreeze_above(model: keras.Model, blocks: int) -> None:
    """Unfreeze all but the first blocks of the backbone.

    Every layer before the first trainable block in the graph stays frozen, such as a shortcut convolution.

    Raises
    ------
    training.errors.TrainingError
        The backbone has fewer blocks.
    """
    base_model = backbone(model)
    names = [layer.name for layer in base_model.layers]
    first = find_backbone(base_model.name).first_trainable(blocks, names)
    base_model.trainable = True
    trainable = first is None
    for layer in base_model.layers:
        trainable = trainable or layer.name == first
        layer.trainable = trainable


def begin_epoch(model: keras.Model, epoch: int) -> None:
    """Reset the random state of augmentation and dropout for an epoch.

    A saved model has the seeds of its random layers, but not their counters.
    """
    for state in model.variables:
        if state.name == "seed_generator_state":
            seed, _ = keras.ops.convert_to_numpy(state)
            state.assign([seed, epoch * DRAWS_AN_EPOCH])


def add_biases(trained: keras.Model, biases: NDArray[np.float32]) -> None:
    """Add ``biases``, ``float32[K]``, to the logits of a network from :func:`build`."""
    head = trained.get_layer("logits")
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias + biases])


def serving_model(
    trained: keras.Model, components: NDArray[np.float64], mean: NDArray[np.float64]
) -> keras.Model:
    """Build the serving model, with outputs ``logits``, ``embedding`` and ``evidence``.

    The evidence is the logits by position, ``float32[N, R, C, K]``: the head is linear over the mean of
    the features, so the mean of the head over the features is the same (class activation maps, Zhou et
    al. 2016, arXiv:1512.04150).

    Parameters
    ----------
    trained
        A network from :func:`build`; its layers are shared.
    components
        ``float[64, F]``: the axes of the embedding over the pooled features.
    mean
        ``float[F]``: subtracted from the features first.
    """
    classes = trained.output_shape[-1]
    pixels = keras.Input(trained.input_shape[1:], dtype="float32", name="pixels")
    seen = keras.Model(trained.input, trained.get_layer("pooled").input, name="seen")(pixels)
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled")(seen)
    outputs = {
        "logits": keras.layers.Dense(classes, name="logits")(pooled),
        "embedding": keras.layers.Dense(len(components), name="embedding")(pooled),
        "evidence": keras.layers.Conv2D(classes, 1, name="evidence")(seen),
    }
    serving = keras.Model(pixels, outputs, name="frond_serving")
    kernel, bias = trained.get_layer("logits").get_weights()
    serving.get_layer("logits").set_weights([kernel, bias])
    serving.get_layer("evidence").set_weights([kernel[np.newaxis, np.newaxis], bias])
    serving.get_layer("embedding").set_weights(
        [components.T.astype(np.float32), (-components @ mean).astype(np.float32)]
    )
    return serving


def features_model(trained: keras.Model) -> keras.Model:
    """Return the part of a trained network from pixels to pooled features ``float32[N, F]``."""
    pooled = trained.get_layer("pooled").output
    return keras.Model(trained.input, pooled, name="frond_features")


def _load_imagenet(model: keras.Model, source: str) -> None:
    base_model = backbone(model)
    try:
        found = find_backbone(base_model.name)
        kept = middle_blocks(base_model) if found.middle_blocks else None
        weights = found.imagenet_weights(source, kept)
    except TrainingError:
        raise
    except Exception as error:  # h5py, Keras and the download raise many types
        if source == IMAGENET:
            raise TrainingError(
                f"ImageNet's weights for {base_model.name} could not be downloaded ({error}). Without a "
                "network, give a file downloaded elsewhere, or none to start from scratch."
            ) from error
        raise TrainingError(f"{source} does not hold the weights of {base_model.name}: {error}") from error
    base_model.set_weights(weights)


def _load_run(model: keras.Model, path: str) -> None:
    """Load a run's weights, with the head if the number of classes is equal."""
    before = model.get_weights()
    # Dropout has the seed of the new run.
    dropout, head = model.get_layer("dropout"), model.get_layer("logits")
    try:
        try:
            _load_all_but(model, path, [dropout])
        except (ValueError, UserWarning):
            model.set_weights(before)
            _load_all_but(model, path, [dropout, head])
            console.print(f"{path} has another number of species; the head is initialized at random.")
    except Exception as error:  # h5py and Keras raise many types for another layout
        model.set_weights(before)
        raise TrainingError(
            f"{path} does not hold the weights of {backbone(model).name} from a run: {error}"
        ) from error


def _load_all_but(model: keras.Model, path: str, skipped: list[keras.layers.Layer]) -> None:
    with warnings.catch_warnings():
        # Keras only warns if part of a file does not fit, and skips those layers.
        warnings.simplefilter("error")
        model.load_weights(path, objects_to_skip=skipped)
