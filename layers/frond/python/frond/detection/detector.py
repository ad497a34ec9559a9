"""Detection of the plants in a photo with the TFLite model.

`training detect evaluate` measures the exported file through this module, so its metrics are those of the
serving code.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from frond.detection.bounding_box import BoundingBox, Detection
from frond.detection.decoding import PLANT, Candidates, HeadOutput, locate
from frond.detection.detection_manifest import DetectionManifest, read_detection_manifest
from frond.detection.distances import log_distances
from frond.detection.letterbox import Letterbox
from frond.manifest import MODEL_NAME
from frond.problems import InvalidModel

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

# Channels of the outputs at each stride, by the first part of their names; None: the classes, and none.
OUTPUTS: dict[str, int | None] = {"plant": 1, "iou": 1, "distances": 4, "classes": None}


class Detector:
    """A loaded and verified detector; one a process, not thread-safe.

    Parameters
    ----------
    model
        The TFLite file. It is memory-mapped, so it must not change.
    manifest
        Its manifest; the bytes are verified against it.
    threads
        How many threads one inference uses.

    Raises
    ------
    frond.problems.InvalidModel
        The file cannot be read, or its bytes or the shapes of its tensors do not match the manifest.
    """

    def __init__(self, model: Path, manifest: DetectionManifest, threads: int = 1) -> None:
        manifest.verify(_content(model))
        self.manifest = manifest
        self._interpreter = _interpreter(model, threads)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = {str(o["name"]): o for o in self._interpreter.get_output_details()}
        self._check_shapes()

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Load a detector from a folder with ``model.tflite`` and ``manifest.json``."""
        return cls(folder / MODEL_NAME, read_detection_manifest(folder), threads)

    def detect(self, photo: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Return the plants of a photo, the highest confidence first, at most 300.

        Parameters
        ----------
        photo
            ``uint8[H, W, 3]``, RGB, upright, of any size.
        """
        manifest = self.manifest
        found = self.candidates(photo, manifest.min_confidence)
        confidences = manifest.scaling.confidences(found.scores)
        return tuple(
            Detection(
                BoundingBox(*box),
                manifest.labels[int(classes.argmax())].slug
                if classes.max() >= manifest.min_label_confidence
                else PLANT,
                float(confidence),
                float(classes.max()),
            )
            for box, confidence, classes in zip(found.boxes.tolist(), confidences, found.classes, strict=True)
        )

    def candidates(self, photo: NDArray[np.uint8], min_confidence: float) -> Candidates:
        """Return the boxes of at least a confidence, as fractions of the photo, the highest score first."""
        height, width = photo.shape[:2]
        letterbox = Letterbox.of(width, height, self.manifest.input.size)
        least = self.manifest.scaling.score(min_confidence)
        return locate(self.infer(letterbox.square(photo)), letterbox, self.manifest.max_overlap, least)

    def infer(self, square: NDArray[np.uint8]) -> list[HeadOutput]:
        """Run the network on ``uint8[size, size, 3]``; return its outputs at each stride."""
        self._interpreter.set_tensor(self._input["index"], square[np.newaxis])
        self._interpreter.invoke()
        return [
            HeadOutput(
                stride,
                self._read(f"plant_{stride}")[..., 0],
                self._read(f"iou_{stride}")[..., 0],
                log_distances(self._read(f"distances_{stride}")),
                self._read(f"classes_{stride}"),
            )
            for stride in self.manifest.strides
        ]

    def _read(self, name: str) -> NDArray[np.float32]:
        output = self._outputs[name]
        scale, zero_point = output["quantization"]
        raw = self._interpreter.get_tensor(output["index"])[0].astype(np.float32)
        # A float model, which training compares with, has the scale 0.
        real: NDArray[np.float32] = (raw - zero_point) * np.float32(scale) if scale else raw
        return real

    def _check_shapes(self) -> None:
        size, classes = self.manifest.input.size, len(self.manifest.labels)
        expected = {"input": (1, size, size, 3)} | {
            f"{name}_{stride}": (1, -(-size // stride), -(-size // stride), channels or classes + 1)
            for stride in self.manifest.strides
            for name, channels in OUTPUTS.items()
        }
        found = {"input": tuple(self._input["shape"].tolist())} | {
            name: tuple(output["shape"].tolist()) for name, output in self._outputs.items()
        }
        if found != expected or self._input["dtype"] is not np.uint8:
            raise InvalidModel(f"The detector has the shapes {found}; its manifest requires {expected}.")


def _content(model: Path) -> bytes:
    try:
        return model.read_bytes()
    except OSError as error:
        raise InvalidModel(f"There is no readable model at {model}.") from error


def _interpreter(model: Path, threads: int) -> "Interpreter":
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - only a process that detects pays for it

    try:
        interpreter: Any = Interpreter(model_path=str(model), num_threads=threads)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise InvalidModel(f"LiteRT cannot load the detector: {error}") from error
    return interpreter
