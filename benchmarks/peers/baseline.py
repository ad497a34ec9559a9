"""The common pipeline: decode the whole photo, resize by nearest neighbour, scale, invoke, take the top 5."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.peers.peer import Named

Network = Callable[[NDArray[Any]], NDArray[Any]]
# Labels of the released model, in its order; the random networks have as many outputs.
SPECIES = (
    "alopecurus-myosuroides", "apera-spica-venti", "beta-vulgaris", "capsella-bursa-pastoris",
    "chenopodium-album", "galium-aparine", "geranium-pusillum", "sinapis-arvensis",
    "stellaria-media", "tripleurospermum-inodorum", "triticum-aestivum", "zea-mays",
)  # fmt: skip


class BaselinePipeline:
    """The common pipeline around a network.

    Parameters
    ----------
    network
        Function from ``[1, size, size, 3]`` to one score per species.
    size
        Height and width of its input.
    scaled
        Whether its input is ``float32`` in -1..1, as for Xception, or ``uint8``.
    """

    def __init__(self, network: Network, size: int, *, scaled: bool) -> None:
        self._network = network
        self._size = size
        self._scaled = scaled
        self._blank = self._input(np.zeros((size, size, 3), np.uint8))

    def classify(self, photo: bytes) -> list[Named]:
        """Return the five likeliest species of a photo."""
        image = Image.open(io.BytesIO(photo)).convert("RGB")
        small = image.resize((self._size, self._size), Image.Resampling.NEAREST)
        scores = self._network(self._input(np.asarray(small))).ravel()
        return [(SPECIES[index], float(scores[index])) for index in np.argsort(-scores)[:5]]

    def infer(self) -> None:
        """Run the network alone."""
        self._network(self._blank)

    def _input(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        batch = pixels[np.newaxis]
        return batch.astype(np.float32) / np.float32(127.5) - np.float32(1) if self._scaled else batch
