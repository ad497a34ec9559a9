"""The detector's network: a frozen stem, and the part that learns.

The stem is a backbone cut at stride 16, frozen: its features are computed once a run. The five-convolution
network, to compare with, has no stem and learns from pixels.
"""

from collections.abc import Collection

import keras

from training.errors import TrainingError
from training.networks import middle_flow
from training.networks.backbones import Backbone, find_backbone
from training.networks.network import backbone as backbone_of
from training.networks.network import build, load_weights

STRIDE = 16
FIVE_CONVOLUTIONS = "five_convolutions"
# The layers at stride 16 whose features a stem gives, one after another. Xception's are the first of the
# middle flow, for edges and textures, and block 13, which sees the whole plant.
CUTS = {
    "xception": (middle_flow.FIRST, "block13_sepconv2_bn"),
    "mobilenet_v2": ("block_13_expand_relu",),
    "resnet50": ("conv4_block6_out",),
}
# Of the five convolutions: filters and stride.
FIVE = ((24, 2), (48, 2), (96, 2), (128, 2), (192, 1))
# Of the head's residual blocks: positions between the taps of a convolution. Together they see 20 positions.
DILATIONS = (1, 2, 4)
OUTPUTS = ("plant", "centreness", "distances", "classes")
# The share of positions with a plant that a new network starts from (Lin et al. 2017).
PRIOR_LOGIT = -4.0


def build_stem(
    size: int, backbone: str, weights: str, middle_blocks: Collection[int] | None, classes: int = 2
) -> keras.Model | None:
    """Build the frozen part, from pixels in 0..255 to ``[N, R, C, F]``; None for five convolutions.

    Parameters
    ----------
    weights
        ``imagenet``, a file of Keras' ImageNet weights, or the best weights of a run of ``training fit``.
    classes
        Number of species of that run.

    Raises
    ------
    training.errors.TrainingError
        There is no such backbone, or the weights do not fit.
    """
    if backbone == FIVE_CONVOLUTIONS:
        return None
    if backbone not in CUTS:
        raise TrainingError(
            f"There is no detector on {backbone!r}; there are {', '.join([*CUTS, FIVE_CONVOLUTIONS])}."
        )
    network = build(classes, size, backbone=backbone, middle_blocks=middle_blocks)
    if weights != "none":
        load_weights(network, weights)
    found = find_backbone(backbone)
    return _cut(found, backbone_of(network), size)


def build_head(
    features: tuple[int, ...] | None, classes: int, size: int, width: int, dropout: float, seed: int
) -> keras.Model:
    """Build the part that learns; its outputs are by name, ``float32[N, R, C, …]``.

    Parameters
    ----------
    features
        Shape ``(R, C, F)`` of the stem's output; None for five convolutions over pixels.
    classes
        Number of labels; one more output is for plants of none.
    width
        Channels of the head.
    """
    if features is None:
        given = keras.Input((size, size, 3), dtype="float32", name="features")
        seen = _five_convolutions(given)
    else:
        given = seen = keras.Input(features, dtype="float32", name="features")
    seen = keras.layers.SpatialDropout2D(dropout, seed=seed, name="dropout")(seen) if dropout else seen
    shared = _activated(keras.layers.Conv2D(width, 1, use_bias=False, name="reduced")(seen), "reduced")
    for number, dilation in enumerate(DILATIONS, start=1):
        shared = _residual_block(shared, width, dilation, f"context{number}")
    labels = _tower(shared, width, "class")
    edges = _tower(shared, width, "box")
    outputs = {
        "plant": _output(1, "plant", PRIOR_LOGIT)(labels),
        "centreness": _output(1, "centreness")(edges),
        "distances": keras.layers.ReLU(6.0, name="distances", dtype="float32")(
            _output(4, "raw_distances", 3.0)(edges)
        ),
        "classes": _output(classes + 1, "classes")(labels),
    }
    return keras.Model(given, outputs, name="head")


def training_network(head: keras.Model) -> keras.Model:
    """Return the head with one output: all channels in the order of :data:`OUTPUTS`."""
    together = keras.layers.Concatenate(name="together", dtype="float32")(
        [head.output[name] for name in OUTPUTS]
    )
    return keras.Model(head.input, together, name="learner")


def serving_network(stem: keras.Model | None, head: keras.Model, size: int) -> keras.Model:
    """Return the whole network, from pixels to outputs such as ``plant_16``."""
    pixels = keras.Input((size, size, 3), dtype="float32", name="pixels")
    outputs = head(pixels if stem is None else stem(pixels))
    # The outputs need layers of their own names.
    return keras.Model(pixels, {f"{name}_{STRIDE}": outputs[name] for name in OUTPUTS}, name="frond_detector")


def _cut(found: Backbone, whole: keras.Model, size: int) -> keras.Model:
    # A run may have dropped any of the middle blocks; the exit flow, block 13, begins as they do.
    first = [*middle_flow.middle_blocks(whole), 13][0]
    features = [whole.get_layer(name.format(first)).output for name in CUTS[found.name]]
    together = keras.layers.Concatenate(name="features")(features) if len(features) > 1 else features[0]
    part = keras.Model(whole.input, together, name="cut")
    pixels = keras.Input((size, size, 3), dtype="float32", name="pixels")
    stem = keras.Model(pixels, part(found.scaling()(pixels)), name="stem")
    stem.trainable = False
    return stem


def _five_convolutions(pixels: keras.KerasTensor) -> keras.KerasTensor:
    seen = keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="scaling")(pixels)
    for number, (filters, stride) in enumerate(FIVE, start=1):
        convolution = keras.layers.Conv2D(
            filters, 3, strides=stride, padding="same", use_bias=False, name=f"convolution{number}"
        )
        seen = _activated(convolution(seen), f"convolution{number}")
    return seen


def _residual_block(seen: keras.KerasTensor, width: int, dilation: int, name: str) -> keras.KerasTensor:
    found = _convolved(seen, width, f"{name}_wide", dilation)
    found = _convolved(found, width, f"{name}_near")
    return keras.layers.Add(name=f"{name}_sum")([seen, found])


def _tower(seen: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    for number in (1, 2):
        seen = _convolved(seen, width, f"{name}_tower{number}")
    return seen


def _convolved(seen: keras.KerasTensor, width: int, name: str, dilation: int = 1) -> keras.KerasTensor:
    convolution = keras.layers.Conv2D(
        width, 3, dilation_rate=dilation, padding="same", use_bias=False, name=name
    )
    return _activated(convolution(seen), name)


def _activated(seen: keras.KerasTensor, name: str) -> keras.KerasTensor:
    normalized = keras.layers.BatchNormalization(momentum=0.95, name=f"{name}_bn")(seen)
    return keras.layers.ReLU(name=f"{name}_act")(normalized)


def _output(channels: int, name: str, bias: float = 0.0) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        channels,
        1,
        name=name,
        dtype="float32",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
        bias_initializer=keras.initializers.Constant(bias),
    )
