"""The network: a backbone under a linear head, what it starts from, and its serving form."""

import warnings
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.networks.backbones import BACKBONES, find_backbone
from training.progress import console

IMAGENET = "imagenet"
RUN_SUFFIX = ".weights.h5"
EMBEDDING_WIDTH = 64
# More than the steps of any epoch, so that no two epochs share a random number.
DRAWS_AN_EPOCH = 2**20


def build(
    classes: int, size: int, dropout: float = 0.3, seed: int = 0, backbone: str = "xception"
) -> keras.Model:
    """Return the network as it trains, with weights drawn at random.

    Parameters
    ----------
    classes
        How many species; the output is ``logits float32[N, classes]``.
    size
        Height and width of the input, ``[N, size, size, 3]`` in 0..255.
    dropout
        Share of the pooled features left out while training.
    seed
        Of dropout.
    backbone
        A name of :data:`training.networks.backbones.BACKBONES`.

    Raises
    ------
    training.errors.TrainingError
        There is no such backbone, or it needs larger pictures.
    """
    seeing = find_backbone(backbone)
    pixels = keras.Input((size, size, 3), dtype="float32", name="pixels")
    seen = seeing.build(size)(seeing.scaling()(pixels))
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32", name="pooled")(seen)
    kept = keras.layers.Dropout(dropout, seed=seed + 5, name="dropout")(pooled)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(kept)
    return keras.Model(pixels, logits, name="frond")


def load_weights(model: keras.Model, weights: str) -> None:
    """Fill the network before it trains.

    Parameters
    ----------
    model
        From :func:`build`. If the weights do not fit, it is left as it was.
    weights
        ``imagenet`` (Keras downloads it once) or a file of the same layout fill the backbone; the best
        weights of another run, a file ``*.weights.h5`` of any input size, fill the head too where
        the run had as many classes.

    Raises
    ------
    training.errors.TrainingError
        The file is not there or holds another network, or there is no network to download from.
    """
    if weights != IMAGENET and not Path(weights).is_file():
        raise TrainingError(f"There is no weight file at {weights}.")
    if weights.endswith(RUN_SUFFIX):
        _load_run(model, weights)
    else:
        _load_imagenet(model, weights)


def backbone(model: keras.Model) -> keras.Model:
    """Return the part of the network that sees; the head decides."""
    return next(layer for layer in model.layers if layer.name in BACKBONES)


def freeze_backbone(model: keras.Model) -> None:
    """Let only the head learn."""
    backbone(model).trainable = False


def unfreeze_above(model: keras.Model, blocks: int) -> None:
    """Let all but the first blocks of the backbone learn.

    A layer with no block in its name, such as the convolution beside one, that comes before the first
    learning block in the graph stays frozen with it.

    Raises
    ------
    training.errors.TrainingError
        The backbone has not so many blocks.
    """
    seeing = backbone(model)
    first = find_backbone(seeing.name).first_learning(blocks)
    seeing.trainable = True
    learning = first is None
    for layer in seeing.layers:
        learning = learning or layer.name == first
        layer.trainable = learning


def begin_epoch(model: keras.Model, epoch: int) -> None:
    """Set augmentation and dropout to where this epoch starts, whatever came before it in this process.

    A saved model keeps the seeds of its random layers but not how often they have drawn.
    """
    for state in model.variables:
        if state.name == "seed_generator_state":
            seed, _ = keras.ops.convert_to_numpy(state)
            state.assign([seed, epoch * DRAWS_AN_EPOCH])


def add_biases(trained: keras.Model, biases: NDArray[np.float32]) -> None:
    """Move the logits of a network from :func:`build` by ``biases``, ``float32[K]``."""
    head = trained.get_layer("logits")
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias + biases])


def serving_model(
    trained: keras.Model, components: NDArray[np.float64], mean: NDArray[np.float64]
) -> keras.Model:
    """Return the network as it serves, with outputs ``logits``, ``embedding`` and ``evidence``.

    The evidence is the logits by position, ``float32[N, R, C, K]``: the head is linear over the mean of
    the features, so the mean of the head over the features is the same (class activation maps, Zhou et
    al. 2016, arXiv:1512.04150).

    Parameters
    ----------
    trained
        From :func:`build`; its layers are shared.
    components
        ``float[64, F]``: the axes of the embedding over the pooled features.
    mean
        ``float[F]``: what is taken off the features first.
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
    seeing = backbone(model)
    try:
        weights = find_backbone(seeing.name).imagenet(source)
    except Exception as error:  # h5py, Keras and the network raise many kinds
        if source == IMAGENET:
            raise TrainingError(
                f"ImageNet's weights for {seeing.name} could not be downloaded ({error}). Where there is no "
                "network, give the file, fetched on another machine, or none to start from scratch."
            ) from error
        raise TrainingError(f"{source} does not hold the weights of {seeing.name}: {error}") from error
    seeing.set_weights(weights)


def _load_run(model: keras.Model, path: str) -> None:
    """Load the weights of a run, with its head if that is as wide."""
    before = model.get_weights()
    # Dropout draws from the seed of the run that begins.
    dropout, head = model.get_layer("dropout"), model.get_layer("logits")
    try:
        try:
            _load_all_but(model, path, [dropout])
        except (ValueError, UserWarning):
            model.set_weights(before)
            _load_all_but(model, path, [dropout, head])
            console.print(f"{path} knows another number of species: the head starts anew.")
    except Exception as error:  # h5py and Keras raise many kinds for a file of another layout
        model.set_weights(before)
        raise TrainingError(
            f"{path} does not hold the weights of {backbone(model).name} from a run: {error}"
        ) from error


def _load_all_but(model: keras.Model, path: str, skipped: list[keras.layers.Layer]) -> None:
    with warnings.catch_warnings():
        # Keras only warns where a part of a file does not fit, and leaves those layers as they were.
        warnings.simplefilter("error")
        model.load_weights(path, objects_to_skip=skipped)
