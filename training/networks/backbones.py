"""The networks that can see for Frond: what each wants of a picture, and what it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError

# The size that Keras' own weights were trained at; every network here takes it.
IMAGENET_SIZE = 224
# Means of ImageNet's red, green and blue, as the authors of VGG took them off.
IMAGENET_MEANS = (123.68, 116.779, 103.939)


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network of ``keras.applications`` without its head.

    Attributes
    ----------
    name
        Its name here, and of its layer in the model.
    constructor
        What builds it.
    smallest
        Least height and width of its input, pixels.
    opens
        The layer that each of its blocks but the first opens with, in their order.
    scale, offset
        What is done to pixels in 0..255 before it, one number or one for each of red, green and blue:
        ``scale * pixel + offset``.
    reads_bgr
        Keras' weights for it expect blue first. Its first convolution is turned around when they are
        loaded, so the pictures need not be: the same sum, in another order.
    """

    name: str
    constructor: Callable[..., keras.Model]
    smallest: int
    opens: tuple[str, ...]
    scale: float = 1 / 127.5
    offset: float | tuple[float, ...] = -1
    reads_bgr: bool = False

    def scaling(self) -> keras.layers.Layer:
        """Return the layer before it, from red, green and blue in 0..255 to what it wants.

        Where the network pads its input, the zeros stand for the mean of these values, as in training.
        """
        return keras.layers.Rescaling(self.scale, offset=self.offset, dtype="float32", name="scaling")

    def check_size(self, size: int) -> None:
        """Refuse pictures that it is too deep for.

        Raises
        ------
        training.errors.TrainingError
            It needs larger pictures.
        """
        if size < self.smallest:
            raise TrainingError(f"{self.name} needs pictures of at least {self.smallest} px, not {size} px.")

    def build(self, size: int) -> keras.Model:
        """Return it for inputs of ``size`` pixels, with weights drawn at random; see :meth:`check_size`."""
        self.check_size(size)
        shape = (size, size, 3)
        return self.constructor(include_top=False, weights=None, input_shape=shape, name=self.name)

    def imagenet(self, source: str) -> list[NDArray[np.float32]]:
        """Return ImageNet's weights for the network that :meth:`build` returns.

        Parameters
        ----------
        source
            ``imagenet``, which Keras downloads once, or a file of the same layout ("notop").
        """
        shape = (IMAGENET_SIZE, IMAGENET_SIZE, 3)
        donor = self.constructor(include_top=False, weights=source, input_shape=shape)
        kernel, *others = donor.get_weights()
        return [kernel[:, :, ::-1] if self.reads_bgr else kernel, *others]

    def first_learning(self, frozen_blocks: int) -> str | None:
        """Return the layer from which on it learns while its first blocks do not; ``None``: from the first.

        Raises
        ------
        training.errors.TrainingError
            It has no block left to learn.
        """
        if not 0 <= frozen_blocks <= len(self.opens):
            raise TrainingError(
                f"{self.name} has {len(self.opens) + 1} blocks, so 0 to {len(self.opens)} of them can be "
                f"frozen, not {frozen_blocks}."
            )
        return self.opens[frozen_blocks - 1] if frozen_blocks else None


_CENTRED: dict[str, Any] = {
    "scale": 1.0,
    "offset": tuple(-mean for mean in IMAGENET_MEANS),
    "reads_bgr": True,
}

_ALL = (
    Backbone(  # Chollet 2017, arXiv:1610.02357
        "xception",
        keras.applications.Xception,
        smallest=71,
        opens=(
            "block2_sepconv1",
            *(f"block{number}_sepconv1_act" for number in range(3, 14)),
            "block14_sepconv1",
        ),
    ),
    Backbone(  # Sandler et al. 2018, arXiv:1801.04381
        "mobilenet_v2",
        keras.applications.MobileNetV2,
        smallest=32,
        opens=(
            "expanded_conv_depthwise",
            *(f"block_{number}_expand" for number in range(1, 17)),
            "Conv_1",
        ),
    ),
    Backbone(  # Szegedy et al. 2015, arXiv:1512.00567
        "inception_v3",
        keras.applications.InceptionV3,
        smallest=75,
        # Only the ends of its modules have names; the first block is the stem and the first module.
        opens=tuple(f"mixed{number}" for number in range(10)),
    ),
    Backbone(  # He et al. 2015, arXiv:1512.03385
        "resnet50",
        keras.applications.ResNet50,
        smallest=32,
        opens=tuple(
            f"conv{stage}_block{block}_1_conv"
            for stage, blocks in ((2, 3), (3, 4), (4, 6), (5, 3))
            for block in range(1, blocks + 1)
        ),
        **_CENTRED,
    ),
    Backbone(  # Simonyan and Zisserman 2014, arXiv:1409.1556
        "vgg16",
        keras.applications.VGG16,
        smallest=32,
        opens=tuple(f"block{number}_conv1" for number in range(2, 6)),
        **_CENTRED,
    ),
)
BACKBONES = {backbone.name: backbone for backbone in _ALL}


def find_backbone(name: str) -> Backbone:
    """Return a network by its name.

    Raises
    ------
    training.errors.TrainingError
        There is none of this name.
    """
    try:
        return BACKBONES[name]
    except KeyError:
        raise TrainingError(f"There is no backbone {name!r}; there are {', '.join(BACKBONES)}.") from None
