"""The detector's network: a stem, from pixels to feature maps, and a head that predicts plants.

The stem is a backbone that gives features of two depths. Frozen, it computes them once a run. The
five-convolution network, to compare with, has no stem: its head learns from pixels.
"""

from collections.abc import Collection, Sequence

import keras

from training.detection.detector_shape import CONTEXT_DILATION, FIVE, PRIOR_LOGIT, RAW_DISTANCE, STRIDE
from training.detection.input_size import check_input_size
from training.errors import TrainingError
from training.networks.backbones import Backbone, find_backbone
from training.networks.network import backbone as backbone_of
from training.networks.network import build, load_weights

FIVE_CONVOLUTIONS = "five_convolutions"
# The layers whose outputs are the stem's maps: the fine one at stride 8, the deep one at stride 16.
CUTS = {
    "xception": ("block4_sepconv1_act", "block13_sepconv2_bn"),
    "mobilenet_v2": ("block_6_expand_relu", "block_13_expand_relu"),
    "resnet50": ("conv3_block4_out", "conv4_block6_out"),
}
# Names of these maps.
MAPS = ("fine", "deep")
OUTPUTS = ("plant", "iou", "distances", "classes")

# Rows, columns and channels of a map.
Shape = tuple[int, ...]


def build_stem(
    size: int, backbone: str, weights: str, middle_blocks: Collection[int] | None, classes: int = 2
) -> keras.Model | None:
    """Build the frozen stem, from pixels in 0..255 to its fine and its deep map; None for five convolutions.

    Parameters
    ----------
    weights
        ``imagenet``, a file of Keras' ImageNet weights, the best weights of a run of ``training fit``, or
        ``none``.
    classes
        Number of species of that run.

    Raises
    ------
    training.errors.TrainingError
        There is no such backbone, the weights do not fit, or the size is no multiple of 16.
    """
    check_input_size(size)
    if backbone == FIVE_CONVOLUTIONS:
        return None
    if backbone not in CUTS:
        raise TrainingError(
            f"There is no detector on {backbone!r}; there are {', '.join([*CUTS, FIVE_CONVOLUTIONS])}."
        )
    network = build(classes, size, backbone=backbone, middle_blocks=middle_blocks)
    if weights != "none":
        load_weights(network, weights)
    return _cut(find_backbone(backbone), backbone_of(network), size)


def map_shapes(stem: keras.Model | None) -> list[Shape] | None:
    """Return the shapes of a stem's maps, ``(R, C, F)``; None where there is no stem."""
    return None if stem is None else [tuple(output.shape[1:]) for output in stem.outputs]


def build_head(
    maps: Sequence[Shape] | None, classes: int, size: int, width: int, dropout: float, seed: int
) -> keras.Model:
    """Build the head; its outputs are by name, ``float32[N, R, C, …]`` at :data:`STRIDE`.

    Parameters
    ----------
    maps
        Shapes of the stem's fine and deep map; None for five convolutions over pixels.
    classes
        Number of labels; one more output is for plants of none.
    width
        Channels of the head.
    dropout
        Share of the channels of each map that are dropped while it learns.

    Raises
    ------
    training.errors.TrainingError
        The size is no multiple of 16.
    """
    check_input_size(size)
    if maps is None:
        given = keras.Input((size, size, 3), dtype="float32", name="features")
        seen = _dropped(_five_convolutions(given), dropout, seed, "fine")
        merged = _projected(seen, width, "lateral")
    else:
        given = [
            keras.Input(shape, dtype="float32", name=name) for shape, name in zip(maps, MAPS, strict=True)
        ]
        fine, deep = given
        merged = _merged(fine, deep, width, dropout, seed)
    shared = _residual_block(keras.layers.ReLU(name="merged")(merged), width)
    labels = _tower(shared, width, "class")
    edges = _tower(shared, width, "box")
    outputs = {
        "plant": _output(1, "plant", PRIOR_LOGIT)(labels),
        "iou": _output(1, "iou")(edges),
        "distances": keras.layers.ReLU(6.0, name="distances", dtype="float32")(
            _output(4, "raw_distances", RAW_DISTANCE)(edges)
        ),
        "classes": _output(classes + 1, "classes")(labels),
    }
    return keras.Model(given, outputs, name="head")


def training_network(head: keras.Model, stem: keras.Model | None = None) -> keras.Model:
    """Return a network with one output: all channels in the order of :data:`OUTPUTS`.

    Parameters
    ----------
    stem
        A stem that learns with the head, from pixels; by default the head learns alone, from its own input.
    """
    outputs = head.output if stem is None else head(stem.output)
    together = keras.layers.Concatenate(name="together", dtype="float32")([outputs[name] for name in OUTPUTS])
    return keras.Model(head.input if stem is None else stem.input, together, name="learner")


def serving_network(stem: keras.Model | None, head: keras.Model, size: int) -> keras.Model:
    """Return the whole network, from pixels to outputs such as ``plant_8``."""
    pixels = keras.Input((size, size, 3), dtype="float32", name="pixels")
    outputs = head(pixels if stem is None else stem(pixels))
    # The outputs need layers of their own names.
    return keras.Model(pixels, {f"{name}_{STRIDE}": outputs[name] for name in OUTPUTS}, name="frond_detector")


def _cut(found: Backbone, whole: keras.Model, size: int) -> keras.Model:
    part = keras.Model(whole.input, [whole.get_layer(name).output for name in CUTS[found.name]], name="cut")
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


def _merged(
    fine: keras.KerasTensor, deep: keras.KerasTensor, width: int, dropout: float, seed: int
) -> keras.KerasTensor:
    """Add the deep map, enlarged to the fine one's size (a feature pyramid, Lin et al. 2017)."""
    lateral = _projected(_dropped(fine, dropout, seed, "fine"), width, "lateral")
    top = _projected(_dropped(deep, dropout, seed + 1, "deep"), width, "top")
    enlarged = keras.layers.UpSampling2D(2, interpolation="nearest", name="enlarged")(top)
    return keras.layers.Add(name="merged_sum")([lateral, enlarged])


def _residual_block(seen: keras.KerasTensor, width: int) -> keras.KerasTensor:
    found = _convolved(seen, width, "context_wide", CONTEXT_DILATION)
    found = _convolved(found, width, "context_near")
    return keras.layers.Add(name="context_sum")([seen, found])


def _tower(seen: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    for number in (1, 2):
        seen = _convolved(seen, width, f"{name}_tower{number}")
    return seen


def _convolved(seen: keras.KerasTensor, width: int, name: str, dilation: int = 1) -> keras.KerasTensor:
    convolution = keras.layers.Conv2D(
        width, 3, dilation_rate=dilation, padding="same", use_bias=False, name=name
    )
    return _activated(convolution(seen), name)


def _projected(seen: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    return _normalized(keras.layers.Conv2D(width, 1, use_bias=False, name=name)(seen), name)


def _activated(seen: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.ReLU(name=f"{name}_act")(_normalized(seen, name))


def _normalized(seen: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.BatchNormalization(momentum=0.99, name=f"{name}_bn")(seen)


def _dropped(seen: keras.KerasTensor, dropout: float, seed: int, name: str) -> keras.KerasTensor:
    if not dropout:
        return seen
    return keras.layers.SpatialDropout2D(dropout, seed=seed, name=f"{name}_dropout")(seen)


def _output(channels: int, name: str, bias: float = 0.0) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        channels,
        1,
        name=name,
        dtype="float32",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
        bias_initializer=keras.initializers.Constant(bias),
    )
