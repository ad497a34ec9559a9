"""Backbones: those of `keras.applications` with their ImageNet weights, and a small one without."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.networks.middle_flow import keep_middle_blocks
from training.networks.small_cnn import WIDTHS, small_cnn

# The size of Keras' pretrained weights, valid for every backbone.
IMAGENET_SIZE = 224
# Means of ImageNet's red, green and blue, as VGG subtracts them.
IMAGENET_MEANS = (123.68, 116.779, 103.939)


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network without its head.

    Attributes
    ----------
    name
        Name of the backbone, and of its layer in the model.
    constructor
        Its constructor in ``keras.applications``, or one with the same parameters.
    min_size
        Minimum height and width of its input, pixels.
    first_layers
        The first layer of each block but the first, in order.
    scale, offset
        Input scaling of pixels in 0..255, one number or one per channel: ``scale * pixel + offset``.
    bgr
        Keras' weights expect BGR. The channels of the first kernel are reversed on loading, so that inputs
        are RGB.
    middle_blocks
        Numbers of its equal residual blocks, any of which may be left out; none where blocks differ.
    pretrained
        Whether Keras has ImageNet weights of it.
    """

    name: str
    constructor: Callable[..., keras.Model]
    min_size: int
    first_layers: tuple[str, ...]
    scale: float = 1 / 127.5
    offset: float | tuple[float, ...] = -1
    bgr: bool = False
    middle_blocks: tuple[int, ...] = ()
    pretrained: bool = True

    def scaling(self) -> keras.layers.Layer:
        """Return the scaling layer, from RGB in 0..255 to the backbone's input.

        Where the network pads its input, zero is the mean of the scaled values, as in pretraining.
        """
        return keras.layers.Rescaling(self.scale, offset=self.offset, dtype="float32", name="scaling")

    def check_size(self, size: int) -> None:
        """Check the input size.

        Raises
        ------
        training.errors.TrainingError
            The size is below the minimum.
        """
        if size < self.min_size:
            raise TrainingError(f"{self.name} needs images of at least {self.min_size} px, not {size} px.")

    def build(self, size: int, middle_blocks: Collection[int] | None = None) -> keras.Model:
        """Build the backbone for inputs of ``size`` pixels, with random weights; see :meth:`check_size`.

        Parameters
        ----------
        middle_blocks
            Numbers of the middle blocks to keep; all by default.

        Raises
        ------
        training.errors.TrainingError
            The size is below the minimum, or it has no such middle block.
        """
        self.check_size(size)
        self._check_middle_blocks(middle_blocks)
        shape = (size, size, 3)
        whole = self.constructor(include_top=False, weights=None, input_shape=shape, name=self.name)
        return whole if middle_blocks is None else keep_middle_blocks(whole, middle_blocks)

    def imagenet_weights(
        self, source: str, middle_blocks: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """Return ImageNet weights for the network of :meth:`build`.

        Parameters
        ----------
        source
            ``imagenet``, which Keras downloads once, or a file of the same layout ("notop").
        middle_blocks
            As in :meth:`build`.

        Raises
        ------
        training.errors.TrainingError
            There are none.
        """
        if not self.pretrained:
            raise TrainingError(
                f"{self.name} has no ImageNet weights; train it from scratch (--weights none)."
            )
        shape = (IMAGENET_SIZE, IMAGENET_SIZE, 3)
        donor = self.constructor(include_top=False, weights=source, input_shape=shape)
        if middle_blocks is not None:
            donor = keep_middle_blocks(donor, middle_blocks)
        kernel, *others = donor.get_weights()
        return [kernel[:, :, ::-1] if self.bgr else kernel, *others]

    def first_trainable(self, frozen_blocks: int, layers: Collection[str]) -> str | None:
        """Return the first trainable layer when the first blocks are frozen; ``None``: all are trainable.

        Parameters
        ----------
        frozen_blocks
            How many blocks are frozen.
        layers
            The names of the network's layers.

        Raises
        ------
        training.errors.TrainingError
            It has no more blocks than that.
        """
        present = [name for name in self.first_layers if name in layers]
        if not 0 <= frozen_blocks <= len(present):
            raise TrainingError(
                f"{self.name} has {len(present) + 1} blocks, so 0 to {len(present)} can be frozen, "
                f"not {frozen_blocks}."
            )
        return present[frozen_blocks - 1] if frozen_blocks else None

    def _check_middle_blocks(self, chosen: Collection[int] | None) -> None:
        unknown = sorted(set(chosen or ()) - set(self.middle_blocks))
        if chosen is not None and not self.middle_blocks:
            raise TrainingError(f"The blocks of {self.name} differ, so middle_blocks cannot be chosen.")
        if unknown:
            raise TrainingError(
                f"{self.name} has no middle block {', '.join(map(str, unknown))}; there are "
                f"{self.middle_blocks[0]} to {self.middle_blocks[-1]}."
            )


_CENTRED: dict[str, Any] = {
    "scale": 1.0,
    "offset": tuple(-mean for mean in IMAGENET_MEANS),
    "bgr": True,
}

_ALL = (
    Backbone(  # Chollet 2017, arXiv:1610.02357
        "xception",
        keras.applications.Xception,
        min_size=71,
        first_layers=(
            "block2_sepconv1",
            *(f"block{number}_sepconv1_act" for number in range(3, 14)),
            "block14_sepconv1",
        ),
        middle_blocks=tuple(range(5, 13)),
    ),
    Backbone(  # Sandler et al. 2018, arXiv:1801.04381
        "mobilenet_v2",
        keras.applications.MobileNetV2,
        min_size=32,
        first_layers=(
            "expanded_conv_depthwise",
            *(f"block_{number}_expand" for number in range(1, 17)),
            "Conv_1",
        ),
    ),
    Backbone(  # Szegedy et al. 2015, arXiv:1512.00567
        "inception_v3",
        keras.applications.InceptionV3,
        min_size=75,
        # Only the last layers of its modules have names; the first block is the stem with the first module.
        first_layers=tuple(f"mixed{number}" for number in range(10)),
    ),
    Backbone(  # He et al. 2015, arXiv:1512.03385
        "resnet50",
        keras.applications.ResNet50,
        min_size=32,
        first_layers=tuple(
            f"conv{stage}_block{block}_1_conv"
            for stage, blocks in ((2, 3), (3, 4), (4, 6), (5, 3))
            for block in range(1, blocks + 1)
        ),
        **_CENTRED,
    ),
    Backbone(  # Simonyan and Zisserman 2014, arXiv:1409.1556
        "vgg16",
        keras.applications.VGG16,
        min_size=32,
        first_layers=tuple(f"block{number}_conv1" for number in range(2, 6)),
        **_CENTRED,
    ),
    Backbone(
        "small_cnn",
        small_cnn,
        min_size=32,
        first_layers=tuple(f"block{number}_conv" for number in range(2, len(WIDTHS) + 1)),
        pretrained=False,
    ),
)
BACKBONES = {backbone.name: backbone for backbone in _ALL}


def find_backbone(name: str) -> Backbone:
    """Look up a backbone by its name.

    Raises
    ------
    training.errors.TrainingError
        There is no such backbone.
    """
    try:
        return BACKBONES[name]
    except KeyError:
        raise TrainingError(f"There is no backbone {name!r}; there are {', '.join(BACKBONES)}.") from None
